from __future__ import annotations

from dataclasses import replace

import pytest
from lstm_networks import bare_record, small_record

from uncial.errors import ConfigError
from uncial.formats.tesseract.matrices import WeightMatrix, real_matrix
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import Node
from uncial.formats.tesseract.optimizer import publishable, resumable


def test_optimizer_state_is_kept_when_training_resumes() -> None:
    trained = bare_record(1)
    (before,) = trained.network.children[1].matrices
    assert before.updates is not None
    before.updates[:] = 3
    (after,) = resumable(trained).network.children[1].matrices
    assert after.updates is not None
    assert after.updates.all()


def test_publishing_drops_optimizer_state() -> None:
    record = publishable(bare_record(1))
    (matrix,) = record.network.children[1].matrices
    assert (matrix.updates, matrix.squares) == (None, None)
    assert {node.state for node in record.network.walk()} == {2}


def test_every_layer_type_can_be_published_and_resumed() -> None:
    record = small_record(1)
    published = LSTMRecord.unpack(publishable(record).pack())
    resumed = LSTMRecord.unpack(resumable(published).pack())
    assert len(published.pack()) < len(resumed.pack()) == len(record.pack())


@pytest.mark.parametrize("adam", [False, True])
def test_adam_or_momentum_is_what_the_matrix_says(adam: bool) -> None:
    def real(node: Node, matrix: WeightMatrix) -> WeightMatrix:
        return real_matrix(matrix.values, adam=adam)

    record = bare_record()
    record = replace(record, network=record.network.with_matrices(real))
    (matrix,) = resumable(record).network.children[1].matrices
    assert matrix.updates is not None
    assert (matrix.squares is not None) == adam


def test_integer_weights_cannot_be_resumed() -> None:
    with pytest.raises(ConfigError, match="int8"):
        resumable(small_record(0))
