"""Tables of lines: CSV, TSV and Parquet with an image and a text column.

Covers the layout of TrOCR scripts (``file_name,text``, also tab-separated without a header),
Hugging Face image folders (``metadata.csv``) and Hugging Face Parquet, whose image column is
``struct<bytes: binary, path: string>``. Column names are read without regard to case; `COLUMNS`
lists them; without a page column, the name of the image may tell the page (`names`). Images lie
beside the table, in a zip beside it, or in the table.

Where neither list files nor a split column speak, the name of the table (``train-00000-of-00002``)
or of its folder does.

Source: Hugging Face datasets, "Create an image dataset" (ImageFolder, Image feature); unilm
``trocr/data.py`` (``gt_test.txt``); RFC 4180.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from uncial.errors import FormatError
from uncial.formats.lines.archives import ImagePlace
from uncial.formats.lines.base import (
    Fault,
    RawLine,
    Remark,
    is_image_name,
    stem_path,
)
from uncial.formats.lines.names import page_named

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "image": ("image", "file_name", "filename", "image_path", "path", "file"),
    "text": ("text", "label", "transcription", "ground_truth", "gt"),
    "split": ("split", "set", "subset"),
    "page": ("page", "page_id"),
    "document": ("document", "doc", "work", "book", "letter", "writer", "author", "volume"),
}
"""Accepted column names by what they hold, the preferred one first."""
_SUFFIXES: Final = (".csv", ".tsv", ".parquet")
_SPLIT_NAME = re.compile(r"(train|val|valid|validation|dev|eval|test)(?:[-_.].*)?", re.IGNORECASE)
_HEAD: Final = 64 * 1024
_BATCH: Final = 64  # rows of Parquet held at once; they carry whole images
_UTF16_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(2**24)  # characters; a cell may hold a long text, never a file


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Position of each kind of column, -1 where there is none.

    Attributes:
        names: As the table spells them.
        header: Whether the first row holds names rather than a line.
    """

    names: tuple[str, ...]
    image: int
    text: int
    split: int = -1
    page: int = -1
    document: int = -1
    header: bool = True

    @classmethod
    def find(cls, names: Sequence[str]) -> Columns | None:
        """Columns by their names; None without both an image and a text."""
        lower = [str(name).strip().lower() for name in names]
        at = {
            kind: next((lower.index(name) for name in accepted if name in lower), -1)
            for kind, accepted in COLUMNS.items()
        }
        if at["image"] < 0 or at["text"] < 0:
            return None
        return cls(
            names=tuple(names),
            image=at["image"],
            text=at["text"],
            split=at["split"],
            page=at["page"],
            document=at["document"],
        )

    def cell(self, row: Sequence[Any], kind: str) -> str:
        """Text of a cell, ``""`` where the row or the table lacks it."""
        at = getattr(self, kind)
        value = row[at] if 0 <= at < len(row) else None
        return "" if value is None else str(value).strip()


