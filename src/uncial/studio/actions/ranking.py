"""The action *rank*: which models of the shelf read these lines best, as they are.

With ground truth by the error rate on it. Without any, models read a sample of pages and are
ranked by the mean confidence of what they read, which says less: models are sure of themselves
to different degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from uncial.errors import DataError, UncialError
from uncial.progress import Advanced, Note, silent
from uncial.studio import exchange, groundtruth, shelf
from uncial.studio.actions.reading import prepare_page
from uncial.studio.context import Context
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class RankConfig:
    """Which models, on what."""

    choice: Choice
    """Lines with ground truth; none where `sample` has pages."""
    sample: tuple[int, ...] = ()
    """Pages with lines and without ground truth."""
    models: tuple[int, ...] = ()
    """Of the shelf; empty takes all that read lines."""
    lines: int = 100
    """Lines to read, drawn from all."""


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One model.

    Attributes:
        model: Its id.
        name: For people.
        cer: Error rate, a fraction; what is to be expected of it where there is no ground truth.
        interval: 95 % interval; None where there is no ground truth.
        foreign: Lines with a character that it cannot write.
        milliseconds: Processor time for a line; None where that was not measured.
        problem: Why it was not tried.
    """

    model: int
    name: str
    cer: float | None = None
    interval: tuple[float, float] | None = None
    foreign: int = 0
    milliseconds: float | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class RankResult:
    """Models, the best first.

    Attributes:
        measured: Whether there was ground truth; else error rates are only expected.
        lines: Read.
        ranked: Models.
    """

    measured: bool
    lines: int
    ranked: list[Ranked] = field(default_factory=list)


def rank_models(context: Context, config: RankConfig) -> RankResult:
    """Rank models by how they read.

    Raises:
        DataError: There is no model, or nothing to read.
    """
    with context.db.read() as session:
        models = [
            (model.id, model.name, context.files.model(model.digest, model.suffix))
            for model in shelf.listed(session, "recognition")
            if not config.models or model.id in config.models
        ]
    if not models:
        raise DataError("there is no model yet", remedy="add one under Models")
    if config.sample:
        return _by_confidence(context, config.sample, models)
    return _by_truth(context, config, models)


def _by_truth(
    context: Context, config: RankConfig, models: Sequence[tuple[int, str, Path]]
) -> RankResult:
    frozen = groundtruth.freeze(context, config.choice, context.folder / "data")
    folder = context.folder / "models"
    folder.mkdir(exist_ok=True)
    names: dict[str, tuple[int, str]] = {}
    for ident, name, path in models:
        link = folder / f"{ident}{path.suffix}"
        if not link.is_symlink():
            link.symlink_to(path.resolve())
        names[link.name] = ident, name
    task_config, run = TASKS["models"].load()
    how = {"folder": folder, "lines": config.lines, "go_on": True}
    given: dict[str, Any] = {"action": "rank", "names": (str(frozen.data),), "rank": how}
    result: Any = run(resolve(task_config, given), context.reporter)
    ranked = [
        Ranked(
            model=names[one.model.name][0],
            name=names[one.model.name][1],
            cer=one.cer,
            interval=one.cer_ci95,
            foreign=one.missing,
            milliseconds=one.cpu_ms_per_line,
            problem=one.problem,
        )
        for one in result.models
    ]
    return RankResult(measured=True, lines=result.lines, ranked=ranked)


def _by_confidence(
    context: Context, pages: Sequence[int], models: Sequence[tuple[int, str, Path]]
) -> RankResult:
    ready = [page for page in pages if prepare_page(context, page)]
    if not ready:
        raise DataError("these pages have no lines yet", remedy="find their lines first")
    files = tuple(context.folder / "pages" / f"{page}.json" for page in ready)
    ranked, lines = [], 0
    for done, (ident, name, path) in enumerate(models):
        context.reporter(Advanced(stage="try models", done=done, total=len(models), unit="models"))
        out = context.folder / "tried" / str(ident)
        try:
            sure = _confidences(path, files, out)
        except UncialError as error:
            ranked.append(Ranked(model=ident, name=name, problem=error.problem))
            context.reporter(Note(text=f"{name}: {error.problem}", level="warning"))
            continue
        lines = max(lines, len(sure))
        ranked.append(Ranked(model=ident, name=name, cer=1 - fmean(sure) if sure else None))
    ranked.sort(key=lambda one: (one.cer is None, one.cer or 0.0, one.name))
    return RankResult(measured=False, lines=lines, ranked=ranked)


def _confidences(model: Path, files: Sequence[Path], out: Path) -> list[float]:
    config, run = TASKS["recognize"].load()
    given: dict[str, Any] = {"model": model, "images": files, "pages": True, "format": "page"}
    run(resolve(config, {**given, "output": out, "processes": 1}), silent)
    return [
        line.readings[0].confidence
        for written in sorted(out.glob("*.xml"))
        for page in exchange.read_pages(written, out / "taken", silent)
        for line in page.lines()
        if line.readings and line.readings[0].confidence is not None
    ]
