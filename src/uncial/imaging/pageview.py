"""A page as a segmentation network sees it: gray, of one size, on even white paper."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.imaging.centre import reduced

_CELL = 16  # px; the paper's brightness is found on a grid of such cells
_DARK, _LIGHT = 0.5, 70.0  # percentiles of gray that become black and white
_MIN_CONTRAST = 40.0  # gray levels; below this a page counts as blank and is not stretched
_LEAST, _MOST = 64, 8192  # px of the longer side that make sense


@dataclass(frozen=True, kw_only=True)
class PagePreparation:
    """How a page becomes a network's input.

    Attributes:
        size: Longer side in px that every page is scaled to.
    """

    size: int = 1280

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values; inverse of `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> PagePreparation:
        """Read what `to_json` wrote.

        Raises:
            FormatError: A field is unknown or out of range.
        """
        known = {field.name for field in fields(cls)}
        size = values.get("size", cls.size)
        if set(values) - known or type(size) is not int or not _LEAST <= size <= _MOST:
            raise FormatError(
                f"page preparation out of range: {values}",
                remedy="use an unchanged model file, and the version of Uncial that wrote it",
            )
        return cls(size=size)


def prepare_page(image: NDArray[np.uint8], preparation: PagePreparation) -> NDArray[np.uint8]:
    """The page as a network sees it.

    Args:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        preparation: Taken from the model.

    Returns:
        ``(H', W')`` gray, dark ink on paper near 255, the longer side of the size asked for.
    """
    height, width = image.shape[:2]
    scale = preparation.size / max(height, width)
    gray = np.asarray(image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = reduced(np.asarray(gray, np.uint8), size)
    even = cv2.add(small, cv2.bitwise_not(_paper(small)))
    low, high = np.percentile(even[::4, ::4], (_DARK, _LIGHT))
    low = min(low, high - _MIN_CONTRAST)
    levels = (np.arange(256, dtype=np.float32) - low) * (255.0 / (high - low))
    return np.asarray(cv2.LUT(even, np.clip(levels, 0, 255).astype(np.uint8)), np.uint8)


def _paper(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness of the paper at each pixel: shadows and stains, not ink."""
    height, width = gray.shape
    cells = (max(3, width // _CELL), max(3, height // _CELL))
    light = cv2.dilate(gray, np.ones((3, 3), np.uint8))
    coarse = cv2.resize(light, cells, interpolation=cv2.INTER_AREA)
    coarse = cv2.blur(cv2.dilate(coarse, np.ones((5, 5), np.uint8)), (5, 5))
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
