"""The verb *align*: transcripts that exist → the lines of pages, as ground truth."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from uncial.errors import ConfigError, DataError
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.formats.pages.source import Scan
    from uncial.page.layout import Line, Page, Reading, Region
    from uncial.text.passages import Passage


@dataclass(frozen=True, kw_only=True)
class AlignConfig:
    """Which text belongs to which pages."""

    pages: Path
    """File, folder or list of pages whose lines have been found, and read if no model is given."""

    transcripts: tuple[Path, ...]
    """Text of the pages, in their order: plain text, TEI or Word files."""

    output: Path
    """Folder for a PAGE file of each page and alignment.tsv, which lists every line."""

    model: Path | None = None
    """Model that reads the lines first; without it the text that the pages have is used."""

    least: float = 0.7
    """Confidence, 0-1, that makes a line ground truth."""

    overwrite: bool = False
    """Replace files in the folder."""

    def __post_init__(self) -> None:
        if not self.transcripts:
            raise ConfigError("no transcript was given", remedy="name a file with the text")
        if not 0 <= self.least <= 1:
            raise ConfigError(f"least {self.least}", remedy="choose a confidence of 0 to 1")


@dataclass(frozen=True, kw_only=True)
class AlignResult:
    """What was found.

    Attributes:
        pages: PAGE files written.
        lines: Lines on the pages.
        aligned: Lines that got text: the ground truth.
        doubtful: Lines for which text was found, but too unlike what was read.
        missing: Lines for which none was found.
        unshown: Stretches of the transcripts that no line shows.
        confidence: Mean of the lines that got text, 0-1.
        output: The folder.
    """

    pages: int
    lines: int
    aligned: int
    doubtful: int
    missing: int
    unshown: int
    confidence: float
    output: Path


class _Row(NamedTuple):
    """A line of the report."""

    page: str
    line: str
    state: str
    confidence: str
    text: str
    read: str


def align(config: AlignConfig, reporter: Reporter = silent) -> AlignResult:
    """Give the lines of pages the text of a transcript, each with a confidence.

    A line whose text is too unlike what was read stays without; it is listed, as is text that
    no line shows. `ingest` and `train` take the folder as ground truth.

    Raises:
        FormatError: There are no pages, or a transcript cannot be read.
        DataError: The pages have no lines, or none is read.
        ConfigError: There are files in the folder already.
    """
    from uncial.formats.pages.source import open_pages
    from uncial.formats.pages.transcripts import read_transcript
    from uncial.text.passages import find_passages, unshown

    config = with_local(config, "model", reporter=reporter)
    _refuse_to_overwrite(config)
    text = "\n".join(read_transcript(path) for path in config.transcripts)
    scans = list(open_pages(config.pages, images=False))
    lines = [line for scan in scans for line in scan.page.lines()]
    if not lines:
        raise DataError(f"{config.pages}: no line on any page", remedy="segment the pages first")
    read = _read_with(config.model, scans, reporter) if config.model else [
        line.text or "" for line in lines
    ]  # fmt: skip
    if not any(one.strip() for one in read):
        raise DataError(
            f"{config.pages}: no line has text to compare with the transcript",
            remedy="name a model that reads them",
        )
    passages = find_passages(read, text)
    source = ", ".join(path.name for path in config.transcripts)
    rows, at, written = [], 0, 0
    config.output.mkdir(parents=True, exist_ok=True)
    for scan in scans:
        count = len(list(scan.page.lines()))
        span = slice(at, at + count)
        at += count
        rows += _write_page(scan, passages[span], read[span], source, config)
        written += 1
        reporter(Advanced(stage="align", done=written, total=len(scans), unit="pages"))
    left = unshown([one for one in passages if one.confidence >= config.least], text)
    rows += [_Row("", "", "unshown", "", stretch[:500], "") for stretch in left]
    _write_rows(config.output / "alignment.tsv", rows)
    return _result(config, rows, passages, written, reporter)


def _result(
    config: AlignConfig,
    rows: Sequence[_Row],
    passages: Sequence[Passage],
    written: int,
    reporter: Reporter,
) -> AlignResult:
    states = [row.state for row in rows]
    good = [one.confidence for one in passages if one.confidence >= config.least]
    result = AlignResult(
        pages=written,
        lines=len(passages),
        aligned=states.count("aligned"),
        doubtful=states.count("doubtful"),
        missing=states.count("missing"),
        unshown=states.count("unshown"),
        confidence=sum(good) / len(good) if good else 0.0,
        output=config.output,
    )
    if result.doubtful + result.missing + result.unshown:
        reporter(
            Note(
                text=f"{result.doubtful} lines are doubtful, {result.missing} have no text, "
                f"{result.unshown} stretches of the transcript are on no line: "
                f"see {config.output / 'alignment.tsv'}",
                level="warning",
            )
        )
    return result


def _refuse_to_overwrite(config: AlignConfig) -> None:
    there = config.output / "alignment.tsv"
    if there.exists() and not config.overwrite:
        raise ConfigError(f"{there} exists", remedy="name another folder, or choose to overwrite")


def _read_with(model: Path, scans: Sequence[Scan], reporter: Reporter) -> list[str]:
    """What a model reads on each line; nothing where it has no image."""
    from uncial.data.images import decode_image
    from uncial.formats.pages.groundtruth import cut_lines
    from uncial.models.hub import open_model

    reader = open_model(model)
    texts: list[str] = []
    for done, scan in enumerate(scans, start=1):
        cut = cut_lines(scan)
        images = [decode_image(line.image) for line in cut if line.image is not None]
        found = iter(reader.read(images) if images else ())
        texts += [next(found).text if line.image is not None else "" for line in cut]
        reporter(Advanced(stage="read", done=done, total=len(scans), unit="pages"))
    return texts


def _write_page(
    scan: Scan,
    passages: Sequence[Passage],
    read: Sequence[str],
    source: str,
    config: AlignConfig,
) -> list[_Row]:
    """Write one page with its ground truth; what became of its lines."""
    from uncial.formats.pages.base import write_pages
    from uncial.page.layout import Reading
    from uncial.training.checkpoint import write_atomically

    name = Path(scan.page.source or scan.page.image).stem
    rows, readings = [], {}
    found = zip(scan.page.lines(), passages, read, strict=True)
    for line, passage, recognized in found:
        state = "missing"
        if passage.text:
            state = "aligned" if passage.confidence >= config.least else "doubtful"
        readings[line.id] = (
            Reading(text=passage.text, confidence=passage.confidence, source=source)
            if state == "aligned"
            else None
        )
        confidence = f"{passage.confidence:.3f}"
        rows.append(_Row(name, line.id, state, confidence, passage.text, recognized))
    page = _with_truth(scan.page, readings)
    if scan.path is not None:
        page = replace(page, image=_reach(scan.path, config.output))
    write_atomically(config.output / f"{name}.xml", write_pages([page], "page").data)
    return rows


def _with_truth(page: Page, readings: dict[str, Reading | None]) -> Page:
    """The page with these texts as the only ones of its lines."""

    def line_with(line: Line) -> Line:
        reading = readings[line.id]
        return replace(line, readings=() if reading is None else (reading,))

    def region_with(region: Region) -> Region:
        return replace(
            region,
            lines=tuple(map(line_with, region.lines)),
            regions=tuple(map(region_with, region.regions)),
        )

    return replace(page, regions=tuple(map(region_with, page.regions)))


def _reach(image: Path, folder: Path) -> str:
    """The name of an image that lies beside its new page file, where it can be put there."""
    target = folder / image.name
    if not target.exists():
        try:
            target.hardlink_to(image)
        except OSError:
            target.write_bytes(image.read_bytes())
    return image.name


def _write_rows(path: Path, rows: Sequence[_Row]) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    writer.writerow(_Row._fields)
    writer.writerows(rows)
    path.write_text(file.getvalue(), encoding="utf-8")
