"""The verbs on a shard: its files fetched, the same functions as everywhere called, results stored.

What is made ready once (a model opened, a recipe read) serves every shard of a process.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from uncial.errors import FormatError, UncialError
from uncial.models.cores import Backend
from uncial.pipeline.crew import Fault
from uncial.pipeline.places import Place
from uncial.pipeline.shards import Plan, Shard, ShardDone
from uncial.tasks.base import as_json, resolve

if TYPE_CHECKING:
    from uncial.tasks.ingest import IngestConfig
    from uncial.tasks.recognize import RecognizeConfig
    from uncial.tasks.segment import SegmentConfig
    from uncial.tasks.synthesize import SynthesizeConfig

Verb = Literal["recognize", "segment", "ingest", "synthesize"]
VERBS: tuple[Verb, ...] = get_args(Verb)
_TOGETHER = 4  # files of pages whose lines share batches
_MIB = 2**20 if sys.platform == "darwin" else 2**10  # of what the system counts memory in
_WORKPLACE = {"images", "sources", "output", "overwrite", "processes", "threads", "workers"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the sources of a shard.

    Attributes:
        results: Files written, relative to the folder for them, by source.
        failed: Why a source has no result.
        units: Pages or lines, whatever the verb counts.
        lines: Lines among them.
    """

    results: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    units: int = 0
    lines: int = 0


Act = Callable[[int], Outcome]
"""Does what a shard with a number asks for, in the folders that it was made for."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be done with each shard.

    Attributes:
        verb: The task.
        options: Its options, without what the place of work decides.
        source: Path or URL of the sources; of synthesize the recipe.
        output: Path or URL for the results.
        backend: Of recognize: what computes the model, the same in every process.
    """

    verb: Verb
    options: Mapping[str, Any]
    source: str
    output: str
    backend: Backend = "auto"

    def config(self, inside: Path, outside: Path) -> Any:  # noqa: ANN401
        """The config of the verb for a folder of sources and one for results.

        Raises:
            ConfigError: There are unknown or mistyped options.
        """
        return _CONFIGS[self.verb](self, inside, outside)

    def facts(self) -> dict[str, Any]:
        """What the results are of: options, and the content of the files that they name.

        Raises:
            ConfigError: There are unknown or mistyped options, or no such model.
        """
        from uncial import __version__

        config = self.config(Path("in"), Path("out"))
        told = {name: value for name, value in as_json(config).items() if name not in _WORKPLACE}
        named = [getattr(config, name, None) for name in ("model", "segmenter", "recipe")]
        files = [path for path in named if isinstance(path, Path)]
        return {
            "verb": self.verb,
            "source": self.source,
            "uncial": __version__,
            "options": told,
            "sha256": [hashlib.sha256(path.read_bytes()).hexdigest() for path in files],
        }

    def __call__(self) -> ShardWork:
        """Make a process ready."""
        return ShardWork(self)


class ShardWork:
    """Works on shards; what is wrong with one is told and ends nothing.

    Args:
        order: What is to be done.

    Raises:
        UncialError: The process cannot be made ready.
    """

    def __init__(self, order: Order) -> None:
        self._source = Place(order.source)
        self._plan = Plan(Place(order.output), 0)
        self._scratch = Path(tempfile.gettempdir()) / f"uncial-shard-{uuid.uuid4().hex}"
        self._inside, self._outside = self._scratch / "in", self._scratch / "out"
        self._act = _ACTS[order.verb](order.config(self._inside, self._outside), order)

    def __call__(self, numbers: Sequence[int]) -> list[ShardDone | Fault]:
        """Work on some shards, those left out that somebody finished."""
        return [self._plan.done(number) or self._worked(number) for number in numbers]

    def _worked(self, number: int) -> ShardDone | Fault:
        started, cpu = time.monotonic(), time.process_time()
        try:
            self._fetch(self._plan.shard(number))
            outcome = self._act(number)
            size = self._plan.place.store(self._outside)
            done = ShardDone(
                number=number,
                results=outcome.results,
                failed=outcome.failed,
                units=outcome.units,
                lines=outcome.lines,
                seconds=round(time.monotonic() - started, 3),
                cpu_seconds=round(time.process_time() - cpu, 3),
                mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB, 1),
                size=size,
            )
            self._plan.finish(done)
        except UncialError as error:
            return Fault(error.problem)
        except Exception as error:  # of ten thousand shards none may end the others
            return Fault(f"{type(error).__name__}: {error}")
        finally:
            shutil.rmtree(self._scratch, ignore_errors=True)
        return done

    def _fetch(self, shard: Shard) -> None:
        for folder in (self._inside, self._outside):
            folder.mkdir(parents=True)
        self._source.fetch(shard.files, self._inside)


def _recognize_config(order: Order, inside: Path, outside: Path) -> RecognizeConfig:
    from uncial.tasks.recognize import RecognizeConfig

    place = {"images": [str(inside)], "output": str(outside), "pages": True, "processes": 1}
    return resolve(RecognizeConfig, order.options, place)


