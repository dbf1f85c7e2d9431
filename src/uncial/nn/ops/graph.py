"""How ops are put together: in series, in parallel, around a shortcut, reversed.

Source: Tesseract's and kraken's ``[…]`` and ``(…)``, Tesseract's ``R``; ``+`` is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import torch
from torch import nn

from uncial.nn.frames import Frames
from uncial.nn.ops.activation import activate, rises
from uncial.nn.ops.base import Op, Shape, Site, W
from uncial.nn.ops.conv import Conv, Transposed
from uncial.nn.ops.drop import Dropout
from uncial.nn.ops.pool import MaxPool
from uncial.nn.ops.quad import turned_columns
from uncial.nn.ops.reshape import Identity


class Group(Op):
    """Ops put together; built by the parser, not by a pattern."""

    @classmethod
    def build(cls, site: Site, given: Shape) -> Op:
        """Groups are put together from ops that exist."""
        raise NotImplementedError(f"{cls.__name__} has no spec text of its own")

    def parts(self) -> Iterator[Op]:
        """The direct children."""
        return cast("Iterator[Op]", self.children())


class Series(Group):
    """``[ … ]``: one after the other.

    Padding is zeroed only where the next op looks at it, and at the end.
    """

    def __init__(self, parts: Mapping[str, Op]) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        ops = list(self.parts())
        for at, op in enumerate(ops[:-1]):
            if _tolerant(ops[at + 1 :]):
                waive(op)
        self.needs_blank = not _tolerant(ops)

    def shape(self, given: Shape) -> Shape:
        """What the last one makes."""
        for op in self.parts():
            given = op.shape(given)
        return given

    def widths(self, widths: W) -> W:
        """What the last one makes."""
        for op in self.parts():
            widths = op.widths(widths)
        return widths

    def forward(self, frames: Frames) -> Frames:
        """Apply one after the other.

        The maximum of a rising nonlinearity is taken before it: of a ninth of the values for
        ``Ct3,3,16 Mp3,3``.
        """
        ops = [cast("Op", op) for op in self._modules.values()]
        at = 0
        while at < len(ops):
            pair = ops[at : at + 2]
            if _pooled_first(pair):
                frames = _pooled(pair, frames)
                at += 2
            else:
                frames = ops[at](frames)
                at += 1
        return frames

    def forward_like(self, frames: Frames, like: Frames) -> Frames:
        """The same, with the last one fitted to the size of `like`."""
        *first, last = self.parts()
        for op in first:
            frames = op(frames)
        return cast("Transposed | Series", last).forward_like(frames, like)


class Parallel(Group):
    """``( … )``: all on the same input, outputs one after the other in the channels.

    A branch that ends in a transposed convolution takes the size of the first branch.
    """

    def __init__(self, parts: Mapping[str, Op]) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)
        self.needs_blank = any(op.needs_blank or _passes(op) for op in self.parts())

    def shape(self, given: Shape) -> Shape:
        """Channels add up."""
        shapes = [op.shape(given) for op in self.parts()]
        return shapes[0]._replace(channels=sum(shape.channels for shape in shapes))

    def widths(self, widths: W) -> W:
        """Those of the first branch."""
        return next(self.parts()).widths(widths)

    def forward(self, frames: Frames) -> Frames:
        """Apply all and join."""
        first, *rest = self.parts()
        made: Frames = first(frames)
        outs = [made.data.permute(0, 2, 3, 1)]
        for op in rest:
            out = cast("Series", op).forward_like(frames, made) if fits(op) else op(frames)
            outs.append(out.data.permute(0, 2, 3, 1))
        return made._replace(data=torch.cat(outs, 3).permute(0, 3, 1, 2))


class Residual(Group):
    """``+[ … ]``: the input plus what the inner part makes of it, in equal shape."""

    needs_blank = True

    def __init__(self, inner: Op) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, frames: Frames) -> Frames:
        """Add."""
        made: Frames = self.inner(frames)
        return made._replace(data=frames.data + made.data)


class Reversed(Group):
    """``Rx`` and ``Ry``: run the inner part on mirrored data and mirror its output back."""

    def __init__(self, inner: Op, axis: str) -> None:
        super().__init__()
        self.inner = inner
        self.axis = axis
        self.needs_blank = inner.needs_blank

    def shape(self, given: Shape) -> Shape:
        """That of the inner part."""
        return self.inner.shape(given)

    def widths(self, widths: W) -> W:
        """Those of the inner part."""
        return self.inner.widths(widths)

    def forward(self, frames: Frames) -> Frames:
        """Mirror, apply, mirror; each line within its own width."""
        made: Frames = self.inner(self._mirrored(frames))
        return self._mirrored(made)

    def _mirrored(self, frames: Frames) -> Frames:
        data = frames.data.flip(2) if self.axis == "y" else turned_columns(frames)
        return frames._replace(data=data)


def fits(op: nn.Module) -> bool:
    """Whether `op` can take the size of another branch."""
    if isinstance(op, Series):
        return fits(list(op.parts())[-1])
    return isinstance(op, Transposed)


def waive(op: Op) -> None:
    """Let `op` leave whatever it computed in the padding: the next op does not look."""
    op.blanks = False
    if isinstance(op, Parallel):
        for part in op.parts():
            waive(part)
    elif isinstance(op, Series):
        last = list(op.parts())[-1]
        waive(last)


def _passes(op: Op) -> bool:
    """Whether padding goes through `op` as it came."""
    if isinstance(op, Series):
        return all(_passes(part) for part in op.parts())
    return isinstance(op, Dropout | Identity)


def _pooled_first(pair: list[Op]) -> bool:
    """Whether a nonlinearity may follow the maximum behind it, and nobody looks between."""
    return (
        [type(op) for op in pair] == [Conv, MaxPool]
        and rises(cast("Conv", pair[0]).activation)
        and max(cast("Conv", pair[0]).kernel) > 1
        and not any(op._forward_hooks for op in pair)
    )


def _pooled(pair: list[Op], frames: Frames) -> Frames:
    conv, pool = pair
    made = pool(cast("Conv", conv).linear(frames))
    return Frames(activate(made.data, cast("Conv", conv).activation), made.widths, made.narrowest)


def _tolerant(ops: list[Op]) -> bool:
    """Whether these ops, in series, give the same lines whatever the padding holds."""
    for op in ops:
        if op.needs_blank:
            return False
        if not _passes(op):
            return True
    return False
