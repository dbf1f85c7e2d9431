"""Lines of any length for an encoder that sees squares: tiles that overlap, joined at seams.

A line is laid in tiles from left to right, each beginning before the one on its left ends. The
encoder sees every tile whole; of what it says, each tile gives the columns up to the middle of
the overlap, so that every column of the line stands there once, seen with what is around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from uncial.nn.frames import Frames


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """How lines are cut.

    Attributes:
        height: Of a tile in px, which is that of prepared lines.
        width: Of a tile in px.
        columns: That the encoder makes of a tile's width.
        shared: Columns that a tile has in common with the next one; even.
    """

    height: int
    width: int
    columns: int
    shared: int

    @property
    def column(self) -> int:
        """Width of a column in px."""
        return self.width // self.columns

    @property
    def step(self) -> int:
        """From the beginning of a tile to that of the next, px."""
        return (self.columns - self.shared) * self.column

    def count(self, width: int) -> int:
        """Tiles of a line of some width in px, at least one."""
        return 1 + max(0, -(-(width - self.width) // self.step))

    def kept(self, tile: int, count: int) -> tuple[int, int]:
        """The first column that a tile gives, and the one behind the last."""
        half = self.shared // 2
        first = half if tile else 0
        return first, self.columns - (half if tile + 1 < count else 0)


def tiles_of(frames: Frames, tiling: Tiling) -> tuple[Tensor, list[int]]:
    """Every tile of a batch of lines.

    Args:
        frames: ``(N, 1, H, W)`` of the tiling's height, paper 0.
        tiling: How to cut.

    Returns:
        ``(M, 1, H, tile)`` line after line, paper where a line has ended, and how many tiles
        each line has.
    """
    data = frames.blanked().data
    counts = [tiling.count(width) for width in frames.widths.tolist()]
    made = data.new_zeros(sum(counts), data.shape[1], tiling.height, tiling.width)
    at = 0
    for line, count in zip(data, counts, strict=True):
        for tile in range(count):
            start = tile * tiling.step
            part = line[:, :, start : start + tiling.width]
            made[at, :, :, : part.shape[2]] = part
            at += 1
    return made, counts


def place_signal(tile: int, size: int) -> Tensor:
    """``(size,)`` what tells the columns of a tile from those of the first, which is all zeros.

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5, less its value at 0.
    """
    rates = 10_000 ** (-torch.arange(size // 2, dtype=torch.float32) / max(1, size // 2))
    signal = torch.zeros(size)
    signal[: len(rates)] = torch.sin(tile * rates)
    signal[len(rates) : 2 * len(rates)] = torch.cos(tile * rates) - 1
    return signal
