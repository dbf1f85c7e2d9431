"""Which model of a folder to start from, or to read with: by its CER on your own lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from uncial.errors import ConfigError, UncialError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.data.store import LineStore


@dataclass(frozen=True, kw_only=True)
class RankConfig:
    """Which models, tried on how many lines."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    folder: Path | None = None
    """Folder with model files of any supported format, in it or below it."""
    lines: int = 100
    """Lines to read, drawn from all of them; 0 reads every one."""
    seed: int = 0
    """Draws the lines."""
    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class RankedModel:
    """How one model reads the lines.

    Attributes:
        model: Its file.
        cer: Micro-averaged character error rate, a fraction.
        cer_ci95: Bootstrap interval.
        wer: Word error rate, a fraction.
        missing: Lines with a character that it cannot write.
        cpu_ms_per_line: Processor time of reading.
        problem: Why it was not tried; then there are no figures.
    """

    model: Path
    cer: float | None = None
    cer_ci95: tuple[float, float] | None = None
    wer: float | None = None
    missing: int = 0
    cpu_ms_per_line: float | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class RankResult:
    """Models, the best first, those that cannot be used last.

    Attributes:
        lines: How many were read.
        characters: Of ground truth in them.
    """

    models: list[RankedModel]
    lines: int
    characters: int


def rank(data: Sequence[Path], config: RankConfig, reporter: Reporter = silent) -> RankResult:
    """Rank the models of a folder by how they read your own lines as they are, without training.

    The best one is as a rule the best to start a training from, too.

    Args:
        data: The lines.
        config: Which models, and how many lines.
        reporter: Told how far it has come.

    Raises:
        ConfigError: No folder or no lines are named, or there is no model file in the folder.
    """
    import numpy as np

    from uncial.tasks.ingest import open_lines

    if config.folder is None or not data:
        raise ConfigError("models of what folder, on what lines?", remedy="name lines and --folder")
    files = sorted(_model_files(config.folder))
    if not files:
        raise ConfigError(
            f"{config.folder}: no model file", remedy="name a folder with model files"
        )
    store = open_lines(tuple(data), seed=config.seed, go_on=config.go_on, reporter=reporter)
    rows = np.random.default_rng(config.seed).permutation(len(store))
    rows = np.sort(rows[: config.lines or len(store)])
    ranked = []
    for done, path in enumerate(files, start=1):
        ranked.append(_tried(path, store, rows.tolist()))
        if ranked[-1].problem:
            reporter(Note(text=f"{path}: {ranked[-1].problem}", level="warning"))
        reporter(Advanced(stage="rank", done=done, total=len(files), unit="models"))
    ranked.sort(key=lambda one: (one.cer is None, one.cer or 0.0, str(one.model)))
    characters = sum(len(text) for text in store.texts(rows))
    return RankResult(models=ranked, lines=len(rows), characters=characters)


def _model_files(folder: Path) -> Iterator[Path]:
    from uncial.formats.models.kinds import SUFFIXES

    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder", remedy="name a folder with model files")
    for path in folder.rglob("*"):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def _tried(path: Path, store: LineStore, rows: list[int]) -> RankedModel:
    """Read the lines with a model; one that cannot be read says why."""
    from uncial.evaluation.run import evaluate_lines
    from uncial.models.hub import open_model

    try:
        evaluation = evaluate_lines(open_model(path), store, rows)
    except UncialError as error:
        return RankedModel(model=path, problem=error.problem)
    return RankedModel(
        model=path,
        cer=evaluation.score.cer,
        cer_ci95=evaluation.score.cer_ci95,
        wer=evaluation.score.wer,
        missing=sum(bool(line.foreign) for line in evaluation.lines),
        cpu_ms_per_line=evaluation.cpu_ms_per_line,
    )
