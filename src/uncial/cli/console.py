"""Progress on standard error: live bars in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from uncial.progress import Advanced, Event, Metric, Note, Reporter, Sample
from uncial.text.metrics import Edit, align

_QUIET_SECONDS = 10.0  # between two plain lines of one stage
_SAMPLES_LIVE, _SAMPLES_PLAIN = 3, 1  # lines shown each time the model is tried
_UNSHOWN = ("learning_rate", "validation_length")  # for the event log, not for people
_FRACTIONS = ("cer", "wer")  # metrics whose name ends so are shown in percent


@contextmanager
def progress_reporter(console: Console) -> Iterator[Reporter]:
    """A reporter that draws on `console` while the block runs."""
    if not console.is_terminal:
        yield PlainReporter(console)
        return
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=18),
        TextColumn("{task.fields[amount]}", style="dim"),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[facts]}", style="cyan"),
    )
    with Progress(*columns, console=console, refresh_per_second=4) as progress:
        yield LiveReporter(progress)


class LiveReporter:
    """Draws one bar a stage, with the latest metrics beside it and samples above it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._stage = ""
        self._facts = _Facts()
        self._samples = _SampleBudget(_SAMPLES_LIVE)

    def __call__(self, event: Event) -> None:
        """Draw one event."""
        if isinstance(event, Advanced):
            self._advance(event)
        elif isinstance(event, Metric):
            self._facts.add(event)
            if self._facts.is_validation(event):
                self._progress.console.print(self._facts.line(event.step), style="cyan")
            if self._stage in self._bars:
                self._progress.update(self._bars[self._stage], facts=self._facts.short())
        elif isinstance(event, Note):
            self._progress.console.print(_note(event))
        elif self._samples.allows(event):
            self._progress.console.print(sample_text(event))

    def _advance(self, event: Advanced) -> None:
        self._facts.enter(event.stage)
        amount = _amount(event)
        if event.stage not in self._bars:
            self._bars[event.stage] = self._progress.add_task(
                event.stage, total=event.total, amount=amount, facts=""
            )
        self._stage = event.stage
        self._progress.update(
            self._bars[event.stage], completed=event.done, total=event.total, amount=amount
        )


class PlainReporter:
    """Writes a line when a stage starts and ends, every few seconds between, and on metrics."""

    def __init__(self, console: Console, *, seconds: float = _QUIET_SECONDS) -> None:
        self._console = console
        self._seconds = seconds
        self._started: dict[str, float] = {}
        self._written: dict[str, float] = {}
        self._facts = _Facts()
        self._samples = _SampleBudget(_SAMPLES_PLAIN)

    def __call__(self, event: Event) -> None:
        """Write about one event, or keep silent."""
        if isinstance(event, Advanced):
            self._advance(event)
        elif isinstance(event, Metric):
            self._facts.add(event)
            if self._facts.is_validation(event):
                self._write(self._facts.line(event.step))
        elif isinstance(event, Note):
            self._write(f"{event.level}: {event.text}")
        elif self._samples.allows(event):
            self._write(f"  truth  {event.truth}\n  output {event.output}")

    def _advance(self, event: Advanced) -> None:
        self._facts.enter(event.stage)
        now = time.monotonic()
        started = self._started.setdefault(event.stage, now)
        finished = event.total is not None and event.done >= event.total
        last = self._written.get(event.stage)
        if last == float("inf") or (
            last is not None and not finished and now - last < self._seconds
        ):
            return
        self._written[event.stage] = float("inf") if finished else now
        facts = self._facts.short()
        left = _left(event, now - started)
        self._write(" ".join(filter(None, (event.stage, _amount(event), left, facts))))

    def _write(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def sample_text(sample: Sample) -> Text:
    """Two lines, ground truth above output, with what differs in colour."""
    truth, output = Text(), Text()
    truth.append("  truth  ", style="dim")
    output.append("  output ", style="dim")
    steps = align(sample.truth, sample.output)
    for same, run in groupby(steps, key=lambda step: step.kind == "equal"):
        for edit in run if not same else [_joined(run)]:
            truth.append(edit.truth, style="" if same else "bold green")
            if edit.output or same:
                output.append(edit.output, style="" if same else "bold red")
            else:
                output.append("␣" if edit.truth.isspace() else "·", style="red")
    return truth + Text("\n") + output


def _joined(run: Iterable[Edit]) -> Edit:
    """One edit for a run of equal ones, so that letters that join stay joined."""
    steps = list(run)
    text = "".join(step.truth for step in steps)
    return replace(steps[0], truth=text, output=text)


class _Facts:
    """The latest value of every metric of the present stage."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}
        self._stage = ""

    def enter(self, stage: str) -> None:
        if self._stage and stage != self._stage:
            self._values.clear()
        self._stage = stage

    def add(self, metric: Metric) -> None:
        if metric.name not in _UNSHOWN:
            self._values[metric.name] = metric.value

    def is_validation(self, metric: Metric) -> bool:
        return metric.name.endswith(_FRACTIONS)

    def short(self) -> str:
        return " · ".join(f"{_spoken(name)} {_number(name, v)}" for name, v in self._values.items())

    def line(self, step: int) -> str:
        return f"step {step}: {self.short()}" if step else self.short()


class _SampleBudget:
    """Lets through the first few samples of every step."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._step = -1
        self._shown = 0

    def allows(self, sample: Sample) -> bool:
        if sample.step != self._step:
            self._step, self._shown = sample.step, 0
        self._shown += 1
        return self._shown <= self._most


def _note(note: Note) -> Text:
    style = "yellow" if note.level == "warning" else "default"
    return Text(f"{note.level}: {note.text}", style=style)


def _spoken(name: str) -> str:
    return name.removeprefix("validation_").replace("cer", "CER").replace("_", " ")


def _number(name: str, value: float) -> str:
    if name.endswith(_FRACTIONS):
        return f"{100 * value:.2f} %"
    return f"{value:.4g}"


def _amount(event: Advanced) -> str:
    if event.total is None:
        return f"{event.done} {event.unit}"
    return f"{event.done}/{event.total} {event.unit}"


def _left(event: Advanced, elapsed: float) -> str:
    """Estimated time left, e.g. ``about 1:20 left``; empty while nothing can be said."""
    if event.total is None or not 0 < event.done < event.total or elapsed < 1:
        return ""
    seconds = round(elapsed * (event.total - event.done) / event.done)
    return f"about {seconds // 60}:{seconds % 60:02d} left"
