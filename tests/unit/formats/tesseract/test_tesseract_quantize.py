from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lstm_networks import bare_record, connected, plumbing, small_record

from uncial.errors import ConfigError
from uncial.formats.tesseract.matrices import real_matrix
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.quantize import AVX2_ROWS, quantized

WEIGHTS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(2, 6)),
    elements=st.floats(-1024, 1024, width=32),
)


def record_of(values: np.ndarray) -> LSTMRecord:
    rows, columns = values.shape
    layer = replace(connected("Tanh", columns - 1, rows), matrices=(real_matrix(values),))
    return replace(bare_record(), network=plumbing("Series", layer))


@given(WEIGHTS)
def test_weights_stay_within_half_a_step(values: np.ndarray) -> None:
    (matrix,) = quantized(record_of(values)).network.children[0].matrices
    assert matrix.scales is not None
    assert np.abs(matrix.values).max() <= 127
    steps = matrix.scales[:, None]
    assert (np.abs(matrix.weights() - values) <= 0.5001 * steps + 1e-30).all()


def test_halves_are_rounded_away_from_zero() -> None:
    (matrix,) = (
        quantized(record_of(np.array([[127, 0.5, -0.5, 1.5, 0.49], [0, 0, 0, 0, 0]])))
        .network.children[0]
        .matrices
    )
    assert matrix.values.tolist() == [[127, 1, -1, 2, 0], [0] * 5]
    assert matrix.scales is not None
    np.testing.assert_allclose(matrix.scales, [1, 1], rtol=1e-6)


def test_scales_are_padded() -> None:
    record = quantized(record_of(np.ones((9, 3))), padding=AVX2_ROWS)
    (matrix,) = record.network.children[0].matrices
    assert matrix.scales is not None
    assert len(matrix.scales) == 16
    assert not matrix.scales[9:].any()
    assert LSTMRecord.unpack(record.pack()).pack() == record.pack()


@pytest.mark.parametrize("state", [0, 1, 2])
def test_every_layer_type(state: int) -> None:
    record = quantized(small_record(state))
    assert record.is_integer
    assert all(m.is_integer for node in record.network.walk() for m in node.matrices)
    assert all(m.updates is None for node in record.network.walk() for m in node.matrices)
    assert LSTMRecord.unpack(record.pack()).pack() == record.pack()
    assert quantized(record) is record


def test_diverged_weights_are_refused() -> None:
    with pytest.raises(ConfigError, match="layer 'Tanh' has weights that are not finite"):
        quantized(record_of(np.array([[1.0, np.nan]])))
