from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from uncial.imaging.tesseract import byte_values, float_values, rounded, tesseract_line


def line_of(row: list[int]) -> np.ndarray:
    return np.array([row] * 3, np.uint8)


def test_ink_and_paper_come_from_the_extremes_of_the_middle_row() -> None:
    line = tesseract_line(line_of([10, 5, 200, 180, 250, 3]), 3)
    values = float_values(line)[0, :, 0]
    black, white = 6.0, 250.5
    expected = (np.array([10, 5, 200, 180, 250, 3]) - black) / ((white - black) / 2) - 1
    assert np.allclose(values, expected, atol=1e-6)


def test_a_blank_line_spans_all_levels() -> None:
    line = tesseract_line(np.full((3, 20), 255, np.uint8), 3)
    black, white = 0.25, 255.75
    wanted = (255 - black) / ((white - black) / 2) - 1
    assert np.allclose(float_values(line), wanted, atol=0.02)


def test_bytes_are_rounded_and_bounded() -> None:
    line = tesseract_line(line_of([0, 255, 0, 255, 0, 255]), 3)
    values = byte_values(line)
    assert values.dtype == np.int8
    assert set(np.unique(values)) <= set(range(-127, 128))
    assert np.abs(values).max() == 127


def test_colour_is_not_stretched() -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    image[..., 1] = 255
    line = tesseract_line(image, 4, colour=True)
    assert float_values(line)[0, 0].tolist() == [-1.0, 1.0, -1.0]
    assert tesseract_line(image[..., 0], 4, colour=True).pixels.shape == (4, 5, 3)
    assert tesseract_line(image, 4).pixels.shape == (4, 5)


def test_inverting_twice_is_nothing() -> None:
    line = tesseract_line(line_of([1, 2, 3]), 3)
    assert (line.inverted().inverted().pixels == line.pixels).all()
    assert line.inverted().pixels[0, 0] == 254


@given(st.integers(1, 300), st.integers(1, 90), st.sampled_from([0, 12, 36, 48]))
def test_height_is_that_of_the_network(rows: int, columns: int, height: int) -> None:
    line = tesseract_line(np.full((rows, columns), 9, np.uint8), height)
    assert line.pixels.shape[0] == (height or min(rows, 48))
    assert line.scale > 0


@given(st.floats(-300, 300, width=32))
def test_halves_are_rounded_away_from_zero(value: float) -> None:
    found = float(rounded(np.array([value], np.float32))[0])
    assert abs(found) == np.floor(np.float32(abs(value)) + np.float32(0.5))
