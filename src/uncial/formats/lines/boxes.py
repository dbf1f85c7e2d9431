"""Images with a ``.box`` file beside them: every text line cut out by its boxes.

A text line ends with a box whose text is a tab. Its text is that of its boxes, which stand as
they are seen, left to right; here it comes in the order in which it was typed, like all ground
truth. Its image is the box around its boxes and 4 px on each side, as in the ``.lstmf`` that
Tesseract makes of it; where that is all of the image, the file is taken as it is.

Source: tesseract 5.x ``src/ccmain/linerec.cpp``; `uncial.formats.tesseract.boxes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.base import Fault, RawLine
from uncial.formats.lines.cutting import Area, PageImage
from uncial.formats.lines.names import LineName
from uncial.formats.tesseract.boxes import END_OF_LINE, Box, BoxEntry, joined, scan
from uncial.text.order import logical_order

BOX_SUFFIX: Final = ".box"
MAX_BOX_BYTES: Final = 64 * 2**20
"""Larger box files are not read; that of a newspaper page has half a megabyte."""
_MARGIN: Final = 4  # px around the boxes of a line
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_SHOWN: Final = 5  # bad boxes of a line that are named
_WIDE: Final = 1.5  # width by height of boxes that make a line rather than a column


@dataclass
class _TextLine:
    """The boxes of one text line.

    Attributes:
        number: Of its first line in the file.
        boxes: Line numbers and entries.
        faults: What is wrong with the others.
        bad: How many there are.
    """

    number: int
    boxes: list[tuple[int, BoxEntry]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    bad: int = 0

    @property
    def page(self) -> int:
        return self.boxes[0][1].page if self.boxes else 0

    def condemn(self, error: FormatError) -> None:
        self.bad += 1
        if self.bad <= _SHOWN:
            undecodable = isinstance(error.__cause__, UnicodeDecodeError)
            self.faults.append(Fault("wrong-encoding" if undecodable else "bad-box", error.problem))
        elif self.bad == _SHOWN + 1:
            self.faults.append(Fault("bad-box", f"{error.problem}, and more of its boxes"))


def read_boxed(image: Path, boxes: Path, name: LineName) -> Iterator[RawLine]:
    """The text lines of one image.

    Args:
        image: Image file, of several pages if it is a TIFF.
        boxes: Its box file.
        name: What the line is called if it is the only one.
    """
    try:
        lines = _text_lines(boxes)
    except OSError as error:
        lines = Fault("missing-text", f"{boxes.name}: {error.strerror}")
    if isinstance(lines, Fault):
        yield name.line(source=str(boxes), image=None, text=None, faults=(lines,))
        return
    page = PageImage(image)
    paged = len({line.page for line in lines}) > 1
    for count, line in enumerate(lines, start=1):
        own = name if len(lines) == 1 else name.numbered(count, line.page + 1 if paged else 0)
        yield _cut(page, line, own, image, boxes)


def _text_lines(path: Path) -> list[_TextLine] | Fault:
    """The text lines of a box file, or why there are none."""
    size = path.stat().st_size
    if size > MAX_BOX_BYTES:
        return Fault("bad-box", f"{path.name}: a file of {size:,} bytes")
    data = path.read_bytes()
    if data.startswith(_UTF16_BOMS) or b"\0" in data:
        return Fault("wrong-encoding", f"{path.name}: it looks like UTF-16, or is no text")
    lines: list[_TextLine] = []
    pending: _TextLine | None = None
    for number, found, ends in scan(data, path.name):
        text = found.text if isinstance(found, BoxEntry) else ""
        if ends and (text == END_OF_LINE or isinstance(found, FormatError)):
            pending = None
            continue
        if isinstance(found, BoxEntry) and pending and pending.boxes and pending.page != found.page:
            pending = None
        if pending is None:
            pending = _TextLine(number)
            lines.append(pending)
        if isinstance(found, FormatError):
            pending.condemn(found)
        else:
            pending.boxes.append((number, found))
    return lines or Fault("no-text-line", f"{path.name} has no box with text")


def _cut(page: PageImage, line: _TextLine, name: LineName, image: Path, boxes: Path) -> RawLine:
    """One text line with its image, or with what is wrong with it."""
    source = f"{boxes}: line {line.number}"
    if line.faults:
        return name.line(source=source, image=None, text=None, faults=tuple(line.faults))
    whole = joined([entry for _, entry in line.boxes])
    text = logical_order(whole.text)
    size = page.size(whole.page)
    if size is None:
        fault = page.fault or Fault("unreadable-image", image.name)
        return name.line(source=str(image), image=None, text=text, faults=(fault,))
    faults = tuple(_misplaced(line, size, boxes.name))
    if any(fault.code != "box-beyond-edge" for fault in faults):
        return name.line(source=source, image=None, text=text, faults=faults)
    area = _area(whole.box, size)
    all_of_it = area == (0, 0, *size) and page.frames == 1
    return name.line(
        source=str(image) if all_of_it else f"{image}: {boxes.name}, line {line.number}",
        image=page.data if all_of_it else page.cut(area),
        text=text,
        faults=faults,
    )


def _misplaced(line: _TextLine, size: tuple[int, int], name: str) -> Iterator[Fault]:
    """Boxes that cannot be those of this text line in this image."""
    width, height = size
    whole = line.boxes[0][1].box
    beyond = ""
    for number, entry in line.boxes:
        box = entry.box
        where = f"{name}, line {number}: {entry.text[:20]!r} at {' '.join(map(str, box))}"
        seen = f"{where}; the image has {width} × {height} px"
        if not (0 <= box.left + box.right <= 2 * width and 0 <= box.bottom + box.top <= 2 * height):
            yield Fault("box-outside", seen)
            return
        if _begins_a_line(whole, box):
            yield Fault("boxes-run-together", where)
            return
        whole = _around(whole, box)
        if box.left < 0 or box.bottom < 0 or box.right > width or box.top > height:
            beyond = beyond or seen
    if beyond:
        yield Fault("box-beyond-edge", beyond)
    if whole.right == whole.left or whole.top == whole.bottom:
        yield Fault("bad-box", f"{name}, line {line.number}: the line's boxes enclose nothing")


def _begins_a_line(before: Box, box: Box) -> bool:
    """Whether a box lies below a row of others, and not behind it."""
    wide = before.right - before.left > _WIDE * (before.top - before.bottom)
    beside = box.left >= before.right or box.right <= before.left
    return wide and box.top <= before.bottom and not beside


def _around(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def _area(box: Box, size: tuple[int, int]) -> Area:
    """What to cut for a box, inside the image."""
    width, height = size
    return Area(
        max(0, box.left - _MARGIN),
        max(0, height - box.top - _MARGIN),
        min(width, box.right + _MARGIN),
        min(height, height - box.bottom + _MARGIN),
    )
