"""Error rates, in one place for training, tests, terminal and browser.

CER is edits over ground-truth characters, WER the same over words between white space; both
texts pass the same normalization first. Rates are fractions and are not clipped: a line
with more insertions than characters exceeds 1. *Micro* sums edits and lengths over lines,
*macro* averages the rates of lines. An empty ground truth counts as one character or word.

Source: Levenshtein distance with unit costs, by rapidfuzz.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from rapidfuzz.distance import Levenshtein

from uncial.errors import DataError
from uncial.text.charset import Units
from uncial.text.graphemes import graphemes, is_simple
from uncial.text.interval import ratio_intervals, sum_by_group, swap_p_value
from uncial.text.normalize import Normalization

EditKind = Literal["equal", "replace", "insert", "delete"]


@dataclass(frozen=True)
class LineScore:
    """One line's ground truth, output and edit counts.

    Attributes:
        line_id: Names the line in reports.
        truth: Ground truth as compared, that is, normalized.
        output: What was read, normalized.
        group: Document or page; the bootstrap resamples these whole.
        char_edits: Insertions, deletions and substitutions of `units`.
        chars: Length of `truth` in `units`.
        word_edits: The same on words.
        words: Words in `truth`.
        units: What counts as one character.
    """

    line_id: str
    truth: str
    output: str
    group: str
    char_edits: int
    chars: int
    word_edits: int
    words: int
    units: Units = "grapheme"

    @property
    def cer(self) -> float:
        """Character error rate, a fraction."""
        return self.char_edits / max(self.chars, 1)

    @property
    def wer(self) -> float:
        """Word error rate, a fraction."""
        return self.word_edits / max(self.words, 1)


@dataclass(frozen=True)
class Score:
    """Error rates of a set of lines, as fractions, with 95 % intervals.

    Attributes:
        cer: Micro average.
        wer: Micro average.
        cer_macro: Mean over lines.
        wer_macro: Mean over lines.
        cer_ci95: Lower and upper end for `cer`.
        wer_ci95: Lower and upper end for `wer`.
        lines: Lines scored.
        characters: Ground-truth characters.
        words: Ground-truth words.
        char_edits: Over all lines.
        word_edits: Over all lines.
        interval_unit: What the bootstrap resampled: documents (or pages), or single lines
            where fewer than two groups are known; then the interval is too narrow.
        groups: How many of those there are.
    """

    cer: float
    wer: float
    cer_macro: float
    wer_macro: float
    cer_ci95: tuple[float, float]
    wer_ci95: tuple[float, float]
    lines: int
    characters: int
    words: int
    char_edits: int
    word_edits: int
    interval_unit: Literal["document", "line"]
    groups: int


@dataclass(frozen=True)
class Comparison:
    """How much one system's error rates differ from another's on the same lines.

    Attributes:
        cer_difference: First minus second, micro; negative where the first is better.
        wer_difference: The same for words.
        cer_ci95: Paired interval of `cer_difference`; without 0 inside, it is no accident.
        wer_ci95: Paired interval of `wer_difference`.
        cer_p: Probability of a difference at least as large between equal systems.
        wer_p: The same for words.
        lines: Lines compared.
        interval_unit: As in `Score`.
    """

    cer_difference: float
    wer_difference: float
    cer_ci95: tuple[float, float]
    wer_ci95: tuple[float, float]
    cer_p: float
    wer_p: float
    lines: int
    interval_unit: Literal["document", "line"]


@dataclass(frozen=True)
class Edit:
    """One step of an alignment; positions count units.

    Attributes:
        kind: What happens on the way from truth to output.
        truth: One unit, or nothing for an insertion.
        output: One unit, or nothing for a deletion.
        truth_at: Position in the truth.
        output_at: Position in the output.
    """

    kind: EditKind
    truth: str
    output: str
    truth_at: int
    output_at: int


def score_line(
    truth: str,
    output: str,
    *,
    normalization: Normalization = Normalization.DEFAULT,
    units: Units = "grapheme",
    line_id: str = "",
    group: str = "",
) -> LineScore:
    """Count one line's edits after normalizing both sides."""
    truth, output = normalization(truth), normalization(output)
    expected, found = split_units(truth, units), split_units(output, units)
    words = truth.split()
    return LineScore(
        line_id=line_id,
        truth=truth,
        output=output,
        group=group,
        char_edits=Levenshtein.distance(expected, found),
        chars=len(expected),
        word_edits=Levenshtein.distance(words, output.split()),
        words=len(words),
        units=units,
    )


