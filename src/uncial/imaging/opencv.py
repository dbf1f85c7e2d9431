"""What preparing a line needs of an image library, by OpenCV.

`uncial.imaging.plain` does the same, a little slower, for a reader without OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def gray_of(image: Bytes) -> Bytes:
    """``(H, W, 3)`` RGB to ``(H, W)``, by the luminance of ITU-R BT.601."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def looked_up(image: Bytes, table: Bytes) -> Bytes:
    """The level that a table of 256 gives for each."""
    return np.asarray(cv2.LUT(image, table), np.uint8)


def lifted(image: Bytes, more: Bytes) -> Bytes:
    """Sums of two images of one size, 255 at most."""
    return np.asarray(cv2.add(image, more), np.uint8)


def histogram(image: Bytes) -> NDArray[np.int64]:
    """``(256,)`` pixels of each level."""
    counts = cv2.calcHist([np.ascontiguousarray(image)], [0], None, [256], [0, 256])
    return np.asarray(counts.ravel().astype(np.int64))


def mean_resized(image: Bytes, size: tuple[int, int]) -> Bytes:
    """Means over areas.

    Args:
        image: ``(H, W)``.
        size: Width and height in px of the result.
    """
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def mean_narrowed(values: Floats, width: int) -> Floats:
    """Means over columns: ``(H, W)`` to ``(H, width)``."""
    size = (width, len(values))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def linear_resized(image: Bytes, size: tuple[int, int]) -> Bytes:
    """Linear interpolation; arguments as for `mean_resized`."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def dilated(image: Bytes) -> Bytes:
    """The greatest of five by five pixels."""
    return np.asarray(cv2.dilate(image, np.ones((5, 5), np.uint8)), np.uint8)


def averaged(image: Bytes) -> Bytes:
    """The mean of five by five pixels, mirrored at the border."""
    return np.asarray(cv2.blur(image, (5, 5)), np.uint8)


def smoothed(values: Floats, across: float, down: float) -> Floats:
    """Gaussian smoothing with zeros beyond the border.

    Args:
        values: ``(H, W)``.
        across: Deviation in px.
        down: Deviation in px.
    """
    made = cv2.GaussianBlur(
        values, (0, 0), sigmaX=across, sigmaY=down, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(made, np.float32)


def smoothed_row(values: Floats, deviation: float) -> Floats:
    """Gaussian smoothing of ``(W,)``, its ends repeated."""
    row = values[None, :]
    made = cv2.GaussianBlur(row, (0, 0), sigmaX=deviation, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(made[0], np.float32)


def remapped(image: Bytes, across: Floats, down: Floats, paper: int) -> Bytes:
    """Linear interpolation at places of an image.

    Args:
        image: ``(H, W)``.
        across: ``(w,)`` column of each column of the result, px.
        down: ``(h, w)`` row of each pixel of the result, px.
        paper: Gray of what lies outside the image.
    """
    columns = np.broadcast_to(across, down.shape).copy()
    made = cv2.remap(
        image,
        columns,
        down,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=paper,
    )
    return np.asarray(made, np.uint8)
