"""The verb *calibrate*: make the confidences of a model mean something, by its validation lines."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from uncial.errors import ConfigError, DataError
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.evaluation.run import Evaluation
    from uncial.models.hub import LineReader


@dataclass(frozen=True, kw_only=True)
class CalibrateConfig:
    """Which model to calibrate, on what."""

    model: Path
    """Model file of ours, of one model or of several that vote; it is rewritten, its networks
    unchanged."""

    data: tuple[Path, ...]
    """Line store, or any ground truth that can be ingested."""

    split: Literal["validation", "test", "all"] = "validation"
    """Lines to fit on; none that the model was trained on."""

    output: Path | None = None
    """File to write instead of the model itself."""

    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class CalibrateResult:
    """What was fitted; errors are fractions.

    Attributes:
        model: The file written.
        lines: Fitted on.
        groups: Pages or documents among them.
        temperature: Divides the log-odds of confidences; above 1 where the network was too sure.
        shift: Added to them after that.
        ece_before: Expected calibration error of the network's own confidences.
        ece: The same after calibration, on the same lines.
        prediction_error: Mean absolute error of a page's predicted CER, by fits without it.
    """

    model: Path
    lines: int
    groups: int
    temperature: float
    shift: float
    ece_before: float
    ece: float
    prediction_error: float


def calibrate(config: CalibrateConfig, reporter: Reporter = silent) -> CalibrateResult:
    """Calibrate a model that was trained before, or elsewhere, by lines with ground truth.

    Training does this by itself, on its validation lines. Afterwards a confidence of 0.9 is
    right nine times in ten, and `recognize` and `evaluate` predict the CER of pages.

    Raises:
        ConfigError: The model's file has no place for what is fitted.
        DataError: There are too few lines.
    """
    from uncial.evaluation.calibration import Calibration
    from uncial.evaluation.figures import figures
    from uncial.evaluation.run import evaluate_lines
    from uncial.formats.models import native
    from uncial.models.ensemble import Ensemble
    from uncial.models.hub import ModelReader, open_model
    from uncial.tasks.crossfit import FoldsKept
    from uncial.tasks.evaluate import rows_of
    from uncial.tasks.ingest import open_lines
    from uncial.training.checkpoint import write_atomically

    recognizer = open_model(config.model)
    if not isinstance(recognizer, ModelReader | Ensemble):
        raise ConfigError(
            f"{config.model}: only a .safetensors file can hold a calibration",
            remedy="convert a traineddata first",
        )
    recognizer.metadata.pop("calibration", None)
    with tempfile.TemporaryDirectory(prefix="uncial-") as scratch:
        store = open_lines(
            config.data,
            seed=int(recognizer.metadata.get("settings", {}).get("seed", 0)),
            workdir=Path(scratch),
            go_on=config.go_on,
            reporter=reporter,
        )
        if config.split != "test" and FoldsKept.of(recognizer.metadata, store):
            raise ConfigError(
                f"{config.model}: its models were trained on these lines, each but for a fold",
                remedy="name lines that none of them saw, or the test split",
            )
        rows = rows_of(store, config.split, config.data)
        evaluation = calibrated(
            recognizer, evaluate_lines(recognizer, store, rows, reporter), reporter
        )
    fitted = Calibration.of(recognizer.metadata)
    if fitted is None:
        raise DataError(
            f"{len(rows)} lines are too few to calibrate on", remedy="give more of them"
        )
    target = config.output or config.model
    archive = native.unpack(config.model.read_bytes())
    write_atomically(target, native.pack(archive.noted("calibration", fitted.to_json())))
    trust = figures(evaluation).characters
    return CalibrateResult(
        model=target,
        lines=fitted.lines,
        groups=fitted.groups,
        temperature=fitted.temperature,
        shift=fitted.shift,
        ece_before=trust.raw_ece,
        ece=trust.ece,
        prediction_error=fitted.mean_error,
    )


def calibrated(
    recognizer: LineReader, evaluation: Evaluation, reporter: Reporter = silent
) -> Evaluation:
    """Fit a recognizer's calibration; the evaluation with its confidences mended.

    Args:
        recognizer: Its metadata takes in what is fitted.
        evaluation: Of lines that it was not trained on.
        reporter: Told where there are too few of them; then nothing changes.
    """
    from uncial.evaluation.calibration import fit

    try:
        fitted = fit([line.evidence for line in evaluation.lines])
    except DataError as error:
        reporter(Note(text=error.problem))
        return evaluation
    recognizer.metadata["calibration"] = fitted.to_json()
    lines = tuple(
        replace(
            line,
            confidence=fitted.line_confidence(line.evidence.confidences, line.confidence),
        )
        for line in evaluation.lines
    )
    return replace(evaluation, lines=lines, calibration=fitted)
