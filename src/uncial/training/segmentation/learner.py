"""Losses of a segmentation network, and its batches.

Strokes and areas are learnt by cross-entropy and by overlap, heights where there is a line.

Source: Milletari et al. 2016, arXiv:1606.04797, equation 3 (overlap, "Dice").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.archive import Channel, ChannelKind
from uncial.nn.build import Network
from uncial.nn.frames import Frames

_WEIGHTS: dict[ChannelKind, float] = {
    "baseline": 1.0,
    "ends": 0.6,
    "above": 0.3,
    "below": 0.3,
    "line": 0.4,
    "region": 0.5,
}
_RARE: dict[ChannelKind, float] = {"baseline": 3.0, "ends": 6.0, "line": 3.0}
"""How much more a missed pixel costs than a false one, where such pixels are few."""
_OVERLAP = 0.5  # weight beside cross-entropy
_SMOOTH = 20.0  # px; of the overlap of what is hardly there


@dataclass(frozen=True, eq=False)
class ViewBatch:
    """Views of pages and the maps to draw of them.

    Attributes:
        frames: ``(N, 1, H, W)`` float32, ink positive, paper 0.
        targets: ``(N, C, h, w)`` float32, NaN where nothing is asked.
    """

    frames: Frames
    targets: Tensor

    @property
    def lengths(self) -> Tensor:
        """``(N,)`` channels asked of each view."""
        return self.targets.new_full((len(self.targets),), self.targets.shape[1])

    def to(self, device: torch.device) -> ViewBatch:
        """The same batch on a device."""
        if device.type == "cpu":
            return self
        data, widths, narrowest = self.frames
        frames = Frames(data.to(device), widths.to(device), narrowest)
        return ViewBatch(frames, self.targets.to(device))


class MapLearner(nn.Module):
    """A segmentation network with its loss: what one training thread runs.

    Args:
        network: In training.
        channels: What it puts out.
    """

    def __init__(self, network: Network, channels: Sequence[Channel]) -> None:
        super().__init__()
        self.network = network
        self.channels = tuple(channels)

    def forward(self, batch: ViewBatch, *, ending: bool = False) -> tuple[Tensor, Tensor]:
        """Loss to minimize, and the same without its gradient.

        Args:
            batch: Views.
            ending: Plays no part.
        """
        logits = self.network(batch.frames).data.float()
        parts = [
            _WEIGHTS[channel.kind] * _loss(channel, logits[:, at], batch.targets[:, at])
            for at, channel in enumerate(self.channels)
        ]
        total = torch.stack(parts).sum()
        return total, total.detach()


def _loss(channel: Channel, logits: Tensor, target: Tensor) -> Tensor:
    if channel.kind in ("above", "below"):
        known = target.isfinite()
        error = functional.smooth_l1_loss(
            logits, torch.where(known, target, logits.detach()), reduction="sum", beta=0.1
        )
        return error / known.sum().clamp(min=1)
    rare = torch.tensor(_RARE.get(channel.kind, 1.0), device=logits.device)
    entropy = functional.binary_cross_entropy_with_logits(logits, target, pos_weight=rare)
    found = logits.sigmoid()
    common = (found * target).sum()
    both = (found * found).sum() + (target * target).sum()
    overlap = 1 - (2 * common + _SMOOTH) / (both + _SMOOTH)
    return entropy + _OVERLAP * overlap
