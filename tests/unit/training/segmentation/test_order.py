"""Reading orders that pages teach: other than that by place, for pages that were never seen."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from uncial.errors import FormatError
from uncial.page.geometry import Box, region_box
from uncial.page.layout import Line, Page, Region
from uncial.page.order import in_reading_order, reading_order
from uncial.page.pairorder import PairOrder
from uncial.training.segmentation.order import learnt_order, share_in_order


def _page(seed: int, *, ordered: bool = True) -> Page:
    """Two columns of paragraphs of which the right one is read first, and a heading last."""
    rng = np.random.default_rng(seed)
    regions: list[Region] = []
    for left in (520, 60):
        top = 200 + int(rng.integers(0, 40))
        for _ in range(3):
            rows = int(rng.integers(2, 6))
            regions.append(_region(len(regions), left, top, rows))
            top += rows * 40 + int(rng.integers(20, 60))
    regions.append(_region(len(regions), 60 + int(rng.integers(0, 300)), 60, 2, wide=500))
    return Page(image="", width=1000, height=1400, regions=tuple(regions), ordered=ordered)


def _region(number: int, left: int, top: int, rows: int, wide: int = 400) -> Region:
    lines = tuple(
        Line(
            id=f"r{number}l{row}",
            baseline=((left, top + 30 + 40 * row), (left + wide, top + 30 + 40 * row)),
        )
        for row in range(rows)
    )
    right, bottom = left + wide, top + rows * 40
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Region(
        id=f"r{number}", boundary=tuple((float(x), float(y)) for x, y in outline), lines=lines
    )


@pytest.fixture(scope="module")
def order() -> PairOrder:
    made = learnt_order([_page(seed) for seed in range(6)])
    assert made is not None
    return made


def test_an_unusual_order_is_learnt_for_pages_never_seen(order: PairOrder) -> None:
    pages = [_page(seed) for seed in range(20, 26)]
    assert share_in_order(pages, reading_order) < 0.6
    assert share_in_order(pages, order) == 1.0
    shuffled = replace(pages[0], regions=pages[0].regions[::-1])
    assert in_reading_order(shuffled, order).regions == pages[0].regions


def test_pages_without_an_order_teach_nothing() -> None:
    assert learnt_order([_page(1, ordered=False)]) is None
    assert share_in_order([_page(1, ordered=False)], reading_order) == 1.0


def test_what_comes_first_is_certain_from_both_sides(order: PairOrder) -> None:
    boxes = np.array([region_box(region) for region in _page(3).regions], np.float64)
    before = order.before(boxes)
    assert before + before.T == pytest.approx(np.ones_like(before))
    assert order([]) == []
    assert order([Box(0, 0, 10, 10)]) == [0]


def test_a_kept_order_is_the_same_and_a_damaged_one_is_refused(order: PairOrder) -> None:
    values = json.loads(json.dumps(order.to_json()))
    boxes = [box for region in _page(9).regions if (box := region_box(region)) is not None]
    assert PairOrder.from_json(values)(boxes) == order(boxes)
    for damaged in ({}, {**values, "bias": [1.0]}, {**values, "out": "x"}, 3):
        with pytest.raises(FormatError):
            PairOrder.from_json(damaged)
