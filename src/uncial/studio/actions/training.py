"""The action *train*: frozen lines → run folder → a model on the shelf."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from uncial.errors import UncialError
from uncial.progress import Metric, Note, silent
from uncial.studio import groundtruth, shelf
from uncial.studio.context import Context
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, as_json, resolve


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """What to train on, from what, for how long."""

    name: str
    choice: Choice
    base: int | None = None
    """Model to go on from; None begins anew."""
    minutes: float = 10.0
    options: dict[str, Any] = field(default_factory=dict)
    """Further options of the task *train*."""


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What came of it.

    Attributes:
        model: On the shelf.
        validation_cer: Of that model, a fraction.
        base_cer: Of the base on the same lines; None without one.
        training_lines: Distinct ones.
        steps: Done.
        seconds: Wall time of this run, preparation included.
        ended: ``finished``, ``early stop`` or ``interrupted``.
        report: Address of the report.
    """

    model: int
    validation_cer: float
    base_cer: float | None
    training_lines: int
    steps: int
    seconds: float
    ended: str
    report: str


def train_model(context: Context, config: TrainingConfig) -> TrainingResult:
    """Train on lines that are frozen when the job first runs; a run that died goes on.

    Raises:
        NotFound: The base is gone.
        DataError: There is no line to train on.
        TrainingError: The run cannot go on.
    """
    table = groundtruth.freeze(context, config.choice, context.folder / "data")
    run_folder = context.folder / "run"
    task_config, run = TASKS["train"].load()
    given: dict[str, Any] = {"data": (table,), "output": run_folder, "minutes": config.minutes}
    base_cer = None
    if config.base is not None:
        with context.db.read() as session:
            base = shelf.path_of(session, context.files, config.base)
        given["start"] = {"base": base}
        base_cer = _cer(context, base, table)
    if (run_folder / "run.json").exists():
        given["resume"] = True
    result: Any = run(resolve(task_config, given, config.options), context.reporter)
    model = shelf.add(
        context.db,
        context.files,
        result.model,
        name=f"{config.name}.safetensors",
        origin="trained",
        owner=context.account,
        project=context.project,
        job=context.job,
    )
    told = as_json(result)
    return TrainingResult(
        model=model,
        validation_cer=told["validation_cer"],
        base_cer=base_cer,
        training_lines=told["training_lines"],
        steps=told["steps"],
        seconds=told["seconds"],
        ended=told["ended"],
        report=f"/jobs/{context.job}/files/run/report.html",
    )


def _cer(context: Context, model: Any, table: Any) -> float | None:  # noqa: ANN401
    """The base's CER on the lines that will validate: the dashed line of the curve."""
    kept = context.folder / "base_cer.txt"
    if kept.exists():
        return float(kept.read_text())
    task_config, run = TASKS["evaluate"].load()
    given = {"model": model, "data": (table,), "split": "validation", "seed": 0, "go_on": True}
    try:
        result: Any = run(resolve(task_config, given), silent)
    except UncialError as error:
        text = f"the base was not measured first: {error.problem}"
        context.reporter(Note(text=text, level="warning"))
        return None
    context.reporter(Metric(name="base_cer", value=result.cer))
    kept.write_text(str(result.cer))
    return float(result.cer)
