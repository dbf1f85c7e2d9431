"""What a fine-tuned model does otherwise than its base on the same lines.

A character counts as worse where it is mistaken more often than by the base, by more than chance
would have it: twice the standard deviation of the difference of two counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from uncial.text.metrics import LineScore, align, compare, split_units

What = Literal["invented", "dropped", "changed"]

_LEAST_MORE = 3  # mistakes more than the base makes
_DEVIATIONS = 2.0
_OUTPUTS = 3  # readings of a changed character that are named

_PLACES: dict[str, What] = {"insert": "invented", "delete": "dropped", "replace": "changed"}


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Error rates of both models on lines of one kind, as fractions.

    Attributes:
        kind: Of the lines.
        lines: How many.
        characters: Of ground truth.
        base_cer: Of the base.
        model_cer: Of the fine-tuned model.
        difference_ci95: Paired interval of the second minus the first.
    """

    kind: str
    lines: int
    characters: int
    base_cer: float
    model_cer: float
    difference_ci95: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Example:
    """One line as both models read it."""

    line_id: str
    truth: str
    base: str
    model: str


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A character that the fine-tuned model mistakes more often.

    Attributes:
        what: It is invented, dropped, or changed into others.
        character: The one.
        before: How often the base does so.
        after: How often the model does so.
        occurrences: In the ground truth.
        outputs: What the model makes of it most often, where it is changed.
        examples: Lines in which the model does so and the base does not.
    """

    what: What
    character: str
    before: int
    after: int
    occurrences: int
    outputs: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]


def drift(
    kind: str, base: Sequence[LineScore], model: Sequence[LineScore], *, seed: int = 0
) -> Drift:
    """Both error rates on lines of one kind.

    Args:
        kind: Of the lines.
        base: As the base read them.
        model: As the fine-tuned model did, in the same order.
        seed: Of the bootstrap.

    Raises:
        DataError: There is no line, or the ground truths differ.
    """
    paired = compare(model, base, seed=seed)
    characters = sum(score.chars for score in base)
    return Drift(
        kind=kind,
        lines=len(base),
        characters=characters,
        base_cer=sum(score.char_edits for score in base) / max(characters, 1),
        model_cer=sum(score.char_edits for score in model) / max(characters, 1),
        difference_ci95=paired.cer_ci95,
    )


def shifts(
    base: Sequence[LineScore], model: Sequence[LineScore], *, examples: int = 2
) -> list[Shift]:
    """Characters that are invented, dropped or changed more often than by the base.

    Args:
        base: Lines as the base read them.
        model: The same lines as the fine-tuned model read them.
        examples: Lines shown of each.

    Returns:
        The greatest difference first.
    """
    old, new = _Mistakes(base), _Mistakes(model)
    occurrences: Counter[str] = Counter()
    for score in base:
        occurrences.update(split_units(score.truth, score.units))
    found = []
    for (what, character), after in new.counts.items():
        before = old.counts[what, character]
        if after - before < max(_LEAST_MORE, _DEVIATIONS * sqrt(after + before)):
            continue
        fresh = sorted(new.lines[what, character] - old.lines[what, character])
        found.append(
            Shift(
                what=what,
                character=character,
                before=before,
                after=after,
                occurrences=occurrences[character],
                outputs=tuple(new.outputs[character].most_common(_OUTPUTS))
                if what == "changed"
                else (),
                examples=tuple(_example(base[at], model[at]) for at in fresh[:examples]),
            )
        )
    return sorted(found, key=lambda shift: (shift.before - shift.after, shift.character))


class _Mistakes:
    """Mistakes by kind and character: how often, in which lines, and what was read."""

    def __init__(self, scores: Sequence[LineScore]) -> None:
        self.counts: Counter[tuple[What, str]] = Counter()
        self.lines: dict[tuple[What, str], set[int]] = defaultdict(set)
        self.outputs: dict[str, Counter[str]] = defaultdict(Counter)
        for at, score in enumerate(scores):
            for what, character, output in _mistakes(score):
                self.counts[what, character] += 1
                self.lines[what, character].add(at)
                if what == "changed":
                    self.outputs[character][output] += 1


def _mistakes(score: LineScore) -> Iterator[tuple[What, str, str]]:
    for edit in align(score.truth, score.output, units=score.units):
        if edit.kind != "equal":
            yield _PLACES[edit.kind], edit.truth or edit.output, edit.output


def _example(base: LineScore, model: LineScore) -> Example:
    return Example(line_id=base.line_id, truth=base.truth, base=base.output, model=model.output)
