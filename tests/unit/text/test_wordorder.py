from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.text.graphemes import graphemes
from uncial.text.order import units_as_seen
from uncial.text.wordorder import as_read, reading_order


def read(displayed: str) -> str:
    """Words and units as they are read."""
    return as_read(list(displayed))


@pytest.mark.parametrize(
    ("displayed", "text"),
    [
        ("plain words, 12 of them", "plain words, 12 of them"),
        ("גבא רקוב", "בוקר אבג"),
        ("1957 רקוב", "בוקר 1957"),
        ("רקוב one two גבא", "אבג one two בוקר"),
        ("רקוב 12,50 םולש", "שלום 12,50 בוקר"),
        (".רקוב", "בוקר."),
        ("רק-12%וב", "בו12%-קר"),
        ("רקוב abc .", "abc . בוקר"),
        ("ab גבא םולש cd", "ab שלום אבג cd"),
        ("abרקוב", "abרקוב"),
        ("abרקוב םולש", "שלום בוקרab"),
        ("» רקוב", "בוקר »"),
        ("ab רקוב", "ab בוקר"),
        ("רקוב ab", "ab בוקר"),
        ("1. ab רקוב גבא", "אבג בוקר ab .1"),
    ],
)
def test_examples(displayed: str, text: str) -> None:
    assert read(displayed) == text


directions = st.lists(st.lists(st.integers(0, 18), min_size=1, max_size=6), max_size=8)


@given(directions)
def test_every_unit_is_read_once(words: list[list[int]]) -> None:
    order = reading_order(words)
    assert sorted(at for at, _ in order) == list(range(len(words)))
    for at, units in order:
        assert sorted(units) == list(range(len(words[at])))


@given(st.lists(st.lists(st.sampled_from([0, 2, 3, 6, 10]), min_size=1), max_size=8))
def test_lines_without_leftward_units_stay(words: list[list[int]]) -> None:
    expected = [(at, list(range(len(word)))) for at, word in enumerate(words)]
    assert reading_order(words) == expected


@given(st.lists(st.lists(st.sampled_from([1, 13]), min_size=1), max_size=8))
def test_leftward_lines_are_turned_around(words: list[list[int]]) -> None:
    expected = [(at, list(range(len(words[at])))[::-1]) for at in reversed(range(len(words)))]
    assert reading_order(words) == expected


@pytest.mark.parametrize(
    "text",
    [
        "plain words (12 of them)",
        "בוקר (אבג) 1957",
        "نحن [هنا] في ٢٠٢٤ ،",
        "مَرْحَبًا بِكُمْ",
        "שלום 12,50 בוקר",
        "אבג one two בוקר",
    ],
)
def test_what_is_seen_without_mirroring_is_read_as_it_was_typed(text: str) -> None:
    assert as_read(units_as_seen(list(text))) == text
    assert as_read(units_as_seen(graphemes(text))) == text


def test_spaces_around_words_do_not_count() -> None:
    assert as_read(list("  a  b ")) == "a b"
    assert as_read([]) == ""
