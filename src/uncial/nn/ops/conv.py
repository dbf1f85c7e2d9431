"""Convolutions: plain, transposed and depthwise.

Padding is symmetric, fixed by the window alone, and zero, so that a line's output does not
depend on its batch. Tesseract fills the outside with noise instead (its networks hardly
notice) and turns an even window into the next odd one; kraken keeps even windows. A spec
with strides is kraken's, since Tesseract has none, and keeps its window; without strides
an even window becomes odd.

Source: ``NetworkBuilder::ParseC`` and ``Convolve``, tesseract 5.x; kraken ``ActConv2D``.
"""

from __future__ import annotations

import re
from typing import ClassVar, NamedTuple, cast

from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.ops.activation import ACTIVATION, activate, keeps_zero
from uncial.nn.ops.base import NAME, Border, Op, Shape, Site, W, at_least, pixels, windows

Pair = tuple[int, int]
"""Something for y and x."""

_TAIL = r"(?:,(?P<sy>\d+),(?P<sx>\d+))?(?:,(?P<dy>\d+),(?P<dx>\d+))?"
_WINDOW = r"(?P<y>\d+),(?P<x>\d+)"


class _Window(Op):
    """What all convolutions share: geometry, activation, blanking."""

    def __init__(self, conv: nn.Conv2d | nn.ConvTranspose2d, activation: str) -> None:
        super().__init__()
        self.conv = conv
        self.activation = activation
        self.kernel = cast("Pair", conv.kernel_size)
        self.stride = cast("Pair", conv.stride)
        self.padding = cast("Pair", conv.padding)
        self.dilation = cast("Pair", conv.dilation)
        self.needs_blank = self.kernel[1] > 1

    def reach(self, axis: int) -> int:
        """Pixels that the window spans along `axis` (0 is y), dilation included."""
        return self.dilation[axis] * (self.kernel[axis] - 1) + 1

    def shape(self, given: Shape) -> Shape:
        """Outputs by windows that fit."""
        height = given.height and self.size(given.height, 0)
        width = given.width and self.size(given.width, 1)
        return Shape(self.conv.out_channels, height, width)

    def size(self, size: W, axis: int) -> W:
        """Output size along `axis` for an input size."""
        return windows(size, self.reach(axis), self.stride[axis], self.padding[axis])

    def widths(self, widths: W) -> W:
        """Windows that start within the line."""
        return self.size(widths, 1)

    def finish(self, data: Tensor, frames: Frames) -> Frames:
        """Blank and activate ``(N, D, H, W)``, in the order that costs least."""
        if not keeps_zero(self.activation):
            return self.emit(activate(data, self.activation), frames, fresh=False)
        made = self.emit(data, frames)
        if self.activation == "r" and not made.data._is_view():
            return made._replace(data=made.data.relu_())
        return made._replace(data=activate(made.data, self.activation))


class Conv(_Window):
    """Convolution and nonlinearity.

    Spec:
        ``C(s|t|r|l|lr|m|p|n|g|w)[{name}]<y>,<x>,<d>[,<sy>,<sx>][,<dy>,<dx>]``: window,
        outputs, strides, dilations.

    Shape:
        ``(N, C, H, W)`` -> ``(N, d, (H-1)//sy + 1, (W-1)//sx + 1)`` for odd windows.

    Invariant:
        A line's output does not depend on how far its batch was padded.

    Attributes:
        border: What stands beyond the border of a line instead of zeros, if anything.
    """

    pattern = re.compile(f"C{ACTIVATION}{NAME}{_WINDOW},(?P<d>\\d+){_TAIL}", re.ASCII)
    examples: ClassVar = (
        "Cr3,3,8",
        "Ct{stem}2,2,4",
        "Cs3,5,4,2,3",
        "Clr3,3,4,1,1,2,2",
        "Cm1,1,4",
        "Cg1,1,4",
        "Cp4,2,4,1,2",
        "Cn1,3,4",
        "Cw3,3,4,2,2",
        "Cl1,1,4,2,2",
    )
    border: Border | None = None

    @classmethod
    def build(cls, site: Site, given: Shape) -> Conv:
        """A convolution over `given` channels."""
        d, bias = site.size("d"), not _useless_bias(site)
        conv = nn.Conv2d(given.channels, d, *_geometry(site), bias=bias)
        return cls(conv, site.text("act"))

    def forward(self, frames: Frames) -> Frames:
        """Convolve; a 1x1 window is a product over channels."""
        if self.kernel == self.stride == (1, 1):
            return self._product(frames)
        return self.finish(self._convolved(frames), frames)

    def linear(self, frames: Frames) -> Frames:
        """What the nonlinearity is applied to."""
        return self.emit(self._convolved(frames), frames)

    def _convolved(self, frames: Frames) -> Tensor:
        data = at_least(frames, self.reach(1) - 2 * self.padding[1])
        if self.border is not None:
            return self.border.convolve(data, cast("nn.Conv2d", self.conv), frames)
        made: Tensor = self.conv(data)
        return made

    def _product(self, frames: Frames) -> Frames:
        weight = self.conv.weight.flatten(1)
        rows = functional.linear(pixels(frames.data), weight, self.conv.bias)
        data = activate(rows, self.activation, channels=3).permute(0, 3, 1, 2)
        return self.emit(data, frames)


