"""Samplers of lines of text: running text, words, rare characters, numbers, random strings.

A line is a pure function of the generator it is given, so that any worker can make any line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from uncial.errors import ConfigError, DataError
from uncial.synth.distribution import Distribution
from uncial.text.graphemes import graphemes

MIXTURE: Final[Mapping[str, float]] = {
    "running": 0.45,
    "words": 0.2,
    "rare": 0.12,
    "pairs": 0.05,
    "pseudo": 0.08,
    "numbers": 0.06,
    "random": 0.04,
}
"""Samplers and their usual shares: passages, words by frequency, words with characters drawn
evenly, words with pairs drawn evenly, words that only look like the language, numbers and dates,
random strings."""

Key = TypeVar("Key")
Shares = NDArray[np.float64]

_NATURAL = ("running", "words")
_RARE_WORDS = 400  # kept for each character and pair
_LONGEST_PSEUDO = 14  # characters
_MARKS = ".,:;-/"
_LONG_S = "ſ"
_FINAL_S = frozenset("bkfhd")  # letters before which, at a seam of a compound, s stays round
_UPPER = 0.5  # of the lines in other case: all capitals; else words with a capital


@dataclass(frozen=True, kw_only=True)
class Orthography:
    """How old print writes what a modern corpus has.

    Attributes:
        long_s: Write s as in Fraktur: long where it does not end a word.
        hyphen: Ends a share of the lines of running text within a word; ``""`` never does.
        spellings: What some lines have in the place of characters.
        share: How many lines those are, 0-1.
    """

    long_s: bool = False
    hyphen: str = ""
    spellings: Mapping[str, str] = field(default_factory=dict)
    share: float = 0.5


class TextSampler:
    """Draws lines of text.

    Args:
        corpus: Where words and running text come from.
        charset: Graphemes that lines may have; None takes those of the corpus. Every one of
            them occurs in the lines, with `rare` or `random` in the mixture.
        shares: Samplers of `MIXTURE` and how often each is used, in any unit.
        lengths: Shortest and longest line, characters; one word may be longer.
        other_case: Share of lines, 0-1, in capitals or with capitalized words.
        orthography: How old print writes; None writes as the corpus does.

    Attributes:
        charset: Graphemes to draw from, spaces not among them.
        written: Graphemes that the lines may have.

    Raises:
        ConfigError: A sampler is unknown, or the lengths are out of order.
        DataError: The charset leaves no word of the corpus.
    """

    def __init__(
        self,
        corpus: Distribution,
        *,
        charset: Iterable[str] | None = None,
        shares: Mapping[str, float] = MIXTURE,
        lengths: tuple[int, int] = (16, 60),
        other_case: float = 0.05,
        orthography: Orthography | None = None,
    ) -> None:
        _check(shares, lengths)
        letters = list(corpus.characters)
        wanted = tuple(dict.fromkeys(charset if charset is not None else letters))
        self.charset = tuple(unit for unit in wanted if not unit.isspace())
        known = frozenset(self.charset)
        self._old = old = orthography or Orthography()
        written = known | ({_LONG_S} if old.long_s and "s" in known else set())
        for modern, spelling in old.spellings.items():
            written |= set(graphemes(spelling)) if known.issuperset(graphemes(modern)) else set()
        self.written = tuple(sorted(written | set(graphemes(old.hyphen))))
        self._known = known
        self._lengths, self._case = lengths, other_case
        words = [word for word in corpus.words if known.issuperset(graphemes(word))]
        if not words:
            raise DataError(
                "no word of the corpus can be written in the charset",
                remedy="give text of the same script, or another charset",
            )
        self._words = words
        self._word_share = _cumulated([corpus.words[word] for word in words])
        self._lines = [
            line.split(" ")
            for line in corpus.lines
            if all(known.issuperset(graphemes(word)) for word in line.split(" "))
        ] or [[word] for word in words]
        self._by_unit = _index(words, lambda units: units)
        self._by_pair = _index(words, pairwise)
        self._pairs = sorted(self._by_pair)
        self._following = _following(corpus, known)
        digits = _digits(self.charset)
        self._digits = digits
        self._marks = [mark for mark in _MARKS if mark in known]
        names = [name for name in shares if name != "numbers" or digits]
        self._names = names
        self._name_share = _cumulated([shares[name] for name in names])

    def line(self, rng: np.random.Generator, *, natural: bool = False) -> str:
        """One line, in logical order.

        Args:
            rng: Draws it.
            natural: As people write: running text, or words by frequency where there is none.
        """
        name = self._names[_drawn(self._name_share, rng)]
        if natural and name not in _NATURAL:
            name = next((one for one in _NATURAL if one in self._names), name)
        aim = int(rng.integers(self._lengths[0], self._lengths[1] + 1))
        if name == "running":
            text = self._running(aim, rng)
        else:
            word = _SAMPLERS[name]
            text = self._filled(lambda: word(self, rng), aim)
        if self._case and rng.random() < self._case:
            text = self._recased(text, rng)
        text = self._written(text)
        if self._old.spellings and rng.random() < self._old.share:
            for modern, spelling in self._old.spellings.items():
                text = text.replace(modern, spelling)
        return text

    def line_with(self, unit: str, rng: np.random.Generator) -> str:
        """A short line that has a certain character, as it is written."""
        words = self._by_unit.get(unit)
        word = words[int(rng.integers(len(words)))] if words else f"{unit} {self._word(rng)}{unit}"
        text = self._written(f"{self._word(rng)} {word}")
        return text if unit in graphemes(text) else f"{text} {unit}"

    def _written(self, text: str) -> str:
        return with_long_s(text) if self._old.long_s else text

    def _running(self, aim: int, rng: np.random.Generator) -> str:
        """A passage that starts at any word, over the ends of lines."""
        at = int(rng.integers(len(self._lines)))
        words = self._lines[at]
        first = int(rng.integers(len(words)))
        text = words[first]
        rest = iter(words[first + 1 :])
        while True:
            word = next(rest, None)
            if word is None:
                at = (at + 1) % len(self._lines)
                rest = iter(self._lines[at])
                continue
            if len(text) + 1 + len(word) > aim:
                return self._broken(text, word, aim, rng)
            text = f"{text} {word}"

    def _broken(self, text: str, word: str, aim: int, rng: np.random.Generator) -> str:
        """The line's end: now and then the first part of the next word and a hyphen."""
        hyphen = self._old.hyphen
        room = aim - len(text) - 1 - len(hyphen)
        if hyphen and room >= 2 and len(word) >= 5 and word.isalpha() and rng.random() < 0.7:
            return f"{text} {word[: min(room, len(word) - 2)]}{hyphen}"
        return text

    def _word(self, rng: np.random.Generator) -> str:
        return self._words[_drawn(self._word_share, rng)]

    def _rare(self, rng: np.random.Generator) -> str:
        """A word with a character drawn evenly from the charset."""
        unit = self.charset[int(rng.integers(len(self.charset)))]
        words = self._by_unit.get(unit)
        if words:
            return words[int(rng.integers(len(words)))]
        return f"{self._word(rng)}{unit}" if rng.random() < 0.5 else f"{unit}{self._word(rng)}"

    def _pair(self, rng: np.random.Generator) -> str:
        """A word with a pair drawn evenly from those of the corpus."""
        if not self._pairs:
            return self._rare(rng)
        words = self._by_pair[self._pairs[int(rng.integers(len(self._pairs)))]]
        return words[int(rng.integers(len(words)))]

    def _pseudo(self, rng: np.random.Generator) -> str:
        """A word that follows the trigrams of the corpus."""
        word = ""
        state: tuple[str, ...] = (" ",)
        while len(word) < _LONGEST_PSEUDO:
            found = self._following.get(state)
            if found is None:
                break
            units, share = found
            unit = units[_drawn(share, rng)]
            if unit == " ":
                break
            word += unit
            state = (*state, unit)[-2:]
        return word or self._word(rng)

    def _number(self, rng: np.random.Generator) -> str:
        """Digits of one script, with marks as in dates, prices and references."""
        family = self._digits[int(rng.integers(len(self._digits)))]

        def digits(count: int) -> str:
            return "".join(family[int(at)] for at in rng.integers(len(family), size=count))

        draw = rng.random()
        if draw < 0.45 or not self._marks:
            return digits(int(rng.integers(1, 5)))
        mark = self._marks[int(rng.integers(len(self._marks)))]
        if draw < 0.7:
            return mark.join((digits(2), digits(int(rng.integers(1, 4)))))
        if draw < 0.85:
            return mark.join((digits(int(rng.integers(1, 3))), digits(2), digits(4)))
        return digits(int(rng.integers(1, 4))) + mark

    def _random(self, rng: np.random.Generator) -> str:
        at = rng.integers(len(self.charset), size=int(rng.integers(1, 9)))
        return "".join(self.charset[int(unit)] for unit in at)

    def _filled(self, word: Callable[[], str], aim: int) -> str:
        text = word()
        while True:
            more = word()
            if len(text) + 1 + len(more) > aim:
                return text
            text = f"{text} {more}"

    def _recased(self, text: str, rng: np.random.Generator) -> str:
        changed = text.upper() if rng.random() < _UPPER else text.title()
        return changed if self._known.issuperset(graphemes(changed.replace(" ", ""))) else text


