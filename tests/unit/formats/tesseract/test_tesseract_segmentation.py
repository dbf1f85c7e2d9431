"""Units of text: clusters, parts of syllables, code points, and what is refused."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError
from uncial.formats.tesseract.segmentation import Mode, normalized, segment
from uncial.formats.tesseract.tape import ZWJ, ZWNJ, Tape

BLOCKS = [0x20, 0x300, 0x600, *range(0x900, 0xE80, 0x80), 0x1000, 0x1080, 0x1780, 0xA980]
WORDS = st.sampled_from(BLOCKS).flatmap(
    lambda block: st.text(
        st.one_of(
            st.characters(
                min_codepoint=block, max_codepoint=block + 0x7F, exclude_categories=["Cn"]
            ),
            st.sampled_from(
                [ZWJ, ZWNJ, "a", " ", "\u094d", "\u1039", "\u17d2", "\ua9c0", "\u0dca"]
            ),
        ),
        max_size=12,
    )
)
MODES = st.sampled_from([1, 2, 3])


@given(st.one_of(WORDS, st.text()), MODES)
def test_any_text_is_cut_or_refused(text: str, mode: Mode) -> None:
    with contextlib.suppress(CharsetError):
        units = segment(text, mode)
        joiners = str.maketrans("", "", ZWJ + ZWNJ)
        assert "".join(units).translate(joiners) in normalized(text).translate(joiners)
        if mode == 3:
            assert all(len(unit) == 1 for unit in units)


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F)), MODES)
def test_simple_scripts_are_cut_into_letters(text: str, mode: Mode) -> None:
    assert segment(text, mode) == [*unicodedata.normalize("NFC", text)]


def test_marks_join_their_letter_in_the_first_mode() -> None:
    text = "e\u0301q\u0301"
    assert segment(text, 1) == ["é", "q\u0301"]
    assert segment(text, 2) == segment(text, 3) == ["é", "q", "\u0301"]


def test_indic_syllables_and_their_parts() -> None:
    text = "क्षत्रिय हिन्दी कर्म"
    assert segment(text, 1) == ["क्ष", "त्रि", "य", " ", "हि", "न्दी", " ", "क", "र्म"]
    parts = ["क", "्", "ष", "त", "्", "र", "ि", "य", " ", "ह", "ि", "न", "्", "द", "ी"]
    assert segment(text, 2)[: len(parts)] == parts
    assert segment(text, 3)[: len(parts)] == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("వాక్", ["వ", "ా", "క", "\u0c4d\u200c"]),  # an open virama gets a non-joiner
        ("క్ష", ["క", "్ష"]),  # subscript scripts keep virama and consonant
        ("क्\u200d", ["क्\u200d"]),  # half form
        ("क\u200dख", ["क", "ख"]),  # a joiner without a virama goes
        ("ශ්\u200dරී", ["ශ", "්\u200dර", "ී"]),
        ("ക\u200c്ക", ["ക", "\u200c്", "ക"]),
        ("ಕೊ", ["ಕ", "ೊ"]),
        ("क॒", ["क", "॒"]),
        ("ඒං", ["ඒ", "ං"]),
        ("ഓംം", ["ഓ", "ം", "ം"]),
        ("ស្រុក", ["ស", "្រ", "ុ", "ក"]),
        ("កម៉ោះ", ["ក", "ម", "៉", "ោ", "ះ"]),
        ("ខ\u200cំ", ["ខ", "\u200cំ"]),
        ("ကျွန်ုပ်", ["က", "ျ", "ွ", "န", "်", "ု", "ပ", "်"]),
        ("ပစ္စည်း", ["ပ", "စ", "္စ", "ည", "်", "း"]),
        ("ဩ၁", ["ဩ", "၁"]),
        ("ꦏꦱ꧀ꦏ", ["ꦏ", "ꦱ", "꧀ꦏ"]),
        ("ꦥꦺꦴ", ["ꦥ", "ꦺ", "ꦴ"]),
    ],
)
def test_parts_of_syllables(text: str, parts: list[str]) -> None:
    assert segment(text, 2) == parts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("अा", "spelled with two others"),
        ("क््क", "two viramas"),
        ("ाक", "no syllable begins"),
        ("क्\u200d\u200cक", "both joiners"),
        ("कि्\u200dक", "virama of a vowel sign"),
        ("क\u200d्", "without a second consonant"),
        ("ាក", "no Khmer syllable"),
        ("ក\u200cក", "a joiner without"),
        ("កះ\u200c", "no Khmer syllable"),
        ("ာက", "no Myanmar syllable"),
        ("ก่่", "Thai"),
        ("x่", "Thai"),
        ("กเ", None),
        ("เเก", "Thai"),
        ("ฤา", "Thai"),
        ("กะา", "Thai"),
        ("กาะ", None),
        ("น้ำ", None),
    ],
)
def test_grammars_of_scripts(text: str, problem: str | None) -> None:
    if problem is None:
        assert segment(text, 1)
        return
    with pytest.raises(CharsetError, match=problem) as refusal:
        segment(text, 1)
    assert "U+" in refusal.value.problem


def test_the_most_frequent_grammar_applies() -> None:
    assert segment("கு हिन्दी", 1)[-2:] == ["हि", "न्दी"]
    assert segment("abc", 1) == ["a", "b", "c"]


def test_invisible_marks_go_and_joiners_need_letters() -> None:
    assert normalized("a\u200b\u200e\u200f\ufffdb") == "ab"
    assert segment("1\u200d2", 1) == ["1", "2"]
    assert segment("ا\u200cب", 1) == ["ا\u200c", "ب"]


def test_dictionaries_see_plain_hyphens_and_quotes() -> None:
    assert normalized("‘a’—“b”‐`−", for_dictionary=True) == "'a'-\"b\"-'-"
    assert normalized("‘—“") == "‘—“"


def test_a_tape_cuts_units_from_its_end() -> None:
    tape = Tape("abcd", str.upper)
    tape.keep()
    tape.keep()
    tape.take(2)
    assert tape.parts == ["a", "bc"]
    assert (tape.kind, tape.point, tape.uncut) == ("D", "d", 0)
    tape.take(5)
    assert tape.parts == ["a", "bc", "d"]
    assert tape.done
    assert (tape.kind, tape.point) == ("", "")
