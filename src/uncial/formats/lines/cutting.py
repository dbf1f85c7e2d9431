"""Page images to cut lines from: any format Pillow reads, frame by frame, cuts as PNG.

Pixels are left as they are: no orientation is applied but that of a TIFF, no color converted
where PNG has it too. Source: Pillow's formats; PNG (W3C 2003) for the color types.
"""

from __future__ import annotations

import importlib
import io
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uncial.formats.lines.base import Fault, read_image
from uncial.imaging.pixels import DAMAGE, is_turned, pixels_of

MAX_PAGE_PIXELS: Final = 128_000_000
"""Larger page images are not decoded; A4 at 600 dpi has 35 million."""
_PNG_MODES: Final = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_HEIF_REMEDY: Final = "install it: pip install pillow-heif, or save the image as JPEG"


class Area(NamedTuple):
    """A rectangle in px from the upper left corner; `right` and `lower` lie outside."""

    left: int
    upper: int
    right: int
    lower: int


class PageImage:
    """An image file and the frame of it that was last asked for.

    Attributes:
        data: The file's bytes; None where it cannot be read.
        fault: Why not, or why it cannot be decoded.
        remedy: What to do about the fault.
    """

    def __init__(self, path: Path, data: bytes | None = None) -> None:
        self.data, faults = read_image(path) if data is None else (data, ())
        self.fault: Fault | None = faults[0] if faults else None
        self.remedy = "replace it by a sound image of common size"
        self._path = path
        self._image: Image.Image | None = None
        self._frame = -1
        if self.data is not None:
            self._open(self.data)

    @property
    def frames(self) -> int:
        """Pages of a TIFF, pictures of an animation; 1 otherwise."""
        try:
            return int(getattr(self._image, "n_frames", 1))
        except DAMAGE:
            return 1

    def size(self, frame: int) -> tuple[int, int] | None:
        """Width and height of a frame in px; None where it cannot be used, see `fault`."""
        if self._image is None or (self.fault is not None and frame == self._frame):
            return None
        if frame != self._frame:
            self._turn_to(self._image, frame)
        return None if self.fault else self._image.size

    def header_size(self, frame: int) -> tuple[int, int] | None:
        """Width and height of a frame in px, upright, without decoding it; None as in `size`."""
        if self._image is None:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self._image.seek(frame)
                self._frame = -1
                width, height = self._image.size
            except (Image.DecompressionBombError, *DAMAGE) as error:
                self.fault = Fault("truncated-image", f"{self._path.name}: {error}")
                return None
        if width * height > MAX_PAGE_PIXELS:
            size = f"{width:,} × {height:,} px"
            self.fault = Fault("decompression-bomb", f"{self._path.name}: {size}")
            return None
        return (height, width) if is_turned(self._image) else (width, height)

    def pixels(self, frame: int, *, upright: bool = True) -> NDArray[np.uint8] | None:
        """``(H, W)`` gray or ``(H, W, 3)`` RGB of a frame; None as in `size`.

        Args:
            frame: From 0.
            upright: Turn it as Exif asks.
        """
        if self.size(frame) is None or self._image is None:
            return None
        return pixels_of(self._image, upright=upright)

    def cut(self, area: Area) -> bytes:
        """PNG of a part of the frame that `size` was asked of last.

        Args:
            area: Not empty, and inside the frame.
        """
        if self._image is None:
            return b""
        part = self._image.crop(area)
        if part.mode not in _PNG_MODES:
            part = part.convert("I;16" if part.mode.startswith("I") else "RGB")
        file = io.BytesIO()
        part.save(file, "PNG", compress_level=1)
        return file.getvalue()

    def _open(self, data: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                if is_heif(data):
                    _register_heif()
                self._image = Image.open(io.BytesIO(data))
            except Image.DecompressionBombError as error:
                self.fault = Fault("decompression-bomb", f"{self._path.name}: {error}")
            except DAMAGE:
                if is_heif(data) and find_spec("pillow_heif") is None:
                    self.remedy = _HEIF_REMEDY
                    wanted = "is HEIC, which needs the package pillow-heif"
                else:
                    wanted = "is not an image we read"
                self.fault = Fault("unreadable-image", f"{self._path.name} {wanted}")

    def _turn_to(self, image: Image.Image, frame: int) -> None:
        self._frame, self.fault = frame, None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image.seek(frame)
                if image.width * image.height > MAX_PAGE_PIXELS:
                    size = f"{image.width:,} × {image.height:,} px"
                    self.fault = Fault("decompression-bomb", f"{self._path.name}: {size}")
                    return
                image.load()
            except Image.DecompressionBombError as error:
                self.fault = Fault("decompression-bomb", f"{self._path.name}: {error}")
            except EOFError:
                self.fault = Fault("missing-image", f"{self._path.name} has no page {frame}")
            except DAMAGE as error:
                self.fault = Fault("truncated-image", f"{self._path.name}: {error}")


def is_heif(head: bytes) -> bool:
    """Whether bytes begin as a HEIC picture does, as phones take them."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def _register_heif() -> None:
    """Let Pillow read HEIC where the package for it is installed."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise OSError("HEIC needs the package pillow-heif") from error
