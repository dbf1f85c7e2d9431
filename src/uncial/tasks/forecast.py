"""The verb *forecast*: how much more ground truth would help, from short runs on few lines."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from uncial.errors import ConfigError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.evaluation.forecast import Forecast, ForecastPoint
    from uncial.evaluation.learning import ShortRun
    from uncial.text.metrics import LineScore

_AHEAD = (1.5, 2, 4)  # times the lines there are
_LEARNT_LINES = 200  # of its training lines that a run reads again


@dataclass(frozen=True, kw_only=True)
class ForecastConfig:
    """What to forecast, and from what."""

    data: tuple[Path, ...]
    """Line store, or any ground truth that can be ingested."""

    more: int = 100
    """Lines to come, whose gain is to be told."""

    share: float = 0.25
    """Largest part of the training lines that a short run uses, 0-1."""

    sizes: int = 3
    """How many sizes are tried, each half of the one before."""

    seeds: int = 2
    """Runs on each size, each on other lines."""

    views: int = 2400
    """Lines that every run sees, repeats counted; half a minute to a minute on one core."""

    preset: str = "quick"
    """Settings of the runs, as for train."""

    threads: int = 0
    """Cores to use; 0 takes every one."""

    seed: int = 0
    """Draws the splits, where the data has none yet, and the lines of the runs."""

    report: Path | None = None
    """HTML file to write, with the learning curve."""

    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""

    def __post_init__(self) -> None:
        wrong = []
        if not 0 < self.share <= 1:
            wrong.append("share must be above 0 and at most 1")
        if self.sizes < 2 or self.seeds < 1 or self.sizes * self.seeds < 3:
            wrong.append("at least two sizes and three runs are needed")
        if self.views < 1 or self.more < 1:
            wrong.append("views and more must be above 0")
        if wrong:
            raise ConfigError("; ".join(wrong), remedy="change these options")


@dataclass(frozen=True, kw_only=True)
class RunFigure:
    """A short run.

    Attributes:
        lines: That it was trained on.
        seed: Of it.
        cer: On the validation lines, a fraction.
        learnt: The same on lines that it was trained on.
    """

    lines: int
    seed: int
    cer: float
    learnt: float


@dataclass(frozen=True, kw_only=True)
class ForecastResult:
    """What is to be expected; rates are fractions, on lines like the validation lines.

    Attributes:
        more: Lines to come.
        gain: What they do to the CER; negative where they help.
        gain_ci95: Its 95 % interval.
        now: CER of a run on all lines there are that sees each as often as the largest short
            runs did.
        later: The same with more lines.
        exponent: With which the gap between learnt lines and others closes.
        runs: What the laws were fitted to.
        report: The HTML file, if one was asked for.
    """

    more: int
    gain: float
    gain_ci95: tuple[float, float]
    now: ForecastPoint
    later: tuple[ForecastPoint, ...]
    exponent: float
    runs: tuple[RunFigure, ...]
    report: Path | None


def forecast(config: ForecastConfig, reporter: Reporter = silent) -> ForecastResult:
    """Say what more ground truth would bring, from short runs on parts of what there is.

    Runs on several sizes, all of the same length, give a learning curve; it is followed to
    all lines there are and beyond, for runs that see each line as often as the largest of the
    short ones. Each of those takes half a minute to a minute on one core.

    Raises:
        ConfigError: The options leave too few runs.
        DataError: There are too few lines, or the runs did not learn to read.
    """
    from uncial.evaluation.forecast import forecast as follow
    from uncial.evaluation.forecast import html
    from uncial.tasks.ingest import open_lines

    with tempfile.TemporaryDirectory(prefix="uncial-") as scratch:
        work = Path(scratch)
        store = open_lines(
            config.data,
            seed=config.seed,
            workdir=work / "lines",
            go_on=config.go_on,
            reporter=reporter,
        )
        total = store.splits["train"]
        runs = list(_short_runs(config, store, work, reporter))
    found = follow(
        runs,
        lines=total,
        more=config.more,
        later=[total + config.more, *(round(total * times) for times in _AHEAD)],
        seed=config.seed,
    )
    if config.report is not None:
        title = f"More lines like {', '.join(path.name for path in config.data)}"
        facts = {"training lines": total, "views of a run": config.views, "preset": config.preset}
        config.report.parent.mkdir(parents=True, exist_ok=True)
        config.report.write_text(html(found, runs, title=title, data=facts), encoding="utf-8")
        reporter(Note(text=f"report written to {config.report}"))
    return _result(found, runs, config.report)


def subset_sizes(total: int, share: float, sizes: int) -> list[int]:
    """Numbers of lines for the short runs, fewest first.

    Args:
        total: Training lines that there are.
        share: Largest part of them, 0-1.
        sizes: How many, each half of the next.

    Raises:
        ConfigError: The smallest would have no line.
    """
    largest = int(total * share)
    found = [largest >> halvings for halvings in range(sizes)][::-1]
    if found[0] < 1:
        raise ConfigError(
            f"{total} training lines are too few to try {sizes} sizes of them",
            remedy="use a larger share, fewer sizes or more lines",
        )
    return found


def _short_runs(
    config: ForecastConfig, store: LineStore, work: Path, reporter: Reporter
) -> Iterator[ShortRun]:
    from uncial.evaluation.learning import ShortRun

    sizes = subset_sizes(store.splits["train"], config.share, config.sizes)
    for at, (seed, lines) in enumerate(product(range(config.seeds), sizes), start=1):
        scores, learnt = _read_after_training(config, store, work / f"run-{at}", (lines, seed))
        found = ShortRun(lines=lines, seed=seed, scores=scores, learnt=learnt)
        reporter(
            Note(text=f"{lines} lines, run {seed + 1}: validation CER {100 * found.cer:.2f} %")
        )
        reporter(Advanced(stage="forecast", done=at, total=config.seeds * len(sizes), unit="runs"))
        yield found


def _read_after_training(
    config: ForecastConfig, store: LineStore, work: Path, drawn: tuple[int, int]
) -> tuple[tuple[LineScore, ...], float]:
    """Validation lines as a model reads them that was trained on a few, and its CER on those.

    Args:
        config: Says how long it trains.
        store: Holds all lines.
        work: Folder for the run; it is removed.
        drawn: How many lines, and the seed that draws them.
    """
    from uncial.evaluation.run import evaluate_lines
    from uncial.models.recognizer import Recognizer
    from uncial.tasks.train import TrainConfig, train
    from uncial.training.config import StopConfig

    lines, seed = drawn
    subset = write_subset(store, work / "store", lines, seed=config.seed + seed)
    trained = train(
        TrainConfig(
            data=(subset.path,),
            output=work / "run",
            preset=config.preset,
            epochs=max(1, round(config.views / lines)),
            seed=config.seed + seed,
            threads=config.threads,
            stop=StopConfig(validations=2, patience=0),
        )
    )
    recognizer = Recognizer.load(trained.model)
    known = subset.split("train")[:_LEARNT_LINES].tolist()
    learnt = evaluate_lines(recognizer, subset, known).score.cer
    others = evaluate_lines(recognizer, subset, subset.split("validation").tolist())
    shutil.rmtree(work)
    return tuple(line.score for line in others.lines), learnt


def write_subset(store: LineStore, path: Path, lines: int, *, seed: int) -> LineStore:
    """A store with some of the training lines and all of the validation lines.

    Args:
        store: To draw from.
        path: Folder to write.
        lines: Training lines wanted.
        seed: Draws them.
    """
    from uncial.data.store import LineStore
    from uncial.data.writer import LineStoreWriter

    rows = np.random.default_rng(seed).permutation(store.split("train"))[:lines]
    with LineStoreWriter(path) as writer:
        for row in [*np.sort(rows).tolist(), *store.split("validation").tolist()]:
            writer.append(store.record(row), bytes(store.image_bytes(row)))
    return LineStore.open(path)


def _result(found: Forecast, runs: list[ShortRun], report: Path | None) -> ForecastResult:
    return ForecastResult(
        more=found.more,
        gain=found.gain,
        gain_ci95=found.gain_ci95,
        now=found.now,
        later=found.later,
        exponent=found.exponent,
        runs=tuple(
            RunFigure(lines=run.lines, seed=run.seed, cer=run.cer, learnt=run.learnt)
            for run in runs
        ),
        report=report,
    )
