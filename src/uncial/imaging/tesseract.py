"""What a Tesseract network sees of a line: height, contrast, values, polarity.

Unlike `uncial.imaging.prepare`, nothing is straightened or cleaned: the line is scaled as
Leptonica does it, and two gray levels of its middle row decide which values are ink and
paper.

Source: tesseract 5.x ``src/lstm/input.cpp`` and ``src/lstm/networkio.cpp``
(``Copy2DImage``, ``ComputeBlackWhite``); inversion: ``src/lstm/lstmrecognizer.cpp``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.imaging.leptonica import Pixels, gray, scaled

_BYTE = 127  # greatest absolute value of an int8 input
_COLOUR_HALF = 127.5
_HEIGHT_OF_VARIABLE = 48
INVERSION_THRESHOLD = 0.7
"""Mean confidence below which a line is read with black and white exchanged, too."""


@dataclass(frozen=True)
class TesseractLine:
    """A line scaled to the height of its network.

    Attributes:
        pixels: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        scale: Prepared px for each px of the image given.
    """

    pixels: Pixels
    scale: float

    def inverted(self) -> TesseractLine:
        """The same with black and white exchanged."""
        return TesseractLine(255 - self.pixels, self.scale)


def tesseract_line(image: Pixels, height: int, *, colour: bool = False) -> TesseractLine:
    """Scale a line image to the height that a network reads.

    Args:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB, no side empty.
        height: Of the network's input in px; 0 keeps that of the image, at most 48 px.
        colour: The network reads RGB.
    """
    rows = image.shape[0]
    wanted = height or min(rows, _HEIGHT_OF_VARIABLE)
    factor = float(np.float32(wanted) / np.float32(rows))
    if colour:
        image = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
        pixels = scaled(image, factor)
    else:
        pixels = gray(scaled(image, factor))
    if pixels.shape[0] != wanted:
        pixels = scaled(pixels, float(np.float32(wanted) / np.float32(pixels.shape[0])))
    return TesseractLine(pixels, factor)


def float_values(line: TesseractLine) -> NDArray[np.float32]:
    """``(H, W, D)`` network input: ink near -1, paper near +1, not clipped."""
    black, contrast = _black_and_contrast(line.pixels)
    pixels = line.pixels.astype(np.float32)
    values = (pixels - np.float32(black)) / np.float32(contrast) - np.float32(1.0)
    return values if values.ndim == 3 else values[..., None]


def byte_values(line: TesseractLine) -> NDArray[np.int8]:
    """``(H, W, D)`` network input of an int8 network: 128 times the float, rounded."""
    wide = float_values(line) * np.float32(_BYTE + 1)
    return np.clip(rounded(wide), -_BYTE, _BYTE).astype(np.int8)


def rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Nearest whole numbers, halves away from zero."""
    return np.asarray(np.trunc(values + np.copysign(np.float32(0.5), values)))


def _black_and_contrast(pixels: Pixels) -> tuple[float, float]:
    """Gray level of ink, and half the distance from there to paper."""
    if pixels.ndim == 3:
        return 0.0, _COLOUR_HALF
    row = pixels[pixels.shape[0] // 2].astype(np.int16)
    before, here, after = row[:-2], row[1:-1], row[2:]
    low = ((here < before) & (here <= after)) | ((here <= before) & (here < after))
    high = ((here > before) & (here >= after)) | ((here >= before) & (here > after))
    black = _quantile(here[low] if low.any() else np.zeros(1, np.int16), 0.25)
    white = _quantile(here[high] if high.any() else np.full(1, 255, np.int16), 0.75)
    contrast = np.float32(np.float32(white - black) / np.float32(2.0))
    return black, float(contrast) if contrast > 0 else 1.0


def _quantile(levels: NDArray[np.int16], share: float) -> float:
    """Quantile of gray levels, interpolated within its level."""
    counts = np.bincount(levels, minlength=256)
    target = min(max(share * len(levels), 1.0), float(len(levels)))
    sums = np.cumsum(counts)
    level = int(np.searchsorted(sums, target))
    return float(np.float32(level + 1 - (sums[level] - target) / counts[level]))