class Depthwise(_Window):
    """Convolution of each channel on its own, and nonlinearity (linear when not given).

    Spec:
        ``Dw[f][{name}]<y>,<x>[,<sy>,<sx>][,<dy>,<dx>]``: as ``C``, channels are kept.

    Shape:
        ``(N, C, H, W)`` -> ``(N, C, (H-1)//sy + 1, (W-1)//sx + 1)`` for odd windows.

    Invariant:
        A line's output does not depend on how far its batch was padded.
    """

    pattern = re.compile(f"Dw{ACTIVATION}?{NAME}{_WINDOW}{_TAIL}", re.ASCII)
    examples: ClassVar = ("Dw1,9", "Dwl3,3", "Dwr{mix}3,5,2,2", "Dws3,3,1,1,2,2")

    @classmethod
    def build(cls, site: Site, given: Shape) -> Depthwise:
        """One kernel for each of the `given` channels."""
        c = given.channels
        conv = nn.Conv2d(c, c, *_geometry(site), groups=c, bias=not _useless_bias(site))
        return cls(conv, site.text("act", "l"))

    def forward(self, frames: Frames) -> Frames:
        """Convolve each channel."""
        data = at_least(frames, self.reach(1) - 2 * self.padding[1])
        return self.finish(self.conv(data), frames)


class Transposed(_Window):
    """Transposed convolution and nonlinearity, for heat maps as fine as their image.

    Spec:
        ``CT(f)[{name}]<y>,<x>,<d>[,<sy>,<sx>][,<dy>,<dx>]``: as ``C``, strides enlarge.

    Shape:
        ``(N, C, H, W)`` -> ``(N, d, (H-1)*sy + 1, (W-1)*sx + 1)`` for odd windows; at the
        end of a parallel branch the size of the first branch.

    Invariant:
        A line's output does not depend on how far its batch was padded.

    Source:
        kraken ``ActConv2D`` with ``transposed``.
    """

    pattern = re.compile(f"CT{ACTIVATION}{NAME}{_WINDOW},(?P<d>\\d+){_TAIL}", re.ASCII)
    examples: ClassVar = ("CTr3,3,4,2,2", "CTl{up}2,2,4,2,2", "CTs3,3,4", "CTt5,3,4,3,2,2,1")

    @classmethod
    def build(cls, site: Site, given: Shape) -> Transposed:
        """A transposed convolution over `given` channels."""
        at = _geometry(site, odd=False)
        conv = nn.ConvTranspose2d(
            given.channels,
            site.size("d"),
            at.kernel,
            at.stride,
            at.padding,
            dilation=at.dilation,
        )
        return cls(conv, site.text("act"))

    def size(self, size: W, axis: int) -> W:
        """Output size along `axis`; nothing grows out of nothing."""
        grown = (size - 1) * self.stride[axis] - 2 * self.padding[axis] + self.reach(axis)
        if isinstance(grown, int):
            return max(0, grown) if size > 0 else 0
        return grown.clamp(min=0) * (size > 0)

    def forward(self, frames: Frames) -> Frames:
        """Enlarge by the strides."""
        data = at_least(frames, 2 * self.padding[1] // self.stride[1] + 1)
        return self.finish(self.conv(data), frames)

    def forward_like(self, frames: Frames, like: Frames) -> Frames:
        """Enlarge to the height and the widths of `like`."""
        data = at_least(frames, 2 * self.padding[1] // self.stride[1] + 1)
        missing = [
            like.data.shape[2 + axis] - self.size(data.shape[2 + axis], axis) for axis in (0, 1)
        ]
        extra = [min(max(0, m), s - 1) for m, s in zip(missing, self.stride, strict=True)]
        conv = cast("nn.ConvTranspose2d", self.conv)
        made = functional.conv_transpose2d(
            data, conv.weight, conv.bias, self.stride, self.padding, extra, 1, self.dilation
        )
        down, right = (m - e for m, e in zip(missing, extra, strict=True))
        fitted = functional.pad(made, (0, right, 0, down)) if down or right else made
        return Frames(activate(fitted, self.activation), like.widths, like.narrowest).blanked()


class _Geometry(NamedTuple):
    """Kernel, stride, padding and dilation for y and x."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair


def _geometry(site: Site, *, odd: bool = True) -> _Geometry:
    kernel = (site.size("y"), site.size("x"))
    if odd and not site.has("sy"):
        kernel = (kernel[0] // 2 * 2 + 1, kernel[1] // 2 * 2 + 1)
    dilation = (site.size("dy"), site.size("dx"))
    padding = (dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2)
    return _Geometry(kernel, (site.size("sy"), site.size("sx")), padding, dilation)


def _useless_bias(site: Site) -> bool:
    return site.normed and site.text("act", "l") == "l"
