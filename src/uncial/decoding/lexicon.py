"""Word lists as a constraint on reading: a trie of graphemes with a way out, or without one.

A line is words and what stands between them. A word of the list costs nothing; one that leaves
the list, or ends before a listed word does, costs `penalty` once and may then go on as it likes.
Without a way out the second kind is impossible: what is read is made of the list alone.

Source: the lexicon decoding of Collobert, Puhrsch and Synnaeve 2016, arXiv:1609.03193, section
2.3, with an unknown word of any spelling.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.language import IMPOSSIBLE, Scores, States
from uncial.text.codec import Codec
from uncial.text.order import display_order

_PENALTY = -4.0  # natural log


class WordList:
    """The words that may be read.

    Args:
        words: In logical order, normalized.
        codec: Of the network.
        closed: No other words are possible; otherwise capitalized and upper-case forms of the
            words are listed, too.

    Attributes:
        size: Number of states.
    """

    def __init__(self, words: Iterable[str], codec: Codec, *, closed: bool = False) -> None:
        self.closed = closed
        self._codec = codec
        self._units = list(codec.charset)
        ids = {unit: at for at, unit in enumerate(self._units)}
        self._ids = ids
        between = {unit for unit in ids if is_between(unit)}
        self._between = np.array([unit in between for unit in self._units])
        trie: list[dict[int, int]] = [{}]
        ends = [True]  # whether a word may end here
        for word in sorted(set(_forms(words, capitals=not closed))):
            at = 0
            for unit in codec.units(display_order(word)):
                if unit not in ids:
                    break
                if ids[unit] not in trie[at]:
                    trie[at][ids[unit]] = len(trie)
                    trie.append({})
                    ends.append(unit in between and ends[at])
                at = trie[at][ids[unit]]
            else:
                ends[at] = True
        self.outside = len(trie)  # the state within a word that is not on the list
        self.size = len(trie) + 1
        self._build(trie, ends)

    def _build(self, trie: Sequence[dict[int, int]], ends: Sequence[bool]) -> None:
        """Transitions of every state: ``after``, and where the list is left, ``costs``."""
        self._first = np.cumsum([0, *(len(children) for children in trie), 0])
        self._unit = np.array([u for children in trie for u in children], np.int64)
        self._child = np.array([n for children in trie for n in children.values()], np.int64)
        self._ends = np.array([*ends, True])
        root = np.full(len(self._units), self.outside)
        root[self._between] = 0
        root[self._unit[: self._first[1]]] = self._child[: self._first[1]]
        self._root = root
        self._parted = np.zeros(self.size, bool)  # what was read last stands between words
        self._parted[0] = True
        self._parted[self._child] = self._between[self._unit]

    def rows(self, states: States) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """What each grapheme does after each state.

        Args:
            states: ``(N,)``.

        Returns:
            ``(N, units)`` whether the list is left, and the states that follow.
        """
        states = np.asarray(states)
        n, outside = len(states), self.outside
        after = np.where(self._between, 0, outside)[None].repeat(n, 0)
        left = np.zeros(after.shape, bool)
        inside = states != outside
        left[inside] = ~self._between | ~self._ends[states[inside], None]
        fresh = inside & self._parted[states] & self._ends[states]  # a new word may begin
        after[fresh] = self._root
        left[fresh] = self._root == outside
        sizes = self._first[states + 1] - self._first[states]
        sizes[~inside] = 0
        row = np.repeat(np.arange(n), sizes)
        at = np.arange(len(row)) + np.repeat(self._first[states] - np.cumsum(sizes) + sizes, sizes)
        after[row, self._unit[at]] = self._child[at]
        left[row, self._unit[at]] = False
        return left, after

    def is_end(self, states: States) -> NDArray[np.bool_]:
        """Whether the line may end after each state without leaving the list."""
        return self._ends[np.asarray(states)]

    def unknown(self, text: str) -> tuple[int, int]:
        """How many words of a text are not on the list, and how many there are.

        Args:
            text: In logical order, normalized.
        """
        unknown = 0
        state = np.zeros(1, np.int64)
        for unit in self._codec.units(display_order(text)):
            if unit in self._ids:
                left, after = self.rows(state)
                unknown += int(left[0, self._ids[unit]])
                state = after[:, self._ids[unit]]
            elif is_between(unit):
                unknown += int(not self.is_end(state)[0])
                state = np.zeros(1, np.int64)
            else:  # a letter that cannot be read is in no word that could be listed
                unknown += int(state[0] != self.outside)
                state = np.array([self.outside])
        unknown += int(not self.is_end(state)[0])
        return unknown, sum(1 for _ in words_of(text))


class Listed:
    """A word list as a machine over the graphemes of a codec, in its order.

    Args:
        words: The list.
        columns: The grapheme of each column, as `columns_of` gives them.
        penalty: Of a word that is not listed, natural log, below 0.
    """

    start = 0
    most = 0.0

    def __init__(self, words: WordList, columns: Sequence[str], penalty: float = _PENALTY) -> None:
        self._words = words
        self._penalty = np.float32(IMPOSSIBLE if words.closed else penalty)
        self._place = np.array([words._ids.get(unit, 0) for unit in columns])

    def rows(self, states: States) -> tuple[Scores, States]:
        """The penalty where the list is left."""
        left, after = self._words.rows(states)
        return np.where(left, self._penalty, np.float32(0))[:, self._place], after[:, self._place]

    def ends(self, states: States) -> Scores:
        """The penalty where a word is not at its end."""
        return np.where(self._words.is_end(states), np.float32(0), self._penalty)


def is_between(unit: str) -> bool:
    """Whether a grapheme stands between words: it has no letter, mark or digit."""
    return not any(unicodedata.category(char)[0] in "LMN" for char in unit)


def words_of(text: str) -> Iterator[str]:
    """The words of a text: what white space parts, without punctuation around it."""
    for piece in text.split():
        start, stop = 0, len(piece)
        while start < stop and is_between(piece[start]):
            start += 1
        while stop > start and is_between(piece[stop - 1]):
            stop -= 1
        if start < stop:
            yield piece[start:stop]


def _forms(words: Iterable[str], *, capitals: bool) -> Iterator[str]:
    for word in words:
        yield word
        if capitals:
            yield word[:1].upper() + word[1:]
            yield word.upper()
