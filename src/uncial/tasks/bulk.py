"""The verb *bulk*: another verb on millions of files, in shards, on this machine or a cluster."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.tasks.shardwork import Verb

if TYPE_CHECKING:
    from uncial.models.cores import Backend
    from uncial.pipeline.crew import Finished
    from uncial.pipeline.places import Place
    from uncial.pipeline.shards import Plan, Shard, ShardDone
    from uncial.tasks.shardwork import Order

_TOLD = 20  # failures spelled out
_LINES_A_PAGE = 30  # by which the backend is chosen before any page was seen
_MODELS = ("model", "segmenter")  # options that are models, by path or name


@dataclass(frozen=True, kw_only=True)
class BulkConfig:
    """What to do, to what, and where."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    verb: Verb
    """recognize: pages to text; segment: page images to files of their lines; ingest: lines with
    ground truth to line stores; synthesize: line stores of a recipe."""
    source: str
    """Folder of the files, as a path or a URL that fsspec knows (s3://bucket/pages); of synthesize
    the recipe. Files that belong together have one name up to the first dot."""
    output: str
    """Folder for the results, as a path or URL. A run that was stopped goes on there."""
    options: Path | None = None
    """TOML file with options of the verb, as its own --config takes it."""
    model: Path | None = None
    """Model file, where the verb takes one; every machine must find it there."""
    shard: int = 100
    """Sources that are worked on at once, written down together, and lost when a process dies."""
    shards: int = 0
    """Work on this many shards in this run; 0 takes all. Of synthesize how many there are."""
    runner: Literal["local", "ray"] = "local"
    """local: processes of this machine; ray: actors of Ray Data, here or on a cluster."""
    address: str = ""
    """Of Ray's cluster; empty begins one on this machine."""
    processes: int = 0
    """Processes, one core each; 0 takes every core of the machine or cluster."""
    plan: int = 0
    """Say what this many pages (or lines, of ingest and synthesize) would take, by the shards that
    are done; with --shards a sample is enough."""
    cores: int = 0
    """Of the plan: how many cores there would be; 0 takes those of this run."""
    price: float = 0.0
    """Of the plan: what a core costs for an hour, in any currency."""

    def __post_init__(self) -> None:
        if self.shard < 1 or min(self.shards, self.plan, self.cores, self.price) < 0:
            raise ConfigError(
                "the numbers of sources, shards, cores and their price must not be negative",
                remedy="give numbers from 0, and shards of at least 1 source",
            )
        if self.verb == "synthesize" and not self.shards:
            raise ConfigError(
                "synthesize makes shards without end", remedy="say how many, with --shards"
            )


@dataclass(frozen=True, kw_only=True)
class BulkPlan:
    """What much work would take, by a measured sample.

    Attributes:
        units: Pages or lines that were asked about.
        sample: How many were measured.
        cpu_seconds: Processor time for one, mean.
        cpu_seconds_ci95: Its 95 % interval over the shards; None of a single shard.
        core_hours: Processor time for all.
        cores: How many would work.
        hours: Wall time with these, each always at work.
        cost: Of the core hours, in the currency of the price; None without a price.
        gigabytes: Results, 10⁹ bytes.
        mib: Memory that one process needs, MiB.
    """

    units: int
    sample: int
    cpu_seconds: float
    cpu_seconds_ci95: tuple[float, float] | None
    core_hours: float
    cores: int
    hours: float
    cost: float | None
    gigabytes: float
    mib: float


@dataclass(frozen=True, kw_only=True)
class BulkResult:
    """How far the work is.

    Attributes:
        output: Where the results lie, with their manifests in the folder ``bulk``.
        shards: How many there are.
        finished: How many are done, those of earlier runs included.
        units: Pages or lines with a result.
        failed: How many sources have none, though their shard is done; manifests say why.
        broken: Why shards could not be done, by number; the next run tries them again.
        seconds: Wall time of this run.
        cpu_seconds: Processor time of all shards that are done.
        plan: If one was asked for.
    """

    output: str
    shards: int
    finished: int
    units: int
    failed: int
    broken: dict[int, str]
    seconds: float
    cpu_seconds: float
    plan: BulkPlan | None = None


def bulk(config: BulkConfig, reporter: Reporter = silent) -> BulkResult:
    """Do what recognize, segment, ingest or synthesize does, to any number of files.

    The sources are dealt out to shards. A shard is done when its manifest says so, which is written
    after its results, so every page has its result once, whatever dies meanwhile: a process, or
    the whole run, which then goes on where it stood. The same functions work on this machine
    and, with the extra ray, on a cluster.

    Raises:
        ConfigError: Options contradict each other, or the output holds results of something else.
        FormatError: A model or recipe cannot be used.
    """
    started = time.monotonic()
    from uncial.extras import explained
    from uncial.models.cores import cores
    from uncial.pipeline.crew import Fault

    order = _order(config, reporter)
    with explained():
        plan = _planned(config, order, reporter)
    finished = plan.finished()
    left = [number for number in range(plan.count) if number not in finished]
    if finished:
        reporter(Note(text=f"{len(finished)} of {plan.count} shards were done before"))
    left = left[: config.shards or None]
    broken: dict[int, str] = {}
    if left:
        order = _chosen(config, order, plan, reporter)
    for at, one in enumerate(_worked(config, order, left), start=1):
        if isinstance(one.result, Fault):
            broken[one.job] = one.result.problem
            if len(broken) <= _TOLD:
                text = f"shard {one.job}: {one.result.problem}"
                reporter(Note(text=text, level="warning"))
        reporter(Advanced(stage="bulk", done=at, total=len(left), unit="shards"))
    done = [told for number in sorted(plan.finished()) if (told := plan.done(number))]
    used = config.cores or config.processes or cores()
    return BulkResult(
        output=config.output,
        shards=plan.count,
        finished=len(done),
        units=sum(one.units for one in done),
        failed=sum(len(one.failed) for one in done),
        broken=broken,
        seconds=time.monotonic() - started,
        cpu_seconds=sum(one.cpu_seconds for one in done),
        plan=planned(done, config.plan, used, config.price) if config.plan else None,
    )


