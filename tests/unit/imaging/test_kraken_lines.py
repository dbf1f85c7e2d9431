"""Lines as kraken scales them."""

from __future__ import annotations

import numpy as np
import pytest

from uncial.imaging import kraken
from uncial.imaging.prepare import Preprocessing, prepare, text_span

CENTRED = Preprocessing.kraken(48, centre=True)
PLAIN = Preprocessing.kraken(48, centre=False)

GOLDEN = np.full((12, 14), 200, np.uint8)
GOLDEN[5:11, 1:13] = [
    [173, 41, 41, 41, 41, 41, 68, 200, 200, 200, 200, 200],
    [168, 10, 10, 10, 10, 10, 41, 200, 200, 200, 200, 200],
    [173, 41, 41, 41, 41, 41, 64, 176, 176, 176, 176, 176],
    [200, 200, 200, 200, 200, 200, 176, 60, 60, 60, 60, 60],
    [200, 200, 200, 200, 200, 200, 176, 60, 60, 60, 60, 60],
    [200, 200, 200, 200, 200, 200, 192, 153, 153, 153, 153, 153],
]
"""The line of the test below as kraken 7.1 straightens it."""


def wave() -> np.ndarray:
    image = np.full((40, 1200), 250, np.uint8)
    for x in range(10, 1190):
        y = round(20 + 8 * np.sin(x / 250))
        image[y - 4 : y + 4, x] = 30
    return image


def test_a_wavy_line_becomes_straight() -> None:
    made = prepare(wave(), CENTRED)
    rows = np.arange(48)[:, None]
    ink = made < 128
    written = ink[:, ink.any(0)]
    means = (rows * written).sum(0) / written.sum(0)
    assert made.shape[0] == 48
    before = 16 * 48 / (2 * kraken.half_height(wave()))
    assert np.ptp(means) < before / 3


def test_every_pixel_is_that_of_kraken() -> None:
    image = np.full((11, 17), 200, np.uint8)
    image[2:5, 2:9] = 10
    image[5:8, 9:15] = 60
    made = kraken.straightened(image, 12)
    assert made.shape == GOLDEN.shape
    assert (made == GOLDEN).all()


def test_a_line_cut_along_its_baseline_is_only_scaled() -> None:
    made = prepare(wave(), PLAIN)
    assert made.shape == (48, 1440)
    assert text_span(wave(), PLAIN) == 1.0


def test_the_span_foretells_the_width() -> None:
    image = wave()
    width = 48 / (image.shape[0] * text_span(image, CENTRED)) * image.shape[1]
    assert prepare(image, CENTRED).shape[1] == int(width)


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_line_stays_blank(value: int) -> None:
    assert (prepare(np.full((9, 70), value, np.uint8), CENTRED) == value).all()


def test_colours_weigh_as_in_pillow() -> None:
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert kraken.gray(image).tolist() == [[76, 150, 29]]
