"""Charsets: order, uniqueness, set operations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError
from uncial.text.charset import Charset


def test_from_texts_sorts_clusters_or_code_points() -> None:
    assert tuple(Charset.from_texts(["ba\u0364", "b"])) == ("a\u0364", "b")
    assert tuple(Charset.from_texts(["ba\u0364"], units="codepoint")) == ("a", "b", "\u0364")


def test_union_appends_and_difference_keeps_order() -> None:
    charset = Charset(("b", "a"))
    assert tuple(charset.union(Charset(("c", "a", "A")))) == ("b", "a", "c", "A")
    assert tuple(charset.union("cc")) == ("b", "a", "c")
    assert tuple(charset.difference(Charset(("b",)))) == ("a",)
    assert len(charset) == 2
    assert "b" in charset


def test_missing_accepts_spelling_by_code_points() -> None:
    assert Charset(("a", "\u0364")).missing("aa\u0364o\u0364") == {"o\u0364"}
    assert Charset(("a\u0364",)).missing("a") == {"a"}


@pytest.mark.parametrize(("entries", "message"), [(("a", ""), "is empty"), (("a", "a"), "twice")])
def test_faulty_entries_are_refused(entries: tuple[str, ...], message: str) -> None:
    with pytest.raises(CharsetError, match=message):
        Charset(entries)


@given(st.lists(st.text(max_size=8)))
def test_a_charset_covers_the_texts_it_came_from(texts: list[str]) -> None:
    charset = Charset.from_texts(texts)
    assert not any(charset.missing(text) for text in texts)
