"""Noise of several grain sizes, drawn once and cut from at random: drawing it anew is slow."""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

GRAINS: Final = (1, 2, 4, 8, 16, 32)
"""Px, about, over which a texture changes."""

SPREAD: Final = 32
"""Standard deviation of a texture, gray levels."""

MIDDLE: Final = 128
"""Mean of a texture, gray level."""

_SHAPE = (256, 2048)
_LAPS = 3 * max(GRAINS)  # px of wrapped border that make a texture seamless


def texture(shape: tuple[int, ...], grain: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Smooth noise about `MIDDLE` with standard deviation `SPREAD`.

    Args:
        shape: Rows and columns; beyond 256 by 2048 it repeats.
        grain: One of `GRAINS`.
        rng: Chooses the place that is cut out, and its mirroring.
    """
    bank = _bank(grain, bool(rng.random() < 0.5))
    height, width = shape
    top, left = int(rng.integers(_SHAPE[0])), int(rng.integers(_SHAPE[1]))
    while bank.shape[0] < top + height:
        bank = np.concatenate([bank, bank])
    while bank.shape[1] < left + width:
        bank = np.concatenate([bank, bank], axis=1)
    return bank[top : top + height, left : left + width]


def plus(image: NDArray[np.uint8], noise: NDArray[np.uint8], amplitude: float) -> NDArray[np.uint8]:
    """An image with a texture on top.

    Args:
        image: ``(H, W)``.
        noise: ``(H, W)`` from `texture`.
        amplitude: Its standard deviation in the result, gray levels.
    """
    table = np.rint((np.arange(256) - MIDDLE) * (amplitude / SPREAD))
    up, down = (np.clip(part, 0, 255).astype(np.uint8) for part in (table, -table))
    lighter = cv2.add(image, cv2.LUT(noise, up))
    return np.asarray(cv2.subtract(lighter, cv2.LUT(noise, down)), np.uint8)


@cache
def _bank(grain: int, mirrored: bool) -> NDArray[np.uint8]:
    """A texture with its own repetition beside it and below it, so that cuts need no copy."""
    if grain not in GRAINS:
        raise ValueError(f"no grain of {grain} px")
    noise = np.random.default_rng(grain).standard_normal(_SHAPE, np.float32)
    if grain > 1:
        wrapped = np.pad(noise, _LAPS, mode="wrap")
        soft = np.asarray(cv2.GaussianBlur(wrapped, (0, 0), grain / 2), np.float32)
        noise = soft[_LAPS:-_LAPS, _LAPS:-_LAPS]
    levels = np.clip(np.rint(noise * (SPREAD / noise.std())), -127, 127) + MIDDLE
    whole = np.tile(levels.astype(np.uint8), (2, 2))
    return np.ascontiguousarray(whole[::-1, ::-1] if mirrored else whole)
