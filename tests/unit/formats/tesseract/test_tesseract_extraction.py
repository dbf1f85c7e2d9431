"""Unicharsets from text, their properties, and unions of them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from uncial.formats.tesseract import properties, unichar
from uncial.formats.tesseract.extraction import extract, merge, texts_of
from uncial.formats.tesseract.unichar import Unichar
from uncial.formats.tesseract.unicharset import Unicharset

TEXTS = st.lists(st.text(max_size=12), max_size=4)


def _texts(unicharset: Unicharset) -> list[str]:
    return [entry.text for entry in unicharset.entries[3:]]


@given(TEXTS, st.sampled_from([1, 2, 3]))
def test_extracted_sets_can_be_written_and_read(texts: list[str], mode: int) -> None:
    found = extract(texts, mode).unicharset
    again = Unicharset.unpack(found.pack())
    assert again.entries[1:] == found.entries[1:]  # the line of the space leaves some out
    assert again.pack() == found.pack()
    assert found.has_special_codes


@given(TEXTS, TEXTS)
def test_unions_keep_the_ids_of_the_first_and_hold_the_second(
    first: list[str], second: list[str]
) -> None:
    one, two = extract(first).unicharset, extract(second).unicharset
    both = merge([one, two])
    assert [entry.text for entry in both.entries[: len(one)]] == [e.text for e in one.entries]
    assert {entry.text for entry in both.entries} == {e.text for e in one.entries + two.entries}


def test_units_come_in_the_order_of_first_use() -> None:
    assert _texts(extract(["ba ab", "c\u00a0b"]).unicharset) == ["b", "a", "c"]


def test_properties_come_from_unicode() -> None:
    entries = extract(["aA(1)ب“x"]).unicharset.entries
    by_text = {entry.text: entry for entry in entries}
    assert by_text["a"].props == unichar.ALPHA | unichar.LOWER
    assert by_text["a"].other_case == 4
    assert by_text["A"].props == unichar.ALPHA | unichar.UPPER
    assert by_text["A"].other_case == 3
    assert by_text["x"].other_case == entries.index(by_text["x"])
    assert by_text["("].mirror == entries.index(by_text[")"])
    assert by_text["1"].props == unichar.DIGIT
    assert (by_text["ب"].script, by_text["ب"].direction) == ("Arabic", 13)
    assert by_text["“"].normed == '"'
    assert entries[1].props == unichar.ALPHA | unichar.LOWER | unichar.UPPER


def test_what_cannot_be_used_is_reported() -> None:
    found = extract(["ab", "अा", "c \u0301", "x" + "\u0301" * 20])
    assert [text for text, _ in found.refused] == ["अा"]
    assert found.unfit == ("x" + "\u0301" * 20,)
    assert _texts(found.unicharset) == ["a", "b", "c", "\u0301"]


def test_texts_of_box_files_and_of_plain_files() -> None:
    assert texts_of(b"a 1 2 3 4 0\n  0 0 9 9 0\nb 5 6 7 8 0\n\t 9 9 10 10 0\n") == ["a", "b"]
    assert texts_of(b"WordStr 0 0 9 9 0 #two words\n") == ["two words"]
    assert texts_of(b"plain\n\na 1 2 3 4\n") == ["plain", "a 1 2 3 4"]
    assert texts_of(b"") == []


def test_scripts_give_places_and_widths() -> None:
    script = Unicharset(
        entries=(
            Unichar(text=" "),
            Unichar(
                text="a",
                props=3,
                script="Latin",
                other_case=2,
                box=(60, 64, 180, 190),
                statistics=(80.0, 1.0, 4.0, 0.5, 90.0, 2.0),
                normed="a",
            ),
            Unichar(
                text="A",
                props=5,
                script="Latin",
                other_case=1,
                box=(62, 66, 210, 220),
                statistics=(100.0, 1.0, 2.0, 0.25, 110.0, 3.0),
                normed="A",
            ),
        )
    )
    units = extract(["aAx"]).unicharset
    made, missing = properties.from_scripts(units, {"Latin": script}.get)
    assert missing == []
    assert made.entries[3].statistics == script.entries[1].statistics
    assert made.entries[3].other_case == 4
    assert made.entries[5] == units.entries[5]
    cluster = replace(units, entries=(*units.entries, Unichar(text="aA")))
    joined = properties.adopted(cluster, script).entries[-1]
    assert joined.box == (60, 66, 180, 220)
    assert joined.statistics == (196.0, 5.5, 4.0, 0.5, 200.0, 5.0)
    assert (joined.props, joined.normed, joined.other_case) == (7, "aA", 4)
    assert properties.from_scripts(units, lambda name: None)[1] == ["Latin"]


def test_unions_widen_what_both_have() -> None:
    one = Unicharset(
        entries=(
            Unichar(text="a", box=(60, 62, 180, 190), statistics=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
        )
    )
    two = Unicharset(
        entries=(
            Unichar(text="a", box=(58, 61, 185, 200), statistics=(7.0, 3.0, 8.0, 1.0, 9.0, 9.0)),
        )
    )
    entry = merge([one, two]).entries[3]
    assert entry.box == (58, 62, 180, 200)
    assert entry.statistics == (7.0, 3.0, 3.0, 4.0, 9.0, 9.0)
