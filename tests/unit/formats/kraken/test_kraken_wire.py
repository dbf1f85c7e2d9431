"""The wire format of protocol buffers: fields, bounds, packed numbers."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import FormatError
from uncial.formats.kraken import wire
from uncial.formats.kraken.wire import Message


@given(st.integers(0, 2**63), st.lists(st.integers(0, 2**31)), st.text())
def test_what_is_written_is_read(number: int, numbers: list[int], text: str) -> None:
    data = wire.integer(1, number) + wire.integers(7, numbers) + wire.text(300, text)
    message = Message(data, "x")
    assert message.integer(1) == number
    assert message.integers(7) == numbers
    assert message.text(300) == text


def test_nested_messages_and_numbers_keep_their_order() -> None:
    values = np.arange(5, dtype=np.float32)
    data = wire.field(2, wire.floats(1, values)) + wire.field(2, wire.real(3, 0.5, double=True))
    first, second = Message(data, "x").messages(2)
    assert (first.floats(1) == values).all()
    assert second.real(3) == 0.5


def test_an_error_names_the_byte_inside_of_nested_messages() -> None:
    data = wire.integer(9, 1) + wire.field(2, wire.field(3, b"\x0a\x7f"))
    with pytest.raises(FormatError, match="127 bytes announced, 0 left") as caught:
        Message(data, "m").message(2).message(3).text(1)
    assert caught.value.offset == data.index(b"\x7f")


def test_a_field_of_another_kind_is_refused() -> None:
    with pytest.raises(FormatError, match="a field of kind 0 where bytes should be"):
        Message(wire.integer(1, 5), "m").text(1)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_rejected_politely(data: bytes) -> None:
    message = Message(data, "x")
    with contextlib.suppress(FormatError):
        for number in message.numbers():
            for ask in (message.integers, message.floats, message.text, message.messages):
                with contextlib.suppress(FormatError):
                    ask(number)
