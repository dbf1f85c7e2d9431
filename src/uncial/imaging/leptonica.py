"""Scaling and sharpening of gray and colour images, pixel for pixel as Leptonica does it.

A network that was trained on lines scaled by Leptonica reads others a little worse, and its
confidences can be compared with Tesseract's only where the pixels agree.

Source: leptonica 1.82 ``src/scale1.c`` (``pixScale``), ``src/enhance.c``
(``pixUnsharpMasking``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_AREA = 0.7  # below this factor pixels are averaged, from it on interpolated
_SOFT_AREA = 0.2  # averaged images are sharpened above this factor
_SOFT_LINEAR = 1.4  # interpolated images are sharpened below this factor
_GRID = 16  # parts of a pixel that positions are rounded to


def scaled(image: Pixels, factor: float) -> Pixels:
    """An image scaled by one factor along both axes, and sharpened where Leptonica does.

    Args:
        image: ``(H, W)`` or ``(H, W, 3)``.
        factor: Above 0; used as float32.

    Returns:
        ``(floor(factor*H + 0.5), floor(factor*W + 0.5))``, at least 1 px each.
    """
    by = np.float32(factor)
    if by == 1.0:
        return image.copy()
    size = tuple(max(1, int(np.float32(by * np.float32(n)) + 0.5)) for n in image.shape[:2])
    if by < _AREA:
        averaged = _halved(image, by)
        if averaged is None:
            averaged = _area_mapped(image, (size[0], size[1]))
        return sharpened(averaged, 1, 0.2) if by > _SOFT_AREA else averaged
    grown = _interpolated(image, (size[0], size[1]), by)
    return sharpened(grown, 2, 0.4) if by < _SOFT_LINEAR else grown


def sharpened(image: Pixels, half: int, share: float) -> Pixels:
    """Unsharp mask: the difference to a local mean is added; a border of `half` px stays.

    Args:
        image: ``(H, W)`` or ``(H, W, 3)``.
        half: Half width of the window in px.
        share: How much of the difference is added, 0-1.
    """
    height, width = image.shape[:2]
    window = 2 * half + 1
    if height < window or width < window:
        return image.copy()
    sums = np.cumsum(np.pad(image.astype(np.int32), _leading(image, 0)), axis=0)
    sums = sums[window:] - sums[:-window]
    sums = np.cumsum(np.pad(sums, _leading(image, 1)), axis=1)
    sums = sums[:, window:] - sums[:, :-window]
    inner = image[half : height - half, half : width - half].astype(np.float32)
    mean = sums.astype(np.float32) * np.float32(1.0 / window**2)
    values = inner + np.float32(share) * (inner - mean)
    made = image.copy()
    made[half : height - half, half : width - half] = _levels(values + np.float32(0.5))
    return made


def gray(image: Pixels) -> Pixels:
    """``(H, W, 3)`` as ``(H, W)``: 0.3 red, 0.5 green, 0.2 blue; gray stays as it is."""
    if image.ndim == 2:
        return image
    parts = image.astype(np.float32)
    weights = np.array([0.3, 0.5, 0.2], np.float32)
    mixed = parts[..., 0] * weights[0] + parts[..., 1] * weights[1]
    mixed = mixed + parts[..., 2] * weights[2]
    return _levels(mixed.astype(np.float64) + 0.5)


def _levels(values: NDArray[Any]) -> Pixels:
    """Gray levels, cut off below."""
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _leading(image: Pixels, axis: int) -> list[tuple[int, int]]:
    """Padding by one zero before the first element of an axis."""
    return [(int(at == axis), 0) for at in range(image.ndim)]


def _halved(image: Pixels, factor: np.float32) -> Pixels | None:
    """For 1/2, 1/4, 1/8 and 1/16: means of 2 x 2 px, over and over; None for others."""
    halvings = {0.5: 1, 0.25: 2, 0.125: 3, 0.0625: 4}.get(float(factor))
    if halvings is None:
        return None
    for _ in range(halvings):
        height, width = (max(2, n // 2 * 2) for n in image.shape[:2])
        if image.shape[0] < 2 or image.shape[1] < 2:
            return None
        even = image[:height, :width].astype(np.int32)
        summed = even[0::2, 0::2] + even[0::2, 1::2] + even[1::2, 0::2] + even[1::2, 1::2]
        image = _levels(summed >> 2)
    return image


def _area_mapped(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Each pixel is the mean of the source area it covers, on a grid of 1/16 px."""
    rows = _Spans(image.shape[0], size[0])
    columns = _Spans(image.shape[1], size[1])
    down = rows.weighted(image.astype(np.int64))
    across = columns.weighted(np.swapaxes(down, 0, 1))
    total = np.swapaxes(across, 0, 1)
    area = rows.lengths[:, None] * columns.lengths
    if image.ndim == 3:
        area = area[..., None]
    made = _levels((total + 128) // area)
    edge_rows, edge_columns = rows.at_edge(), columns.at_edge()
    edge = edge_rows[:, None] | edge_columns
    made[edge] = image[np.ix_(rows.first, columns.first)][edge]
    return made


class _Spans:
    """What destination pixels cover of one source axis.

    Attributes:
        first: ``(n,)`` source pixel in which each begins.
        last: ``(n,)`` source pixel in which each ends.
        lengths: ``(n,)`` in 1/16 px.
    """

    def __init__(self, source: int, wanted: int) -> None:
        step = np.float32(16.0) * np.float32(source) / np.float32(wanted)
        at = np.arange(wanted)
        begin = (step * at.astype(np.float32)).astype(np.int64)
        end = (np.float64(step) * (at + 1.0)).astype(np.int64)
        self.source = source
        self.first, self._into = begin >> 4, begin & 15
        self.last, self._beyond = end >> 4, end & 15
        self.lengths = (16 - self._into) + 16 * (self.last - self.first - 1) + self._beyond

    def weighted(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sums over the spans along the first axis, ``(n, …)``."""
        sums = np.cumsum(np.concatenate([np.zeros_like(values[:1]), values]), axis=0)
        last = np.minimum(self.last, self.source - 1)
        first = np.minimum(self.first, self.source - 1)
        shape = (-1,) + (1,) * (values.ndim - 1)
        whole = _GRID * (sums[last] - sums[first])
        ends = values[last] * self._beyond.reshape(shape)
        return np.asarray(whole - values[first] * self._into.reshape(shape) + ends)

    def at_edge(self) -> NDArray[np.bool_]:
        """Where the span ends too near to the edge to be averaged."""
        return np.asarray(self.last > self.source - 2)


def _interpolated(image: Pixels, size: tuple[int, int], factor: np.float32) -> Pixels:
    """Bilinear, anchored at the upper left pixel; edge pixels are repeated."""
    if factor in (2.0, 4.0):
        return _multiplied(image, int(factor))
    top, down = _positions(image.shape[0], size[0])
    left, right = _positions(image.shape[1], size[1])
    return _blended(image, (top, down), (left, right), _GRID, 128)


def _multiplied(image: Pixels, times: int) -> Pixels:
    """Twice or four times as large, without rounding."""
    rows = np.arange(image.shape[0] * times)
    columns = np.arange(image.shape[1] * times)
    return _blended(
        image, (rows // times, rows % times), (columns // times, columns % times), times, 0
    )


def _positions(source: int, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Source pixel and sixteenths of each destination pixel of one axis."""
    step = np.float32(16.0) * np.float32(source) / np.float32(wanted)
    at = (step * np.arange(wanted, dtype=np.float32)).astype(np.int64)
    return at >> 4, at & 15


def _blended(
    image: Pixels,
    rows: tuple[NDArray[np.int64], NDArray[np.int64]],
    columns: tuple[NDArray[np.int64], NDArray[np.int64]],
    parts: int,
    offset: int,
) -> Pixels:
    """Weighted means of four neighbours, positions in `parts` of a pixel."""
    height, width = image.shape[:2]
    values = image.astype(np.int32)
    top, low = np.minimum(rows[0], height - 1), np.minimum(rows[0] + 1, height - 1)
    left, right = np.minimum(columns[0], width - 1), np.minimum(columns[0] + 1, width - 1)
    shape = (-1,) + (1,) * (image.ndim - 1)
    down = rows[1].reshape(shape).astype(np.int32)
    mixed = values[top] * (parts - down) + values[low] * down
    across = columns[1].reshape(shape[:-1]).astype(np.int32)
    blended = mixed[:, left] * (parts - across) + mixed[:, right] * across
    return _levels((blended + offset) // parts**2)
