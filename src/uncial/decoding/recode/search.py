"""Beam search over labels that a recoder maps to unichars, with or without a dictionary.

Paths, not texts, compete: a text is as good as its best alignment. Outside of the dictionary
a path's certainties count 2.25 times, so that words of the dictionary win where the network
is in doubt.

Source: tesseract 5.x ``src/lstm/recodebeam.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.recode.candidates import Candidates, candidates, certainty
from uncial.decoding.recode.emission import Emission
from uncial.decoding.recode.frontier import (
    ANY,
    CONTINUATIONS,
    NO_DUPLICATE,
    ONLY_DUPLICATE,
    Beam,
    Frontier,
    Node,
)
from uncial.decoding.recode.tables import (
    INVALID,
    MIN_CERTAINTY,
    SPACE,
    Code,
    CodeTables,
    Lexicon,
    Weighting,
)


class RecodeSearch:
    """Decodes the lines of one model.

    Args:
        tables: Codes of its unichars.
        lexicon: Its dictionary; None decodes without.
        weighting: How certainties count.
    """

    def __init__(
        self,
        tables: CodeTables,
        lexicon: Lexicon | None = None,
        weighting: Weighting | None = None,
    ) -> None:
        self.tables = tables
        self._lexicon = lexicon
        self._weighting = weighting or Weighting()
        self._pending = max(map(len, tables.units), default=1) - 1
        self._final = {prefix: frozenset(labels) for prefix, labels in tables.final.items()}
        self._following = {prefix: frozenset(labels) for prefix, labels in tables.following.items()}

    def best_path(self, probabilities: NDArray[np.floating]) -> list[Node]:
        """The nodes of the best path, one for each step.

        Args:
            probabilities: ``(T, C)``, 0-1, with ``C == tables.labels``.
        """
        emission = Emission(self.tables, self._lexicon, self._weighting)
        frontier: Frontier | None = None
        steps = candidates(probabilities, self.tables.null, self._weighting.offset)
        for step in steps:
            frontier = self._advance(frontier, step, emission)
        return _backtracked(frontier) if frontier is not None else []

    def _advance(self, before: Frontier | None, step: Candidates, emission: Emission) -> Frontier:
        """The beams behind one more step."""
        made = Frontier(self._pending, self._lexicon is not None)
        emission.begin(made)
        if before is None:
            for inside in (False, True)[: 1 + bool(made.inside)]:
                self._add_labels(None, ANY, (), inside, step, (step.top, True), emission)
        else:
            for kind in step.classes():
                self._extend_all(before, step, kind, emission)
                if made.alive():
                    break
        made.close()
        return made

    def _extend_all(
        self,
        before: Frontier,
        step: Candidates,
        kind: tuple[tuple[int, ...], bool],
        emission: Emission,
    ) -> None:
        for inside, beams in ((False, before.outside), (True, before.inside)):
            for continuation, by_length in enumerate(beams):
                for pending, beam in enumerate(by_length):
                    if beam:
                        self._extend(beam, (continuation, pending, inside), step, kind, emission)

    def _extend(
        self,
        beam: Beam,
        place: tuple[int, int, bool],
        step: Candidates,
        kind: tuple[tuple[int, ...], bool],
        emission: Emission,
    ) -> None:
        """Go on from each node of a beam with the labels of one class."""
        continuation, pending, inside = place
        labels, best = kind
        null = self.tables.null
        for node in beam:
            label = node.key[0]
            if label in labels:
                if continuation != NO_DUPLICATE:
                    emission.repeat(node, step.certainty(label), ANY, pending, inside)
                if continuation == ANY and best and label != null:
                    both = certainty(step.row[label] + step.row[null], step.offset)
                    emission.repeat(node, both, NO_DUPLICATE, pending, inside)
            if continuation == ONLY_DUPLICATE:
                continue
            if label != null and pending and null in labels:
                emission.partial(node, null, step.certainty(null), ANY, pending, inside)
            prefix = _prefix(node, pending, null) if pending else ()
            self._add_labels(node, continuation, prefix, inside, step, kind, emission)

    def _add_labels(
        self,
        node: Node | None,
        continuation: int,
        prefix: Code,
        inside: bool,
        step: Candidates,
        kind: tuple[tuple[int, ...], bool],
        emission: Emission,
    ) -> None:
        """Add labels that complete a unichar, then those that leave its code incomplete."""
        null, units = self.tables.null, self.tables.units
        final, following = self._final.get(prefix), self._following.get(prefix)
        if final:
            for label, certain, after in _tried(node, continuation, final, step, kind, null):
                unichar = INVALID
                if prefix or label != null:
                    unichar = units.get((*prefix, label), INVALID)
                emission.unichar(node, label, unichar, certain, after, inside)
        if following:
            pending = len(prefix) + 1
            for label, certain, after in _tried(node, continuation, following, step, kind, null):
                emission.partial(node, label, certain, after, pending, inside)


def _tried(
    node: Node | None,
    continuation: int,
    allowed: frozenset[int],
    step: Candidates,
    kind: tuple[tuple[int, ...], bool],
    null: int,
) -> Iterator[tuple[int, float, int]]:
    """Labels of one class that may follow a node, their certainty, and how paths may go on."""
    labels, best = kind
    for label in labels:
        if label not in allowed or (node is not None and node.key[0] == label):
            continue
        certain = step.certainty(label)
        if certain < MIN_CERTAINTY and label != null:
            continue
        yield label, certain, ANY
        if best and label != null:
            both = _with_neighbours(node, label, continuation, step, null)
            yield label, both, ONLY_DUPLICATE


def _with_neighbours(
    node: Node | None, label: int, continuation: int, step: Candidates, null: int
) -> float:
    """Certainty of a label or the null, and of the label before where both are the best two."""
    probability = step.row[label] + step.row[null]
    if node is not None and continuation == ANY:
        before = node.key[0]
        if before not in (null, label) and {before, label} == set(step.ranked):
            probability += step.row[before]
    return certainty(probability, step.offset)


def _prefix(node: Node, pending: int, null: int) -> Code:
    """The last `pending` labels of a path, without nulls and repetitions."""
    labels: list[int] = []
    here: Node | None = node
    while here is not None and len(labels) < pending:
        if not here.duplicate and here.key[0] != null:
            labels.append(here.key[0])
        here = here.before
    return tuple(reversed(labels))


def _backtracked(frontier: Frontier) -> list[Node]:
    """The path to the best node at which a line may end."""
    best: Node | None = None
    for continuation in CONTINUATIONS:
        if continuation == ONLY_DUPLICATE:
            continue
        for node in frontier.outside[continuation][0]:
            if best is None or node.score > best.score:
                best = node
        for node in frontier.inside[continuation][0] if frontier.inside else ():
            word = node.word
            whole = word is not None and (word.ends or word.unichar == SPACE)
            if whole and (best is None or node.score > best.score):
                best = node
    path = []
    while best is not None:
        path.append(best)
        best = best.before
    return path[::-1]