def _segment_config(order: Order, inside: Path, outside: Path) -> SegmentConfig:
    from uncial.tasks.segment import SegmentConfig

    place = {"images": [str(inside)], "output": str(outside), "threads": 1}
    return resolve(SegmentConfig, order.options, place)


def _ingest_config(order: Order, inside: Path, outside: Path) -> IngestConfig:
    from uncial.tasks.ingest import IngestConfig

    whole = {"validation": 0.0, "test": 0.0}  # splits are drawn when the stores are put together
    place = {"sources": [str(inside)], "output": str(outside)}
    return resolve(IngestConfig, whole, order.options, place)


def _synthesize_config(order: Order, _: Path, outside: Path) -> SynthesizeConfig:
    from uncial.tasks.synthesize import SynthesizeConfig

    place = {"recipe": order.source, "output": str(outside), "workers": 0}
    return resolve(SynthesizeConfig, order.options, place)


_CONFIGS: Mapping[Verb, Callable[[Order, Path, Path], Any]] = {
    "recognize": _recognize_config,
    "segment": _segment_config,
    "ingest": _ingest_config,
    "synthesize": _synthesize_config,
}


def _recognizing(config: RecognizeConfig, order: Order) -> Act:
    from uncial.pipeline.backends import choose
    from uncial.progress import silent
    from uncial.tasks.pageplan import facts_of, page_jobs
    from uncial.tasks.pagewise import Hire
    from uncial.tasks.recognize import page_run

    run = page_run(config)
    choice = choose(run.model, order.backend, 0, silent)
    read = Hire(config=run, choice=choice, facts=facts_of(run))()

    def act(_: int) -> Outcome:
        results, failed, units, lines = {}, {}, 0, 0
        try:
            jobs = page_jobs(run)
        except FormatError as error:  # no page among its files
            return Outcome(failed={path.name: error.problem for path in run.images})
        for at in range(0, len(jobs), _TOGETHER):
            some = jobs[at : at + _TOGETHER]
            for job, done in zip(some, read(some), strict=True):
                name = job.path.relative_to(job.root).as_posix()
                if isinstance(done, Fault):
                    failed[name] = done.problem
                    continue
                results[name] = list(done.files)
                units, lines = units + len(done.files), lines + done.lines
        return Outcome(results=results, failed=failed, units=units, lines=lines)

    return act


def _segmenting(config: SegmentConfig, _: Order) -> Act:
    from uncial.models.finder import open_finder
    from uncial.tasks.segment import model_of, segment_with

    segmenter = open_finder(model_of(config))
    [inside], outside = config.images, config.output

    def act(_: int) -> Outcome:
        results: dict[str, list[str]] = {}
        failed: dict[str, str] = {}
        lines = 0
        for images in _of_one_name(inside):
            folder = images[0].parent.relative_to(inside)
            names = {str(path): path.relative_to(inside).as_posix() for path in images}
            try:
                found = segment_with(
                    segmenter, replace(config, images=images, output=outside / folder)
                )
            except UncialError as error:
                failed |= dict.fromkeys(names.values(), error.problem)
                continue
            for page in found.pages:
                results[names[str(page.image)]] = [page.file.relative_to(outside).as_posix()]
                lines += page.lines
            failed |= {names[path]: problem for path, problem in found.failed.items()}
        return Outcome(results=results, failed=failed, units=len(results), lines=lines)

    return act


def _of_one_name(inside: Path) -> list[tuple[Path, ...]]:
    """The images below a folder; those that differ in their suffix only are together."""
    from uncial.formats.pages.places import is_page_image

    found = defaultdict(list)
    for path in sorted(inside.rglob("*")):
        if path.is_file() and is_page_image(path.name):
            found[path.with_suffix("")].append(path)
    return [tuple(paths) for paths in found.values()]


def _ingesting(config: IngestConfig, _: Order) -> Act:
    from uncial.tasks.ingest import ingest

    def act(number: int) -> Outcome:
        name = _store_name(number)
        made = ingest(replace(config, output=config.output / name))
        left_out = {code: f"{count} lines" for code, count in made.left_out.items()}
        return Outcome(results={name: [name]}, failed=left_out, units=made.lines, lines=made.lines)

    return act


def _synthesizing(config: SynthesizeConfig, _: Order) -> Act:
    import numpy as np

    from uncial.tasks.synthesize import synthesize

    def act(number: int) -> Outcome:
        name = _store_name(number)
        drawn = np.random.SeedSequence((config.seed, number)).generate_state(1)
        made = synthesize(replace(config, output=config.output / name, seed=int(drawn[0])))
        lines = sum(made.lines.values())
        return Outcome(results={name: [name]}, units=lines, lines=lines)

    return act


def _store_name(number: int) -> str:
    return f"lines-{number:06d}"


_ACTS: Mapping[Verb, Callable[[Any, Order], Act]] = {
    "recognize": _recognizing,
    "segment": _segmenting,
    "ingest": _ingesting,
    "synthesize": _synthesizing,
}
