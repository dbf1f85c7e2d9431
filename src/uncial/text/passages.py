"""Which stretch of a transcript each recognized line shows.

Lines and transcript are made comparable (one case, one Unicode form), then aligned in three
steps. Words that occur once in both, in the same order, anchor the one to the other, first in
runs of three, then pairs, then alone, each time between the anchors found before (Bram Cohen's
patience diff). Between anchors, edit distance places every character. Last, dynamic programming
over the lines settles where each begins and ends: at white space, or inside a word that a line
breaks; text may be left over and lines may be left without.

Source: Levenshtein distance by rapidfuzz; Feng and Manmatha 2006, "A hierarchical, HMM-based
automatic evaluation of OCR accuracy", for anchors by unique words.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from rapidfuzz.distance import Levenshtein

_WORD = re.compile(r"[^\W_]+")
_HYPHENS: Final = "-‐‑¬⸗=–"
_DENSE: Final = 4_000_000  # characters by characters that edit distance is asked to place
_NEAR: Final = 3  # places around the expected one that a line may begin or end at
_STATES: Final = 12  # ends of a line that are followed up
_LONGEST: Final = 2  # a line shows at most this many times its length
_SKIP: Final = 0.6  # cost of a character of the transcript that no line shows
_LACK: Final = 0.9  # of a character of a line that nothing in the transcript answers to
_INSIDE: Final = 1.2  # of breaking a word where the line shows no hyphen
_NEWLINE: Final = 0.4  # gained by ending where the transcript's line ends


@dataclass(frozen=True, kw_only=True)
class Passage:
    """What of the transcript one line shows.

    Attributes:
        text: As the transcript has it, with a hyphen at its end where the line breaks a word
            that the transcript does not; empty where nothing was found.
        start: Where it begins in the transcript, in characters of its NFC form.
        stop: Where it ends.
        confidence: Share of characters, 0-1, on which line and transcript agree.
    """

    text: str
    start: int
    stop: int
    confidence: float


def find_passages(lines: Sequence[str], transcript: str) -> list[Passage]:
    """The passage of each line, in order.

    Args:
        lines: As they were recognized, in reading order.
        transcript: All of the text, of these lines and maybe more; its own lines need not be
            those of the page.
    """
    whole = unicodedata.normalize("NFC", transcript)
    work = _Aligner([unicodedata.normalize("NFC", line).strip() for line in lines], whole)
    return work.passages()


def unshown(passages: Sequence[Passage], transcript: str) -> list[str]:
    """Stretches of the transcript, a word or more, that no line shows."""
    whole = unicodedata.normalize("NFC", transcript)
    at, left = 0, []
    for passage in sorted(passages, key=lambda one: one.start):
        if passage.text:
            left.append(whole[at : max(at, passage.start)])
            at = max(at, passage.stop)
    left.append(whole[at:])
    return [text.strip() for text in left if _WORD.search(text)]


def comparable(text: str) -> str:
    """A text of the same length in which case and long s make no difference."""
    return "".join(low if len(low := char.casefold()) == 1 else char for char in text)


@dataclass
class _Aligner:
    """Lines and a transcript, and what is known of how they belong together."""

    lines: list[str]
    whole: str
    read: str = ""
    starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for line in self.lines:
            self.starts.append(len(self.read))
            self.read += comparable(line) + " "
        self.told = comparable(self.whole).replace("\n", " ").replace("\f", " ")

    def passages(self) -> list[Passage]:
        """The passage of each line."""
        if not self.told.strip() or not self.lines:
            return [Passage(text="", start=0, stop=0, confidence=0.0) for _ in self.lines]
        places = self._places()
        edges = [
            (self._near(places, start), self._near(places, start + len(line)))
            for start, line in zip(self.starts, self.lines, strict=True)
        ]
        return [
            self._passage(line, *span)
            for line, span in zip(self.lines, self._settled(edges), strict=True)
        ]

    def _places(self) -> list[tuple[int, int]]:
        """Pairs of equal characters in lines and transcript, both growing."""
        anchors = [(0, 0), *_anchors(self.read, self.told), (len(self.read), len(self.told))]
        found: list[tuple[int, int]] = []
        for (read, told), (read_end, told_end) in pairwise(anchors):
            if (read_end - read) * (told_end - told) > _DENSE:
                continue
            for block in Levenshtein.opcodes(self.read[read:read_end], self.told[told:told_end]):
                if block.tag == "equal":
                    found += [
                        (read + block.src_start + at, told + block.dest_start + at)
                        for at in range(block.src_end - block.src_start)
                    ]
        return found

    def _near(self, places: Sequence[tuple[int, int]], at: int) -> int:
        """Where in the transcript a place among the lines is to be expected."""
        after = bisect.bisect_left(places, (at, 0))
        if after < len(places) and (
            after == 0 or places[after][0] - at <= at - places[after - 1][0]
        ):
            read, told = places[after]
        elif places:
            read, told = places[after - 1]
        else:
            read, told = 0, 0
        return min(max(told + at - read, 0), len(self.told))

    def _settled(self, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Begin and end of every line, of least cost in all; equal where it has none."""
        # One state for each end that a line may have: cost, where it began, the state before.
        table: list[dict[int, tuple[float, int, int]]] = [{0: (0.0, 0, -1)}]
        for line, (start, stop) in zip(self.lines, edges, strict=True):
            # Those that lag behind will have to skip what lies between.
            ranked = sorted(
                (cost + _SKIP * max(0, start - end), end, cost)
                for end, (cost, _, _) in table[-1].items()
            )
            before = sorted((end, cost) for _, end, cost in ranked[:_STATES])
            table.append(self._row(comparable(line), line, start, stop, before))
        end = min(table[-1], key=lambda at: table[-1][at][0])
        spans = []
        for row in reversed(table[1:]):
            _, start, previous = row[end]
            spans.append((start, end if start >= 0 else -1))
            end = previous
        return [(max(start, 0), max(stop, 0)) for start, stop in reversed(spans)]

    def _row(
        self, plain: str, line: str, start: int, stop: int, before: Sequence[tuple[int, float]]
    ) -> dict[int, tuple[float, int, int]]:
        """The states after one line: for each end the cheapest way there."""
        row: dict[int, tuple[float, int, int]] = {}
        for end, cost in before:  # the line shows nothing of the transcript
            row[end] = cost + _LACK * max(1, len(plain)), -1, end
        begins = {self._skipped(end) for end, _ in before}
        begins |= set(self._edges(start, ending=False, broken=False))
        ends = self._edges(stop, ending=True, broken=line[-1:] in tuple(_HYPHENS))
        for begin in begins:
            ways = [(cost + _SKIP * self._left(end, begin), end) for end, cost in before
                    if end <= begin]  # fmt: skip
            if not ways:
                continue
            cost, previous = min(ways)
            for end in ends:
                if not 0 < end - begin <= _LONGEST * (len(plain) + 20):
                    continue
                own = cost + self._distance(plain, begin, end)
                if end not in row or own < row[end][0]:
                    row[end] = own, begin, previous
        return row

    def _distance(self, plain: str, begin: int, end: int) -> float:
        """Edits between a line and a stretch, and what its ends cost."""
        told = self.told[begin:end].strip()
        cost = float(Levenshtein.distance(plain.rstrip(_HYPHENS), told.rstrip(_HYPHENS)))
        if self._inside_word(end) and plain[-1:] not in tuple(_HYPHENS):
            cost += _INSIDE
        if self.whole[end : end + 1] in ("\n", "\f", ""):
            cost -= _NEWLINE
        return cost

    def _edges(self, at: int, *, ending: bool, broken: bool) -> list[int]:
        """Places near `at` where a line may begin or end."""
        found = []
        left = right = at
        if self._is_edge(at, ending=ending) or broken:
            found.append(at)
        if broken:
            found += [at - 2, at - 1, at + 1, at + 2]
        for _ in range(_NEAR):
            left = self._next_edge(left, -1, ending=ending)
            right = self._next_edge(right, 1, ending=ending)
            found += [left, right]
        return sorted({place for place in found if 0 <= place <= len(self.told)})

    def _next_edge(self, at: int, step: int, *, ending: bool) -> int:
        at += step
        while 0 < at < len(self.told) and not self._is_edge(at, ending=ending):
            at += step
        return min(max(at, 0), len(self.told))

    def _is_edge(self, at: int, *, ending: bool) -> bool:
        """Whether white space lies just before a beginning or behind an end."""
        before = self.told[at - 1 : at].isspace() or at == 0
        after = self.told[at : at + 1].isspace() or at >= len(self.told)
        return (after and not before) if ending else (before and not after)

    def _inside_word(self, at: int) -> bool:
        return 0 < at < len(self.told) and self.told[at - 1].isalnum() and self.told[at].isalnum()

    def _skipped(self, at: int) -> int:
        """The first character behind white space."""
        while at < len(self.told) and self.told[at].isspace():
            at += 1
        return at

    def _left(self, end: int, begin: int) -> int:
        """Characters between two lines that neither shows."""
        return max(0, begin - self._skipped(end)) if begin > end else 0

    def _passage(self, line: str, start: int, stop: int) -> Passage:
        text = " ".join(self.whole[start:stop].split())
        if not text:
            return Passage(text="", start=start, stop=start, confidence=0.0)
        hyphen = line[-1:] if line[-1:] in tuple(_HYPHENS) else ""
        if self._inside_word(stop) and text[-1:] not in tuple(_HYPHENS):
            text += hyphen or "-"
        confidence = Levenshtein.normalized_similarity(comparable(line), comparable(text))
        return Passage(text=text, start=start, stop=stop, confidence=float(confidence))


