"""Reading pages, few or many: resumable, on every core, with failures that end nothing."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uncial.errors import UncialError
from uncial.models.cores import cores
from uncial.pipeline.backends import Choice, choose
from uncial.pipeline.crew import Fault, Finished, worked
from uncial.pipeline.ledger import Ledger
from uncial.progress import Advanced, Metric, Note, Reporter
from uncial.tasks.listening import listen
from uncial.tasks.pageplan import PageJob, PageRun, facts_of, page_jobs

if TYPE_CHECKING:
    from uncial.models.hub import LineReader
    from uncial.models.reading import Decoder
    from uncial.pipeline.pages import CutPage, Find, ReadPage

_BATCH = 4  # files that a process takes at once: their lines share batches
_TOLD = 20  # failures spelled out at the end


@dataclass(frozen=True, kw_only=True)
class FailedPage:
    """A file of pages that gave none.

    Attributes:
        source: The file.
        problem: Why.
    """

    source: Path
    problem: str


@dataclass(frozen=True, kw_only=True)
class PagesResult:
    """How a run over pages went.

    Attributes:
        pages: Read in this run.
        lines: Read in this run.
        skipped: Files that an earlier run had done.
        failed: Files that could not be read.
        problems: Lines whose place was damaged; they were read as well as they could be.
        seconds: This run took.
        output: Folder with the results and ``done.jsonl``, which lists them.
    """

    pages: int
    lines: int
    skipped: int
    failed: tuple[FailedPage, ...]
    problems: int
    seconds: float
    output: Path | None


@dataclass(frozen=True, kw_only=True)
class PageDone:
    """What became of one file.

    Attributes:
        files: Written, relative to the output folder.
        lines: Read.
        characters: Read.
        confidence: 0-1, mean over the characters.
        problems: How many lines had a damaged place, by what was wrong.
        printed: The text, where no folder was named.
    """

    files: tuple[str, ...]
    lines: int
    characters: int
    confidence: float
    problems: dict[str, int]
    printed: str = ""


def recognize_pages(config: PageRun, reporter: Reporter) -> tuple[PagesResult, str]:
    """Read pages; how it went, and what they say where no folder was named.

    Raises:
        ConfigError: There is no page, no such format, or the folder holds other results.
        FormatError: The model file cannot be used.
    """
    started = time.monotonic()
    jobs = page_jobs(config)
    choice = choose(config.model, config.backend, len(jobs) * 30, reporter)
    facts = facts_of(config)
    hire = Hire(config=config, choice=choice, facts=facts)
    if config.output is None:
        done = list(zip(jobs, hire()(jobs), strict=True))
        result = _result(done, 0, started, None)
        _tell(result, reporter)
        return result, "".join(one.printed for _, one in done if isinstance(one, PageDone))
    config.output.mkdir(parents=True, exist_ok=True)
    with Ledger.open(config.output, facts, anew=config.overwrite) as ledger:
        left = [job for job in jobs if str(job.path) not in ledger.done]
        if len(left) < len(jobs):
            reporter(Note(text=f"{len(jobs) - len(left)} of {len(jobs)} files were done before"))
        done = list(_counted(_worked(left, hire, config, ledger), len(left), reporter))
    result = _result(done, len(jobs) - len(left), started, config.output)
    _tell(result, reporter)
    return result, ""


def _worked(
    jobs: Sequence[PageJob], hire: Hire, config: PageRun, ledger: Ledger
) -> Iterator[tuple[PageJob, PageDone | Fault]]:
    """Jobs as they are done, each written down; few of them in this process."""
    if not jobs:
        return
    processes = min(config.processes or cores(), math.ceil(len(jobs) / _BATCH))
    if len(jobs) <= _BATCH:  # a process of its own would cost more than it reads
        done: Iterable[Finished[PageJob, PageDone]] = map(Finished, jobs, hire()(jobs))
    else:
        batch = max(1, min(_BATCH, len(jobs) // (2 * processes)))
        done = worked(jobs, hire, processes=processes, batch=batch)
    for one in done:
        if isinstance(one.result, Fault):
            ledger.add(str(one.job.path), {"failed": one.result.problem})
        else:
            ledger.add(str(one.job.path), _entry(one.result))
        yield one.job, one.result


def _entry(done: PageDone) -> dict[str, Any]:
    return {
        "files": done.files,
        "lines": done.lines,
        "characters": done.characters,
        "confidence": round(done.confidence, 4),
        **({"problems": done.problems} if done.problems else {}),
    }


def _counted(
    done: Iterator[tuple[PageJob, PageDone | Fault]], total: int, reporter: Reporter
) -> Iterator[tuple[PageJob, PageDone | Fault]]:
    started = time.monotonic()
    lines = 0
    for number, (job, result) in enumerate(done, start=1):
        lines += 0 if isinstance(result, Fault) else result.lines
        seconds = max(time.monotonic() - started, 1e-3)
        reporter(Metric(name="lines_per_second", value=lines / seconds))
        reporter(Advanced(stage="pages", done=number, total=total, unit="pages"))
        yield job, result


@dataclass(frozen=True, kw_only=True)
class Hire:
    """Makes a process ready to read pages.

    Attributes:
        config: What was asked for.
        choice: What computes.
        facts: About model and program.
    """

    config: PageRun
    choice: Choice
    facts: dict[str, Any]

    def __call__(self) -> PageWork:
        """Open the models, in the process that uses them."""
        from uncial.progress import silent

        config = self.config
        reader = self.choice.opened(dictionary=config.dictionary)
        _, weights = listen(reader, config.language, silent)
        find = None if config.segmenter is None else finder(config.segmenter)
        return PageWork(config, self.facts, reader, find, listens=weights is not None)


class PageWork:
    """Reads files of pages; what is wrong with one is told and ends nothing."""

    def __init__(
        self,
        config: PageRun,
        facts: dict[str, Any],
        reader: LineReader,
        find: Find | None,
        *,
        listens: bool,
    ) -> None:
        self.config = config
        self.facts = facts
        self.reader = reader
        self.find = find
        self.decoder: Decoder = "beam" if listens else config.decoder

    def __call__(self, jobs: Sequence[PageJob]) -> list[PageDone | Fault]:
        """Read some files, the lines of all together."""
        from uncial.pipeline.pages import read_cut

        cut = [self._cut(job) for job in jobs]
        pages = [page for found in cut if not isinstance(found, Fault) for page in found]
        read = iter(read_cut(self.reader, pages, source=self.facts["source"], decoder=self.decoder))
        return [
            found if isinstance(found, Fault) else self._kept(job, [next(read) for _ in found])
            for job, found in zip(jobs, cut, strict=True)
        ]

    def _cut(self, job: PageJob) -> list[CutPage] | Fault:
        from uncial.formats.pages.source import PageSource
        from uncial.pipeline.pages import cut

        source = PageSource(paths=(job.path,), root=job.root)
        try:
            pages = [cut(scan, self.find) for scan in source]
        except UncialError as error:
            return Fault(error.problem)
        except Exception as error:  # of ten thousand pages none may end the others
            return Fault(f"{type(error).__name__}: {error}")
        if not pages:
            return Fault("; ".join(str(one) for one in source.findings) or "no page in it")
        return pages

    def _kept(self, job: PageJob, pages: Sequence[ReadPage]) -> PageDone | Fault:
        """Write the pages of one file."""
        from uncial.pipeline.pages import written

        try:
            texts = [written(page, self.config.format, self.facts) for page in pages]
            names = [_numbered(job.target, at) for at in range(len(pages))]
            if self.config.output is not None:
                for name, text in zip(names, texts, strict=True):
                    _write(self.config.output / name, text)
        except (UncialError, OSError) as error:
            return Fault(str(error))
        characters = sum(page.characters for page in pages)
        sure = sum(page.confidence * page.characters for page in pages)
        return PageDone(
            files=tuple(map(str, names)) if self.config.output is not None else (),
            lines=sum(page.lines for page in pages),
            characters=characters,
            confidence=sure / max(1, characters),
            problems=Counter(problem.code for page in pages for problem in page.problems),
            printed="" if self.config.output is not None else b"".join(texts).decode("utf-8"),
        )


def finder(path: Path) -> Find:
    """What finds the lines of a page, on one thread.

    Args:
        path: Segmentation model, of ours or of kraken.

    Raises:
        FormatError: It is none.
    """
    from uncial.models.finder import open_finder

    segmenter = open_finder(path)
    return lambda image: next(segmenter.segment_each(lambda _: image, 1, threads=1))


def _numbered(target: Path, at: int) -> Path:
    return target if at == 0 else target.with_name(f"{target.stem}_{at + 1:04d}{target.suffix}")


def _write(path: Path, data: bytes) -> None:
    """Write beside the place and rename: a killed run leaves the old or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def _result(
    done: Sequence[tuple[PageJob, PageDone | Fault]],
    skipped: int,
    started: float,
    output: Path | None,
) -> PagesResult:
    read = [one for _, one in done if isinstance(one, PageDone)]
    return PagesResult(
        pages=sum(max(1, len(one.files)) for one in read),
        lines=sum(one.lines for one in read),
        skipped=skipped,
        failed=tuple(
            FailedPage(source=job.path, problem=one.problem)
            for job, one in done
            if isinstance(one, Fault)
        ),
        problems=sum(sum(one.problems.values()) for one in read),
        seconds=time.monotonic() - started,
        output=output,
    )


def _tell(pages: PagesResult, reporter: Reporter) -> None:
    for one in pages.failed[:_TOLD]:
        reporter(Note(text=f"{one.source}: {one.problem}", level="warning"))
    if len(pages.failed) > _TOLD:
        more = len(pages.failed) - _TOLD
        reporter(Note(text=f"{more} more failed; done.jsonl names them", level="warning"))
