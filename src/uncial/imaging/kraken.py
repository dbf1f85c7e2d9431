"""Lines as kraken scales them, to the pixel.

Lines that were cut out along a baseline are resampled by Pillow's Lanczos filter. Lines that
were cut out by a box are first straightened along their own centre, as ocropy did it: ink is
blurred, the strongest row of each column taken and smoothed, and four mean distances of ink from
it are kept above and below; they are then sampled linearly from the upper left corner.

Sums are taken in SciPy's order where a last digit could decide over a whole pixel.

Source: kraken 7.1 and ocropy ``lineest.py`` (Breuel); SciPy ``ndimage`` (windows, borders).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_REACH = 4  # mean distances of ink that are kept on each side of the centre
_SMOOTH = 0.3  # deviation in line heights of the filter over the centre
_TRUNCATED = 4.0  # deviations after which a Gaussian ends
_FAINT = 0.001  # weight of the mean over the line, which decides where there is no ink
_LEAST = 1  # px


def gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``(H, W)`` gray of ``(H, W)`` or ``(H, W, 3)`` RGB, rounded as Pillow does."""
    return image if image.ndim == 2 else np.asarray(Image.fromarray(image).convert("L"))


def scaled(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A line in another height, by Lanczos.

    Args:
        image: ``(H, W)`` gray.
        height: Of the result, px.
    """
    rows, columns = image.shape
    size = (max(_LEAST, columns * height // rows), height)
    resized = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
    return np.asarray(resized, np.uint8)


def straightened(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A line straightened along its centre, in another height; a blank one only scaled.

    Args:
        image: ``(H, W)`` gray, dark ink on light paper.
        height: Of the result, px.
    """
    ink = int(image.max()) - image.astype(np.float64)
    if not ink.any():
        return scaled(image, height)
    ink /= ink.max()
    centre = _centre(ink)
    reach = _half_height(ink, centre)
    rows = np.arange(-reach, reach)[:, None] + centre
    inside = (rows >= 0) & (rows < len(image))
    cut = np.take_along_axis(image, np.clip(rows, 0, len(image) - 1), 0)
    return _sampled(np.where(inside, cut, image.max()), height)


def half_height(image: NDArray[np.uint8]) -> int:
    """Rows that `straightened` keeps above and below the centre; of a blank line half of all."""
    ink = int(image.max()) - image.astype(np.float64)
    if not ink.any():
        return max(1, len(image) // 2)
    ink /= ink.max()
    return _half_height(ink, _centre(ink))


def _half_height(ink: NDArray[np.float64], centre: NDArray[np.int64]) -> int:
    distance = np.abs(np.arange(len(ink))[:, None] - centre)
    return int(1 + _REACH * np.mean(distance[ink != 0]))


def _centre(ink: NDArray[np.float64]) -> NDArray[np.int64]:
    """``(W,)`` the centre's row in each column of ``(H, W)`` ink, 0-1."""
    height, width = ink.shape
    down, box = _columns(height)
    radius = int(_TRUNCATED * height + 0.5)
    size = 1 << (width + 2 * radius - 1).bit_length()
    blurred = np.fft.irfft(np.fft.rfft(down @ ink, size) * _across(height, size), size)
    blurred = blurred[:, radius : radius + width]
    total = np.zeros((height, width + 1))
    np.cumsum(box @ blurred, axis=1, out=total[:, 1:])
    first = np.arange(width) - width // 2
    whole = total[:, np.minimum(first + width, width)] - total[:, np.maximum(first, 0)]
    whole *= _FAINT / width
    whole += blurred
    return _smoothed(whole.argmax(0), _SMOOTH * height)


def _gaussian(sigma: float) -> NDArray[np.float64]:
    radius = int(_TRUNCATED * sigma + 0.5)
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / (sigma * sigma) * places**2)
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=64)
def _columns(height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``(H, H)`` products that blur columns, and average half of each; beyond them is nothing."""
    kernel = _gaussian(0.5 * height)
    apart = np.arange(height)[:, None] - np.arange(height)
    window = max(1, int(0.5 * height))
    inside = (apart <= window // 2) & (apart > window // 2 - window)
    return kernel[apart + len(kernel) // 2], inside / window


@lru_cache(maxsize=64)
def _across(height: int, size: int) -> NDArray[np.complex128]:
    """Spectrum that blurs rows of `size` columns, with nothing beyond them."""
    return np.fft.rfft(_gaussian(float(height)), size)


def _smoothed(rows: NDArray[np.int64], sigma: float) -> NDArray[np.int64]:
    """Whole numbers smoothed by a Gaussian, mirrored at the border, and cut to whole ones.

    A sum that should be whole may come out just below, so its terms are added from the ends of
    the window to its middle, as SciPy adds them.
    """
    kernel = _gaussian(sigma)
    radius = len(kernel) // 2
    padded = np.pad(rows, radius, mode="symmetric").astype(np.float64)
    width = len(rows)
    total = padded[radius : radius + width] * kernel[radius]
    for apart in range(radius, 0, -1):
        pair = padded[radius - apart :][:width] + padded[radius + apart :][:width]
        total += pair * kernel[radius - apart]
    return np.asarray(total, np.int64)


def _sampled(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A line in another height, linear between pixels, the upper left corners on each other."""
    rows, columns = image.shape
    scale = height / rows
    down, below, lower = _places(height, scale, rows)
    across, right, more = _places(max(_LEAST, int(scale * columns)), scale, columns)
    values = image.astype(np.float64)
    values = values[down] * (1 - lower)[:, None] + values[below] * lower[:, None]
    values = values[:, across] * (1 - more) + values[:, right] * more
    beyond = np.arange(height) / scale > rows - 1
    values[beyond] = image.max()
    values[:, np.arange(values.shape[1]) / scale > columns - 1] = image.max()
    return values.astype(np.float32).astype(np.uint8)


def _places(
    count: int, scale: float, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The two pixels of the original around each of the result, and the share of the second."""
    at = np.arange(count) * np.float64(1 / scale)
    first = np.minimum(at.astype(np.int64), size - 1, dtype=np.int64)
    second = np.minimum(first + 1, size - 1, dtype=np.int64)
    return first, second, np.asarray(at - first, np.float64)
