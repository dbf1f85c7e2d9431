"""The action *test*: models on lines that people checked, with the report of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from uncial.progress import Advanced
from uncial.studio import groundtruth, shelf
from uncial.studio.context import Context
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class TestConfig:
    """Which model, on which lines."""

    model: int
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """What was measured.

    Attributes:
        cer: Character error rate, a fraction.
        wer: Word error rate, a fraction.
        lines: Read.
        characters: Of ground truth.
        report: Address of the report.
    """

    cer: float
    wer: float
    lines: int
    characters: int
    report: str


def test_model(context: Context, config: TestConfig) -> TestResult:
    """Measure a model on lines that are frozen when the job first runs.

    Raises:
        NotFound: The model is gone.
        DataError: There is no line.
    """
    table = groundtruth.freeze(context, config.choice, context.folder / "data")
    with context.db.read() as session:
        model = shelf.path_of(session, context.files, config.model)
    report = context.folder / "run" / "report.html"
    report.parent.mkdir(exist_ok=True)
    task_config, run = TASKS["evaluate"].load()
    given = {"model": model, "data": (table,), "split": "all", "report": report, "go_on": True}
    result: Any = run(resolve(task_config, given), context.reporter)
    context.reporter(Advanced(stage="test", done=1, total=1, unit="model"))
    return TestResult(
        cer=result.cer,
        wer=result.wer,
        lines=result.lines,
        characters=result.characters,
        report=f"/jobs/{context.job}/files/run/report.html",
    )
