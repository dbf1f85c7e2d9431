"""What ICU says of code points: examples of each property."""

from __future__ import annotations

import pytest

from uncial.formats.tesseract import codepoints


@pytest.mark.parametrize(
    ("point", "script"),
    [
        *(("a", "Latin"), ("1", "Common"), ("\u0301", "Inherited"), ("ب", "Arabic")),
        *(("一", "Han"), ("한", "Hangul"), ("か", "Hiragana"), ("ー", "Common")),
        *(("\U00010400", "Deseret"), ("ߊ", "Nko"), ("\u0378", "Unknown"), ("\n", "Common")),
    ],
)
def test_scripts(point: str, script: str) -> None:
    assert codepoints.script(point) == script


@pytest.mark.parametrize(
    ("point", "direction"),
    [
        ("a", 0),
        ("א", 1),
        ("1", 2),
        ("+", 3),
        ("٣", 5),
        (" ", 9),
        ("!", 10),
        ("ب", 13),
        ("\u0301", 17),
    ],
)
def test_directions(point: str, direction: int) -> None:
    assert codepoints.direction(point) == direction
    assert codepoints.direction("\u0378") == 0


@pytest.mark.parametrize(
    ("point", "upper", "lower"),
    [
        *(("a", "A", "a"), ("ß", "ß", "ß"), ("ᾳ", "ᾼ", "ᾳ"), ("İ", "İ", "i"), ("ŉ", "ŉ", "ŉ")),
        *(("ς", "Σ", "ς"), ("ǆ", "Ǆ", "ǆ"), ("1", "1", "1"), ("ﬁ", "ﬁ", "ﬁ"), ("ΐ", "ΐ", "ΐ")),
    ],
)
def test_simple_case_mappings(point: str, upper: str, lower: str) -> None:
    assert codepoints.to_upper(point) == upper
    assert codepoints.to_lower(point) == lower


def test_mirrors_come_in_pairs() -> None:
    assert codepoints.mirrored("(") == ")"
    assert codepoints.mirrored("»") == "«"
    assert codepoints.mirrored("a") == "a"
    changed = [
        chr(point) for point in range(0x10000) if codepoints.mirrored(chr(point)) != chr(point)
    ]
    assert len(changed) == 428
    assert all(codepoints.mirrored(codepoints.mirrored(point)) == point for point in changed)


def test_letters_marks_spaces_and_links() -> None:
    assert codepoints.is_letter("ª")
    assert not codepoints.is_letter("1")
    assert codepoints.is_mark("\u0903")
    assert codepoints.is_space("\u2003")
    assert not codepoints.is_space("\u200b")
    assert not codepoints.is_space("\x1c")
    assert codepoints.links_graphemes("\u094d")
    assert not codepoints.links_graphemes("\u093c")
