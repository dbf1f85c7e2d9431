"""Tesseract's ``.traineddata``: one file that holds a model's named components.

Layout, little-endian (big-endian where the number of slots would be above 1000)::

    u32      n          number of slots; Tesseract 4 and 5 write 24, older versions fewer
    i64[n]   offsets    from the start of the file; -1 marks an absent component
    bytes    payloads   in slot order, unpadded, without lengths or checksums

Tesseract reads the payloads one after another without seeking, so they must begin right after
the table and follow each other; a payload ends where the next one begins.

Source: tesseract 5.x ``src/ccutil/tessdatamanager.{h,cpp}``.
"""

from __future__ import annotations

import difflib
import struct
from dataclasses import dataclass, field, replace

from uncial.errors import ConfigError, FormatError
from uncial.formats.tesseract.cursor import Cursor

SLOTS = (
    "config",
    "unicharset",
    "unicharambigs",
    "inttemp",
    "pffmtable",
    "normproto",
    "punc-dawg",
    "word-dawg",
    "number-dawg",
    "freq-dawg",
    "fixed-length-dawgs",
    "cube-unicharset",
    "cube-word-dawg",
    "shapetable",
    "bigram-dawg",
    "unambig-dawg",
    "params-model",
    "lstm",
    "lstm-punc-dawg",
    "lstm-word-dawg",
    "lstm-number-dawg",
    "lstm-unicharset",
    "lstm-recoder",
    "version",
)
"""Names of the components by slot, the suffixes that ``combine_tessdata`` uses."""
MAX_SLOTS = 1000
"""Above this number of slots the file is of the other byte order."""
_OTHER = "slot-"
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive, which only some builds of Tesseract read; unpack it and "
    "join the parts with `combine_tessdata`",
    b"\x1f\x8b": "compressed with gzip; unpack it with `gunzip`",
}


@dataclass(frozen=True, kw_only=True)
class TrainedData:
    """The components of one model, opaque and in slot order.

    Attributes:
        components: Payload by name, such as ``"lstm-unicharset"``; a slot that Tesseract has
            no name for is ``"slot-24"``. Empty payloads are dropped: the format has none.
        slots: How many slots the offset table has at least.
        swapped: All numbers, also those inside the components, are big-endian.

    Invariant:
        ``unpack(data).pack() == data`` for every file without empty components.

    Raises:
        ConfigError: A component has a name that is no slot's.
    """

    components: dict[str, bytes] = field(default_factory=dict)
    slots: int = len(SLOTS)
    swapped: bool = False

    def __post_init__(self) -> None:
        ordered = sorted(self.components.items(), key=lambda item: _slot(item[0]))
        kept = {name: bytes(data) for name, data in ordered if data}
        object.__setattr__(self, "components", kept)

    @classmethod
    def unpack(cls, data: bytes, name: str = "traineddata") -> TrainedData:
        """Read a file's bytes.

        Args:
            data: The whole file.
            name: What it is, for messages.

        Raises:
            FormatError: The table of offsets is cut short, unsorted or out of bounds.
        """
        _refuse_archives(data, name)
        cursor = Cursor(data, name)
        slots = cursor.u32()
        swapped = slots > MAX_SLOTS
        if swapped:
            cursor = Cursor(data, name, swapped=True)
            slots = cursor.u32()
        if slots > MAX_SLOTS:
            raise cursor.error(f"{slots} slots, {MAX_SLOTS} at most", 0)
        offsets = [int(offset) for offset in cursor.array("i64", slots)]
        components = {}
        for slot, stop in _stops(cursor, offsets, len(data)):
            components[_name(slot)] = bytes(cursor.take(stop - cursor.at))
        if not components and cursor.left:
            raise cursor.error("no components, but bytes behind the table")
        return cls(components=components, slots=slots, swapped=swapped)

    def pack(self) -> bytes:
        """The bytes of the file, in the byte order it was read in."""
        slots = max([self.slots, *(_slot(name) + 1 for name in self.components)])
        offsets = [-1] * slots
        at = 4 + 8 * slots
        for name, data in self.components.items():
            offsets[_slot(name)] = at
            at += len(data)
        table = struct.pack(f"{'>' if self.swapped else '<'}I{slots}q", slots, *offsets)
        return table + b"".join(self.components.values())

    def replaced(self, name: str, data: bytes) -> TrainedData:
        """The same model with one component put in, exchanged, or (empty) taken out.

        Raises:
            ConfigError: There is no slot of that name.
        """
        slots = max(self.slots, len(SLOTS) if _slot(name) >= self.slots else 0)
        return replace(self, components=self.components | {name: data}, slots=slots)

    def component(self, name: str, *, of: str = "traineddata") -> bytes:
        """One component that must be there.

        Args:
            name: Such as ``"lstm"``.
            of: The file, for messages.

        Raises:
            FormatError: It is absent.
        """
        if name not in self.components:
            has = ", ".join(self.components) or "nothing"
            raise FormatError(
                f"{of}: no component {name!r}; it holds {has}",
                remedy="give a model for Tesseract's LSTM engine (version 4 or 5)",
            )
        return self.components[name]

    @property
    def version(self) -> str:
        """The text of the version component, ``"Pre-4.0.0"`` where there is none."""
        return self.components.get("version", b"Pre-4.0.0").decode("utf-8", errors="replace")


def _refuse_archives(data: bytes, name: str) -> None:
    for magic, kind in _ARCHIVES.items():
        if data.startswith(magic):
            what, remedy = kind.split("; ", 1)
            raise FormatError(f"{name}: {what}", offset=0, remedy=remedy)


def _stops(cursor: Cursor, offsets: list[int], size: int) -> list[tuple[int, int]]:
    """Slot and end of every present component, checked to lie one behind the other."""
    present = [(slot, at) for slot, at in enumerate(offsets) if at != -1]
    ends = [*(at for _, at in present[1:]), size][: len(present)]
    stops = [(slot, stop) for (slot, _), stop in zip(present, ends, strict=True)]
    expected = cursor.at
    for (slot, start), (_, stop) in zip(present, stops, strict=True):
        if start != expected or not start <= stop <= size:
            raise cursor.error(
                f"component {_name(slot)!r} spans {start} to {stop}, expected from {expected} "
                f"to at most {size}",
                4 + 8 * slot,
            )
        expected = stop
    return stops


def _name(slot: int) -> str:
    return SLOTS[slot] if slot < len(SLOTS) else f"{_OTHER}{slot}"


def _slot(name: str) -> int:
    """The slot of a name."""
    if name in SLOTS:
        return SLOTS.index(name)
    number = name.removeprefix(_OTHER)
    if name != number and number.isascii() and number.isdigit() and len(number) < 5:
        slot = int(number)
        if len(SLOTS) <= slot < MAX_SLOTS and _name(slot) == name:
            return slot
    near = difflib.get_close_matches(name, SLOTS, 1)
    raise ConfigError(
        f"no component of a traineddata file is called {name!r}",
        remedy=f"write {near[0]!r}" if near else f"choose one of {', '.join(SLOTS)}",
    )
