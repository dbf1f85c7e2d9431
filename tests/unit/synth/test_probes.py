"""Rendered lines of every kind of text, in the characters of a charset."""

from __future__ import annotations

import string

import numpy as np
import pytest

from uncial.errors import DataError
from uncial.synth.fonts import text_fonts
from uncial.synth.probes import KINDS, Kind, kind_of, probes

ASCII = [*string.ascii_letters, *string.digits, *".,:;-()"]
FONTS = text_fonts()[:3]


def test_every_kind_is_there_in_characters_of_the_charset_alone() -> None:
    made = probes(ASCII, FONTS, lines=3, seed=0)
    assert {kind_of(sample.line_id) for sample in made.samples} == set(KINDS)
    for sample in made.samples:
        assert set(sample.text or "") <= {" ", *ASCII}
        assert sample.image.ndim == 2
    assert made.uncovered == ()


def test_the_same_seed_gives_the_same_lines() -> None:
    one, two, other = (probes(ASCII, FONTS, lines=2, seed=seed) for seed in (5, 5, 6))
    assert [s.text for s in one.samples] == [s.text for s in two.samples]
    assert all(
        np.array_equal(a.image, b.image) for a, b in zip(one.samples, two.samples, strict=True)
    )
    assert [s.text for s in one.samples] != [s.text for s in other.samples]


def test_random_strings_bring_every_character() -> None:
    made = probes(ASCII, FONTS, lines=60, seed=0, kinds=["random"])
    assert set("".join(sample.text or "" for sample in made.samples)) >= set(ASCII)


def test_what_no_font_has_is_named_and_left_out() -> None:
    made = probes([*ASCII, "ئ", "\u0301"], FONTS, lines=4, seed=0)
    assert made.uncovered == ("ئ", "\u0301")
    assert not any("ئ" in (sample.text or "") for sample in made.samples)


@pytest.mark.parametrize(
    ("charset", "absent"),
    [(list(string.ascii_letters), "digits"), (list(string.digits), "case")],
    ids=["no digits", "no case"],
)
def test_a_kind_for_which_the_charset_has_nothing_is_left_out(
    charset: list[str], absent: Kind
) -> None:
    made = probes(charset, FONTS, lines=4, seed=0)
    assert absent not in {kind_of(sample.line_id) for sample in made.samples}
    assert "random" in {kind_of(sample.line_id) for sample in made.samples}


def test_a_charset_that_no_font_has_is_refused() -> None:
    with pytest.raises(DataError, match="none of 3 fonts has any of the 2 characters"):
        probes(["ئ", "ب"], FONTS, lines=4, seed=0)
