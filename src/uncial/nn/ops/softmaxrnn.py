"""Tesseract's LSTM with a built-in softmax whose output is fed back.

Source: ``NT_LSTM_SOFTMAX`` and ``NT_LSTM_SOFTMAX_ENCODED`` of ``LSTM``, tesseract 5.x.
"""

from __future__ import annotations

import re
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.ops.base import NAME, Op, Shape, Site


class SoftmaxLSTM(Op):
    """Forward LSTM that sees what it last put out; a head.

    Spec:
        ``L(S|E)[{name}]<n>``: hidden units; ``E`` feeds back the bits of the best label's
        number, lowest first, instead of all probabilities.

    Shape:
        ``(N, C, H, W)`` -> ``(N, labels, H, W)`` logits. The feedback runs on from row to
        row, the state starts anew.

    Invariant:
        A line's output does not depend on how far its batch was padded.
    """

    pattern = re.compile(rf"L(?P<kind>[SE]){NAME}(?P<n>\d+)", re.ASCII)
    examples: ClassVar = ("LS4", "LE{read}4")
    head = True

    def __init__(self, channels: int, units: int, labels: int, *, bits: bool) -> None:
        super().__init__()
        self.bits = bits
        self.labels = labels
        feedback = max(1, (labels - 1).bit_length()) if bits else labels
        # Rows: cell input, input gate, forget gate, output gate.
        self.enter = nn.Linear(channels, 4 * units)
        self.recur = nn.Linear(feedback + units, 4 * units, bias=False)
        self.out = nn.Linear(units, labels)

    @classmethod
    def build(cls, site: Site, given: Shape) -> SoftmaxLSTM:
        """Needs to be told the number of labels."""
        if site.labels is None:
            raise site.fail("this head does not say how many labels it has", "give the labels")
        bits = site.text("kind") == "E"
        return cls(given.channels, site.size("n"), site.labels, bits=bits)

    def shape(self, given: Shape) -> Shape:
        """One channel for each label."""
        return given._replace(channels=self.labels)

    def forward(self, frames: Frames) -> Frames:
        """Scan the rows one after the other."""
        given = self.enter(frames.data.permute(2, 3, 0, 1))
        _, w, n, _ = given.shape
        valid = torch.arange(w, device=given.device)[:, None] < frames.widths
        fed = given.new_zeros(n, self.recur.in_features - self.out.in_features)
        rows = []
        for row in given:
            hidden = cell = given.new_zeros(n, self.out.in_features)
            outs = []
            for step, reads in zip(row, valid, strict=True):
                gates = step + self.recur(torch.cat((fed, hidden), 1))
                new, enter, forget, leave = gates.chunk(4, 1)
                cell = cell * torch.sigmoid(forget) + torch.tanh(new) * torch.sigmoid(enter)
                cell = cell.clamp(-100, 100)
                hidden = (torch.tanh(cell) * torch.sigmoid(leave)).to(given.dtype)
                logits = self.out(hidden)
                fed = torch.where(reads[:, None], self._feedback(logits).to(fed.dtype), fed)
                outs.append(logits)
            rows.append(torch.stack(outs))
        return self.emit(torch.stack(rows).permute(2, 3, 0, 1), frames, fresh=False)

    def _feedback(self, logits: Tensor) -> Tensor:
        if not self.bits:
            return functional.softmax(logits, 1)
        width = self.recur.in_features - self.out.in_features
        places = torch.arange(width, device=logits.device)
        return (logits.argmax(1, keepdim=True) >> places & 1).float()
