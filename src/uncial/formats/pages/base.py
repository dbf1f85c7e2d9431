"""What a format of pages gives and takes, and which formats there are.

A reader turns the bytes of one file into pages and says what it repaired or left aside; a
writer turns pages into bytes and says what the format cannot hold. Both go by content, not by
name, and neither opens other files: images are found by `uncial.formats.pages.source`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from uncial.errors import FormatError
from uncial.formats.models.base import Loss
from uncial.formats.pages.findings import PageFinding
from uncial.page.layout import Page
from uncial.registry import Registry

MAX_PAGE_BYTES: Final = 128 * 2**20
"""Larger files of pages are not read; the ALTO of a newspaper page has a tenth of that."""
Images = Callable[[Page], bytes | None]
"""Gives the encoded image of a page; None where there is none."""
HEAD: Final = 4096
"""Bytes by which a format is told."""


@dataclass(frozen=True, kw_only=True)
class PagesRead:
    """What a file of pages holds.

    Attributes:
        pages: In the order of the file; `Page.source` is the name that was given.
        findings: What was repaired or left aside.
    """

    pages: tuple[Page, ...]
    findings: tuple[PageFinding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file of pages, and what it could not hold.

    Attributes:
        data: The file's bytes.
        losses: What was changed or left out.
    """

    data: bytes
    losses: tuple[Loss, ...] = ()


class PageReader(Protocol):
    """Reads one format."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the first `HEAD` bytes are those of this format."""

    def read(self, data: bytes, name: str) -> PagesRead:
        """The pages of a file.

        Args:
            data: All of it.
            name: For messages and `Page.source`.

        Raises:
            FormatError: The bytes do not follow the format.
        """


class PageWriter(Protocol):
    """Writes one format.

    Attributes:
        suffix: What its file names end in, with the dot.
        many: Whether a file may hold several pages.
    """

    suffix: str
    many: bool

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """The bytes of a file with these pages, one if the format holds no more.

        Args:
            pages: At least one.
            images: Gives the encoded image of a page, for formats that hold images.
        """


PAGE_READERS: Registry[PageReader] = Registry(
    "page_reader",
    {
        "page": "uncial.formats.pages.pagexml:READER",
        "alto": "uncial.formats.pages.alto:READER",
        "hocr": "uncial.formats.pages.hocr:READER",
        "json": "uncial.formats.pages.native:FORMAT",
        "tei": "uncial.formats.pages.tei:READER",
        "abbyy": "uncial.formats.pages.abbyy:READER",
        "pdf": "uncial.formats.pages.pdf:READER",
        "image": "uncial.formats.pages.image:READER",
    },
)
PAGE_WRITERS: Registry[PageWriter] = Registry(
    "page_writer",
    {
        "page": "uncial.formats.pages.pagexml:WRITER",
        "page2013": "uncial.formats.pages.pagexml:WRITER_2013",
        "alto": "uncial.formats.pages.alto:WRITER",
        "hocr": "uncial.formats.pages.hocr:WRITER",
        "text": "uncial.formats.pages.plaintext:WRITER",
        "json": "uncial.formats.pages.native:FORMAT",
        "docx": "uncial.formats.pages.docx:WRITER",
        "tei": "uncial.formats.pages.tei:WRITER",
        "pdf": "uncial.formats.pages.pdf_writing:WRITER",
    },
)
_ORDER: Final = ("page", "alto", "hocr", "json", "tei", "abbyy", "pdf", "image")


def format_of(head: bytes) -> str | None:
    """The name of the format whose reader takes a file that begins so; None where none does."""
    plugins = [name for name in PAGE_READERS if name not in _ORDER]
    return next(
        (name for name in (*_ORDER, *plugins) if PAGE_READERS.get(name).recognizes(head)), None
    )


def read_pages(data: bytes, name: str) -> PagesRead:
    """The pages of a file of any format.

    Args:
        data: All of it.
        name: For messages and `Page.source`.

    Raises:
        FormatError: It is of no format that we read, or damaged.
    """
    if len(data) > MAX_PAGE_BYTES:
        raise FormatError(
            f"{name}: a file of {len(data):,} bytes, more than {MAX_PAGE_BYTES:,}",
            remedy="split it into single pages",
        )
    found = format_of(data[:HEAD])
    if found is None:
        raise FormatError(
            f"{name}: no format of pages that we read",
            remedy=f"give one of {', '.join(PAGE_READERS)}",
        )
    return PAGE_READERS.get(found).read(data, name)


def write_pages(pages: Sequence[Page], kind: str, images: Images | None = None) -> Written:
    """The bytes of a file of one format.

    Args:
        pages: At least one; only one where the format holds no more.
        kind: Name of a writer, e.g. ``"alto"``.
        images: Gives the encoded image of a page, for formats that hold images.

    Raises:
        ConfigError: There is no such writer.
        FormatError: No page was given, or several where the format holds one.
    """
    writer = PAGE_WRITERS.get(kind)
    if not pages or (len(pages) > 1 and not writer.many):
        raise FormatError(
            f"{len(pages)} pages do not go into one file of format {kind}",
            remedy="write each page into a file of its own",
        )
    return writer.write(pages, images)


def read_file(path: Path) -> PagesRead:
    """The pages of the file at `path`, as `read_pages` gives them.

    Raises:
        FormatError: It cannot be opened, is of no format that we read, or is damaged.
    """
    try:
        size = path.stat().st_size
        if size > MAX_PAGE_BYTES:
            raise FormatError(
                f"{path}: a file of {size:,} bytes, more than {MAX_PAGE_BYTES:,}",
                remedy="split it into single pages",
            )
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(
            f"{path}: cannot be read ({error.strerror})", remedy="check the path"
        ) from error
    return read_pages(data, str(path))


def gathered(read: Iterable[tuple[Page, Sequence[PageFinding]]]) -> PagesRead:
    """The pages of one file, each with what was found about it."""
    made = list(read)
    return PagesRead(
        pages=tuple(page for page, _ in made),
        findings=tuple(one for _, found in made for one in found),
    )


@dataclass
class LossTally:
    """Losses of one kind counted together."""

    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, part: str, note: str) -> None:
        """Count one."""
        self._counts[part, note] += 1

    def losses(self) -> tuple[Loss, ...]:
        """One for each kind, with how often it occurred."""
        return tuple(
            Loss(part, note if count == 1 else f"{note} ({count} times)")
            for (part, note), count in self._counts.items()
        )
