"""A plain image as a page on which nothing has been found yet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.cutting import PageImage, is_heif
from uncial.formats.pages.base import PagesRead
from uncial.page.layout import Page

MAX_FRAMES: Final = 10_000
"""Pages of one TIFF that are looked at."""
_MAGIC: Final = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"II+\x00", b"GIF8", b"BM"),
    *(b"\x00\x00\x00\x0cjP  \r\n", b"\xff\x4f\xff\x51"),
)


def is_image(head: bytes) -> bool:
    """Whether bytes begin as a picture does."""
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return head.startswith(_MAGIC) or webp or is_heif(head) or head[4:12] == b"ftypavif"


class ImageReader:
    """Reads pictures: PNG, JPEG, TIFF of any number of pages, WebP, JPEG 2000, AVIF, HEIC."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the bytes begin as a picture does."""
        return is_image(head)

    def read(self, data: bytes, name: str) -> PagesRead:
        """An empty page for each picture in the file.

        Raises:
            FormatError: It cannot be read.
        """
        image = PageImage(Path(name), data)
        sizes = [image.header_size(frame) for frame in range(min(image.frames, MAX_FRAMES))]
        known = [size for size in sizes if size is not None]
        if image.fault is not None or not known or len(known) < len(sizes):
            detail = image.fault.detail if image.fault else "no picture in it"
            raise FormatError(
                f"{name}: cannot be read as an image: {detail}",
                remedy=image.remedy,
            )
        several = len(known) > 1
        pages = (
            Page(
                image=name.replace("\\", "/").rpartition("/")[2],
                width=width,
                height=height,
                source=name,
                id=f"page{count}" if several else "",
                frame=count - 1,
            )
            for count, (width, height) in enumerate(known, start=1)
        )
        return PagesRead(pages=tuple(pages))


READER = ImageReader()
