"""Bounded reading and writing of Tesseract's binary records.

Every length is checked against the bytes that are left before anything is allocated, so a
hostile or truncated file costs no more memory than its own size.

Layout of the compound fields::

    string   u32 n, then n bytes
    vector   u32 n, then n elements
    matrix   u32 rows, u32 columns, one filler element, then rows*columns elements, by rows

Source: tesseract 5.x ``src/ccutil/serialis.cpp`` and ``src/ccstruct/matrix.h``.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import CharsetError, ConfigError, FormatError

MAX_SIDE = 65_535
"""Greatest number of rows or columns of a matrix."""
_AGAIN = "copy or download the file again; this one is cut short or damaged"
_CODES = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "i64": "q"}
_CODES |= {"f32": "f", "f64": "d"}


class Cursor:
    """Reads fields one after another.

    Args:
        data: The whole record.
        name: What it is, for messages: ``"eng.traineddata: lstm"``.
        swapped: Multi-byte fields are big-endian.

    Raises:
        FormatError: From every method, where the bytes end too early or make no sense; it
            names the record and the offset.
    """

    def __init__(self, data: bytes | memoryview, name: str, *, swapped: bool = False) -> None:
        self._data = memoryview(data)
        self._name = name
        self._order = ">" if swapped else "<"
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self.at

    def number(self, kind: str) -> int:
        """One integer of a kind such as ``"u32"`` or ``"i8"``."""
        code = self._order + _CODES[kind]
        return int(struct.unpack(code, self.take(struct.calcsize(code)))[0])

    def real(self, kind: str) -> float:
        """One real number, ``"f32"`` or ``"f64"``."""
        code = self._order + _CODES[kind]
        return float(struct.unpack(code, self.take(struct.calcsize(code)))[0])

    def u8(self) -> int:
        """One unsigned byte."""
        return self.number("u8")

    def u32(self) -> int:
        """One unsigned integer of four bytes."""
        return self.number("u32")

    def i32(self) -> int:
        """One signed integer of four bytes."""
        return self.number("i32")

    def count(self, least: int) -> int:
        """A u32 count of elements that take at least `least` bytes each."""
        at = self.at
        found = self.u32()
        if found * least > self.left:
            raise self.error(f"{found} elements announced, {self.left} bytes left", at)
        return found

    def take(self, size: int) -> memoryview:
        """The next `size` bytes, not copied."""
        if size > self.left:
            raise self.error(f"{size} bytes needed, {self.left} left", self.at)
        self.at += size
        return self._data[self.at - size : self.at]

    def string(self) -> bytes:
        """Bytes behind their u32 length."""
        return bytes(self.take(self.count(1)))

    def text(self, what: str, errors: str = "strict") -> str:
        """A string that must be UTF-8; `what` names it if it is not.

        Args:
            what: As a message calls it.
            errors: As for `bytes.decode`.
        """
        at = self.at
        try:
            return self.string().decode(errors=errors)
        except UnicodeDecodeError as problem:
            raise self.error(f"{what} that is not UTF-8", at) from problem

    def line(self, limit: int | None = None) -> bytes:
        """Bytes up to and with the next line feed, `limit` of them at most."""
        end = self.at + (self.left if limit is None else min(limit, self.left))
        found = bytes(self._data[self.at : end]).find(b"\n")
        if found < 0:
            raise self.error("a line without end", self.at)
        return bytes(self.take(found + 1))

    def since(self, at: int) -> bytes:
        """The bytes read from `at` to the present position."""
        return bytes(self._data[at : self.at])

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """``(count,)`` numbers of one kind, in native byte order."""
        dtype = np.dtype(f"{self._order}{kind[0]}{int(kind[1:]) // 8}")
        raw = np.frombuffer(self.take(count * dtype.itemsize), dtype)
        return raw.astype(dtype.newbyteorder("="))

    def matrix(self, kind: str) -> NDArray[Any]:
        """``(rows, columns)`` numbers of one kind; the filler element must be 0."""
        at = self.at
        rows, columns = self.u32(), self.u32()
        if max(rows, columns) > MAX_SIDE:
            raise self.error(f"a matrix of {rows} by {columns}", at)
        filler = self.array(kind, 1)[0]
        if filler != 0:
            raise self.error(f"filler {filler} where a matrix has 0", at + 8)
        return self.array(kind, rows * columns).reshape(rows, columns)

    def end(self) -> None:
        """Require that everything was read."""
        if self.left:
            raise self.error(f"{self.left} bytes too many", self.at)

    def error(self, problem: str, at: int | None = None) -> FormatError:
        """An error about the field at `at`, the present position by default."""
        offset = self.at if at is None else at
        return FormatError(f"{self._name}: {problem}", offset=offset, remedy=_AGAIN)


class Sink:
    """Writes fields one after another, little-endian."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def number(self, kind: str, value: float) -> None:
        """One number of a kind such as ``"u32"`` or ``"f64"``.

        Raises:
            ConfigError: It is too large or too small for its field.
        """
        try:
            self._parts.append(struct.pack("<" + _CODES[kind], value))
        except (struct.error, OverflowError) as problem:
            raise ConfigError(
                f"{value} does not fit a field of kind {kind}",
                remedy="check the numbers of the record to be written",
            ) from problem

    def u8(self, value: int) -> None:
        """One unsigned byte."""
        self.number("u8", value)

    def u32(self, value: int) -> None:
        """One unsigned integer of four bytes."""
        self.number("u32", value)

    def i32(self, value: int) -> None:
        """One signed integer of four bytes."""
        self.number("i32", value)

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self._parts.append(data)

    def string(self, data: bytes) -> None:
        """Bytes behind their u32 length."""
        self.u32(len(data))
        self.raw(data)

    def text(self, text: str) -> None:
        """UTF-8 behind its u32 length.

        Raises:
            CharsetError: It has half of a surrogate pair.
        """
        try:
            self.string(text.encode())
        except UnicodeEncodeError as problem:
            raise CharsetError(
                f"{text[:40]!r} cannot be written as UTF-8",
                remedy="read the text anew with its true encoding",
            ) from problem

    def array(self, kind: str, values: NDArray[Any]) -> None:
        """Numbers of one kind, without a count."""
        code = f"<{kind[0]}{int(kind[1:]) // 8}"
        self.raw(np.ascontiguousarray(values, np.dtype(code)).tobytes())

    def matrix(self, kind: str, values: NDArray[Any]) -> None:
        """``(rows, columns)`` numbers with their dimensions and the filler."""
        rows, columns = values.shape
        self.u32(rows)
        self.u32(columns)
        self.number(kind, 0)
        self.array(kind, values)

    def done(self) -> bytes:
        """Everything written."""
        return b"".join(self._parts)
