"""Text is found where it runs, and straightened."""

import cv2
import numpy as np
import pytest

from uncial.imaging.centre import centre_line, straightened
from uncial.imaging.prepare import Preprocessing, prepare, text_span


def _written(slope: float = 0.0, middle: float = 40.0, size: float = 1.0) -> np.ndarray:
    image = np.full((80, 700), 255, np.uint8)
    for place in range(12, 670, 26):
        at = (place, round(middle + slope * (place - 350) + 8 * size))
        cv2.putText(image, "nauem"[place % 5], at, cv2.FONT_HERSHEY_SIMPLEX, size, 0, 2)
    return image


def _rows_of_ink(image: np.ndarray, part: slice) -> float:
    ink = 255.0 - image[:, part]
    return float((ink.sum(1) * np.arange(len(ink))).sum() / ink.sum())


@pytest.mark.parametrize("middle", [28.0, 40.0, 52.0])
@pytest.mark.parametrize("slope", [-0.05, 0.0, 0.04])
def test_a_sloping_line_becomes_straight_and_central(slope: float, middle: float) -> None:
    made = prepare(_written(slope, middle), Preprocessing(height=48))
    left, right = (_rows_of_ink(made, part) for part in (slice(60, 200), slice(-200, -60)))
    assert abs(left - right) < 2 + 0.35 * abs(slope) * 560 * 48 / 50
    assert (left + right) / 2 == pytest.approx(23.5, abs=4)


def test_large_and_small_writing_come_out_alike() -> None:
    heights = []
    for size in (1.2, 1.7):
        made = prepare(_written(size=size), Preprocessing(height=48))
        rows = np.flatnonzero((made < 128).any(1))
        heights.append(rows[-1] - rows[0])
    assert heights[0] == pytest.approx(heights[1], rel=0.3)


def test_what_a_neighbouring_line_leaves_does_not_draw_the_centre_away() -> None:
    clean = _written()
    disturbed = clean.copy()
    disturbed[:6, 100:300:5] = 0
    assert centre_line(disturbed).rows == pytest.approx(centre_line(clean).rows, abs=0.08)


def test_blank_paper_is_spanned_whole() -> None:
    blank = np.full((30, 200), 255, np.uint8)
    line = centre_line(blank)
    assert line.span == 1.0
    assert (straightened(blank, line, (100, 24), 255) == 255).all()
    assert text_span(blank, Preprocessing()) == 1.0
    assert text_span(blank, Preprocessing(centre=False)) == 1.0


def test_one_column_is_a_line_too() -> None:
    for shape in ((1, 1), (1, 50), (50, 1)):
        made = prepare(np.zeros(shape, np.uint8), Preprocessing(height=48))
        assert made.shape[0] == 48
