"""What a beam asks of language: scores of every label after a prefix, as a state machine.

A machine gives rows: for a state, the score of each label of the network and the state that it
leads to. Rows are kept by `Rows`, so that each costs its arithmetic once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from uncial.text.codec import Codec
from uncial.text.ngrams import END, NgramModel, ranges

IMPOSSIBLE = -1e30  # natural log; finite, so that sums of it stay numbers
_MOST = 16_000_000  # numbers in kept rows; 8 bytes each
_FIRST = 1024  # rows for which there is room at first

T = TypeVar("T", bound=np.generic)
States = NDArray[np.integer[Any]]
Scores = NDArray[np.float32]


class Language(Protocol):
    """A deterministic machine over the labels, or the graphemes, of one codec.

    Its columns are labels, the blank's meaning nothing; or what `Spelled` is to turn into labels:
    graphemes in the order of the codec.
    """

    @property
    def start(self) -> int:
        """State before the first."""

    @property
    def most(self) -> float:
        """No score is higher, natural log."""

    def rows(self, states: States) -> tuple[Scores, States]:
        """What each column adds to a hypothesis, and the state that it leads to.

        Args:
            states: ``(N,)``, from 0 up.

        Returns:
            ``(N, columns)`` natural log with weights applied, and ``(N, columns)`` states.
        """

    def ends(self, states: States) -> Scores:
        """``(N,)`` what the end of the line adds."""


class NoLanguage:
    """Every label is welcome.

    Args:
        columns: How many there are.
    """

    start = 0
    most = 0.0

    def __init__(self, columns: int) -> None:
        self._columns = columns

    def rows(self, states: States) -> tuple[Scores, States]:
        """Zeros."""
        shape = (len(states), self._columns)
        return np.zeros(shape, np.float32), np.zeros(shape, np.int32)

    def ends(self, states: States) -> Scores:
        """Zeros."""
        return np.zeros(len(states), np.float32)


class CharacterNgrams:
    """An n-gram model with the columns and weights of a decoder.

    Args:
        model: Of text in the order of the columns.
        units: Grapheme of each column; the empty one has no meaning.
        weight: Multiplies the model's log-probabilities.
        bonus: Added for every grapheme, natural log: makes up for what the model costs.
    """

    def __init__(
        self, model: NgramModel, units: Sequence[str], weight: float, bonus: float
    ) -> None:
        self.start = model.start
        self.most = bonus
        self._model = model
        self._weight = weight
        spelled = [model.encode([unit]) if unit else [] for unit in units]
        self._long = [(at, tokens) for at, tokens in enumerate(spelled) if len(tokens) > 1]
        firsts = np.array([tokens[0] if tokens else 0 for tokens in spelled])
        column = np.zeros(len(model.tokens), np.int32)
        column[firsts[::-1]] = np.arange(len(units))[::-1]
        self._dump = len(units)  # a column for tokens that the decoder lacks
        lacking = np.ones(len(model.tokens), bool)
        lacking[firsts] = False
        column[lacking] = self._dump
        self._column = column[model.token]
        self._score = (model.log_prob * weight + bonus).astype(np.float32)
        self._backoff = (model.backoff * weight).astype(np.float32)
        roots = model.first[0] + firsts
        self._base = np.append(self._score[roots], np.float32(0))
        self._base_state = np.append(model.state[roots], np.int32(0))
        self._shared = np.flatnonzero(column[firsts] != np.arange(len(units)))
        self._shared_with = column[firsts][self._shared]

    def rows(self, states: States) -> tuple[Scores, States]:
        """Weighted log-probabilities."""
        model, size = self._model, self._dump + 1
        chain = []
        row, at = np.arange(len(states)), np.asarray(states)
        owed = np.zeros(len(states), np.float32)
        base = np.zeros(len(states), np.float32)
        while len(row):
            deep = np.flatnonzero(at)
            row, at, owed = row[deep], at[deep], owed[deep]
            chain.append((row, at, owed))
            owed = owed + self._backoff[at]
            base[row] = owed
            at = model.lower[at]
        scores = self._base + base[:, None]
        after = np.empty(scores.shape, np.int32)
        after[:] = self._base_state
        for row, at, owed in reversed(chain):
            starts = model.first[at]
            sizes = model.first[at + 1] - starts
            node = ranges(starts, sizes)
            place = np.repeat(row * size, sizes)
            place += self._column[node]
            scores.reshape(-1)[place] = self._score[node] + np.repeat(owed, sizes)
            after.reshape(-1)[place] = model.state[node]
        if len(self._shared):  # columns that are the same to the model
            scores[:, self._shared] = scores[:, self._shared_with]
            after[:, self._shared] = after[:, self._shared_with]
        for column, tokens in self._long:
            for token in tokens[1:]:
                more, after[:, column] = model.step(after[:, column], np.full(len(states), token))
                scores[:, column] += (more * self._weight).astype(np.float32)
        return scores[:, :-1], after[:, :-1]

    def ends(self, states: States) -> Scores:
        """Weighted log-probability of the line's end."""
        score, _ = self._model.step(states, np.full(len(states), END))
        return (score * self._weight).astype(np.float32)


