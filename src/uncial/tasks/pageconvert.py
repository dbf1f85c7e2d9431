"""Page files into other formats of pages: one by one, or all into one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from uncial.errors import ConfigError, DataError
from uncial.progress import Advanced, Note, Reporter

if TYPE_CHECKING:
    from uncial.formats.pages.findings import PageFinding
    from uncial.formats.pages.source import PageSource, Scan

SUFFIXES: Final = {
    ".page.xml": "page",
    ".alto.xml": "alto",
    ".hocr": "hocr",
    ".html": "hocr",
    ".htm": "hocr",
    ".tei.xml": "tei",
    ".tei": "tei",
    ".txt": "text",
    ".json": "json",
    ".docx": "docx",
    ".pdf": "pdf",
}
"""The format that a file name announces, longer endings first."""


def is_pages(path: Path) -> bool:
    """Whether there is a file of pages, or a folder that holds one."""
    from uncial.formats.pages.archived import is_zip
    from uncial.formats.pages.base import HEAD, format_of
    from uncial.formats.pages.mets import is_mets
    from uncial.formats.pages.source import page_files

    if path.is_dir():
        return next(page_files(path), None) is not None
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(HEAD)
    archived = is_zip(head) and path.suffix.lower() == ".zip"
    return archived or is_mets(head) or format_of(head) is not None


def format_to_write(source: Path, target: Path, to: str) -> str:
    """The name of the writer that is meant.

    ``.xml`` alone is PAGE where the source is ALTO, and else ALTO.

    Raises:
        ConfigError: Neither the name nor an option tells it, or there is no such writer.
    """
    from uncial.formats.pages.base import HEAD, PAGE_WRITERS, format_of

    if to == "lines":
        return to
    if to:
        PAGE_WRITERS.get(to)
        return to
    name = target.name.lower()
    found = next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), None)
    if found is None and name.endswith(".xml") and source.is_file():
        with source.open("rb") as file:
            found = "page" if format_of(file.read(HEAD)) == "alto" else "alto"
    if found is None or found not in PAGE_WRITERS:
        raise ConfigError(
            f"{target}: its name tells no format of pages that we write",
            remedy=f"name one: --to {'|'.join([*PAGE_WRITERS, 'lines'])}",
        )
    return found


def convert_pages(
    source: Path, target: Path, to: str, *, pages: str, strict: bool, reporter: Reporter
) -> tuple[int, tuple[str, ...]]:
    """Write the pages at `source` in another format.

    A target with a suffix is one file; where the format holds one page and there are more,
    or the target has no suffix, it is a folder with a file for each page.

    Returns:
        Bytes written, and what was repaired in reading or lost in writing.

    Raises:
        ConfigError: The format is not known, or with `strict` something would be lost.
        DataError: No page could be read.
    """
    from uncial.formats.pages.findings import summary
    from uncial.formats.pages.source import open_pages, page_ranges

    kind = format_to_write(source, target, to)
    opened = open_pages(source, images=False, wanted=page_ranges(pages))
    writing = _lines_of if kind == "lines" else _files_of
    found: list[PageFinding] = []
    lost: Counter[str] = Counter()
    size, done = 0, 0
    for made in writing(opened, target, kind):
        found += made.findings
        lost.update(made.losses)
        if made.losses and strict:
            raise ConfigError(
                f"{made.path}: would lose something:\n" + "\n".join(made.losses),
                remedy="convert without strict if that is acceptable",
            )
        if made.data is not None:
            _write(made.path, made.data)
            size, done = size + len(made.data), done + 1
            reporter(Advanced(stage="convert", done=done, unit="files"))
    notes = [*summary([*found, *opened.findings])]
    if not done:
        raise DataError(
            f"{source}: nothing could be written:\n" + "\n".join(notes or ["no page"]),
            remedy="check the files",
        )
    notes += [f"lost: {text}" + (f", {count} pages" if count > 1 else "")
              for text, count in lost.items()]  # fmt: skip
    for text in notes:
        reporter(Note(text=text, level="warning"))
    return size, tuple(notes)


class _Made(NamedTuple):
    """A file to write.

    Attributes:
        path: Of it.
        data: Its bytes; None where there is nothing to write.
        findings: What was repaired in what it is made of.
        losses: What it does not hold.
    """

    path: Path
    data: bytes | None
    findings: Sequence[PageFinding] = ()
    losses: Sequence[str] = ()


def _files_of(opened: PageSource, target: Path, kind: str) -> Iterator[_Made]:
    """The files of a format of pages."""
    from uncial.formats.pages.base import PAGE_WRITERS, write_pages

    writer = PAGE_WRITERS.get(kind)
    if not target.suffix:
        for scan in opened:
            written = write_pages([scan.page], kind, lambda _, own=scan: own.encoded())  # type: ignore[misc]
            path = target / f"{_stem(scan)}{writer.suffix}"
            yield _Made(path, written.data, scan.findings, tuple(map(str, written.losses)))
        return
    scans = list(opened)
    if len(scans) > 1 and not writer.many:
        raise ConfigError(
            f"{target}: a file of format {kind} holds one page, not {len(scans)}",
            remedy="name a folder for one file a page",
        )
    if scans:
        by_page = {id(scan.page): scan for scan in scans}
        pages = [scan.page for scan in scans]
        written = write_pages(pages, kind, lambda page: by_page[id(page)].encoded())
        found = [one for scan in scans for one in scan.findings]
        yield _Made(target, written.data, found, tuple(map(str, written.losses)))


def _lines_of(opened: PageSource, target: Path, kind: str) -> Iterator[_Made]:
    """Line images and their ``.gt.txt``, named as tesstrain wants them."""
    from uncial.formats.pages.groundtruth import cut_lines

    for scan in opened:
        name = _stem(scan)
        yield _Made(target, None, scan.findings)
        for number, line in enumerate(cut_lines(scan), start=1):
            stem = f"{name}_line_{number:04}"
            if line.image is None or line.text is None:
                what = "without text" if line.text is None else "without image"
                yield _Made(target / stem, None, losses=(f"lines: {what} are not written",))
                continue
            yield _Made(target / f"{stem}.png", line.image)
            yield _Made(target / f"{stem}.gt.txt", f"{line.text}\n".encode())


def _stem(scan: Scan) -> str:
    page = scan.page
    name = Path(page.source or page.image or "page").name
    stem = name
    for suffix in (".xml", ".page", ".alto"):
        stem = stem.removesuffix(suffix)
    stem = Path(stem).stem if stem == name else stem
    return f"{stem}_{page.frame + 1}" if page.frame else stem


def _write(path: Path, data: bytes) -> None:
    from uncial.training.checkpoint import write_atomically

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)
