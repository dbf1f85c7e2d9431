"""Unicharsets: reading as Tesseract does, byte-exact writing, encoding by shortest units."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError, FormatError, UnencodableText
from uncial.formats.tesseract import unichar
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.unichar import Unichar
from uncial.formats.tesseract.unicharset import Unicharset, clean, parse

SMALL = """5
NULL 0 Common 0
Joined 7 0,255,0,255,0,0,0,0,0,0 Latin 1 0 1 Joined\t# Joined [4a 6f 69 6e 65 64 ]a
|Broken|0|1 f 0,255,0,255,0,0,0,0,0,0 Common 2 10 2 |Broken|0|1\t# Broken
é 3 58,65,186,200,85,164.5,0,26,97,185 Latin 3 0 3 é\t# é [e9 ]a
“ 16 0,255,0,255,0,0,0,0,0,0 Common 4 10 9 "\t# “ [201c ]p
""".encode()
TEXTS = st.text("abcfiﬁl\u0640 ", max_size=8)
UNITS = st.lists(st.text("ab", min_size=1, max_size=3), unique=True, max_size=6)
FLOATS = st.floats(0, 999, width=16).map(lambda value: float(f"{value:g}")).map(unichar.single)


@st.composite
def sets(draw: st.DrawFn) -> Unicharset:
    names = st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=7
    ).filter(lambda text: text != "NULL")
    texts = draw(st.lists(names, unique=True, max_size=8))
    ids = st.integers(0, max(len(texts) - 1, 0))
    entries = [
        Unichar(
            text=text,
            props=draw(st.integers(0, 31)),
            script=draw(st.sampled_from(["Latin", "Common", "NULL"])),
            other_case=draw(ids),
            direction=draw(st.integers(0, 22)),
            mirror=draw(ids),
            normed=draw(names),
            box=draw(st.tuples(*[st.integers(0, 255)] * 4)),
            statistics=draw(st.tuples(*[FLOATS] * 6)),
        )
        for text in texts
    ]
    return Unicharset(entries=tuple(entries))


@given(sets())
def test_unpack_inverts_pack(unicharset: Unicharset) -> None:
    packed = unicharset.pack()
    again = Unicharset.unpack(packed)
    assert again == unicharset
    assert again.pack() == packed


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        Unicharset.unpack(b"2\n" + data).pack()


@given(st.data())
def test_mutated_files_are_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(SMALL)
    for at in data.draw(st.lists(st.integers(0, len(mutated) - 1), max_size=4)):
        mutated[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError):
        found = Unicharset.unpack(bytes(mutated))
        assert Unicharset.unpack(found.pack()) == found
        found.parse("é“Joined")


def test_every_truncation_is_read_or_refused() -> None:
    for size in range(len(SMALL)):
        try:
            found = Unicharset.unpack(SMALL[:size])
        except FormatError:
            continue
        assert size > SMALL.index(b"\xe2\x80\x9c 16") or len(found) == 0


def test_columns() -> None:
    found = Unicharset.unpack(SMALL)
    assert found.has_special_codes
    assert found.null_id == 2
    assert found.entries[3] == Unichar(
        text="é",
        props=unichar.ALPHA | unichar.LOWER,
        script="Latin",
        other_case=3,
        mirror=3,
        normed="é",
        box=(58, 65, 186, 200),
        statistics=(85.0, 164.5, 0.0, 26.0, 97.0, 185.0),
    )
    quote = found.entries[4]
    assert (quote.text, quote.normed, quote.direction) == ("“", '"', 10)
    assert quote.mirror == 4  # 9 is beyond the set


def test_properties_are_read_as_hexadecimal() -> None:
    found = Unicharset.unpack(SMALL)
    assert found.entries[4].props == unichar.PUNCTUATION | unichar.UPPER | unichar.LOWER
    assert found.is_punctuation(4)
    assert found.is_alpha(3)
    assert not found.is_digit(3)
    assert found.entries[2].props == 15


def test_lines_are_kept_until_their_entry_changes() -> None:
    found = Unicharset.unpack(SMALL + b"ignored")
    assert found.pack() == SMALL + b"ignored"
    entries = list(found.entries)
    entries[4] = replace(entries[4], props=unichar.PUNCTUATION)
    changed = replace(found, entries=tuple(entries), rest=b"")
    line = '“ 10 0,255,0,255,0,0,0,0,0,0 Common 4 10 4 "\t# “ [201c ]p'.encode()
    assert changed.pack().splitlines() == [*SMALL.splitlines()[:-1], line]
    assert b" 16 " in changed.pack(decimal=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a 3", Unichar(text="a", props=3, normed="a")),
        ("a 3 Latin", Unichar(text="a", props=3, script="Latin", normed="a")),
        ("a 3 Latin # x", Unichar(text="a", props=3, script="Latin", normed="a")),
        ("a 3 Latin 1", Unichar(text="a", props=3, script="Latin", other_case=1, normed="a")),
        (
            "a 3 10,20,30,300 Latin 1",
            Unichar(
                text="a", props=3, script="Latin", other_case=1, box=(10, 20, 30, 255), normed="a"
            ),
        ),
        (
            "a 3 10,20,30,40 Latin 1 13 1",
            Unichar(
                text="a",
                props=3,
                script="Latin",
                other_case=1,
                direction=13,
                mirror=1,
                box=(10, 20, 30, 40),
                normed="a",
            ),
        ),
        (
            "a 3 1,2,3,4,5,.5,0.25,1e1,2.5e-1,7 Latin 1 2 1\t#",
            Unichar(
                text="a",
                props=3,
                script="Latin",
                other_case=1,
                direction=2,
                mirror=1,
                box=(1, 2, 3, 4),
                statistics=(5.0, 0.5, 0.25, 10.0, 0.25, 7.0),
                normed="#",
            ),
        ),
    ],
)
def test_older_lines(line: str, expected: Unichar) -> None:
    assert unichar.parse(line.encode(), 0, 2) == expected


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no number"),
        (b"x", "no number"),
        (b"99999999\nNULL 0", "announced"),
        (b"1\nNULL", "not a unit and its properties"),
        (b"1\na 3 1,2,3,4 ,5 Latin", "not a unit and its properties"),
        (b"2\na 0\na 1", "entry 0 again"),
        (b"1\n\xff 0", "not UTF-8"),
        (b"1\na\x00b 0", "white space"),
        (b"1\n" + b"a" * 31 + b" 0", "more than 30"),
        (b"1\na 0 " + b"x" * 260, "255 are read"),
    ],
)
def test_refusals_name_the_problem(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as refusal:
        Unicharset.unpack(data, "x.unicharset")
    assert refusal.value.problem.startswith("x.unicharset: ")
    assert refusal.value.remedy


@pytest.mark.parametrize("texts", [["a", "a"], [""], ["a b"], ["ä" * 16]])
def test_impossible_sets_are_refused(texts: list[str]) -> None:
    with pytest.raises(CharsetError, match="unicharset entry"):
        Unicharset(entries=tuple(Unichar(text=text) for text in texts))


def test_encoding_tries_short_units_first_and_backtracks() -> None:
    found = Unicharset(entries=tuple(Unichar(text=text) for text in ("ab", "a", "bc", "b", "abcd")))
    assert found.encode("ab") == [1, 3]
    assert found.encode("abc") == [1, 2]
    assert found.encode("abcd") == [4]
    assert found.decode([1, 2]) == "abc"
    assert found.parse("abcx") == ([1, 2], 3)
    with pytest.raises(UnencodableText, match="at character 4") as refusal:
        found.encode("abcx")
    assert refusal.value.missing == ("x",)


@given(UNITS, st.text("abc", max_size=9))
def test_parse_is_the_depth_first_one(units: list[str], text: str) -> None:
    best: list[str] = []

    def search(done: list[str], at: int) -> bool:
        nonlocal best
        if at > sum(map(len, best)):
            best = done
        return at == len(text) or any(
            text[at : at + length] in units
            and at + length <= len(text)
            and search([*done, text[at : at + length]], at + length)
            for length in (1, 2, 3)
        )

    search([], 0)
    assert parse(text, units, 3) == (best, sum(map(len, best)))


def test_hostile_units_do_not_take_exponential_time() -> None:
    units = ["a" * length for length in range(1, 11)]
    assert parse("a" * 5000 + "b", units, 10)[1] == 5000


def test_lookups_are_cleaned_in_clean_sets_only() -> None:
    assert clean("ﬁﬂ\u0640") == "fifl"
    new = Unicharset.of(["f", "i", "l", "ﬁ"])
    assert [entry.text for entry in new.entries[3:]] == ["f", "i", "l"]
    assert not new.old_style
    assert new.encode("ﬁ") == [3, 4]
    assert new.id_of("f\u0640") == 3
    assert new.id_of("x") == -1
    old = Unicharset(entries=tuple(Unichar(text=text) for text in ("f", "i", "ﬁ")))
    assert old.old_style
    assert old.id_of("ﬁ") == 2
    assert Unicharset(entries=tuple(Unichar(text=text) for text in ("f", "i", "fi"))).old_style


def test_scripts_without_spaces() -> None:
    found = Unicharset(
        entries=(Unichar(text="a", script="Latin"), Unichar(text="一", script="Han"))
    )
    assert found.space_delimited(0)
    assert not found.space_delimited(1)
    assert found.space_delimited(-1)


@pytest.mark.data
def test_real_sets_are_written_byte_for_byte(shared_data: Path) -> None:
    files = sorted((shared_data / "langdata").rglob("*.unicharset"))
    assert len(files) == 3
    data = [file.read_bytes() for file in files]
    models = sorted((shared_data / "models-tesseract").glob("*.traineddata"))
    models += sorted(Path("/usr/share/tesseract-ocr/5/tessdata").glob("*.traineddata"))
    for model in models:
        components = TrainedData.unpack(model.read_bytes()).components
        data += [
            components[name] for name in ("unicharset", "lstm-unicharset") if name in components
        ]
    assert len(data) >= 6
    for packed in data:
        found = Unicharset.unpack(packed)
        assert found.pack() == packed
        for at, entry in enumerate(found.entries):
            again = unichar.parse(unichar.render(entry), at, len(found))
            assert again == entry
