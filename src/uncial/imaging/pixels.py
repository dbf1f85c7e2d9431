"""Decoded images of any mode to gray or RGB, 8 bits a channel.

Transparency lies on white paper, 16-bit samples keep their high byte.

Source: Pillow's modes; Exif 2.32 orientation, through Pillow.
"""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

DAMAGE: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(AttributeError, OverflowError, ZeroDivisionError, struct.error, zlib.error, MemoryError),
)
"""What Pillow's readers let through on damaged files."""


def is_turned(image: Image.Image) -> bool:
    """Whether Exif asks for a quarter turn."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return image.getexif().get(0x0112) in (5, 6, 7, 8)
    except DAMAGE:
        return False


def pixels_of(image: Image.Image, *, upright: bool = True) -> NDArray[np.uint8]:
    """``(H, W)`` gray or ``(H, W, 3)`` RGB of an image whose data is sound.

    Args:
        image: In any mode.
        upright: Turn it as Exif asks.
    """
    if upright:
        # Broken Exif asks for nothing.
        with contextlib.suppress(*DAMAGE), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = ImageOps.exif_transpose(image)
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return _deep_pixels(np.asarray(image))
    see_through = mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    if mode in ("1", "L") and not see_through:
        return np.array(image.convert("L"), dtype=np.uint8)
    if see_through:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        return _gray_if_colorless(np.asarray(Image.alpha_composite(paper, image).convert("RGB")))
    pixels = np.array(image.convert("RGB"), dtype=np.uint8)
    return _gray_if_colorless(pixels) if mode == "P" else pixels


def _deep_pixels(samples: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Gray of more than 8 bits: 16-bit integers, wider ones holding 16 bits, floats of 0-1."""
    if samples.dtype.kind == "f":
        top = 1.0 if samples.max(initial=0) <= 1 else 255.0
        scaled = np.nan_to_num(samples.astype(np.float64)) * (255.0 / top)
        return np.clip(scaled, 0, 255).astype(np.uint8)
    wide: NDArray[np.int64] = samples.astype(np.int64)
    if samples.dtype.itemsize == 2 or wide.max(initial=0) > 255:
        wide >>= 8
    deep: NDArray[np.uint8] = np.clip(wide, 0, 255).astype(np.uint8)
    return deep


def _gray_if_colorless(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    red = pixels[..., 0]
    if np.array_equal(red, pixels[..., 1]) and np.array_equal(red, pixels[..., 2]):
        return np.ascontiguousarray(red)
    return np.ascontiguousarray(pixels)
