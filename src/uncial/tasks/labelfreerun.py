"""A run without ground truth, opened: its lines, recipe, language and guards."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError
from uncial.formats.lm.opening import open_ngrams, packed
from uncial.progress import Event, Metric, Note, Reporter, silent
from uncial.tasks.base import as_json, resolve
from uncial.tasks.ingest import open_lines
from uncial.tasks.rounds import Watcher
from uncial.tasks.synthesis import is_recipe, open_synthesizer, read_recipe
from uncial.tasks.unlabeled import language_of, like_them, unlabeled_store
from uncial.text.ngrams import NgramModel
from uncial.training.checkpoint import write_atomically
from uncial.training.config import TrainConfig
from uncial.training.folder import RunFolder
from uncial.training.result import TrainResult
from uncial.training.selftraining.config import LabelfreeConfig

TrainOne = Callable[[TrainConfig, Reporter], TrainResult]


@dataclass(frozen=True, kw_only=True)
class LabelfreeRun:
    """What the rounds have in common.

    Attributes:
        config: Of the run.
        folder: Of the run.
        lines: The unlabeled ones.
        recipe: Of made lines that look like them; None where there is none.
        language: That the teacher listens to; None where it listens to none.
        labels: The few labeled lines; None where there are none.
        watcher: Judges models.
        train: Trains one model.
        tell: Told of everything; writes down what is to be kept.
        started: Of `time.perf_counter`.
    """

    config: TrainConfig
    folder: RunFolder
    lines: LineStore
    recipe: Path | None
    language: NgramModel | None
    labels: LineStore | None
    watcher: Watcher
    train: TrainOne
    tell: Reporter
    started: float

    @property
    def options(self) -> LabelfreeConfig:
        """How to learn."""
        return self.config.labelfree


def opened(config: TrainConfig, train: TrainOne, reporter: Reporter) -> LabelfreeRun:
    """Open a new run, or one that goes on.

    Args:
        config: As for `uncial.tasks.labelfree.train_label_free`.
        train: Trains one model.
        reporter: Told of everything.

    Raises:
        ConfigError: Options contradict each other, or something that they name is not there.
        DataError: No line can be read, or those of the run have changed.
    """
    started = time.perf_counter()
    folder = RunFolder(config.output)
    resume = config.resume
    if resume:
        told = folder.reopen()
        config = replace(resolve(TrainConfig, told["config"]), output=config.output)
    else:
        folder.refuse_existing()
        _check(config)
        config = _absolute(config)

    def tell(event: Event) -> None:
        if not isinstance(event, Metric) or event.name not in ("loss", "learning_rate"):
            folder.log(event)
        reporter(event)

    options = config.labelfree
    lines = unlabeled_store(options.unlabeled, folder.lines / "unlabeled", tell)
    if resume and lines.fingerprint != told["data"]["fingerprint"]:
        raise DataError(
            f"the lines of the run in {folder.path} are not those that it was started with",
            remedy="start a new run",
        )
    if not resume:
        data = {"fingerprint": lines.fingerprint, "lines": {"unlabeled": len(lines)}}
        folder.create({"config": as_json(config), "settings": {}, "data": data})
    tell(Note(text=f"{len(lines)} unlabeled lines"))
    recipe = config.data[0] if config.data else None
    if recipe is not None and options.look_alike:
        recipe = like_them(recipe, lines.path, folder.path.resolve() / "recipe" / recipe.name)
    labels = None
    if options.labels:
        labels = open_lines(
            options.labels, seed=config.seed, workdir=folder.path / "labels", reporter=tell
        )
    return LabelfreeRun(
        config=config,
        folder=folder,
        lines=lines,
        recipe=recipe,
        language=_language(config, recipe, folder, tell),
        labels=labels,
        watcher=Watcher(labels),
        train=train,
        tell=tell,
        started=started,
    )


def _check(config: TrainConfig) -> None:
    recipes = [path for path in config.data if is_recipe(path)]
    if config.data and (len(config.data) > 1 or not recipes):
        raise ConfigError(
            f"label-free training takes one recipe, not {', '.join(map(str, config.data))}",
            remedy="name lines with ground truth by --labelfree.labels",
        )
    if not config.data and config.start.base is None:
        raise ConfigError(
            "label-free training needs something that reads already",
            remedy="name a recipe of fonts and text, a base model, or both",
        )
    if config.folds:
        raise ConfigError("label-free training has no folds", remedy="leave them out")


def _absolute(config: TrainConfig) -> TrainConfig:
    def found(paths: Sequence[Path]) -> tuple[Path, ...]:
        return tuple(path.resolve() for path in paths)

    options = config.labelfree
    lm = options.lm.resolve() if isinstance(options.lm, Path) else options.lm
    own = replace(options, unlabeled=found(options.unlabeled), labels=found(options.labels), lm=lm)
    return replace(config, data=found(config.data), labelfree=own)


def _language(
    config: TrainConfig, recipe: Path | None, folder: RunFolder, tell: Reporter
) -> NgramModel | None:
    """What the teacher listens to: given, or learnt from the recipe's text."""
    wanted = config.labelfree.lm
    if isinstance(wanted, Path):
        return open_ngrams(wanted)
    if wanted == "none" or recipe is None:
        return None
    path = folder.path / "language.lm"
    if not path.exists():
        model = language_of(
            open_synthesizer(read_recipe(recipe), silent), config.normalization, config.seed
        )
        write_atomically(path, packed(model, path))
        tell(Note(text=f"the teacher listens to {model.order}-grams of the recipe's text"))
    return open_ngrams(path)
