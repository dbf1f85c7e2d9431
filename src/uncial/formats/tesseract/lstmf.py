"""Training samples of Tesseract (``.lstmf``): lines with image, ground truth and boxes.

Layout::

    u32  number of lines
    per line: u8 0, a line that is missing, or u8 1 and
        string  image name        empty where Tesseract wrote it
        i32     page number
        string  image             a whole image file, usually PNG
        string  language          usually empty
        string  ground truth      UTF-8
        u32 n,  n boxes of i16 left, bottom, right, top
        u32 n,  n strings         text of each box
        i8      vertical text

Pixels count from the lower left corner of the line image; right and top lie outside the box.
A file is big-endian if its number of lines exceeds a quarter of its bytes.

Source: tesseract 5.x ``src/ccstruct/imagedata.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from uncial.formats.tesseract.boxes import Box
from uncial.formats.tesseract.cursor import Cursor, Sink

_LEAST_LINE = 1
_BOX = 8  # bytes


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One line to train on.

    Attributes:
        image: Bytes of an image file, cut to the line, at its original size.
        text: The ground truth.
        boxes: Where characters or words stand; only whether there are any matters to training.
        box_texts: Text of each box.
        image_name: Of the page image; empty where Tesseract wrote the file.
        page: Number of the page in its file.
        language: Usually empty.
        vertical: The text runs from top to bottom.
    """

    image: bytes
    text: str
    boxes: tuple[Box, ...] = ()
    box_texts: tuple[str, ...] = ()
    image_name: str = ""
    page: int = 0
    language: str = ""
    vertical: bool = False


def unpack(data: bytes, name: str = "lstmf") -> tuple[Sample | None, ...]:
    """Read a file's bytes; a missing line is None.

    ``pack(unpack(data)) == data`` holds for every file Tesseract writes.

    Args:
        data: The whole file.
        name: What it is, for messages.

    Raises:
        FormatError: Cut short, or a text is not UTF-8.
    """
    cursor = _opened(data, name)
    samples = tuple(_read(cursor) for _ in range(cursor.count(_LEAST_LINE)))
    cursor.end()
    return samples


def scan(data: bytes | memoryview, name: str = "lstmf") -> Iterator[Sample | None]:
    """Read line after line, so that those before some damage are not lost with it.

    Args:
        data: The whole file.
        name: What it is, for messages.

    Yields:
        As `unpack` returns them, but bytes of a text that are not UTF-8 become lone surrogates.

    Raises:
        FormatError: Cut short, or not such a file.
    """
    cursor = _opened(data, name)
    for _ in range(cursor.count(_LEAST_LINE)):
        yield _read(cursor, "surrogateescape")
    cursor.end()


def count(head: bytes, size: int) -> int:
    """How many lines a file says it has.

    Args:
        head: Its first 4 bytes.
        size: Its length, bytes.
    """
    return int.from_bytes(head[:4], "big" if _is_swapped(head, size) else "little")


def pack(samples: Iterable[Sample | None]) -> bytes:
    """The bytes of a file, little-endian."""
    sink = Sink()
    lines = tuple(samples)
    sink.u32(len(lines))
    for line in lines:
        sink.u8(line is not None)
        if line is not None:
            _write(sink, line)
    return sink.done()


def _opened(data: bytes | memoryview, name: str) -> Cursor:
    return Cursor(data, name, swapped=_is_swapped(bytes(data[:4]), len(data)))


def _is_swapped(head: bytes, size: int) -> bool:
    little, big = (int.from_bytes(head[:4], order) for order in ("little", "big"))
    return little > size // 4 >= big


def _read(cursor: Cursor, errors: str = "strict") -> Sample | None:
    at = cursor.at
    present = cursor.u8()
    if present > 1:
        raise cursor.error(f"{present} where a line begins with 0 or 1", at)
    if not present:
        return None
    image_name = cursor.text("an image name", errors)
    page = cursor.i32()
    image = cursor.string()
    language, text = cursor.text("a language", errors), cursor.text("ground truth", errors)
    corners = cursor.array("i16", 4 * cursor.count(_BOX)).reshape(-1, 4).tolist()
    box_texts = tuple(cursor.text("text of a box", errors) for _ in range(cursor.count(4)))
    at = cursor.at
    vertical = cursor.u8()
    if vertical > 1:
        raise cursor.error(f"{vertical} where a line ends in 0 or 1", at)
    return Sample(
        image=image,
        text=text,
        boxes=tuple(Box(*corner) for corner in corners),
        box_texts=box_texts,
        image_name=image_name,
        page=page,
        language=language,
        vertical=bool(vertical),
    )


def _write(sink: Sink, line: Sample) -> None:
    sink.text(line.image_name)
    sink.i32(line.page)
    sink.string(line.image)
    sink.text(line.language)
    sink.text(line.text)
    sink.u32(len(line.boxes))
    for box in line.boxes:
        for side in box:
            sink.number("i16", side)
    sink.u32(len(line.box_texts))
    for text in line.box_texts:
        sink.text(text)
    sink.u8(line.vertical)
