"""Thumbnails, previews and tiles of page images.

Tiles follow the Deep Zoom layout: level n has the image halved until its longer side is at most
2^n px, cut into squares. Levels below one tile are left out; viewers are told the smallest.

Source: Deep Zoom File Format Overview, Microsoft (DZI schema 2009).
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from uncial.errors import ImageError

THUMBNAIL: Final = 320
"""Longer side in the grid of pages, px."""

PREVIEW: Final = 2200
"""Longer side of the image that is shown until the tiles are made, px."""

TILE: Final = 512
"""Side of a tile without its overlap, px."""

OVERLAP: Final = 1
"""What neighbouring tiles share, px."""

TILED_FROM: Final = PREVIEW
"""Images with a longer side, px, are shown in tiles."""

FORMATS: Final = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "TIFF": ".tif",
    "WEBP": ".webp",
    "JPEG2000": ".jp2",
    "BMP": ".bmp",
    "GIF": ".gif",
    "PPM": ".ppm",
}
"""What may be imported, by Pillow's name, and the suffix under which it is kept."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an image file is.

    Attributes:
        suffix: By content, not by name.
        width: Pixels, upright.
        height: Pixels, upright.
    """

    suffix: str
    width: int
    height: int


def examine(path: Path, *, name: str, max_pixels: int) -> Facts:
    """Look at the head of an image file.

    Raises:
        ImageError: It is none, of a kind that is not read here, or too large.
    """
    with _opened(path, name) as image:
        if image.format not in FORMATS:
            raise ImageError(
                f"{name}: {image.format} images are not read", remedy="save it as PNG or JPEG"
            )
        width, height = image.size
        if width * height > max_pixels:
            raise ImageError(
                f"{name}: {width} × {height} px is more than {max_pixels // 1_000_000} million",
                remedy="scale it down",
            )
        if _orientation(image, name) >= 5:  # turns it by a quarter
            width, height = height, width
        return Facts(suffix=FORMATS[image.format], width=width, height=height)


def _orientation(image: Image.Image, name: str) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))  # of some formats this decodes the image
    except (OSError, SyntaxError, ValueError, TypeError) as error:
        raise ImageError(f"{name}: damaged: {error}") from error


def load(path: Path, *, name: str = "") -> Image.Image:
    """An image upright, gray or RGB, 8 bits.

    Raises:
        ImageError: It cannot be decoded.
    """
    try:
        with _opened(path, name or path.name) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith(("I", "F")):
                upright = upright.point(lambda v: v / 256).convert("L")
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                paper = Image.new("RGBA", upright.size, "white")
                paper.alpha_composite(upright.convert("RGBA"))
                return paper.convert("RGB")
            return upright.convert("L" if upright.mode in ("1", "L") else "RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"{name or path.name}: damaged: {error}") from error


def make(source: Path, target: Path, *, alive: Callable[[], None] = lambda: None) -> None:
    """Make everything that is shown of an image, in a folder that appears when it is complete.

    Args:
        source: The image.
        target: The folder.
        alive: Called between the levels; may raise to stop.
    """
    if target.is_dir():
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    for left in target.parent.glob(f".{target.name}.*.part"):  # by a worker that was killed
        shutil.rmtree(left, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        image = load(source)
        _scaled(image, PREVIEW).save(part / "preview.jpg", quality=85)
        _scaled(image, THUMBNAIL).save(part / "thumb.jpg", quality=80)
        if max(image.size) > TILED_FROM:
            _tiles(image, part / "tiles", alive)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _opened(path: Path, name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(path)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageError(
            f"{name}: not an image that can be read", remedy="give a JPEG, PNG, TIFF or WebP file"
        ) from error


def _scaled(image: Image.Image, longer: int) -> Image.Image:
    copy = image.copy()
    copy.thumbnail((longer, longer), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return copy


def _tiles(image: Image.Image, folder: Path, alive: Callable[[], None]) -> None:
    level = (max(image.size) - 1).bit_length()
    while max(image.size) > TILE // 2:
        alive()
        _level(image, folder / str(level))
        image = image.resize(
            ((image.width + 1) // 2, (image.height + 1) // 2), Image.Resampling.BOX
        )
        level -= 1


def _level(image: Image.Image, folder: Path) -> None:
    folder.mkdir(parents=True)
    for row, top in enumerate(range(0, image.height, TILE)):
        for column, left in enumerate(range(0, image.width, TILE)):
            box = (
                max(0, left - OVERLAP),
                max(0, top - OVERLAP),
                min(image.width, left + TILE + OVERLAP),
                min(image.height, top + TILE + OVERLAP),
            )
            image.crop(box).save(folder / f"{column}_{row}.jpg", quality=85)
