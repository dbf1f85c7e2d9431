"""Ops that move values and compute next to nothing.

Source: ``NetworkBuilder::ParseS`` and ``Reconfig``, tesseract 5.x; kraken ``Reshape``,
``Addition`` and ``Identity``; ``Fh`` is ours.
"""

from __future__ import annotations

import re
from typing import ClassVar

import torch
from torch import Tensor

from uncial.nn.frames import Frames
from uncial.nn.ops.base import NAME, Op, Shape, Site, W, at_least

_AXES = {1: 2, 2: 3, 3: 1}
"""VGSL dimension (1 height, 2 width, 3 depth) to axis of ``(N, C, H, W)``."""
_DEPTH, _HEIGHT, _WIDTH = 1, 2, 3


class Identity(Op):
    """The input itself, for a branch of a parallel.

    Spec:
        ``I[{name}]``
    """

    pattern = re.compile(f"I{NAME}", re.ASCII)
    examples: ClassVar = ("I", "I{same}")

    @classmethod
    def build(cls, site: Site, given: Shape) -> Identity:
        """Nothing to build."""
        return cls()

    def forward(self, frames: Frames) -> Frames:
        """Return the input."""
        return frames


class FoldHeight(Op):
    """Columns as vectors: height becomes channels, rows one after the other.

    Spec:
        ``Fh[{name}]``, the same as ``S1(1x0)1,3``.

    Shape:
        ``(N, C, H, W)`` -> ``(N, H*C, 1, W)``.
    """

    pattern = re.compile(f"Fh{NAME}", re.ASCII)
    examples: ClassVar = ("Fh", "Fh{stem}")

    @classmethod
    def build(cls, site: Site, given: Shape) -> FoldHeight:
        """Needs a fixed height."""
        if not given.height:
            raise site.fail("Fh needs a fixed height", "give the input a height, or use Mh")
        return cls()

    def shape(self, given: Shape) -> Shape:
        """Height times channels."""
        return Shape(given.channels * given.height, 1, given.width)

    def forward(self, frames: Frames) -> Frames:
        """Fold the height."""
        return self.emit(fold_height(frames.data), frames)


