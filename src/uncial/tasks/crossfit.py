"""Models of folds: each line is held out from one of them, which reads it unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from uncial.data.folds import deal_folds, write_fold
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """One model and the lines that it never saw.

    Attributes:
        rows: Held out.
        result: Of its training.
    """

    rows: NDArray[np.int64]
    result: TrainResult


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
        if done.exists():
            result = resolve(TrainResult, json.loads(done.read_text(encoding="utf-8")))
        else:
            write_fold(store, np.setdiff1d(every, held_out), held_out, lines)
            result = train(own, told)
        if result.ended != "interrupted":
            write_atomically(done, json.dumps(as_json(result)).encode())
        yield Fold(rows=held_out, result=result)
        if result.ended == "interrupted":
            return
        config = _with_stretch(config, result)


def _with_stretch(config: TrainConfig, result: TrainResult) -> TrainConfig:
    """The config with the stretch that a fold has worked out; a base fixes it anyway."""
    from uncial.formats.models import native

    if config.start.base is not None or config.network.stretch != "auto":
        return config
    preprocessing = native.unpack(result.model.read_bytes()).preprocessing
    if preprocessing.style == "tesseract":
        return config
    return replace(config, network=replace(config.network, stretch=preprocessing.stretch))
