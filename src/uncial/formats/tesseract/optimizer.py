"""Optimizer state of a recognizer: added to train on, dropped to publish.

A node in training state 1 is followed by the optimizer's matrices; every release of
``lstmtraining`` publishes nodes in state 2, without them.

Source: tesseract 5.x ``src/lstm/network.cpp`` (``SetEnableTraining``), ``weightmatrix.cpp``
(``InitBackward``).
"""

from __future__ import annotations

from dataclasses import replace

from uncial.errors import ConfigError
from uncial.formats.tesseract.matrices import ADAM, WeightMatrix, real_matrix
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import PAUSED, TRAINS, Node


def publishable(record: LSTMRecord) -> LSTMRecord:
    """Without optimizer state, as ``lstmtraining --stop_training`` writes it."""

    def plain(node: Node, matrix: WeightMatrix) -> WeightMatrix:
        return replace(matrix, updates=None, squares=None)

    return replace(record, network=_in_state(record.network.with_matrices(plain), PAUSED))


def resumable(record: LSTMRecord) -> LSTMRecord:
    """With optimizer state for every matrix, zero where there was none.

    Whether a matrix goes on with Adam or with plain momentum is what its mode says.

    Raises:
        ConfigError: The weights are int8.
    """

    def training(node: Node, matrix: WeightMatrix) -> WeightMatrix:
        if matrix.is_integer:
            raise ConfigError(
                f"layer {node.name!r} has int8 weights, which cannot be trained",
                remedy="take the model's float version, called best",
            )
        if matrix.updates is not None:
            return matrix
        return real_matrix(matrix.values, adam=bool(matrix.mode & ADAM), trains=True)

    return replace(record, network=_in_state(record.network.with_matrices(training), TRAINS))


def _in_state(node: Node, state: int) -> Node:
    children = tuple(_in_state(child, state) for child in node.children)
    return replace(node, state=state, children=children)