class Blocks(Op):
    """Tesseract's reshape: a block of pixels becomes one pixel with more channels.

    Spec:
        ``S[{name}]<y>,<x>``: size of the block; a remainder is dropped.

    Shape:
        ``(N, C, H, W)`` -> ``(N, y*x*C, H//y, W//x)``, channel ``(dx*y + dy)*C + c``.
    """

    pattern = re.compile(rf"S{NAME}(?P<y>\d+),(?P<x>\d+)", re.ASCII)
    examples: ClassVar = ("S2,3", "S{fold}4,1")

    def __init__(self, y: int, x: int) -> None:
        super().__init__()
        self.y = y
        self.x = x

    @classmethod
    def build(cls, site: Site, given: Shape) -> Blocks:
        """Blocks; `given` plays no part."""
        return cls(site.size("y"), site.size("x"))

    def shape(self, given: Shape) -> Shape:
        """Blocks that fit."""
        c, h, w = given
        return Shape(c * self.y * self.x, h // self.y, w // self.x)

    def widths(self, widths: W) -> W:
        """Blocks that fit."""
        return widths // self.x

    def forward(self, frames: Frames) -> Frames:
        """Stack every block's pixels."""
        data = at_least(frames, self.x)
        n, c, h, w = data.shape
        rows, columns = h // self.y, w // self.x
        data = data[:, :, : rows * self.y, : columns * self.x]
        blocks = data.reshape(n, c, rows, self.y, columns, self.x).permute(0, 2, 4, 5, 3, 1)
        stacked = blocks.reshape(n, rows, columns, -1).permute(0, 3, 1, 2)
        return self.emit(stacked, frames)


class Split(Op):
    """kraken's reshape: split a dimension in two and move one part to another dimension.

    Spec:
        ``S[{name}]<d>(<a>x<b>)<e>,<f>``: dimension d (1 height, 2 width, 3 depth) becomes
        ``a x b``, 0 for one of them infers it; part a goes to dimension e and b to f, one
        of which is d. The moved part varies slowest in its new dimension.

    Shape:
        ``(N, C, H, W)`` -> ``(N, H*C, 1, W)`` for ``S1(1x0)1,3``.

    Invariant:
        Splitting or lengthening lines goes by each line's own width.
    """

    pattern = re.compile(
        rf"S{NAME}(?P<d>[1-3])\((?P<a>\d+)x(?P<b>\d+)\)(?P<e>[1-3]),(?P<f>[1-3])", re.ASCII
    )
    examples: ClassVar = (
        "S1(1x0)1,3",
        "S{half}1(0x2)1,3",
        "S3(2x0)1,3",
        "S2(0x2)2,3",
        "S2(2x0)3,2",
        "S2(2x0)1,2",
        "S1(2x0)2,1",
        "S3(0x2)3,2",
    )

    def __init__(self, *, source: int, target: int, first: bool, moved: int) -> None:
        super().__init__()
        self.source = source
        self.target = target
        self.first = first
        self.moved = moved

    @classmethod
    def build(cls, site: Site, given: Shape) -> Split:
        """Resolve the inferred part against `given`."""
        d, e, f = site.size("d"), site.size("e"), site.size("f")
        if (e == d) == (f == d):
            raise site.fail("one part has to stay and the other to move", field="e")
        first = f == d
        moved, stays = site.size("a", least=0), site.size("b", least=0)
        if not first:
            moved, stays = stays, moved
        size = _size(given, _AXES[d])
        if size:
            moved = moved or size // max(1, stays)
            stays = stays or size // max(1, moved)
            if moved * stays != size and d != 2:
                raise site.fail(f"{size} does not split into {site.text('a')}x{site.text('b')}")
        if not moved:
            raise site.fail("the part that moves has a variable size", field="a")
        return cls(source=_AXES[d], target=_AXES[f if e == d else e], first=first, moved=moved)

    def shape(self, given: Shape) -> Shape:
        """The source shrinks and the target grows by the moved part."""
        sizes = {_DEPTH: given.channels, _HEIGHT: given.height, _WIDTH: given.width}
        sizes[self.source] //= self.moved
        sizes[self.target] *= self.moved
        return Shape(sizes[_DEPTH], sizes[_HEIGHT], sizes[_WIDTH])

    def widths(self, widths: W) -> W:
        """Shorter or longer lines, where the width takes part."""
        if self.source == _WIDTH:
            return widths // self.moved
        return widths * self.moved if self.target == _WIDTH else widths

    def forward(self, frames: Frames) -> Frames:
        """Split, move, merge."""
        data = frames.data
        if self.source == _WIDTH:
            data = self._own_parts(frames) if self.first else at_least(frames, self.moved)
            data = data[..., : data.shape[3] // self.moved * self.moved]
        if (self.source, self.target, data.shape[2]) == (_HEIGHT, _DEPTH, self.moved):
            return self.emit(fold_height(data), frames)
        parts = (self.moved, -1) if self.first else (-1, self.moved)
        split = torch.unflatten(data, self.source, parts)
        part = split.movedim(self.source + (not self.first), self.target)
        merged = part.flatten(self.target, self.target + 1)
        if self.target == _WIDTH and frames.padded:
            merged = self._closed_up(merged, frames)
        return self.emit(merged, frames, fresh=False)

    def _own_parts(self, frames: Frames) -> Tensor:
        """Reorder columns so that cutting the batch evenly cuts every line evenly."""
        data = at_least(frames, self.moved)
        part = data.shape[3] // self.moved
        own = (frames.widths // self.moved)[:, None, None]
        starts = torch.arange(self.moved, device=data.device)[:, None] * own
        index = starts + torch.arange(part, device=data.device)
        return _columns(data, index.flatten(1).clamp(max=data.shape[3] - 1))

    def _closed_up(self, merged: Tensor, frames: Frames) -> Tensor:
        """Put the parts of every line next to each other, padding last."""
        padded = merged.shape[3] // self.moved
        own = frames.widths[:, None].clamp(min=1)
        at = torch.arange(merged.shape[3], device=merged.device)
        index = (at // own) * padded + at % own
        return _columns(merged, index.clamp(max=merged.shape[3] - 1))


class Addition(Op):
    """kraken's addition: cut a dimension into chunks and add them up.

    Spec:
        ``A[{name}]<dim>,<chunk>``: dimension as in ``S``; a remainder is dropped.

    Shape:
        ``(N, C, H, W)`` -> ``(N, chunk, H, W)`` for dimension 3.
    """

    pattern = re.compile(rf"A{NAME}(?P<dim>[1-3]),(?P<chunk>\d+)", re.ASCII)
    examples: ClassVar = ("A3,2", "A{sum}1,3", "A2,2")

    def __init__(self, axis: int, chunk: int) -> None:
        super().__init__()
        self.axis = axis
        self.chunk = chunk
        self.needs_blank = axis == _WIDTH

    @classmethod
    def build(cls, site: Site, given: Shape) -> Addition:
        """Chunks must fit into `given`."""
        axis, chunk = _AXES[site.size("dim")], site.size("chunk")
        if 0 < _size(given, axis) < chunk:
            raise site.fail(f"{_size(given, axis)} is less than one chunk", field="chunk")
        return cls(axis, chunk)

    def shape(self, given: Shape) -> Shape:
        """One chunk."""
        sizes = [given.channels, given.height, given.width]
        sizes[self.axis - 1] = self.chunk
        return Shape(*sizes)

    def widths(self, widths: W) -> W:
        """One chunk, where the width is added up and the line has one."""
        if self.axis != _WIDTH:
            return widths
        if isinstance(widths, int):
            return self.chunk if widths >= self.chunk else 0
        return (widths >= self.chunk) * self.chunk

    def forward(self, frames: Frames) -> Frames:
        """Add the chunks."""
        data = frames.data
        if self.axis == _WIDTH:
            whole = Frames(data, frames.widths // self.chunk * self.chunk)
            data = at_least(whole.blanked(), self.chunk)
        count = data.shape[self.axis] // self.chunk
        chunks = data.narrow(self.axis, 0, count * self.chunk)
        added = torch.unflatten(chunks, self.axis, (count, self.chunk)).sum(self.axis)
        return self.emit(added, frames)


def fold_height(data: Tensor) -> Tensor:
    """``(N, C, H, W)`` -> ``(N, H*C, 1, W)``, rows slowest, channels last in memory."""
    n, c, h, w = data.shape
    if h == 1:
        return data
    return data.permute(0, 3, 2, 1).reshape(n, 1, w, h * c).permute(0, 3, 1, 2)


def _size(given: Shape, axis: int) -> int:
    return (given.channels, given.height, given.width)[axis - 1]


def _columns(data: Tensor, index: Tensor) -> Tensor:
    """Columns `index` ``(N, T)`` of each sample, ``(N, C, H, T)``."""
    n, c, h, _ = data.shape
    return data.gather(3, index[:, None, None, :].expand(n, c, h, -1))
