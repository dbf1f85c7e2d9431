"""Find where the text runs in a line image: its centre line and how far it spreads.

Hand-written lines rise, fall and fill very different parts of their crop. Straightened and
scaled by their own spread they all look alike to a network, which then needs fewer of them.

Source: the centre normalizer of OCRopus (Breuel), ``ocrolib/lineest.py``: smooth, take the
strongest row of each column, smooth again, measure the mean distance of ink from it. Here on a
reduced image, weighted by ink, and deaf to what neighbouring lines leave at the edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.imaging import raster

_ROWS = 32  # height of the reduced image in px
_MOST = 16_384  # columns of the reduced image, and of what is remapped; OpenCV ends at 32,767
_GROUP = 4  # columns of the reduced image that are taken together
_PAPER = 64  # ink below this (of 255) is texture
_REACH = 4.0  # mean distances of ink that the result spans on each side of the centre
_WIDEST, _NARROWEST = 1.0, 0.42  # of the crop's height, spanned by the result
_NEAR = 0.35  # of the crop's height: ink farther from the centre is another line's
_MIDDLE = np.exp(
    -0.5 * ((np.arange(_ROWS, dtype=np.float32)[:, None] + 0.5) / _ROWS - 0.5) ** 2 / 0.09
)
"""``(rows, 1)`` belief that a crop's own line runs near its middle; deviation 0.3."""


@dataclass(frozen=True, eq=False)
class CentreLine:
    """Course of the text through a crop, as fractions of the crop's height.

    Attributes:
        rows: ``(K,)`` centre at K columns spread evenly over the width, 0 top, 1 bottom.
        span: Height that holds the text, ascenders and descenders included.
    """

    rows: NDArray[np.float32]
    span: float


def centre_line(image: NDArray[np.uint8]) -> CentreLine:
    """Course of the text in a crop; about 0.1 ms.

    Args:
        image: ``(H, W)``, dark ink on paper near 255.
    """
    height, width = image.shape
    columns = min(max(8, round(width * _ROWS / height)), _MOST)
    ink = 255 - reduced(image, (columns, _ROWS)).astype(np.float32)
    ink[ink < _PAPER] = 0
    if not ink.any():
        return CentreLine(np.full(2, 0.5, np.float32), _WIDEST)
    ink = raster.mean_narrowed(ink, max(2, columns // _GROUP))
    sigma = _ROWS / _GROUP
    smooth = raster.smoothed(ink, sigma, _ROWS * 0.16)
    smooth += 0.02 * ink.mean(1, keepdims=True)
    likely = (smooth * _MIDDLE).argmax(0)
    near = np.abs(np.arange(_ROWS)[:, None] - likely) <= _ROWS // 6
    best = np.where(near, smooth, 0).argmax(0).astype(np.float32)
    course = raster.smoothed_row(best, sigma / 2)
    distance = np.abs(np.arange(_ROWS, dtype=np.float32)[:, None] - course)
    weight = np.where(distance < _NEAR * _ROWS, ink, 0)
    spread = float((distance * weight).sum() / max(1.0, float(weight.sum())))
    span = 2 * _REACH * spread / _ROWS
    rows = (course + 0.5) / _ROWS
    return CentreLine(rows.astype(np.float32), float(np.clip(span, _NARROWEST, _WIDEST)))


def straightened(
    image: NDArray[np.uint8], line: CentreLine, size: tuple[int, int], paper: int
) -> NDArray[np.uint8]:
    """The text of a crop with its centre line made straight, filling `size`.

    Args:
        image: ``(H, W)``.
        line: Of this image.
        size: Width and height of the result in px.
        paper: Gray of what lies outside the crop.
    """
    width, height = size
    shrink = height / (line.span * image.shape[0])
    if shrink < 1 or image.shape[1] > _MOST:
        lower = max(1, round(image.shape[0] * min(1.0, shrink)))
        smaller = (max(1, min(image.shape[1], width)), lower)
        image = reduced(image, smaller)
    tall, wide = image.shape
    across = (np.arange(width, dtype=np.float32) + 0.5) * np.float32(wide / width) - 0.5
    places = (np.arange(width, dtype=np.float32) + 0.5) * (len(line.rows) / width) - 0.5
    centre = np.interp(places, np.arange(len(line.rows)), line.rows).astype(np.float32) * tall
    down = ((np.arange(height, dtype=np.float32) + 0.5) / height - 0.5) * (line.span * tall) - 0.5
    return raster.remapped(image, across, down[:, None] + centre[None, :], paper)


def reduced(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """An image made smaller, or larger, without aliasing.

    Down to half its size it is interpolated, which leaves no pixel out and costs a seventh
    of the mean over areas that it needs below.

    Args:
        image: ``(H, W)``.
        size: Width and height in px of the result.
    """
    height, width = image.shape
    strong = width > 2 * size[0] or height > 2 * size[1]
    resized = raster.mean_resized if strong else raster.linear_resized
    return resized(image, size)
