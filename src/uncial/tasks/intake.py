"""The way of lines from their sources into a store, each read, judged and written in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from uncial.data.census import Census
from uncial.data.checks import Verdict, check_line
from uncial.data.coverage import Coverage
from uncial.data.findings import KINDS, Finding
from uncial.data.report import GroundTruthReport
from uncial.data.splits import Origins, split_named
from uncial.data.store import LineRecord, LineStore, is_store, read_manifest
from uncial.data.writer import LineStoreWriter
from uncial.errors import DataError
from uncial.formats.lines.base import Fault, LineReader, RawLine, Remark, open_source
from uncial.formats.lines.listing import SPLIT_LISTS, ListReader, SelectionReader, SplitLists
from uncial.progress import Advanced, Reporter

_REPORT_EVERY: Final = 200  # lines
_IMAGE_FAULTS: Final = {
    *("missing-image", "unreadable-image", "truncated-image", "decompression-bomb"),
    *("box-outside", "boxes-run-together"),
}
"""What explains that a line comes without its image."""
_LINE_FAULTS: Final = {"not-found", "unreadable-lstmf", "no-text-line", "bad-box", "wrong-encoding"}
"""What explains that it comes with neither image nor text."""


@dataclass
class Intake:
    """Lines on their way into a store.

    Attributes:
        coverage: Asked about each text that is kept, if there is a model to ask.
        barren: List files of which no line was kept.
    """

    writer: LineStoreWriter
    reporter: Reporter
    report: GroundTruthReport = field(default_factory=GroundTruthReport)
    census: Census = field(default_factory=Census)
    origins: Origins = field(default_factory=Origins)
    ids: set[str] = field(default_factory=set)
    total: int | None = None
    coverage: Coverage | None = None
    barren: list[Path] = field(default_factory=list)

    def take(self, line: RawLine, split: str) -> None:
        """Judge one line and store it if it is good."""
        verdict = check_line(line.image, line.text)
        problems = _problems(line, verdict)
        fatal = next((p.code for p in problems if KINDS[p.code].severity == "error"), None)
        line_id = self._unique(line.line_id)
        for code, detail in problems:
            self.find(code, line_id, line.source, detail)
        if fatal or verdict.image is None:
            self.leave_out(fatal or "unreadable-image")
            return
        record = LineRecord(
            line_id=line_id,
            text=verdict.text,
            width=verdict.image.width,
            height=verdict.image.height,
            page=line.page,
            document=line.document,
            source=line.source,
        )
        self.writer.append(record, line.image or b"")
        self.census.add(line_id, line.source, verdict.text, verdict.image.content)
        if self.coverage is not None:
            self.coverage.add(line_id, line.source, verdict.text)
        self.origins.add(split=split, page=line.page, document=line.document)
        self._count()
        self.report.kept += 1

    def skip(self, line: RawLine, code: str, detail: str = "") -> None:
        """Leave out a line that its own lists or columns do not want."""
        self.find(code, line.line_id, line.source, detail)
        self.leave_out(code)

    def find(self, code: str, line_id: str, source: str, detail: str = "") -> None:
        """Take down a finding."""
        self.report.add(Finding(code=code, line_id=line_id, source=source, detail=detail))

    def leave_out(self, code: str) -> None:
        """Count a line that is not stored."""
        self._count()
        self.report.left_out[code] += 1

    def _count(self) -> None:
        self.report.seen += 1
        if self.report.seen % _REPORT_EVERY == 0:
            self.reporter(Advanced(stage="ingest", done=self.report.seen, total=self.total))

    def _unique(self, line_id: str) -> str:
        name, count = line_id, 1
        while name in self.ids:
            count += 1
            name = f"{line_id}~{count}"
        self.ids.add(name)
        return name


def read_sources(sources: Sequence[Path], intake: Intake) -> None:
    """Take in every line of every source.

    Raises:
        FormatError: A source holds no line ground truth, or is damaged as a whole.
        DataError: There is not one line.
    """
    readers = [_reader(path) for path in sources]
    totals = [reader.total() for reader in readers]
    known = [total for total in totals if total is not None]
    intake.total = sum(known) if len(known) == len(totals) else None
    prefixes = _prefixes(sources)
    for reader, prefix in zip(readers, prefixes, strict=True):
        lists = None
        if not isinstance(reader, StoreReader) and not _is_split_list(reader):
            lists = SplitLists.beside(reader.root)
        kept = intake.report.kept
        _read_source(reader, lists, prefix, intake)
        if isinstance(reader, ListReader | SelectionReader) and intake.report.kept == kept:
            intake.barren.append(reader.path)
    if not intake.report.seen:
        names = ", ".join(map(str, sources))
        raise DataError(f"{names}: not one line", remedy="check that these are the right sources")


def _read_source(reader: LineReader, lists: SplitLists | None, prefix: str, intake: Intake) -> None:
    for line in reader:
        named = replace(line, line_id=prefix + line.line_id)
        listed = lists.lookup(line) if lists else ()
        if len(listed) > 1:
            intake.find("two-lists", named.line_id, line.source, " and ".join(listed))
        if lists and not listed:
            intake.skip(named, "unlisted")
            continue
        split = listed[0] if listed else (split_named(line.split) or "")
        if line.split and not split:
            intake.skip(named, "unknown-split", line.split)
            continue
        unwanted = next((one for one in line.faults if KINDS[one.code].severity == "skip"), None)
        if unwanted:
            intake.skip(named, unwanted.code, unwanted.detail)
            continue
        intake.take(named, split)
    for code, source, detail in reader.remarks:
        intake.find(code, "", source, detail)
    for entry in lists.unmatched(reader.root) if lists else ():
        where = ", ".join(path.name for path in lists.files) if lists else ""
        intake.find("not-found", prefix + entry, where)
        intake.leave_out("not-found")


@dataclass
class StoreReader:
    """Lines of a line store, so that stores can be merged.

    Attributes:
        root: The store.
        remarks: Always empty.
    """

    root: Path
    remarks: list[Remark] = field(default_factory=list)

    def total(self) -> int | None:
        """Number of lines."""
        return int(read_manifest(self.root)["lines"])

    def __iter__(self) -> Iterator[RawLine]:
        """Read every line, splits as they are."""
        store = LineStore.open(self.root)
        for row in range(len(store)):
            record = store.record(row)
            yield RawLine(
                line_id=record.line_id,
                path=record.source,
                source=record.source,
                image=bytes(store.image_bytes(row)),
                text=record.text,
                page=record.page,
                document=record.document,
                split=record.split,
            )


def _reader(path: Path) -> LineReader:
    return StoreReader(path) if is_store(path) else open_source(path)


def _is_split_list(reader: LineReader) -> bool:
    return isinstance(reader, ListReader | SelectionReader) and reader.path.name in SPLIT_LISTS


def _prefixes(sources: Sequence[Path]) -> list[str]:
    """What tells lines of several sources apart: the name of the source."""
    if len(sources) == 1 or all(path.name in SPLIT_LISTS for path in sources):
        return [""] * len(sources)
    return [f"{path.absolute().stem if path.is_file() else path.absolute().name}/"
            for path in sources]  # fmt: skip


def _problems(line: RawLine, verdict: Verdict) -> list[Fault]:
    """What reader and checks found, without the check's echo of what the reader explained."""
    explained = {fault.code for fault in line.faults}
    problems = list(line.faults)
    for code, detail in verdict.problems:
        echo = code in ("missing-image", "missing-text") and (
            explained & _LINE_FAULTS or (code == "missing-image" and explained & _IMAGE_FAULTS)
        )
        if not echo and code not in explained:
            problems.append(Fault(code, detail))
    return problems
