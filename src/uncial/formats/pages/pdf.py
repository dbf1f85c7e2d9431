"""PDF → pages: each page as an image of 300 dpi, its text layer as lines with words.

Source: ISO 32000-1 through pdfium (pypdfium2), which reads no other file and runs no script.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import PdfDocument, PdfiumError, PdfPage

from uncial.errors import FormatError, ImageError
from uncial.formats.lines.cutting import MAX_PAGE_PIXELS
from uncial.formats.pages.base import PagesRead
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.mending import found_in
from uncial.page.geometry import Box, around
from uncial.page.layout import Line, Page, Reading, Region, Word
from uncial.text.order import base_direction

DPI: Final = 300
"""Of the images of pages."""
MAX_PAGES: Final = 20_000
_POINTS: Final = 72
_SCALE: Final = DPI / _POINTS
_LOCK = threading.Lock()  # pdfium is for one thread at a time


class PdfReader:
    """Reads PDF."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the mark of PDF stands in the first kilobyte."""
        return b"%PDF-" in head[:1024]

    def read(self, data: bytes, name: str) -> PagesRead:
        """Every page with its text layer, where it has one.

        Raises:
            FormatError: Damaged, locked by a password, or without pages.
        """
        pages, findings = [], []
        with _opened(data, name) as document:
            count = len(document)
            if not 0 < count <= MAX_PAGES:
                raise FormatError(
                    f"{name}: a PDF of {count:,} pages", remedy="split it, or export it again"
                )
            for frame in range(count):
                page, found = _page(document, frame, name)
                pages.append(page)
                findings += found
        return PagesRead(pages=tuple(pages), findings=tuple(findings))


READER = PdfReader()


def rendered(data: bytes, frame: int, name: str) -> NDArray[np.uint8]:
    """``(H, W)`` gray or ``(H, W, 3)`` RGB of one page at `DPI`.

    Raises:
        ImageError: There is no such page, or it is too large.
    """
    try:
        with _opened(data, name) as document:
            page = document[frame]
            width, height = _size(page)
            if width * height > MAX_PAGE_PIXELS:
                raise ImageError(
                    f"{name}: page {frame + 1} has {width:,} × {height:,} px at {DPI} dpi",
                    remedy="reduce the size of the page",
                )
            bitmap = page.render(scale=_SCALE, rev_byteorder=True)
            pixels = np.asarray(bitmap.to_numpy(), np.uint8)[..., :3].copy()
    except (PdfiumError, IndexError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(
            f"{name}: page {frame + 1} cannot be rendered: {error}", remedy="export the PDF again"
        ) from error
    colorless = np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(
        pixels[..., 0], pixels[..., 2]
    )
    return np.ascontiguousarray(pixels[..., 0]) if colorless else np.ascontiguousarray(pixels)


@contextlib.contextmanager
def _opened(data: bytes, name: str) -> Iterator[PdfDocument]:
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except PdfiumError as error:
            raise FormatError(
                f"{name}: no PDF that can be read: {error}",
                remedy="remove the password, or export the file again",
            ) from error
        try:
            yield document
        finally:
            document.close()


def _size(page: PdfPage) -> tuple[int, int]:
    """Pixels of a page as it is rendered."""
    width, height = page.get_size()
    return int(np.ceil(width * _SCALE)), int(np.ceil(height * _SCALE))


def _page(document: PdfDocument, frame: int, source: str) -> tuple[Page, list[PageFinding]]:
    image = source.replace("\\", "/").rpartition("/")[2]
    try:
        page = document[frame]
        width, height = _size(page)
        lines = tuple(_lines(page, height))
    except (PdfiumError, ValueError) as error:
        damaged = Page(image=image, width=0, height=0, source=source, frame=frame)
        return damaged, [PageFinding(code="unreadable-image", source=source, detail=str(error))]
    regions = (Region(id="text_layer", kind="", lines=lines),) if lines else ()
    made = Page(
        image=image, width=width, height=height, regions=regions, source=source, frame=frame
    )
    return found_in(made, [])


def _lines(page: PdfPage, height: int) -> Iterator[Line]:
    """The lines of a page's text layer, as pdfium parts them."""
    text = page.get_textpage()
    whole = text.get_text_range(errors="replace")
    count = text.count_chars()
    units = _units(whole)
    boxes = [_box(text.get_charbox(at), height) for at in range(min(count, len(units)))]
    for number, (first, last) in enumerate(_parted(units, "\r\n"), start=1):
        words = []
        for begin, end in _parted(units[first:last], " \t\xa0"):
            found = [boxes[at] for at in range(first + begin, min(first + end, len(boxes)))
                     if boxes[at].width > 0 and boxes[at].height > 0]  # fmt: skip
            if begin < end:
                joined = "".join(units[first + begin : first + end])
                words.append(Word(text=joined, boundary=around(found).corners if found else ()))
        line = _line(number, words)
        if line is not None:
            yield line


def _line(number: int, words: list[Word]) -> Line | None:
    placed = [word for word in words if word.boundary]
    if not placed:
        return None
    box = around([Box(*word.boundary[0], *word.boundary[2]) for word in placed])
    text = " ".join(word.text for word in words)
    leftward = base_direction(text) == "rl"
    return Line(
        id=f"line_{number}",
        boundary=box.corners,
        readings=(Reading(text=text, words=tuple(words), source="text layer"),),
        direction="rl" if leftward else "",
    )


def _units(text: str) -> list[str]:
    """Characters as pdfium counts them: UTF-16, of which a pair is one and an empty one."""
    return [unit for char in text for unit in ([char, ""] if ord(char) > 0xFFFF else [char])]


def _parted(units: list[str], separators: str) -> Iterator[tuple[int, int]]:
    """Stretches between separators that are not empty."""
    start = 0
    for at, unit in enumerate([*units, separators[0]]):
        if unit and unit in separators:
            if at > start:
                yield start, at
            start = at + 1


def _box(edges: tuple[float, float, float, float], height: int) -> Box:
    """A box of the page in points, from below, as one of the image."""
    left, bottom, right, top = (value * _SCALE for value in edges)
    return Box(round(left, 2), round(height - top, 2), round(right, 2), round(height - bottom, 2))