def planned(done: Sequence[ShardDone], units: int, cores: int, price: float) -> BulkPlan:
    """What some pages or lines would take, by shards that are done.

    Args:
        done: The sample.
        units: Pages or lines that are asked about.
        cores: How many would work.
        price: Of a core for an hour; 0 leaves out the cost.

    Raises:
        ConfigError: The sample is empty.
    """
    measured = [one for one in done if one.units]
    sample = sum(one.units for one in measured)
    if not sample:
        raise ConfigError(
            "nothing was done yet that a plan could be made by",
            remedy="work on a few shards, with --shards 4",
        )
    mean = sum(one.cpu_seconds for one in measured) / sample
    interval = None
    if len(measured) > 1:
        share = sample / len(measured)  # units of a shard, of a ratio of two sums
        off = [(one.cpu_seconds - mean * one.units) / share for one in measured]
        spread = sum(value * value for value in off) / (len(off) - 1)
        margin = 1.96 * math.sqrt(spread / len(off))
        interval = (max(0.0, mean - margin), mean + margin)
    hours = units * mean / 3600
    return BulkPlan(
        units=units,
        sample=sample,
        cpu_seconds=mean,
        cpu_seconds_ci95=interval,
        core_hours=hours,
        cores=cores,
        hours=hours / cores,
        cost=hours * price if price else None,
        gigabytes=units * sum(one.size for one in measured) / sample / 1e9,
        mib=max(one.mib for one in measured),
    )


def _order(config: BulkConfig, reporter: Reporter) -> Order:
    """What is to be done, with models as files that processes find wherever they are started."""
    from dataclasses import replace

    from uncial.tasks.base import read_config
    from uncial.tasks.named import with_local
    from uncial.tasks.shardwork import Order

    options = dict(read_config(config.options)) if config.options else {}
    if config.model is not None:
        options["model"] = str(config.model)
    source, output = (_absolute(place) for place in (config.source, config.output))
    order = Order(verb=config.verb, options=options, source=source, output=output)
    told = order.config(Path("in"), Path("out"))
    models = [name for name in _MODELS if isinstance(getattr(told, name, None), Path)]
    told = with_local(told, *models, reporter=reporter)
    named = {name: str(getattr(told, name).absolute()) for name in models}
    return replace(order, options={**options, **named})


def _absolute(place: str) -> str:
    """A place as every process finds it, wherever it was started."""
    return place if "://" in place or "::" in place else str(Path(place).absolute())


def _planned(config: BulkConfig, order: Order, reporter: Reporter) -> Plan:
    """The plan of an earlier run, or a new one."""
    from uncial.pipeline.places import Place
    from uncial.pipeline.shards import Plan

    place = Place(order.output)
    facts = {**order.facts(), "shard": config.shard}
    if config.verb == "synthesize":
        facts["shards"] = config.shards
    found = Plan.found(place, facts)
    if found is None:
        found = Plan.made(place, facts, _shards(config, Place(order.source)))
        reporter(Note(text=f"{found.count} shards"))
    if not found.count:
        raise ConfigError(f"{config.source}: there is no file in it", remedy="name another folder")
    return found


def _shards(config: BulkConfig, source: Place) -> Iterator[Shard]:
    from uncial.formats.lines.listing import SPLIT_LISTS
    from uncial.pipeline.shards import Shard, in_shards

    if config.verb == "synthesize":
        return (Shard(number) for number in range(config.shards))
    names = [name for name, _ in source.files()]
    if config.verb == "ingest":  # lists are about all shards
        names = [name for name in names if name.rpartition("/")[2] not in SPLIT_LISTS]
    return in_shards(names, config.shard)


def _chosen(config: BulkConfig, order: Order, plan: Plan, reporter: Reporter) -> Order:
    """The order with one backend for every process, measured here where there is much to read."""
    from dataclasses import replace

    from uncial.pipeline.backends import choose

    if config.verb != "recognize":
        return order
    told = order.config(Path("in"), Path("out"))
    lines = plan.count * config.shard * _LINES_A_PAGE
    backend: Backend = choose(told.model, told.backend, lines, reporter).backend
    return replace(order, backend=backend)


def _worked(config: BulkConfig, order: Order, left: list[int]) -> Iterator[Finished[int, Any]]:
    """Shards as they are done, by processes of this machine or by actors of Ray."""
    from uncial.extras import explained
    from uncial.models.cores import cores
    from uncial.pipeline import crew

    if not left:
        return iter(())
    if config.runner == "local":
        processes = min(config.processes or cores(), len(left))
        return crew.worked(left, order, processes=processes)
    with explained():
        import ray  # noqa: F401
    from uncial.pipeline import cluster

    return cluster.worked(left, order, processes=config.processes, address=config.address)
