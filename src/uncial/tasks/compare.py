"""The verb *compare*: two or more models on the same lines, with the difference's interval."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from uncial.errors import ConfigError
from uncial.progress import Note, Reporter, silent
from uncial.tasks.named import with_local
from uncial.text.normalize import Normalization

if TYPE_CHECKING:
    from uncial.evaluation.comparison import ModelResult
    from uncial.evaluation.run import Evaluation


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Which models to compare, on what, and how."""

    models: tuple[Path, ...]
    """Model files; the first is what the others are measured against. Where no data is named,
    the last of these paths is the data."""

    data: tuple[Path, ...] = ()
    """Line stores, or any ground truth that can be ingested."""

    split: Literal["train", "validation", "test", "all"] = "test"
    """Which lines to read."""

    report: Path | None = None
    """HTML file to write, with every document; the same figures lie beside it as .json, .csv."""

    decoder: Literal["greedy", "beam"] = "greedy"
    """How the networks' output becomes text; models of Tesseract keep their own way."""

    normalization: str = "model"
    """Rules applied to both sides; model takes those that the first model was trained with."""

    units: Literal["grapheme", "codepoint"] = "grapheme"
    """What counts as one character."""

    seed: int = 0
    """Draws the split, where the data has none yet, and the resamples."""

    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class CompareResult:
    """What was found; rates are fractions.

    Attributes:
        models: In the order given; differences are against the first.
        data: As given.
        split: Which lines were read.
        lines: How many.
        interval_unit: What was resampled.
        normalization: Applied to both sides.
        report: The HTML file, if one was asked for.
    """

    models: tuple[ModelResult, ...]
    data: tuple[Path, ...]
    split: str
    lines: int
    interval_unit: str
    normalization: str
    report: Path | None


def compare(config: CompareConfig, reporter: Reporter = silent) -> CompareResult:
    """Compare models on the same lines: difference with 95 % interval, p-value, documents.

    Name the models, then the data: `uncial compare old.safetensors new.safetensors DATA`. Each
    resample draws whole pages or documents, the same ones for both models, so that a
    difference is not hidden by how much documents differ among themselves.

    Raises:
        ConfigError: Fewer than two models were named.
        DataError: The split holds no line.
    """
    from uncial.evaluation.comparison import compare_models
    from uncial.evaluation.run import evaluate_lines
    from uncial.models.hub import open_model
    from uncial.tasks.evaluate import rows_of
    from uncial.tasks.ingest import open_lines

    config = with_local(config, "models", reporter=reporter)
    models, data = config.models, config.data
    if not data:
        models, data = models[:-1], models[-1:]
    if len(models) < 2:
        raise ConfigError(
            f"{len(models)} models were named", remedy="name two models or more, then the data"
        )
    readers = [open_model(path, reporter=reporter) for path in models]
    rules = readers[0].normalization
    if config.normalization != "model":
        rules = Normalization.named(config.normalization)
    evaluations: dict[str, Evaluation] = {}
    with tempfile.TemporaryDirectory(prefix="uncial-") as scratch:
        store = open_lines(
            data, seed=config.seed, workdir=Path(scratch), go_on=config.go_on, reporter=reporter
        )
        rows = rows_of(store, config.split, data)
        for name, reader in zip(_names(models), readers, strict=True):
            reporter(Note(text=f"reading with {name}"))
            evaluations[name] = evaluate_lines(
                reader,
                store,
                rows,
                reporter,
                decoder=config.decoder,
                normalization=rules,
                units=config.units,
                seed=config.seed,
            )
    result = CompareResult(
        models=compare_models(evaluations, seed=config.seed),
        data=data,
        split=config.split,
        lines=len(rows),
        interval_unit=next(iter(evaluations.values())).score.interval_unit,
        normalization=rules.name,
        report=config.report,
    )
    if config.report is not None:
        _write_report(result, config.report)
        reporter(Note(text=f"report written to {config.report}"))
    return result


def _names(models: tuple[Path, ...]) -> list[str]:
    """What the models are called: by their files, by their folders too where those are equal."""
    names = [path.name for path in models]
    if len(set(names)) < len(names):
        names = [str(path) for path in models]
    return [f"{name} ({at})" if names.count(name) > 1 else name for at, name in enumerate(names, 1)]


def _write_report(result: CompareResult, path: Path) -> None:
    import json

    from uncial.evaluation.comparison import csv_text, html
    from uncial.tasks.base import as_json

    facts = {
        "source": "\n".join(map(str, result.data)),
        "split": result.split,
        "normalization": result.normalization,
    }
    title = " and ".join(model.name for model in result.models)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html(result.models, title=title, data=facts), encoding="utf-8")
    body = json.dumps(as_json(result), ensure_ascii=False, indent=1) + "\n"
    path.with_suffix(".json").write_text(body, encoding="utf-8")
    path.with_suffix(".csv").write_text(csv_text(result.models), encoding="utf-8")
