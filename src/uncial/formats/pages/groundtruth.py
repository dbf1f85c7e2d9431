"""Lines of pages as ground truth: cut along their baselines, the valid text beside each.

A folder of PAGE or ALTO files with their images, or one such file, is a source of lines like
any other. Lists name its pages by their stem.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.errors import ImageError
from uncial.formats.lines.archives import DAMAGE
from uncial.formats.lines.base import Fault, RawLine, Remark, stem_path
from uncial.formats.lines.names import Origin
from uncial.formats.pages.archived import is_zip
from uncial.formats.pages.base import HEAD, format_of
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.mets import is_mets
from uncial.formats.pages.source import PageSource, Scan, open_pages, page_files
from uncial.imaging.band import Band
from uncial.imaging.crop import page_lines
from uncial.page.layout import Line

_KINDS: Final = ("page", "alto")
_FAULTS: Final = {
    "missing-image": "missing-image",
    "unreadable-image": "unreadable-image",
    "remote-image": "missing-image",
}
"""Findings of a page that take the image from all its lines."""


@dataclass
class PageLineReader:
    """The lines of page files.

    Attributes:
        path: Folder or file.
        remarks: What was repaired in page files or is amiss with them.
    """

    path: Path
    remarks: list[Remark] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The folder, or that of the file."""
        return self.path if self.path.is_dir() else self.path.parent

    def total(self) -> int | None:
        """Unknown before the files are read."""
        return None

    def __iter__(self) -> Iterator[RawLine]:
        """Read every line, pages in the order of their names."""
        self.remarks.clear()
        source = self._source()
        origins = _origins(source.paths)
        for scan in source:
            self._remark(scan.findings)
            file = Path(scan.page.source)
            yield from self._lines(scan, file, origins[file.parent])
        self._remark(source.findings)

    def _source(self) -> PageSource:
        if self.path.is_dir():
            return PageSource(paths=tuple(page_files(self.path)), root=self.path)
        return open_pages(self.path)

    def _remark(self, findings: tuple[PageFinding, ...] | list[PageFinding]) -> None:
        self.remarks.extend(
            Remark(
                "page-file",
                one.source,
                ": ".join(filter(None, (one.element, f"{one.code} {one.detail}".strip()))),
            )
            for one in findings
            if one.code not in _FAULTS
        )

    def _lines(self, scan: Scan, file: Path, origin: Origin) -> Iterator[RawLine]:
        """The lines of one page, each with its image or with what is wrong."""
        document = scan.page.document or origin.guess(file.stem)[1]
        inner = file.relative_to(self.root) if file.is_relative_to(self.root) else Path(file.name)
        stem = inner.with_suffix("").as_posix()
        for line in cut_lines(scan):
            unread = () if line.text is not None else (Fault("not-transcribed"),)
            yield RawLine(
                line_id=f"{stem}/{line.line}",
                path=stem_path(file),
                source=f"{file}: {line.line}",
                image=line.image,
                text=line.text,
                page=f"{stem}{f'#{scan.page.frame + 1}' if scan.page.frame else ''}",
                document=document,
                faults=(*unread, *line.faults),
            )


@dataclass(frozen=True, kw_only=True)
class CutLine:
    """One line of a page, cut out.

    Attributes:
        line: Its id.
        text: Its valid text; None where it is not transcribed.
        image: PNG of it; None where the page has no image or the line no place.
        faults: What is wrong with it.
    """

    line: str
    text: str | None
    image: bytes | None
    faults: tuple[Fault, ...] = ()


def cut_lines(scan: Scan) -> list[CutLine]:
    """All lines of a page in reading order; none is left out."""
    faults = {one.code: one.detail for one in scan.findings if one.code in _FAULTS}
    lines = list(scan.page.lines())
    if scan.has_image and not faults:
        try:
            pixels = scan.image()
        except ImageError as error:
            faults["unreadable-image"] = error.problem
        else:
            cuts = page_lines(pixels, scan.page)
            return [_cut_line(line, *cut) for line, cut in zip(lines, cuts, strict=True)]
    named = tuple(Fault(_FAULTS[code], detail) for code, detail in faults.items())
    return [CutLine(line=line.id, text=line.text, image=None, faults=named) for line in lines]


def _cut_line(line: Line, band: Band, pixels: NDArray[np.uint8]) -> CutLine:
    faults = tuple(
        Fault("line-geometry", problem.code)
        for problem in band.problems
        if problem.code != "no-baseline"  # as in all files of some programs
    )
    image = _png(pixels) if len(band.course) else None
    return CutLine(line=line.id, text=line.text, image=image, faults=faults)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    ordered = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    return bytes(cv2.imencode(".png", ordered)[1].tobytes())


def _origins(paths: tuple[Path, ...]) -> dict[Path, Origin]:
    """What the names of page files tell of documents, by folder."""
    stems: dict[Path, list[str]] = {}
    for path in paths:
        stems.setdefault(path.parent, []).append(path.stem)
    return {
        folder: Origin.of_names(Path(os.path.abspath(folder)).name, names)  # noqa: PTH100 - no I/O
        for folder, names in stems.items()
    }


def _holds_xml(path: Path) -> bool:
    """Whether a member of an archive may be a page."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith(".xml") for name in archive.namelist())
    except DAMAGE:
        return False


class PageLines:
    """Folders with PAGE or ALTO files in or below them, such files, METS, and archives."""

    def recognizes(self, path: Path) -> bool:
        """Whether there is a page that may have lines."""
        if path.is_dir():
            return next(page_files(path), None) is not None
        with path.open("rb") as file:
            head = file.read(HEAD)
        if is_zip(head):
            return _holds_xml(path)
        return is_mets(head) or format_of(head) in _KINDS

    def open(self, path: Path) -> PageLineReader:
        """A reader of the folder or file."""
        return PageLineReader(path)


PAGE_LINES = PageLines()
