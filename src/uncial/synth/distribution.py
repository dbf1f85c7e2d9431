"""What a corpus is made of: characters, n-grams, words, running text; kept in one JSON file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from uncial.errors import DataError, FormatError
from uncial.text.graphemes import graphemes

_FORMAT: Final = "uncial-distribution"
_VERSION: Final = 1
_WORDS, _TRIGRAMS, _LINES = 100_000, 50_000, 20_000  # most that are kept
_JOINT = "\t"  # between the graphemes of an n-gram in the file


@dataclass(frozen=True, eq=False)
class Distribution:
    """Counts over a corpus.

    Attributes:
        characters: Graphemes, spaces not among them.
        pairs: Neighbouring graphemes within words.
        trigrams: Three in a row; a space stands for the edge of a word.
        words: Between spaces, with their punctuation; the most frequent ones.
        lines: Running text, line by line, spread over the corpus.
    """

    characters: Mapping[str, int]
    pairs: Mapping[tuple[str, ...], int]
    trigrams: Mapping[tuple[str, ...], int]
    words: Mapping[str, int]
    lines: tuple[str, ...]

    @classmethod
    def measured(cls, texts: Iterable[str]) -> Distribution:
        """Count over lines of text.

        Raises:
            DataError: There is no text.
        """
        lines = [line for line in (" ".join(text.split()) for text in texts) if line]
        words = Counter(word for line in lines for word in line.split(" "))
        characters: Counter[str] = Counter()
        pairs: Counter[tuple[str, ...]] = Counter()
        trigrams: Counter[tuple[str, ...]] = Counter()
        for word, count in words.items():
            units = graphemes(word)
            edged = [" ", *units, " "]
            for unit in units:
                characters[unit] += count
            for at in range(len(units) - 1):
                pairs[tuple(units[at : at + 2])] += count
            for at in range(len(edged) - 2):
                trigrams[tuple(edged[at : at + 3])] += count
        if not characters:
            raise DataError("the corpus has no text", remedy="name files with text")
        step = -(-len(lines) // _LINES)
        return cls(
            dict(characters.most_common()),
            dict(pairs.most_common()),
            dict(trigrams.most_common(_TRIGRAMS)),
            dict(words.most_common(_WORDS)),
            tuple(lines[::step]),
        )

    @cached_property
    def total(self) -> int:
        """Characters of the corpus, spaces not counted."""
        return sum(self.characters.values())

    def to_json(self) -> str:
        """As a file holds it."""
        values: dict[str, Any] = {"format": _FORMAT, "version": _VERSION}
        values |= {"characters": dict(self.characters), "words": dict(self.words)}
        for name, counts in (("pairs", self.pairs), ("trigrams", self.trigrams)):
            values[name] = {_JOINT.join(key): count for key, count in counts.items()}
        values["lines"] = list(self.lines)
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, name: str) -> Distribution:
        """Read what `to_json` wrote.

        Raises:
            FormatError: It is something else.
        """
        remedy = "make the file anew with 'uncial corpus'"
        try:
            values = json.loads(text)
            if values["format"] != _FORMAT or values["version"] != _VERSION:
                raise FormatError(f"{name}: no distribution of version {_VERSION}", remedy=remedy)
            counts = {key: {k: int(n) for k, n in values[key].items()} for key in _COUNTED}
            grams = [
                {tuple(key.split(_JOINT)): n for key, n in counts[key_of].items()}
                for key_of in ("pairs", "trigrams")
            ]
            lines = tuple(str(line) for line in values["lines"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(f"{name}: no distribution: {error!r}", remedy=remedy) from error
        return cls(counts["characters"], grams[0], grams[1], counts["words"], lines)


_COUNTED = ("characters", "pairs", "trigrams", "words")


def is_distribution(path: Path) -> bool:
    """Whether a file begins as one of ours."""
    with path.open("rb") as file:
        return f'"format": "{_FORMAT}"'.encode() in file.read(64)
