"""Why a training goes wrong: named in words, with a remedy, from what the run tells anyway.

A `Watch` stands between a run and its audience and reads the events that pass: losses, rates,
validations. What `uncial.training.checkup` finds in the lines passes as notes. The event log
keeps both, so a run can be asked again afterwards.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from uncial.progress import Event, Metric, Note, Reporter

DIVERGED: Final = "diverged"
"""Code of the note that a run went back to its last checkpoint."""
WRITTEN: Final = "validation_length"
"""Metric: characters of all outputs over those of all ground truth."""
TRAINING_CER: Final = "training_cer"
"""Metric: CER of training lines, read without distortion by the model that is kept."""

_BLANK = 0.1  # characters written for each one wanted, below which a network is silent
_SILENT_LOOKS, _SILENT_STEPS = 3, 150  # of a run under way; a network may be slow to take off
_LEAST_STEPS = 50  # before them no network writes anything
_RISE = 1.5  # loss over its first one that no sound run shows
_RETURN, _FALLEN = 0.7, 3.0  # share of its first loss that it comes back to, after such a fall
_EARLY = 3  # losses that come before the rate has risen
_GAP = 0.25  # of the CER, between training and validation lines
_GAP_RATIO = 0.4
_WORSE = 1.15  # times the best validation CER, and a point more


class Illness(NamedTuple):
    """One thing that can be wrong with a run.

    Attributes:
        message: What is wrong.
        remedy: The reader's next step, as an imperative sentence.
    """

    message: str
    remedy: str


ILLNESSES: Final[Mapping[str, Illness]] = {
    "inverted-polarity": Illness(
        "the network sees light letters on dark paper",
        "invert these images before training, and give all lines in one polarity",
    ),
    "wrong-direction": Illness(
        "the texts run against their images",
        "give every text in logical order, as it is typed, not reversed or as it is displayed; "
        "check the export that wrote the ground truth",
    ),
    "unencodable-flood": Illness(
        "much of the ground truth cannot be written in the charset of the base",
        "extend the charset of the base (--strategy extend-charset), or map these characters "
        "(uncial charset writes a file to edit)",
    ),
    "leak": Illness(
        "validation lines are among the training lines, so the CER says nothing about new lines",
        "split by document or page, and remove the copies from one split",
    ),
    "validation-too-small": Illness(
        "there are too few validation lines to tell good from bad",
        "give more validation lines, at best 50 from several pages, or train on folds (--folds 5)",
    ),
    "cut-too-tight": Illness(
        "letters are cut off at the upper or lower edge of the line images",
        "cut the lines from their pages again with a margin of a fifth of their height",
    ),
    "height-mismatch": Illness(
        "the letters do not have the height that the base has learnt",
        "cut the lines close to their text from scans of 300 dpi or more, or train from scratch",
    ),
    "rate-too-high": Illness(
        "the learning rate is too high: the loss goes up instead of down",
        "lower the learning rate (--optimizer.lr) to a tenth, or leave it to the preset",
    ),
    "blank-collapse": Illness(
        "the network writes nothing: it has collapsed to the blank",
        "train longer with the alignment loss (--loss.kind alignment) and the preset's rate, "
        "and check that images and texts belong together",
    ),
    "over-fitting": Illness(
        "the network has learnt the training lines by heart and reads new lines far worse",
        "give more or more varied lines, start from a base, or strengthen the distortions "
        "(--loss.augment)",
    ),
}
"""Every diagnosis by its code, causes before their consequences."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is wrong with one run.

    Attributes:
        code: A key of `ILLNESSES`.
        detail: What was seen, with its numbers.
    """

    code: str
    detail: str

    @property
    def text(self) -> str:
        """All of it in one sentence for people."""
        illness = ILLNESSES[self.code]
        return f"{illness.message} ({self.detail}); {illness.remedy}"

    def note(self) -> Note:
        """As an event."""
        return Note(text=self.text, level="warning", code=self.code)


@dataclass
class Course:
    """What a run has told so far.

    Attributes:
        losses: Moving mean of the loss by step.
        looks: Validation CER by step.
        written: Characters written for each one wanted, at each validation.
        training_cer: Of training lines, once it is known.
        diverged: How often the run went back.
    """

    losses: list[tuple[int, float]] = field(default_factory=list)
    looks: list[tuple[int, float]] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    training_cer: float | None = None
    diverged: int = 0

    def add(self, event: Event) -> None:
        """Take in the next event."""
        if isinstance(event, Note):
            self.diverged += event.code == DIVERGED
        elif isinstance(event, Metric):
            if event.name == "loss":
                self.losses.append((event.step, event.value))
            elif event.name == "validation_cer":
                self.looks.append((event.step, event.value))
            elif event.name == WRITTEN:
                self.written.append(event.value)
            elif event.name == TRAINING_CER:
                self.training_cer = event.value


def diagnose(course: Course, *, ended: bool = False) -> list[Diagnosis]:
    """What the course of a run says, causes first; a consequence of a cause is not named.

    Args:
        course: Of the run.
        ended: Whether nothing more is to come.
    """
    for find in (_rate_too_high(course), _blank_collapse(course, ended=ended)):
        if find:
            return [find]
    fitted = _over_fitting(course)
    return [fitted] if fitted else []


def _rate_too_high(course: Course) -> Diagnosis | None:
    if course.diverged:
        times = "once" if course.diverged == 1 else f"{course.diverged} times"
        return Diagnosis(code="rate-too-high", detail=f"the run diverged {times}")
    best = math.inf
    for at, (step, loss) in enumerate(course.losses):
        first = course.losses[0][1]
        best = min(best, loss)
        came_back = loss > _RETURN * first and loss > _FALLEN * best
        if at >= _EARLY and (loss > _RISE * first or came_back):
            rose = f"from {best:.3g} to {loss:.3g} by step {step}"
            return Diagnosis(code="rate-too-high", detail=f"the loss rose {rose}")
    return None


def _blank_collapse(course: Course, *, ended: bool) -> Diagnosis | None:
    silent = 0
    for ratio in reversed(course.written):
        if ratio >= _BLANK:
            break
        silent += 1
    if not silent or not course.looks:
        return None
    step = course.looks[-1][0]
    under_way = silent >= _SILENT_LOOKS and step >= _SILENT_STEPS
    if under_way or (ended and step >= _LEAST_STEPS):
        share = f"{course.written[-1]:.0%} of the characters are written at step {step}"
        return Diagnosis(code="blank-collapse", detail=share)
    return None


def _over_fitting(course: Course) -> Diagnosis | None:
    if not course.looks:
        return None
    rates = [cer for _, cer in course.looks]
    best = min(rates)
    train = course.training_cer
    if train is not None and best - train > _GAP and train < _GAP_RATIO * best:
        seen = f"CER {train:.1%} on training lines, {best:.1%} on validation lines"
        return Diagnosis(code="over-fitting", detail=seen)
    late = rates[rates.index(best) + 1 :]
    if len(late) >= max(3, len(rates) // 2) and min(late[-2:]) > _WORSE * best + 0.01:
        rose = f"from {best:.1%} at step {course.looks[rates.index(best)][0]} to {rates[-1]:.1%}"
        return Diagnosis(code="over-fitting", detail=f"the validation CER rose {rose}")
    return None


class Watch:
    """A reporter that passes events on and adds what they show to be wrong, each thing once.

    Args:
        reporter: The audience.
        past: Events of a run that goes on.
    """

    def __init__(self, reporter: Reporter, past: Iterable[Event] = ()) -> None:
        self._reporter = reporter
        self._course = Course()
        self._notes: dict[str, Note] = {}
        self._step = 0
        for event in past:
            self._take(event)

    def __call__(self, event: Event) -> None:
        """Pass an event on, then what it shows."""
        self._reporter(event)
        self._take(event)
        if isinstance(event, Metric):
            self._tell(diagnose(self._course))

    def end(self) -> None:
        """Say what the whole course shows."""
        self._tell(diagnose(self._course, ended=True))

    @property
    def step(self) -> int:
        """The last step that was told of."""
        return self._step

    @property
    def notes(self) -> tuple[Note, ...]:
        """Every diagnosis so far, causes first."""
        return tuple(self._notes[code] for code in by_code(self._notes.values()))

    def _take(self, event: Event) -> None:
        self._course.add(event)
        if isinstance(event, Metric):
            self._step = max(self._step, event.step)
        if isinstance(event, Note) and event.code in ILLNESSES:
            self._notes.setdefault(event.code, event)

    def _tell(self, found: Iterable[Diagnosis]) -> None:
        for diagnosis in found:
            if diagnosis.code not in self._notes:
                note = diagnosis.note()
                self._notes[diagnosis.code] = note
                self._reporter(note)


def by_code(notes: Iterable[Note]) -> dict[str, str]:
    """Texts of diagnoses by their codes, causes first; of several with one code the first."""
    found: dict[str, str] = {}
    for note in notes:
        found.setdefault(note.code, note.text)
    return {code: found[code] for code in ILLNESSES if code in found}


def recorded(path: Path) -> Iterator[Event]:
    """The metrics and notes of an event log.

    Args:
        path: ``events.jsonl`` of a run; one that does not exist is empty.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:
                continue  # the last line of a run that was killed
            kind = told.pop("event", "")
            if kind == "metric":
                yield Metric(**told)
            elif kind == "note":
                yield Note(**told)
