from __future__ import annotations

import contextlib
import struct
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import CharsetError, ConfigError, FormatError
from uncial.formats.tesseract import dawg as module
from uncial.formats.tesseract.dawg import Dawg

WORDS = st.lists(st.lists(st.integers(0, 6), max_size=7), min_size=1, max_size=40)
UNICHARS = (" ", *"abcdef")


def ids(*words: str) -> list[list[int]]:
    return [[UNICHARS.index(char) for char in word] for word in words]


def packed(size: int, *edges: int) -> bytes:
    return struct.pack(f"<hii{len(edges)}Q", 42, size, len(edges), *edges)


def edge(unichar_id: int, *, last: bool = True, ends: bool = True, to: int = 0) -> int:
    """An edge of a graph over seven unichars, whose ids take three bits."""
    return to << 6 | ends << 5 | last << 3 | unichar_id


@given(WORDS)
def test_a_graph_holds_the_words_it_was_built_of(words: list[list[int]]) -> None:
    expected = {tuple(word) for word in words} - {()}
    if not expected:
        return
    dawg = Dawg.build(words, unicharset_size=7)
    again = Dawg.unpack(dawg.pack())
    assert again.pack() == dawg.pack()
    assert list(again.sequences()) == sorted(expected, key=lambda word: [*word, -1])
    assert all(word in again for word in expected)
    assert all(word[:-1] in expected for word in expected if word[:-1] in again)


def test_words_share_beginnings_and_ends() -> None:
    dawg = Dawg.build(ids("cab", "dab", "cabs"[:3], "ca", "da"), unicharset_size=7)
    assert list(dawg.words(UNICHARS)) == ["ca", "cab", "da", "dab"]
    assert len(dawg.packed) == 4  # c and d to one node: a, then b


def test_the_layout_of_one_word() -> None:
    dawg = Dawg.build(ids("ab"), unicharset_size=7)
    assert dawg.pack() == packed(7, edge(1, ends=False, to=1), edge(2))


def test_walking() -> None:
    dawg = Dawg.build(ids("ab", "abc", "b"), unicharset_size=7)
    assert [(e.unichar_id, e.ends_word) for e in dawg.edges()] == [(1, False), (2, True)]
    first = dawg.edge_for(0, 1)
    assert first is not None
    assert dawg.edge_for(0, 1, word_end=True) is None
    second = dawg.edge_for(first.next, 2, word_end=True)
    assert second is not None
    assert second.ends_word
    third = dawg.edge_for(second.next, 3)
    assert third is not None
    assert third.next is None
    assert dawg.edge_for(third.next, 3) is None
    assert dawg.edge_for(0, 5) is None
    assert [] not in dawg
    assert [1] not in dawg
    assert [1, 2, 3, 1] not in dawg


def test_what_cannot_be_built() -> None:
    with pytest.raises(ConfigError, match="no words"):
        Dawg.build([[]], unicharset_size=7)
    with pytest.raises(CharsetError, match="outside a unicharset of 7"):
        Dawg.build([[1, 7]], unicharset_size=7)
    with pytest.raises(ConfigError, match="501 unichars"):
        Dawg.build([[1] * 501], unicharset_size=7)


def test_words_need_their_unicharset() -> None:
    dawg = Dawg.build(ids("ab"), unicharset_size=7)
    with pytest.raises(CharsetError, match="a unicharset of 3"):
        dawg.words(UNICHARS[:3])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack("<hii", 41, 7, 1), "begins with 41"),
        (struct.pack("<hii", 42, 7, -1), "-1 edges"),
        (struct.pack("<hii", 42, 0, 1), "over 0 unichars"),
        (struct.pack("<hii", 42, 7, 2**31 - 1), "bytes left"),
        (packed(7, edge(1, to=9)), "edge 0 leads to no node"),
        (packed(7, edge(1, last=False), edge(2, to=1)), "edge 1 leads to no node"),
        (packed(7, edge(7)), "unichar that the unicharset lacks"),
        (packed(7, edge(1) | 1 << 4), "leads backward"),
        (packed(7, edge(1, ends=False)), "ends without a word"),
        (packed(7, edge(1, last=False)), "does not end"),
        (packed(7, edge(1)) + b"\0", "1 bytes too many"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        Dawg.unpack(data)


def test_a_graph_that_bites_its_tail_is_refused_when_listed() -> None:
    data = packed(7, edge(1, ends=False, to=1), edge(2, ends=False, to=1))
    with pytest.raises(FormatError, match="damaged"):
        list(Dawg.unpack(data).sequences())


def test_a_graph_of_too_many_words_is_refused_when_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_WORDS", 1000)
    doubling = []
    for step in range(40):
        to = 0 if step == 39 else 2 * step + 2
        doubling += [edge(1, last=False, ends=to == 0, to=to), edge(2, ends=to == 0, to=to)]
    with pytest.raises(FormatError, match="over 1000 words"):
        list(Dawg.unpack(packed(7, *doubling)).sequences())


def test_every_truncation_is_refused() -> None:
    data = Dawg.build(ids("ab", "cd"), unicharset_size=7).pack()
    for end in range(len(data)):
        with pytest.raises(FormatError):
            Dawg.unpack(data[:end])


@given(st.lists(st.integers(0, 2**9 - 1), min_size=1, max_size=6))
def test_arbitrary_edges_are_refused_or_walked(edges: list[int]) -> None:
    with contextlib.suppress(FormatError):
        dawg = Dawg.unpack(packed(7, *edges))
        for word in islice(dawg.sequences(), 200):
            assert word


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        Dawg.unpack(b"\x2a\x00" + data)


def test_other_byte_order() -> None:
    dawg = Dawg.build(ids("ab"), unicharset_size=7)
    data = struct.pack(">hii2Q", 42, 7, 2, *(int(one) for one in dawg.packed))
    np.testing.assert_array_equal(Dawg.unpack(data, swapped=True).packed, dawg.packed)
