"""The verb *models*: public catalogues searched, fetched from and published to; models ranked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError, InputError
from uncial.progress import Note, Reporter, silent
from uncial.tasks.publishing import PublishConfig, PublishResult, publish
from uncial.tasks.ranking import RankConfig, RankResult, rank

if TYPE_CHECKING:
    from uncial.catalogue.entry import Entry

_CONFIG: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, kw_only=True)
class FindConfig:
    """What models to look for; what is empty asks for nothing."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG
    catalogue: str = ""
    """Of find: htrmopo, hf or tessdata alone; empty for all."""
    script: str = ""
    """Of find: ISO 15924 code, such as Latn, Latf or Arab."""
    language: str = ""
    """Of find: ISO 639 code, such as deu."""
    kind: str = ""
    """Of find: recognition, segmentation or reading order."""
    licence: str = ""
    """Of find: how the licence begins, such as cc-by or apache."""
    unreadable: bool = False
    """Of find: list models, too, that cannot be read here."""


@dataclass(frozen=True, kw_only=True)
class ModelsConfig:
    """What to do with models, and with which."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG
    action: Literal["find", "show", "get", "publish", "rank"]
    """find: models in public catalogues; show: what one is; get: fetch some; publish: prepare and
    upload one of yours; rank: the models of a folder by the CER on your lines."""
    names: tuple[str, ...] = ()
    """Of find words; of show and get names, such as htrmopo:10.5281/zenodo.7547438, hf:OWNER/NAME
    or tessdata:deu_latf; of publish a model file; of rank your lines: line store, or any ground
    truth that can be ingested."""
    output: Path | None = None
    """Of get: folder for the models, which else stay in the cache; of publish: folder for what
    would be sent."""
    anew: bool = False
    """Ask catalogues anew instead of going by what they said within a day."""
    find: FindConfig = field(default_factory=FindConfig)
    """What to look for."""
    publish: PublishConfig = field(default_factory=PublishConfig)
    """How to publish."""
    rank: RankConfig = field(default_factory=RankConfig)
    """What to rank."""


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """A model in a catalogue; fields as in `uncial.catalogue.entry.Entry`.

    Attributes:
        size: Bytes of its model files; 0 where nothing says.
        readable: Whether it is of a kind that is read here.
        files: Names of all its files.
        card: Its description, of a single one.
    """

    name: str
    title: str
    kinds: tuple[str, ...]
    scripts: tuple[str, ...]
    languages: tuple[str, ...]
    licence: str
    authors: tuple[str, ...]
    date: str
    software: str
    metrics: dict[str, float]
    size: int
    readable: bool
    files: tuple[str, ...]
    card: str = ""


@dataclass(frozen=True, kw_only=True)
class FoundResult:
    """Models that were found or shown."""

    found: tuple[ListedModel, ...]


@dataclass(frozen=True, kw_only=True)
class FetchedResult:
    """Models that were fetched: the path of each by its name."""

    fetched: dict[str, Path]


def models(
    config: ModelsConfig, reporter: Reporter = silent
) -> FoundResult | FetchedResult | PublishResult | RankResult:
    """Find, show, fetch and publish models of public catalogues, or rank those of a folder.

    Catalogues are HTRMoPo on Zenodo, the Hugging Face hub and Tesseract's own models. A model of
    one can also be named wherever a command takes a model: it is fetched when it is first used.
    Publishing sends nothing unless it is told to upload.

    Raises:
        ConfigError: Something is named that there is not, or a card says too little.
        InputError: A catalogue cannot be reached, or has something else than it promises.
    """
    if config.action == "rank":
        return rank([Path(name) for name in config.names], config.rank, reporter)
    if config.action == "publish":
        if len(config.names) != 1:
            raise ConfigError("one model is published at a time", remedy="name its file")
        return publish(Path(config.names[0]), config.publish, config.output, reporter)
    if config.action == "find":
        return FoundResult(found=tuple(_found(config, reporter)))
    if not config.names:
        raise ConfigError("no model is named", remedy="name one that uncial models find lists")
    if config.action == "show":
        return FoundResult(found=tuple(_shown(config, reporter)))
    return FetchedResult(fetched=dict(_fetched(config, reporter)))


def _found(config: ModelsConfig, reporter: Reporter) -> Iterator[ListedModel]:
    """Of every catalogue that can be reached."""
    from uncial.catalogue.answers import asking
    from uncial.catalogue.entry import CATALOGUES, Query

    told = config.find
    query = Query(
        words=config.names,
        script=told.script,
        language=told.language,
        kind=told.kind,
        licence=told.licence,
    )
    names = [told.catalogue] if told.catalogue else CATALOGUES.names()
    faults: list[InputError] = []
    for name in names:
        try:
            for entry in CATALOGUES.get(name).find(query, asking(reporter, anew=config.anew)):
                if query.holds(entry) and (told.unreadable or _is_readable(entry)):
                    yield _listed(entry)
        except InputError as error:
            faults.append(error)
            reporter(Note(text=error.problem, level="warning"))
    if len(faults) == len(names):
        raise faults[0]


def _shown(config: ModelsConfig, reporter: Reporter) -> Iterator[ListedModel]:
    from uncial.catalogue.answers import asking
    from uncial.catalogue.local import entry_named

    for name in config.names:
        entry = entry_named(name, asking(reporter, anew=config.anew))
        yield _listed(entry, card=entry.card)


def _fetched(config: ModelsConfig, reporter: Reporter) -> Iterator[tuple[str, Path]]:
    from uncial.catalogue.answers import asking
    from uncial.catalogue.local import entry_named, fetched

    for name in config.names:
        called, _, file = name.partition("#")
        entry = entry_named(called, asking(reporter, anew=config.anew))
        path = fetched(called, entry, file, reporter)
        yield name, path if config.output is None else _copied(path, config.output)


def _copied(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
        return target
    temporary = target.with_name(f".{target.name}.part")
    shutil.copyfile(path, temporary)
    return temporary.replace(target)


def _is_readable(entry: Entry) -> bool:
    return bool(entry.models) or entry.is_checkpoint


def _listed(entry: Entry, card: str = "") -> ListedModel:
    files = entry.models or entry.files
    return ListedModel(
        name=entry.name,
        title=entry.title,
        kinds=entry.kinds,
        scripts=entry.scripts,
        languages=entry.languages,
        licence=entry.licence,
        authors=entry.authors,
        date=entry.date,
        software=entry.software,
        metrics=entry.metrics,
        size=sum(file.size for file in files),
        readable=_is_readable(entry),
        files=tuple(file.name for file in entry.files),
        card=card,
    )
