from __future__ import annotations

import contextlib
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lstm_networks import bare_record, connected, every_type, plumbing, small_record

from uncial.errors import ConfigError, FormatError
from uncial.formats.tesseract.cursor import Cursor, Sink
from uncial.formats.tesseract.matrices import WeightMatrix, read_matrix, write_matrix
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import TYPES, Node


@pytest.mark.parametrize("state", [0, 1, 2])
def test_every_layer_type_survives(state: int) -> None:
    record = small_record(state)
    again = LSTMRecord.unpack(record.pack())
    assert again.pack() == record.pack()
    assert {node.type for node in again.network.walk()} == set(TYPES[1:])
    for one, other in zip(record.network.walk(), again.network.walk(), strict=True):
        assert (one.type, one.name, one.settings) == (other.type, other.name, other.settings)
        for here, there in zip(one.matrices, other.matrices, strict=True):
            np.testing.assert_array_equal(here.values, there.values)
            assert (here.updates is None) == (there.updates is None)


def test_optimizer_state_only_while_training() -> None:
    trained = LSTMRecord.unpack(bare_record(1).pack()).network.children[1].matrices[0]
    paused = LSTMRecord.unpack(bare_record(2).pack()).network.children[1].matrices[0]
    assert trained.updates is not None
    assert trained.squares is not None
    assert paused.updates is None


def test_settings_by_name() -> None:
    nodes = {node.type: node for node in every_type().walk()}
    assert nodes["Input"].setting("height") == 8
    assert (nodes["Convolve"].setting("half_x"), nodes["Convolve"].setting("half_y")) == (1, 2)
    assert nodes["SummLSTM"].setting("sources") == 7
    assert nodes["LSTMBinarySoftmax"].feedback == 3
    with pytest.raises(ConfigError, match="has no 'height'"):
        nodes["Tanh"].setting("height")


def test_matrices_can_be_replaced_throughout() -> None:
    record = small_record()

    def zeroed(node: Node, matrix: WeightMatrix) -> WeightMatrix:
        return replace(matrix, values=np.zeros_like(matrix.values))

    changed = record.network.with_matrices(zeroed)
    assert not any(m.values.any() for node in changed.walk() for m in node.matrices)
    assert any(m.values.any() for node in record.network.walk() for m in node.matrices)


def test_real_weights_of_integers() -> None:
    node = connected("Tanh", 3, 2, integer=True)
    (matrix,) = node.matrices
    assert matrix.scales is not None
    np.testing.assert_allclose(
        matrix.weights(), matrix.values * matrix.scales[:2, None], rtol=1e-15
    )
    assert (matrix.outputs, matrix.inputs) == (2, 3)


@pytest.mark.parametrize("trains", [False, True])
@pytest.mark.parametrize("mode", [0, 1, 4, 5])
def test_matrices_older_than_version_4(mode: int, trains: bool) -> None:
    values = np.arange(6).reshape(2, 3).astype(np.int8 if mode & 1 else np.float32)
    extra = values.astype(np.float32) if trains else None
    old = WeightMatrix(
        mode=mode,
        values=values,
        scales=np.array([0.5, 0.25], np.float32) if mode & 1 else None,
        updates=extra,
        squares=extra,
    )
    sink = Sink()
    write_matrix(sink, old)
    cursor = Cursor(sink.done(), "matrix")
    again = read_matrix(cursor, trains=trains)
    cursor.end()
    np.testing.assert_array_equal(again.values, values)
    assert (again.squares is not None) == trains


def test_types_by_number() -> None:
    record = bare_record()
    numbered = replace(record, network=replace(record.network, by_number=True))
    data = numbered.pack()
    assert data[0] == TYPES.index("Series")
    assert LSTMRecord.unpack(data).network.by_number
    assert LSTMRecord.unpack(data).pack() == data


def test_other_byte_order() -> None:
    def text(value: bytes) -> bytes:
        return struct.pack(">I", len(value)) + value

    def head(kind: bytes, ni: int, no: int) -> bytes:
        return b"\0" + text(kind) + struct.pack(">bb4i", 0, 0, 0, ni, no, 0) + text(b"n")

    weights = struct.pack(">BIId4d", 128, 2, 2, 0, 1.5, -2, 0.25, 4)
    tree = head(b"Series", 1, 2) + struct.pack(">I", 1) + head(b"Softmax", 1, 2) + weights
    data = tree + text(b"spec") + struct.pack(">4i3f", 64, 1, 2, 3, 0.5, 0.25, 0.125)
    record = LSTMRecord.unpack(data, swapped=True)
    (matrix,) = record.network.children[0].matrices
    assert matrix.values.tolist() == [[1.5, -2], [0.25, 4]]
    assert (record.null_char, record.momentum) == (3, 0.125)
    assert LSTMRecord.unpack(record.pack()).pack() == record.pack()
    with pytest.raises(FormatError):
        LSTMRecord.unpack(data)


