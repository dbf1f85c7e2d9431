"""What lines look like is found again in what is made to look like them."""

import numpy as np
import pytest

from uncial.errors import DataError
from uncial.imaging.appearance import measured, stroke_share


def _line(paper: int = 255, ink: int = 0, stroke: int = 3) -> np.ndarray:
    image = np.full((64, 400), paper, np.uint8)
    for x in range(20, 380, 16):
        image[16:48, x : x + stroke] = ink
    return image


def test_paper_and_ink_of_the_lines_are_used() -> None:
    lines = [_line(200, 60) for _ in range(3)]
    made = measured(lines).on_paper(_line(), np.random.default_rng(0))
    assert np.median(made) == pytest.approx(200, abs=6)
    assert made.min() == pytest.approx(60, abs=40)
    assert made.shape == (64, 400)


def test_paper_is_long_enough_for_longer_lines() -> None:
    clean = np.pad(_line(), ((0, 20), (0, 900)), constant_values=255)
    made = measured([_line(210, 30)]).on_paper(clean, np.random.default_rng(1))
    assert made.shape == clean.shape


def test_same_seed_same_paper() -> None:
    look = measured([_line(220, 40), _line(180, 20)])
    made = [look.on_paper(_line(), np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(*made)


def test_wider_strokes_measure_wider() -> None:
    assert stroke_share(_line(stroke=2)) < stroke_share(_line(stroke=5))
    assert stroke_share(np.full((20, 20), 255, np.uint8)) == 0


def test_lines_without_ink_are_refused() -> None:
    with pytest.raises(DataError, match="no line among those"):
        measured([np.full((40, 100), 230, np.uint8)])
