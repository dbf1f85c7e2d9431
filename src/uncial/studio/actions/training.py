"""The action *train*: frozen lines or pages → run folder → a model on the shelf."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from uncial.errors import UncialError
from uncial.progress import Metric, Note, silent
from uncial.studio import groundtruth, kinds, pagetruth, shelf, unwritten
from uncial.studio.context import Context
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, as_json, resolve

_FEW: Final = 10  # lines with ground truth that cannot watch over anything


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """What to train on, from what, for how long."""

    name: str
    choice: Choice
    kind: str = "recognition"
    """One of `uncial.studio.kinds.KINDS`."""
    base: int | None = None
    """Model to go on from; None begins anew."""
    minutes: float = 10.0
    options: dict[str, Any] = field(default_factory=dict)
    """Further options of the task."""
    decide: tuple[str, ...] = ()
    """What becomes of characters that the base lacks: ``X`` keeps one, ``X=Y`` maps it, ``X=``
    drops it."""


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What came of it.

    Attributes:
        model: On the shelf.
        validation_cer: Of that model, a fraction; None for one that finds lines.
        validation_f: Of a model that finds lines, 0-1.
        base_cer: Of the base on the same lines; None without one.
        training_lines: Distinct ones.
        training_pages: Pages trained on, where lines are found.
        steps: Done.
        seconds: Wall time of this run, preparation included.
        ended: ``finished``, ``early stop`` or ``interrupted``.
        report: Address of the report; empty where there is none.
    """

    model: int
    validation_cer: float | None = None
    validation_f: float | None = None
    base_cer: float | None = None
    training_lines: int | None = None
    training_pages: int | None = None
    steps: int
    seconds: float
    ended: str
    report: str | None = None


def train_model(context: Context, config: TrainingConfig) -> TrainingResult:
    """Train on what is frozen when the job first runs; a run that died goes on.

    Raises:
        NotFound: The base is gone.
        DataError: There is nothing to train on.
        TrainingError: The run cannot go on.
    """
    kind = kinds.kind_of(config.kind)
    base, base_cer = _base(context, config), None
    given: dict[str, Any] = {"minutes": config.minutes, **kind.options}
    folder = context.folder / "data"
    if kind.needs == "pages":
        given["data"] = (pagetruth.freeze(context, config.choice, folder),)
        given["base"] = base or "default"
    elif kind.needs == "unwritten":
        unlabeled = unwritten.freeze(context, config.choice, folder)
        given["labelfree"] = {"unlabeled": (unlabeled,), "labels": _labels(context, config)}
        given["start"] = {"base": base}
    else:
        data = groundtruth.freeze(context, config.choice, folder).data
        given["data"] = (data,)
        if base is not None:
            given["start"] = {"base": base, **_charset(context, config, base, data)}
            base_cer = _cer(context, base, data)
    run_folder = context.folder / "run"
    given |= {"output": run_folder, "resume": (run_folder / "run.json").exists()}
    task_config, run = TASKS[kind.task].load()
    result: Any = run(resolve(task_config, given, config.options), context.reporter)
    model = _shelve(context, config, result)
    told = as_json(result)
    report = "run/report.html"
    return TrainingResult(
        model=model,
        validation_cer=told.get("validation_cer"),
        validation_f=told.get("validation_f"),
        base_cer=base_cer,
        training_lines=told.get("training_lines"),
        training_pages=told.get("training_pages"),
        steps=told["steps"],
        seconds=told["seconds"],
        ended=told["ended"],
        report=f"/jobs/{context.job}/files/{report}"
        if (context.folder / report).exists()
        else None,
    )


def _labels(context: Context, config: TrainingConfig) -> tuple[Path, ...]:
    """The lines of these documents that have ground truth, where there are some."""
    with context.db.read() as session:
        few = groundtruth.count(session, config.choice)["lines"] < _FEW
    if few:
        return ()
    return (groundtruth.freeze(context, config.choice, context.folder / "labels").data,)


def _shelve(context: Context, config: TrainingConfig, result: Any) -> int:  # noqa: ANN401
    """Put what was made on the shelf; the model that reads here."""
    made: list[tuple[str, Path]] = [(config.name, result.model)]
    if getattr(result, "traineddata", None):
        made.insert(0, (f"{config.name} for Tesseract", result.traineddata))
    ident = 0
    for words, path in made:
        name = f"{words}{path.suffix}"
        ident = shelf.add(
            context.db,
            context.files,
            path,
            name=name,
            origin="trained",
            owner=context.account,
            project=context.project,
            job=context.job,
        )
    return ident


def _base(context: Context, config: TrainingConfig) -> Path | None:
    if config.base is None:
        return None
    with context.db.read() as session:
        return shelf.path_of(session, context.files, config.base)


def _charset(context: Context, config: TrainingConfig, base: Path, data: Path) -> dict[str, Path]:
    """The file that says what becomes of characters which the base lacks."""
    if not config.decide:
        return {}
    written = context.folder / "charset.toml"
    if not written.exists():
        task_config, run = TASKS["charset"].load()
        given = {"base": base, "data": (data,), "output": written, "decide": config.decide}
        run(resolve(task_config, {**given, "go_on": True}), silent)
    return {"charset": written}


def _cer(context: Context, model: Path, data: Path) -> float | None:
    """The base's CER on the lines that will validate: the dashed line of the curve."""
    kept = context.folder / "base_cer.txt"
    if kept.exists():
        return float(kept.read_text())
    task_config, run = TASKS["evaluate"].load()
    given = {"model": model, "data": (data,), "split": "validation", "seed": 0, "go_on": True}
    try:
        result: Any = run(resolve(task_config, given), silent)
    except UncialError as error:
        text = f"the base was not measured first: {error.problem}"
        context.reporter(Note(text=text, level="warning"))
        return None
    context.reporter(Metric(name="base_cer", value=result.cer))
    kept.write_text(str(result.cer))
    return float(result.cer)
