from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.page import geometry
from uncial.page.geometry import Box
from uncial.page.layout import Line, Page, Polygon, Region

SQUARE: Polygon = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
BOW_TIE: Polygon = ((0.0, 0.0), (100.0, 60.0), (100.0, 0.0), (0.0, 40.0))

coordinates = st.integers(0, 200).map(float)
polygons = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12).map(tuple)


def test_area_and_bounds_of_a_square() -> None:
    assert geometry.area(SQUARE) == 100
    assert geometry.signed_area(SQUARE) == 100
    assert geometry.signed_area(SQUARE[::-1]) == -100
    assert geometry.bounds(SQUARE) == Box(0, 0, 10, 10)
    assert geometry.bounds(SQUARE).corners == SQUARE


def test_a_polygon_that_names_its_first_corner_again_is_the_same_polygon() -> None:
    assert geometry.corners_of((*SQUARE, SQUARE[0], SQUARE[0])) == SQUARE
    assert geometry.corners_of((SQUARE[0], *SQUARE)) == SQUARE


def test_edges_that_touch_do_not_cross_and_those_of_a_bow_tie_do() -> None:
    touching = ((0.0, 0.0), (5.0, 5.0), (10.0, 0.0), (10.0, 10.0), (5.0, 5.0), (0.0, 10.0))
    assert geometry.is_simple(SQUARE)
    assert geometry.is_simple(touching)
    assert not geometry.is_simple(BOW_TIE)


def test_a_bow_tie_becomes_an_outline_that_does_not_cross() -> None:
    whole = geometry.mended(BOW_TIE)
    assert geometry.is_simple(whole)
    assert geometry.area(whole) > abs(geometry.signed_area(BOW_TIE))
    assert geometry.bounds(whole).right == pytest.approx(100, abs=1.5)


@given(polygons)
def test_a_mended_polygon_is_simple_and_inside_the_old_one(polygon: Polygon) -> None:
    whole = geometry.mended(polygon)
    if whole:
        assert geometry.is_simple(whole)
        outer, inner = geometry.bounds(polygon), geometry.bounds(whole)
        assert inner.left >= outer.left - 1
        assert inner.right <= outer.right + 1


@given(polygons, st.integers(1, 150), st.integers(1, 150))
def test_what_was_clipped_lies_on_the_page(polygon: Polygon, width: int, height: int) -> None:
    inside = geometry.clip(polygon, width, height)
    assert len(inside) == len(polygon)
    assert geometry.is_inside(inside, width, height)


def test_a_box_has_its_baseline_above_the_descenders() -> None:
    box = Box(100, 50, 500, 100).corners
    (left, y0), (right, y1) = geometry.baseline_of(box)
    assert (left, right) == (100, 500)
    assert y0 == y1 == pytest.approx(100 - geometry.DESCENT * 50)


def test_a_tight_outline_has_its_baseline_at_the_foot_of_most_letters() -> None:
    # Letters stand on 100; two descenders reach 115.
    lower = [
        (x, 115.0 if 150 < x < 170 or 300 < x < 330 else 99.0 + x % 3) for x in range(100, 501)
    ]
    outline = ((100.0, 60.0), (500.0, 60.0), *((float(x), y) for x, y in reversed(lower)))
    for _, y in geometry.baseline_of(outline):
        assert y == pytest.approx(100, abs=1.5)


def test_a_slanted_outline_has_a_slanted_baseline_and_a_vertical_one_its_axis() -> None:
    slanted = ((0.0, 0.0), (400.0, 100.0), (400.0, 150.0), (0.0, 50.0))
    (_, y0), (_, y1) = geometry.baseline_of(slanted)
    assert y1 - y0 == pytest.approx(100, abs=1)
    assert geometry.baseline_of(Box(10, 0, 30, 200).corners, vertical=True) == ((20, 0), (20, 200))
    assert geometry.baseline_of(((0.0, 0.0), (5.0, 0.0))) == ()


@given(st.floats(-math.pi, math.pi), st.floats(1, 50), st.floats(1, 50))
def test_a_band_has_the_area_of_its_length_and_heights(
    angle: float, above: float, below: float
) -> None:
    end = (200 * math.cos(angle), 200 * math.sin(angle))
    band = geometry.box_along(((0.0, 0.0), end), above, below)
    assert geometry.area(band) == pytest.approx(200 * (above + below), rel=0.01)


def test_above_is_up_for_a_line_from_left_to_right() -> None:
    band = geometry.box_along(((0.0, 100.0), (50.0, 100.0)), 30, 10)
    assert geometry.bounds(band) == Box(0, 70, 50, 110)


def test_a_page_is_scaled_to_another_size_of_its_image() -> None:
    line = Line(id="l", baseline=((10.0, 10.0), (20.0, 10.0)), boundary=SQUARE)
    page = Page(image="", width=100, height=50, regions=(Region(id="r", lines=(line,)),))
    twice = geometry.scaled(page, 200, 100)
    (found,) = twice.lines()
    assert found.baseline == ((20.0, 20.0), (40.0, 20.0))
    assert (twice.width, twice.height) == (200, 100)
    assert geometry.scaled(twice, 100, 50) == page


def test_a_region_without_outline_has_the_box_of_what_is_in_it() -> None:
    line = Line(id="l", baseline=((5.0, 30.0), (40.0, 30.0)))
    inner = Region(id="i", boundary=SQUARE)
    region = Region(id="r", lines=(line,), regions=(inner,))
    assert geometry.region_box(region) == Box(0, 0, 40, 30)
    assert geometry.region_box(Region(id="empty")) is None
