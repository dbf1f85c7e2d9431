"""Protocol buffers' wire format: messages as numbered fields, read lazily and within bounds.

::

    message  field field …
    field    varint key = number << 3 | kind, then by kind
             0 varint    1 eight bytes    2 varint n, n bytes    5 four bytes
    packed   numbers of a repeated field one after the other in one field of kind 2

A field of kind 2 may be text, bytes, packed numbers or a message; only who asks knows. Lengths
are checked against the bytes that are left before anything is taken.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
"""Kinds of fields."""
_MOST = 100_000  # fields of one message
_LONGEST = 10  # bytes of a varint
_AGAIN = "copy or download the file again; this one is cut short or damaged"


@dataclass(frozen=True)
class Field:
    """One field as it stands in the file.

    Attributes:
        kind: Of its value.
        value: The number of a varint, else the bytes.
        at: Offset of its value in the file.
    """

    kind: int
    value: int | memoryview
    at: int


class Message:
    """A message whose fields are asked for by number.

    Args:
        data: Its bytes.
        name: Of the file, for messages.
        at: Offset of `data` in the file.

    Raises:
        FormatError: From every method, where bytes end too early, or a field is of another kind
            than asked for.
    """

    def __init__(self, data: bytes | memoryview, name: str, at: int = 0) -> None:
        self._data = memoryview(data)
        self._name = name
        self._at = at

    @cached_property
    def _fields(self) -> dict[int, list[Field]]:
        found: dict[int, list[Field]] = {}
        at = count = 0
        while at < len(self._data):
            start = at
            key, at = self._varint(at)
            value, at = self._value(key & 7, at)
            begins = start if isinstance(value, int) else at - len(value)
            found.setdefault(key >> 3, []).append(Field(key & 7, value, self._at + begins))
            count += 1
            if count > _MOST:
                raise self.error(f"a message of over {_MOST} fields", start)
        return found

    def has(self, number: int) -> bool:
        """Whether there is such a field."""
        return number in self._fields

    def numbers(self) -> list[int]:
        """The fields that there are."""
        return list(self._fields)

    def integer(self, number: int, default: int = 0) -> int:
        """The last field of this number, a varint."""
        fields = self._fields.get(number)
        if not fields:
            return default
        value = fields[-1].value
        if not isinstance(value, int):
            raise self._unfit(fields[-1], "a number")
        return value

    def integers(self, number: int) -> list[int]:
        """Repeated varints, packed or not."""
        made: list[int] = []
        for field in self._fields.get(number, ()):
            if isinstance(field.value, int):
                made.append(field.value)
                continue
            packed = Message(self._bytes(field, "numbers"), self._name, field.at)
            at = 0
            while at < len(packed._data):
                value, at = packed._varint(at)
                made.append(value)
                if len(made) > _MOST:
                    raise self.error(f"over {_MOST} numbers", field.at - self._at)
        return made

    def real(self, number: int, default: float = 0.0) -> float:
        """The last field of this number, a float of four or eight bytes."""
        fields = self._fields.get(number)
        if not fields:
            return default
        field = fields[-1]
        if isinstance(field.value, int) or field.kind == BYTES:
            raise self._unfit(field, "a real number")
        return float(struct.unpack("<d" if field.kind == EIGHT else "<f", field.value)[0])

    def floats(self, number: int) -> NDArray[np.float32]:
        """Repeated floats of four bytes, packed or not, ``(n,)``."""
        parts = []
        for field in self._fields.get(number, ()):
            if isinstance(field.value, int) or len(field.value) % 4:
                raise self._unfit(field, "real numbers")
            parts.append(np.frombuffer(field.value, "<f4"))
        if not parts:
            return np.empty(0, np.float32)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def data(self, number: int) -> bytes:
        """The last field of this number, bytes; none where it is absent."""
        fields = self._fields.get(number)
        return bytes(self._bytes(fields[-1], "bytes")) if fields else b""

    def text(self, number: int) -> str:
        """The last field of this number, UTF-8; empty where it is absent."""
        try:
            return self.data(number).decode()
        except UnicodeDecodeError as problem:
            raise self._unfit(self._fields[number][-1], "text in UTF-8") from problem

    def message(self, number: int) -> Message:
        """The last field of this number, a message; an empty one where it is absent."""
        return self.messages(number)[-1] if self.has(number) else Message(b"", self._name, self._at)

    def messages(self, number: int) -> list[Message]:
        """Repeated messages."""
        return [
            Message(self._bytes(field, "a message"), self._name, field.at)
            for field in self._fields.get(number, ())
        ]

    def error(self, problem: str, at: int = 0) -> FormatError:
        """An error about what stands `at` bytes into this message."""
        return FormatError(f"{self._name}: {problem}", offset=self._at + at, remedy=_AGAIN)

    def _bytes(self, field: Field, what: str) -> memoryview:
        if isinstance(field.value, int) or field.kind != BYTES:
            raise self._unfit(field, what)
        return field.value

    def _unfit(self, field: Field, wanted: str) -> FormatError:
        return FormatError(
            f"{self._name}: a field of kind {field.kind} where {wanted} should be",
            offset=field.at,
            remedy=_AGAIN,
        )

    def _varint(self, at: int) -> tuple[int, int]:
        """A varint and the position behind it."""
        value = 0
        for place, byte in enumerate(self._data[at : at + _LONGEST]):
            value |= (byte & 127) << 7 * place
            if byte < 128:
                return value, at + place + 1
        raise self.error("a number without end", at)

    def _value(self, kind: int, at: int) -> tuple[int | memoryview, int]:
        if kind == VARINT:
            return self._varint(at)
        start = at
        if kind == BYTES:
            size, at = self._varint(at)
        elif kind in (EIGHT, FOUR):
            size = 8 if kind == EIGHT else 4
        else:
            raise self.error(f"no field is of kind {kind}", start)
        if size > len(self._data) - at:
            raise self.error(f"{size} bytes announced, {len(self._data) - at} left", start)
        return self._data[at : at + size], at + size


def varint(value: int) -> bytes:
    """A number from 0 up as a varint."""
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def integer(number: int, value: int) -> bytes:
    """A field with a varint."""
    return varint(number << 3) + varint(value)


def integers(number: int, values: Iterable[int]) -> bytes:
    """A field with packed varints."""
    return field(number, b"".join(map(varint, values)))


def real(number: int, value: float, *, double: bool = False) -> bytes:
    """A field with a float of four or eight bytes."""
    kind, code = (EIGHT, "<d") if double else (FOUR, "<f")
    return varint(number << 3 | kind) + struct.pack(code, value)


def floats(number: int, values: NDArray[np.floating]) -> bytes:
    """A field with packed floats of four bytes."""
    return field(number, np.ascontiguousarray(values, "<f4").tobytes())


def field(number: int, *parts: bytes) -> bytes:
    """A field of bytes: text in UTF-8, or a message of fields."""
    size = sum(map(len, parts))
    return varint(number << 3 | BYTES) + varint(size) + b"".join(parts)


def text(number: int, value: str) -> bytes:
    """A field with text."""
    return field(number, value.encode())


def entries(number: int, items: Sequence[tuple[str, str]]) -> bytes:
    """A map from text to text."""
    return b"".join(field(number, text(1, key), text(2, value)) for key, value in items)
