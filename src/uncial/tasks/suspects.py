"""The verb *suspects*: find lines whose ground truth is probably wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import DataError, UnencodableText
from uncial.progress import Advanced, Reporter, silent

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.evaluation.suspects import Suspect
    from uncial.tasks.crossfit import Fold
    from uncial.training.config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class SuspectsConfig:
    """Which lines to judge, and how long to train for it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    data: tuple[Path, ...]
    """Line store, or any ground truth that can be ingested."""
    output: Path
    """Folder to make: report.html, suspects.csv, suspects.json and a run for each fold."""
    split: Literal["train", "all"] = "train"
    """Lines to judge: those that train and validate, or the test lines, too."""
    folds: int = 3
    """Parts of the lines; each is read by a model that was trained on the others."""
    epochs: int = 20
    """Passes of each model over its lines."""
    minutes: float = 0.0
    """Time that all trainings may take together; 0: by epochs."""
    steps: int = 0
    """Optimizer steps of each training; 0: by minutes, else by epochs."""
    base: Path | None = None
    """Model to start each training from, one that has not seen these lines."""
    preset: str = "auto"
    """Settings of the trainings, as for train."""
    normalization: str = "nfc+spaces"
    """Rules for the ground truth, joined by ``+``."""
    shown: int = 100
    """Suspects that the report shows at most; the tables have all."""
    seed: int = 0
    """Deals the folds, and fixes the trainings."""
    threads: int = 0
    """Cores to use; 0 takes every one."""
    device: str = "auto"
    """auto, cpu or cuda."""
    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class SuspectsResult:
    """What was found.

    Attributes:
        lines: How many were judged.
        differing: How many were read otherwise than they are transcribed.
        cer: Of the readings, a fraction: what an unseen line costs.
        first: The ten most suspicious, as in the JSON file.
        report: HTML with images and both readings.
        table: CSV with every differing line, ranked.
        seconds: Wall time.
        cpu_seconds: Processor time.
    """

    lines: int
    differing: int
    cer: float
    first: list[dict[str, Any]]
    report: Path
    table: Path
    json: Path
    seconds: float
    cpu_seconds: float


def suspects(config: SuspectsConfig, reporter: Reporter = silent) -> SuspectsResult:
    """Rank lines by how probably their ground truth is wrong.

    Models are trained on all lines but those of one fold, and read those: no line is judged by
    a model that learnt its error. Folds keep documents together. A run that was ended goes on
    where it stood.

    Raises:
        DataError: There are fewer lines than folds.
        TrainingError: As in training.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    import numpy as np

    from uncial.evaluation.suspects import as_csv, as_html, ranked, record
    from uncial.tasks.crossfit import cross_fit
    from uncial.tasks.ingest import open_lines
    from uncial.tasks.train import train
    from uncial.text.metrics import cer
    from uncial.training.checkpoint import write_atomically

    config.output.mkdir(parents=True, exist_ok=True)
    store = open_lines(
        config.data,
        seed=config.seed,
        workdir=config.output / "lines",
        go_on=config.go_on,
        reporter=reporter,
    )
    splits = ["train", "validation", *(["test"] if config.split == "all" else [])]
    rows = np.sort(np.concatenate([store.split(name) for name in splits]))
    judged: list[Suspect] = []
    folds = cross_fit(store, rows, _training(config), train, reporter)
    for number, fold in enumerate(folds, start=1):
        judged += _judged(store, fold, number)
        reporter(Advanced(stage="judge", done=len(judged), total=len(rows)))
    if len(judged) < len(rows):
        raise DataError(
            f"only {len(judged)} of {len(rows)} lines were judged before the interrupt",
            remedy="give the same command again: it goes on where it stood",
        )
    found = ranked(judged)
    table = [record(rank, one) for rank, one in enumerate(found, start=1)]
    page = as_html(
        found,
        store.image,
        title=f"Ground truth to look at: {', '.join(path.name for path in config.data)}",
        lines=len(judged),
        shown=config.shown,
    )
    report = config.output / "report.html"
    as_table, as_json = config.output / "suspects.csv", config.output / "suspects.json"
    write_atomically(report, page.encode())
    write_atomically(as_table, as_csv(found).encode())
    write_atomically(as_json, json.dumps(table, ensure_ascii=False, indent=1).encode())
    return SuspectsResult(
        lines=len(judged),
        differing=len(found),
        cer=cer((one.truth, one.output) for one in judged),
        first=table[:10],
        report=report,
        table=as_table,
        json=as_json,
        seconds=time.perf_counter() - wall,
        cpu_seconds=time.process_time() - cpu,
    )


def _training(config: SuspectsConfig) -> TrainConfig:
    """How each fold is trained."""
    from uncial.training.basis import StartConfig
    from uncial.training.config import TrainConfig

    return TrainConfig(
        output=config.output,
        preset=config.preset,
        folds=config.folds,
        epochs=config.epochs,
        minutes=config.minutes,
        steps=config.steps,
        normalization=config.normalization,
        seed=config.seed,
        threads=config.threads,
        device=config.device,
        start=StartConfig(base=config.base),
    )


def _judged(store: LineStore, fold: Fold, number: int) -> Iterator[Suspect]:
    """The held-out lines of a fold with what its model holds against them."""
    from uncial.decoding.ctc import greedy
    from uncial.evaluation.suspects import Suspect, judge
    from uncial.models.recognizer import Recognizer
    from uncial.training.start import encoded

    reader = Recognizer.load(fold.result.model)
    style = reader.preprocessing.style
    rows = fold.rows.tolist()
    emissions = reader.log_probs_each(lambda at: store.image(rows[at]), len(rows))
    for row, log_probs in zip(rows, emissions, strict=True):
        record = store.record(row)
        truth, unknown = reader.normalization(record.text), 0
        try:
            labels = encoded(truth, reader.codec, style)
        except UnencodableText as error:
            unknown = sum(truth.count(missing) for missing in error.missing)
            known = truth
            for missing in error.missing:
                known = known.replace(missing, "")
            labels = encoded(known, reader.codec, style)
        yield Suspect(
            row=row,
            line_id=record.line_id,
            document=record.document,
            source=record.source,
            truth=truth,
            output=reader.normalization(reader.in_order(greedy(log_probs, reader.codec).text)),
            fold=number,
            judgement=judge(log_probs, labels.tolist(), unknown=unknown),
        )