_SAMPLERS: dict[str, Callable[[TextSampler, np.random.Generator], str]] = {
    "words": TextSampler._word,
    "rare": TextSampler._rare,
    "pairs": TextSampler._pair,
    "pseudo": TextSampler._pseudo,
    "numbers": TextSampler._number,
    "random": TextSampler._random,
}


def with_long_s(text: str) -> str:
    """Modern spelling with ſ wherever Fraktur writes it: not at the end of a word or part of it.

    Seams of compounds are not known; before b, d, f, h and k, where they mostly lie, s stays round.
    """
    written = []
    for at, char in enumerate(text):
        after = text[at + 1 : at + 2]
        long = char == "s" and after.isalpha() and after not in _FINAL_S
        written.append(_LONG_S if long else char)
    return "".join(written)


def _check(shares: Mapping[str, float], lengths: tuple[int, int]) -> None:
    unknown = sorted(set(shares) - set(MIXTURE))
    if unknown:
        raise ConfigError(
            f"no text sampler is called {', '.join(unknown)}",
            remedy=f"use {', '.join(MIXTURE)}",
        )
    if min(shares.values(), default=0) < 0 or not sum(shares.values()):
        raise ConfigError("the shares of the text samplers", remedy="give one above 0, none below")
    if not 1 <= lengths[0] <= lengths[1]:
        raise ConfigError(
            f"lines of {lengths[0]} to {lengths[1]} characters", remedy="give the shorter one first"
        )


