"""Pages: lines where they are said to be, in order, the same by seed."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from uncial.page.layout import Page
from uncial.synth import clutter
from uncial.synth.boxpages import box_page
from uncial.synth.corpus import built_in_prose
from uncial.synth.distribution import Distribution
from uncial.synth.fonts import package_fonts
from uncial.synth.pages import synthetic_page
from uncial.synth.recipe import AgeingRecipe, PageRecipe, Recipe
from uncial.synth.synthesizer import Synthesizer
from uncial.synth.texts import TextSampler


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    sampler = TextSampler(Distribution.measured(built_in_prose()))
    fonts = tuple(font for font in package_fonts() if font.family == "Caladea")
    return Synthesizer(Recipe(ageing=AgeingRecipe(strength=0.0)), sampler, fonts)


@pytest.fixture(scope="module")
def pages(synthesizer: Synthesizer) -> list[tuple[np.ndarray, Page]]:
    return [synthetic_page(synthesizer, 1, number)[:2] for number in range(8)]


def test_same_seed_same_page(synthesizer: Synthesizer) -> None:
    (image, page, fonts), (other, again, _) = (synthetic_page(synthesizer, 5, 2) for _ in "ab")
    assert np.array_equal(image, other)
    assert page == again
    assert all(name.startswith("Caladea") for name in fonts)


def test_lines_hold_ink_and_stand_in_their_regions(
    pages: list[tuple[np.ndarray, Page]],
) -> None:
    for image, page in pages:
        assert (page.height, page.width) == image.shape
        for region in page.walk():
            left, top = (min(p[axis] for p in region.boundary) for axis in (0, 1))
            right, bottom = (max(p[axis] for p in region.boundary) for axis in (0, 1))
            for line in region.lines:
                x0, y0, x1, y1 = _bounds(line.boundary)
                assert image[max(y0, 0) : y1, max(x0, 0) : x1].min() < 128
                assert line.text
                assert left - 1 <= x0 <= x1 <= right + 1
                assert top - 1 <= y0 <= y1 <= bottom + 1
                assert y0 <= line.baseline[0][1] <= y1 + 2


def test_a_table_has_a_line_for_each_cell(synthesizer: Synthesizer) -> None:
    recipe = replace(synthesizer.recipe, page=PageRecipe(tables=1.0, clutter=0.0))
    _, page, _ = synthetic_page(replace(synthesizer, recipe=recipe), 1, 0)
    (table,) = (region for region in page.walk() if region.kind == "table")
    rows = Counter(round(line.baseline[0][1]) for line in table.lines)
    assert max(rows.values()) > 1
    assert len(rows) > 3


def test_clutter_darkens_a_page_and_leaves_its_lines_where_they_were() -> None:
    rng = np.random.default_rng(0)
    clean = np.full((300, 200), 250, np.uint8)
    for dirtied in (clutter.stained, clutter.edged):
        made = dirtied(clean, rng)
        assert made.shape == clean.shape
        assert made.mean() < clean.mean()
    ink = np.zeros_like(clean)
    clutter.ruling(ink, (0, 20, 200, 300), 40, rng)
    assert (ink[20:].max(axis=1) > 0).sum() >= 7
    clutter.picture(ink, (50, 100, 150, 180), rng)
    assert ink[100:180, 50:150].mean() > 10
    assert not ink[:18].any()


def test_ids_are_unique_and_layouts_vary(pages: list[tuple[np.ndarray, Page]]) -> None:
    kinds = {region.type or region.kind for _, page in pages for region in page.walk()}
    assert {"paragraph", "heading", "header", "page-number"} <= kinds
    for _, page in pages:
        ids = [r.id for r in page.walk()] + [line.id for line in page.lines()]
        assert len(ids) == len(set(ids))


def test_boxes_of_a_page_hold_its_characters(synthesizer: Synthesizer) -> None:
    made = box_page(synthesizer, 0, 1)
    assert made.font == synthesizer.fonts[1]
    assert len(made.lines) == len(made.baselines) > 30
    for line in made.lines:
        for character in line:
            left, top, right, bottom = (int(edge) for edge in character.box)
            if not character.text.isspace():
                assert made.image[top:bottom, left:right].min() < 128


def test_exposure_makes_ink_bolder_or_thinner(synthesizer: Synthesizer) -> None:
    thin, plain, bold = (box_page(synthesizer, 0, 0, exposure=e).image.mean() for e in (-2, 0, 2))
    assert thin > plain > bold


def _bounds(points: tuple[tuple[float, float], ...]) -> tuple[int, int, int, int]:
    x, y = zip(*points, strict=True)
    return int(min(x)), int(min(y)), int(max(x)) + 1, int(max(y)) + 1
