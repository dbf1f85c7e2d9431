"""VGSL text as the network that Tesseract's builder makes of it, without weights.

Of our own ops, those that compute nothing when a line is read (dropout, span masks) are left
out; others that Tesseract lacks are refused. Names of ops in braces are read and dropped.

Source: tesseract 5.x ``networkbuilder.cpp`` (grammar, names and order of layers),
``src/lstm/network.cpp`` (which layers pass errors on).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from uncial.errors import SpecError
from uncial.formats.tesseract.layers import LARGEST, OPS, Built, LayerMaker, Size
from uncial.formats.tesseract.nodes import PLUMBING, Node
from uncial.formats.tesseract.tensors import Slot

_NUMBERS = r"(\d+),(\d+),(\d+),(\d+)"
_INPUT = re.compile(rf"\s*(?:\[\s*{_NUMBERS}|{_NUMBERS}\s*\[)", re.ASCII)
_MIRROR = re.compile(r"R([xy])", re.ASCII)
_DEEPEST = 30


def nodes_of(spec: str, outputs: int, *, rate: float = 0.001) -> tuple[Node, tuple[Slot, ...]]:
    """The network of a spec, and where the weights of ours go in it.

    Args:
        spec: VGSL text with its input.
        outputs: Labels; the number in the text does not count.
        rate: Learning rate of each layer, for training that goes on in Tesseract.

    Raises:
        SpecError: The text is no spec, or has an op that Tesseract lacks.
    """
    return _Reader(spec, outputs, rate).network()


class _Reader:
    """Reads one spec from left to right."""

    def __init__(self, spec: str, outputs: int, rate: float) -> None:
        self.spec = spec
        self.layers = LayerMaker(outputs, rate, self._fail_op)
        self.at = 0
        self.column = 0
        self.depth = 0

    def network(self) -> tuple[Node, tuple[Slot, ...]]:
        match = _INPUT.match(self.spec)
        if match is None:
            raise self._fail("no input such as [1,36,0,1 …]")
        batch, height, width, depth = (int(number) for number in match.groups() if number)
        if max(batch, height, width, depth) > LARGEST or depth < 1:
            raise self._fail("an input of an impossible size")
        self.at = match.end()
        size = Size(depth, height, width)
        given = self.layers.node(
            "Input",
            "Input",
            ni=depth if height == 1 else height,
            no=depth,
            settings=(batch, height, width, depth, 0),
        )
        body = self._group("]", size)
        layers = (given, *(node for node in body.nodes if node is not None))
        root = self.layers.plumbing("Series", "Series", layers, no=body.size.depth)
        final: dict[int, Node] = {}
        root = _marked(root, False, final)[0]
        slots = (replace(slot, node=final[id(slot.node)]) for slot in body.slots)
        return root, tuple(slot.under("layers") for slot in slots)

    def _group(self, closing: str, size: Size, *, parallel: bool = False) -> _Group:
        """Layers up to a closing bracket, one behind or beside the other."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"brackets nested more than {_DEEPEST} deep")
        nodes: list[Node | None] = []
        slots: list[Slot] = []
        made, channels = size, 0
        while not self._next(closing):
            built = self._layer(size if parallel else made)
            if parallel and built.node is None:
                raise self._fail_op(
                    "Tesseract has no layer that passes on its input beside others",
                    "take it out of the round brackets",
                )
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

    def _layer(self, size: Size) -> Built:
        here = self.spec[self.at]
        if here in "[(":
            self.at += 1
            group = self._group("]" if here == "[" else ")", size, parallel=here == "(")
            kind, key = ("Series", "series") if here == "[" else ("Parallel", "parallel")
            layers = tuple(node for node in group.nodes if node is not None)
            node = self.layers.plumbing(kind, kind, layers, no=group.size.depth)
            return Built(node, tuple(group.slots), group.size, key)
        self.column = self.at
        mirror = _MIRROR.match(self.spec, self.at)
        if mirror:
            self.at = mirror.end()
            return self._mirrored(mirror[1], size)
        for pattern, make in OPS:
            match = pattern.match(self.spec, self.at)
            if match:
                self.at = match.end()
                if any(g and g.isdigit() and len(g) > 5 for g in match.groups()):
                    raise self._fail_op("a number out of range")
                return make(self.layers, match, size)
        raise self._fail(
            "Tesseract has no such layer",
            remedy="train a network of C, Mp, S, L, Rx, Ry and O layers to bring it to Tesseract",
        )

    def _mirrored(self, axis: str, size: Size) -> Built:
        """``Rx`` and ``Ry``."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"layers nested more than {_DEEPEST} deep")
        if self._next("]"):
            raise self._fail_op("there is no layer behind it")
        inner = self._layer(size)
        self.depth -= 1
        if inner.node is None:
            return inner
        kind = "RTLReversed" if axis == "x" else "TTBReversed"
        node = self.layers.plumbing(kind, f"Reverse{axis}", (inner.node,), no=inner.size.depth)
        slots = tuple(slot.under("inner") for slot in inner.slots)
        return Built(node, slots, inner.size, f"R{axis}")

    def _fail(self, problem: str, remedy: str = "") -> SpecError:
        """An error about what stands here."""
        return SpecError(problem, spec=self.spec, column=self.at, remedy=remedy)

    def _fail_op(self, problem: str, remedy: str = "") -> SpecError:
        """An error about the op just read."""
        return SpecError(problem, spec=self.spec, column=self.column, remedy=remedy)


@dataclass(frozen=True)
class _Group:
    """What stands in brackets."""

    nodes: list[Node | None]
    slots: list[Slot]
    size: Size


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
