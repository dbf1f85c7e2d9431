"""Regularization that only training sees: dropout and span masks.

Source: kraken ``Dropout`` and ``Wav2Vec2Mask`` (Baevski et al. 2020, arXiv:2006.11477).
"""

from __future__ import annotations

import re
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.noise import noise
from uncial.nn.ops.base import NAME, Op, Shape, Site

_SHARE = r"(?P<p>\d+(?:\.\d*)?|\.\d+)"


class Dropout(Op):
    """Drop single values, or whole channels.

    Spec:
        ``Do[{name}][p][,dim]``: probability (0.5) and 1 for values or 2 for channels (1).

    Shape:
        ``(N, C, H, W)`` -> the same.
    """

    pattern = re.compile(rf"Do{NAME}{_SHARE}?(?:,(?P<dim>\d+))?", re.ASCII)
    examples: ClassVar = ("Do", "Do0.1,2", "Do{drop}.25", "Do0.3,1")

    def __init__(self, probability: float, *, channels: bool) -> None:
        super().__init__()
        self.probability = probability
        self.channels = channels

    @classmethod
    def build(cls, site: Site, given: Shape) -> Dropout:
        """Dropout; `given` plays no part."""
        if site.size("dim", 1) > 2:
            raise site.fail("dropout knows 1 (values) and 2 (channels)", field="dim")
        return cls(_share(site, 0.5), channels=site.size("dim", 1) == 2)

    def forward(self, frames: Frames) -> Frames:
        """Drop while training; zero stays zero."""
        if not self.training or self.probability == 0:
            return frames
        if self.channels:
            dropped = frames.data * _keep_channels(frames.data, self.probability)
        elif frames.data.device.type != "cpu":
            dropped = functional.dropout(frames.data, self.probability)
        else:
            dropped = frames.data * _keep(frames.data, self.probability)
        return frames._replace(data=dropped)


class SpanMask(Op):
    """Replace spans of columns by a learned vector while training (wav2vec 2.0).

    Spec:
        ``W{<name>}<final>,<width>,<prob>,<negatives>``: columns in a span, and the share
        of columns in spans; the first and last number only matter to the contrastive
        loss of pre-training, which has its own projection.

    Shape:
        ``(N, C, H, W)`` -> the same.
    """

    pattern = re.compile(
        rf"W\{{(?P<name>\w+)\}}(?P<final>\d+),(?P<width>\d+),{_SHARE},(?P<negatives>\d+)",
        re.ASCII,
    )
    examples: ClassVar = ("W{mask}8,3,0.4,10",)

    def __init__(self, channels: int, width: int, share: float) -> None:
        super().__init__()
        self.width = width
        self.share = share
        self.mask = nn.Parameter(torch.empty(channels).uniform_())

    @classmethod
    def build(cls, site: Site, given: Shape) -> SpanMask:
        """A mask vector as long as `given` has channels."""
        site.size("final")
        site.size("negatives", least=0)
        return cls(given.channels, site.size("width"), _share(site, 0.5))

    def forward(self, frames: Frames) -> Frames:
        """Mask at least one span of each line while training."""
        if not self.training:
            return frames
        spans = self._spans(frames)[:, None, None, :]
        data = torch.where(spans, self.mask[:, None, None].to(frames.data.dtype), frames.data)
        return self.emit(data, frames)

    def _spans(self, frames: Frames) -> Tensor:
        """Columns to mask, ``(N, W)`` bool."""
        total = frames.data.shape[-1]
        count = max(1, round(self.share * total / self.width))
        device = frames.data.device
        starts = torch.rand(len(frames.widths), count, generator=noise()).to(device)
        starts = (starts * frames.widths[:, None]).long()
        columns = torch.arange(total, device=device)
        after = columns[:, None] - starts[:, None, :]
        return ((after >= 0) & (after < self.width)).any(-1)


def _share(site: Site, default: float) -> float:
    share = float(site.text("p") or default)
    if share >= 1:
        raise site.fail(f"{site.text('p')} is no probability", "use 0 to less than 1", "p")
    return share


def _keep_channels(like: Tensor, probability: float) -> Tensor:
    """Factors ``(N, C, 1, 1)`` for inverted dropout of whole channels."""
    draws = torch.rand(*like.shape[:2], 1, 1, generator=noise())
    kept = (draws >= probability).to(like)
    return kept.mul_(1 / (1 - probability))


def _keep(like: Tensor, probability: float) -> Tensor:
    """Factors for inverted dropout: 0 or 1/(1-p), laid out like `like`.

    Draws 16 bits a value, four values at once: over ten times as fast as torch's own
    dropout of bfloat16 on a CPU. The probability is exact to 1/65536.
    """
    draws = torch.empty((like.numel() + 3) // 4, dtype=torch.int64).random_(
        -(2**63), None, generator=noise()
    )
    threshold = round(probability * 65_536) - 32_768
    kept = draws.view(torch.int16)[: like.numel()] >= threshold
    factors = kept.to(like.dtype).mul_(1 / (1 - probability))
    return factors.as_strided(like.shape, torch.empty_like(like).stride())
