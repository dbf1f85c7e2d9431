"""Voting over readings of one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from uncial.decoding.voting import Vote, vote


def _reading(text: str, confidence: float = 0.9) -> list[Vote]:
    return [(character, confidence) for character in text]


def _text(readings: list[list[Vote]]) -> str:
    return "".join(place.grapheme for place in vote(readings))


@given(st.text("abc ", max_size=12), st.integers(1, 4))
def test_equal_readings_are_elected_as_they_are(text: str, count: int) -> None:
    elected = vote([_reading(text)] * count)
    assert "".join(place.grapheme for place in elected) == text
    assert all(len(place.sources) == count for place in elected)


@given(st.lists(st.text("ab", max_size=6), min_size=1, max_size=4), st.randoms())
def test_every_elected_character_stands_where_its_sources_have_it(
    texts: list[str], random: object
) -> None:
    readings = [_reading(text, 0.5 + 0.1 * at) for at, text in enumerate(texts)]
    for place in vote(readings):
        assert place.sources
        assert all(readings[n][at][0] == place.grapheme for n, at in place.sources)
        assert 0 < place.confidence <= 1


def test_the_majority_corrects_a_missing_a_wrong_and_an_additional_character() -> None:
    right = _reading("Der Tag")
    assert _text([right, _reading("De Tag"), right]) == "Der Tag"
    assert _text([right, _reading("Dex Tag"), right]) == "Der Tag"
    assert _text([_reading("Derr Tag"), right, right]) == "Der Tag"


def test_a_sure_reading_outvotes_two_that_doubt() -> None:
    assert _text([_reading("u", 0.3), _reading("u", 0.3), _reading("n", 0.95)]) == "n"


def test_nothing_read_anywhere_stays_nothing() -> None:
    assert vote([[], []]) == []
    assert _text([_reading("a", 0.4), [], []]) == ""
