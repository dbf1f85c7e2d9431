"""Page images to cut lines from: any format Pillow reads, frame by frame, cuts as PNG.

Pixels are left as they are: no orientation is applied but that of a TIFF, no color converted
where PNG has it too. Source: Pillow's formats; PNG (W3C 2003) for the color types.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

from uncial.formats.lines.base import Fault, read_image

MAX_PAGE_PIXELS: Final = 128_000_000
"""Larger page images are not decoded; A4 at 600 dpi has 35 million."""
_PNG_MODES: Final = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
# What Pillow's readers let through on damaged files, beside OSError.
_DAMAGE: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(AttributeError, OverflowError, ZeroDivisionError, struct.error, zlib.error, MemoryError),
)


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
    """

    def __init__(self, path: Path) -> None:
        self.data, faults = read_image(path)
        self.fault: Fault | None = faults[0] if faults else None
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
        except _DAMAGE:
            return 1

    def size(self, frame: int) -> tuple[int, int] | None:
        """Width and height of a frame in px; None where it cannot be used, see `fault`."""
        if self._image is None or (self.fault is not None and frame == self._frame):
            return None
        if frame != self._frame:
            self._turn_to(self._image, frame)
        return None if self.fault else self._image.size

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
                self._image = Image.open(io.BytesIO(data))
            except Image.DecompressionBombError as error:
                self.fault = Fault("decompression-bomb", f"{self._path.name}: {error}")
            except _DAMAGE:
                detail = f"{self._path.name} is not an image in a format we read"
                self.fault = Fault("unreadable-image", detail)

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
            except _DAMAGE as error:
                self.fault = Fault("truncated-image", f"{self._path.name}: {error}")
