"""The action *test*: models on lines that people checked, with the report of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uncial.progress import Advanced
from uncial.studio import groundtruth, shelf
from uncial.studio.context import Context
from uncial.studio.files import plain_name
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class TestConfig:
    """Which models, on which lines."""

    models: tuple[int, ...]
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class Tested:
    """How one model reads the lines.

    Attributes:
        model: Its id.
        name: For people.
        cer: Character error rate, a fraction.
        interval: Its 95 % interval.
        wer: Word error rate, a fraction.
        difference: CER less that of the first model; None for the first.
        difference_interval: Its 95 % interval, from the same resamples for both.
        verdict: What the difference allows to say.
    """

    model: int
    name: str
    cer: float
    interval: tuple[float, float]
    wer: float
    difference: float | None = None
    difference_interval: tuple[float, float] | None = None
    verdict: str = ""


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """What was measured.

    Attributes:
        cer: Character error rate of the last model, a fraction.
        wer: Its word error rate, a fraction.
        lines: Read.
        characters: Of ground truth; None where several models were compared.
        report: Address of the report.
        tested: The models in the order given; differences are against the first.
    """

    cer: float
    wer: float
    lines: int
    characters: int | None
    report: str
    tested: list[Tested]


def test_models(context: Context, config: TestConfig) -> TestResult:
    """Measure models on lines that are frozen when the job first runs.

    Several are compared with the first one, line by line on the same lines.

    Raises:
        NotFound: A model is gone.
        DataError: There is no line.
    """
    frozen = groundtruth.freeze(context, config.choice, context.folder / "data")
    with context.db.read() as session:
        paths = [shelf.path_of(session, context.files, one) for one in config.models]
        names = [shelf.found(session, one).name for one in config.models]
    report = context.folder / "run" / "report.html"
    report.parent.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {"data": (frozen.data,), "split": frozen.split, "report": report}
    address = f"/jobs/{context.job}/files/run/report.html"
    if len(paths) == 1:
        result = _run(context, "evaluate", {**given, "model": paths[0], "go_on": True})
        context.reporter(Advanced(stage="test", done=1, total=1, unit="model"))
        one = Tested(
            model=config.models[0],
            name=names[0],
            cer=result.cer,
            interval=result.cer_ci95,
            wer=result.wer,
        )
        characters = result.characters
        tested = [one]
    else:
        links = tuple(
            _named(context.folder / "models", *one) for one in zip(names, paths, strict=True)
        )
        result = _run(context, "compare", {**given, "models": links, "go_on": True})
        tested = [
            _tested(ident, name, one)
            for ident, name, one in zip(config.models, names, result.models, strict=True)
        ]
        characters = None
    return TestResult(
        cer=tested[-1].cer,
        wer=tested[-1].wer,
        lines=result.lines,
        characters=characters,
        report=address,
        tested=tested,
    )


def _run(context: Context, task: str, given: dict[str, Any]) -> Any:  # noqa: ANN401
    config, run = TASKS[task].load()
    return run(resolve(config, given), context.reporter)


def _named(folder: Path, name: str, path: Path) -> Path:
    """A link to a model that bears its name, for the report."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"{plain_name(name)}{path.suffix}"
    if link.is_symlink() and link.resolve() != path.resolve():
        link = folder / f"{plain_name(name)} {path.stem[:8]}{path.suffix}"
    if not link.is_symlink():
        link.symlink_to(path.resolve())
    return link


def _tested(ident: int, name: str, one: Any) -> Tested:  # noqa: ANN401
    against = one.against
    return Tested(
        model=ident,
        name=name,
        cer=one.score.cer,
        interval=one.score.cer_ci95,
        wer=one.score.wer,
        difference=against.cer_difference if against else None,
        difference_interval=against.cer_ci95 if against else None,
        verdict=str(one.verdict),
    )
