"""Line images for the editor, cut as for training and reading, from pages kept in memory."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uncial.imaging.band import Band, page_bands
from uncial.imaging.crop import band_image
from uncial.studio import pictures
from uncial.studio.faults import NotFound
from uncial.studio.shapes import page_from


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One version of a page's layout on its image.

    Attributes:
        image: File of the page's image.
        segmentation: Id of the version.
        revision: Of the version.
        direction: Main direction of reading.
    """

    image: Path
    segmentation: int
    revision: int
    direction: str


def line_jpeg(sheet: Sheet, body: dict[str, Any], line: str, *, height: int = 160) -> bytes:
    """A line, cut and straightened, as a JPEG file at most `height` px high.

    Raises:
        NotFound: The layout has no such line.
        ImageError: The page's image is damaged.
    """
    pixels = page_pixels(sheet.image)
    band = _bands(sheet, pixels.shape[:2], _Body(body)).get(line)
    if band is None:
        raise NotFound("line")
    image = Image.fromarray(band_image(pixels, band))
    if image.height > height:
        image = image.resize((max(1, round(image.width * height / image.height)), height))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()


@lru_cache(maxsize=3)
def page_pixels(path: Path) -> NDArray[np.uint8]:
    """A page's image, ``(H, W)`` gray or ``(H, W, 3)`` RGB; the last three stay in memory."""
    return np.asarray(pictures.load(path), np.uint8)


class _Body:
    """A layout as an argument that does not count for the cache: the revision says it all."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Body)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=8)
def _bands(sheet: Sheet, size: tuple[int, int], body: _Body) -> dict[str, Band]:
    page = page_from(body.value, image="", size=(size[1], size[0]), direction=sheet.direction)
    return {band.line: band for band in page_bands(page)}
