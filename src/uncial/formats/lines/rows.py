"""Rows of CSV, TSV and Parquet tables, and what their columns hold.

Column names are read without regard to case; `COLUMNS` lists them.

Source: RFC 4180; Hugging Face datasets, "Create an image dataset".
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from uncial.errors import FormatError
from uncial.formats.lines.base import (
    is_image_name,
)

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "image": ("image", "file_name", "filename", "image_path", "path", "file"),
    "text": ("text", "label", "transcription", "ground_truth", "gt"),
    "split": ("split", "set", "subset"),
    "page": ("page", "page_id"),
    "document": ("document", "doc", "work", "book", "letter", "writer", "author", "volume"),
}
"""Accepted column names by what they hold, the preferred one first."""
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


def rows_of(path: Path) -> Iterator[tuple[int, Columns, Sequence[Any]]]:
    """Rows of a table: number, columns, cells.

    Args:
        path: CSV, TSV or Parquet.

    Raises:
        FormatError: It lacks an image or a text column, or is damaged.
    """
    return _parquet_rows(path) if _is_parquet(path) else _text_rows(path)


def row_count(path: Path) -> int | None:
    """Number of rows of a Parquet file; unknown for text."""
    if not _is_parquet(path):
        return None
    with _parquet(path) as table:
        return int(table.metadata.num_rows)


def holds_lines(path: Path) -> bool:
    """Whether a table has the columns we need, by its header alone."""
    if _is_parquet(path):
        with _parquet(path) as table:
            return _parquet_columns(table) is not None
    return text_layout(path)[0] is not None


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _text_rows(path: Path) -> Iterator[tuple[int, Columns, Sequence[Any]]]:
    """Rows of CSV or TSV with the file line on which each ends (1-based)."""
    columns, options = text_layout(path)
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


def text_layout(path: Path) -> tuple[Columns | None, dict[str, Any]]:
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
