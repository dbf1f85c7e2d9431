"""A stored network as VGSL text, and where each of its weights stands in a network built of it.

The text is made from the layers, not from the spec stored beside them, which of an appended
network holds both parts one after the other. Ops are named as `uncial.nn.build` names them: by
kind and by place in their group, ``layers.C_0``, ``layers.parallel_1.L_0``.

Source: tesseract 5.x ``src/lstm/network*.cpp`` (what each type computes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from uncial.errors import ConfigError
from uncial.formats.tesseract.nodes import FULLY_CONNECTED, PARALLEL, Node
from uncial.formats.tesseract.tensors import Slot

ACTIVATIONS = {
    "Logistic": "s",
    "LinLogistic": "p",
    "LinTanh": "n",
    "Tanh": "t",
    "Relu": "r",
    "Linear": "l",
    "Softmax": "m",
}
"""Letter of each fully connected layer."""
HEADS = {"Softmax": "c", "SoftmaxNoCTC": "s", "Logistic": "l"}
"""Letter of each output layer."""
_MIRRORS = {"RTLReversed": "Rx", "TTBReversed": "Ry"}
_FED = {"LSTMSoftmax": "S", "LSTMBinarySoftmax": "E"}


@dataclass(frozen=True)
class _Op:
    """One op or group of the text.

    Attributes:
        text: As it is written.
        key: What names it among its neighbours, without its place.
        slots: Weights; their prefixes begin behind the op's own name.
    """

    text: str
    key: str
    slots: tuple[Slot, ...] = ()

    def at(self, place: int) -> tuple[Slot, ...]:
        """The weights, with the op's name in front."""
        return tuple(slot.under(f"{self.key}_{place}") for slot in self.slots)


def spec_of(root: Node) -> tuple[str, tuple[Slot, ...]]:
    """The VGSL text of a stored network, and its weights.

    Args:
        root: A series that begins with an Input.

    Raises:
        ConfigError: A layer has no counterpart in VGSL.
    """
    layers = root.children
    if root.type != "Series" or len(layers) < 2 or layers[0].type != "Input":
        raise _unfit(root, "does not begin with an input")
    _, height, width, depth, _ = layers[0].settings
    *body, last = layers[1:]
    ops = [op for layer in body for op in [_op(layer)]] + _head(last)
    slots = [slot for place, op in enumerate(ops) for slot in op.at(place)]
    text = " ".join(op.text for op in ops)
    return f"[1,{height},{width},{depth} {text}]", tuple(s.under("layers") for s in slots)


def _head(layer: Node) -> list[_Op]:
    """The ops of the last layer, which has to be an output."""
    kinds = [child.type for child in layer.children]
    folds = len(kinds) == 2 and kinds[0] == "Reconfig" and kinds[1] in HEADS
    if layer.type == "Series" and folds and layer.children[0].settings[0] == 1:
        return _head(layer.children[1])  # an output folds the height by itself
    if layer.type == "Series":
        return [*(_op(child) for child in layer.children[:-1]), *_head(layer.children[-1])]
    if layer.type in HEADS:
        text = f"O1{HEADS[layer.type]}{layer.no}"
        return [_Op(text, "O", (Slot("", "linear", layer, head=True),))]
    if layer.type in _FED:
        states = layer.matrices[0].outputs
        return [_Op(f"L{_FED[layer.type]}{states}", "LS", (Slot("", "fed", layer, head=True),))]
    raise _unfit(layer, "is no output, but stands last")


