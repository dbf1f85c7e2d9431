"""The layers that Tesseract's builder makes of each op of VGSL, without weights.

Source: tesseract 5.x ``networkbuilder.cpp`` (names and order of layers).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from uncial.errors import SpecError
from uncial.formats.tesseract.nodes import ADAM_FLAG, LAYER_RATES, PAUSED, Node
from uncial.formats.tesseract.spec import ACTIVATIONS, HEADS
from uncial.formats.tesseract.tensors import Slot

_NAME = r"(?:\{\w+\})?"
_LETTERS = {letter: kind for kind, letter in ACTIVATIONS.items()}
_OUTPUTS = {letter: kind for kind, letter in HEADS.items()}
_HEADED = ("Input", "Series")  # layers whose inputs may be counted as a variable height
LARGEST = 65_536
"""Inputs or outputs of a layer at most."""


class Size(NamedTuple):
    """Depth, height and width of what flows; 0 is variable."""

    depth: int
    height: int
    width: int


@dataclass(frozen=True)
class Built:
    """A layer, its weights and what it puts out; no layer where it computes nothing."""

    node: Node | None
    slots: tuple[Slot, ...]
    size: Size
    key: str

    def at(self, place: int) -> tuple[Slot, ...]:
        """The weights, named by the place of the op."""
        return tuple(slot.under(f"{self.key}_{place}") for slot in self.slots)


class LayerMaker:
    """Makes the layers of ops.

    Args:
        outputs: Labels; the number in the text of an output does not count.
        rate: Learning rate of each layer, for training that goes on in Tesseract.
        fail: Makes an error about the present op from a problem and a remedy.
    """

    def __init__(self, outputs: int, rate: float, fail: Callable[[str, str], SpecError]) -> None:
        self.outputs = outputs
        self.rate = rate
        self.fail = fail

    def conv(self, match: re.Match[str], size: Size) -> Built:
        """``Ct3,3,16``."""
        half_y, half_x, depth = int(match[2]) // 2, int(match[3]) // 2, int(match[4])
        rows, columns = 2 * half_y + 1, 2 * half_x + 1
        inputs = size.depth * rows * columns
        plain = rows == columns == 1
        name = "Conv1x1" if plain else "ConvNL"
        product = self._product(_LETTERS[match[1]], name, inputs, depth)
        node = product
        if not plain:
            taps = self.node(
                "Convolve", "Convolve", ni=size.depth, no=inputs, settings=(half_x, half_y)
            )
            node = self.plumbing("Series", "ConvSeries", (taps, product), no=depth)
        slot = Slot("", "conv", product, window=(rows, columns))
        return Built(node, (slot,), size._replace(depth=depth), "C")

    def pool(self, match: re.Match[str], size: Size) -> Built:
        """``Mp3,3`` and ``S2,2``."""
        y, x = int(match[2]), int(match[3])
        if not x * y:
            raise self.fail("a window of no size", "")
        largest = match[1] == "Mp"
        depth = size.depth * (1 if largest else x * y)
        kind = "Maxpool" if largest else "Reconfig"
        node = self.node(kind, kind, ni=size.depth, no=depth, settings=(x, y))
        key = "Mp" if largest else "Sb"
        return Built(node, (), Size(depth, size.height // y, size.width // x), key)

    def scan(self, match: re.Match[str], size: Size) -> Built:
        """``Lfys48``, ``Lbx100`` and so on."""
        direction, axis, summary, states = match[1], match[2], match[3], int(match[4])
        text = match[0]
        kind = "SummLSTM" if summary else "LSTM"
        cells = [self._lstm(kind, text, size.depth, states) for _ in direction.replace("b", "fr")]
        names = {"f": ("ahead",), "r": ("back",), "b": ("ahead", "back")}[direction]
        node = cells[0]
        if direction in "rb":
            last = self.plumbing("RTLReversed", "RevLSTM", (cells[-1],), no=states)
            node = last
        if direction == "b":
            ahead = replace(cells[0], name=f"{text}LTR")
            cells[0] = ahead
            node = self.plumbing("ParBidiLSTM", "BidiLSTM", (ahead, last), no=2 * states)
        if axis == "y":
            node = self.plumbing("XYTranspose", "XYTransLSTM", (node,), no=node.no)
        height = 1 if summary and axis == "y" else size.height
        width = 1 if summary and axis == "x" else size.width
        slots = tuple(Slot(n, "lstm", cell) for n, cell in zip(names, cells, strict=True))
        return Built(node, slots, Size(node.no, height, width), "L")

    def quad(self, match: re.Match[str], size: Size) -> Built:
        """``L2xy16``."""
        states = int(match[2])
        cells = [self._lstm("LSTM", match[0], size.depth, states, grid=True) for _ in range(4)]
        plain, right, both, below = cells
        mirrored = self.plumbing("TTBReversed", "L2DTTB", (both,), no=states)
        corners = (
            plain,
            self.plumbing("RTLReversed", "L2DRTL", (right,), no=states),
            self.plumbing("RTLReversed", "L2DRTL", (mirrored,), no=states),
            self.plumbing("TTBReversed", "L2DTTB", (below,), no=states),
        )
        node = self.plumbing("Par2dLSTM", "2DLSTMQuad", corners, no=4 * states)
        if match[1] == "xy":
            node = self.plumbing("XYTranspose", "XYTrans2DLSTMQuad", (node,), no=node.no)
        slots = tuple(Slot(f"cells.{at}", "grid", cell) for at, cell in enumerate(cells))
        return Built(node, slots, size._replace(depth=4 * states), "L2")

    def fed(self, match: re.Match[str], size: Size) -> Built:
        """``LS64`` and ``LE64``."""
        states, no = int(match[2]), self.outputs
        kind, feedback = "LSTMSoftmax", no
        if match[1] == "E":
            kind, feedback = "LSTMBinarySoftmax", max(no - 1, 0).bit_length()
        below = self._product("Softmax", "LSTM Softmax", states, no)
        sources = size.depth + feedback + states
        node = replace(
            self.node(kind, match[0], ni=size.depth, no=no, settings=(sources,)),
            children=(below,),
            weight_count=4 * states * (sources + 1) + below.weight_count,
        )
        slot = Slot("", "fed", node, head=True)
        return Built(node, (slot,), size._replace(depth=no), "LS")

    def output(self, match: re.Match[str], size: Size) -> Built:
        """``O1c111``; a height above 1 is folded into the depth."""
        if size.height < 1:
            raise self.fail("an output needs a fixed height", "sum up the height with Lfys")
        inputs = size.depth * size.height
        product = self._product(_OUTPUTS[match[1]], "Output", inputs, self.outputs)
        node = product
        if size.height > 1:
            fold = self.node(
                "Reconfig", "FCReconfig", ni=size.depth, no=inputs, settings=(1, size.height)
            )
            node = self.plumbing("Series", "FCSeries", (fold, product), no=self.outputs)
        slot = Slot("", "linear", product, head=True)
        return Built(node, (slot,), Size(self.outputs, 1, size.width), "O")

    def nothing(self, match: re.Match[str], size: Size) -> Built:
        """Ops that only training sees."""
        return Built(None, (), size, "none")

    def _lstm(self, kind: str, name: str, ni: int, states: int, *, grid: bool = False) -> Node:
        sources = ni + states * (2 if grid else 1)
        count = (5 if grid else 4) * states * (sources + 1)
        node = self.node(kind, name, ni=ni, no=states, settings=(sources,))
        return replace(node, weight_count=count)

    def _product(self, kind: str, name: str, ni: int, no: int) -> Node:
        return replace(self.node(kind, name, ni=ni, no=no), weight_count=no * (ni + 1))

    def plumbing(self, kind: str, name: str, children: tuple[Node, ...], *, no: int) -> Node:
        """A layer that holds others, one behind or beside the other."""
        return replace(
            self.node(kind, name, ni=children[0].ni, no=no),
            children=children,
            weight_count=sum(child.weight_count for child in children),
            rates=np.full(len(children), self.rate, np.float32),
        )

    def node(
        self, kind: str, name: str, *, ni: int, no: int, settings: tuple[int, ...] = ()
    ) -> Node:
        """A layer of its own, paused and with a learning rate.

        Raises:
            SpecError: It would have no outputs, or too many.
        """
        if not 0 < no <= LARGEST or not (ni > 0 or kind in _HEADED) or ni > LARGEST:
            raise self.fail(f"a layer of {ni} inputs and {no} outputs", "")
        flags = LAYER_RATES | ADAM_FLAG
        return Node(
            type=kind, name=name, state=PAUSED, flags=flags, ni=ni, no=no, settings=settings
        )


OPS: tuple[tuple[re.Pattern[str], Callable[[LayerMaker, re.Match[str], Size], Built]], ...] = (
    (re.compile(rf"C([strlmpn]){_NAME}(\d+),(\d+),(\d+)(?!,|\d)", re.ASCII), LayerMaker.conv),
    (re.compile(rf"(Mp|S){_NAME}(\d+),(\d+)(?!,|\d)", re.ASCII), LayerMaker.pool),
    (re.compile(rf"L([frb])([xy])(s?){_NAME}(\d+)", re.ASCII), LayerMaker.scan),
    (re.compile(rf"L2(xy|yx){_NAME}(\d+)", re.ASCII), LayerMaker.quad),
    (re.compile(rf"L([SE]){_NAME}(\d+)", re.ASCII), LayerMaker.fed),
    (re.compile(rf"O{_NAME}1([csl])\d+", re.ASCII), LayerMaker.output),
    (re.compile(rf"(?:Do|W|I){_NAME}[\d.,]*", re.ASCII), LayerMaker.nothing),
)
"""What an op looks like, and what makes its layers."""
