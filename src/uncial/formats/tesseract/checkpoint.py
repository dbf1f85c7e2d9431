"""Checkpoints of ``lstmtraining``: a recognizer with its optimizer, and how training went.

Layout::

    record  recognizer, see `uncial.formats.tesseract.network`, without unicharset and recoder
    i32     learning iterations, sample iterations before the last, delay of perfect samples,
            iteration of the last perfect sample
    5 times u32 n, f64[n]    the last 1000 errors: RMS, delta, word, character, skipped; 0-1
    f64[5]  their means      percent
    i32     stage
    u8      extent           0 light, 1 without best trainer, 2 full
    with extent 0 it ends here
    f64     best character error rate, f64[5] all rates then, i32 iteration
    f64     worst character error rate, f64[5] all rates then, i32 iteration
    i32     iteration at which training counts as stalled
    string  best model, worst model     waiting to be evaluated; often empty
    string  best trainer                only with extent 2: a checkpoint of extent 1
    string  second trainer              a checkpoint of extent 0, or empty
    u32 n, f64[n] best error rates; u32 n, i32[n] their iterations; i32 steps of improvement

Always little-endian.

Source: tesseract 5.x ``src/training/unicharset/lstmtrainer.cpp`` (``Serialize``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from uncial.formats.tesseract.cursor import Cursor, Sink
from uncial.formats.tesseract.network import LSTMRecord, read_record, write_record
from uncial.formats.tesseract.optimizer import resumable

LIGHT = 0
WITHOUT_BEST = 1
FULL = 2
WINDOW = 1000
"""Errors of so many lines are averaged."""
_STALLED_AFTER = 10_000
_MAX_DEPTH = 3


class ErrorRates(NamedTuple):
    """Means over the last `WINDOW` lines, in percent."""

    rms: float = 100.0
    delta: float = 100.0
    word: float = 100.0
    char: float = 100.0
    skip: float = 100.0


@dataclass(frozen=True, kw_only=True)
class Extreme:
    """The best or worst point of a training.

    Attributes:
        rate: Character error rate, percent.
        rates: All rates at that point, percent.
        iteration: Learning iteration.
    """

    rate: float
    rates: ErrorRates
    iteration: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Progress:
    """What decides about the best model and about stalling; absent from light checkpoints.

    Attributes:
        best: Lowest character error rate so far.
        worst: Highest since.
        stall_iteration: Learning iteration at which training counts as stalled.
        best_model: Recognizer waiting to be evaluated, or empty.
        worst_model: Likewise.
        best_trainer: State at the best point; only in full checkpoints.
        second_trainer: A trainer with lower rates that runs against this one.
        history: ``(n,)`` float64 best error rates, percent.
        history_iterations: ``(n,)`` int32 learning iterations of `history`.
        improvement_steps: Learning iterations that the last improvement took.
    """

    best: Extreme
    worst: Extreme
    stall_iteration: int
    best_model: bytes = b""
    worst_model: bytes = b""
    best_trainer: Checkpoint | None = None
    second_trainer: Checkpoint | None = None
    history: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    history_iterations: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    improvement_steps: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint:
    """A training that can go on.

    ``unpack(data, name).pack() == data`` holds for every file Tesseract writes.

    Attributes:
        record: The recognizer; its matrices carry optimizer state.
        learning_iteration: Lines that were not yet read well enough.
        previous_sample: Sample iteration of the line before the last.
        perfect_delay: Iterations to wait before a perfect line is trained again.
        last_perfect: Training iteration of the last perfect line.
        errors: Five of ``(WINDOW,)`` float64, 0-1, in the order of `ErrorRates`.
        rates: Their means, percent.
        stage: Stage of the training, 0 or 1.
        progress: What decides about the best model; None in light checkpoints.
        full: The best trainer is stored as well, even if there is none yet.
    """

    record: LSTMRecord
    learning_iteration: int = 0
    previous_sample: int = 0
    perfect_delay: int = 0
    last_perfect: int = 0
    errors: tuple[NDArray[np.float64], ...]
    rates: ErrorRates
    stage: int = 0
    progress: Progress | None
    full: bool = True

    @classmethod
    def unpack(cls, data: bytes, name: str = "checkpoint") -> Checkpoint:
        """Read a file's bytes.

        Raises:
            FormatError: Cut short, or fields contradict each other; also a bare recognizer,
                which `recognizer` reads.
        """
        return _read(data, name, 0)

    def pack(self) -> bytes:
        """The bytes of the file."""
        sink = Sink()
        write_record(sink, self.record)
        counts = (self.learning_iteration, self.previous_sample, self.perfect_delay)
        for count in (*counts, self.last_perfect):
            sink.i32(count)
        for window in self.errors:
            sink.u32(len(window))
            sink.array("f64", window)
        sink.array("f64", np.array(self.rates))
        sink.i32(self.stage)
        sink.u8(LIGHT if self.progress is None else FULL if self.full else WITHOUT_BEST)
        if self.progress is not None:
            _write_progress(sink, self.progress, full=self.full)
        return sink.done()

    @classmethod
    def start(cls, record: LSTMRecord) -> Checkpoint:
        """A checkpoint at the beginning of a training that starts from `record`.

        Raises:
            ConfigError: Its weights are int8.
        """
        return cls(
            record=replace(resumable(record), training_iteration=0, sample_iteration=0),
            errors=tuple(np.zeros(WINDOW) for _ in ErrorRates._fields),
            rates=ErrorRates(),
            progress=Progress(
                best=Extreme(rate=100.0, rates=ErrorRates()),
                worst=Extreme(rate=0.0, rates=ErrorRates(0.0, 0.0, 0.0, 0.0, 0.0)),
                stall_iteration=_STALLED_AFTER,
                improvement_steps=_STALLED_AFTER,
            ),
        )


def recognizer(data: bytes, name: str = "checkpoint") -> LSTMRecord:
    """The recognizer at the beginning of a checkpoint, or a bare one; the rest is not read.

    Raises:
        FormatError: There is none.
    """
    return read_record(Cursor(data, name))


def _read(data: bytes, name: str, depth: int) -> Checkpoint:
    cursor = Cursor(data, name)
    if depth > _MAX_DEPTH:
        raise cursor.error("checkpoints nested too deeply")
    record = read_record(cursor)
    learning, previous, delay, perfect = (cursor.i32() for _ in range(4))
    errors = tuple(cursor.array("f64", cursor.count(8)) for _ in ErrorRates._fields)
    rates = _rates(cursor)
    stage = cursor.i32()
    at = cursor.at
    extent = cursor.u8()
    if extent > FULL:
        raise cursor.error(f"a checkpoint of extent {extent}; 0, 1 and 2 exist", at)
    progress = None
    if extent != LIGHT:
        progress = _read_progress(
            cursor, lambda part: _nested(cursor, f"{name}: {part}", depth + 1), extent == FULL
        )
    cursor.end()
    return Checkpoint(
        record=record,
        learning_iteration=learning,
        previous_sample=previous,
        perfect_delay=delay,
        last_perfect=perfect,
        errors=errors,
        rates=rates,
        stage=stage,
        progress=progress,
        full=extent == FULL,
    )


def _nested(cursor: Cursor, name: str, depth: int) -> Checkpoint | None:
    data = cursor.string()
    return _read(data, name, depth) if data else None


def _read_progress(
    cursor: Cursor, nested: Callable[[str], Checkpoint | None], full: bool
) -> Progress:
    best, worst = _extreme(cursor), _extreme(cursor)
    stall_iteration = cursor.i32()
    best_model, worst_model = cursor.string(), cursor.string()
    return Progress(
        best=best,
        worst=worst,
        stall_iteration=stall_iteration,
        best_model=best_model,
        worst_model=worst_model,
        best_trainer=nested("best trainer") if full else None,
        second_trainer=nested("second trainer"),
        history=cursor.array("f64", cursor.count(8)),
        history_iterations=cursor.array("i32", cursor.count(4)),
        improvement_steps=cursor.i32(),
    )


def _write_progress(sink: Sink, progress: Progress, *, full: bool) -> None:
    for extreme in (progress.best, progress.worst):
        sink.number("f64", extreme.rate)
        sink.array("f64", np.array(extreme.rates))
        sink.i32(extreme.iteration)
    sink.i32(progress.stall_iteration)
    sink.string(progress.best_model)
    sink.string(progress.worst_model)
    trainers = (progress.best_trainer,) if full else ()
    for trainer in (*trainers, progress.second_trainer):
        sink.string(b"" if trainer is None else trainer.pack())
    sink.u32(len(progress.history))
    sink.array("f64", progress.history)
    sink.u32(len(progress.history_iterations))
    sink.array("i32", progress.history_iterations)
    sink.i32(progress.improvement_steps)


def _extreme(cursor: Cursor) -> Extreme:
    rate, rates = cursor.real("f64"), _rates(cursor)
    return Extreme(rate=rate, rates=rates, iteration=cursor.i32())


def _rates(cursor: Cursor) -> ErrorRates:
    return ErrorRates(*(cursor.real("f64") for _ in ErrorRates._fields))