@dataclass
class TableReader:
    """Lines of one table.

    Attributes:
        path: The table.
        base: Folder that line ids are relative to.
        remarks: Always empty: a row without an image is a line with a fault.
    """

    path: Path
    base: Path
    remarks: list[Remark] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Folder that line ids are relative to."""
        return self.base

    def total(self) -> int | None:
        """Number of rows of a Parquet file; unknown for text."""
        if self.path.suffix.lower() != ".parquet":
            return None
        with _parquet(self.path) as table:
            return int(table.metadata.num_rows)

    def __iter__(self) -> Iterator[RawLine]:
        """Read every row in order."""
        place = ImagePlace(self.path.parent)
        rows = _parquet_rows if self.path.suffix.lower() == ".parquet" else _text_rows
        try:
            for number, columns, row in rows(self.path):
                yield self._line(place, columns, number, row)
        finally:
            place.close()

    def _line(
        self, place: ImagePlace, columns: Columns, number: int, row: Sequence[Any]
    ) -> RawLine:
        value = row[columns.image] if columns.image < len(row) else None
        name, image, faults, source = self._image(place, value, number)
        text = row[columns.text] if columns.text < len(row) else None
        if text is not None and not isinstance(text, str):
            text = str(text)
        stem = stem_path(self.path.parent / name)
        base = self.base.absolute().as_posix().rstrip("/") + "/"
        return RawLine(
            line_id=stem.removeprefix(base),
            path=stem,
            source=source or f"{self.path}: row {number}",
            image=image,
            text=text,
            page=columns.cell(row, "page") or page_named(stem.rpartition("/")[2]),
            document=columns.cell(row, "document"),
            split=columns.cell(row, "split") if columns.split >= 0 else _split_of(self.path),
            faults=faults,
        )

    def _image(
        self, place: ImagePlace, value: object, number: int
    ) -> tuple[str, bytes | None, tuple[Fault, ...], str]:
        """Name, bytes, faults and source of the image cell."""
        own = f"{self.path.stem}/{number:06d}"
        if isinstance(value, dict):
            name = str(value.get("path") or own)
            if value.get("bytes"):
                return f"{own}-{Path(name).name}" if name != own else own, value["bytes"], (), ""
            value = value.get("path")
        if isinstance(value, bytes):
            return own, value, (), ""
        name = str(value or "").strip().replace("\\", "/")
        image, faults, source = place.read(name)
        return name or own, image, faults, source


@dataclass
class TableFolderReader:
    """Lines of every table in a folder.

    Attributes:
        root: The folder.
        tables: Its tables with image and text columns, sorted.
        remarks: Faults outside any line.
    """

    root: Path
    tables: tuple[Path, ...]
    remarks: list[Remark] = field(default_factory=list)

    def total(self) -> int | None:
        """Number of rows, where every table tells."""
        totals = [TableReader(path, self.root).total() for path in self.tables]
        known = [total for total in totals if total is not None]
        return sum(known) if len(known) == len(totals) else None

    def __iter__(self) -> Iterator[RawLine]:
        """Read table after table."""
        for path in self.tables:
            yield from TableReader(path, self.root)


def _text_rows(path: Path) -> Iterator[tuple[int, Columns, Sequence[Any]]]:
    """Rows of CSV or TSV with the file line on which each ends (1-based)."""
    columns, options = _text_layout(path)
    if columns is None:
        raise _no_columns(path)
    # Bytes that are not UTF-8 become lone surrogates, so the damage stays with its row.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file, **options)
        try:
            filled = (row for row in rows if row)
            if columns.header:
                next(filled)
            for row in filled:
                yield rows.line_num, columns, row
        except csv.Error as error:
            raise FormatError(
                f"{path}: line {rows.line_num} cannot be read as a table: {error}",
                remedy="put quotes around cells that hold quotes, separators or line breaks",
            ) from error


def _text_layout(path: Path) -> tuple[Columns | None, dict[str, Any]]:
    """Columns and `csv` options of a text table; no columns where it holds no lines."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_UTF16_BOMS):
        raise FormatError(f"{path}: UTF-16, not UTF-8", remedy="save the table as UTF-8")
    text = head.decode("utf-8-sig", errors="surrogateescape")
    first = re.split("[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    for delimiter in "\t,;|":
        options: dict[str, Any] = {"delimiter": delimiter}
        cells = _cells(first, options)
        columns = Columns.find(cells)
        if columns is not None:
            return columns, options
        if delimiter == "\t":
            options["quoting"] = csv.QUOTE_NONE  # TrOCR's lists: quotes are text
            cells = first.split("\t")
        if len(cells) == 2 and is_image_name(cells[0].strip()):
            return Columns(names=("image", "text"), image=0, text=1, header=False), options
    return None, {}


def _cells(row: str, options: dict[str, Any]) -> list[str]:
    try:
        return next(csv.reader([row], **options), [])
    except csv.Error:
        return []  # no table with this separator


def _parquet_rows(path: Path) -> Iterator[tuple[int, Columns, Sequence[Any]]]:
    """Rows of Parquet, numbered from 1, a few in memory at a time."""
    with _parquet(path) as table:
        columns = _parquet_columns(table)
        if columns is None:
            raise _no_columns(path)
        number = 0
        try:
            for batch in table.iter_batches(batch_size=_BATCH, columns=list(columns.names)):
                cells = [batch.column(at) for at in range(batch.num_columns)]
                for row in range(batch.num_rows):
                    number += 1
                    yield number, columns, [cell[row].as_py() for cell in cells]
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise FormatError(
                f"{path}: damaged after row {number}: {error}", remedy="copy the file again"
            ) from error


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, memory_map=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FormatError(
            f"{path}: cannot be read as Parquet: {error}",
            remedy="copy the file again; large files may be pointers of Git LFS",
        ) from error


def _parquet_columns(table: pq.ParquetFile) -> Columns | None:
    """The columns to load, in the order they are loaded."""
    everything = table.schema_arrow
    found = Columns.find(everything.names)
    if found is None or not _is_text(everything.field(found.text).type):
        return None
    kept = [getattr(found, kind) for kind in COLUMNS if getattr(found, kind) >= 0]
    return Columns.find([everything.names[at] for at in sorted(kept)])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _no_columns(path: Path) -> FormatError:
    return FormatError(
        f"{path}: no columns with images and text",
        remedy=f"name one column {' or '.join(COLUMNS['image'][:2])} "
        f"and one {' or '.join(COLUMNS['text'][:2])}",
    )


def _split_of(path: Path) -> str:
    for name in (path.stem, path.parent.name):
        match = _SPLIT_NAME.fullmatch(name)
        if match:
            return match[1]
    return ""


def _holds_lines(path: Path) -> bool:
    """Whether a table has the columns we need, by its header alone."""
    if path.suffix.lower() == ".parquet":
        with _parquet(path) as table:
            return _parquet_columns(table) is not None
    return _text_layout(path)[0] is not None


def _tables(folder: Path) -> tuple[Path, ...]:
    """Tables with lines in `folder` or, failing that, one or two levels below."""
    for pattern in ("*", "*/*", "*/*/*"):
        found = tuple(
            path
            for path in sorted(folder.glob(pattern))
            if path.suffix.lower() in _SUFFIXES and path.is_file() and _holds_lines(path)
        )
        if found:
            return found
    return ()


class Table:
    """A CSV, TSV or Parquet file with lines, or a folder that holds some."""

    def recognizes(self, path: Path) -> bool:
        """Whether `path` is such a file (by suffix, or headerless by content) or holds one."""
        if path.is_dir():
            return bool(_tables(path))
        if path.suffix.lower() in _SUFFIXES:
            return True
        if path.suffix.lower() != ".txt":
            return False
        columns, options = _text_layout(path)
        return columns is not None and options["delimiter"] == "\t"

    def open(self, path: Path) -> TableReader | TableFolderReader:
        """A reader of the table or of the folder's tables."""
        if path.is_dir():
            return TableFolderReader(path, _tables(path))
        return TableReader(path, path.parent)


TABLE = Table()
