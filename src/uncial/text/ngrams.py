"""Character n-grams as a state machine: probabilities of every next character, with back-off.

N-grams form a trie. Node 0 is the empty n-gram; nodes are numbered by length, then by the node
of all but the last token, then by the last token, so the children of a node lie side by side.
A *state* is a node that is the context of something; back-off leads from state to state.

Source: Katz 1987, back-off as the ARPA format writes it:
``p(w | h) = p'(hw)`` where the model holds ``hw``, else ``b(h) p(w | h without its first token)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError

UNKNOWN, BEGIN, END = 0, 1, 2
SPECIAL = ("<unk>", "<s>", "</s>")
NEVER = -99.0 * math.log(10.0)  # what ARPA files state for <s>, which is never predicted
MAX_ORDER = 8

Integers = NDArray[np.int32]
Reals = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class NgramModel:
    """A back-off model over graphemes.

    Attributes:
        tokens: Grapheme of each id; ids 0 to 2 are ``<unk>``, ``<s>`` and ``</s>``.
        counts: Number of n-grams of each length from 1; the order is how many there are.
        token: ``(N,)`` last token of each node.
        log_prob: ``(N,)`` natural log of the probability of that token after the others.
        state: ``(N,)`` the longest ending of each node that is a context.
        first: ``(M + 1,)`` where the children of each node that is shorter than the order begin.
        backoff: ``(M,)`` natural log, of the same nodes.
        lower: ``(M,)`` the state that each of them backs off to.

    Invariant:
        Node 0 has every token as a child.
    """

    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    token: Integers
    log_prob: Reals
    state: Integers
    first: Integers
    backoff: Reals
    lower: Integers

    @property
    def order(self) -> int:
        """Tokens in the longest n-gram."""
        return len(self.counts)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Token id by grapheme."""
        return {token: at for at, token in enumerate(self.tokens)}

    @property
    def start(self) -> int:
        """The state at the beginning of a line."""
        return int(self.state[self.first[0] + BEGIN])

    def encode(self, units: Sequence[str]) -> list[int]:
        """Ids of graphemes; one that is unknown is spelled by its code points if those are known.

        Args:
            units: Graphemes in the order of the columns.
        """
        ids = self.ids
        found: list[int] = []
        for unit in units:
            if unit in ids:
                found.append(ids[unit])
            elif len(unit) > 1 and all(char in ids for char in unit):
                found += [ids[char] for char in unit]
            else:
                found.append(UNKNOWN)
        return found

    def step(
        self, states: NDArray[np.integer[Any]], tokens: NDArray[np.integer[Any]]
    ) -> tuple[NDArray[np.float64], Integers]:
        """Log-probability of one token after each state, and the states it leads to.

        Args:
            states: ``(N,)``.
            tokens: ``(N,)``.
        """
        at = np.array(states, dtype=np.int64)
        score = np.zeros(len(at))
        after = np.zeros(len(at), np.int32)
        open_ = np.arange(len(at))
        while len(open_):
            node = self._child(at[open_], tokens[open_])
            hit = node > 0
            done = open_[hit]
            score[done] += self.log_prob[node[hit]]
            after[done] = self.state[node[hit]]
            open_ = open_[~hit]
            score[open_] += self.backoff[at[open_]]
            at[open_] = self.lower[at[open_]]
        return score, after

    def sentence_log_probs(self, lines: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Natural log-probability of each line with its end.

        Args:
            lines: Graphemes of each, in the order of the columns.
        """
        coded = [[*self.encode(line), END] for line in lines]
        lengths = np.array([len(line) for line in coded], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable")
        table = np.full((len(lines), int(lengths.max(initial=0))), END)
        for place, at in enumerate(order):
            table[place, : lengths[at]] = coded[at]
        total = np.zeros(len(lines))
        states = np.full(len(lines), self.start)
        for column in range(table.shape[1]):
            alive = int(np.count_nonzero(lengths > column))
            score, states = self.step(states[:alive], table[:alive, column])
            total[order[:alive]] += score
        return total

    def nodes(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Each length from 1 with the nodes of that length."""
        start = 1
        for length, count in enumerate(self.counts, start=1):
            yield length, np.arange(start, start + count)
            start += count

    def parents(self) -> NDArray[np.int64]:
        """``(N,)`` the node of all but the last token of each; 0 of node 0."""
        made = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        return np.concatenate([[0], made])

    def _child(
        self, parent: NDArray[np.int64], tokens: NDArray[np.integer[Any]]
    ) -> NDArray[np.int64]:
        """The child of each node by a token, 0 where there is none: a search by halves."""
        low = self.first[parent].astype(np.int64)
        stop = self.first[parent + 1].astype(np.int64)
        high = stop.copy()
        while np.any(low < high):
            middle = (low + high) // 2
            less = (low < high) & (self.token[np.minimum(middle, len(self.token) - 1)] < tokens)
            low, high = (
                np.where(less, middle + 1, low),
                np.where(less, high, np.minimum(middle, high)),
            )
        hit = low < stop
        hit &= self.token[np.minimum(low, len(self.token) - 1)] == tokens
        return np.where(hit, low, 0)


def linked(
    tokens: Sequence[str],
    counts: Sequence[int],
    token: NDArray[np.integer[Any]],
    parent: NDArray[np.integer[Any]],
    log_prob: NDArray[np.floating[Any]],
    backoff: NDArray[np.floating[Any]],
) -> NgramModel:
    """The state machine of a trie in the order of `NgramModel`.

    Args:
        tokens: As in `NgramModel`.
        counts: As in `NgramModel`.
        token: ``(N,)``, node 0 included.
        parent: ``(N,)``, ascending, tokens ascending below one parent.
        log_prob: ``(N,)`` natural log.
        backoff: ``(N,)`` natural log; 0 where there is nothing to back off from.

    Raises:
        FormatError: There are too many n-grams, or tokens without a unigram.
    """
    total = 1 + sum(counts)
    if total >= 2**31:
        raise FormatError(
            f"{total} n-grams are more than a model may hold",
            remedy="prune the model or lower its order",
        )
    if counts[0] != len(tokens):
        raise FormatError(
            f"{len(tokens)} tokens, but {counts[0]} n-grams of length 1",
            remedy="write every token as an n-gram of length 1",
        )
    shorter = total - counts[-1] if len(counts) > 1 else total
    endings = suffixes(len(tokens), counts, token, parent)
    children = np.bincount(parent[1:], minlength=total)
    context = (children > 0) | (np.asarray(backoff) != 0)
    state = np.zeros(total, np.int32)
    start = 1
    for count in counts:
        level = np.arange(start, start + count)
        state[level] = np.where(context[level], level, state[endings[level]])
        start += count
    first = np.concatenate([[1], 1 + np.cumsum(children[:shorter])])
    return NgramModel(
        tokens=tuple(tokens),
        counts=tuple(int(count) for count in counts),
        token=token.astype(np.int32),
        log_prob=log_prob.astype(np.float32),
        state=state,
        first=first.astype(np.int32),
        backoff=backoff[:shorter].astype(np.float32),
        lower=state[endings[:shorter]],
    )


def suffixes(
    size: int,
    counts: Sequence[int],
    token: NDArray[np.integer[Any]],
    parent: NDArray[np.integer[Any]],
) -> NDArray[np.int64]:
    """The node of each node's n-gram without its first token, or of a shorter ending.

    Args:
        size: Number of tokens.
        counts: Nodes of each length.
        token: ``(N,)``.
        parent: ``(N,)``, in the order of `NgramModel`.
    """
    keys = parent.astype(np.int64) * size + token  # ascending from node 1
    keys[0] = -1
    found = np.zeros(len(keys), np.int64)
    start = 1 + counts[0]
    for count in counts[1:]:
        nodes = np.arange(start, start + count)
        above = found[parent[nodes]]
        last = token[nodes]
        open_ = np.arange(count)
        while len(open_):
            wanted = above[open_] * size + last[open_]
            place = np.searchsorted(keys, wanted)
            hit = keys[np.minimum(place, len(keys) - 1)] == wanted
            found[nodes[open_[hit]]] = place[hit]
            hit |= above[open_] == 0
            open_ = open_[~hit]
            above[open_] = found[above[open_]]
        start += count
    return found


def ranges(starts: NDArray[np.integer[Any]], sizes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The numbers ``starts[i] … starts[i] + sizes[i] - 1`` of every `i`, one after the other."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    shifts: NDArray[np.int64] = np.repeat(starts - ends + sizes, sizes).astype(np.int64)
    return np.arange(total) + shifts
