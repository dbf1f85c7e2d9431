"""Damage of the kinds that files suffer or are given: bits, lengths, numbers, cuts, splices.

The same seed and the same seeds give the same inputs, on every machine.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

MAX_SIZE = 1 << 18  # bytes of an input
_MOST = 6  # changes to one input
_NUMBERS = (
    *(0, 1, 2, 3, 7, 8, 9, 16, 24, 60, 64, 100, 127, 128, 255, 256, 999, 1000, 1001, 4096),
    *(32767, 32768, 65535, 65536, 10**6, 10**7, 2**24, 2**30, 2**31 - 1, 2**31, 2**32 - 1),
    *(2**32, 2**40, 2**53, 2**63 - 1, 2**63, 2**64 - 1),
)
_TEXTS = (
    *(
        b"\0",
        b"\n",
        b"\r\n",
        b"\t",
        b" ",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xc3",
        b"\xed\xa0\x80",
    ),
    *(
        b"nan",
        b"inf",
        b"-1",
        b"1e999",
        b"NULL",
        b"../",
        b"|Broken|0|1",
        b"\xcc\x81",
        b"\xe2\x80\x8d",
    ),
)
_DIGITS = re.compile(rb"\d+")


class Mutator:
    """Makes inputs of seeds, and keeps those that led somewhere new.

    Args:
        seeds: Sound inputs.
        tokens: Words of the format.
        seed: Of the generator of random numbers.
    """

    def __init__(self, seeds: Sequence[bytes], tokens: Sequence[bytes], seed: int) -> None:
        self.sound = [data[:MAX_SIZE] for data in seeds]
        self.found: list[bytes] = []
        self.tokens = [*tokens, *_TEXTS]
        self.random = random.Random(seed)

    def make(self) -> bytes:
        """One damaged input."""
        draw = self.random
        pool = self.found if self.found and draw.random() < 0.4 else self.sound
        data = bytearray(draw.choice(pool))
        for _ in range(1 + int(draw.random() ** 3 * _MOST)):
            data = draw.choice(_CHANGES)(self, data)
        return bytes(data[:MAX_SIZE])

    def keep(self, data: bytes) -> None:
        """Remember an input, to damage it further."""
        if len(self.found) < 500:
            self.found.append(data)
        else:
            self.found[self.random.randrange(500)] = data

    def _place(self, data: bytearray) -> int:
        """Somewhere; headers are met as often as what is behind them."""
        size = len(data)
        if size < 2:
            return 0
        if self.random.random() < 0.5:
            return self.random.randrange(size)
        return min(size - 1, int(size ** self.random.random()) - 1)

    def _flip(self, data: bytearray) -> bytearray:
        if data:
            data[self._place(data)] ^= 1 << self.random.randrange(8)
        return data

    def _byte(self, data: bytearray) -> bytearray:
        if data:
            data[self._place(data)] = self.random.randrange(256)
        return data

    def _cut(self, data: bytearray) -> bytearray:
        return data[: self._place(data)]

    def _drop(self, data: bytearray) -> bytearray:
        at = self._place(data)
        del data[at : at + 1 + int(len(data) ** self.random.random())]
        return data

    def _repeat(self, data: bytearray) -> bytearray:
        at = self._place(data)
        part = data[at : at + 1 + int(len(data) ** self.random.random())]
        many = self.random.choice((1, 1, 2, 30)) if len(part) < 4096 else 1
        data[at:at] = part * many
        return data

    def _number(self, data: bytearray) -> bytearray:
        """A length field, or what may be one."""
        size = self.random.choice((1, 2, 4, 4, 4, 8))
        at = self._place(data)
        near = (len(data), len(data) - at, len(data) // 4, len(data) // 8)
        value = self.random.choice((*_NUMBERS, *near)) + self.random.choice((0, 0, 0, 1, -1))
        order = self.random.choice(("little", "little", "big"))
        data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, order)
        return data

    def _decimal(self, data: bytearray) -> bytearray:
        """A number written in digits."""
        found = list(_DIGITS.finditer(data, 0, 1 << 14))
        if found:
            start, stop = self.random.choice(found).span()
            data[start:stop] = str(self.random.choice(_NUMBERS)).encode()
        return data

    def _word(self, data: bytearray) -> bytearray:
        at, word = self._place(data), self.random.choice(self.tokens)
        data[at : at + self.random.choice((0, len(word)))] = word
        return data

    def _splice(self, data: bytearray) -> bytearray:
        other = self.random.choice(self.sound)
        start = self.random.randrange(len(other) + 1)
        part = other[start : start + int(len(other) ** self.random.random())]
        at = self._place(data)
        data[at : at + self.random.choice((0, len(part)))] = part
        return data

    def _lines(self, data: bytearray) -> bytearray:
        """Two lines of a text exchanged, or one twice."""
        lines = bytes(data[: 1 << 15]).split(b"\n")
        here, there = (self.random.randrange(len(lines)) for _ in range(2))
        lines[here], lines[there] = (
            lines[there],
            lines[here if self.random.random() < 0.5 else there],
        )
        return bytearray(b"\n".join(lines)) + data[1 << 15 :]


_CHANGES = (
    *(Mutator._flip, Mutator._byte, Mutator._cut, Mutator._drop, Mutator._repeat),
    *(Mutator._number, Mutator._number, Mutator._decimal, Mutator._word, Mutator._splice),
    Mutator._lines,
)
