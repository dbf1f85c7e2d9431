"""What lines are called, and the page and document that their names tell of.

Where a line comes from is guessed from its name, in this order:

1. ``<page>_line_7``, ``<page>_r1l7``, ``<page>_l07``, ``<page>_tl_7``, ``<page>_tr_1_tl_7``: the
   page is what precedes, the document is the folder.
2. The name without its last ``_token`` is the document, where most names of the folder share
   theirs with another line (``1829_reise_7d514cad``).
3. The document is the folder.

Source: names in the data sets of tesstrain, OCR-D and kraken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from uncial.formats.lines.base import GT_SUFFIX, Fault, RawLine, stem_path

_NUMBER = "#"  # between the id of a page and the number of a line

_LINE_TAIL = re.compile(
    r"(?P<page>.+?)[_.-](?:(?:text)?line|(?:tr[_-]?\d+[_-])?tl|r\d+[_-]?l|region_?\d+_line|l)[_-]?\d+(?:[_.-]\d+)*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Origin:
    """How names of one folder tell page and document; see the module.

    Attributes:
        folder: Name to fall back on.
        by_prefix: Whether rule 2 holds in this folder.
    """

    folder: str
    by_prefix: bool = False

    @classmethod
    def of_names(cls, folder: str, stems: Iterable[str]) -> Origin:
        """Decide by all `stems` of a folder."""
        prefixes = Counter(stem.rpartition("_")[0] for stem in stems)
        lines = prefixes.total()
        shared = sum(count for prefix, count in prefixes.items() if prefix and count > 1)
        return cls(folder, by_prefix=len(prefixes) > 1 and 2 * shared >= lines)

    def guess(self, stem: str) -> tuple[str, str]:
        """Page and document of a line."""
        page = page_named(stem)
        if page:
            return page, self.folder
        prefix = stem.rpartition("_")[0]
        return "", prefix if self.by_prefix and prefix else self.folder


def page_named(stem: str) -> str:
    """The page that the name of a line tells of by rule 1, or ``""``."""
    match = _LINE_TAIL.fullmatch(stem)
    return match["page"] if match else ""


@dataclass(frozen=True, slots=True)
class LineName:
    """What a line is called and where it comes from; the fields are those of `RawLine`."""

    line_id: str
    path: str
    page: str
    document: str

    @classmethod
    def of(cls, folder: Path, stem: str, *, root: Path, origin: Origin) -> LineName:
        """The name of the only line that files of one stem hold.

        Args:
            folder: Where they lie.
            stem: Their name without suffix.
            root: Folder that line ids are relative to.
            origin: What the names of the folder tell.
        """
        page, document = origin.guess(stem)
        inner = folder.relative_to(root) if folder.is_relative_to(root) else folder
        return cls(
            line_id=(inner / stem).as_posix(),
            path=stem_path(folder / (stem + GT_SUFFIX)),
            page=page,
            document=document,
        )

    def numbered(self, number: int, page: int = 0) -> LineName:
        """The name of one of several lines of a page.

        Args:
            number: Of the line, from 1.
            page: Of the page image in its file, from 1; 0 where there is but one.
        """
        stem = self.path.rpartition("/")[2]
        return replace(
            self,
            line_id=f"{self.line_id}{_NUMBER}{number}",
            page=f"{stem}{_NUMBER}{page}" if page else stem,
        )

    def line(
        self,
        *,
        source: str,
        image: bytes | None,
        text: bytes | str | None,
        faults: tuple[Fault, ...] = (),
    ) -> RawLine:
        """A line of this name; the arguments are the other fields of `RawLine`."""
        return RawLine(
            line_id=self.line_id,
            path=self.path,
            source=source,
            image=image,
            text=text,
            page=self.page,
            document=self.document,
            faults=faults,
        )


def without_number(line_id: str) -> str:
    """The id of a line without its number on its page."""
    stem, _, number = line_id.rpartition(_NUMBER)
    return stem if stem and number.isdecimal() else line_id