def summarize(scores: Sequence[LineScore], *, resamples: int = 2000, seed: int = 0) -> Score:
    """Error rates of all lines, with bootstrap intervals over their groups.

    Raises:
        DataError: There is no line.
    """
    if not scores:
        raise _no_lines()
    edits = np.array([(score.char_edits, score.word_edits) for score in scores], np.float64)
    sizes = np.array([(score.chars, score.words) for score in scores], np.float64)
    unit, groups = _interval_groups(scores)
    sums = sum_by_group(np.hstack([edits, sizes]), groups)
    interval = ratio_intervals(sums[:, :2], sums[:, 2:], resamples=resamples, seed=seed)
    micro = edits.sum(axis=0) / np.maximum(sizes.sum(axis=0), 1)
    macro = (edits / np.maximum(sizes, 1)).mean(axis=0)
    return Score(
        cer=float(micro[0]),
        wer=float(micro[1]),
        cer_macro=float(macro[0]),
        wer_macro=float(macro[1]),
        cer_ci95=_pair(interval[0]),
        wer_ci95=_pair(interval[1]),
        lines=len(scores),
        characters=int(sizes[:, 0].sum()),
        words=int(sizes[:, 1].sum()),
        char_edits=int(edits[:, 0].sum()),
        word_edits=int(edits[:, 1].sum()),
        interval_unit=unit,
        groups=len(sums),
    )


def compare(
    first: Sequence[LineScore],
    second: Sequence[LineScore],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Paired difference of two systems' error rates on the same lines, first minus second.

    Raises:
        DataError: There is no line, or the two do not score the same ground truth in order.
    """
    if not first:
        raise _no_lines()
    if [(a.line_id, a.truth) for a in first] != [(b.line_id, b.truth) for b in second]:
        raise DataError(
            f"two systems were scored on different lines ({len(first)} and {len(second)})",
            remedy="evaluate both on the same split with the same normalization",
        )
    edits = [
        (a.char_edits - b.char_edits, a.word_edits - b.word_edits)
        for a, b in zip(first, second, strict=True)
    ]
    unit, groups = _interval_groups(first)
    sizes = [(score.chars, score.words) for score in first]
    sums = sum_by_group(np.hstack([edits, sizes]), groups)
    interval = ratio_intervals(sums[:, :2], sums[:, 2:], resamples=resamples, seed=seed)
    totals = sums.sum(axis=0)
    difference = totals[:2] / np.maximum(totals[2:], 1)
    return Comparison(
        cer_difference=float(difference[0]),
        wer_difference=float(difference[1]),
        cer_ci95=_pair(interval[0]),
        wer_ci95=_pair(interval[1]),
        cer_p=swap_p_value(sums[:, 0], seed=seed),
        wer_p=swap_p_value(sums[:, 1], seed=seed),
        lines=len(first),
        interval_unit=unit,
    )


def cer(
    pairs: Iterable[tuple[str, str]],
    normalization: Normalization = Normalization.DEFAULT,
    units: Units = "grapheme",
) -> float:
    """Micro CER of ``(truth, output)`` pairs, a fraction; the quick way for validation."""
    edits = chars = 0
    for truth, output in pairs:
        expected = split_units(normalization(truth), units)
        edits += Levenshtein.distance(expected, split_units(normalization(output), units))
        chars += len(expected)
    return edits / max(chars, 1)


def align(truth: str, output: str, *, units: Units = "grapheme") -> list[Edit]:
    """A shortest way from truth to output, one unit a step; nothing is normalized."""
    expected, found = split_units(truth, units), split_units(output, units)
    steps: list[Edit] = []
    for block in Levenshtein.opcodes(expected, found):
        kind = cast("EditKind", block.tag)
        at, to = block.src_start, block.dest_start
        for step in range(max(block.src_end - at, block.dest_end - to)):
            taken = min(at + step, block.src_end)
            given = min(to + step, block.dest_end)
            steps.append(
                Edit(
                    kind=kind,
                    truth="".join(expected[taken : min(taken + 1, block.src_end)]),
                    output="".join(found[given : min(given + 1, block.dest_end)]),
                    truth_at=taken,
                    output_at=given,
                )
            )
    return steps


def align_units(truth: Sequence[str], output: Sequence[str]) -> tuple[bool, ...]:
    """Which units of an output stand in the truth at their place, in a shortest alignment."""
    right = [False] * len(output)
    for block in Levenshtein.opcodes(truth, output):
        if block.tag == "equal":
            right[block.dest_start : block.dest_end] = [True] * (block.dest_end - block.dest_start)
    return tuple(right)


def split_units(text: str, units: Units) -> Sequence[str]:
    """The text as a sequence of what counts as one character."""
    return text if units == "codepoint" or is_simple(text) else graphemes(text)


def _interval_groups(
    scores: Sequence[LineScore],
) -> tuple[Literal["document", "line"], list[str | int]]:
    """What the bootstrap resamples; a line without a group stands for itself."""
    known = {score.group for score in scores} - {""}
    if len(known) < 2:
        return "line", list(range(len(scores)))
    return "document", [score.group or at for at, score in enumerate(scores)]


def _pair(ends: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float]:
    return float(ends[0]), float(ends[1])


def _no_lines() -> DataError:
    return DataError("there is no line to score", remedy="choose a split that is not empty")