class Both:
    """Two machines that walk side by side; scores add.

    Args:
        one: A machine.
        other: Another over the same columns.
        states: More than the largest state of `other`.
    """

    def __init__(self, one: Language, other: Language, states: int) -> None:
        self.start = one.start * states + other.start
        self.most = one.most + other.most
        self._one, self._other, self._states = one, other, states

    def rows(self, states: States) -> tuple[Scores, States]:
        """Sums of both."""
        scores, after = self._one.rows(states // self._states)
        more, to = self._other.rows(states % self._states)
        return scores + more, after.astype(np.int64) * self._states + to

    def ends(self, states: States) -> Scores:
        """Sums of both."""
        return self._one.ends(states // self._states) + self._other.ends(states % self._states)


class Spelled:
    """A machine over graphemes as one over the labels that spell them.

    A grapheme counts where its last label is read; a label that continues no code drops what
    was pending, as `Codec.decode` does.

    Args:
        units: Over the graphemes of `codec`, in its order.
        codec: Of the network.
    """

    def __init__(self, units: Language, codec: Codec) -> None:
        self._units = units
        heads: dict[tuple[int, ...], int] = {(): 0}
        for _, labels in codec.codes:
            for stop in range(1, len(labels)):
                heads.setdefault(labels[:stop], len(heads))
        self._heads = len(heads)
        self.start = units.start * self._heads
        self.most = max(units.most, 0.0)
        self._unit = np.full((len(heads), codec.width), -1)  # that a label completes
        self._head = np.zeros((len(heads), codec.width), np.int64)  # where it leads otherwise
        for at, (_, labels) in enumerate(codec.codes):
            self._unit[heads[labels[:-1]], labels[-1]] = at
        for labels, head in heads.items():
            if labels:
                self._head[heads[labels[:-1]], labels[-1]] = head
        lost = (self._unit < 0) & (self._head == 0)
        self._unit = np.where(lost, self._unit[0], self._unit)
        self._head = np.where(lost, self._head[0], self._head)

    def rows(self, states: States) -> tuple[Scores, States]:
        """Scores of each label."""
        inner, head = states // self._heads, states % self._heads
        scores, after = self._units.rows(inner)
        unit = self._unit[head]
        place = np.maximum(unit, 0)
        made = np.where(unit >= 0, np.take_along_axis(scores, place, 1), np.float32(0))
        to = np.where(
            unit >= 0,
            np.take_along_axis(after.astype(np.int64), place, 1) * self._heads,
            inner[:, None] * self._heads + self._head[head],
        )
        return made.astype(np.float32), to

    def ends(self, states: States) -> Scores:
        """What the end of the line adds."""
        return self._units.ends(states // self._heads)


def columns_of(codec: Codec) -> tuple[list[str], bool]:
    """The grapheme of each column that a machine is to have, and whether columns are labels.

    Args:
        codec: Of the network; where it spells graphemes with several labels, its columns are
            graphemes, for `Spelled`.
    """
    if any(len(labels) > 1 for _, labels in codec.codes):
        return list(codec.charset), False
    units = [""] * codec.width
    for unit, labels in codec.codes:
        units[labels[0]] = unit
    return units, True


class Rows:
    """The rows of a machine that were asked for, side by side in two tables.

    Args:
        language: The machine; its columns are labels.

    Attributes:
        score: ``(rows, C)``.
        most: No score is higher.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self.most = language.most
        scores, after = language.rows(np.array([language.start]))
        columns = scores.shape[1]
        self.score: Scores = np.empty((_FIRST, columns), np.float32)
        self._after: States = np.empty((_FIRST, columns), after.dtype)  # row, or -1 - state
        self._states: list[int] = []
        self._places: dict[int, int] = {}
        self._put([language.start], scores, after)

    def trim(self) -> None:
        """Forget the rows if they are many; rows that are in use lose their meaning."""
        if len(self._states) * self.score.shape[1] > _MOST:
            self._states, self._places = [], {}
            self._add([self.language.start])

    def follow(self, rows: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """``(N,)`` the rows that labels lead to."""
        after = self._after[rows, labels].astype(np.int64)
        new = np.flatnonzero(after < 0)
        if len(new):
            states = (-1 - after[new]).tolist()
            places = self._places
            self._add([state for state in dict.fromkeys(states) if state not in places])
            found = np.array([places[state] for state in states])
            after[new] = self._after[rows[new], labels[new]] = found
        return after

    def ends(self, rows: States, origins: States, labels: States) -> Scores:
        """What the end of the line adds; all arrays are of one shape.

        Args:
            rows: After which; below 0 where the row is not known.
            origins: Rows that the labels lead away from, where it is not.
            labels: See `origins`.
        """
        after = np.where(rows >= 0, rows, self._after[origins, labels])
        states = np.array(self._states)[np.maximum(after, 0)]
        states = np.where(after < 0, -1 - after, states)
        return self.language.ends(states.ravel()).reshape(states.shape)

    def _add(self, states: Sequence[int]) -> None:
        if states:
            self._put(states, *self.language.rows(np.array(states)))

    def _put(self, states: Sequence[int], scores: Scores, after: States) -> None:
        start = len(self._states)
        stop = start + len(states)
        if stop > len(self.score):
            self.score = _longer(self.score, start, 2 * stop)
            self._after = _longer(self._after, start, 2 * stop)
        self.score[start:stop] = scores
        np.subtract(-1, after, out=self._after[start:stop])
        self._places.update(zip(states, range(start, stop), strict=True))
        self._states += states


def _longer(table: NDArray[T], used: int, room: int) -> NDArray[T]:
    """A table with more rows, the first of them those in use."""
    made = np.empty((room, table.shape[1]), table.dtype)
    made[:used] = table[:used]
    return made