def _op(layer: Node) -> _Op:
    """One layer, or several of them that are one op."""
    if layer.type in FULLY_CONNECTED:
        return _product(layer, layer, (1, 1))
    if layer.type in ("Maxpool", "Reconfig"):
        x, y = layer.settings
        pools = layer.type == "Maxpool"
        return _Op(f"{'Mp' if pools else 'S'}{y},{x}", "Mp" if pools else "Sb")
    if layer.type == "Series":
        kinds = [child.type for child in layer.children]
        if len(kinds) == 2 and kinds[0] == "Convolve" and kinds[1] in FULLY_CONNECTED:
            half_x, half_y = layer.children[0].settings
            return _product(layer, layer.children[1], (2 * half_y + 1, 2 * half_x + 1))
        return _grouped("[", "series", [_op(child) for child in layer.children], "]")
    found = _scan(layer)
    if found is not None:
        return found
    if layer.type in PARALLEL:
        return _grouped("(", "parallel", [_op(child) for child in layer.children], ")")
    if layer.type in _MIRRORS:
        inner = _op(layer.children[0])
        text = _MIRRORS[layer.type]
        return _Op(f"{text} {inner.text}", text, tuple(s.under("inner") for s in inner.slots))
    raise _unfit(layer, "has no counterpart in VGSL")


def _product(layer: Node, product: Node, window: tuple[int, int]) -> _Op:
    """A convolution; of a window of one pixel a plain product."""
    letter = ACTIVATIONS.get(product.type)
    if letter is None:
        raise _unfit(layer, "is no activation within a network")
    text = f"C{letter}{window[0]},{window[1]},{product.no}"
    return _Op(text, "C", (Slot("", "conv", product, window=window),))


def _scan(layer: Node) -> _Op | None:
    """LSTMs along an axis in one or both directions, or over both axes from four corners."""
    swapped = layer.type == "XYTranspose"
    inner = layer.children[0] if swapped else layer
    if inner.type == "Par2dLSTM":
        return _quad(inner, "xy" if swapped else "yx")
    both = inner.type == "ParBidiLSTM"
    cells = inner.children if both else (inner,)
    directions = "".join("r" if cell.type == "RTLReversed" else "f" for cell in cells)
    cells = tuple(cell.children[0] if cell.type == "RTLReversed" else cell for cell in cells)
    direction = {"f": "f", "r": "r", "fr": "b"}.get(directions)
    shapes = {(cell.type, cell.no, len(cell.matrices) in (0, 4)) for cell in cells}
    kind, states, flat = shapes.pop()
    if direction is None or shapes or kind not in ("LSTM", "SummLSTM") or not flat:
        return None
    names = {"f": ("ahead",), "r": ("back",), "b": ("ahead", "back")}[direction]
    text = f"L{direction}{'y' if swapped else 'x'}{'s' if kind == 'SummLSTM' else ''}{states}"
    slots = tuple(Slot(n, "lstm", cell) for n, cell in zip(names, cells, strict=True))
    return _Op(text, "L", slots)


def _quad(layer: Node, axes: str) -> _Op:
    """Four LSTMs over both axes: plain, right to left, both, bottom to top."""
    corners = [_corner(child) for child in layer.children]
    turns = [turn for turn, _ in corners]
    cells = [cell for _, cell in corners]
    if turns != ["", "Rx", "RxRy", "Ry"] or any(c.type != "LSTM" for c in cells):
        raise _unfit(layer, "does not read from four corners")
    slots = tuple(Slot(f"cells.{at}", "grid", cell) for at, cell in enumerate(cells))
    return _Op(f"L2{axes}{cells[0].no}", "L2", slots)


def _corner(layer: Node) -> tuple[str, Node]:
    turns = ""
    while layer.type in _MIRRORS:
        turns += _MIRRORS[layer.type]
        layer = layer.children[0]
    return turns, layer


def _grouped(opening: str, key: str, ops: Sequence[_Op], closing: str) -> _Op:
    slots = tuple(slot for place, op in enumerate(ops) for slot in op.at(place))
    return _Op(f"{opening}{' '.join(op.text for op in ops)}{closing}", key, slots)


def _unfit(layer: Node, problem: str) -> ConfigError:
    return ConfigError(
        f"layer {layer.name!r} of type {layer.type} with {layer.ni} inputs and {layer.no} "
        f"outputs {problem}",
        remedy="read with this model as it is; it cannot be converted or trained on here",
    )
