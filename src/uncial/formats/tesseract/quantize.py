"""From real weights to int8 weights, as Tesseract's fast models store them.

Each row gets a scale so that its largest weight, bias included, becomes 127::

    step   = max |w| / 127      (1 for a row of zeros)
    value  = w / step           rounded half away from zero
    scale  = (step / 127) * 127 kept in float32 between the two operations

All of it in float32, the precision of Tesseract's usual builds. Those with vector units also
pad the scales with zeros; Debian's build for AVX2 to a multiple of eight.

Source: tesseract 5.x ``src/lstm/weightmatrix.cpp`` (``ConvertToInt``), ``intsimdmatrix.cpp``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from uncial.errors import ConfigError
from uncial.formats.tesseract.matrices import DOUBLE, INT8, WeightMatrix
from uncial.formats.tesseract.network import INT_MODE, LSTMRecord
from uncial.formats.tesseract.nodes import PAUSED, TRAINS, Node

AVX2_ROWS = 8
"""Rows that Tesseract's AVX2 code treats at once."""
_TOP = np.float32(127)


def quantized(record: LSTMRecord, *, padding: int = 1) -> LSTMRecord:
    """The same recognizer with int8 weights; one that has them already comes back as it is.

    Args:
        record: A trained recognizer.
        padding: Number of scales is a multiple of it; `AVX2_ROWS` gives the very bytes of
            Tesseract on most machines, 1 the shortest file that every build reads.

    Raises:
        ConfigError: A weight is not a finite number.
    """
    if record.is_integer:
        return record

    def smaller(node: Node, matrix: WeightMatrix) -> WeightMatrix:
        return _quantized(node, matrix, padding)

    return replace(
        record,
        network=_idle(record.network.with_matrices(smaller)),
        training_flags=record.training_flags | INT_MODE,
    )


def _quantized(node: Node, matrix: WeightMatrix, padding: int) -> WeightMatrix:
    if matrix.is_integer:
        return matrix
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
        weights = matrix.values.astype(np.float32)
    if not np.isfinite(weights).all():
        raise ConfigError(
            f"layer {node.name!r} has weights that are not finite numbers",
            remedy="take an earlier checkpoint; training diverged",
        )
    steps = np.abs(weights).max(axis=1, initial=0) / _TOP
    steps[steps == 0] = 1
    ratios = weights / steps[:, None]
    rounded = np.copysign(np.floor(np.abs(ratios) + np.float32(0.5)), ratios)
    values = np.clip(rounded, -_TOP, _TOP).astype(np.int8)  # steps near 1e-45 are not exact
    scales = np.zeros(-(-len(steps) // padding) * padding)
    scales[: len(steps)] = steps / _TOP * _TOP
    return WeightMatrix(mode=matrix.mode | INT8 | DOUBLE, values=values, scales=scales)


def _idle(node: Node) -> Node:
    """Without optimizer state; a layer that was training counts as paused, others as off."""
    state = PAUSED if node.state == TRAINS else 0
    return replace(node, state=state, children=tuple(_idle(child) for child in node.children))
