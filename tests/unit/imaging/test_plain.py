"""Preparation without OpenCV gives the pixels that it gives with OpenCV."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from uncial.imaging import centre, opencv, plain, prepare, raster
from uncial.imaging.prepare import Preprocessing
from uncial.synth.corpus import built_in_prose, text_lines
from uncial.synth.fonts import package_fonts
from uncial.synth.recipe import samples

SIZES = [(150, 8), (601, 32), (543, 32), (1300, 20), (100, 90), (401, 31), (1203, 71), (602, 71)]


@pytest.fixture
def image() -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (71, 1203), dtype=np.uint8)
    return np.asarray(opencv.averaged(noise) * 2 - 60, np.uint8)


def lines() -> list[NDArray[np.uint8]]:
    """Rendered lines, some in colour, some light on dark, some with a shadow."""
    fonts = [font for font in package_fonts() if font.family == "Caladea"]
    texts = [text for text, _ in zip(text_lines(built_in_prose(), seed=1), range(12), strict=False)]
    made = [sample.image for sample in samples(texts, fonts, seed=1, name="line")]
    colour = [np.stack([one, one // 2 + 90, one // 3], 2) for one in made[:3]]
    shade = [np.asarray(one * np.linspace(0.5, 1, one.shape[1]), np.uint8) for one in made[3:6]]
    small = [one[::3, ::3].copy() for one in made[6:9]]
    return [*made, *colour, *shade, *small, *(255 - one for one in made[9:])]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["mean_resized", "linear_resized"])
def test_images_are_resized_alike(
    name: str, size: tuple[int, int], image: NDArray[np.uint8]
) -> None:
    one, other = (getattr(library, name)(image, size) for library in (opencv, plain))
    assert one.shape == other.shape
    apart = np.abs(one.astype(int) - other)
    assert apart.max() <= 1
    assert apart.mean() < 0.01


def test_gray_levels_tables_and_counts_are_equal(image: NDArray[np.uint8]) -> None:
    colour = np.stack([image, image[::-1], 255 - image], 2)
    table = np.random.default_rng(1).integers(0, 256, 256).astype(np.uint8)
    small = opencv.mean_resized(image, (150, 8))
    for library in (opencv, plain):
        assert np.array_equal(library.gray_of(colour), opencv.gray_of(colour))
        assert np.array_equal(library.looked_up(image, table), table[image])
        assert library.histogram(image).tolist() == [int((image == n).sum()) for n in range(256)]
        assert np.array_equal(library.dilated(small), opencv.dilated(small))
        assert np.array_equal(library.averaged(small), opencv.averaged(small))


def test_real_numbers_are_smoothed_alike(image: NDArray[np.uint8]) -> None:
    values = image[:32, :640].astype(np.float32)
    row = values[3].copy()
    for one, other in (
        (opencv.mean_narrowed(values, 151), plain.mean_narrowed(values, 151)),
        (opencv.smoothed(values, 8.0, 5.12), plain.smoothed(values, 8.0, 5.12)),
        (opencv.smoothed_row(row, 4.0), plain.smoothed_row(row, 4.0)),
    ):
        assert np.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("height", [32, 48, 90])
@pytest.mark.parametrize("centred", [True, False])
def test_lines_are_prepared_alike(
    height: int, centred: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Preprocessing(height=height, stretch=0.8, centre=centred)
    ours = [prepare.prepare(line, settings) for line in lines()]
    for name in raster.__all__:
        monkeypatch.setattr(raster, name, getattr(plain, name))
    for one, line in zip(ours, lines(), strict=True):
        other = prepare.prepare(line, settings)
        assert one.shape == other.shape
        apart = np.abs(one.astype(int) - other)
        assert apart.mean() < 0.05
        assert np.mean(apart > 2) < 0.002
    assert centre.raster is prepare.raster
