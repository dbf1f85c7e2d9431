"""Recurrent ops: scan a feature map along one image axis.

Packed sequences would bypass oneDNN and take twice the time on a CPU; instead, a scan
against the reading direction turns every line around within its own width, so that
padding always comes last and cannot be seen.

Source: ``NetworkBuilder::ParseLSTM``, tesseract 5.x; kraken ``TransposedSummarizingRNN``.
"""

from __future__ import annotations

import re
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.ops.base import NAME, Op, Shape, Site, W

_SCAN = r"(?P<direction>[frb])(?P<axis>[xy])(?P<summarize>s?)"


class _AxisScan(Op):
    """Runs one or two cells along rows or columns.

    Attributes:
        ahead: The cell that goes with the axis, ``(T, B, C)`` -> ``(T, B, n)``, if any.
        back: The cell that goes against it, if any.
    """

    def __init__(
        self, ahead: nn.Module | None, back: nn.Module | None, units: int, site: Site
    ) -> None:
        super().__init__()
        self.ahead = ahead
        self.back = back
        self.outputs = units * (2 if ahead and back else 1)
        self.axis = site.text("axis")
        self.summarize = site.has("summarize")
        self.ones = site.has("legacy")

    def shape(self, given: Shape) -> Shape:
        """Outputs of all cells; a summary has size 1 along its axis."""
        height = 1 if self.summarize and self.axis == "y" else given.height
        width = 1 if self.summarize and self.axis == "x" else given.width
        return Shape(self.outputs, height, width)

    def widths(self, widths: W) -> W:
        """A summary along x is one column wide."""
        if not (self.summarize and self.axis == "x"):
            return widths
        return min(widths, 1) if isinstance(widths, int) else widths.clamp(max=1)

    def forward(self, frames: Frames) -> Frames:
        """Scan each row (``x``) or column (``y``) on its own."""
        data = frames.data
        # Time first, then sequences: (W, N, H, C) or (H, N, W, C).
        order = (3, 0, 2, 1) if self.axis == "x" else (2, 0, 3, 1)
        steps = data.permute(order)
        if self.ones:
            steps = functional.pad(steps, (1, 0), value=1.0)
        t, n, lines, c = steps.shape
        lengths = None
        if self.axis == "x" and frames.padded:
            lengths = frames.widths.repeat_interleave(lines)
        out = self._scan(steps.reshape(t, n * lines, c), lengths)
        made = out.reshape(-1, n, lines, self.outputs)
        back = (1, 3, 2, 0) if self.axis == "x" else (1, 3, 0, 2)
        return self.emit(made.permute(back), frames)

    def _scan(self, steps: Tensor, lengths: Tensor | None) -> Tensor:
        """Run the cells over ``(T, B, C)``; ``(T, B, outputs)``, T = 1 for a summary."""
        outs = []
        if self.ahead is not None:
            out = _steps(self.ahead, steps)
            outs.append(_last(out, lengths) if self.summarize else out)
        if self.back is not None:
            out = _steps(self.back, _turn(steps, lengths))
            outs.append(_last(out, lengths) if self.summarize else _turn(out, lengths))
        return outs[0] if len(outs) == 1 else torch.cat(outs, 2)


class AxisLSTM(_AxisScan):
    """LSTM along rows or columns, optionally keeping only its last step.

    Spec:
        ``L(f|r|b)(x|y)[s][c|o][{name}]<n>``: forward, reverse or both; axis to scan; ``s``
        to summarize; hidden units. ``Lfys64`` folds the height away. ``c`` and ``o`` are
        kraken's readings of clstm and ocropy models: a constant 1 before the input instead
        of biases, and with ``o`` peepholes.

    Shape:
        ``(N, C, H, W)`` -> ``(N, D*n, H, W)``, D = 2 for ``b``, else 1.
        With ``s`` the scanned axis becomes 1.

    Invariant:
        A line's output does not depend on how far its batch was padded.
    """

    pattern = re.compile(rf"L{_SCAN}(?P<legacy>[co]?){NAME}(?P<n>\d+)", re.ASCII)
    examples: ClassVar = (
        "Lfx4",
        "Lrx4",
        "Lbx{read}4",
        "Lfys4",
        "Lby4",
        "Lrys4",
        "Lbxs4",
        "Lrxs4",
        "Lbxc4",
        "Lbxo4",
    )

    @classmethod
    def build(cls, site: Site, given: Shape) -> AxisLSTM:
        """Cells over `given` channels."""
        units = site.size("n")
        legacy = site.text("legacy")
        inputs = given.channels + bool(legacy)

        def cell() -> nn.Module:
            if legacy == "o":
                return PeepholeLSTM(inputs, units)
            return nn.LSTM(inputs, units, bias=not legacy)

        return cls(*_cells(site, cell(), cell()), units, site)


