"""Recurrent ops as ONNX nodes, which know the length of every sequence themselves.

In the integer variant an LSTM multiplies in 8 bits: weights by one scale for each gate and unit,
inputs by scales found while it runs (``DynamicQuantizeLSTM`` of onnxruntime).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from uncial.errors import ConfigError
from uncial.export.graph import MICROSOFT, Flow, Graph
from uncial.nn.ops.rnn import AxisGRU, AxisLSTM

Floats = NDArray[np.float32]
_LSTM_GATES = (
    0,
    3,
    1,
    2,
)  # torch has input, forget, cell, output; ONNX input, output, forget, cell
_GRU_GATES = (1, 0, 2)  # torch has reset, update, new; ONNX update, reset, new


def scanned(graph: Graph, op: AxisLSTM | AxisGRU, given: Flow, *, integer: bool) -> Flow:
    """A scan along rows or columns.

    Raises:
        ConfigError: A cell of old ocropy or clstm models.
    """
    cells = [cell for cell in (op.ahead, op.back) if cell is not None]
    if op.ones or not all(isinstance(cell, nn.LSTM | nn.GRU) for cell in cells):
        raise ConfigError(
            "LSTMs of clstm and ocropy models have no counterpart in ONNX",
            remedy="train a model with another recurrence, such as Lbx128",
        )
    flow = graph.turned(graph.in_reals(given), "channels last")
    along_x = op.axis == "x"
    batch, high, wide = (graph.size(flow.data, axis) for axis in range(3))
    order = [2, 0, 1, 3] if along_x else [1, 0, 2, 3]
    steps = graph.add("Transpose", [flow.data], perm=order)
    steps = graph.shaped(steps, wide if along_x else high, -1, flow.channels)
    lengths = _lengths(graph, flow) if along_x else ""
    made = _run(graph, op, cells, steps, lengths, integer=integer)
    # (T, D, B, n), or (D, B, n) of a summary, to (T, N, H or W, D*n)
    made = graph.add("Transpose", [made], perm=[1, 0, 2] if op.summarize else [0, 2, 1, 3])
    first = 1 if op.summarize else -1
    made = graph.shaped(made, first, batch, high if along_x else wide, op.outputs)
    data = graph.add("Transpose", [made], perm=[1, 2, 0, 3] if along_x else [1, 0, 2, 3])
    widths, height = flow.widths, flow.height
    if op.summarize and along_x:
        widths = graph.add("Min", [widths, graph.constant(1)])
    elif op.summarize:
        height = 1
    return replace(
        flow, data=data, widths=widths, channels=op.outputs, height=height, blank=along_x
    )


def _lengths(graph: Graph, flow: Flow) -> str:
    """Name of the length of each row of each line, ``(N*H,)`` int32."""
    widths = graph.add("Cast", [flow.widths], to=6)
    if flow.height == 1:
        return widths
    rows = graph.add("Unsqueeze", [widths, graph.constant([1])])
    shape = graph.add("Concat", [graph.constant([1]), graph.size(flow.data, 1)], axis=0)
    return graph.shaped(graph.add("Expand", [rows, shape]), -1)


def _run(
    graph: Graph,
    op: AxisLSTM | AxisGRU,
    cells: list[nn.Module],
    steps: str,
    lengths: str,
    *,
    integer: bool,
) -> str:
    gates = _LSTM_GATES if isinstance(op, AxisLSTM) else _GRU_GATES
    enter, recur, bias = (
        np.stack(parts) for parts in zip(*(_weights(c, gates) for c in cells), strict=True)
    )
    direction = "forward" if op.back is None else "reverse" if op.ahead is None else "bidirectional"
    how: dict[str, Any] = {"direction": direction, "hidden_size": recur.shape[2]}
    which = {"outputs": 2, "at": 1 if op.summarize else 0}
    if isinstance(op, AxisGRU):
        given = [steps, *map(graph.real, (enter, recur, bias)), lengths]
        return graph.add("GRU", given, **which, **how, linear_before_reset=1)
    if not integer:
        given = [steps, *map(graph.real, (enter, recur, bias)), lengths]
        return graph.add("LSTM", given, **which, **how)
    scaled = [_in_integers(weight) for weight in (enter, recur)]
    zeros = graph.constant(np.zeros(enter.shape[:2]), np.int8)
    scales = [part for _, scale in scaled for part in (graph.real(scale), zeros)]
    packed = [graph.constant(levels, np.int8) for levels, _ in scaled]
    given = [steps, *packed, graph.real(bias), lengths, "", "", "", *scales]
    return graph.add(f"{MICROSOFT}.DynamicQuantizeLSTM", given, **which, **how)


def _weights(cell: nn.Module, gates: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    """Weights of the input and of the state, and biases, with the gates in ONNX's order."""
    state = cell.state_dict()
    enter, recur, first, second = (
        np.concatenate(
            [np.split(state[f"{name}_l0"].float().numpy(), len(gates))[g] for g in gates]
        )
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return enter, recur, np.concatenate([first, second])


def _in_integers(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """``(D, inputs, gates)`` levels and ``(D, gates)`` scales of ``(D, gates, inputs)``."""
    scale = np.maximum(np.abs(weight).max(2), 1e-8) / 127
    levels = np.rint(weight / scale[..., None]).astype(np.int8)
    return np.ascontiguousarray(levels.transpose(0, 2, 1)), scale.astype(np.float32)
