"""Two-dimensional LSTMs that read the image from its four corners.

Source: ``NetworkBuilder::ParseLSTM`` (``L2``) and ``LSTM``, tesseract 5.x: the cell keeps the
state of the left or of the upper neighbour, whichever has the larger gate.
"""

from __future__ import annotations

import re
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.ops.base import NAME, Op, Shape, Site

_CLIP = 100.0
"""Tesseract's bound on cell states."""


class QuadLSTM(Op):
    """Four 2-D LSTMs: plain, x reversed, both reversed, y reversed.

    Spec:
        ``L2(xy|yx)[{name}]<n>``: hidden units of each; ``xy`` swaps the axes around it.

    Shape:
        ``(N, C, H, W)`` -> ``(N, 4*n, H, W)``.

    Invariant:
        A line's output does not depend on how far its batch was padded.
    """

    pattern = re.compile(rf"L2(?P<axes>xy|yx){NAME}(?P<n>\d+)", re.ASCII)
    examples: ClassVar = ("L2xy3", "L2yx{corners}2")

    def __init__(self, channels: int, units: int, *, swapped: bool) -> None:
        super().__init__()
        self.units = units
        self.swapped = swapped
        self.cells = nn.ModuleList(GridLSTM(channels, units) for _ in range(4))

    @classmethod
    def build(cls, site: Site, given: Shape) -> QuadLSTM:
        """Four cells over `given` channels."""
        return cls(given.channels, site.size("n"), swapped=site.text("axes") == "xy")

    def shape(self, given: Shape) -> Shape:
        """Four times the units."""
        return given._replace(channels=4 * self.units)

    def forward(self, frames: Frames) -> Frames:
        """Scan from four corners; the line's own right end is a corner."""
        outs = []
        for cell, (across, down) in zip(
            self.cells, ((False, False), (True, False), (True, True), (False, True)), strict=True
        ):
            turn_columns, turn_rows = (down, across) if self.swapped else (across, down)
            data = _turned(frames, frames.data, turn_columns, turn_rows)
            grid = data.permute(0, 3, 2, 1) if self.swapped else data.permute(0, 2, 3, 1)
            out = cell(grid)
            out = out.permute(0, 3, 2, 1) if self.swapped else out.permute(0, 3, 1, 2)
            outs.append(_turned(frames, out, turn_columns, turn_rows))
        return self.emit(torch.cat(outs, 1), frames)


class GridLSTM(nn.Module):
    """One 2-D LSTM from the upper left; all cells of a diagonal at once.

    Rows of the weights: cell input, input gate, forget gate (left), output gate, forget
    gate (up). Columns: input, left output, upper output.
    """

    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.units = units
        self.enter = nn.Linear(channels, 5 * units)
        self.recur = nn.Linear(2 * units, 5 * units, bias=False)

    def forward(self, grid: Tensor) -> Tensor:
        """``(N, H, W, C)`` -> ``(N, H, W, units)``."""
        n, h, w, _ = grid.shape
        given = self.enter(grid)
        rows = torch.arange(h, device=grid.device)
        hidden = cell = given.new_zeros(n, h, self.units)
        outs = []
        for diagonal in range(h + w - 1):
            column = diagonal - rows
            inside = ((column >= 0) & (column < w))[:, None]
            step = given[:, rows, column.clamp(0, w - 1)]
            above = functional.pad(hidden, (0, 0, 1, -1))
            gates = step + self.recur(torch.cat((hidden, above), 2))
            new, enter, left, leave, up = gates.chunk(5, 2)
            left, up = torch.sigmoid(left), torch.sigmoid(up)
            takes_up = (left < up) & (rows > 0)[:, None]
            cell_above = functional.pad(cell, (0, 0, 1, -1))
            kept = torch.where(takes_up, cell_above * up, cell * left)
            cell = (kept + torch.tanh(new) * torch.sigmoid(enter)).clamp(-_CLIP, _CLIP) * inside
            hidden = (torch.tanh(cell) * torch.sigmoid(leave)).to(given.dtype)
            outs.append(hidden)
        columns = torch.arange(w, device=grid.device)
        return torch.stack(outs, 1)[:, rows[:, None] + columns, rows[:, None]]


def _turned(frames: Frames, data: Tensor, columns: bool, rows: bool) -> Tensor:
    """``(N, C, H, W)`` with each line's own columns, and rows, in reverse."""
    if rows:
        data = data.flip(2)
    return turned_columns(Frames(data, frames.widths, frames.narrowest)) if columns else data


def turned_columns(frames: Frames) -> Tensor:
    """``(N, C, H, W)`` with the columns of each line reversed; padding stays last."""
    data = frames.data
    if not frames.padded:
        return data.flip(3)
    at = torch.arange(data.shape[3], device=data.device)
    mirrored = frames.widths[:, None] - 1 - at
    index = torch.where(mirrored >= 0, mirrored, at)
    return data.gather(3, index[:, None, None, :].expand(data.shape))
