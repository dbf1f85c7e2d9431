"""Tables of lines: CSV, TSV and Parquet with an image and a text column.

Covers the layout of TrOCR scripts (``file_name,text``, also tab-separated without a header),
Hugging Face image folders (``metadata.csv``) and Hugging Face Parquet, whose image column is
``struct<bytes: binary, path: string>``. Columns are named as `rows` says; without a page column,
the name of the image may tell the page (`names`). Images lie beside the table, in a zip beside it,
or in the table.

Where neither list files nor a split column speak, the name of the table (``train-00000-of-00002``)
or of its folder does.

Source: Hugging Face datasets, "Create an image dataset" (ImageFolder, Image feature); unilm
``trocr/data.py`` (``gt_test.txt``); RFC 4180.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from uncial.formats.lines.archives import ImagePlace
from uncial.formats.lines.base import (
    Fault,
    RawLine,
    Remark,
    stem_path,
)
from uncial.formats.lines.names import page_named
from uncial.formats.lines.rows import Columns, holds_lines, row_count, rows_of, text_layout

_SUFFIXES: Final = (".csv", ".tsv", ".parquet")
_SPLIT_NAME = re.compile(r"(train|val|valid|validation|dev|eval|test)(?:[-_.].*)?", re.IGNORECASE)


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
        return row_count(self.path)

    def __iter__(self) -> Iterator[RawLine]:
        """Read every row in order."""
        place = ImagePlace(self.path.parent)
        try:
            for number, columns, row in rows_of(self.path):
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


def _split_of(path: Path) -> str:
    for name in (path.stem, path.parent.name):
        match = _SPLIT_NAME.fullmatch(name)
        if match:
            return match[1]
    return ""


def _tables(folder: Path) -> tuple[Path, ...]:
    """Tables with lines in `folder` or, failing that, one or two levels below."""
    for pattern in ("*", "*/*", "*/*/*"):
        found = tuple(
            path
            for path in sorted(folder.glob(pattern))
            if path.suffix.lower() in _SUFFIXES and path.is_file() and holds_lines(path)
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
        columns, options = text_layout(path)
        return columns is not None and options["delimiter"] == "\t"

    def open(self, path: Path) -> TableReader | TableFolderReader:
        """A reader of the table or of the folder's tables."""
        if path.is_dir():
            return TableFolderReader(path, _tables(path))
        return TableReader(path, path.parent)


TABLE = Table()
