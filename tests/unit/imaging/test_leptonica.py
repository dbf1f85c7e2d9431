from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from uncial.imaging.leptonica import gray, scaled, sharpened

images = arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 60)))


@given(images, st.floats(0.05, 5.0))
def test_sizes_are_rounded(image: np.ndarray, factor: float) -> None:
    by = np.float32(factor)
    wanted = tuple(max(1, int(np.float32(by * np.float32(n)) + 0.5)) for n in image.shape)
    found = scaled(image, factor)
    assert found.dtype == np.uint8
    assert abs(found.shape[0] - wanted[0]) <= 1
    assert abs(found.shape[1] - wanted[1]) <= 1


@given(st.integers(0, 255), st.floats(0.05, 5.0))
def test_an_even_image_stays_even(level: int, factor: float) -> None:
    assert (scaled(np.full((30, 40), level, np.uint8), factor) == level).all()


@given(images)
def test_factor_one_copies(image: np.ndarray) -> None:
    assert (scaled(image, 1.0) == image).all()


@given(images, st.floats(0.1, 4.0))
def test_colours_are_scaled_one_by_one(image: np.ndarray, factor: float) -> None:
    colour = np.stack([image, 255 - image, image // 2], axis=2)
    parts = [scaled(np.ascontiguousarray(colour[..., at]), factor) for at in range(3)]
    assert (scaled(colour, factor) == np.stack(parts, axis=2)).all()


def test_half_takes_means_of_blocks_rounded_down() -> None:
    image = np.zeros((2, 4), np.uint8)
    image[0] = [1, 2, 255, 255]
    assert scaled(image, 0.5).tolist() == [[0, 127]]


@pytest.mark.parametrize(("factor", "times"), [(2.0, 2), (4.0, 4)])
def test_whole_multiples_keep_the_pixels(factor: float, times: int) -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    made = scaled(image, factor)
    assert (made[::times, ::times] == image).all()
    assert made[0, 1] == 20 // times, "without rounding"


def test_sharpening_leaves_the_border() -> None:
    image = np.full((5, 6), 100, np.uint8)
    image[2, 2] = 110
    made = sharpened(image, 1, 0.2)
    assert made[2, 2] == round(110 + 0.2 * (110 - 910 / 9))
    assert (made[0] == 100).all()
    assert (made[:, 0] == 100).all()
    assert made[1, 1] == 100, "rounded back"


def test_narrow_images_are_not_sharpened() -> None:
    image = np.arange(4, dtype=np.uint8).reshape(2, 2)
    assert (sharpened(image, 1, 0.2) == image).all()


def test_gray_weights_the_colours() -> None:
    assert gray(np.array([[[10, 20, 30]]], np.uint8)).tolist() == [[19]]
    assert gray(np.full((2, 2, 3), 255, np.uint8)).tolist() == [[255, 255]] * 2
