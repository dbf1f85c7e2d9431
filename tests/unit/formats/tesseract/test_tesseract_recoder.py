"""The recoder: Tesseract's own tables, built anew and byte for byte."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError, FormatError
from uncial.formats.tesseract import radicals
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.recoding import Code
from uncial.formats.tesseract.unichar import Unichar
from uncial.formats.tesseract.unicharset import Unicharset

CODES = st.lists(
    st.lists(st.integers(0, 40), min_size=1, max_size=9).map(tuple), min_size=2, max_size=12
).map(lambda codes: ((0,), *codes))
SMALL = Recoder(codes=((0,), (3,), (3,), (1, 2), (2,)), null_id=2)


@given(CODES, st.booleans())
def test_unpack_inverts_pack(codes: tuple[Code, ...], special: bool) -> None:
    recoder = Recoder(codes=codes, null_id=2 if special else len(codes) - 1)
    assert Recoder.unpack(recoder.pack(), special_codes=special) == recoder


@given(CODES)
def test_tables_lead_to_every_code_and_to_no_other(codes: tuple[Code, ...]) -> None:
    recoder = Recoder(codes=codes, null_id=2)
    assert {(*p, n) for p, numbers in recoder.final.items() for n in numbers} == set(codes)
    for code in codes:
        assert codes[recoder.decode(code)] == code
        for length in range(1, len(code)):
            assert code[length - 1] in recoder.next[code[: length - 1]]
    prefixes = {code[:length] for code in codes for length in range(1, len(code))}
    assert {(*p, n) for p, numbers in recoder.next.items() for n in numbers} == prefixes
    assert recoder.starts == {code[0] for code in codes}


@given(st.binary(max_size=120))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        recoder = Recoder.unpack(data)
        assert recoder.pack() == data


@given(st.data())
def test_mutated_records_are_read_or_refused(data: st.DataObject) -> None:
    packed = bytearray(SMALL.pack())
    for at in data.draw(st.lists(st.integers(0, len(packed) - 1), max_size=4)):
        packed[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError):
        assert Recoder.unpack(bytes(packed)).pack() == packed


def test_every_truncation_is_refused() -> None:
    packed = SMALL.pack()
    for size in range(len(packed)):
        with pytest.raises(FormatError):
            Recoder.unpack(packed[:size])


def test_layout() -> None:
    recoder = Recoder(codes=((0,), (1, 2)), null_id=1)
    packed = struct.pack("<Ibiibiii", 2, 1, 1, 0, 1, 2, 1, 2)
    assert recoder.pack() == packed
    assert Recoder.unpack(packed, special_codes=False) == recoder
    swapped = struct.pack(">Ibiibiii", 2, 1, 1, 0, 1, 2, 1, 2)
    assert Recoder.unpack(swapped, special_codes=False, swapped=True) == recoder
    odd = struct.pack("<Ibiibiii", 2, 1, 1, 0, 0, 2, 1, 2)
    assert Recoder.unpack(odd, special_codes=False).pack() == odd


@pytest.mark.parametrize(
    ("codes", "problem"),
    [
        ([[1]], "space"),
        ([[0], [], [1] * 5], "1 to 9"),
        ([[0], [1] * 10], "1 to 9"),
        ([[0], [-1]], "outside"),
        ([[0], [70_000]], "outside"),
        ([[0], [1]], "none for the null"),
    ],
)
def test_refusals_name_the_problem(codes: list[list[int]], problem: str) -> None:
    packed = struct.pack("<I", len(codes))
    packed += b"".join(struct.pack(f"<bi{len(c)}i", 1, len(c), *c) for c in codes)
    with pytest.raises(FormatError, match=problem):
        Recoder.unpack(packed)
    if problem != "none for the null":
        with pytest.raises(CharsetError, match=problem):
            Recoder(codes=tuple(map(tuple, codes)), null_id=0)


def test_letters_get_codes_in_the_order_of_first_use_and_the_null_the_last() -> None:
    recoder = Recoder.build(Unicharset.of(["b", "a", "q\u0301", "\u0301a"]))
    assert recoder.codes == ((0,), (5,), (5,), (1,), (2,), (3, 4), (4, 2))
    assert recoder.null_char == 5
    assert recoder.code_range == 6


@given(
    st.lists(st.text("abc\u0301가각한一丁丂", min_size=1, max_size=3), max_size=12),
    st.dictionaries(
        st.sampled_from([0x4E00, 0x4E01, 0x4E02]),
        st.lists(st.integers(1, 24), min_size=1, max_size=4).map(tuple),
    ),
)
def test_built_codes_lead_back_to_their_unit(texts: list[str], table: dict[int, Code]) -> None:
    unicharset = Unicharset.of([*"abc\u0301가각한一丁丂", *texts])
    recoder = Recoder.build(unicharset, table)
    for at in range(3, len(unicharset)):
        assert recoder.decode(recoder.encode(at)) == at
    used = {number for code in recoder.codes for number in code}
    assert used == set(range(recoder.code_range))
    assert recoder.null_char == recoder.code_range - 1


def test_hangul_and_han_are_taken_apart() -> None:
    table = {0x4E00: (1, 2), 0x4E01: (1, 2), 0x4E02: (3, 0)}
    recoder = Recoder.build(Unicharset.of(["가", "각", "一", "丁", "丂", "x"]), table)
    spelled = {entry: len(recoder.encode(at)) for at, entry in enumerate("가각一丁丂x", start=3)}
    assert spelled == {"가": 3, "각": 3, "一": 2, "丁": 3, "丂": 2, "x": 1}
    assert recoder.encode(3)[:2] == recoder.encode(4)[:2]
    assert recoder.encode(5) == recoder.encode(6)[:2]
    assert len(set(recoder.codes[2:])) == len(recoder.codes[2:])
    assert recoder.null_char == recoder.code_range - 1


def test_what_cannot_be_built_is_named() -> None:
    with pytest.raises(CharsetError, match="entry 3, 'abcdefghij'"):
        Recoder.build(Unicharset.of(["abcdefghij"]))
    with pytest.raises(CharsetError, match="code points in use"):
        Recoder.build(Unicharset.of(["abcd"]))


def test_sets_without_special_units_get_an_entry_for_the_null() -> None:
    plain = Unicharset(entries=(Unichar(text=" "), Unichar(text="a")))
    assert Recoder.pass_through(plain).codes == ((0,), (1,), (2,))
    assert Recoder.pass_through(plain).null_char == 2
    assert Recoder.build(plain).codes == ((0,), (1,), (2,))
    assert Recoder.pass_through(Unicharset.of(["a"])).null_char == 2
    assert Recoder.build(plain).dump(plain) == "0\t \n1\ta\n2\t<nul>\n"


@pytest.mark.data
@pytest.mark.parametrize(("model", "passed"), [("eng", False), ("frak2021", False), ("fas", True)])
def test_recoders_of_real_models(shared_data: Path, model: str, passed: bool) -> None:
    file = shared_data / "models-tesseract" / f"{model}.traineddata"
    parts = TrainedData.unpack(file.read_bytes()).components
    unicharset = Unicharset.unpack(parts["lstm-unicharset"])
    table = radicals.unpack((shared_data / "langdata" / "radical-stroke.txt").read_bytes())
    stored = Recoder.unpack(parts["lstm-recoder"])
    assert stored.pack() == parts["lstm-recoder"]
    built = Recoder.pass_through(unicharset) if passed else Recoder.build(unicharset, table)
    assert built == stored