def _anchors(read: str, told: str) -> list[tuple[int, int]]:
    """Where words begin that both have once and in the same order."""
    ours = [(match.start(), match[0]) for match in _WORD.finditer(read)]
    theirs = [(match.start(), match[0]) for match in _WORD.finditer(told)]
    found = sorted(set(_anchored(ours, theirs, 3, (0, len(ours)), (0, len(theirs)))))
    return [(ours[one][0], theirs[other][0]) for one, other in found]


def _anchored(
    ours: Sequence[tuple[int, str]],
    theirs: Sequence[tuple[int, str]],
    run: int,
    here: tuple[int, int],
    there: tuple[int, int],
) -> Iterator[tuple[int, int]]:
    """Anchors of runs of words between two places, and of shorter ones between those."""
    if run == 0 or here[1] - here[0] < run or there[1] - there[0] < run:
        return
    pairs = _rising(_unique(ours, run, *here), _unique(theirs, run, *there))
    last = (here[0], there[0])
    for one, other in [*pairs, (here[1], there[1])]:
        yield from _anchored(ours, theirs, run - 1, (last[0], one), (last[1], other))
        if (one, other) != (here[1], there[1]):
            yield one, other
            last = (one, other)


def _unique(words: Sequence[tuple[int, str]], run: int, start: int, stop: int) -> dict[str, int]:
    """Runs of words that occur once, with where."""
    runs = [
        " ".join(word for _, word in words[at : at + run]) for at in range(start, stop - run + 1)
    ]
    counts = Counter(runs)
    return {text: start + at for at, text in enumerate(runs) if counts[text] == 1}


def _rising(ours: dict[str, int], theirs: dict[str, int]) -> list[tuple[int, int]]:
    """The longest row of pairs that grows on both sides."""
    pairs = sorted((at, theirs[text]) for text, at in ours.items() if text in theirs)
    ends: list[int] = []  # the smallest partner that a row of each length ends with
    last: list[int] = []  # the pair that it ends with
    back: list[int] = []
    for number, (_, other) in enumerate(pairs):
        place = bisect.bisect_left(ends, other)
        back.append(last[place - 1] if place else -1)
        if place == len(ends):
            ends.append(other)
            last.append(number)
        else:
            ends[place], last[place] = other, number
    found = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = back[at]
    return found[::-1]
