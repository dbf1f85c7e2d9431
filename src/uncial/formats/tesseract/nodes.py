"""The layers of a network: a tree of nodes, each a header and a body.

Header::

    i8      0, or in files older than 4.0 the type's number, then without a type name
    string  type name
    i8      training state    0 off, 1 on (optimizer state follows the weights), 2 paused
    i8      needs backprop
    i32     flags             64 one learning rate per layer, 128 Adam
    i32     ni, no, weights   inputs, outputs, number of weights below
    string  layer name

Body, by type::

    Input                      i32 batch, height, width, depth, loss
    Convolve                   i32 half_x, half_y
    Maxpool, Reconfig          i32 x_scale, y_scale
    Series, Parallel, ...      u32 n, n nodes, and with flag 64: u32 m, f32 rates[m]
    LSTM, SummLSTM             i32 sources, gates CI GI GF1 GO, and GFS in two dimensions
    LSTMSoftmax, ...Binary...  the same, then a Softmax node
    the others                 one weight matrix

Source: tesseract 5.x ``src/lstm/network.cpp``, ``plumbing.cpp``, ``lstm.cpp``, ``input.cpp``,
``convolve.cpp``, ``reconfig.cpp``, ``fullyconnected.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uncial.errors import ConfigError
from uncial.formats.tesseract.cursor import Cursor, Sink
from uncial.formats.tesseract.matrices import WeightMatrix, read_matrix, write_matrix

TYPES = (
    "Invalid",
    "Input",
    "Convolve",
    "Maxpool",
    "Parallel",
    "Replicated",
    "ParBidiLSTM",
    "DepParUDLSTM",
    "Par2dLSTM",
    "Series",
    "Reconfig",
    "RTLReversed",
    "TTBReversed",
    "XYTranspose",
    "LSTM",
    "SummLSTM",
    "Logistic",
    "LinLogistic",
    "LinTanh",
    "Tanh",
    "Relu",
    "Linear",
    "Softmax",
    "SoftmaxNoCTC",
    "LSTMSoftmax",
    "LSTMBinarySoftmax",
)
PARALLEL = frozenset(TYPES[4:9])
"""Types whose children all see the same input; their outputs are joined."""
PLUMBING = PARALLEL | {"Series", "RTLReversed", "TTBReversed", "XYTranspose"}
"""Types that hold other nodes and no weights."""
WRAPPERS = frozenset({"RTLReversed", "TTBReversed", "XYTranspose"})
"""Types of plumbing around one single child."""
LSTMS = frozenset({"LSTM", "SummLSTM", "LSTMSoftmax", "LSTMBinarySoftmax"})
FULLY_CONNECTED = frozenset(TYPES[16:24])
GATES = ("CI", "GI", "GF1", "GO", "GFS")
"""Cell input, input gate, forget gate, output gate, and in two dimensions the upper forget."""
SETTINGS = {
    "Input": ("batch", "height", "width", "depth", "loss"),
    "Convolve": ("half_x", "half_y"),
    "Maxpool": ("x_scale", "y_scale"),
    "Reconfig": ("x_scale", "y_scale"),
} | dict.fromkeys(LSTMS, ("sources",))
"""Names of the numbers in `Node.settings`, by type."""
LAYER_RATES = 64
ADAM_FLAG = 128
TRAINS = 1
PAUSED = 2
MAX_DEPTH = 60
_LEAST_NODE = 23  # bytes of the shortest header


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """One layer, or several of them joined.

    Attributes:
        type: One of `TYPES`: ``"LSTM"``.
        name: As the builder named it: ``"Lfx96"``.
        state: 0 off, 1 training (matrices carry optimizer state), 2 paused.
        needs_backprop: Some layer below it has weights.
        flags: Bits of `LAYER_RATES` and `ADAM_FLAG`.
        ni: Inputs; of the root and of an Input of fixed height, that height in px.
        no: Outputs.
        weight_count: Number of weights here and below; only informs.
        settings: The numbers named in `SETTINGS`, in that order.
        matrices: One of a fully connected layer, four or five (`GATES`) of an LSTM.
        children: Nodes below; of an LSTM with softmax, that softmax.
        rates: ``(m,)`` float32, learning rate of each child; None without `LAYER_RATES`.
        by_number: The type is stored as its number, as before 4.0.
    """

    type: str
    name: str
    state: int = 0
    needs_backprop: int = 0
    flags: int = 0
    ni: int
    no: int
    weight_count: int = 0
    settings: tuple[int, ...] = ()
    matrices: tuple[WeightMatrix, ...] = ()
    children: tuple[Node, ...] = ()
    rates: NDArray[np.float32] | None = None
    by_number: bool = False

    def setting(self, name: str) -> int:
        """The number called `name` in `SETTINGS`.

        Raises:
            ConfigError: This type has no such number.
        """
        names = SETTINGS.get(self.type, ())
        if name not in names:
            raise ConfigError(
                f"a layer of type {self.type} has no {name!r}",
                remedy=f"ask for one of: {', '.join(names) or 'nothing, it has none'}",
            )
        return self.settings[names.index(name)]

    @property
    def two_dimensional(self) -> bool:
        """An LSTM that also sees the states of the row above."""
        return len(self.matrices) == len(GATES)

    @property
    def states(self) -> int:
        """Cells of an LSTM, 0 of other types."""
        return self.matrices[0].outputs if self.type in LSTMS else 0

    @property
    def feedback(self) -> int:
        """Inputs of an LSTM that hold its own softmax's last answer."""
        return _feedback(self.type, self.no)

    def walk(self) -> Iterator[Node]:
        """This node and all below, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def with_matrices(self, change: Callable[[Node, WeightMatrix], WeightMatrix]) -> Node:
        """The same tree with every matrix replaced by what `change` makes of it."""
        return replace(
            self,
            matrices=tuple(change(self, matrix) for matrix in self.matrices),
            children=tuple(child.with_matrices(change) for child in self.children),
        )


def read_node(cursor: Cursor, depth: int = 0) -> Node:
    """The node at the cursor, with everything below it.

    Raises:
        FormatError: Cut short, of an unknown type, nested too deeply, or its matrices do not
            fit the sizes it states.
    """
    at = cursor.at
    if depth > MAX_DEPTH:
        raise cursor.error(f"layers nested more than {MAX_DEPTH} deep", at)
    header = _read_header(cursor)
    settings = tuple(cursor.i32() for _ in SETTINGS.get(header.type, ()))
    node = replace(header, settings=settings)
    _check_settings(cursor, at, node)
    if node.type in PLUMBING:
        count = cursor.count(_LEAST_NODE)
        if count == 0 or (count > 1 and node.type in WRAPPERS):
            raise cursor.error(f"layer {node.name!r} of type {node.type} with {count} children", at)
        children = tuple(read_node(cursor, depth + 1) for _ in range(count))
        rates = cursor.array("f32", cursor.count(4)) if node.flags & LAYER_RATES else None
        return replace(node, children=children, rates=rates)
    if node.type in LSTMS:
        return _read_lstm(cursor, node, depth)
    if node.type in FULLY_CONNECTED:
        matrix = read_matrix(cursor, trains=node.state == TRAINS)
        _require(cursor, at, node, matrix, (node.no, node.ni + 1))
        return replace(node, matrices=(matrix,))
    return node


def write_node(sink: Sink, node: Node) -> None:
    """Write what `read_node` reads."""
    sink.number("i8", TYPES.index(node.type) if node.by_number else 0)
    if not node.by_number:
        sink.text(node.type)
    sink.number("i8", node.state)
    sink.number("i8", node.needs_backprop)
    for value in (node.flags, node.ni, node.no, node.weight_count):
        sink.i32(value)
    sink.text(node.name)
    for value in node.settings:
        sink.i32(value)
    if node.type in PLUMBING:
        sink.u32(len(node.children))
    for matrix in node.matrices:
        write_matrix(sink, matrix)
    for child in node.children:
        write_node(sink, child)
    if node.rates is not None:
        sink.u32(len(node.rates))
        sink.array("f32", node.rates)


def _read_header(cursor: Cursor) -> Node:
    at = cursor.at
    number = cursor.number("i8")
    if number == 0:
        kind = cursor.text("a layer type")
    else:
        kind = TYPES[number] if 0 < number < len(TYPES) else str(number)
    if kind not in TYPES[1:]:
        raise cursor.error(f"unknown layer type {kind[:40]!r}", at)
    state, backprop = cursor.number("i8"), cursor.number("i8")
    flags, ni, no, weight_count = (cursor.i32() for _ in range(4))
    if min(ni, no) < 0:
        raise cursor.error(f"a layer of {ni} inputs and {no} outputs", at)
    return Node(
        type=kind,
        name=cursor.text("a layer name"),
        state=state,
        needs_backprop=backprop,
        flags=flags,
        ni=ni,
        no=no,
        weight_count=weight_count,
        by_number=number != 0,
    )


def _read_lstm(cursor: Cursor, node: Node, depth: int) -> Node:
    at = cursor.at
    trains = node.state == TRAINS
    first = read_matrix(cursor, trains=trains)
    (sources,) = node.settings
    states = first.outputs
    outer = node.ni + node.feedback
    two_dimensional = sources == outer + 2 * states
    if not two_dimensional and sources != outer + states:
        raise cursor.error(
            f"layer {node.name!r} has {sources} sources with {node.ni} inputs and {states} states",
            at,
        )
    rest = len(GATES) - (1 if two_dimensional else 2)
    gates = (first, *(read_matrix(cursor, trains=trains) for _ in range(rest)))
    for gate in gates:
        _require(cursor, at, node, gate, (states, sources + 1))
    if node.type in ("LSTM", "SummLSTM"):
        if node.no != states:
            raise cursor.error(f"layer {node.name!r}: {node.no} outputs, {states} states", at)
        return replace(node, matrices=gates)
    below = read_node(cursor, depth + 1)
    if (below.type, below.ni, below.no) != ("Softmax", states, node.no):
        raise cursor.error(
            f"layer {node.name!r} ends in {below.type} of {below.ni} inputs and {below.no} "
            f"outputs instead of Softmax of {states} and {node.no}",
            at,
        )
    return replace(node, matrices=gates, children=(below,))


def _check_settings(cursor: Cursor, at: int, node: Node) -> None:
    """Windows are not negative, scales not 0, and outputs follow from them."""
    if node.type not in ("Convolve", "Maxpool", "Reconfig"):
        return
    x, y = node.settings
    if node.type == "Convolve":
        outputs, fits = node.ni * (2 * x + 1) * (2 * y + 1), min(x, y) >= 0
    else:
        outputs, fits = node.ni * (x * y if node.type == "Reconfig" else 1), min(x, y) >= 1
    if not fits or node.ni < 1 or node.no != outputs:
        raise cursor.error(
            f"layer {node.name!r} of type {node.type} with {x} by {y} makes {node.no} outputs "
            f"of {node.ni} inputs",
            at,
        )


def _feedback(kind: str, no: int) -> int:
    if kind == "LSTMSoftmax":
        return no
    return max(no - 1, 0).bit_length() if kind == "LSTMBinarySoftmax" else 0


def _require(
    cursor: Cursor, at: int, node: Node, matrix: WeightMatrix, shape: tuple[int, int]
) -> None:
    if matrix.values.shape != shape:
        found = " by ".join(map(str, matrix.values.shape))
        wanted = " by ".join(map(str, shape))
        raise cursor.error(f"layer {node.name!r}: weights {found} instead of {wanted}", at)
