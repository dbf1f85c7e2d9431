"""Display and logical order: agreement with python-bidi, and the inverse."""

import itertools
from collections import defaultdict

import pytest
from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError
from uncial.text.order import base_direction, display_order, logical_order

MIXED = "abאבעج1٢ -+,.%/"
bases = st.sampled_from(["lr", "rl"])


@given(st.text(MIXED, max_size=12), bases)
def test_display_order_agrees_with_python_bidi(text: str, base: str) -> None:
    assert display_order(text, base) == get_display(text, base_dir={"lr": "L", "rl": "R"}[base])


@pytest.mark.parametrize("base", ["lr", "rl"])
@pytest.mark.parametrize("alphabet", ["aב1 ()", "aע1 .٢"])
def test_logical_order_inverts_display_order(base: str, alphabet: str) -> None:
    """Exhaustively, up to five characters: one of the lines that look so, the only one if so."""
    for length in range(1, 6):
        lines = defaultdict(set)
        for chars in itertools.product(alphabet, repeat=length):
            lines[display_order("".join(chars), base)].add("".join(chars))
        for seen, typed in lines.items():
            assert logical_order(seen, base) in typed


WORDS = st.sampled_from(
    ["שלום", "עולם", "مرحبا", "بالعالم", "שָׁלוֹם", "كِتَاب", "(ספר)", "أب،", "12", "3.5", "٣٤"]
)


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_right_to_left_lines_with_numbers_come_back(words: list[str]) -> None:
    text = " ".join(words)
    assert logical_order(display_order(text, "rl"), "rl") == text


@given(st.lists(st.sampled_from(["the", "book", "ספר", "كتاب", "שָׁלוֹם"]), max_size=8))
def test_latin_hebrew_arabic_mixes_come_back(words: list[str]) -> None:
    text = " ".join(words)
    assert logical_order(display_order(text)) == text


@given(st.lists(st.sampled_from(["abc", "אבג", "דה", "عرب", "12", "5%", "-", "a1"]), max_size=10))
def test_what_is_displayed_survives(words: list[str]) -> None:
    seen = display_order(" ".join(words))
    assert display_order(logical_order(seen)) == seen


@given(st.text())
def test_any_text_keeps_its_length(text: str) -> None:
    assert len(display_order(text)) == len(text)
    assert len(logical_order(text)) == len(text)


def test_marks_stay_behind_their_letters_and_brackets_are_mirrored() -> None:
    assert display_order("שָׁב") == "בשָׁ"
    assert display_order("(אב) ג") == "ג (בא)"
    assert display_order("א(") == ")א"
    assert display_order("א «ב>") == "<ב» א"
    assert display_order("\u202bאב\u202c") == "\u202c" + "בא" + "\u202b"


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("ראה (book) כאן", "ןאכ (book) האר"),
        ("see (ספר) here", "see (רפס) here"),
        ("אב\u2066גד", "דג\u2066בא"),  # an invisible mark moves along
        ("א∟ב", "ב∟א"),  # RIGHT ANGLE, and Unicode has no LEFT ANGLE
        ("א∛ב", "ב∛א"),  # no mirror image
        ("א]ב", "ב[א"),
        ("אב \u2066", "\u2066 בא"),
    ],
)
def test_single_lines_both_ways(typed: str, seen: str) -> None:
    assert display_order(typed) == seen
    assert logical_order(seen) == typed


def test_what_no_line_looks_like_keeps_its_characters() -> None:
    assert sorted(logical_order("12 abc", "rl")) == sorted("12 abc")


def test_base_direction_counts_letters_in_any_order() -> None:
    assert base_direction("abc 12") == base_direction("12") == base_direction("ab אב") == "lr"
    assert base_direction("OCR של ספרים") == "rl"
    assert base_direction(display_order("OCR של ספרים")) == "rl"


def test_left_to_right_text_is_untouched() -> None:
    assert display_order("Grüße, 3.5 %") == logical_order("Grüße, 3.5 %") == "Grüße, 3.5 %"


def test_deep_brackets_are_given_up_on() -> None:
    assert len(display_order("א" + "(" * 70 + "b" + ")" * 70)) == 142


def test_unknown_base_is_refused() -> None:
    with pytest.raises(ConfigError, match="'R'"):
        display_order("אב", "R")
