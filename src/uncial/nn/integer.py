"""Reading in 8-bit integers: convolutions as the processor multiplies them fastest.

Weights get one scale for each output channel, activations one for each layer, from the ranges
that `input_ranges` saw on training lines. A convolution whose successor is a convolution too
hands its output on as integers; between them only poolings and reshapings may stand, which
move values and change none. Recurrences, norms and heads stay as they are. On processors with
8-bit dot products (VNNI) a convolution takes half the time that it takes in bfloat16.

Source: Jacob et al. 2018, arXiv:1712.05877 (affine quantization); kernels of oneDNN through
``torch.ops.onednn``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from uncial.nn.build import Network
from uncial.nn.frames import Frames
from uncial.nn.ops.base import Op, Shape, Site, W, at_least, pixels
from uncial.nn.ops.conv import Conv
from uncial.nn.ops.drop import Dropout
from uncial.nn.ops.graph import Series
from uncial.nn.ops.pool import MaxPool
from uncial.nn.ops.reshape import FoldHeight, Identity

Range = tuple[float, float]
"""Least and greatest value that a convolution was given."""

_TOP = 255  # greatest level of an activation
_WEIGHT_TOP = 127
_POST = {"l": "none", "r": "relu", "g": "gelu"}
_MOVERS = (Identity, Dropout, MaxPool, FoldHeight)  # keep values, so integers pass through


@dataclass(frozen=True)
class Levels:
    """Real value of an 8-bit level q: ``scale * (q - zero)``.

    Attributes:
        scale: Above 0.
        zero: The level of 0, 0-255.
    """

    scale: float
    zero: int

    @classmethod
    def spanning(cls, seen: Range) -> Levels:
        """256 levels over a range, widened to hold 0, which gets a level of its own."""
        low, high = min(seen[0], 0.0), max(seen[1], 0.0)
        scale = max(high - low, 1e-8) / _TOP
        return cls(scale, min(_TOP, max(0, round(-low / scale))))

    def of(self, data: Tensor) -> Tensor:
        """Nearest levels of real values, uint8, the layout kept."""
        levels = (data.float() * (1 / self.scale)).add_(self.zero + 0.5)
        return levels.clamp_(0, _TOP + 0.5).to(torch.uint8)


class IntegerConv(Op):
    """A convolution on 8-bit integers; gives integers if its successor wants them.

    Args:
        conv: The convolution, with any norm folded in.
        given: Levels of its input.
        made: Levels of its output, None for real numbers.

    Shape:
        ``(N, C, H, W)`` real or uint8 -> as the convolution, real or uint8.
    """

    def __init__(self, conv: Conv, given: Levels, made: Levels | None) -> None:
        super().__init__()
        self.conv = conv
        self.given = given
        self.made = made
        self.blanks = conv.blanks
        self.needs_blank = conv.needs_blank
        levels, scales = weight_levels(conv)
        bias = conv.conv.bias
        self.bias = torch.zeros(len(scales)) if bias is None else bias.detach().float()
        self.scales = scales
        self.zeros = torch.zeros(len(scales), dtype=torch.int32)
        self.product = conv.kernel == conv.stride == (1, 1)
        if self.product:
            self.packed = torch.ops.onednn.qlinear_prepack(levels.flatten(1), None)
        else:
            self.packed = torch.ops.onednn.qconv_prepack(
                levels, scales, given.scale, given.zero, *self._geometry(), 1, None
            )

    @classmethod
    def build(cls, site: Site, given: Shape) -> Op:
        """It is made from a convolution with its weights."""
        raise NotImplementedError(f"{cls.__name__} has no spec text of its own")

    def shape(self, given: Shape) -> Shape:
        """As the convolution."""
        return self.conv.shape(given)

    def widths(self, widths: W) -> W:
        """As the convolution."""
        return self.conv.widths(widths)

    def forward(self, frames: Frames) -> Frames:
        """Convolve, add the bias, activate, round."""
        data = frames.data
        if not self.product:
            reach = self.conv.reach(1) - 2 * self.conv.padding[1]
            data = at_least(frames, reach)
        if data.dtype != torch.uint8:
            data = self.given.of(data)
        made = self._product(data) if self.product else self._convolved(data)
        return self.emit(made, frames)

    def _geometry(self) -> tuple[list[int], list[int], list[int]]:
        return list(self.conv.stride), list(self.conv.padding), list(self.conv.dilation)

    def _result(self) -> tuple[float, int, torch.dtype]:
        if self.made is None:
            half = torch.is_autocast_enabled("cpu")
            return 1.0, 0, torch.get_autocast_dtype("cpu") if half else torch.float32
        return self.made.scale, self.made.zero, torch.uint8

    def _convolved(self, data: Tensor) -> Tensor:
        return cast(
            "Tensor",
            torch.ops.onednn.qconv2d_pointwise(
                data.contiguous(memory_format=torch.channels_last),
                self.given.scale,
                self.given.zero,
                self.packed,
                self.scales,
                self.zeros,
                self.bias,
                *self._geometry(),
                1,
                *self._result(),
                _POST[self.conv.activation],
                [],
                "",
            ),
        )

    def _product(self, data: Tensor) -> Tensor:
        rows = pixels(data)
        made = torch.ops.onednn.qlinear_pointwise(
            rows.flatten(0, 2),
            self.given.scale,
            self.given.zero,
            self.packed,
            self.scales,
            self.zeros,
            self.bias,
            *self._result(),
            _POST[self.conv.activation],
            [],
            "none" if self.conv.activation == "g" else "",
        )
        return cast("Tensor", made).view(*rows.shape[:3], -1).permute(0, 3, 1, 2)


def weight_levels(conv: Conv) -> tuple[Tensor, Tensor]:
    """Weights of a convolution in 8 bits, ``(D, C, y, x)``, and the scale of each output."""
    weight = conv.conv.weight.detach().float()
    scales = weight.abs().amax((1, 2, 3)).clamp(min=1e-8) / _WEIGHT_TOP
    return (weight / scales[:, None, None, None]).round().to(torch.int8), scales


def input_ranges(network: Network, batches: Iterable[Frames]) -> dict[str, Range]:
    """What each convolution of a network was given, least and greatest, by its name.

    Args:
        network: Folded, for reading.
        batches: Typical lines.
    """
    seen: dict[str, Range] = {}

    def watch(name: str) -> object:
        def hook(_op: nn.Module, given: tuple[Frames]) -> None:
            low, high = (float(value) for value in given[0].data.float().aminmax())
            before = seen.get(name, (0.0, 0.0))
            seen[name] = (min(low, before[0]), max(high, before[1]))

        return hook

    hooks = [
        op.register_forward_pre_hook(watch(name))  # type: ignore[arg-type]
        for name, op in network.named_modules()
        if isinstance(op, Conv)
    ]
    try:
        with torch.inference_mode():
            for frames in batches:
                network(frames)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def in_integers(network: Network, ranges: Mapping[str, Range]) -> Network:
    """A copy of a folded network that convolves in integers wherever its ranges are known.

    Args:
        network: Folded, for reading.
        ranges: From `input_ranges` of the same network.
    """
    copy = deepcopy(network)
    for place in integer_places(copy, ranges):
        place.series._modules[place.key] = IntegerConv(place.conv, place.given, place.made)
    return copy


class Place(NamedTuple):
    """A convolution that can be done in integers.

    Attributes:
        series: It stands there.
        key: Under this name.
        conv: The convolution.
        given: Levels of its input.
        made: Levels of its output, None for real numbers.
    """

    series: Series
    key: str
    conv: Conv
    given: Levels
    made: Levels | None


def integer_places(network: Network, ranges: Mapping[str, Range]) -> list[Place]:
    """Where a folded network can convolve in integers; arguments as for `in_integers`."""
    names = {op: name for name, op in network.named_modules()}
    places = []
    for series in [module for module in network.modules() if isinstance(module, Series)]:
        for key, conv, after in _convolutions(series):
            given = _levels(conv, ranges.get(names[conv]))
            if given is not None:
                made = None if after is None else _levels(after, ranges.get(names[after]))
                places.append(Place(series, key, conv, given, made))
    return places


def _convolutions(series: Series) -> Iterator[tuple[str, Conv, Conv | None]]:
    """Every convolution of a series, with the one that takes its output as it is, if any."""
    parts = list(series._modules.items())
    for at, (key, op) in enumerate(parts):
        if isinstance(op, Conv):
            rest = (later for _, later in parts[at + 1 :] if not isinstance(later, _MOVERS))
            after = next(rest, None)
            yield key, op, after if isinstance(after, Conv) else None


def _levels(conv: Conv, seen: Range | None) -> Levels | None:
    """Levels of a convolution's input; None where it cannot be done in integers.

    A window that reaches beyond the line needs level 0 to mean 0, as its padding does.
    """
    if seen is None or conv.activation not in _POST:
        return None
    levels = Levels.spanning(seen)
    product = conv.kernel == conv.stride == (1, 1)
    if not product and (levels.zero or conv.activation == "g"):
        return None
    return levels
