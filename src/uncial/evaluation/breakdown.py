"""Where the errors are: CER by document, length, confidence, script, rarity and place in line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from uncial.evaluation.run import LineResult
from uncial.text.confusions import script_scores
from uncial.text.metrics import align, split_units

LENGTH_EDGES = (10, 20, 30, 40, 60, 80, 120)
CONFIDENCE_EDGES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
RARITY_EDGES = (1, 6, 21, 101, 1001)
"""Occurrences in the ground truth of all splits from which a character counts as less rare."""
_PLACES = ("first", "second and third", "middle", "third and second to last", "last")
_END = 3  # characters of a line that are not its middle, at either end


@dataclass(frozen=True, kw_only=True)
class Part:
    """Errors in one part of what was read.

    Attributes:
        label: What the part is.
        cer: Errors per character of ground truth in it, a fraction.
        errors: Edits.
        characters: Of ground truth.
        lines: That belong to it; 0 where it is made of characters rather than of lines.
    """

    label: str
    cer: float
    errors: int
    characters: int
    lines: int = 0


def by_document(lines: Iterable[LineResult]) -> list[Part]:
    """CER of every document, worst first; empty where only one is known."""
    groups: dict[str, list[LineResult]] = defaultdict(list)
    for line in lines:
        groups[line.document or "(no document)"].append(line)
    if len(groups) < 2:
        return []
    parts = [_of_lines(name, members) for name, members in groups.items()]
    return sorted(parts, key=lambda part: (-part.cer, part.label))


def by_length(lines: Iterable[LineResult]) -> list[Part]:
    """CER by characters of ground truth in the line."""
    return by_bin(lines, lambda line: line.score.chars, LENGTH_EDGES)


def by_confidence(lines: Iterable[LineResult]) -> list[Part]:
    """CER by what the model says of its readings."""
    return by_bin(lines, lambda line: line.confidence, CONFIDENCE_EDGES)


def by_bin(
    lines: Iterable[LineResult],
    value: Callable[[LineResult], float],
    edges: Sequence[float],
) -> list[Part]:
    """CER of the lines whose `value` falls between neighbouring `edges`, low to high."""
    groups: dict[int, list[LineResult]] = defaultdict(list)
    for line in lines:
        groups[sum(value(line) >= edge for edge in edges)].append(line)
    return [_of_lines(_bin_label(place, edges), groups[place]) for place in sorted(groups)]


def by_script(lines: Iterable[LineResult]) -> list[Part]:
    """CER by writing system, most characters first; empty where there is but one."""
    scripts = script_scores([line.score for line in lines])
    if len(scripts) < 2:
        return []
    return [
        Part(
            label=script.script.replace("_", " "),
            cer=script.cer,
            errors=script.errors,
            characters=script.characters,
        )
        for script in scripts
    ]


def by_rarity(lines: Iterable[LineResult], occurrences: Mapping[str, int]) -> list[Part]:
    """Errors in characters by how often they occur, rare ones first; insertions left out.

    Args:
        lines: As they were read.
        occurrences: Of each character; those it lacks count as never seen.
    """
    characters: Counter[int] = Counter()
    errors: Counter[int] = Counter()

    def band(unit: str) -> int:
        return sum(occurrences.get(unit, 0) >= edge for edge in RARITY_EDGES)

    for line in lines:
        characters.update(map(band, split_units(line.score.truth, line.score.units)))
        if line.score.char_edits:
            for edit in align(line.score.truth, line.score.output, units=line.score.units):
                if edit.truth and edit.kind != "equal":
                    errors[band(edit.truth)] += 1
    return [
        _part(_rarity_label(place), errors[place], characters[place])
        for place in sorted(characters)
    ]


def by_position(lines: Iterable[LineResult]) -> list[Part]:
    """Errors by place in the line; an insertion belongs to the character that follows.

    Many errors at the ends tell of lines that were cut too tight.
    """
    characters: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for line in lines:
        length = line.score.chars
        characters.update(_place(at, length) for at in range(length))
        if line.score.char_edits:
            for edit in align(line.score.truth, line.score.output, units=line.score.units):
                if edit.kind != "equal":
                    errors[_place(min(edit.truth_at, max(length - 1, 0)), length)] += 1
    return [
        _part(name, errors[name], characters[name])
        for name in _PLACES
        if characters[name] or errors[name]
    ]


def occurrences(texts: Iterable[str], lines: Iterable[LineResult]) -> Counter[str]:
    """How often each character stands in some texts, or in the lines themselves without any.

    Args:
        texts: Ground truth, normalized as that of the lines.
        lines: Name what counts as a character.
    """
    kept = list(lines)
    units = kept[0].score.units if kept else "grapheme"
    found: Counter[str] = Counter()
    for text in texts or [line.score.truth for line in kept]:
        found.update(split_units(text, units))
    return found


def _place(at: int, length: int) -> str:
    before, after = at, length - 1 - at
    if before == 0:
        return _PLACES[0]
    if after == 0:
        return _PLACES[4]
    if min(before, after) < _END:
        return _PLACES[1] if before <= after else _PLACES[3]
    return _PLACES[2]


def _rarity_label(place: int) -> str:
    if place == 0:
        return "never in the ground truth"
    if place == len(RARITY_EDGES):
        return f"{RARITY_EDGES[-1]} times or more"
    low, high = RARITY_EDGES[place - 1], RARITY_EDGES[place] - 1
    return f"{low} to {high} times"


def _bin_label(place: int, edges: Sequence[float]) -> str:
    if place == 0:
        return f"under {edges[0]}"
    if place == len(edges):
        return f"{edges[-1]} and over"
    return f"{edges[place - 1]} to {edges[place]}"


def _of_lines(label: str, lines: Sequence[LineResult]) -> Part:
    edits = sum(line.score.char_edits for line in lines)
    return _part(label, edits, sum(line.score.chars for line in lines), len(lines))


def _part(label: str, errors: int, characters: int, lines: int = 0) -> Part:
    cer = errors / characters if characters else float(errors > 0)
    return Part(label=label, cer=cer, errors=errors, characters=characters, lines=lines)
