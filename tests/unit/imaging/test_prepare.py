"""What a model sees of a line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uncial.errors import FormatError
from uncial.imaging.prepare import MAX_WIDTH, MIN_WIDTH, Preprocessing, prepare


def _line(height: int = 40, width: int = 200) -> np.ndarray:
    image = np.full((height, width), 220, np.uint8)
    image[12:28, 20:180:8] = 60
    image[12:28, 21:180:8] = 40
    return image


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 400), st.integers(8, 70), st.floats(0.3, 2))
def test_every_image_gets_the_wanted_height(
    height: int, width: int, wanted: int, stretch: float
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    made = prepare(image, Preprocessing(height=wanted, stretch=stretch, centre=False))
    assert made.shape[0] == wanted
    expected = max(MIN_WIDTH, round(width * wanted / height * stretch))
    assert made.shape[1] == min(expected, MAX_WIDTH)
    assert made.dtype == np.uint8


def test_contrast_reaches_black_and_white() -> None:
    made = prepare(_line(), Preprocessing(height=40, centre=False))
    assert made.max() == 255
    assert made.min() == 0


def test_light_on_dark_is_turned_over() -> None:
    plain = prepare(_line(), Preprocessing(height=40, centre=False))
    turned = prepare(255 - _line(), Preprocessing(height=40, centre=False))
    assert np.mean((turned > 128) == (plain > 128)) > 0.97


def test_blank_paper_stays_paper() -> None:
    made = prepare(np.full((40, 200), 200, np.uint8), Preprocessing(height=40, centre=False))
    assert (made >= 250).all()


def test_colour_is_read_as_gray() -> None:
    gray = _line()
    colour = np.repeat(gray[:, :, None], 3, axis=2)
    assert np.array_equal(
        prepare(colour, Preprocessing(height=40, centre=False)),
        prepare(gray, Preprocessing(height=40, centre=False)),
    )


def test_json_round_trip_and_strictness() -> None:
    made = Preprocessing(height=64, stretch=0.7, pad=3, contrast=(1, 99), polarity="keep")
    assert Preprocessing.from_json(made.to_json()) == made
    with pytest.raises(FormatError, match="unknown preprocessing field 'hieght'"):
        Preprocessing.from_json({"hieght": 3})
    with pytest.raises(FormatError, match="out of range"):
        Preprocessing.from_json({"height": 0})


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("shape", [(1, 4000), (3, 90_000), (40, 60_000)])
def test_a_sliver_is_squeezed_into_the_greatest_width(shape: tuple[int, int], centre: bool) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert prepare(image, Preprocessing(centre=centre)).shape == (48, MAX_WIDTH)
