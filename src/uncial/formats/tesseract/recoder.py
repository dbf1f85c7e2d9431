"""Tesseract's recoder: every unit of a unicharset as one to nine outputs of the network.

Layout, little-endian::

    u32      entries    one for each unit; one more for the null without special units
    per entry:
      i8     marker     1
      i32    length     1 to 9
      i32[]  code       numbers of outputs

Codes are built (`uncial.formats.tesseract.recoding`) or, passed through, the ids themselves.
The first unit, the space, has the code 0.

Source: tesseract 5.x ``src/ccutil/unicharcompress.{h,cpp}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Self

from uncial.errors import CharsetError
from uncial.formats.tesseract.cursor import MAX_SIDE, Cursor, Sink
from uncial.formats.tesseract.recoding import MAX_CODE, Code, build_codes
from uncial.formats.tesseract.unichar import SPECIALS
from uncial.formats.tesseract.unicharset import INVALID, Unicharset

NULL = "<nul>"
"""The null character in a text dump."""


@dataclass(frozen=True, kw_only=True)
class Recoder:
    """Codes by unit, and what decoding needs to know of them.

    Attributes:
        codes: The code of each unit, in the order of ids.
        null_id: The entry of the null character.
        markers: The marker byte of each entry; empty where all are 1.

    Raises:
        CharsetError: A code is empty, too long or out of bounds, or that of the space is
            not 0.
    """

    codes: tuple[Code, ...]
    null_id: int
    markers: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        for at, code in enumerate(self.codes):
            problem = _flaw(at, code)
            if problem:
                raise CharsetError(
                    f"recoder entry {at}, {list(code)[:10]}, {problem}",
                    remedy="build the recoder again from its unicharset",
                )
        if not 0 <= self.null_id < len(self.codes):
            raise CharsetError(
                f"the null character is entry {self.null_id} of {len(self.codes)}",
                remedy="give the recoder that belongs to the unicharset",
            )

    @classmethod
    def unpack(
        cls,
        data: bytes,
        name: str = "lstm-recoder",
        *,
        special_codes: bool = True,
        swapped: bool = False,
    ) -> Self:
        """Read a component's bytes.

        Args:
            data: The whole component.
            name: What it is, for messages.
            special_codes: Whether the unicharset has the special units
                (`Unicharset.has_special_codes`): the null is then entry 2, else the last.
            swapped: Numbers are big-endian.

        Raises:
            FormatError: It is cut short, or a code is empty, too long or out of bounds.
        """
        cursor = Cursor(data, name, swapped=swapped)
        recoder = cls.read(cursor, special_codes=special_codes)
        cursor.end()
        return recoder

    @classmethod
    def read(cls, cursor: Cursor, *, special_codes: bool = True) -> Self:
        """Read a recoder that stands within another record; see `unpack`."""
        start = cursor.at
        codes = []
        markers = bytearray()
        for at in range(cursor.count(9)):
            markers.append(cursor.u8())
            place = cursor.at
            length = cursor.i32()
            if not 1 <= length <= MAX_CODE:
                raise cursor.error(f"entry {at} has {length} codes, not 1 to {MAX_CODE}", place)
            code = tuple(cursor.i32() for _ in range(length))
            problem = _flaw(at, code)
            if problem:
                raise cursor.error(f"entry {at}, {list(code)}, {problem}", place + 4)
            codes.append(code)
        null_id = 2 if special_codes else len(codes) - 1
        if not 0 <= null_id < len(codes):
            raise cursor.error(f"{len(codes)} entries, none for the null character", start)
        plain = markers.count(1) == len(markers)
        return cls(codes=tuple(codes), null_id=null_id, markers=b"" if plain else bytes(markers))

    def pack(self) -> bytes:
        """The bytes of the component, little-endian."""
        sink = Sink()
        sink.u32(len(self.codes))
        for at, code in enumerate(self.codes):
            sink.u8(self.markers[at] if at < len(self.markers) else 1)
            sink.i32(len(code))
            for number in code:
                sink.i32(number)
        return sink.done()

    @classmethod
    def pass_through(cls, unicharset: Unicharset) -> Self:
        """The recoder whose codes are the ids."""
        entries = len(unicharset) + (not unicharset.has_special_codes)
        return cls(codes=tuple((at,) for at in range(entries)), null_id=unicharset.null_id)

    @classmethod
    def build(
        cls, unicharset: Unicharset, radicals: Mapping[int, Code] = MappingProxyType({})
    ) -> Self:
        """The recoder Tesseract makes for a unicharset.

        Args:
            unicharset: The units.
            radicals: Codes of Han characters (`uncial.formats.tesseract.radicals`).

        Raises:
            CharsetError: A unit is too long to encode, or more single code points are in use
                than there are units.
        """
        return cls(codes=build_codes(unicharset, radicals), null_id=unicharset.null_id)

    @property
    def null_char(self) -> int:
        """The output that stands for no unit, CTC's blank."""
        return self.codes[self.null_id][0]

    @cached_property
    def code_range(self) -> int:
        """Outputs of the network."""
        return 1 + max(max(code) for code in self.codes)

    def encode(self, at: int) -> Code:
        """The code of a unit."""
        return self.codes[at]

    def decode(self, code: Code) -> int:
        """The unit of a code, the last one where several share it; -1 where none has it."""
        return self.units.get(code, INVALID)

    @cached_property
    def units(self) -> dict[Code, int]:
        """The unit by code."""
        return {code: at for at, code in enumerate(self.codes)}

    @cached_property
    def starts(self) -> frozenset[int]:
        """Outputs that a code begins with."""
        return frozenset(code[0] for code in self.codes)

    @property
    def final(self) -> dict[Code, tuple[int, ...]]:
        """Outputs that end a code, by what stands before them, in the order of units."""
        return self._tables[0]

    @property
    def next(self) -> dict[Code, tuple[int, ...]]:
        """Outputs that go on with a code without ending it, by what stands before them."""
        return self._tables[1]

    def dump(self, unicharset: Unicharset) -> str:
        """A readable table, as ``combine_lang_model`` writes it beside the model."""
        special = unicharset.has_special_codes
        lines = []
        for at, code in enumerate(self.codes):
            if 0 < at < len(SPECIALS) and code == self.codes[at - 1]:
                continue
            null = at >= len(unicharset) or (special and 0 < at < len(SPECIALS))
            text = NULL if null else unicharset.entries[at].text
            lines.append(f"{','.join(map(str, code))}\t{text}\n")
        return "".join(lines)

    @cached_property
    def _tables(self) -> tuple[dict[Code, tuple[int, ...]], dict[Code, tuple[int, ...]]]:
        final: dict[Code, dict[int, None]] = {}
        following: dict[Code, dict[int, None]] = {}
        for code in self.codes:
            known = code[:-1] in final
            final.setdefault(code[:-1], {})[code[-1]] = None
            for length in range(0 if known else len(code) - 1, 0, -1):
                prefix, number = code[: length - 1], code[length - 1]
                seen = prefix in following
                following.setdefault(prefix, {})[number] = None
                if seen:
                    break
        return _frozen(final), _frozen(following)


def _frozen(table: dict[Code, dict[int, None]]) -> dict[Code, tuple[int, ...]]:
    return {prefix: tuple(numbers) for prefix, numbers in table.items()}


def _flaw(at: int, code: Code) -> str:
    """What is wrong with a code; nothing: an empty string."""
    if not 1 <= len(code) <= MAX_CODE:
        return f"has {len(code)} codes, not 1 to {MAX_CODE}"
    if not 0 <= min(code) <= max(code) <= MAX_SIDE:
        return f"has codes outside of 0 to {MAX_SIDE}"
    return "must be 0, for the first unit is the space" if at == 0 and code[0] != 0 else ""
