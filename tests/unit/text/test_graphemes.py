"""Grapheme clusters."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from uncial.text.graphemes import graphemes, is_simple


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Wäge", ["W", "ä", "g", "e"]),
        ("a\u0364b", ["a\u0364", "b"]),
        ("क्षि", ["क्षि"]),
        ("🇩🇪👨‍👩‍👧", ["🇩🇪", "👨‍👩‍👧"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
    ],
)
def test_clusters(text: str, expected: list[str]) -> None:
    assert graphemes(text) == expected


@given(st.text(st.one_of(st.characters(), st.sampled_from("a\u0301\u200d각ᆨ가ᄀ🇩👧\r\n"))))
def test_the_short_cut_agrees_with_the_standard(text: str) -> None:
    assert graphemes(text) == regex.findall(r"\X", text)
    assert "".join(graphemes(text)) == text
    assert not is_simple(text) or len(graphemes(text)) == len(text)
