from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uncial.decoding.recode.line import DecodedUnichar, confidence, grouped, unichars
from uncial.decoding.recode.search import RecodeSearch
from uncial.decoding.recode.tables import CodeTables, Weighting

NULL = 4
PLAIN = {(0,): 0, (1,): 1, (2,): 2, (3,): 3}
EVEN = Weighting(dictionary_ratio=1.0, offset=0.0, worst_in_dictionary=-20.0)


def tables(units: dict[tuple[int, ...], int], **more: object) -> CodeTables:
    final: dict[tuple[int, ...], tuple[int, ...]] = {(): (NULL,)}
    following: dict[tuple[int, ...], tuple[int, ...]] = {}
    for code in units:
        final[code[:-1]] = (*final.get(code[:-1], ()), code[-1])
        for at in range(len(code) - 1):
            following[code[:at]] = (*following.get(code[:at], ()), code[at])
    return CodeTables(
        labels=NULL + 1, null=NULL, units=units, final=final, following=following, **more
    )


@dataclass
class Found:
    state: int
    permuter: int
    ends: bool


class Words:
    """Accepts a list of words; states are prefixes."""

    initial = 0

    def __init__(self, *words: tuple[int, ...]) -> None:
        self.words = words
        self.states: list[tuple[int, ...]] = [()]

    def follow(self, state: int, unichar_id: int) -> Found | None:
        prefix = (*self.states[state], unichar_id)
        if not any(word[: len(prefix)] == prefix for word in self.words):
            return None
        self.states.append(prefix)
        return Found(len(self.states) - 1, 8, prefix in self.words)


def rows(*steps: dict[int, float]) -> np.ndarray:
    """Probabilities; what is left goes to the null."""
    made = np.full((len(steps), NULL + 1), 1e-9)
    for at, step in enumerate(steps):
        for label, value in step.items():
            made[at, label] = value
        made[at, NULL] = max(1e-9, 1 - sum(step.values()))
    return made


def ids(search: RecodeSearch, probabilities: np.ndarray) -> list[int]:
    return [one.unichar for one in unichars(search.best_path(probabilities))]


def test_repetitions_are_one_unless_a_null_stands_between() -> None:
    search = RecodeSearch(tables(PLAIN))
    assert ids(search, rows({1: 0.9}, {1: 0.9}, {}, {2: 0.9})) == [1, 2]
    assert ids(search, rows({1: 0.9}, {}, {1: 0.9})) == [1, 1]


def test_nothing_but_nulls_reads_nothing() -> None:
    assert ids(RecodeSearch(tables(PLAIN)), rows({}, {}, {})) == []
    assert RecodeSearch(tables(PLAIN)).best_path(np.empty((0, 5))) == []


def test_codes_of_several_labels_make_one_unichar() -> None:
    search = RecodeSearch(tables({(0,): 0, (1,): 1, (2, 3): 2, (2, 1): 3}))
    probabilities = rows({2: 0.9}, {}, {3: 0.9}, {}, {2: 0.9}, {1: 0.9}, {1: 0.8})
    assert ids(search, probabilities) == [2, 3]


def test_incomplete_codes_are_not_read() -> None:
    search = RecodeSearch(tables({(0,): 0, (1,): 1, (2, 3): 2}))
    assert 2 not in ids(search, rows({1: 0.9}, {2: 0.9}, {1: 0.9}))


def test_the_dictionary_decides_where_the_network_is_in_doubt() -> None:
    doubtful = rows({1: 0.9}, {2: 0.5, 3: 0.4}, {1: 0.01}, {1: 0.9})
    plain = RecodeSearch(tables(PLAIN))
    helped = RecodeSearch(tables(PLAIN), Words((1, 3, 1)))
    assert ids(plain, doubtful) == [1, 2, 1]
    assert ids(helped, doubtful) == [1, 3, 1]
    found = unichars(helped.best_path(doubtful))
    assert [one.permuter for one in found] == [8, 8, 8]
    assert found[0].starts_word
    assert not found[1].starts_word


def test_words_of_the_dictionary_need_a_space_between() -> None:
    search = RecodeSearch(tables(PLAIN), Words((1, 2)))
    spaced = rows({1: 0.9}, {2: 0.9}, {}, {0: 0.9}, {}, {1: 0.9}, {2: 0.9})
    found = unichars(search.best_path(spaced))
    assert [one.unichar for one in found] == [1, 2, 0, 1, 2]
    assert {one.permuter for one in found if one.unichar} == {8}
    joined = rows({1: 0.9}, {2: 0.9}, {}, {1: 0.9}, {2: 0.9})
    assert {one.permuter for one in unichars(search.best_path(joined))} == {2}


def test_scripts_without_spaces_join_words_of_the_dictionary() -> None:
    undelimited = tables(PLAIN, undelimited=frozenset({1, 2}), space_delimited=False)
    search = RecodeSearch(undelimited, Words((1, 2)))
    joined = rows({1: 0.9}, {2: 0.9}, {}, {1: 0.9}, {2: 0.9})
    found = unichars(search.best_path(joined))
    assert [len(word.unichars) for word in grouped(found, {1, 2})] == [2, 2]


def test_confidences_and_bounds() -> None:
    search = RecodeSearch(tables(PLAIN), weighting=EVEN)
    probabilities = rows({}, {1: 0.9}, {}, {}, {2: 0.8}, {2: 0.9}, {})
    one, two = unichars(search.best_path(probabilities))
    assert one.certainty == pytest.approx(np.log(0.9))
    assert two.certainty == pytest.approx(np.log(0.9)), "at its start, it or the null"
    assert (one.step, one.start, one.stop) == (1, 0, 3)
    assert (two.step, two.start, two.stop) == (4, 3, 7)
    assert one.confidence == pytest.approx(1 + np.log(0.9) / 20)
    assert confidence(0.0) == 1.0
    assert confidence(-30.0) == 0.0


def test_words_are_cut_at_spaces() -> None:
    def unichar(at: int, unit: int, certainty: float) -> DecodedUnichar:
        return DecodedUnichar(
            unichar=unit,
            certainty=certainty,
            step=at,
            start=at,
            stop=at + 1,
            permuter=2,
            starts_word=False,
        )

    found = [unichar(at, unit, -0.1 * at) for at, unit in enumerate((1, 2, 0, 3, 1))]
    words = grouped(found, frozenset())
    assert [[one.unichar for one in word.unichars] for word in words] == [[1, 2], [3, 1]]
    assert [word.after_space for word in words] == [False, True]
    assert words[0].certainty == pytest.approx(-1.4), "the space counts"
    assert words[1].certainty == pytest.approx(-2.8)
    assert [len(word.unichars) for word in grouped(found, {1, 2, 3})] == [1, 1, 1, 1]


probabilities = st.lists(
    st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3), min_size=1, max_size=5
)


@settings(max_examples=60)
@given(probabilities)
def test_finds_the_best_path_of_short_lines(weights: list[list[float]]) -> None:
    table = np.array(weights)
    table /= table.sum(axis=1, keepdims=True)
    full = np.full((len(table), NULL + 1), 1e-12)
    full[:, [1, 2, NULL]] = table
    search = RecodeSearch(tables(PLAIN), weighting=EVEN)
    path = search.best_path(full)
    best = max(
        sum(np.log(full[at, label]) for at, label in enumerate(labels))
        for labels in product((1, 2, NULL), repeat=len(table))
    )
    assert path[-1].score >= best - 1e-9, "steps may share a label with the null"
    assert len(path) == len(table)
