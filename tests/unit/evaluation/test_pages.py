"""Scores of whole pages: areas and order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from uncial.evaluation.pages import all_pages, score_page
from uncial.page.layout import Line, Page, Polygon, Region


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _page(*regions: Region) -> Page:
    return Page(image="", width=1000, height=1000, regions=regions, ordered=True)


def _lines(*levels: int) -> tuple[Line, ...]:
    return tuple(Line(id=f"l{y}", baseline=((100, y), (900, y))) for y in levels)


_TEXT = Region(id="r", type="MainZone", boundary=_box(0, 0, 1000, 500), lines=_lines(100, 200, 300))


def test_a_region_found_in_half_has_half_the_iou() -> None:
    found = replace(_TEXT, boundary=_box(0, 0, 500, 500))
    score = score_page(_page(_TEXT), _page(found))
    assert score.regions["MainZone"].iou == pytest.approx(0.5, abs=0.01)
    assert score.iou == pytest.approx(0.5, abs=0.01)


def test_a_region_of_another_type_is_no_match() -> None:
    found = replace(_TEXT, type="MarginTextZone")
    score = score_page(_page(_TEXT), _page(found))
    assert {name: region.iou for name, region in score.regions.items()} == {
        "MainZone": 0,
        "MarginTextZone": 0,
    }


def test_types_are_merged_before_areas_are_compared() -> None:
    found = replace(_TEXT, type="text")
    score = score_page(_page(_TEXT), _page(found), {"MainZone": "text"})
    assert score.regions["text"].iou == 1


def test_lines_in_the_wrong_order_cost_their_pairs() -> None:
    found = replace(_TEXT, lines=_lines(100, 300, 200))
    score = score_page(_page(_TEXT), _page(found))
    assert (score.pairs, score.ordered) == (3, 2)
    assert score.baselines.f == 1


def test_lines_without_baselines_are_scored_by_their_boundaries() -> None:
    boxes = tuple(Line(id=str(y), boundary=_box(100, y - 40, 900, y + 10)) for y in (100, 200, 300))
    score = score_page(_page(replace(_TEXT, lines=boxes)), _page(_TEXT))
    assert score.baselines.f == 1


def test_areas_of_several_pages_are_summed() -> None:
    whole = score_page(_page(_TEXT), _page(_TEXT))
    nothing = score_page(_page(_TEXT), _page(Region(id="", kind="", lines=_TEXT.lines)))
    assert all_pages([whole, nothing]).iou == pytest.approx(0.5, abs=0.01)
