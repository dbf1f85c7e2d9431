"""The verb *ingest*: ground truth of any layout → line store, with a report on every doubtful line.

One pass: each line is read, judged and written before the next, and what only all lines show
(copies, rare characters) is settled from a few dozen bytes a line at the end.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from uncial.data.coverage import Coverage
from uncial.data.report import GroundTruthReport, name_some
from uncial.data.splits import Drawn, draw_splits, split_findings
from uncial.data.store import LineStore, is_store, read_manifest
from uncial.data.writer import LineStoreWriter
from uncial.errors import ConfigError, DataError
from uncial.formats.lines.listing import SPLIT_LISTS
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.tasks.intake import Intake, read_sources

MAX_BAD_SHARE: Final = 0.05
"""Ingestion stops when more lines than this are bad, unless told to go on."""


@dataclass(frozen=True, kw_only=True)
class IngestConfig:
    """What to make a line store of."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    sources: tuple[Path, ...]
    """Folders of images with .gt.txt or .box files or of .lstmf files, zip or tar archives of
    images and .gt.txt, CSV, TSV or Parquet tables, PAGE or ALTO files with images of their pages
    and folders of them, lists of files, line stores."""
    output: Path
    """Folder of the new line store."""
    seed: int = 0
    """Decides the split of lines that no list and no column gives one."""
    validation: float = 0.1
    """Share of the lines to draw for validation, 0-1."""
    test: float = 0.1
    """Share of the lines to draw for the test, 0-1."""
    go_on: bool = False
    """Leave bad lines out even where they are more than 5 %."""
    allow_leak: bool = False
    """Accept the same image in two splits, with a warning."""
    charset: Path | None = None
    """Model file; characters that it cannot write are named, with how often and where."""
    overwrite: bool = False
    """Replace a line store at the output."""

    def __post_init__(self) -> None:
        if not self.sources:
            raise ConfigError("no ground truth was given", remedy="name a folder, table or list")
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise ConfigError(
                f"validation {self.validation} and test {self.test} leave nothing to train on",
                remedy="choose shares of 0 or more that sum to less than 1",
            )


@dataclass(frozen=True, kw_only=True)
class IngestResult:
    """What became of the ground truth.

    Attributes:
        store: The line store.
        lines: Lines in it.
        splits: Lines in each split.
        left_out: Lines left out, by code of the finding.
        warnings: Warnings, by code; their lines are kept.
        report: The readable ground-truth report; a ``.json`` with all findings lies beside it.
        seconds: Wall time.
        cpu_seconds: Processor time.
        lines_per_second: Lines looked at, per second of wall time.
    """

    store: Path
    lines: int
    splits: dict[str, int]
    left_out: dict[str, int]
    warnings: dict[str, int]
    report: Path
    seconds: float
    cpu_seconds: float
    lines_per_second: float


