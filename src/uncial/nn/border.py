"""Noise beyond the border of a line, as Tesseract's convolutions see it.

Tesseract's windows that reach beyond an image find a random number between -1 and 1 there, a new
one each time they look. A network that is to be read by Tesseract has to learn with such noise;
one that Tesseract trained gives Tesseract's own probabilities only with the same numbers.

Source: tesseract 5.x ``src/lstm/convolve.cpp``.
"""

from __future__ import annotations

import threading

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.build import Network
from uncial.nn.frames import Frames
from uncial.nn.noise import noise
from uncial.nn.ops.base import Border
from uncial.nn.ops.conv import Conv
from uncial.nn.tesseract.noise import Noise


def set_border(network: Network, border: Border | None) -> None:
    """Let the convolutions of a network see something beyond the border; None: zeros.

    Dilated convolutions and those with strides, which Tesseract lacks, keep their zeros.
    """
    network.border = border
    for op in network.modules():
        if isinstance(op, Conv) and op.stride == op.dilation == (1, 1) and max(op.kernel) > 1:
            op.border = border


class RandomBorder:
    """New noise in each batch, for training; drawn as that of dropout is.

    Windows that reach beyond the border at the same place see the same number there, unlike
    Tesseract's, for each of which a new one is drawn.
    """

    def begin(self, lines: int) -> None:
        """Nothing to prepare."""

    def convolve(self, data: Tensor, conv: nn.Conv2d, frames: Frames) -> Tensor:
        """See `Border`."""
        up, left = (int(size) for size in conv.padding)
        above, below = (_drawn_like(data, 2, up) for _ in range(2))
        high = torch.cat([above, data, below], 2) if up else data
        before, behind = (_drawn_like(high, 3, left) for _ in range(2))
        around = torch.cat([before, high, torch.zeros_like(behind)], 3) if left else high
        if left:
            ends = (frames.widths.to(data.device) + left)[:, None] + torch.arange(
                left, device=data.device
            )
            index = ends[:, None, None].expand_as(behind)
            around = around.scatter(3, index, behind)
        return functional.conv2d(around, conv.weight, conv.bias)


def _drawn_like(data: Tensor, axis: int, size: int) -> Tensor:
    """Noise of the shape of `data`, but for its size along one axis."""
    shape = (*data.shape[:axis], size, *data.shape[axis + 1 :])
    return 2 * torch.rand(shape, generator=noise()).to(data) - 1


class SeededBorder:
    """The very numbers that Tesseract draws for each line, for reading.

    Args:
        sample_iteration: Of the stored network; it seeds them.
    """

    def __init__(self, sample_iteration: int) -> None:
        self.sample_iteration = sample_iteration
        self._streams: dict[int, list[Noise]] = {}  # by thread: batches are read side by side

    def begin(self, lines: int) -> None:
        """Each line begins the same stream anew."""
        streams = [Noise(self.sample_iteration) for _ in range(lines)]
        self._streams[threading.get_ident()] = streams

    def convolve(self, data: Tensor, conv: nn.Conv2d, frames: Frames) -> Tensor:
        """See `Border`."""
        made: Tensor = conv(data)
        streams = self._streams[threading.get_ident()]
        weight = conv.weight.detach().float().cpu().numpy().transpose(3, 2, 1, 0)
        matrix = np.ascontiguousarray(weight.reshape(-1, conv.out_channels))
        size = (conv.kernel_size[0], conv.kernel_size[1])
        for line, width, stream in zip(made, frames.widths.tolist(), streams, strict=True):
            height = line.shape[1]
            positions, windows = _drawn(stream, height, width, conv.in_channels, size)
            seen = torch.from_numpy(windows @ matrix).to(line)
            y, x = (torch.from_numpy(at).to(line.device) for at in positions)
            line[:, y, x] += seen.T
        return made


def _drawn(
    stream: Noise, height: int, width: int, channels: int, size: tuple[int, int]
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]:
    """Positions at the border, row by row, and their windows with noise where they reach out.

    Windows are ``(P, wide * high * channels)``, columns slowest, 0 inside of the line.
    """
    up, left = size[0] // 2, size[1] // 2
    inside = np.pad(np.ones((height, width), bool), ((up, up), (left, left)))
    outside = ~sliding_window_view(inside, size).transpose(0, 1, 3, 2)
    y, x = np.nonzero(outside.any(axis=(2, 3)))
    reach = outside[y, x]  # (P, wide, high)
    windows = np.zeros((*reach.shape, channels), np.float32)
    windows[reach] = stream.reals(int(reach.sum()) * channels).reshape(-1, channels)
    return (y, x), windows.reshape(len(y), -1)
