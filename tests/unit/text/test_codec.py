"""Codec: round trips, prefix-freeness, stability under extension."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError, FormatError, UnencodableText
from uncial.text.codec import Codec
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization

texts = st.lists(st.text(st.sampled_from("abcäöſ \u0364\u0301कषि्각"), max_size=12), max_size=6)
RECODED = Codec((("a", (1,)), ("b", (2, 3)), ("c", (2, 4, 1)), ("ffi", (5,)), ("f", (6,))))


@given(texts, st.integers(1, 4))
def test_decode_inverts_encode(lines: list[str], rare: int) -> None:
    """Invariant: ``decode(encode(text)) == normalize(text)``."""
    normalize = Normalization.DEFAULT
    codec = Codec.from_texts(map(normalize, lines), rare=rare)
    for line in lines:
        labels = codec.encode(normalize(line))
        assert labels.dtype == np.int32
        assert codec.decode(labels) == normalize(line)
        spans = codec.decode_spans(labels)
        assert [grapheme for grapheme, _, _ in spans] == graphemes(normalize(line))
        stops = [0, *(stop for _, _, stop in spans)]
        assert [start for _, start, _ in spans] == stops[:-1]
        assert stops[-1] == len(labels)


@given(st.text("abcf", max_size=10))
def test_several_labels_a_grapheme_round_trip(text: str) -> None:
    assert RECODED.decode(RECODED.encode(text.replace("f", "ffi"))) == text.replace("f", "ffi")


@given(st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=4), max_size=6), st.data())
def test_codes_read_in_one_way_or_are_refused(codes: list[list[int]], data: st.DataObject) -> None:
    first = {code[0] for code in codes}
    clash = any(
        i != j and a == b[: len(a)] and (a == b or b[len(a)] in first)
        for i, a in enumerate(codes)
        for j, b in enumerate(codes)
    )
    table = tuple((chr(97 + at), tuple(code)) for at, code in enumerate(codes))
    if clash:
        with pytest.raises(CharsetError, match="begins the code"):
            Codec(table)
        return
    codec = Codec(table)
    letters = "".join(grapheme for grapheme, _ in table)
    text = data.draw(st.text(letters, max_size=8)) if letters else ""
    assert codec.decode(codec.encode(text)) == text
    assert codec.stray(codec.encode(text)) == []


def test_a_code_may_begin_one_that_goes_on_as_no_other_begins() -> None:
    codec = Codec((("一", (1,)), ("二", (1, 7)), ("三", (1, 2)), ("四", (1, 2, 8)), ("五", (3, 2))))
    assert codec.decode([1, 1, 7, 1, 2, 1, 2, 8, 3, 2, 1]) == "一二三四五一"
    assert codec.decode([1, 8, 7, 1]) == "一一"
    assert codec.stray([1, 8, 7, 1]) == [8, 7]


@given(texts, st.sets(st.text(min_size=1, max_size=2), max_size=5))
def test_extend_never_moves_labels(lines: list[str], new: set[str]) -> None:
    codec = Codec.from_texts(lines)
    wider = codec.extend(new)
    assert wider.codes[: len(codec.codes)] == codec.codes
    assert all(grapheme in wider.charset for grapheme in new)
    assert wider.width == codec.width + sum(grapheme not in codec.charset for grapheme in new)
    assert wider == wider.extend(new)


def test_rare_combinations_are_spelled() -> None:
    codec = Codec.from_texts(["a\u0364 a\u0364 a\u0364 o\u0364", "ä"])
    assert list(codec.charset) == [" ", "a\u0364", "o", "ä", "\u0364"]
    assert codec.encode("a\u0364o\u0364").tolist() == [2, 3, 5]
    assert codec.decode_spans([2, 3, 5]) == [("a\u0364", 0, 1), ("o\u0364", 1, 3)]
    assert codec.width == 6
    assert codec.blank == 0


def test_longest_match_and_spans_of_long_units() -> None:
    assert RECODED.encode("affif").tolist() == [1, 5, 6]
    assert RECODED.decode_spans([2, 3, 5, 2, 4, 1]) == [("b", 0, 2), ("ffi", 2, 3), ("c", 3, 6)]


def test_half_codes_are_skipped() -> None:
    assert RECODED.decode_spans([2, 1, 9, 2, 3, 2]) == [("a", 1, 2), ("b", 3, 5)]
    assert RECODED.decode(np.array([], dtype=np.int64)) == ""
    assert RECODED.stray([2, 1, 9, 2, 3, 2]) == [2, 9, 2]
    assert RECODED.stray(RECODED.encode("abc")) == []


def test_missing_characters_are_named_whole() -> None:
    codec = Codec.from_charset("ab")
    assert codec.missing("ab") == set()
    assert codec.missing("aa\u0364 b") == {"a\u0364", " "}
    with pytest.raises(UnencodableText, match=r"p1_l3: not in .*U\+0061 .* \+ U\+0364"):
        codec.encode("aa\u0364", where="p1_l3")
    with pytest.raises(UnencodableText, match="text 'ax'"):
        codec.encode("ax")


@pytest.mark.parametrize("labels", [(), (0,), (1, -1)])
def test_labels_must_start_at_one(labels: tuple[int, ...]) -> None:
    with pytest.raises(CharsetError, match="0 is the blank"):
        Codec((("a", labels),))


def test_json_and_pickle_round_trip() -> None:
    assert Codec.from_json(json.loads(json.dumps(RECODED.to_json()))) == RECODED
    assert pickle.loads(pickle.dumps(RECODED)) == RECODED
    assert Codec.from_json(Codec(()).to_json()).width == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": 2, "codes": []},
        {"version": 1},
        {"version": 1, "codes": ["ab"]},
        {"version": 1, "codes": [["a", [1.5]]]},
        {"version": 1, "codes": [["a", [True]]]},
    ],
)
def test_damaged_json_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        Codec.from_json(data)


def test_units_are_what_codes_are_given_to() -> None:
    codec = Codec((("a", (1,)), ("ab", (2, 3)), ("c", (4,))))
    assert codec.units("abca?b") == ["ab", "c", "a", "?", "b"]
    assert codec.units("") == []