def ingest(config: IngestConfig, reporter: Reporter = silent) -> IngestResult:
    """Compile ground truth into a line store.

    Raises:
        FormatError: A source holds no line ground truth, or a table is damaged.
        DataError: Too many lines are bad, or the same image is in two splits.
        ConfigError: There is something at the output, or no model where one is named.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    with LineStoreWriter(config.output, overwrite=config.overwrite) as writer:
        intake = Intake(writer, reporter, coverage=_coverage(config.charset))
        read_sources(config.sources, intake)
        _refuse_too_bad(config, intake.report)
        _refuse_barren(config, intake)
        drawn = _split(config, intake)
        _refuse_leaks(config, intake.report)
        for name, text in _report_files(intake.report).items():
            writer.write_text(name, text)
        writer.metadata.update(_provenance(config, drawn))
    store = LineStore.open(config.output)
    seconds = time.perf_counter() - wall
    report = intake.report
    _announce(report, config.output, reporter)
    return IngestResult(
        store=config.output,
        lines=len(store),
        splits=store.splits,
        left_out=dict(report.left_out),
        warnings=report.warnings(),
        report=config.output / "report.txt",
        seconds=seconds,
        cpu_seconds=time.process_time() - cpu,
        lines_per_second=report.seen / seconds,
    )


def open_lines(
    sources: Sequence[Path],
    *,
    seed: int = 0,
    workdir: Path | None = None,
    go_on: bool = False,
    reporter: Reporter = silent,
) -> LineStore:
    """The lines of `sources`, ingested first unless they are one line store.

    Args:
        sources: As in `IngestConfig`.
        seed: Decides splits that are to be drawn.
        workdir: Where stores are kept; unchanged sources are not ingested twice. Without
            it the store is temporary and goes when the returned object does.
        go_on: Leave bad lines out even where they are more than 5 %.
        reporter: Told of progress.
    """
    paths = tuple(Path(source) for source in sources)
    if len(paths) == 1 and is_store(paths[0]):
        return LineStore.open(paths[0])
    with contextlib.ExitStack() as cleanup:
        if workdir is None:
            workdir = Path(tempfile.mkdtemp(prefix="uncial-lines-"))
            cleanup.callback(shutil.rmtree, workdir, ignore_errors=True)
        key = _sources_fingerprint(paths, seed)
        output = workdir / f"lines-{key[:12]}"
        if not (is_store(output) and read_manifest(output).get("sources_fingerprint") == key):
            ingest(
                IngestConfig(sources=paths, output=output, seed=seed, go_on=go_on, overwrite=True),
                reporter,
            )
        store = LineStore.open(output)
        weakref.finalize(store, cleanup.pop_all().close)
    return store


def _coverage(model: Path | None) -> Coverage | None:
    if model is None:
        return None
    from uncial.models.hub import open_model

    if not model.is_file():
        raise ConfigError(f"{model}: no such model", remedy="name an existing file")
    reader = open_model(model)
    return Coverage(reader.missing, reader.normalization)


def _split(config: IngestConfig, intake: Intake) -> Drawn:
    """Complete the splits and take down what they and all lines together show."""
    drawn = draw_splits(
        intake.origins,
        intake.census.images,
        seed=config.seed,
        validation=config.validation,
        test=config.test,
    )
    intake.writer.assign_splits(drawn.codes)
    for finding in intake.census.findings():
        intake.report.add(finding)
    for finding in intake.coverage.findings() if intake.coverage else ():
        intake.report.add(finding)
        intake.reporter(Note(text=finding.message, level="warning"))
    for finding in split_findings(intake.census, intake.origins, drawn.codes):
        intake.report.add(finding)
    if drawn.carved:
        text = f"no line was listed for validation: drawn from training by {drawn.unit}"
        intake.reporter(Note(text=text))
    if drawn.unit == "line":
        intake.reporter(
            Note(
                text="pages and documents of the lines are not known: the split was drawn by "
                "line, so lines of one page may be in training and test",
                level="warning",
            )
        )
    return drawn


def _refuse_too_bad(config: IngestConfig, report: GroundTruthReport) -> None:
    if report.kept and (config.go_on or report.bad_share <= MAX_BAD_SHARE):
        return
    where = _save_report_beside(config.output, report)
    share = f"{report.bad} of {report.bad + report.kept} lines ({report.bad_share:.1%}) are bad"
    if not report.kept:
        share = "no line can be used"
    raise DataError(
        f"{share}:\n{report.summary()}",
        remedy=f"correct them (all are named in {where})"
        + (", or go on without them" if report.kept else ""),
    )


def _refuse_barren(config: IngestConfig, intake: Intake) -> None:
    """End where a list gives nothing: what it is for could not be done."""
    if not intake.barren:
        return
    where = _save_report_beside(config.output, intake.report)
    reasons = intake.report.summary() or "it names no line"
    raise DataError(
        f"no line of {', '.join(map(str, intake.barren))} can be used:\n{reasons}",
        remedy=f"correct the list or its lines (all are named in {where}), or leave the list out",
    )


def _refuse_leaks(config: IngestConfig, report: GroundTruthReport) -> None:
    leaks = [*report.of("leak"), *report.of("two-lists")]
    if not leaks or config.allow_leak:
        return
    where = _save_report_beside(config.output, report)
    shown = "; ".join(leak.detail if leak.code == "leak" else leak.line_id for leak in leaks[:3])
    more = f" and {len(leaks) - 3} more" if len(leaks) > 3 else ""
    raise DataError(
        f"{len(leaks)} lines leak from one split into another: {shown}{more}",
        remedy=f"remove the copies from one split (all are named in {where}), "
        "or allow the leak if you must",
    )


def _report_files(report: GroundTruthReport) -> dict[str, str]:
    return {"report.json": report.json_text(), "report.txt": report.to_text()}


def _save_report_beside(output: Path, report: GroundTruthReport) -> Path:
    """Keep the report of an ingestion that makes no store; the readable one's path."""
    for name, text in _report_files(report).items():
        output.with_name(f"{output.name}.{name}").write_text(text, encoding="utf-8")
    return output.with_name(f"{output.name}.report.txt")


def _provenance(config: IngestConfig, drawn: Drawn) -> dict[str, Any]:
    return {
        "sources": [str(path) for path in config.sources],
        "sources_fingerprint": _sources_fingerprint(config.sources, config.seed),
        "seed": config.seed,
        "drawn_by": drawn.unit,
        "drawn_validation_only": drawn.carved,
    }


def _sources_fingerprint(sources: Sequence[Path], seed: int) -> str:
    """Hex digest over names, sizes and times of every file that ingestion would look at."""
    digest = hashlib.sha256(f"{seed}".encode())
    for source in sources:
        for path in _watched(source):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _watched(source: Path) -> Iterator[Path]:
    """Files of a source: of a table or list everything in its folder, and lists beside."""
    root = source.absolute() if source.is_dir() else source.absolute().parent
    for name in SPLIT_LISTS:
        yield root.parent / name
    yield source.absolute()
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(
            name for name in inner if not name.startswith(".") and not is_store(Path(folder, name))
        )
        for name in sorted(names):
            yield Path(folder) / name


def _announce(report: GroundTruthReport, output: Path, reporter: Reporter) -> None:
    reporter(Advanced(stage="ingest", done=report.seen, total=report.seen))
    if report.bad:
        bad = [f for f in report.findings if f.severity == "error"]
        reporter(
            Note(
                text=f"left out {report.bad} bad lines: {name_some(bad)}; "
                f"see {output / 'report.txt'}",
                level="warning",
            )
        )
