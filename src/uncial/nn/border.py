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
    """New noise in each batch, for training; drawn as that of dropout is."""

    def begin(self, lines: int) -> None:
        """Nothing to prepare."""

    def add(self, data: Tensor, conv: nn.Conv2d, frames: Frames) -> Tensor:
        """See `Border`; only the rows and columns at the border are computed."""
        n, _, height, width = data.shape
        (up, left) = (int(size) for size in conv.padding)
        rows = [y for y in range(height) if y < up or y >= height - up]
        inner = [y for y in range(height) if up <= y < height - up]
        everywhere = torch.arange(width, device=data.device).expand(n, width)
        data = self._strip(data, conv, frames, rows, everywhere)
        first = everywhere[:, :left]
        data = self._strip(data, conv, frames, inner, first)
        last = frames.widths.to(data.device)[:, None] - left + torch.arange(left).to(data.device)
        return self._strip(data, conv, frames, inner, last, least=left)

    def _strip(
        self,
        data: Tensor,
        conv: nn.Conv2d,
        frames: Frames,
        rows: list[int],
        columns: Tensor,
        least: int = 0,
    ) -> Tensor:
        """Add what noise makes of some rows and, for each line, some columns from `least` on."""
        if not rows or not columns.shape[1]:
            return data
        n, _, height, width = data.shape
        channels, (high, wide) = conv.in_channels, conv.kernel_size
        y = torch.tensor(rows, device=data.device)
        at_y = y[:, None] + torch.arange(high, device=data.device) - high // 2
        at_x = columns[..., None] + torch.arange(wide, device=data.device) - wide // 2
        beyond_y = (at_y < 0) | (at_y >= height)  # (R, high)
        beyond_x = (at_x < 0) | (at_x >= frames.widths.to(data.device)[:, None, None])
        beyond = beyond_y[None, :, None, :, None] | beyond_x[:, None, :, None, :]
        beyond = beyond & (columns >= least)[:, None, :, None, None]
        size = (n, len(rows), columns.shape[1], channels, high, wide)
        drawn = torch.rand(size, generator=noise()).to(data)
        filled = (2 * drawn - 1) * beyond[:, :, :, None]
        made = filled.flatten(3) @ conv.weight.flatten(1).T.to(data)  # (N, R, K, D)
        made = made.permute(0, 3, 1, 2)
        index = columns.clamp(0, width - 1)[:, None, None, :].expand(made.shape)
        full = made.new_zeros((*made.shape[:3], width)).scatter_add(3, index, made)
        return data.index_add(2, y, full)


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

    def add(self, data: Tensor, conv: nn.Conv2d, frames: Frames) -> Tensor:
        """See `Border`."""
        streams = self._streams[threading.get_ident()]
        weight = conv.weight.detach().float().cpu().numpy().transpose(3, 2, 1, 0)
        matrix = np.ascontiguousarray(weight.reshape(-1, conv.out_channels))
        size = (conv.kernel_size[0], conv.kernel_size[1])
        for line, width, stream in zip(data, frames.widths.tolist(), streams, strict=True):
            height = line.shape[1]
            positions, windows = _drawn(stream, height, width, conv.in_channels, size)
            made = torch.from_numpy(windows @ matrix).to(line)
            y, x = (torch.from_numpy(at).to(line.device) for at in positions)
            line[:, y, x] += made.T
        return data


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
