"""A stored network as one of ours: its VGSL text, built and filled with its weights.

For training and for batches of lines. It differs from `ExactNetwork` in what convolutions see
beyond the border (zeros instead of noise), in unbounded cell states, and in exact curves
instead of tables; int8 weights become real ones.

Source: tesseract 5.x ``src/lstm/*.cpp``; layouts of weights as in
`uncial.nn.tesseract.forward` and, here, of PyTorch: gates input, forget, cell, output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from uncial.errors import ConfigError
from uncial.nn.build import Network, build
from uncial.nn.ops.base import Op
from uncial.nn.ops.conv import Conv
from uncial.nn.ops.graph import Group
from uncial.nn.ops.head import Full, Output
from uncial.nn.ops.quad import GridLSTM, QuadLSTM
from uncial.nn.ops.rnn import AxisLSTM
from uncial.nn.ops.softmaxrnn import SoftmaxLSTM
from uncial.nn.tesseract.layer import PARALLEL, Layer, Weights, input_settings

_LETTERS = {
    "Logistic": "s",
    "LinLogistic": "p",
    "LinTanh": "n",
    "Tanh": "t",
    "Relu": "r",
    "Linear": "l",
    "Softmax": "m",
    "SoftmaxNoCTC": "m",
}
_HEADS = {"Softmax": "c", "SoftmaxNoCTC": "s", "Logistic": "l"}
_REVERSALS = {"RTLReversed": "Rx", "TTBReversed": "Ry"}
_TORCH_GATES = (1, 2, 0, 3)  # places of input, forget, cell, output among the stored gates


@dataclass(frozen=True)
class _Part:
    """VGSL text, and the stored layers of each op in it that has weights."""

    text: str
    filled: tuple[tuple[Layer, ...], ...] = ()


def spec_of(root: Layer) -> str:
    """The VGSL text of a stored network, from its layers and not from what is written there.

    Raises:
        ConfigError: A layer has no counterpart in VGSL.
    """
    return _whole(root).text


def network_of(root: Layer) -> Network:
    """Build a stored network and fill it with its weights.

    Labels keep their numbers: the blank is Tesseract's null, wherever that is.

    Raises:
        ConfigError: A layer has no counterpart in VGSL, or takes other inputs there.
    """
    whole = _whole(root)
    network = build(whole.text, labels=root.no)
    ops = [op for op in network.layers.modules() if isinstance(op, Op) and _has_weights(op)]
    with torch.no_grad():
        for op, layers in zip(ops, whole.filled, strict=True):
            _fill(op, layers)
    network.eval()
    return network


def _has_weights(op: Op) -> bool:
    return not isinstance(op, Group) and any(True for _ in op.parameters())


def _whole(root: Layer) -> _Part:
    height, width, depth = input_settings(root)
    layers = list(root.children)
    if root.type != "Series" or not layers or layers[0].type != "Input":
        raise _unfit(root, "stands where the series of the whole network was expected")
    parts = [_part(layer) for layer in layers[1:-1]]
    parts.append(_head(layers[-1]))
    inner = " ".join(part.text for part in parts)
    filled = tuple(layers for part in parts for layers in part.filled)
    return _Part(f"[1,{height},{width},{depth} {inner}]", filled)


def _head(layer: Layer) -> _Part:
    """The last layer: an output where it can be one."""
    if layer.type == "Series" and [c.type for c in layer.children[:1]] == ["Reconfig"]:
        return _head(layer.children[-1])
    if layer.type in _HEADS:
        return _Part(f"O1{_HEADS[layer.type]}{layer.no}", ((layer,),))
    return _part(layer)


def _part(layer: Layer) -> _Part:
    """One layer, or several that VGSL has one text for."""
    inside = [child.type for child in layer.children]
    if layer.type in _LETTERS:
        return _Part(f"C{_LETTERS[layer.type]}1,1,{layer.no}", ((layer,),))
    if layer.type == "Series" and inside[:1] == ["Convolve"] and inside[1:2] in _ONE_LETTER:
        window, product = layer.children
        half_x, half_y = window.settings
        size = f"{2 * half_y + 1},{2 * half_x + 1}"
        return _Part(f"C{_LETTERS[product.type]}{size},{product.no}", ((product,),))
    if layer.type in ("Maxpool", "Reconfig"):
        x, y = layer.settings
        return _Part(f"{'Mp' if layer.type == 'Maxpool' else 'S'}{y},{x}")
    if layer.type in ("LSTMSoftmax", "LSTMBinarySoftmax"):
        kind = "S" if layer.type == "LSTMSoftmax" else "E"
        return _Part(f"L{kind}{len(layer.matrices[0].values)}", ((layer,),))
    if layer.type == "Series":
        return _joined("[", [_part(child) for child in layer.children], "]")
    return _scan(layer) or _plumbing(layer)


_ONE_LETTER = tuple([kind] for kind in _LETTERS)


def _scan(layer: Layer) -> _Part | None:
    """An LSTM along an axis, in one or both directions, or four over both axes."""
    swapped = layer.type == "XYTranspose"
    inner = layer.children[0] if swapped else layer
    if inner.type == "Par2dLSTM":
        cells = tuple(_innermost(child) for child in inner.children)
        return _Part(f"L2{'xy' if swapped else 'yx'}{cells[0].no}", (cells,))
    both = inner.type == "ParBidiLSTM"
    cells = tuple(inner.children) if both else (inner,)
    directions = "".join("r" if cell.type == "RTLReversed" else "f" for cell in cells)
    cells = tuple(cell.children[0] if cell.type == "RTLReversed" else cell for cell in cells)
    direction = {"f": "f", "r": "r", "fr": "b"}.get(directions)
    kinds = {cell.type for cell in cells}
    if direction is None or len(kinds) > 1 or not kinds <= {"LSTM", "SummLSTM"}:
        return None
    if len(cells[0].matrices) != 4:
        return None
    summary = "s" if kinds == {"SummLSTM"} else ""
    return _Part(f"L{direction}{'y' if swapped else 'x'}{summary}{cells[0].no}", (cells,))


def _plumbing(layer: Layer) -> _Part:
    if layer.type in PARALLEL:
        return _joined("(", [_part(child) for child in layer.children], ")")
    if layer.type in _REVERSALS:
        inner = _part(layer.children[0])
        return _Part(f"{_REVERSALS[layer.type]} {inner.text}", inner.filled)
    raise _unfit(layer, "has no counterpart in VGSL")


def _joined(opening: str, parts: Sequence[_Part], closing: str) -> _Part:
    text = " ".join(part.text for part in parts)
    filled = tuple(layers for part in parts for layers in part.filled)
    return _Part(f"{opening}{text}{closing}", filled)


def _innermost(layer: Layer) -> Layer:
    while layer.type in _REVERSALS:
        layer = layer.children[0]
    return layer


def _fill(op: Op, layers: tuple[Layer, ...]) -> None:
    """Put the weights of stored layers into an op."""
    if isinstance(op, AxisLSTM):
        cells = [cell for cell in (op.ahead, op.back) if cell is not None]
        for cell, layer in zip(cells, layers, strict=True):
            _fill_lstm(cast("nn.LSTM", cell), layer)
    elif isinstance(op, QuadLSTM):
        for cell, layer in zip(op.cells, layers, strict=True):
            grid = cast("GridLSTM", cell)
            _fill_gates(grid.enter, grid.recur, layer)
    elif isinstance(op, SoftmaxLSTM):
        _fill_gates(op.enter, op.recur, layers[0])
        _fill_linear(op.out, layers[0].children[0])
    elif isinstance(op, Conv):
        _fill_conv(cast("nn.Conv2d", op.conv), layers[0])
    elif isinstance(op, Full | Output):
        _fill_linear(op.lin, layers[0])
    else:
        raise _unfit(layers[0], f"became a {type(op).__name__}, which takes no weights")


def _fill_conv(conv: nn.Conv2d, layer: Layer) -> None:
    """Stored columns: window columns slowest, then rows, then channels."""
    weights = _real(layer.matrices[0])
    outputs, channels, height, width = conv.weight.shape
    taps = weights[:, :-1].reshape(outputs, width, height, channels)
    _copy(conv.weight, np.ascontiguousarray(taps.transpose(0, 3, 2, 1)), layer)
    _copy(cast("Tensor", conv.bias), weights[:, -1], layer)


def _fill_linear(linear: nn.Linear, layer: Layer) -> None:
    weights = _real(layer.matrices[0])
    _copy(linear.weight, weights[:, :-1], layer)
    _copy(linear.bias, weights[:, -1], layer)


def _fill_gates(enter: nn.Linear, recur: nn.Linear, layer: Layer) -> None:
    """Gates in their stored order."""
    weights = np.concatenate([_real(matrix) for matrix in layer.matrices])
    _copy(enter.weight, weights[:, : layer.ni], layer)
    _copy(recur.weight, weights[:, layer.ni : -1], layer)
    _copy(enter.bias, weights[:, -1], layer)


def _fill_lstm(cell: nn.LSTM, layer: Layer) -> None:
    """Gates in the order of PyTorch; its second bias is nought."""
    weights = np.concatenate([_real(layer.matrices[at]) for at in _TORCH_GATES])
    enter, recur, bias, second = cell.parameters()
    _copy(enter, weights[:, : layer.ni], layer)
    _copy(recur, weights[:, layer.ni : -1], layer)
    _copy(bias, weights[:, -1], layer)
    second.zero_()


def _copy(into: Tensor, values: NDArray[np.floating], layer: Layer) -> None:
    if tuple(into.shape) != values.shape:
        raise _unfit(layer, f"has weights {values.shape}, its op takes {tuple(into.shape)}")
    into.copy_(torch.from_numpy(values.astype(np.float32)))


def _real(matrix: Weights) -> NDArray[np.float64]:
    """``(outputs, inputs + 1)`` real weights, whatever the storage."""
    real = np.asarray(matrix.values, np.float64)
    if matrix.scales is not None:
        real = real * np.asarray(matrix.scales, np.float64)[: len(real), None]
    return real


def _unfit(layer: Layer, problem: str) -> ConfigError:
    return ConfigError(
        f"a layer of type {layer.type} with {layer.ni} inputs and {layer.no} outputs {problem}",
        remedy="read with this model, but train another network",
    )
