"""Shaping: order, forms and places of glyphs."""

import numpy as np
import pytest

from uncial.synth.fonts import Font
from uncial.synth.shaping import is_vertical, shaper


def test_ascii_text_has_a_glyph_a_letter_from_left_to_right(font: Font) -> None:
    glyphs = shaper(font.path, 40).glyphs("Hand und Druck", features={"kern": False})
    assert list(glyphs.clusters) == list(range(14))
    assert (np.diff(glyphs.x) > 0).all()
    assert glyphs.advance > glyphs.x[-1]


def test_right_to_left_letters_come_in_the_order_in_which_they_are_seen(wide_font: Font) -> None:
    glyphs = shaper(wide_font.path, 40).glyphs("אבג")
    assert list(glyphs.clusters) == [2, 1, 0]


def test_numbers_and_latin_within_hebrew_keep_their_own_order(wide_font: Font) -> None:
    text = "אב 12 גד ab"
    seen = "".join(text[at] for at in shaper(wide_font.path, 40).glyphs(text).clusters)
    assert seen == "ab דג 12 בא"


def test_arabic_letters_take_the_forms_of_their_places(wide_font: Font) -> None:
    shape = shaper(wide_font.path, 40)
    assert len(set(shape.glyphs("ببب").ids)) == 3
    assert len(set(shape.glyphs("ب ب ب").ids)) == 2  # isolated, and the space


def test_a_font_covers_only_what_shaping_finds_glyphs_for(font: Font, wide_font: Font) -> None:
    assert shaper(wide_font.path, 32).covers("Tür السلام שלום")
    assert not shaper(font.path, 32).covers("Tür السلام")


def test_runs_of_other_scripts_keep_their_clusters(wide_font: Font) -> None:
    text = "abc где ελλ"
    glyphs = shaper(wide_font.path, 40).glyphs(text)
    assert list(glyphs.clusters) == list(range(len(text)))
    assert 0 not in glyphs.ids


def test_vertical_text_runs_downwards(wide_font: Font) -> None:
    glyphs = shaper(wide_font.path, 40).glyphs("abc", vertical=True)
    assert (np.diff(glyphs.y) > 0).all()
    assert glyphs.advance >= 3 * 20


@pytest.mark.parametrize(("text", "vertical"), [("漢字", True), ("かな、", True), ("ab", False)])
def test_only_scripts_that_are_written_so_are_vertical(text: str, vertical: bool) -> None:
    assert is_vertical(text) == vertical


def test_empty_text_has_no_glyphs(font: Font) -> None:
    assert len(shaper(font.path, 40).glyphs("")) == 0
