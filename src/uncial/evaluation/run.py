"""Read every line of a split with a recognizer and score it against the ground truth."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from uncial.evaluation.calibration import Calibration, Evidence
from uncial.progress import Advanced, Reporter, silent
from uncial.text.charset import Units
from uncial.text.graphemes import graphemes
from uncial.text.metrics import LineScore, Score, align_units, score_line, summarize
from uncial.text.normalize import Normalization
from uncial.text.order import display_order

if TYPE_CHECKING:
    from uncial.data.store import LineRecord, LineStore
    from uncial.models.hub import LineReader
    from uncial.models.reading import Reading

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class LineResult:
    """How one line was read.

    Attributes:
        row: Index in the store.
        score: Truth, output and edits, after normalization.
        confidence: 0-1, mended by the model's calibration where it has one.
        document: As in the store; may be empty.
        truth: Ground truth as transcribed.
        output: What was read, as it was read.
        evidence: Characters' own confidences and which were right, by the model's own rules.
        foreign: Graphemes of the truth that the model cannot output.
    """

    row: int
    score: LineScore
    confidence: float
    document: str
    truth: str
    output: str
    evidence: Evidence
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Every line of a split as it was read, and the figures over all of them.

    Attributes:
        lines: In the order of the store.
        score: Error rates with their intervals.
        normalization: Applied to both sides before they were compared.
        units: What was counted as one character.
        seconds: Wall time of reading, images' decoding included.
        cpu_ms_per_line: CPU time of the same, all threads, per line.
        calibration: Of the model; None where it has none.
        greedy: Error rates of the greedy readings, where another way of decoding was asked for.
    """

    lines: tuple[LineResult, ...]
    score: Score
    normalization: Normalization
    units: Units
    seconds: float
    cpu_ms_per_line: float
    calibration: Calibration | None = None
    greedy: Score | None = None


def evaluate_lines(
    recognizer: LineReader,
    store: LineStore,
    rows: Sequence[int],
    reporter: Reporter = silent,
    *,
    decoder: Literal["greedy", "beam"] = "greedy",
    normalization: Normalization | None = None,
    units: Units = "grapheme",
    seed: int = 0,
) -> Evaluation:
    """Read `rows` of `store` and score them.

    Memory stays flat however large the split is.

    Args:
        recognizer: Reads the lines.
        store: Holds the lines.
        rows: Which lines of the store.
        reporter: Told after every line.
        decoder: How log-probs become text.
        normalization: Applied to both sides; the model's own where None.
        units: What counts as one character.
        seed: Of the bootstrap.
    """
    own = recognizer.normalization
    rules = normalization or own
    calibration = Calibration.of(recognizer.metadata)
    readings = recognizer.read_each(lambda at: store.image(rows[at]), len(rows), decoder)
    watch = _Watch()
    results = []
    plain: list[LineScore] = []
    for done, (row, reading) in enumerate(zip(rows, watch.each(readings), strict=True), start=1):
        record = store.record(row)

        def scored(text: str, record: LineRecord = record) -> LineScore:
            return score_line(
                record.text,
                text,
                normalization=rules,
                units=units,
                line_id=record.line_id,
                group=record.page or record.document,
            )

        score = scored(reading.text)
        if reading.greedy is not None:
            plain.append(score if reading.greedy == reading.text else scored(reading.greedy))
        strict = score
        if rules != own or units != "grapheme":
            strict = score_line(record.text, reading.text, normalization=own, group=score.group)
        evidence = evidence_of(strict, reading)
        results.append(
            LineResult(
                row=row,
                score=score,
                confidence=mended_confidence(reading, calibration),
                document=record.document or record.page,
                truth=record.text,
                output=reading.text,
                evidence=evidence,
                foreign=tuple(sorted(recognizer.missing(score.truth))),
            )
        )
        reporter(Advanced(stage="evaluate", done=done, total=len(rows)))
    return Evaluation(
        lines=tuple(results),
        score=summarize([line.score for line in results], seed=seed),
        normalization=rules,
        units=units,
        seconds=watch.seconds,
        cpu_ms_per_line=1000 * watch.cpu_seconds / max(len(results), 1),
        calibration=calibration,
        greedy=summarize(plain, seed=seed) if plain else None,
    )


def mended_confidence(reading: Reading, calibration: Calibration | None) -> float:
    """Confidence of a line, 0-1: as the recognizer states it where nothing mends it."""
    if calibration is None:
        return reading.confidence
    raw = [character.confidence for character in reading.characters]
    return calibration.line_confidence(raw, reading.confidence)


def evidence_of(score: LineScore, reading: Reading) -> Evidence:
    """Which characters of a reading were right.

    Args:
        score: Of that reading, by the rules that the model was trained with.
        reading: Its characters stand from left to right, so the truth is turned that way.
    """
    expected = graphemes(display_order(score.truth))
    found = [character.grapheme for character in reading.characters]
    return Evidence(
        confidences=tuple(character.confidence for character in reading.characters),
        right=align_units(expected, found),
        edits=score.char_edits,
        characters=score.chars,
        group=score.group,
    )


class _Watch:
    """Times an iterator, not what is done between its items."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    def each(self, items: Iterator[T]) -> Iterator[T]:
        while True:
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                self.seconds += time.perf_counter() - wall
                self.cpu_seconds += time.process_time() - cpu
            yield item
