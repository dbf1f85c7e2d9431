"""The ``lstm`` component: a network and what its training left beside it.

Layout::

    node    the network
    text    unicharset             only if the model file has no component of that name
    string  VGSL spec              as given at creation; of an appended network, both
    i32     training flags         1 int8 weights, 64 labels go through a recoder
    i32     training iterations
    i32     sample iterations      seeds the noise at the borders of an image
    i32     null                   label of CTC's blank
    f32     Adam's beta, learning rate, momentum
    bytes   recoder                only with the unicharset, and with flag 64

Source: tesseract 5.x ``src/lstm/lstmrecognizer.cpp``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from uncial.formats.tesseract.cursor import MAX_SIDE, Cursor, Sink
from uncial.formats.tesseract.nodes import Node, read_node, write_node

INT_MODE = 1
COMPRESSED = 64
_MAX_COUNT_LINE = 20  # bytes of the line that states the size of a unicharset
_MAX_LINE = 1000  # bytes of one entry of a unicharset; Tesseract reads 255
_LEAST_CODE = 5  # bytes of a recoder's shortest entry


@dataclass(frozen=True, kw_only=True, eq=False)
class LSTMRecord:
    """A recognizer as stored, without its dictionaries.

    ``unpack(data, name).pack() == data`` holds for every file Tesseract writes.

    Attributes:
        network: The root node, a Series.
        spec: VGSL text.
        training_flags: Bits of `INT_MODE` and `COMPRESSED`.
        training_iteration: Lines trained on.
        sample_iteration: Lines seen, unusable ones included.
        null_char: Label of CTC's blank.
        adam_beta: Adam's second decay.
        learning_rate: The base rate.
        momentum: Adam's first decay, or plain momentum.
        unicharset: Text of an embedded unicharset, else None.
        recoder: Bytes of an embedded recoder, else None.
    """

    network: Node
    spec: str
    training_flags: int = COMPRESSED
    training_iteration: int = 0
    sample_iteration: int = 0
    null_char: int
    adam_beta: float = 0.999
    learning_rate: float = 0.001
    momentum: float = 0.5
    unicharset: bytes | None = None
    recoder: bytes | None = None

    @classmethod
    def unpack(
        cls, data: bytes, name: str = "lstm", *, embedded: bool = False, swapped: bool = False
    ) -> LSTMRecord:
        """Read a component's bytes.

        Args:
            data: The whole component.
            name: What it is, for messages: ``"eng.traineddata: lstm"``.
            embedded: Unicharset and recoder are inside: the model file around it lacks a
                component for them.
            swapped: Multi-byte fields are big-endian.

        Raises:
            FormatError: Cut short, or fields contradict each other.
        """
        cursor = Cursor(data, name, swapped=swapped)
        record = read_record(cursor, embedded=embedded)
        cursor.end()
        return record

    def pack(self) -> bytes:
        """The bytes of the component, little-endian."""
        sink = Sink()
        write_record(sink, self)
        return sink.done()

    @property
    def is_integer(self) -> bool:
        """Weights are int8."""
        return bool(self.training_flags & INT_MODE)


def read_record(cursor: Cursor, *, embedded: bool = False) -> LSTMRecord:
    """The recognizer at the cursor; a checkpoint goes on behind it.

    Raises:
        FormatError: Cut short, or fields contradict each other.
    """
    at = cursor.at
    network = read_node(cursor)
    if not 0 < network.no <= MAX_SIDE:
        raise cursor.error(f"a network of {network.no} outputs", at)
    unicharset = _read_unicharset(cursor) if embedded else None
    spec = cursor.text("a network spec")
    flags, iteration, samples, null_char = (cursor.i32() for _ in range(4))
    at = cursor.at
    beta, rate, momentum = (cursor.real("f32") for _ in range(3))
    if not math.isfinite(beta + rate + momentum):
        raise cursor.error(f"optimizer settings {beta}, {rate}, {momentum}", at)
    return LSTMRecord(
        network=network,
        spec=spec,
        training_flags=flags,
        training_iteration=iteration,
        sample_iteration=samples,
        null_char=null_char,
        adam_beta=beta,
        learning_rate=rate,
        momentum=momentum,
        unicharset=unicharset,
        recoder=_read_recoder(cursor) if embedded and flags & COMPRESSED else None,
    )


def write_record(sink: Sink, record: LSTMRecord) -> None:
    """Write what `read_record` reads."""
    write_node(sink, record.network)
    if record.unicharset is not None:
        sink.raw(record.unicharset)
    sink.text(record.spec)
    for count in (record.training_flags, record.training_iteration, record.sample_iteration):
        sink.i32(count)
    sink.i32(record.null_char)
    for value in (record.adam_beta, record.learning_rate, record.momentum):
        sink.number("f32", value)
    if record.recoder is not None:
        sink.raw(record.recoder)


def _read_unicharset(cursor: Cursor) -> bytes:
    """As many lines as the first one says, undecoded."""
    at = cursor.at
    first = cursor.line(_MAX_COUNT_LINE).strip()
    if not first.isdigit():
        raise cursor.error(f"{first!r} where a unicharset states its size", at)
    for _ in range(int(first)):
        cursor.line(_MAX_LINE)
    return cursor.since(at)


def _read_recoder(cursor: Cursor) -> bytes:
    """A count, then entries of a byte, a length and as many labels, undecoded."""
    at = cursor.at
    for _ in range(cursor.count(_LEAST_CODE)):
        cursor.u8()
        cursor.take(4 * cursor.count(4))
    return cursor.since(at)
