"""What comes of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What came of a run.

    Attributes:
        run: The run folder.
        model: The best model, by validation CER.
        ended: ``"finished"``, ``"early stop"`` or ``"interrupted"``.
        validation_cer: Of that model, a fraction.
        best_step: Optimizer step at which it was validated; -1 if only at the end.
        steps: Optimizer steps done.
        lines_seen: Training lines, with repeats.
        training_lines: Distinct ones.
        parameters: Numbers in the network.
        seconds: Wall time, preparation included, all processes of the run.
        cpu_seconds: Processor time of the same.
        report: HTML report on the validation lines.
        traineddata: The model for Tesseract, if it can read such a network.
        base_set_lines: Held-out lines of the base set, or rendered ones, that were read; 0
            where there are none.
        base_set_cer_before: Of the base on them, a fraction.
        base_set_cer_after: Of the model.
        interpolation: Where the model lies on the way from the base, 0, to what was trained, 1.
        estimated_cer: Of a model that taught itself, a fraction: from how much its readings of the
            unlabeled lines change under distortion; None for others.
        diagnoses: What is wrong with the run, and what to do about it, by code.
    """

    run: Path
    model: Path
    ended: str
    validation_cer: float
    best_step: int
    steps: int
    lines_seen: int
    training_lines: int
    parameters: int
    seconds: float
    cpu_seconds: float
    report: Path
    traineddata: Path | None = None
    base_set_lines: int = 0
    base_set_cer_before: float | None = None
    base_set_cer_after: float | None = None
    interpolation: float = 1.0
    estimated_cer: float | None = None
    diagnoses: dict[str, str] = field(default_factory=dict)
