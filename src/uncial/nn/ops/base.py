"""What a VGSL op is, and the table of all ops.

Every op has an anchored pattern for its spec text, builds itself for a shape, declares the
shape and widths that it makes, and maps `Frames` to `Frames`. Other packages add ops
through the entry-point group ``uncial.op``.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple, Protocol, TypeVar

from torch import Tensor, nn

from uncial.errors import SpecError
from uncial.nn.frames import Frames
from uncial.registry import Registry

W = TypeVar("W", int, Tensor)
"""A width in columns, or an int64 tensor of widths."""

LARGEST = 65_536
"""Bound on every number in a spec; a typo should not ask for all memory."""

NAME = r"(?:\{(?P<name>\w+)\})?"
"""The optional name of an op, as kraken writes it: ``{stem}``."""


class Shape(NamedTuple):
    """Size of a feature map; 0 stands for variable."""

    channels: int
    height: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where and how an op stands in its spec.

    Attributes:
        spec: The whole spec.
        column: 0-based column of the op.
        match: The op's pattern matched against its whole text.
        labels: Outputs that a head gets; None keeps the number in the spec.
        normed: A normalization follows, which makes a bias useless.
    """

    spec: str
    column: int
    match: re.Match[str]
    labels: int | None = None
    normed: bool = False

    def has(self, field: str) -> bool:
        """Whether the spec gives `field` (not empty)."""
        return bool(self.match.groupdict().get(field))

    def text(self, field: str, default: str = "") -> str:
        """What the spec says for `field`."""
        return self.match.groupdict().get(field) or default

    def size(self, field: str, default: int = 1, least: int = 1) -> int:
        """The number that the spec gives for `field`.

        Raises:
            SpecError: It is less than `least` or unreasonably large.
        """
        text = self.text(field)
        if not text:
            return default
        if len(text) > len(str(LARGEST)) or not least <= int(text) <= LARGEST:
            raise self.fail(
                f"{text} is out of range", f"use a number from {least} to {LARGEST}", field
            )
        return int(text)

    def fail(self, problem: str, remedy: str = "", field: str = "") -> SpecError:
        """An error with its caret under this op, or under one of its fields."""
        start = self.match.start(field) if field else 0
        column = self.column + max(0, start)
        return SpecError(problem, spec=self.spec, column=column, remedy=remedy)


class Border(Protocol):
    """What convolutions see beyond the border of a line, instead of zeros."""

    def begin(self, lines: int) -> None:
        """A batch of so many lines enters the network."""

    def convolve(self, data: Tensor, conv: nn.Conv2d, frames: Frames) -> Tensor:
        """The output ``(N, D, H, W)`` of a convolution over this border.

        Args:
            data: Its input, ``(N, C, H, W)``, blank beyond the width of each line.
            conv: The convolution.
            frames: Have the widths of the lines.
        """


class Op(nn.Module):
    """A layer of a VGSL network.

    Attributes:
        pattern: Its spec text, used with ``fullmatch``; a group ``name`` is its name.
        examples: Spec texts that show its forms; the contract suite builds each of them.
        head: It ends a network and decides how many labels come out.
        loss: What a head is meant for: ``ctc``, ``softmax`` or ``logistic``.
        needs_blank: It reads neighbouring columns, so padding must be zero before it.
        blanks: It zeroes the padding of its output; a series switches this off where the
            next op does not look.
    """

    pattern: ClassVar[re.Pattern[str]]
    examples: ClassVar[Sequence[str]]
    head: ClassVar[bool] = False
    loss: str = "ctc"
    needs_blank: bool = False
    blanks: bool = True

    @classmethod
    @abstractmethod
    def build(cls, site: Site, given: Shape) -> Op:
        """Make the op for an input of shape `given`.

        Raises:
            SpecError: It does not fit there.
        """

    def shape(self, given: Shape) -> Shape:
        """Declared output shape for an input shape; variable sizes stay variable."""
        return given

    def widths(self, widths: W) -> W:
        """Output widths for input widths; never decreasing."""
        return widths

    @abstractmethod
    def forward(self, frames: Frames) -> Frames:
        """Map a batch; no line's output depends on its padding."""

    def emit(self, data: Tensor, frames: Frames, *, fresh: bool = True) -> Frames:
        """Wrap output `data` made from `frames`, blank unless a series waived that.

        Args:
            data: ``(N, C, H, W)``.
            frames: The input.
            fresh: No backward formula needs `data`, so it may be blanked in place.
        """
        made = Frames(data, self.widths(frames.widths), self.widths(frames.narrowest))
        if not self.blanks:
            return made
        return made.blanked_() if fresh else made.blanked()


def windows(size: W, window: int, stride: int, padding: int = 0) -> W:
    """How many windows fit into `size` pixels padded on both sides; never negative."""
    fits = (size + (2 * padding - window)) // stride + 1
    return max(0, fits) if isinstance(fits, int) else fits.clamp(min=0)


def pixels(data: Tensor) -> Tensor:
    """``(N, C, H, W)`` -> ``(N, H, W, C)``, contiguous; free where channels come last."""
    return data.permute(0, 2, 3, 1).contiguous()


def at_least(frames: Frames, columns: int) -> Tensor:
    """The data, padded with blank columns so that one window fits, ``(N, C, H, W)``."""
    missing = columns - frames.data.shape[-1]
    return nn.functional.pad(frames.data, (0, missing)) if missing > 0 else frames.data


OPS: Registry[type[Op]] = Registry(
    "op",
    {
        "A": "uncial.nn.ops.reshape:Addition",
        "Bn": "uncial.nn.ops.norm:BatchNorm",
        "C": "uncial.nn.ops.conv:Conv",
        "CT": "uncial.nn.ops.conv:Transposed",
        "Do": "uncial.nn.ops.drop:Dropout",
        "Dw": "uncial.nn.ops.conv:Depthwise",
        "F": "uncial.nn.ops.head:Full",
        "Fh": "uncial.nn.ops.reshape:FoldHeight",
        "G": "uncial.nn.ops.rnn:AxisGRU",
        "Gn": "uncial.nn.ops.norm:GroupNorm",
        "I": "uncial.nn.ops.reshape:Identity",
        "L": "uncial.nn.ops.rnn:AxisLSTM",
        "L2": "uncial.nn.ops.quad:QuadLSTM",
        "LS": "uncial.nn.ops.softmaxrnn:SoftmaxLSTM",
        "Ln": "uncial.nn.ops.norm:LayerNorm",
        "Mh": "uncial.nn.ops.pool:HeightPool",
        "Mp": "uncial.nn.ops.pool:MaxPool",
        "O": "uncial.nn.ops.head:Output",
        "S": "uncial.nn.ops.reshape:Split",
        "Sb": "uncial.nn.ops.reshape:Blocks",
        "W": "uncial.nn.ops.drop:SpanMask",
    },
)
"""Every op by a short name; the spec text is recognized by the op's pattern."""


@cache
def kinds() -> Mapping[str, type[Op]]:
    """All ops, loaded; looked up once, since a parser asks for them at every layer."""
    return {name: OPS.get(name) for name in OPS}
