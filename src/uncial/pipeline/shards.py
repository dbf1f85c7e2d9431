"""Work in shards: manifests of what goes in, results that are written once, and a plan of all.

::

    bulk/plan.json          what the results are of, and how many shards there are
    bulk/todo/000007.json   the sources of a shard, each with its files
    bulk/done/000007.json   what became of them; written after their results

A shard is done when its second manifest is there. Results have names that depend on their sources
alone, so a shard that was worked on twice, or by two processes at once, leaves the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from uncial.errors import ConfigError, FormatError
from uncial.pipeline.places import Place

FOLDER = "bulk"
_PLAN = f"{FOLDER}/plan.json"
_LAYOUTS = ("page", "alto")  # folders of page files, whose images lie above


@dataclass(frozen=True)
class Shard:
    """What is worked on at once.

    Attributes:
        number: From 0.
        sources: Names of the files that belong together, by source: an image with its page file or
            its transcription. Nothing for work that makes its own.
    """

    number: int
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """Names of all its files."""
        return [name for names in self.sources.values() for name in names]


@dataclass(frozen=True, kw_only=True)
class ShardDone:
    """What became of a shard.

    Attributes:
        number: Of the shard.
        results: Files written, by what they are of; none of what failed.
        failed: Why something has no result, by what it is.
        units: Pages or lines, whatever the work counts.
        lines: Lines among them.
        seconds: Wall time.
        cpu_seconds: Processor time.
        mib: Memory of the process at its peak so far, MiB.
        size: Bytes of the results.
    """

    number: int
    results: dict[str, list[str]]
    failed: dict[str, str]
    units: int
    lines: int
    seconds: float
    cpu_seconds: float
    mib: float
    size: int


@dataclass(frozen=True)
class Plan:
    """All shards of a place.

    Attributes:
        place: Where plan and results lie.
        count: How many shards there are.
    """

    place: Place
    count: int

    @classmethod
    def made(cls, place: Place, of: Mapping[str, Any], shards: Iterable[Shard]) -> Plan:
        """Write a plan down; it counts once it is complete.

        Args:
            place: For plan and results.
            of: What the results are of.
            shards: Numbered from 0.
        """
        count = 0
        for shard in shards:
            place.write(f"{FOLDER}/todo/{_name(shard.number)}", _packed(asdict(shard)))
            count += 1
        place.write(_PLAN, _packed({"of": dict(of), "shards": count}))
        return cls(place, count)

    @classmethod
    def found(cls, place: Place, of: Mapping[str, Any]) -> Plan | None:
        """The plan that an earlier run made; None where there is none.

        Raises:
            ConfigError: It is about something else.
        """
        try:
            told = _unpacked(place.read(_PLAN), place)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if told.get("of") != json.loads(_packed(dict(of))):
            raise ConfigError(
                f"{place.url}: holds results of other sources, another model or other options",
                remedy="name another folder",
            )
        return cls(place, int(told["shards"]))

    def shard(self, number: int) -> Shard:
        """The sources of a shard."""
        told = self.place.read(f"{FOLDER}/todo/{_name(number)}")
        return Shard(**_unpacked(told, self.place))

    def finished(self) -> set[int]:
        """Numbers of the shards that are done."""
        names = self.place.names(f"{FOLDER}/done")
        return {int(name.partition(".")[0]) for name in names}

    def done(self, number: int) -> ShardDone | None:
        """What became of a shard; None while it is not done."""
        try:
            told = self.place.read(f"{FOLDER}/done/{_name(number)}")
        except FileNotFoundError:
            return None
        return ShardDone(**_unpacked(told, self.place))

    def finish(self, done: ShardDone) -> None:
        """Write down that a shard is done; its results must be there."""
        self.place.write(f"{FOLDER}/done/{_name(done.number)}", _packed(asdict(done)))


def in_shards(names: Iterable[str], size: int) -> Iterator[Shard]:
    """Files dealt out to shards, those that belong together into one.

    They do if they lie in one folder and have the same name up to its first dot; page files may
    lie in a folder ``page`` or ``alto`` below their images.

    Args:
        names: Relative to their place.
        size: Sources of a shard.
    """
    ordered = sorted(names, key=lambda name: (_source(name), name))
    sources = [(source, tuple(group)) for source, group in groupby(ordered, _source)]
    for number, at in enumerate(range(0, len(sources), size)):
        yield Shard(number, dict(sources[at : at + size]))


def _source(name: str) -> str:
    path = PurePosixPath(name)
    folder = path.parent.parent if path.parent.name.lower() in _LAYOUTS else path.parent
    return (folder / path.name.partition(".")[0]).as_posix()


def _name(number: int) -> str:
    return f"{number:06d}.json"


def _packed(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def _unpacked(data: bytes, place: Place) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except ValueError as error:
        raise FormatError(
            f"{place.url}: a manifest of its bulk work is damaged: {error}",
            remedy=f"remove the folder {FOLDER} there and begin again",
        ) from error
    return dict(told)
