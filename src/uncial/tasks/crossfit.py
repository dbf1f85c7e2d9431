"""Models of folds: each line is held out from one of them, which reads it unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from uncial.data.folds import deal_folds, write_fold
from uncial.errors import ConfigError
from uncial.progress import Note, Reporter
from uncial.tasks.base import as_json, resolve
from uncial.training.checkpoint import write_atomically
from uncial.training.config import TrainConfig
from uncial.training.folder import RunFolder
from uncial.training.result import TrainResult

if TYPE_CHECKING:
    from uncial.data.store import LineStore

TrainOne = Callable[[TrainConfig, Reporter], TrainResult]
"""The task that trains one model."""

_RESULT = "result.json"
_LENGTH = ("preset", "minutes", "steps", "epochs", "seed", "normalization")
"""Options that make a fold another one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """One model and the lines that it never saw.

    Attributes:
        rows: Held out.
        result: Of its training.
    """

    rows: NDArray[np.int64]
    result: TrainResult


@dataclass(frozen=True, kw_only=True)
class FoldsKept:
    """How the lines of models that vote were dealt; kept in their file.

    Attributes:
        folds: How many.
        seed: Dealt them.
        fingerprint: Of all lines.
    """

    folds: int
    seed: int
    fingerprint: str

    @classmethod
    def of(cls, metadata: dict[str, Any], store: LineStore) -> FoldsKept | None:
        """What a vote's metadata hold; None if its models were trained on other lines."""
        kept = metadata.get("folds")
        found = cls(**kept) if isinstance(kept, dict) else None
        return found if found is not None and found.fingerprint == store.fingerprint else None

    def unseen(self, store: LineStore) -> list[NDArray[np.int64]]:
        """Rows that each of the models never saw."""
        return deal_folds(store, fold_pool(store), self.folds, self.seed)[0]


def fold_pool(store: LineStore) -> NDArray[np.int64]:
    """Rows that folds are dealt from: of training and validation."""
    return np.sort(np.concatenate([store.split("train"), store.split("validation")]))


def cross_fit(
    store: LineStore,
    rows: Sequence[int] | NDArray[np.int64],
    config: TrainConfig,
    train: TrainOne,
    told: Reporter,
) -> Iterator[Fold]:
    """Train a model on all folds but one, for each in turn; those that are done are not repeated.

    The lines of all are stretched as those of the first, so that like goes with like.

    Args:
        store: Holds the lines.
        rows: Lines to deal into folds.
        config: Of each training; its minutes and folds are those of all, its output the folder
            for the folds. Lines are taken from the store.
        train: Trains one model.
        told: Told of everything.

    Raises:
        ConfigError: A fold in the folder was begun with other lines or options.
    """
    folds, unit = deal_folds(store, rows, config.folds, config.seed)
    told(Note(text=f"{config.folds} folds, dealt by {unit}"))
    every = np.sort(np.concatenate(folds))
    for number, held_out in enumerate(folds, start=1):
        folder = RunFolder(config.output.resolve() / f"fold-{number}")
        told(Note(text=f"fold {number} of {config.folds}: {len(held_out)} lines held out"))
        lines = folder.path / "held-out"
        own = replace(
            config,
            data=(lines,),
            output=folder.path,
            folds=0,
            minutes=config.minutes / config.folds,
            seed=config.seed + number - 1,
            resume=folder.settings.exists(),
        )
        done = folder.path / _RESULT
        fold = write_fold(store, np.setdiff1d(every, held_out), held_out, lines)
        if folder.settings.exists():
            _refuse_another(folder, own, fold.fingerprint)
        if done.exists():
            result = resolve(TrainResult, json.loads(done.read_text(encoding="utf-8")))
        else:
            result = train(own, told)
        if result.ended != "interrupted":
            write_atomically(done, json.dumps(as_json(result)).encode())
        yield Fold(rows=held_out, result=result)
        if result.ended == "interrupted":
            return
        config = _with_stretch(config, result)


def _refuse_another(folder: RunFolder, config: TrainConfig, fingerprint: str) -> None:
    """Make sure that a fold begun earlier is the one that is wanted now."""
    begun, wanted = folder.reopen(), as_json(config)
    differing = [name for name in _LENGTH if begun["config"].get(name) != wanted[name]]
    if begun["data"]["fingerprint"] != fingerprint:
        differing.insert(0, "lines")
    if differing:
        raise ConfigError(
            f"{folder.path} was begun with other {' and '.join(differing)}",
            remedy="name another folder, or give the same lines and options again",
        )


def _with_stretch(config: TrainConfig, result: TrainResult) -> TrainConfig:
    """The config with the stretch that a fold has worked out; a base fixes it anyway."""
    from uncial.formats.models import native

    if config.start.base is not None or config.network.stretch != "auto":
        return config
    preprocessing = native.unpack(result.model.read_bytes()).preprocessing
    if preprocessing.style == "tesseract":
        return config
    return replace(config, network=replace(config.network, stretch=preprocessing.stretch))
