"""What preparing a line needs of an image library, by NumPy alone.

For readers without OpenCV. The functions are those of `uncial.imaging.opencv`, and a test holds
them to the same pixels: equal but for the last gray level, and for remapping, whose places OpenCV
rounds to 1/32 px, within a few where ink meets paper.

Source: OpenCV 4 and 5 ``modules/imgproc/src/{resize,color_rgb,smooth}``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
_LUMINANCE = np.array([9798, 19235, 3735], np.uint32)  # of 2**15
_HALF, _SHIFT = np.uint32(1 << 14), np.uint32(15)
_WEIGHT = 2048  # of a pixel that counts alone
_REACH = 4  # deviations that a Gaussian kernel of float images spans on each side


def gray_of(image: Bytes) -> Bytes:
    """``(H, W, 3)`` RGB to ``(H, W)``, by the luminance of ITU-R BT.601."""
    sums = image[..., 0] * _LUMINANCE[0]
    sums += image[..., 1] * _LUMINANCE[1]
    sums += image[..., 2] * _LUMINANCE[2]
    return np.asarray((sums + _HALF) >> _SHIFT, np.uint8)


def looked_up(image: Bytes, table: Bytes) -> Bytes:
    """The level that a table of 256 gives for each."""
    return np.asarray(table.take(image))


def lifted(image: Bytes, more: Bytes) -> Bytes:
    """Sums of two images of one size, 255 at most."""
    return np.where(image > 255 - more, np.uint8(255), image + more)


def histogram(image: Bytes) -> NDArray[np.int64]:
    """``(256,)`` pixels of each level."""
    return np.bincount(image.ravel(), minlength=256)


def mean_resized(image: Bytes, size: tuple[int, int]) -> Bytes:
    """Means over areas; where one side grows, interpolation between equal pixels.

    Args:
        image: ``(H, W)``.
        size: Width and height in px of the result.
    """
    width, height = size
    if width > image.shape[1] or height > image.shape[0]:
        return _interpolated(image, size, _seams)
    values = image.astype(np.float32)
    return _bytes(_means(_means(values, height).T, width).T)


def mean_narrowed(values: Floats, width: int) -> Floats:
    """Means over columns: ``(H, W)`` to ``(H, width)``."""
    return np.ascontiguousarray(_means(values.T, width).T)


def linear_resized(image: Bytes, size: tuple[int, int]) -> Bytes:
    """Linear interpolation; arguments as for `mean_resized`."""
    return _interpolated(image, size, _centres)


def dilated(image: Bytes) -> Bytes:
    """The greatest of five by five pixels."""
    around = np.pad(image, 2)
    rows = sliding_window_view(around, 5, axis=0).max(-1)
    return np.asarray(sliding_window_view(rows, 5, axis=1).max(-1))


def averaged(image: Bytes) -> Bytes:
    """The mean of five by five pixels, mirrored at the border."""
    around = np.pad(image, 2, mode="reflect")
    rows = sliding_window_view(around, 5, axis=0).sum(-1, dtype=np.float32)
    return _bytes(sliding_window_view(rows, 5, axis=1).sum(-1) / np.float32(25))


def smoothed(values: Floats, across: float, down: float) -> Floats:
    """Gaussian smoothing with zeros beyond the border.

    Args:
        values: ``(H, W)``.
        across: Deviation in px.
        down: Deviation in px.
    """
    rows = _convolved(values, _kernel(down), "constant")
    return np.ascontiguousarray(_convolved(rows.T, _kernel(across), "constant").T)


def smoothed_row(values: Floats, deviation: float) -> Floats:
    """Gaussian smoothing of ``(W,)``, its ends repeated."""
    return _convolved(values[:, None], _kernel(deviation), "edge")[:, 0]


def remapped(image: Bytes, across: Floats, down: Floats, paper: int) -> Bytes:
    """Linear interpolation at places of an image.

    Args:
        image: ``(H, W)``.
        across: ``(w,)`` column of each column of the result, px.
        down: ``(h, w)`` row of each pixel of the result, px.
        paper: Gray of what lies outside the image.
    """
    around = np.pad(image, 1, constant_values=paper).astype(np.float32)
    tall, wide = around.shape
    left, right, share = _places(across + 1, wide)
    columns = around[:, left] * (1 - share) + around[:, right] * share
    top, bottom, share = _places(down + 1, tall)
    flat, at = columns.ravel(), np.arange(len(across))
    upper, lower = (flat.take(rows * len(across) + at) for rows in (top, bottom))
    return _bytes(upper + (lower - upper) * share)


def _places(at: Floats, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Neighbours of places within ``0..size-1``, and the share of the second."""
    inside = np.clip(at, 0, size - 1)
    first = inside.astype(np.intp)
    share = (inside - first).astype(np.float32)
    return first, np.minimum(first + 1, size - 1), share


def _centres(size: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Neighbours of the centres of `count` parts of `size` px, and the share of the second."""
    at = (np.arange(count) + 0.5) * (size / count) - 0.5
    return _places(at.astype(np.float32), size)


def _seams(size: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """The same where each of `size` px keeps its value but at the seams."""
    scale = size / count
    first = np.floor(np.arange(count) * scale).astype(np.intp)
    share = (np.arange(count) + 1) - (first + 1) / scale
    share = np.where(share <= 0, 0.0, share - np.floor(share)).astype(np.float32)
    return first, np.minimum(first + 1, size - 1), share


def _interpolated(image: Bytes, size: tuple[int, int], placed: Callable[..., Any]) -> Bytes:
    """Linear interpolation in the integers that OpenCV computes it in."""
    width, height = size
    left, right, share = placed(image.shape[1], width)
    top, bottom, down = placed(image.shape[0], height)
    second = np.rint(share * _WEIGHT).astype(np.int32)
    wide = image.astype(np.int32)
    columns = (wide[:, left] * (_WEIGHT - second) + wide[:, right] * second) >> 4
    lower = np.rint(down * _WEIGHT).astype(np.int32)[:, None]
    upper = (columns[top] * (_WEIGHT - lower)) >> 16
    made: Bytes = ((upper + ((columns[bottom] * lower) >> 16) + 2) >> 2).astype(np.uint8)
    return made


def _means(values: Floats, count: int) -> Floats:
    """Rows as means over `count` equal parts of them."""
    size = len(values)
    if size == count:
        return values
    sums = np.zeros((size + 1, *values.shape[1:]), np.float64)
    np.cumsum(values, axis=0, dtype=np.float64, out=sums[1:])
    edges = np.arange(count + 1) * (size / count)
    first = np.minimum(edges.astype(np.intp), size - 1)
    reached = sums[first] + (edges - first)[:, None] * values[first]
    return np.asarray(np.diff(reached, axis=0) * (count / size), np.float32)


def _kernel(deviation: float) -> Floats:
    """A Gaussian kernel of the size that OpenCV gives it."""
    size = round(deviation * _REACH * 2 + 1) | 1
    at = np.arange(size) - size // 2
    weights = np.exp(-(at**2) / (2 * deviation**2))
    return np.asarray(weights / weights.sum(), np.float32)


def _convolved(values: Floats, kernel: Floats, edge: str) -> Floats:
    """Columns of ``(H, W)`` convolved with a kernel."""
    half = len(kernel) // 2
    around = np.pad(values, ((half, half), (0, 0)), mode=edge)  # type: ignore[call-overload]
    made = np.zeros_like(values)
    for at, weight in enumerate(kernel):
        made += weight * around[at : at + len(values)]
    return made


def _bytes(values: Floats) -> Bytes:
    return np.rint(values).astype(np.uint8)
