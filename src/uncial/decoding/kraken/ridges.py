"""How much a map looks like a ridge, by the curvature of the blurred map at several widths.

kraken enlarges the map that its network puts out by repeating pixels, and then filters the large
image. Blurring is a product with a matrix from each side; here the matrices take the small map
at once, so that a page costs some products instead of fifty filters.

Source: Sato et al. 1998, doi:10.1016/S1361-8415(98)80009-1; scikit-image 0.25 ``sato`` (widths,
first derivatives taken twice, nothing beyond the border) and SciPy ``gaussian_filter``.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_WIDTHS = (1, 3, 5, 7, 9)  # px of the enlarged image
_NEGLIGIBLE = 6.0  # deviations beyond which a Gaussian is nothing to 32-bit numbers
_CACHED = 96  # matrices


def ridges(small: Floats, size: tuple[int, int]) -> Floats:
    """Ridges of a map, once it is enlarged.

    Args:
        small: ``(h, w)``, as the network puts it out.
        size: Height and width in px of the enlarged map.

    Returns:
        ``(H, W)``, at least 0.
    """
    height, width = size
    best = np.zeros(size, np.float32)
    for sigma in _WIDTHS:
        along, mixed, over = (
            _blur(height, small.shape[0], sigma, *down)
            @ small
            @ _blur(width, small.shape[1], sigma, *across).T
            for down, across in (((1, 1), (0, 0)), ((1, 0), (0, 1)), ((0, 0), (1, 1)))
        )
        # Of the negative map: the greater eigenvalue of its second derivatives.
        half = along - over
        half *= 0.5
        np.multiply(half, half, out=half)
        half += mixed * mixed
        np.sqrt(half, out=half)
        along += over
        along *= 0.5
        half -= along
        half *= sigma * sigma
        np.maximum(best, half, out=best)
    return best


@lru_cache(maxsize=_CACHED)
def _blur(size: int, cells: int, sigma: float, *orders: int) -> Floats:
    """``(size, cells)`` product that enlarges, and blurs twice or derives, by `orders`.

    Both passes end at the border, so the first one's values beyond it are lost.
    """
    first, second = (_kernel(sigma, order) for order in orders)
    radius = len(first) // 2
    owner = np.minimum(np.arange(size) * cells // size, cells - 1)
    starts = np.searchsorted(owner, np.arange(cells))
    stops = np.searchsorted(owner, np.arange(cells), side="right")
    both = np.concatenate([[0.0], np.cumsum(np.convolve(first, second))])
    places = np.arange(size)[:, None] + 2 * radius + 1
    made = both[np.clip(places - starts, 0, len(both) - 1)]
    made -= both[np.clip(places - stops, 0, len(both) - 1)]
    for cell in range(cells):
        if starts[cell] < 2 * radius or stops[cell] > size - 2 * radius:
            made[:, cell] = _bordered(size, int(starts[cell]), int(stops[cell]), first, second)
    return np.asarray(made, np.float32)


def _bordered(
    size: int, start: int, stop: int, first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What becomes of a bar of ones near a border."""
    bar = np.zeros(size)
    bar[start:stop] = 1.0
    radius = len(first) // 2
    low, high = max(0, start - 2 * radius), min(size, stop + 2 * radius)
    part = np.convolve(bar[low:high], first)[radius:][: high - low]
    made = np.zeros(size)
    made[low:high] = np.convolve(part, second)[radius:][: high - low]
    return made


def _kernel(sigma: float, order: int) -> NDArray[np.float64]:
    """Gaussian of a width that, applied twice, gives `sigma`; or its derivative."""
    deviation = sigma / math.sqrt(2)
    radius = int(_NEGLIGIBLE * deviation + 0.5)
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / (deviation * deviation) * places**2)
    weights /= weights.sum()
    return np.asarray(weights if not order else -places / (deviation * deviation) * weights)