class AxisGRU(_AxisScan):
    """GRU along rows or columns, optionally keeping only its last step.

    Spec:
        ``G(f|r|b)(x|y)[s][{name}]<n>``: as ``L``. On a CPU slower than an LSTM.

    Shape:
        ``(N, C, H, W)`` -> ``(N, D*n, H, W)``, D = 2 for ``b``, else 1.

    Invariant:
        A line's output does not depend on how far its batch was padded.
    """

    pattern = re.compile(rf"G{_SCAN}{NAME}(?P<n>\d+)", re.ASCII)
    examples: ClassVar = ("Gfx4", "Gbx4", "Gbys{fold}4", "Grx4")

    @classmethod
    def build(cls, site: Site, given: Shape) -> AxisGRU:
        """Cells over `given` channels."""
        c, units = given.channels, site.size("n")
        return cls(*_cells(site, nn.GRU(c, units), nn.GRU(c, units)), units, site)


class PeepholeLSTM(nn.Module):
    """LSTM whose gates see the cell state, step by step; for old ocropy models.

    Source:
        kraken ``PeepholeLSTMCell``; gates in the order input, forget, cell, output.
    """

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.weight_ih = nn.Parameter(torch.empty(4 * units, inputs).uniform_(-0.1, 0.1))
        self.weight_hh = nn.Parameter(torch.empty(4 * units, units).uniform_(-0.1, 0.1))
        self.peepholes = nn.Parameter(torch.empty(3, units).uniform_(-0.1, 0.1))

    def forward(self, steps: Tensor) -> tuple[Tensor, None]:
        """``(T, B, C)`` -> ``(T, B, units)``."""
        given = functional.linear(steps, self.weight_ih)
        hidden = cell = given.new_zeros(given.shape[1], self.weight_hh.shape[1])
        peep_in, peep_forget, peep_out = self.peepholes
        outs = []
        for step in given:
            gates = step + functional.linear(hidden, self.weight_hh)
            enter, forget, new, leave = gates.chunk(4, 1)
            kept = torch.sigmoid(forget + peep_forget * cell) * cell
            cell = kept + torch.sigmoid(enter + peep_in * cell) * torch.tanh(new)
            hidden = torch.sigmoid(leave + peep_out * cell) * torch.tanh(cell)
            hidden = hidden.to(given.dtype)
            outs.append(hidden)
        return torch.stack(outs), None


def _cells(
    site: Site, ahead: nn.Module, back: nn.Module
) -> tuple[nn.Module | None, nn.Module | None]:
    direction = site.text("direction")
    return ahead if direction in "fb" else None, back if direction in "rb" else None


def _steps(cell: nn.Module, steps: Tensor) -> Tensor:
    return cast("Tensor", cell(steps)[0])


def _turn(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """Reverse each sequence of ``(T, B, C)`` within its own length; padding stays put."""
    if lengths is None:
        return steps.flip(0)
    t, b, _ = steps.shape
    at = torch.arange(t, device=steps.device)[:, None]
    mirrored = lengths - 1 - at
    index = torch.where(mirrored >= 0, mirrored, at) * b + torch.arange(b, device=steps.device)
    return steps.flatten(0, 1).index_select(0, index.flatten()).view(steps.shape)


def _last(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """The last step of each sequence of ``(T, B, C)``, ``(1, B, C)``."""
    if lengths is None:
        return steps[-1:]
    at = (lengths - 1).clamp(min=0)
    return steps[at, torch.arange(steps.shape[1], device=steps.device)][None]