def test_embedded_charset() -> None:
    recoder = struct.pack("<IBiiBiii", 2, 1, 1, 0, 1, 2, 1, 2)
    record = replace(bare_record(), unicharset=b"2\nNULL 0 NULL 0\na 3 x\n", recoder=recoder)
    data = record.pack()
    again = LSTMRecord.unpack(data, embedded=True)
    assert (again.unicharset, again.recoder) == (record.unicharset, recoder)
    assert again.pack() == data
    with pytest.raises(FormatError):
        LSTMRecord.unpack(data)


def test_embedded_charset_must_state_its_size() -> None:
    data = replace(bare_record(), unicharset=b"many\n").pack()
    with pytest.raises(FormatError, match="where a unicharset states its size"):
        LSTMRecord.unpack(data, embedded=True)


def test_deep_nesting_is_refused() -> None:
    node = connected("Tanh", 1, 1)
    for _ in range(100):
        node = plumbing("Series", node)
    with pytest.raises(FormatError, match="nested more than"):
        LSTMRecord.unpack(replace(bare_record(), network=node).pack())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Node(type="Convolve", name="C", ni=1, no=8, settings=(1, 1)), "makes 8 outputs"),
        (Node(type="Maxpool", name="M", ni=1, no=1, settings=(0, 1)), "with 0 by 1"),
        (Node(type="Reconfig", name="R", ni=2, no=2, settings=(1, 2)), "makes 2 outputs"),
        (replace(connected("Tanh", 2, 2), ni=3), "weights 2 by 3 instead of 2 by 4"),
        (plumbing("RTLReversed", *[connected("Tanh", 1, 1)] * 2), "with 2 children"),
        (replace(plumbing("Series", connected("Tanh", 1, 1)), children=()), "with 0 children"),
    ],
)
def test_contradictions_are_named(wrong: Node, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        LSTMRecord.unpack(replace(bare_record(), network=plumbing("Series", wrong)).pack())


def test_lstm_sizes_must_agree() -> None:
    for node in every_type().walk():
        if node.type in ("LSTM", "LSTMSoftmax"):
            (sources,) = node.settings
            for wrong in (replace(node, settings=(sources + 1,)), replace(node, no=node.no + 1)):
                record = replace(bare_record(), network=plumbing("Series", wrong))
                with pytest.raises(FormatError, match="layer 'LSTM"):
                    LSTMRecord.unpack(record.pack())


def test_unknown_type_and_bad_text() -> None:
    data = bare_record().pack()
    with pytest.raises(FormatError, match="unknown layer type 'Serie5'"):
        LSTMRecord.unpack(data.replace(b"Series", b"Serie5", 1))
    with pytest.raises(FormatError, match="not UTF-8"):
        LSTMRecord.unpack(data.replace(b"[1,8", b"\xff1,8"))


@pytest.mark.parametrize("wrong", [{"ni": -3}, {"no": -1}])
def test_sizes_are_not_negative(wrong: dict[str, int]) -> None:
    record = small_record()
    with pytest.raises(FormatError, match=f"{next(iter(wrong.values()))} "):
        LSTMRecord.unpack(replace(record, network=replace(record.network, **wrong)).pack())


@pytest.mark.parametrize("outputs", [0, 70_000])
def test_outputs_are_bounded(outputs: int) -> None:
    record = small_record()
    with pytest.raises(FormatError, match=f"a network of {outputs} outputs"):
        LSTMRecord.unpack(replace(record, network=replace(record.network, no=outputs)).pack())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_optimizer_settings_must_be_finite(value: float) -> None:
    with pytest.raises(FormatError, match="optimizer settings"):
        LSTMRecord.unpack(replace(bare_record(), momentum=value).pack())


def test_every_truncation_is_refused() -> None:
    data = bare_record(1).pack()
    for end in range(len(data)):
        with pytest.raises(FormatError, match="lstm:"):
            LSTMRecord.unpack(data[:end])
    with pytest.raises(FormatError, match="1 bytes too many"):
        LSTMRecord.unpack(data + b"\0")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_records_parse_or_are_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_SMALL)
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(FormatError):
        assert LSTMRecord.unpack(bytes(data)).pack() == data


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        LSTMRecord.unpack(data)


_SMALL = small_record(1).pack()
