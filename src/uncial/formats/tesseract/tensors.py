"""Weights of Tesseract's layers under the names and in the layouts of our networks.

Per layer, Tesseract keeps matrices ``(outputs, inputs + 1)`` with the bias last; ours are
PyTorch's, named by the place of an op in its spec (``layers.C_0.conv.weight``)::

    conv     C     window columns slowest, then rows, then channels -> (out, in, y, x)
    linear   O     as they are, rows in the order of labels
    lstm     L     gates cell, input, forget, output -> input, forget, cell, output
    grid     L2    gates as they are; columns input, left and upper output
    fed      LS    gates as they are; columns input, feedback, own output; then a softmax

PyTorch's LSTM has two biases; the second is 0 here, and on the way back both are added.

Source: tesseract 5.x ``src/lstm/lstm.cpp``, ``convolve.cpp``, ``fullyconnected.cpp``;
`torch.nn.LSTM`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.formats.tesseract.matrices import WeightMatrix, real_matrix
from uncial.formats.tesseract.nodes import Node

Kind = Literal["conv", "linear", "lstm", "grid", "fed"]
Arrays = dict[str, NDArray[Any]]
Labels = NDArray[np.int64]

_TORCH_GATES = (1, 2, 0, 3)  # places of input, forget, cell, output among Tesseract's gates
_TESSERACT_GATES = (2, 0, 1, 3)  # and of cell, input, forget, output among PyTorch's


@dataclass(frozen=True, eq=False)
class Slot:
    """One layer with weights and the op that it is in our network.

    Attributes:
        prefix: Of the op's tensors: ``"layers.L_2.ahead"``.
        kind: The layout.
        node: The stored layer; of a network yet to be filled, without matrices.
        window: Rows and columns that a convolution sees.
        head: Its outputs are labels.
    """

    prefix: str
    kind: Kind
    node: Node
    _: KW_ONLY
    window: tuple[int, int] = (1, 1)
    head: bool = False

    def under(self, name: str) -> Slot:
        """The same inside of an op or group of that name."""
        return replace(self, prefix=f"{name}.{self.prefix}" if self.prefix else name)


def label_order(null: int, outputs: int) -> Labels:
    """Tesseract's output for each of our labels: the null first, the others as they come.

    Args:
        null: Output that stands for CTC's blank.
        outputs: How many there are.
    """
    return np.array([null, *(at for at in range(outputs) if at != null)], np.int64)


def arrays_of(slots: Sequence[Slot], order: Labels) -> Arrays:
    """Float32 tensors by name, from the matrices of the slots' nodes.

    Args:
        slots: Of a whole network.
        order: From `label_order`.
    """
    arrays: Arrays = {}
    for slot in slots:
        for name, values in _TO_TENSORS[slot.kind](slot, order).items():
            arrays[f"{slot.prefix}.{name}"] = np.ascontiguousarray(values, np.float32)
    return arrays


def filled(
    root: Node, slots: Sequence[Slot], arrays: Mapping[str, NDArray[Any]], order: Labels
) -> Node:
    """A network with the weights of tensors.

    Args:
        root: The network; nodes of the slots are among its own.
        slots: Where the tensors go.
        arrays: By name; everything that the slots name, and nothing else.
        order: From `label_order`.

    Raises:
        FormatError: A tensor is missing, superfluous or of another shape.
    """
    source = _Source(arrays)
    made: dict[int, tuple[WeightMatrix, ...]] = {}
    for slot in slots:
        rows = _TO_MATRICES[slot.kind](slot, source.under(slot.prefix), order)
        nodes = [slot.node, *(slot.node.children if slot.kind == "fed" else ())]
        for node, matrices in zip(nodes, rows, strict=True):
            made[id(node)] = tuple(real_matrix(matrix) for matrix in matrices)
    source.end()
    return _rebuilt(root, made)


class _Source:
    """Tensors that are asked for, one after the other."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays = arrays
        self.asked: set[str] = set()

    def under(self, prefix: str) -> _Take:
        """A function that gives a tensor of one op, checked for its shape."""

        def take(name: str, *shape: int) -> NDArray[np.float64]:
            full = f"{prefix}.{name}"
            array = self.arrays.get(full)
            if array is None:
                raise FormatError(f"the model lacks the tensor {full!r}", remedy=_TOGETHER)
            if array.shape != shape:
                raise FormatError(
                    f"tensor {full!r} has shape {array.shape}, its spec asks for {shape}",
                    remedy=_TOGETHER,
                )
            self.asked.add(full)
            return array.astype(np.float64)

        return take

    def end(self) -> None:
        """Require that every tensor was asked for."""
        rest = sorted(self.arrays.keys() - self.asked)
        if rest:
            raise FormatError(f"the model has an unknown tensor {rest[0]!r}", remedy=_TOGETHER)


_Take = Callable[..., NDArray[np.float64]]
_Rows = list[list[NDArray[np.float64]]]
_TOGETHER = "its spec and its weights do not belong together; use an unchanged file"


