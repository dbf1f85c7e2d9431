"""Lines cut from pages: what comes out is upright, straight, whole and the line's own."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uncial.imaging.band import page_bands
from uncial.imaging.crop import band_image, line_image, page_lines, to_page
from uncial.page.layout import Direction, Line, Page, Polygon, Reading, Region

_SIZE = 800
_MARK = "AbLg"
Image = NDArray[np.uint8]


def _page_image(*places: tuple[int, int]) -> Image:
    image = np.full((_SIZE, _SIZE), 230, np.uint8)
    for x, y in places:
        cv2.putText(image, _MARK, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 20, 3)
    return image


def _page(*lines: Line, direction: Direction = "") -> Page:
    region = Region(id="", kind="", lines=lines)
    return Page(image="", width=_SIZE, height=_SIZE, regions=(region,), direction=direction)


def _line(*points: tuple[float, float], boundary: Polygon = (), name: str = "l") -> Line:
    return Line(id=name, baseline=points, boundary=boundary)


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _alike(one: Image, other: Image) -> float:
    size = (200, 50)
    a, b = (cv2.resize(image, size).astype(float).ravel() for image in (one, other))
    return float(np.corrcoef(a, b)[0, 1])


def _turned(image: Image, degrees: float, points: Polygon) -> tuple[Image, Polygon]:
    matrix = cv2.getRotationMatrix2D((_SIZE / 2, _SIZE / 2), -degrees, 1.0)
    turned = cv2.warpAffine(image, matrix, (_SIZE, _SIZE), borderValue=230)
    moved = np.array(points) @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(turned, np.uint8), tuple((float(x), float(y)) for x, y in moved)


_HEIGHTS = (45.0, 15.0)
_BASELINE: Polygon = ((300, 400), (430, 400))


@pytest.mark.parametrize("degrees", [-90, -30, 0, 12, 90, 180])
def test_a_line_on_a_turned_page_is_cut_as_on_an_upright_one(degrees: float) -> None:
    upright = line_image(_page_image((300, 400)), _line(*_BASELINE), heights=_HEIGHTS)
    image, baseline = _turned(_page_image((300, 400)), degrees, _BASELINE)
    turned = line_image(image, _line(*baseline), heights=_HEIGHTS)
    assert abs(turned.shape[0] - upright.shape[0]) <= 1
    assert _alike(turned, upright) > 0.9


def test_a_curved_line_comes_out_straight() -> None:
    image = np.full((_SIZE, _SIZE), 255, np.uint8)
    angles = np.linspace(0.25, 0.75, 60) * math.pi
    arc = [(400 - 300 * math.cos(a), 500 - 300 * math.sin(a)) for a in angles]
    cv2.polylines(image, [np.round(arc).astype(np.int32)], isClosed=False, color=0, thickness=3)
    made = line_image(image, _line(*arc), heights=(30, 20))
    rows = made[:, 15:-15].argmin(0)
    assert np.ptp(rows) <= 6


@pytest.mark.parametrize("baseline", [_BASELINE, _BASELINE[::-1]])
def test_a_line_read_from_right_to_left_is_not_turned_over(baseline: Polygon) -> None:
    image = _page_image((300, 400))
    upright = line_image(image, _line(*_BASELINE), heights=_HEIGHTS)
    told = line_image(image, _line(*baseline), direction="rl", heights=_HEIGHTS)
    guessed = replace(_line(*baseline), readings=(Reading(text="שלום"),))
    assert np.array_equal(told, upright)
    assert np.array_equal(line_image(image, guessed, heights=_HEIGHTS), upright)


def test_a_vertical_line_lies_with_its_beginning_on_the_left() -> None:
    image = np.full((_SIZE, _SIZE), 255, np.uint8)
    image[100:140, 390:410] = 0
    made = line_image(image, _line((400, 100), (400, 500)), direction="vertical-rl")
    assert made.shape[1] > 380
    assert made[:, :60].min() == 0
    assert made[:, 100:].min() == 255


def test_a_sound_boundary_makes_the_neighbours_paper() -> None:
    image = _page_image((300, 400), (300, 345))
    alone = _page_image((300, 400))
    outline = ((295, 365), (440, 365), (440, 418), (295, 418))
    made = line_image(image, _line(*_BASELINE, boundary=outline))
    clean = line_image(alone, _line(*_BASELINE, boundary=outline))
    assert _alike(made, clean) > 0.95
    assert made.shape[0] == pytest.approx(53, abs=2)


_LINES = [_line((100, y), (700, y), name=f"l{y}") for y in (200, 260, 320, 380)]


@pytest.mark.parametrize(
    ("boundary", "code"),
    [
        (_box(100, 215, 300, 275), "boundary-short"),
        (_box(100, 250, 700, 275), "boundary-thin"),
        (_box(95, 60, 705, 275), "boundary-tall"),
        (_box(100, 500, 700, 550), "boundary-apart"),
    ],
)
def test_an_unsound_boundary_is_named_and_the_lines_around_decide(
    boundary: Polygon, code: str
) -> None:
    lines = [replace(line, boundary=boundary if line.id == "l260" else ()) for line in _LINES]
    bands = {band.line: band for band in page_bands(_page(*lines))}
    assert [problem.code for problem in bands["l260"].problems] == [code]
    assert bands["l260"].above == bands["l320"].above == pytest.approx(0.72 * 60)
    assert not bands["l320"].problems


@pytest.mark.parametrize("baseline", [(), ((300.0, 400.0),), ((300.0, 400.0), (300.0, 400.0))])
def test_a_line_without_a_baseline_is_cut_by_its_boundary(baseline: Polygon) -> None:
    image, box = _page_image((300, 400)), _box(298, 360, 432, 418)
    ((band, made),) = page_lines(image, _page(_line(*baseline, boundary=box)))
    assert [problem.code for problem in band.problems] == ["no-baseline"]
    assert _alike(made, image[360:418, 298:432]) > 0.9


def test_a_line_without_a_place_is_blank_and_named() -> None:
    ((band, made),) = page_lines(_page_image(), _page(_line()))
    assert [problem.code for problem in band.problems] == ["no-place"]
    assert made.min() == 255


def test_a_line_beyond_the_image_is_cut_and_named() -> None:
    ((band, made),) = page_lines(_page_image(), _page(_line((700, 400), (1200, 400))))
    assert [problem.code for problem in band.problems] == ["off-page"]
    assert made.shape[1] > 490


def test_every_line_of_damaged_geometry_is_cut() -> None:
    nan, inf = float("nan"), float("inf")
    lines = [
        _line((10, 10), (nan, 20), (500, 30), name="nan"),
        _line((10, 10), (inf, 20), name="inf"),
        _line((500, 40), (10, 40), (500, 40), name="back"),
        _line(boundary=((5, 5), (5, 5), (5, 5)), name="dot"),
        _line((-900, -900), (-800, -900), name="far"),
        _line((10, 700), (90, 700), boundary=((0, 690), (99, 710), (0, 710), (99, 690)), name="x"),
    ]
    made = page_lines(_page_image(), _page(*lines))
    assert len(made) == len(lines)
    assert all(min(image.shape) >= 2 for _, image in made)


def test_places_in_the_cut_line_are_found_again_on_the_page() -> None:
    image, baseline = _turned(_page_image((300, 400)), 30, _BASELINE)
    (band,) = page_bands(_page(_line(*baseline)), {"l": _HEIGHTS})
    made = band_image(image, band)
    margin = (made.shape[1] - 130) / 2
    there = to_page(band, np.array([[margin, band.above], [made.shape[1] - margin, band.above]]))
    assert there == pytest.approx(np.array(baseline), abs=1.5)


def test_a_colour_page_gives_colour_lines() -> None:
    colour = np.repeat(_page_image((300, 400))[:, :, None], 3, axis=2)
    assert line_image(colour, _line(*_BASELINE, boundary=_box(290, 360, 440, 420))).ndim == 3
