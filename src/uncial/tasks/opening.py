"""What a training run is made of: told anew, or by the folder of the run that goes on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from uncial.archive import ModelArchive
from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError
from uncial.formats.models import native
from uncial.formats.models.kinds import is_pretrained
from uncial.models.cores import cores
from uncial.progress import Reporter
from uncial.tasks.base import as_json
from uncial.tasks.base import resolve as read_options
from uncial.tasks.baseset import lines_of_run
from uncial.tasks.ingest import open_lines
from uncial.tasks.synthesis import is_recipe, recipe_store
from uncial.training.basis import MaterialConfig, RetainConfig, StartConfig
from uncial.training.checkpoint import write_atomically
from uncial.training.config import TrainConfig
from uncial.training.folder import RunFolder
from uncial.training.settings import Settings, resolve
from uncial.training.start import open_base
from uncial.training.team import Team, check_shares


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What a run is made of: told anew, or by its folder.

    Attributes:
        fresh: Whether no step was done yet.
    """

    config: TrainConfig
    settings: Settings
    store: LineStore
    base: ModelArchive | None
    fresh: bool


def going_on(config: TrainConfig, folder: RunFolder, team: Team) -> TrainConfig:
    """The config of a process that torchrun began anew: it resumes the run that there is."""
    if team.size > 1 and config.folds:
        raise ConfigError(
            "folds are trained one after the other, each in one process",
            remedy="leave out the folds, or torchrun",
        )
    again = team.restarts > 0 and folder.settings.exists()
    return replace(config, resume=True) if again else config


def opened_by(team: Team, config: TrainConfig, folder: RunFolder, reporter: Reporter) -> Opened:
    """What the first process opened, by its folder in the others."""
    if team.leads:
        opened = _opened(config, folder, reporter, team)
        team.told(opened.fresh)
        return opened
    fresh = bool(team.told(None))
    return replace(_opened(replace(config, resume=True), folder, reporter, team), fresh=fresh)


def _opened(config: TrainConfig, folder: RunFolder, reporter: Reporter, team: Team) -> Opened:
    """Config, settings and lines of a new run, or those that a run was started with."""
    if not config.resume:
        if not config.data:
            raise ConfigError("no ground truth was given", remedy="name a folder, table or list")
        folder.refuse_existing()
        base = open_base(config.start, reporter)
        threads = (team.threads(config.threads) or cores()) * team.size
        settings = resolve(config, threads, base)
        check_shares(team, settings.batches)
        store = _lines_of(config, folder, reporter)
        config = replace(
            config,
            data=tuple(path.resolve() for path in config.data),
            material=_resolved(config.material),
            start=_kept_base(config.start, folder, base),
            retain=_found_base_set(config),
        )
        told = {"config": as_json(config), "settings": settings.to_json()}
        folder.create({**told, "data": {"fingerprint": store.fingerprint, "lines": store.splits}})
        return Opened(config=config, settings=settings, store=store, base=base, fresh=True)
    told = folder.reopen()
    first = read_options(TrainConfig, told["config"])
    store = _lines_of(first, folder, reporter)
    if store.fingerprint != told["data"]["fingerprint"]:
        raise DataError(
            f"the lines of the run in {folder.path} have changed since it was started",
            remedy="put the old files back, or start a new run",
        )
    fresh = not folder.checkpoint.exists()  # it was ended before the first step
    if fresh:
        folder.rewind_events(0)
    return Opened(
        config=first,
        settings=Settings.from_json(told["settings"]),
        store=store,
        base=open_base(first.start),
        fresh=fresh,
    )


def _lines_of(config: TrainConfig, folder: RunFolder, reporter: Reporter) -> LineStore:
    """The ground truth; of a recipe some lines, to plan with and to validate on."""
    if len(config.data) == 1 and is_recipe(config.data[0]):
        return recipe_store(config.data[0], folder.lines, config.seed, reporter)
    return open_lines(
        config.data,
        seed=config.seed,
        workdir=folder.lines,
        go_on=config.go_on,
        reporter=reporter,
    )


def _kept_base(config: StartConfig, folder: RunFolder, base: ModelArchive | None) -> StartConfig:
    """The start with copies of its models in the run folder, so that it can be resumed."""
    if base is not None and config.base is not None and is_pretrained(config.base):
        folder.path.mkdir(parents=True, exist_ok=True)
        copy = folder.path.resolve() / "base.safetensors"
        write_atomically(copy, native.pack(base))
        return replace(config, base=copy)

    def kept(path: Path | None, name: str) -> Path | None:
        if path is None:
            return None
        folder.path.mkdir(parents=True, exist_ok=True)
        copy = folder.path.resolve() / f"{name}{path.suffix}"
        shutil.copyfile(path, copy)
        return copy

    return replace(
        config, base=kept(config.base, "base"), traineddata=kept(config.traineddata, "charset")
    )


def _resolved(material: MaterialConfig) -> MaterialConfig:
    return replace(material, synthetic=tuple(path.resolve() for path in material.synthetic))


def _found_base_set(config: TrainConfig) -> RetainConfig:
    """What keeps the base, with the lines of the base's own run where none are named."""
    retain = config.retain
    lines = tuple(path.resolve() for path in retain.base_set)
    if config.start.base is not None and not lines and retain.source in ("auto", "lines"):
        lines = lines_of_run(config.start.base)
    return replace(retain, base_set=lines)
