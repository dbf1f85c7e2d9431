"""VGSL text as the network that Tesseract's builder makes of it, without weights.

Of our own ops, those that compute nothing when a line is read (dropout, span masks) are left
out; others that Tesseract lacks are refused. Names of ops in braces are read and dropped.

Source: tesseract 5.x ``networkbuilder.cpp`` (grammar, names and order of layers),
``src/lstm/network.cpp`` (which layers pass errors on).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from uncial.errors import SpecError
from uncial.formats.tesseract.nodes import (
    ADAM_FLAG,
    LAYER_RATES,
    PAUSED,
    PLUMBING,
    Node,
)
from uncial.formats.tesseract.spec import ACTIVATIONS, HEADS
from uncial.formats.tesseract.tensors import Kind, Slot

_NAME = r"(?:\{\w+\})?"
_NUMBERS = r"(\d+),(\d+),(\d+),(\d+)"
_INPUT = re.compile(rf"\s*(?:\[\s*{_NUMBERS}|{_NUMBERS}\s*\[)", re.ASCII)
_LETTERS = {letter: kind for kind, letter in ACTIVATIONS.items()}
_OUTPUTS = {letter: kind for kind, letter in HEADS.items()}
_LOSSES = {"c": 1, "s": 2, "l": 3}
_HEADED = ("Input", "Series")  # layers whose inputs may be counted as a variable height
_DEEPEST = 30
_LARGEST = 65_536


class _Size(NamedTuple):
    """Depth, height and width of what flows; 0 is variable."""

    depth: int
    height: int
    width: int


@dataclass(frozen=True)
class _Built:
    """A layer, its weights and what it puts out; no layer where it computes nothing."""

    node: Node | None
    slots: tuple[Slot, ...]
    size: _Size
    key: str

    def at(self, place: int) -> tuple[Slot, ...]:
        """The weights, named by the place of the op."""
        return tuple(_moved(slot, f"{self.key}_{place}") for slot in self.slots)


def nodes_of(spec: str, outputs: int, *, rate: float = 0.001) -> tuple[Node, tuple[Slot, ...]]:
    """The network of a spec, and where the weights of ours go in it.

    Args:
        spec: VGSL text with its input.
        outputs: Labels; the number in the text does not count.
        rate: Learning rate of each layer, for training that goes on in Tesseract.

    Raises:
        SpecError: The text is no spec, or has an op that Tesseract lacks.
    """
    return _Builder(spec, outputs, rate).network()


class _Builder:
    """Reads one spec from left to right."""

    def __init__(self, spec: str, outputs: int, rate: float) -> None:
        self.spec = spec
        self.outputs = outputs
        self.rate = rate
        self.at = 0
        self.depth = 0

    def network(self) -> tuple[Node, tuple[Slot, ...]]:
        match = _INPUT.match(self.spec)
        if match is None:
            raise self._fail("no input such as [1,36,0,1 …]")
        batch, height, width, depth = (int(number) for number in match.groups() if number)
        if max(batch, height, width, depth) > _LARGEST or depth < 1:
            raise self._fail("an input of an impossible size")
        self.at = match.end()
        size = _Size(depth, height, width)
        given = self._node(
            "Input",
            "Input",
            ni=depth if height == 1 else height,
            no=depth,
            settings=(batch, height, width, depth, 0),
        )
        body = self._group("]", size)
        layers = (given, *(node for node in body.nodes if node is not None))
        root = self._plumbing("Series", "Series", layers, no=body.size.depth)
        final: dict[int, Node] = {}
        root = _marked(root, False, final)[0]
        slots = (replace(slot, node=final[id(slot.node)]) for slot in body.slots)
        return root, tuple(_moved(slot, "layers") for slot in slots)

    def _group(self, closing: str, size: _Size, *, parallel: bool = False) -> _Group:
        """Layers up to a closing bracket, one behind or beside the other."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"brackets nested more than {_DEEPEST} deep")
        nodes: list[Node | None] = []
        slots: list[Slot] = []
        made, channels = size, 0
        while not self._next(closing):
            built = self._layer(size if parallel else made)
            slots += built.at(len(nodes))
            nodes.append(built.node)
            made = built.size
            channels += made.depth
        self.depth -= 1
        if not any(nodes):
            raise self._fail("there is no layer in these brackets")
        return _Group(nodes, slots, made._replace(depth=channels) if parallel else made)

    def _next(self, closing: str) -> bool:
        """Whether the group ends here; white space is passed over."""
        while self.spec[self.at : self.at + 1].isspace():
            self.at += 1
        here = self.spec[self.at : self.at + 1]
        if not here:
            raise self._fail(f"{closing!r} is missing")
        if here == closing:
            self.at += 1
        return here == closing

    def _layer(self, size: _Size) -> _Built:
        here = self.spec[self.at]
        if here in "[(":
            self.at += 1
            group = self._group("]" if here == "[" else ")", size, parallel=here == "(")
            kind, key = ("Series", "series") if here == "[" else ("Parallel", "parallel")
            layers = tuple(node for node in group.nodes if node is not None)
            node = self._plumbing(kind, kind, layers, no=group.size.depth)
            return _Built(node, tuple(group.slots), group.size, key)
        for pattern, build in _OPS:
            match = pattern.match(self.spec, self.at)
            if match:
                column, self.at = self.at, match.end()
                if any(g and g.isdigit() and len(g) > 5 for g in match.groups()):
                    raise self._fail("a number out of range", column)
                return build(self, match, size)
        raise self._fail(
            "Tesseract has no such layer",
            remedy="train a network of C, Mp, S, L, Rx, Ry and O layers to bring it to Tesseract",
        )

    def mirrored(self, match: re.Match[str], size: _Size) -> _Built:
        """``Rx`` and ``Ry``."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"layers nested more than {_DEEPEST} deep")
        self._next("\0")
        inner = self._layer(size)
        self.depth -= 1
        if inner.node is None:
            return inner
        kind = "RTLReversed" if match[1] == "x" else "TTBReversed"
        node = self._plumbing(kind, f"Reverse{match[1]}", (inner.node,), no=inner.size.depth)
        slots = tuple(_moved(slot, "inner") for slot in inner.slots)
        return _Built(node, slots, inner.size, f"R{match[1]}")

    def conv(self, match: re.Match[str], size: _Size) -> _Built:
        """``Ct3,3,16``."""
        half_y, half_x, depth = int(match[2]) // 2, int(match[3]) // 2, int(match[4])
        rows, columns = 2 * half_y + 1, 2 * half_x + 1
        inputs = size.depth * rows * columns
        plain = rows == columns == 1
        name = "Conv1x1" if plain else "ConvNL"
        product = self._product(_LETTERS[match[1]], name, inputs, depth)
        node = product
        if not plain:
            taps = self._node(
                "Convolve", "Convolve", ni=size.depth, no=inputs, settings=(half_x, half_y)
            )
            node = self._plumbing("Series", "ConvSeries", (taps, product), no=depth)
        slot = _slot("", "conv", product, window=(rows, columns))
        return _Built(node, (slot,), size._replace(depth=depth), "C")

    def pool(self, match: re.Match[str], size: _Size) -> _Built:
        """``Mp3,3`` and ``S2,2``."""
        y, x = int(match[2]), int(match[3])
        if not x * y:
            raise self._fail("a window of no size", match.start())
        largest = match[1] == "Mp"
        depth = size.depth * (1 if largest else x * y)
        kind = "Maxpool" if largest else "Reconfig"
        node = self._node(kind, kind, ni=size.depth, no=depth, settings=(x, y))
        key = "Mp" if largest else "Sb"
        return _Built(node, (), _Size(depth, size.height // y, size.width // x), key)

    def scan(self, match: re.Match[str], size: _Size) -> _Built:
        """``Lfys48``, ``Lbx100`` and so on."""
        direction, axis, summary, states = match[1], match[2], match[3], int(match[4])
        text = match[0]
        kind = "SummLSTM" if summary else "LSTM"
        cells = [self._lstm(kind, text, size.depth, states) for _ in direction.replace("b", "fr")]
        names = {"f": ("ahead",), "r": ("back",), "b": ("ahead", "back")}[direction]
        node = cells[0]
        if direction in "rb":
            last = self._plumbing("RTLReversed", "RevLSTM", (cells[-1],), no=states)
            node = last
        if direction == "b":
            ahead = replace(cells[0], name=f"{text}LTR")
            cells[0] = ahead
            node = self._plumbing("ParBidiLSTM", "BidiLSTM", (ahead, last), no=2 * states)
        if axis == "y":
            node = self._plumbing("XYTranspose", "XYTransLSTM", (node,), no=node.no)
        height = 1 if summary and axis == "y" else size.height
        width = 1 if summary and axis == "x" else size.width
        slots = tuple(_slot(n, "lstm", cell) for n, cell in zip(names, cells, strict=True))
        return _Built(node, slots, _Size(node.no, height, width), "L")

    def quad(self, match: re.Match[str], size: _Size) -> _Built:
        """``L2xy16``."""
        states = int(match[2])
        cells = [self._lstm("LSTM", match[0], size.depth, states, grid=True) for _ in range(4)]
        plain, right, both, below = cells
        mirrored = self._plumbing("TTBReversed", "L2DTTB", (both,), no=states)
        corners = (
            plain,
            self._plumbing("RTLReversed", "L2DRTL", (right,), no=states),
            self._plumbing("RTLReversed", "L2DRTL", (mirrored,), no=states),
            self._plumbing("TTBReversed", "L2DTTB", (below,), no=states),
        )
        node = self._plumbing("Par2dLSTM", "2DLSTMQuad", corners, no=4 * states)
        if match[1] == "xy":
            node = self._plumbing("XYTranspose", "XYTrans2DLSTMQuad", (node,), no=node.no)
        slots = tuple(_slot(f"cells.{at}", "grid", cell) for at, cell in enumerate(cells))
        return _Built(node, slots, size._replace(depth=4 * states), "L2")

    def fed(self, match: re.Match[str], size: _Size) -> _Built:
        """``LS64`` and ``LE64``."""
        states, no = int(match[2]), self.outputs
        kind, feedback = "LSTMSoftmax", no
        if match[1] == "E":
            kind, feedback = "LSTMBinarySoftmax", max(no - 1, 0).bit_length()
        below = self._product("Softmax", "LSTM Softmax", states, no)
        sources = size.depth + feedback + states
        node = replace(
            self._node(kind, match[0], ni=size.depth, no=no, settings=(sources,)),
            children=(below,),
            weight_count=4 * states * (sources + 1) + below.weight_count,
        )
        slot = _slot("", "fed", node, head=True)
        return _Built(node, (slot,), size._replace(depth=no), "LS")

    def output(self, match: re.Match[str], size: _Size) -> _Built:
        """``O1c111``; a height above 1 is folded into the depth."""
        if size.height < 1:
            raise self._fail(
                "an output needs a fixed height", match.start(), "sum up the height with Lfys"
            )
        inputs = size.depth * size.height
        product = self._product(_OUTPUTS[match[1]], "Output", inputs, self.outputs)
        node = product
        if size.height > 1:
            fold = self._node(
                "Reconfig", "FCReconfig", ni=size.depth, no=inputs, settings=(1, size.height)
            )
            node = self._plumbing("Series", "FCSeries", (fold, product), no=self.outputs)
        slot = _slot("", "linear", product, head=True)
        return _Built(node, (slot,), _Size(self.outputs, 1, size.width), "O")

    def nothing(self, match: re.Match[str], size: _Size) -> _Built:
        """Ops that only training sees."""
        return _Built(None, (), size, "none")

    def _lstm(self, kind: str, name: str, ni: int, states: int, *, grid: bool = False) -> Node:
        sources = ni + states * (2 if grid else 1)
        count = (5 if grid else 4) * states * (sources + 1)
        node = self._node(kind, name, ni=ni, no=states, settings=(sources,))
        return replace(node, weight_count=count)

    def _product(self, kind: str, name: str, ni: int, no: int) -> Node:
        return replace(self._node(kind, name, ni=ni, no=no), weight_count=no * (ni + 1))

    def _plumbing(self, kind: str, name: str, children: tuple[Node, ...], *, no: int) -> Node:
        return replace(
            self._node(kind, name, ni=children[0].ni, no=no),
            children=children,
            weight_count=sum(child.weight_count for child in children),
            rates=np.full(len(children), self.rate, np.float32),
        )

    def _node(
        self, kind: str, name: str, *, ni: int, no: int, settings: tuple[int, ...] = ()
    ) -> Node:
        if not 0 < no <= _LARGEST or not (ni > 0 or kind in _HEADED) or ni > _LARGEST:
            raise self._fail(f"a layer of {ni} inputs and {no} outputs")
        flags = LAYER_RATES | ADAM_FLAG
        return Node(
            type=kind, name=name, state=PAUSED, flags=flags, ni=ni, no=no, settings=settings
        )

    def _fail(self, problem: str, column: int = -1, remedy: str = "") -> SpecError:
        at = self.at if column < 0 else column
        return SpecError(problem, spec=self.spec, column=at, remedy=remedy)


@dataclass(frozen=True)
class _Group:
    """What stands in brackets."""

    nodes: list[Node | None]
    slots: list[Slot]
    size: _Size


_OPS: tuple[tuple[re.Pattern[str], Callable[[_Builder, re.Match[str], _Size], _Built]], ...] = (
    (re.compile(r"R([xy])", re.ASCII), _Builder.mirrored),
    (re.compile(rf"C([strlmpn]){_NAME}(\d+),(\d+),(\d+)(?!,|\d)", re.ASCII), _Builder.conv),
    (re.compile(rf"(Mp|S){_NAME}(\d+),(\d+)(?!,|\d)", re.ASCII), _Builder.pool),
    (re.compile(rf"L([frb])([xy])(s?){_NAME}(\d+)", re.ASCII), _Builder.scan),
    (re.compile(rf"L2(xy|yx){_NAME}(\d+)", re.ASCII), _Builder.quad),
    (re.compile(rf"L([SE]){_NAME}(\d+)", re.ASCII), _Builder.fed),
    (re.compile(rf"O{_NAME}1([csl])\d+", re.ASCII), _Builder.output),
    (re.compile(rf"(?:Do|W|I){_NAME}[\d.,]*", re.ASCII), _Builder.nothing),
)


def _marked(node: Node, needed: bool, final: dict[int, Node]) -> tuple[Node, bool]:
    """The node knowing whether errors must flow through it, and whether they must above it.

    Args:
        node: A layer.
        needed: Some layer before it has weights.
        final: Gets the nodes that take the place of those given, by identity.
    """
    above = needed or node.weight_count > 0
    children = []
    if node.type in PLUMBING:
        passed = needed
        for child in node.children:
            marked, after = _marked(child, passed, final)
            children.append(marked)
            passed = after if node.type == "Series" else needed
    made = replace(node, needs_backprop=int(needed), children=tuple(children) or node.children)
    final[id(node)] = made
    return made, above


def _slot(
    prefix: str, kind: Kind, node: Node, *, window: tuple[int, int] = (1, 1), head: bool = False
) -> Slot:
    return Slot(prefix=prefix, kind=kind, node=node, window=window, head=head)


def _moved(slot: Slot, prefix: str) -> Slot:
    joined = f"{prefix}.{slot.prefix}" if slot.prefix else prefix
    return replace(slot, prefix=joined)
