"""Training on folds: several models, each validated on lines it never saw, that vote together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError
from uncial.evaluation.figures import figures
from uncial.evaluation.report import html
from uncial.evaluation.run import Evaluation, evaluate_lines
from uncial.formats.models import native
from uncial.models.recognizer import Recognizer
from uncial.progress import Event, Metric, Note, Reporter, silent
from uncial.tasks.base import as_json, resolve
from uncial.tasks.crossfit import Fold, FoldsKept, TrainOne, cross_fit, fold_pool
from uncial.tasks.ingest import open_lines
from uncial.text.metrics import summarize
from uncial.training.checkpoint import write_atomically
from uncial.training.config import TrainConfig
from uncial.training.doctor import by_code
from uncial.training.folder import RunFolder
from uncial.training.result import TrainResult


def train_folds(config: TrainConfig, train: TrainOne, reporter: Reporter = silent) -> TrainResult:
    """Train one model a fold on training and validation lines together; all in one file.

    Args:
        config: With folds, or one that resumes such a run.
        train: Trains one model.
        reporter: Told of everything.

    Raises:
        ConfigError, DataError, TrainingError: As `uncial.tasks.train.train`.
    """
    folder = RunFolder(config.output)
    config, store = _opened(config, folder, reporter)

    def tell(event: Event) -> None:
        if isinstance(event, Note):
            folder.log(event)
        reporter(event)

    pool = fold_pool(store)
    folds = list(cross_fit(store, pool, config, train, tell))
    archives = [native.unpack(fold.result.model.read_bytes()) for fold in folds]
    dealt = FoldsKept(folds=config.folds, seed=config.seed, fingerprint=store.fingerprint)
    ensemble = replace(archives[0], voters=tuple(archives[1:])).noted("folds", asdict(dealt))
    write_atomically(folder.model, native.pack(ensemble))
    pooled = _pooled(folds, store)
    _write_report(folder, pooled, store, len(folds))
    folder.log(Metric(name="validation_cer", value=pooled.score.cer))
    results = [fold.result for fold in folds]
    return TrainResult(
        run=folder.path,
        model=folder.model,
        ended=_ended(results),
        validation_cer=pooled.score.cer,
        best_step=-1,
        steps=sum(result.steps for result in results),
        lines_seen=sum(result.lines_seen for result in results),
        training_lines=len(pool),
        parameters=ensemble.parameters,
        seconds=sum(result.seconds for result in results),
        cpu_seconds=sum(result.cpu_seconds for result in results),
        report=folder.report,
        diagnoses=by_code(
            Note(text=text, code=code)
            for result in results
            for code, text in result.diagnoses.items()
        ),
    )


def _opened(
    config: TrainConfig, folder: RunFolder, reporter: Reporter
) -> tuple[TrainConfig, LineStore]:
    """Config and lines of a new run, or those that a run was started with."""
    resume = config.resume
    if resume:
        told = folder.reopen()
        config = replace(resolve(TrainConfig, told["config"]), output=config.output)
    elif not config.data:
        raise ConfigError("no ground truth was given", remedy="name a folder, table or list")
    else:
        folder.refuse_existing()
    store = open_lines(
        config.data, seed=config.seed, workdir=folder.lines, go_on=config.go_on, reporter=reporter
    )
    if resume and store.fingerprint != told["data"]["fingerprint"]:
        raise DataError(
            f"the lines of the run in {folder.path} have changed since it was started",
            remedy="put the old files back, or start a new run",
        )
    config = replace(config, data=tuple(path.resolve() for path in config.data))
    data = {"fingerprint": store.fingerprint, "lines": store.splits}
    folder.create({"config": as_json(config), "settings": {}, "data": data})
    return config, store


def _pooled(folds: Sequence[Fold], store: LineStore) -> Evaluation:
    """Every line as read by the model that never saw it."""
    each = []
    for fold in folds:
        recognizer = Recognizer.load(fold.result.model)
        each.append(evaluate_lines(recognizer, store, fold.rows.tolist(), silent))
    lines = tuple(line for evaluation in each for line in evaluation.lines)
    return replace(
        each[0],
        lines=lines,
        score=summarize([line.score for line in lines]),
        seconds=sum(evaluation.seconds for evaluation in each),
        cpu_ms_per_line=float(np.mean([evaluation.cpu_ms_per_line for evaluation in each])),
    )


def _write_report(folder: RunFolder, pooled: Evaluation, store: LineStore, models: int) -> None:
    page = html(
        pooled,
        figures(pooled, texts=map(pooled.normalization, store.texts())),
        store.image,
        title=f"{folder.path.name}: every line as read by the model that never saw it",
        model={"file": str(folder.model), "models": models},
        data={"lines": len(pooled.lines), "folds": models, "fingerprint": store.fingerprint},
    )
    write_atomically(folder.report, page.encode("utf-8"))


def _ended(results: Sequence[TrainResult]) -> str:
    ends = [result.ended for result in results]
    if "interrupted" in ends:
        return "interrupted"
    return "early stop" if "early stop" in ends else "finished"
