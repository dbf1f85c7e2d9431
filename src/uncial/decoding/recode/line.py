"""From the best path to unichars with certainties and places, and to words.

Source: tesseract 5.x ``src/lstm/recodebeam.cpp`` (``ExtractPathAsUnicharIds``,
``ExtractBestPathAsWords``, ``calculateCharBoundaries``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from uncial.decoding.recode.frontier import Node
from uncial.decoding.recode.tables import DICTIONARY_PERMUTERS, NO_PERMUTER, SPACE, TOP_CHOICE

_WORD_SCALE = 7.0


@dataclass(frozen=True, kw_only=True)
class DecodedUnichar:
    """One unichar of a line.

    Attributes:
        unichar: Its id.
        certainty: Natural log, weighted; the least of its steps.
        step: Of its first label.
        start: Step at which its share of the line begins.
        stop: Step at which that ends.
        permuter: Of its node: `TOP_CHOICE` outside of the dictionary.
        starts_word: A dictionary word begins with it.
    """

    unichar: int
    certainty: float
    step: int
    start: int
    stop: int
    permuter: int
    starts_word: bool

    @property
    def confidence(self) -> float:
        """0-1, a hundredth of what Tesseract reports."""
        return confidence(self.certainty)


@dataclass(frozen=True, kw_only=True)
class DecodedWord:
    """Unichars that stand together.

    Attributes:
        unichars: Without spaces.
        after_space: A space stands before it.
        certainty: On the scale of words, seven times that of unichars.
    """

    unichars: tuple[DecodedUnichar, ...]
    after_space: bool
    certainty: float

    @property
    def confidence(self) -> float:
        """0-1, a hundredth of what Tesseract reports."""
        return confidence(self.certainty)

    @property
    def in_dictionary(self) -> bool:
        """The dictionary accepted it."""
        return self.unichars[-1].permuter in DICTIONARY_PERMUTERS


def confidence(certainty: float) -> float:
    """A certainty as 0-1."""
    return min(max(1.0 + certainty / 20.0, 0.0), 1.0)


def unichars(path: Sequence[Node]) -> list[DecodedUnichar]:
    """The unichars of a path, spaces included."""
    found: list[DecodedUnichar] = []
    starts, ends = [], []
    step = 0
    while step < len(path):
        step, worst = _silence(path, step)
        starts.append(step)
        if step == len(path):
            _blame(found, worst)
            break
        node = path[step]
        if node.unichar == SPACE and found and node.key[2] != NO_PERMUTER:
            _blame(found, worst)
            worst = 0.0
        stop, worst = _sound(path, step, worst)
        ends.append(stop)
        found.append(
            DecodedUnichar(
                unichar=node.unichar,
                certainty=worst,
                step=step,
                start=0,
                stop=stop,
                permuter=node.key[2],
                starts_word=node.starts_word,
            )
        )
        step = stop
    starts.append(len(path))
    return list(_bounded(found, starts, ends, len(path)))


def grouped(found: Sequence[DecodedUnichar], undelimited: Collection[int]) -> list[DecodedWord]:
    """Unichars grouped at spaces, and where words of the dictionary begin.

    Where a script has no spaces, each stands on its own outside of the dictionary.

    Args:
        found: The unichars of a line.
        undelimited: Unichars whose words stand without spaces.
    """
    made = []
    start = 0
    space_before = 0.0
    while start < len(found):
        stop = start + 1
        while stop < len(found) and not _breaks(found, stop, undelimited):
            stop += 1
        spaced = stop < len(found) and found[stop].unichar == SPACE
        space_after = found[stop].certainty if spaced else 0.0
        least = min(one.certainty for one in found[start:stop])
        made.append(
            DecodedWord(
                unichars=tuple(found[start:stop]),
                after_space=start > 0 and found[start - 1].unichar == SPACE,
                certainty=_WORD_SCALE * min(least, space_before, space_after),
            )
        )
        space_before = space_after
        start = stop + spaced
    return made


def _silence(path: Sequence[Node], step: int) -> tuple[int, float]:
    """Past nodes that complete nothing; and the worst of their certainties."""
    worst = 0.0
    while step < len(path) and path[step].unichar < 0:
        worst = min(worst, path[step].certainty)
        step += 1
    return step, worst


def _sound(path: Sequence[Node], step: int, worst: float) -> tuple[int, float]:
    """Past a unichar and its repetitions; and the worst certainty."""
    unichar = path[step].unichar
    while True:
        node = path[step]
        forgets = unichar == SPACE and node.key[2] == NO_PERMUTER
        worst = node.certainty if forgets else min(worst, node.certainty)
        step += 1
        if step == len(path) or not path[step].duplicate:
            return step, worst


def _blame(found: list[DecodedUnichar], worst: float) -> None:
    """Charge the last unichar with the silence behind it."""
    if found and worst < found[-1].certainty:
        found[-1] = replace(found[-1], certainty=worst)


def _bounded(
    found: Sequence[DecodedUnichar], starts: Sequence[int], ends: Sequence[int], steps: int
) -> Iterator[DecodedUnichar]:
    """Unichars with bounds halfway to their neighbours."""
    begin = 0
    for at, one in enumerate(found):
        last = at == len(found) - 1
        stop = steps if last else ends[at] + (starts[at + 1] - ends[at]) // 2
        yield replace(one, start=begin, stop=stop)
        begin = stop


def _breaks(found: Sequence[DecodedUnichar], at: int, undelimited: Collection[int]) -> bool:
    """Whether no word goes on across this place."""
    here = found[at]
    if here.unichar == SPACE or here.starts_word:
        return True
    alone = here.unichar in undelimited or found[at - 1].unichar in undelimited
    return here.permuter == TOP_CHOICE and alone