def _rebuilt(node: Node, made: Mapping[int, tuple[WeightMatrix, ...]]) -> Node:
    children = tuple(_rebuilt(child, made) for child in node.children)
    return replace(node, matrices=made.get(id(node), node.matrices), children=children)


def _conv_tensors(slot: Slot, _: Labels) -> Arrays:
    weights = slot.node.matrices[0].weights()
    rows, columns = slot.window
    taps = weights[:, :-1].reshape(len(weights), columns, rows, -1)
    return {"conv.weight": taps.transpose(0, 3, 2, 1), "conv.bias": weights[:, -1]}


def _conv_matrices(slot: Slot, take: _Take, _: Labels) -> _Rows:
    rows, columns = slot.window
    outputs, channels = slot.node.no, slot.node.ni // (rows * columns)
    taps = take("conv.weight", outputs, channels, rows, columns).transpose(0, 3, 2, 1)
    return [[np.column_stack([taps.reshape(outputs, -1), take("conv.bias", outputs)])]]


def _linear_tensors(slot: Slot, order: Labels) -> Arrays:
    weights = slot.node.matrices[0].weights()
    weights = weights[order] if slot.head else weights
    return {"lin.weight": weights[:, :-1], "lin.bias": weights[:, -1]}


def _linear_matrices(slot: Slot, take: _Take, order: Labels) -> _Rows:
    node = slot.node
    weights = np.column_stack([take("lin.weight", node.no, node.ni), take("lin.bias", node.no)])
    return [[_back(weights, order) if slot.head else weights]]


def _lstm_tensors(slot: Slot, _: Labels) -> Arrays:
    node = slot.node
    weights = np.concatenate([node.matrices[at].weights() for at in _TORCH_GATES])
    return {
        "weight_ih_l0": weights[:, : node.ni],
        "weight_hh_l0": weights[:, node.ni : -1],
        "bias_ih_l0": weights[:, -1],
        "bias_hh_l0": np.zeros(len(weights)),
    }


def _lstm_matrices(slot: Slot, take: _Take, _: Labels) -> _Rows:
    node = slot.node
    rows = 4 * node.no
    bias = take("bias_ih_l0", rows) + take("bias_hh_l0", rows)
    given, own = take("weight_ih_l0", rows, node.ni), take("weight_hh_l0", rows, node.no)
    gates = np.split(np.column_stack([given, own, bias]), 4)
    return [[gates[at] for at in _TESSERACT_GATES]]


def _grid_tensors(slot: Slot, _: Labels) -> Arrays:
    node = slot.node
    weights = np.concatenate([matrix.weights() for matrix in node.matrices])
    return {
        "enter.weight": weights[:, : node.ni],
        "enter.bias": weights[:, -1],
        "recur.weight": weights[:, node.ni : -1],
    }


def _grid_matrices(slot: Slot, take: _Take, _: Labels) -> _Rows:
    node = slot.node
    rows = 5 * node.no
    given, bias = take("enter.weight", rows, node.ni), take("enter.bias", rows)
    own = take("recur.weight", rows, 2 * node.no)
    return [np.split(np.column_stack([given, own, bias]), 5)]


def _fed_tensors(slot: Slot, order: Labels) -> Arrays:
    node = slot.node
    softmax = node.children[0].matrices[0].weights()[order]
    arrays = _grid_tensors(slot, order)
    own = arrays["recur.weight"]
    if node.type == "LSTMSoftmax":
        own = np.column_stack([own[:, : node.no][:, order], own[:, node.no :]])
    return arrays | {
        "recur.weight": own,
        "out.weight": softmax[:, :-1],
        "out.bias": softmax[:, -1],
    }


def _fed_matrices(slot: Slot, take: _Take, order: Labels) -> _Rows:
    node = slot.node
    states = node.children[0].ni
    feedback = node.settings[0] - node.ni - states
    given, bias = take("enter.weight", 4 * states, node.ni), take("enter.bias", 4 * states)
    own = take("recur.weight", 4 * states, feedback + states)
    if node.type == "LSTMSoftmax":
        own = np.column_stack([_back(own[:, :feedback].T, order).T, own[:, feedback:]])
    softmax = np.column_stack([take("out.weight", node.no, states), take("out.bias", node.no)])
    return [np.split(np.column_stack([given, own, bias]), 4), [_back(softmax, order)]]


def _back(rows: NDArray[np.float64], order: Labels) -> NDArray[np.float64]:
    """Rows by label as rows by Tesseract's outputs."""
    made = np.empty_like(rows)
    made[order] = rows
    return made


_TO_TENSORS: dict[Kind, Callable[[Slot, Labels], Arrays]] = {
    "conv": _conv_tensors,
    "linear": _linear_tensors,
    "lstm": _lstm_tensors,
    "grid": _grid_tensors,
    "fed": _fed_tensors,
}
_TO_MATRICES: dict[Kind, Callable[[Slot, _Take, Labels], _Rows]] = {
    "conv": _conv_matrices,
    "linear": _linear_matrices,
    "lstm": _lstm_matrices,
    "grid": _grid_matrices,
    "fed": _fed_matrices,
}