def _digits(charset: Iterable[str]) -> list[list[str]]:
    """Decimal digits by the zero that they count from."""
    found: dict[int, list[str]] = {}
    for unit in charset:
        if len(unit) == 1 and unit.isdecimal():
            found.setdefault(ord(unit) - unicodedata.decimal(unit), []).append(unit)
    return list(found.values())


def _index(
    words: Sequence[str], keys: Callable[[list[str]], Iterable[Key]]
) -> dict[Key, list[str]]:
    """Words, the frequent ones first, by what occurs in them."""
    found: dict[Key, list[str]] = {}
    for word in words:
        for key in set(keys(graphemes(word))):
            kept = found.setdefault(key, [])
            if len(kept) < _RARE_WORDS:
                kept.append(word)
    return found


def _following(
    corpus: Distribution, known: frozenset[str]
) -> dict[tuple[str, ...], tuple[list[str], Shares]]:
    """What follows a space, and what two characters, and how often."""
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for (first, second, third), count in corpus.trigrams.items():
        if known.issuperset({first, second, third} - {" "}):
            counts.setdefault((first, second), {}).setdefault(third, 0)
            counts[first, second][third] += count
            if first == " ":
                starts = counts.setdefault((" ",), {})
                starts[second] = starts.get(second, 0) + count
    return {key: (list(found), _cumulated(list(found.values()))) for key, found in counts.items()}


def _cumulated(counts: Sequence[float]) -> Shares:
    sums = np.cumsum(np.array(counts, float))
    return np.asarray(sums / sums[-1])


def _drawn(share: Shares, rng: np.random.Generator) -> int:
    return min(int(np.searchsorted(share, rng.random(), side="right")), len(share) - 1)
