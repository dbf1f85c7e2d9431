"""A recognizer in 8-bit integers: calibrated once, saved with the model, left again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing
from uncial.models.compute import integers_pay
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization


@pytest.fixture
def images() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(4)
    return [rng.integers(0, 256, (40, width), dtype=np.uint8) for width in (200, 90, 333)]


@pytest.fixture
def recognizer() -> Recognizer:
    codec = Codec.from_charset(Charset(tuple("abcd")))
    network = build("[1,48,0,1 Cl3,3,4,2,2 Bnr Cl3,3,8,2,2 Bnr Fh Cl1,1,16 Bnr]", labels=5).eval()
    return Recognizer(network, codec, Preprocessing(), Normalization.named("nfc"))


def test_ranges_are_saved_with_the_model(
    recognizer: Recognizer, images: list[NDArray[np.uint8]]
) -> None:
    recognizer.calibrate(images)
    assert set(recognizer.ranges) == {"layers.C_0", "layers.C_2", "layers.C_5"}
    again = Recognizer.from_archive(native.unpack(native.pack(recognizer.to_archive())))
    assert again.ranges == recognizer.ranges
    assert again.read(images) == recognizer.read(images)


@pytest.mark.skipif(not integers_pay(), reason="this processor has no 8-bit dot products")
def test_integers_read_almost_as_reals_do(
    recognizer: Recognizer, images: list[NDArray[np.uint8]]
) -> None:
    real = [reading.confidence for reading in recognizer.read(images)]
    recognizer.calibrate(images)
    near = [reading.confidence for reading in recognizer.read(images)]
    assert near == pytest.approx(real, abs=0.02)
    recognizer.read_in_reals()
    assert [reading.confidence for reading in recognizer.read(images)] == real
    assert not recognizer.to_archive().ranges
