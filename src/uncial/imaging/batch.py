"""From prepared images to a network's input; the same for training and for reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from uncial.imaging.tesseract import TesseractLine, float_values

_INK_GAIN = 2.0 / 255.0  # paper 0, full ink 2: padding is paper and adds nothing
_KRAKEN = np.float32(1) - np.arange(256, dtype=np.float32) / np.float32(255)
"""kraken's value of each gray level: paper 0, full ink 1."""


class Batch(NamedTuple):
    """Prepared lines side by side.

    Attributes:
        data: ``(N, 1, H, W)`` float32; ink positive, paper and padding 0.
        widths: Valid columns of each.
    """

    data: NDArray[np.float32]
    widths: list[int]


def batched(
    images: Sequence[NDArray[np.uint8]], pad: int, multiple: int = 1, style: str = "uncial"
) -> Batch:
    """Prepared images side by side.

    Args:
        images: ``(H, W)`` uint8 each, all of one height.
        pad: Paper columns in px added left and right of each line.
        multiple: The common width is rounded up to a multiple of this, in px.
        style: Of the preprocessing. Of Tesseract's, ink is near -1, paper near +1, by the gray
            levels of each line's middle row. Of kraken's, ink is near 1.
    """
    widths = [image.shape[1] + 2 * pad for image in images]
    full = -(-max(widths) // multiple) * multiple
    data = np.zeros((len(images), 1, images[0].shape[0], full), np.float32)
    for row, image in zip(data, images, strict=True):
        inside = row[0, :, pad : pad + image.shape[1]]
        if style == "tesseract":
            inside[:] = float_values(TesseractLine(image, 1.0))[..., 0]
        elif style == "kraken":
            np.take(_KRAKEN, image, out=inside)
        else:
            np.multiply(255 - image, _INK_GAIN, out=inside)
    return Batch(data, widths)
