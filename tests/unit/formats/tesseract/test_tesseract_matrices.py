from __future__ import annotations

import struct

import numpy as np
import pytest
from lstm_networks import every_type, lstm

from uncial.errors import FormatError
from uncial.formats.tesseract.cursor import Cursor, Sink
from uncial.formats.tesseract.matrices import read_matrix


@pytest.mark.parametrize(
    ("data", "trains", "message"),
    [
        (struct.pack("<BIId", 128, 70_000, 1, 0), False, "a matrix of 70000 by 1"),
        (struct.pack("<BIId", 128, 60_000, 60_000, 0), False, "bytes needed"),
        (struct.pack("<BIIdd", 128, 1, 1, 5, 0), False, "filler 5.0"),
        (struct.pack("<BIIbbbI", 129, 1, 2, 0, 3, 4, 0), False, "0 scales for 1 rows"),
        (struct.pack("<BIIbbbI", 129, 1, 2, 0, 3, 4, 2**31), False, "elements announced"),
        (struct.pack("<BIIdd", 128, 1, 1, 0, 9) + struct.pack("<IId", 0, 1, 0), True, "optimizer"),
    ],
)
def test_damage_is_named(data: bytes, trains: bool, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_matrix(Cursor(data, "matrix"), trains=trains)


def test_lines() -> None:
    cursor = Cursor(b"ab\ncd", "text")
    assert cursor.line() == b"ab\n"
    with pytest.raises(FormatError, match="a line without end"):
        cursor.line()
    with pytest.raises(FormatError, match="a line without end"):
        Cursor(b"abcdef\n", "text").line(3)


def test_sizes_of_an_lstm() -> None:
    flat, deep = lstm("LSTM", 3, 4, 4), lstm("LSTM", 3, 2, 2, gates=5)
    assert (flat.states, flat.two_dimensional, flat.feedback) == (4, False, 0)
    assert (deep.states, deep.two_dimensional) == (2, True)
    assert every_type().states == 0
    assert flat.matrices[0].inputs == 7


def test_matrices_are_written_by_rows() -> None:
    sink = Sink()
    sink.matrix("i8", np.array([[1, 2], [3, 4]], np.int8).T)
    assert sink.done() == struct.pack("<IIb4b", 2, 2, 0, 1, 3, 2, 4)
