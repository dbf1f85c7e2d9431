"""Language in the beam: against enumeration, and what word lists promise."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.decoding.beam import search
from uncial.decoding.ctc import greedy
from uncial.decoding.language import (
    Both,
    CharacterNgrams,
    Language,
    NoLanguage,
    Rows,
    Spelled,
    columns_of,
)
from uncial.decoding.lexicon import Listed, WordList, words_of
from uncial.decoding.listening import Listener, Weights
from uncial.decoding.steps import BeamSettings
from uncial.text.codec import Codec
from uncial.text.kneserney import train_ngrams
from uncial.text.ngrams import NgramModel

MODEL = train_ngrams(["abab", "abba", "baa", "ab"], order=3)
LETTERS = Codec.from_charset("ab")
SPELLED = Codec((("a", (1, 2)), ("b", (2,))))
EXACT = BeamSettings(width=500, tokens=10, floor=-math.inf, sure=2.0)


def random_log_probs(seed: int, steps: int, width: int) -> NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(size=(steps, width)) * 1.5
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def machine(codec: Codec, model: NgramModel, weight: float, bonus: float) -> Language:
    columns, direct = columns_of(codec)
    units = CharacterNgrams(model, columns, weight, bonus)
    return units if direct else Spelled(units, codec)


@pytest.mark.parametrize("codec", [LETTERS, SPELLED], ids=["letters", "spelled"])
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(0, 2), st.floats(-1, 2))
def test_a_wide_beam_with_n_grams_equals_enumeration(
    codec: Codec, seed: int, steps: int, weight: float, bonus: float
) -> None:
    log_probs = random_log_probs(seed, steps, codec.width)
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(codec.width), repeat=steps):
        labels = tuple(label for label, _ in itertools.groupby(path) if label)
        sums[labels] += math.exp(log_probs[range(steps), path].sum())
    expected = {}
    for labels, probability in sums.items():
        text = codec.decode(labels)
        opinion = MODEL.sentence_log_probs([list(text)])[0]
        expected[labels] = math.log(probability) + weight * opinion + bonus * len(text)
    found = search([log_probs], Rows(machine(codec, MODEL, weight, bonus)), EXACT, 500)[0]
    got = {tuple(one.labels): one.merit for one in found}
    if codec is SPELLED:  # labels that are no code stand for nothing, as in decoding
        whole = {labels for labels in got if labels == tuple(codec.encode(codec.decode(labels)))}
        got = {labels: got[labels] for labels in whole}
        expected = {labels: expected[labels] for labels in whole}
    assert got == pytest.approx(expected, abs=1e-3)


def test_rows_hold_what_the_model_says_of_every_column() -> None:
    codec = Codec.from_charset(["", "b", "x", "a", "ba"][1:])
    columns, direct = columns_of(codec)
    assert direct
    assert columns == ["", "b", "x", "a", "ba"]
    units = CharacterNgrams(MODEL, columns, 0.7, 0.3)
    states = np.unique(MODEL.state)
    scores, after = units.rows(states)
    for column, unit in enumerate(columns[1:], start=1):
        expected, state = np.zeros(len(states)), states
        for token in MODEL.encode([unit]):
            score, state = MODEL.step(state, np.full(len(states), token))
            expected = expected + score
        assert scores[:, column] == pytest.approx(0.7 * expected + 0.3, abs=1e-5)
        assert after[:, column].tolist() == state.tolist()
    assert scores[:, 1:].max() <= units.most + 1e-6


def test_columns_that_are_one_token_to_the_model_share_its_opinion() -> None:
    columns = ["", "x", "a", "y"]
    scores, after = CharacterNgrams(MODEL, columns, 1.0, 0.0).rows(np.unique(MODEL.state))
    assert scores[:, 1].tolist() == scores[:, 3].tolist()
    assert after[:, 1].tolist() == after[:, 3].tolist()


def test_forgetting_rows_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [random_log_probs(seed, 30, 3) for seed in range(8)]
    rows = Rows(machine(LETTERS, MODEL, 1.0, 1.0))
    settings = BeamSettings(width=4)
    kept = [search([line], rows, settings)[0][0].labels for line in lines]
    monkeypatch.setattr("uncial.decoding.language._MOST", 1)
    assert kept == [search([line], rows, settings)[0][0].labels for line in lines]


def sure(codec: Codec, text: str, other: str = "", share: float = 0.4) -> NDArray[np.float64]:
    """Log-probabilities that say `text`, and to a share what `other` has in the same place."""
    rows = []
    for at, label in enumerate(codec.encode(text)):
        row = np.full(codec.width, 1e-4)
        row[label] = 1.0
        if other and other[at] != text[at]:
            row[codec.encode(other[at])[0]] = share
        rows += [row, np.eye(codec.width)[0] + 1e-6]
    table = np.array(rows)
    return np.log(table / table.sum(axis=1, keepdims=True))


ABC = Codec.from_charset("abcdehlorwknt' ,.-HELO")


def read(table: NDArray[np.float64], words: WordList, penalty: float = -4.0) -> str:
    listed = Listed(words, columns_of(ABC)[0], penalty)
    return ABC.decode(search([table], Rows(listed), BeamSettings())[0][0].labels)


def test_listed_words_are_preferred_and_others_stay_possible() -> None:
    words = WordList(["hello", "world"], ABC)
    assert read(sure(ABC, "hella warld", "hello world"), words) == "hello world"
    assert read(sure(ABC, "hatter"), words) == "hatter"
    assert read(sure(ABC, "hella warld", "hello world"), words, -0.1) == "hella warld"


def test_a_closed_list_is_all_that_is_read() -> None:
    words = WordList(["hello", "held"], ABC, closed=True)
    assert read(sure(ABC, "hella", "hello", 0.01), words) == "hello"
    assert read(sure(ABC, "hella, hela", "hello, held", 0.01), words) == "hello, held"
    names = WordList(["an der", "dahlen"], ABC, closed=True)
    assert read(sure(ABC, "an ler", "an der"), names) == "an der"


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("hello world", 0),
        ("hello, world. - hello", 0),
        ("hel", 1),
        ("Hello HELLO hEllo", 1),
        ("rock'n", 0),
        ("rock' hello", 0),
        ("rock'hello", 0),
        ("rock'hen", 1),
        ("r.o.d., r.o.d", 1),
        ("an der hello an", 1),
        ("hello ßhello", 1),
        ("hello§world", 0),
        ("", 0),
    ],
)
def test_unknown_words_are_counted(text: str, unknown: int) -> None:
    words = WordList(["hello", "world", "rock", "rock'n", "r.o.d.", "an der"], ABC)
    assert words.unknown(text) == (unknown, len(list(words_of(text))))


def test_words_and_characters_are_heard_together() -> None:
    words = WordList(["ab", "ba"], LETTERS)
    columns, _ = columns_of(LETTERS)
    ngrams = CharacterNgrams(MODEL, columns, 0.5, 0.2)
    both = Both(ngrams, Listed(words, columns, -2.0), words.size)
    log_probs = random_log_probs(4, 5, 3)
    for one in search([log_probs], Rows(both), EXACT, 40)[0]:
        text = LETTERS.decode(one.labels)
        expected = 0.5 * MODEL.sentence_log_probs([list(text)])[0] + 0.2 * len(text)
        expected += 0.0 if text in {"", "ab", "ba"} else -2.0
        assert one.merit - one.log_prob == pytest.approx(expected, abs=1e-4)


def test_sure_readings_stand_and_doubtful_ones_are_read_again() -> None:
    lines = [sure(LETTERS, "abab"), sure(LETTERS, "abbb", "abba", 0.9)]
    plain = [greedy(line, LETTERS) for line in lines]
    weights = Weights(weight=1.0, bonus=0.0, stands=0.9)
    found = Listener(LETTERS, MODEL, weights=weights).read(lines, plain)
    assert found[0] is plain[0]
    assert (plain[1].text, found[1].text) == ("abbb", "abba")
    never = Listener(LETTERS, MODEL, weights=dataclasses.replace(weights, stands=0.0))
    assert never.read(lines, plain) == plain


def test_no_language_has_no_opinion() -> None:
    scores, after = NoLanguage(3).rows(np.zeros(2, np.int64))
    assert not scores.any()
    assert not after.any()
