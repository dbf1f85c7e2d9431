"""What a reader of line ground truth gives, and which readers there are.

Readers only fetch: they pair images with text, name each line and pass on what they know
of its origin. Whether a line is any good is judged elsewhere, so a reader never drops one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from uncial.errors import FormatError
from uncial.registry import Registry

GT_SUFFIX: Final = ".gt.txt"
IMAGE_SUFFIXES: Final = (
    *(".png", ".tif", ".tiff", ".jpg", ".jpeg", ".jpe", ".webp", ".bmp", ".gif", ".jp2"),
    *(".nrm.png", ".bin.png", ".raw.png"),
)
"""Suffixes of line images, the preferred one first where a line has several."""
MAX_IMAGE_BYTES: Final = 256 * 2**20
"""Larger image files are not read at all; no line image comes near."""

_BY_LENGTH: Final = tuple(
    sorted((*IMAGE_SUFFIXES, GT_SUFFIX, ".lstmf", ".box", ".xml"), key=len, reverse=True)
)


class Fault(NamedTuple):
    """Something a reader noticed; `code` is one of `uncial.data.findings.KINDS`."""

    code: str
    detail: str = ""


class Remark(NamedTuple):
    """A fault that belongs to no single line, e.g. a folder that was passed over."""

    code: str
    source: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawLine:
    """One line as found: encoded image, undecoded text, origin.

    Attributes:
        line_id: Path of the image below the source, without suffix; unique there.
        path: Absolute POSIX path without suffix, by which list files may name the line; lines
            of one file have it in common.
        source: File to show to people: the image, else the text, else table and row.
        image: Encoded bytes, or None where there is no image to read.
        text: Bytes of a text file, or text of a table cell; None where there is none.
        page: Page it was cut from, or ``""``.
        document: Work, letter, writer or folder, or ``""``.
        split: What the source says: any spelling of a split, or ``""``.
        faults: What the reader noticed.
    """

    line_id: str
    path: str
    source: str
    image: bytes | None
    text: bytes | str | None
    page: str = ""
    document: str = ""
    split: str = ""
    faults: tuple[Fault, ...] = ()


class LineReader(Protocol):
    """Streams the lines of one source, one at a time and in a stable order."""

    @property
    def root(self) -> Path:
        """Folder that line ids are relative to."""

    @property
    def remarks(self) -> Sequence[Remark]:
        """Faults outside any line; complete once iteration has ended."""

    def total(self) -> int | None:
        """How many lines will come, if that is cheap to know."""

    def __iter__(self) -> Iterator[RawLine]:
        """Read every line."""


@dataclass
class FileLines:
    """What readers of a single file with many lines have in common.

    Attributes:
        path: The file.
        remarks: Always empty: what cannot be read is a line with a fault.
    """

    path: Path
    remarks: list[Remark] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Folder of the file."""
        return self.path.parent


class LineFormat(Protocol):
    """One way to lay out line ground truth."""

    def recognizes(self, path: Path) -> bool:
        """Whether `path` holds this layout, judged by content."""

    def open(self, path: Path) -> LineReader:
        """A reader of `path`."""


LINE_FORMATS: Registry[LineFormat] = Registry(
    "line_format",
    {
        "pairs": "uncial.formats.lines.pairs:PAIRS",
        "packed": "uncial.formats.lines.packed:PACKED",
        "compiled": "uncial.formats.lines.compiled:COMPILED",
        "lstmf": "uncial.formats.lines.lstmf:SAMPLES",
        "table": "uncial.formats.lines.tabular:TABLE",
        "pages": "uncial.formats.pages.groundtruth:PAGE_LINES",
        "list": "uncial.formats.lines.listing:LIST",
    },
)
_ORDER: Final = ("pairs", "packed", "compiled", "lstmf", "table", "pages", "list")


def open_source(path: Path) -> LineReader:
    """The reader whose layout `path` has.

    Raises:
        FormatError: There is nothing, or nothing we can read, at `path`.
    """
    if not path.exists():
        raise FormatError(f"{path}: no such file or folder", remedy="check the path")
    plugins = [name for name in LINE_FORMATS if name not in _ORDER]
    for name in (*_ORDER, *plugins):
        line_format = LINE_FORMATS.get(name)
        if line_format.recognizes(path):
            return line_format.open(path)
    raise FormatError(
        f"{path}: no line ground truth found here",
        remedy="give a folder with images and .gt.txt or .box files of the same name, or with "
        ".lstmf files, a zip or tar of images and .gt.txt, an .arrow file of ketos, a CSV, TSV or "
        "Parquet file with the columns image and text, a folder that holds one, a folder of PAGE "
        "or ALTO files with images of their pages, or a list of files",
    )


def strip_suffix(name: str) -> str:
    """A file name or path without its image, ground-truth or sample suffix, if it has one."""
    lower = name.lower()
    for suffix in _BY_LENGTH:
        if lower.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def is_image_name(name: str) -> bool:
    """Whether the suffix is one of an image."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def is_file(path: Path) -> bool:
    """Whether `path` is a file; also False for names no file system takes."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises on over-long names


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder; also False for names no file system takes."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises on over-long names


def read_image(path: Path) -> tuple[bytes | None, tuple[Fault, ...]]:
    """The bytes of an image file, or why there are none."""
    try:
        size = path.stat().st_size
        if size > MAX_IMAGE_BYTES:
            return None, (Fault("decompression-bomb", f"file of {size:,} bytes"),)
        return path.read_bytes(), ()
    except FileNotFoundError:
        return None, (Fault("missing-image", f"{path} does not exist"),)
    except OSError as error:
        return None, (Fault("unreadable-image", f"{path}: {error.strerror}"),)


def stem_path(path: Path) -> str:
    """Absolute POSIX path without suffix, links kept."""
    return strip_suffix(Path(os.path.abspath(path)).as_posix())  # noqa: PTH100 - lexical, no I/O
