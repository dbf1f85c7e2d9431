"""How one more label changes a path: repetitions, parts of codes, whole unichars, words.

Source: tesseract 5.x ``src/lstm/recodebeam.cpp`` (``PushDupOrNoDawgIfBetter``,
``ContinueUnichar``, ``ContinueDawg``, ``PushInitialDawgIfBetter``).
"""

from __future__ import annotations

from uncial.decoding.recode.frontier import Beam, Frontier, Key, Node, WordState, capacity, insert
from uncial.decoding.recode.tables import (
    INVALID,
    MIN_CERTAINTY,
    NO_PERMUTER,
    SPACE,
    TOP_CHOICE,
    CodeTables,
    Lexicon,
    Step,
    Weighting,
)

_WHOLE = capacity(0)


class Emission:
    """Puts longer paths into the beams of a step.

    Args:
        tables: Codes of the model's unichars.
        lexicon: Its dictionary, if any.
        weighting: How certainties count.
    """

    def __init__(self, tables: CodeTables, lexicon: Lexicon | None, weighting: Weighting) -> None:
        self._labels = tables.labels
        self._null = tables.null
        self._undelimited = tables.undelimited
        self._space_delimited = tables.space_delimited
        self._lexicon = lexicon
        self._ratio = weighting.dictionary_ratio
        self._worst = weighting.worst_in_dictionary
        self._paths: dict[int, int] = {}
        self._frontier = Frontier(0, False)

    def begin(self, frontier: Frontier) -> None:
        """From now on, put paths into these beams."""
        self._frontier = frontier

    def repeat(
        self, node: Node, certain: float, continuation: int, pending: int, inside: bool
    ) -> None:
        """The label of `node` once more."""
        label, path, permuter, _ = node.key
        found = self._admitted(node, label, certain, continuation, pending, inside)
        if found is None:
            return
        beam, certain, score = found
        key = (label, path, permuter, False)
        made = Node(score, key, node.unichar, certain, True, False, node.word, node)
        insert(beam, capacity(pending), made)

    def partial(
        self,
        node: Node | None,
        label: int,
        certain: float,
        continuation: int,
        pending: int,
        inside: bool,
    ) -> None:
        """A label that completes no unichar: part of a code, or the null within one."""
        found = self._admitted(node, label, certain, continuation, pending, inside)
        if found is None:
            return
        beam, certain, score = found
        permuter, word = NO_PERMUTER if inside else TOP_CHOICE, None
        if node is not None:
            permuter, word = node.key[2], node.word
        key = self._key(node, label, permuter, opens=False)
        made = Node(score, key, INVALID, certain, False, False, word, node)
        insert(beam, capacity(pending), made)

    def _admitted(
        self,
        node: Node | None,
        label: int,
        certain: float,
        continuation: int,
        pending: int,
        inside: bool,
    ) -> tuple[Beam, float, float] | None:
        """The beam for a label within a code, its certainty there and the path's score.

        None where it is too uncertain, or the beam is full of better paths.
        """
        if inside:
            if certain <= self._worst:
                return None
            beams = self._frontier.inside
        else:
            certain *= self._ratio
            if certain < MIN_CERTAINTY and label != self._null:
                return None
            beams = self._frontier.outside
        beam = beams[continuation][pending]
        score = certain + (node.score if node is not None else 0.0)
        if len(beam) >= capacity(pending) and score <= beam[-1][0]:
            return None
        return beam, certain, score

    def unichar(
        self,
        node: Node | None,
        label: int,
        unichar: int,
        certain: float,
        continuation: int,
        inside: bool,
    ) -> None:
        """A label that completes a unichar; the null stands for none, -1."""
        if inside:
            if certain > self._worst:
                self._inside(node, label, unichar, certain, continuation)
            return
        self._outside(node, label, unichar, certain * self._ratio, continuation)
        if self._lexicon is None:
            return
        if unichar == SPACE:
            if certain > self._worst or unichar in self._undelimited:
                self._open(node, label, unichar, NO_PERMUTER, certain, continuation)
        elif unichar in self._undelimited:
            weighted = certain * self._ratio
            self._open(node, label, unichar, TOP_CHOICE, weighted, continuation)

    def _outside(
        self,
        node: Node | None,
        label: int,
        unichar: int,
        certain: float,
        continuation: int,
        permuter: int = TOP_CHOICE,
        starts: bool = False,
    ) -> None:
        beam = self._frontier.outside[continuation][0]
        score = certain + (node.score if node is not None else 0.0)
        if len(beam) >= _WHOLE and score <= beam[-1][0]:
            return
        key = self._key(node, label, permuter, opens=False)
        insert(beam, _WHOLE, Node(score, key, unichar, certain, False, starts, None, node))

    def _inside(
        self, node: Node | None, label: int, unichar: int, certain: float, continuation: int
    ) -> None:
        """Go on with a word of the dictionary, or end it."""
        beam = self._frontier.inside[continuation][0]
        score = certain + (node.score if node is not None else 0.0)
        hopeless = len(beam) >= _WHOLE and score <= beam[-1][0]
        word = node.word if node is not None else None
        if unichar == INVALID:
            if not hopeless:
                key = self._key(node, label, NO_PERMUTER, opens=False)
                made = Node(score, key, INVALID, certain, False, False, word, node)
                insert(beam, _WHOLE, made)
            return
        if hopeless:
            plain = self._frontier.outside[continuation][0]
            if len(plain) >= _WHOLE and score <= plain[-1][0]:
                return
        if unichar != SPACE:
            self._letter(node, label, unichar, certain, continuation)
        elif word is not None and word.ends:
            self._open(node, label, unichar, word.permuter, certain, continuation)
            self._outside(node, label, unichar, certain, continuation, word.permuter)

    def _letter(
        self, node: Node | None, label: int, unichar: int, certain: float, continuation: int
    ) -> None:
        """Another unichar of a word, where the dictionary knows one."""
        word = node.word if node is not None else None
        found = self._followed(word, unichar)
        if found is None:
            return
        starts = word is None or word.opens
        permuter = found.permuter
        score = certain + (node.score if node is not None else 0.0)
        key = self._key(node, label, permuter, opens=False)
        after = WordState(found.state, found.ends, False, unichar, permuter)
        made = Node(score, key, unichar, certain, False, starts, after, node)
        insert(self._frontier.inside[continuation][0], _WHOLE, made)
        if found.ends and not self._space_delimited:
            self._open(node, label, unichar, permuter, certain, continuation, starts, True)
            self._outside(node, label, unichar, certain, continuation, permuter, starts)

    def _followed(self, word: WordState | None, unichar: int) -> Step | None:
        if self._lexicon is None:
            return None
        if word is None:
            return self._lexicon.follow(self._lexicon.initial, unichar)
        if word.state is None or self._forbids(word, unichar):
            return None
        return self._lexicon.follow(word.state, unichar)

    def _forbids(self, word: WordState, unichar: int) -> bool:
        """Whether no word may begin between two unichars that want a space."""
        return (
            word.opens
            and word.unichar != SPACE
            and word.unichar not in self._undelimited
            and unichar not in self._undelimited
        )

    def _open(
        self,
        node: Node | None,
        label: int,
        unichar: int,
        permuter: int,
        certain: float,
        continuation: int,
        starts: bool = False,
        ends: bool = False,
    ) -> None:
        """A place where a dictionary word may begin; only the best of a step is kept."""
        score = certain + (node.score if node is not None else 0.0)
        best = self._frontier.openings[continuation]
        if self._lexicon is None or (best is not None and score <= best.score):
            return
        key = self._key(node, label, permuter, opens=True)
        word = WordState(self._lexicon.initial, ends, True, unichar, permuter)
        self._frontier.openings[continuation] = Node(
            score, key, unichar, certain, False, starts, word, node
        )

    def _key(self, node: Node | None, label: int, permuter: int, *, opens: bool) -> Key:
        """What tells a path from others that read differently."""
        path = node.key[1] if node is not None else 0
        if label != self._null:
            path = self._paths.setdefault(path * self._labels + label, len(self._paths) + 1)
        return label, path, permuter, opens
