"""Pooling: the largest value of a window, or of a column.

Source: ``NetworkBuilder::ParseM`` and ``Maxpool``, tesseract 5.x; kraken ``MaxPool``;
``Mh`` is ours.
"""

from __future__ import annotations

import re
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.ops.base import NAME, Op, Shape, Site, W, at_least, windows


class MaxPool(Op):
    """Maximum over windows; a remainder that fills no window is dropped.

    Spec:
        ``Mp[{name}]<y>,<x>[,<sy>,<sx>]``: window, and strides where they differ from it.

    Shape:
        ``(N, C, H, W)`` -> ``(N, C, (H-y)//sy + 1, (W-x)//sx + 1)``.

    Invariant:
        No window reaches beyond a line's own width.
    """

    pattern = re.compile(rf"Mp{NAME}(?P<y>\d+),(?P<x>\d+)(?:,(?P<sy>\d+),(?P<sx>\d+))?", re.ASCII)
    examples: ClassVar = ("Mp2,2", "Mp{half}3,3", "Mp4,2,4,2", "Mp2,3,1,1")

    def __init__(self, window: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        self.window = window
        self.stride = stride

    @classmethod
    def build(cls, site: Site, given: Shape) -> MaxPool:
        """Pooling; `given` plays no part."""
        y, x = site.size("y"), site.size("x")
        return cls((y, x), (site.size("sy", y), site.size("sx", x)))

    def shape(self, given: Shape) -> Shape:
        """Windows that fit."""
        height = given.height and windows(given.height, self.window[0], self.stride[0])
        return Shape(given.channels, height, given.width and self.widths(given.width))

    def widths(self, widths: W) -> W:
        """Windows that fit."""
        return windows(widths, self.window[1], self.stride[1])

    def forward(self, frames: Frames) -> Frames:
        """Take the maximum of every window."""
        data = at_least(frames, self.window[1])
        if data.dtype == torch.uint8:  # torch's kernel refuses bytes
            rows = _largest(data, 2, self.window[0], self.stride[0])
            return self.emit(_largest(rows, 3, self.window[1], self.stride[1]), frames)
        return self.emit(functional.max_pool2d(data, self.window, self.stride), frames)


class HeightPool(Op):
    """Maximum over the whole height of every column.

    Spec:
        ``Mh[{name}]``

    Shape:
        ``(N, C, H, W)`` -> ``(N, C, 1, W)``.
    """

    pattern = re.compile(f"Mh{NAME}", re.ASCII)
    examples: ClassVar = ("Mh", "Mh{columns}")

    @classmethod
    def build(cls, site: Site, given: Shape) -> HeightPool:
        """Column pooling; neither argument plays a part."""
        return cls()

    def shape(self, given: Shape) -> Shape:
        """Height 1."""
        return given._replace(height=1)

    def forward(self, frames: Frames) -> Frames:
        """Take the maximum of every column."""
        height = frames.data.shape[2]
        return self.emit(functional.max_pool2d(frames.data, (height, 1)), frames)


def _largest(data: Tensor, axis: int, window: int, stride: int) -> Tensor:
    """Maximum over windows along one axis."""
    count = windows(data.shape[axis], window, stride)
    if not count:
        return data.narrow(axis, 0, 0)
    reach = (count - 1) * stride + 1
    places = [
        data.movedim(axis, 0)[at : at + reach : stride].movedim(0, axis) for at in range(window)
    ]
    result = places[0]
    for place in places[1:]:
        result = torch.maximum(result, place)
    return result
