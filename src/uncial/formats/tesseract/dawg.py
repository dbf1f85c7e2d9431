"""Word graphs (``lstm-word-dawg``, ``-punc-dawg``, ``-number-dawg``): words with shared ends.

Layout::

    i16  42
    i32  S      size of the unicharset
    i32  E      number of edges
    u64  edges[E]

An edge, from its lowest bit, where B is the number of bits that S takes: B bits unichar id,
then the flags *last of its node*, *backward* (never set in files) and *a word ends here*, and
above them the index of the first edge of the next node, 0 where none follows. A node is a run
of edges up to the one flagged last; the root begins at 0 and is sorted by unichar id.

In punctuation graphs id 0 (space) stands for a word, in number graphs for any digit.

Source: tesseract 5.x ``src/dict/dawg.{h,cpp}``; building by J. Daciuk et al., "Incremental
Construction of Minimal Acyclic Finite-State Automata", Computational Linguistics 26(1), 2000.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from uncial.errors import CharsetError, ConfigError, FormatError
from uncial.formats.tesseract.cursor import Cursor, Sink

MAGIC = 42
MAX_LENGTH = 500
"""Unichars of the longest word; Tesseract reads lists by lines of 500 bytes."""
MAX_WORDS = 5_000_000
"""Words listed at most; small damaged or hostile graphs can hold more than memory."""

Arc = tuple[int, bool, int]  # unichar id, a word ends, state behind it


class Edge(NamedTuple):
    """One step from a node.

    Attributes:
        at: Its place in the file, by which Tesseract refers to it.
        unichar_id: The unichar it reads.
        ends_word: The unichars read so far are a word.
        next: The node behind it, None where nothing follows.
    """

    at: int
    unichar_id: int
    ends_word: bool
    next: int | None


@dataclass(frozen=True, eq=False)
class Dawg:
    """A directed acyclic word graph.

    Attributes:
        unicharset_size: Unichar ids are below it.
        packed: ``(E,)`` uint64 edges as in the file.
    """

    unicharset_size: int
    packed: NDArray[np.uint64]
    _seen: dict[int, dict[int, Edge]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def unpack(cls, data: bytes, name: str = "dawg", *, swapped: bool = False) -> Dawg:
        """Read a component's bytes.

        Args:
            data: The whole component.
            name: What it is, for messages.
            swapped: Multi-byte fields are big-endian.

        Raises:
            FormatError: Cut short, or an edge leads nowhere or to the middle of a node.
        """
        cursor = Cursor(data, name, swapped=swapped)
        magic = cursor.number("i16")
        if magic != MAGIC:
            raise cursor.error(f"begins with {magic}, a word graph with {MAGIC}", 0)
        size = cursor.i32()
        count = cursor.i32()
        if size < 1 or count < 1 or count * 8 > cursor.left:
            raise cursor.error(
                f"{count} edges over {size} unichars announced, {cursor.left} bytes left", 2
            )
        dawg = cls(size, cursor.array("u64", count))
        cursor.end()
        dawg._check(cursor)
        return dawg

    def pack(self) -> bytes:
        """The bytes of the component, little-endian."""
        sink = Sink()
        sink.number("i16", MAGIC)
        sink.i32(self.unicharset_size)
        sink.i32(len(self.packed))
        sink.array("u64", self.packed)
        return sink.done()

    @classmethod
    def build(cls, words: Iterable[Sequence[int]], *, unicharset_size: int) -> Dawg:
        """The smallest graph that holds exactly these words.

        Args:
            words: Unichar ids of each, in any order; repeated and empty ones do not count.
            unicharset_size: Size of the unicharset they come from.

        Raises:
            CharsetError: A word has an id outside the unicharset.
            ConfigError: There are no words, or one is longer than `MAX_LENGTH`.
        """
        ordered = sorted({tuple(word) for word in words} - {()})
        if not ordered:
            raise ConfigError(
                "a word graph of no words", remedy="give at least one word, or leave it out"
            )
        for word in ordered:
            if min(word) < 0 or max(word) >= unicharset_size:
                raise CharsetError(
                    f"the word {list(word)} has ids outside a unicharset of {unicharset_size}",
                    remedy="encode the words with the unicharset of the same model",
                )
            if len(word) > MAX_LENGTH:
                raise ConfigError(
                    f"a word of {len(word)} unichars; {MAX_LENGTH} at most",
                    remedy="take it out of the list",
                )
        return cls(unicharset_size, _packed(_minimal(ordered), unicharset_size.bit_length()))

    def edges(self, node: int = 0) -> Iterator[Edge]:
        """The edges of a node in file order; the root is 0."""
        bits = self.unicharset_size.bit_length()
        while True:
            edge = int(self.packed[node])
            target = edge >> (bits + 3)
            ends = bool(edge >> (bits + 2) & 1)
            yield Edge(node, edge & ((1 << bits) - 1), ends, target or None)
            if edge >> bits & 1:
                return
            node += 1

    def edge_for(self, node: int | None, unichar_id: int, *, word_end: bool = False) -> Edge | None:
        """The edge that reads `unichar_id`, or None.

        Args:
            node: Where to look; None, behind a last edge, has no edges.
            unichar_id: What to read.
            word_end: Only an edge on which a word ends.
        """
        if node is None:
            return None
        known = self._seen.get(node)
        if known is None:
            known = {}
            for edge in self.edges(node):
                known.setdefault(edge.unichar_id, edge)
            self._seen[node] = known
        found = known.get(unichar_id)
        return None if found is None or (word_end and not found.ends_word) else found

    def __contains__(self, word: Sequence[int]) -> bool:
        """Whether the unichar ids are a whole word."""
        node: int | None = 0
        edge = None
        for unichar_id in word:
            edge = self.edge_for(node, unichar_id)
            if edge is None:
                return False
            node = edge.next
        return edge is not None and edge.ends_word

    def sequences(self) -> Iterator[tuple[int, ...]]:
        """The unichar ids of every word.

        Raises:
            FormatError: More than `MAX_WORDS` words, or one longer than `MAX_LENGTH`, as of
                a graph that bites its tail.
        """
        found = 0
        word: list[int] = []
        stack = [self.edges()]
        while stack:
            edge = next(stack[-1], None)
            if edge is None:
                stack.pop()
                del word[-1:]
                continue
            if edge.ends_word:
                found += 1
                yield (*word, edge.unichar_id)
            if edge.next is not None:
                word.append(edge.unichar_id)
                stack.append(self.edges(edge.next))
            if found > MAX_WORDS or len(stack) > MAX_LENGTH:
                raise FormatError(
                    f"a word graph of over {MAX_WORDS} words or with words of over "
                    f"{MAX_LENGTH} unichars",
                    remedy="build it again from its word list; this one is damaged",
                )

    def count(self) -> int:
        """How many words there are, counted without listing them.

        Raises:
            FormatError: A word is longer than `MAX_LENGTH`, as of a graph that bites its tail.
        """
        bits = self.unicharset_size.bit_length()
        ends = (self.packed >> np.uint64(bits + 2) & np.uint64(1)).astype(np.float64)
        targets = (self.packed >> np.uint64(bits + 3)).astype(np.int64)
        last = (self.packed >> np.uint64(bits) & np.uint64(1)).astype(bool)
        starts = np.flatnonzero(np.concatenate([[True], last[:-1]]))
        node = np.searchsorted(starts, targets)
        below = np.zeros(len(starts))
        for _ in range(MAX_LENGTH + 1):
            made = np.add.reduceat(ends + np.where(targets > 0, below[node], 0), starts)
            if np.array_equal(made, below):
                return int(made[0])
            below = made
        raise FormatError(
            f"a word graph with words of over {MAX_LENGTH} unichars",
            remedy="build it again from its word list; this one is damaged",
        )

    def words(self, unichars: Sequence[str]) -> Iterator[str]:
        """Every word as text, in the order of the graph.

        Args:
            unichars: Text of each unichar id, a space for id 0.

        Raises:
            CharsetError: `unichars` are fewer than the graph was made for.
            FormatError: See `sequences`.
        """
        if len(unichars) < self.unicharset_size:
            raise CharsetError(
                f"a word graph over {self.unicharset_size} unichars, a unicharset of "
                f"{len(unichars)}",
                remedy="give the unicharset of the same model",
            )
        return ("".join(unichars[one] for one in word) for word in self.sequences())

    def _check(self, cursor: Cursor) -> None:
        bits = self.unicharset_size.bit_length()
        flags = self.packed >> np.uint64(bits) & np.uint64(7)
        last = (flags & np.uint64(1)).astype(bool)
        targets = self.packed >> np.uint64(bits + 3)
        begins = np.concatenate([[True], last[:-1]])
        inside = targets < len(targets)
        misled = ~inside | ~begins[np.where(inside, targets, 0)]
        letters = self.packed & np.uint64((1 << bits) - 1)
        for wrong, problem in (
            (letters >= self.unicharset_size, "reads a unichar that the unicharset lacks"),
            ((flags & np.uint64(2)).astype(bool), "leads backward"),
            (misled, "leads to no node"),
            ((targets == 0) & ~(flags & np.uint64(4)).astype(bool), "ends without a word"),
        ):
            if wrong.any():
                at = int(np.argmax(wrong))
                raise cursor.error(f"edge {at} {problem}", 10 + 8 * at)
        if not last[-1]:
            raise cursor.error("the last node does not end")


def _minimal(ordered: Sequence[tuple[int, ...]]) -> list[tuple[Arc, ...]]:
    """States of the smallest automaton of sorted words; the first has no arcs, the last is root.

    The path of the word read last stays open. What a new word does not share of it is closed:
    each state is either one that is known, with equal arcs, or a new one.
    """
    known: dict[tuple[Arc, ...], int] = {(): 0}
    arcs: list[list[Arc]] = [[]]
    path: list[tuple[int, bool]] = []  # the open arcs: unichar id, a word ends

    def close(depth: int) -> None:
        while len(path) > depth:
            state = known.setdefault(tuple(arcs.pop()), len(known))
            arcs[-1].append((*path.pop(), state))

    previous: tuple[int, ...] = ()
    for word in ordered:
        shared = 0
        while shared < min(len(previous), len(word)) and previous[shared] == word[shared]:
            shared += 1
        close(shared)
        for at in range(shared, len(word)):
            path.append((word[at], at == len(word) - 1))
            arcs.append([])
        previous = word
    close(0)
    return [*known, tuple(arcs[0])]


def _packed(states: Sequence[tuple[Arc, ...]], bits: int) -> NDArray[np.uint64]:
    """Edges of all states, breadth first from the root, which is the last of `states`."""
    root = len(states) - 1
    starts = {root: 0}
    order = [root]
    total = len(states[root])
    for state in order:
        for _, _, target in states[state]:
            if target and target not in starts:
                starts[target] = total
                total += len(states[target])
                order.append(target)
    edges = []
    for state in order:
        arcs = states[state]
        for at, (unichar_id, ends, target) in enumerate(arcs):
            flags = (at == len(arcs) - 1) | ends << 2
            edges.append(starts.get(target, 0) << (bits + 3) | flags << bits | unichar_id)
    return np.array(edges, dtype=np.uint64)
