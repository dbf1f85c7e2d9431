"""Losses of line recognizers: alignment targets, CTC, and a shortcut head beside them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.build import STEM, Network
from uncial.nn.frames import Frames
from uncial.training.batches import Batch
from uncial.training.config import LossKind
from uncial.training.learner import LineLearner
from uncial.training.replay import Teacher
from uncial.training.targets import alignment_targets

_WIDE = 128  # channels of a wide shortcut head
_REACH = 9  # frames of each of its convolutions
_GROUPS = 4  # of the second one


class ShortcutHead(nn.Module):
    """A head on the features of an early op; training only.

    Args:
        channels, height: Of the features.
        labels: Outputs.
        wide: Two convolutions over 17 frames in place of a linear layer. Where the layers
            above are recurrent alone, this head learns to read long before they do, and its
            gradient makes features of the layers below.

    Source: Retsinas et al. 2022, "Best practices for a handwritten text recognition system",
    section 3.3 (CTC shortcut); the wide form is ours.
    """

    def __init__(self, channels: int, height: int, labels: int, *, wide: bool = False) -> None:
        super().__init__()
        self.wide = wide
        inputs = channels * height
        if wide:
            self.first = _blocks(inputs, 1)
            self.second = _blocks(_WIDE, _GROUPS)
            inputs = _WIDE
        self.linear = nn.Linear(inputs, labels)

    def forward(self, frames: Frames) -> Tensor:
        """Logits ``(T, N, C)``."""
        n, c, h, w = frames.data.shape
        columns = frames.data.permute(0, 2, 1, 3).reshape(n, h * c, w)
        if self.wide:
            columns = self.first(columns)
            columns = columns + self.second(columns)
        logits: Tensor = self.linear(columns.permute(2, 0, 1))
        return logits


def _blocks(inputs: int, groups: int) -> nn.Sequential:
    """A convolution over frames; its statistics are those of the batch, for it never reads."""
    conv = nn.Conv1d(inputs, _WIDE, _REACH, padding=_REACH // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm1d(_WIDE, track_running_stats=False), nn.ReLU())


class Learner(LineLearner):
    """A network with its loss: what one training thread runs.

    Args:
        network: In training.
        kind: Main loss, until the last part of the run.
        shortcut: Weight of the shortcut head's loss, toward the same targets; 0, or a network
            without a stem, goes without.
        wide: Whether that head is a wide one, which has a say in the targets, too.
        teacher: The base that it is to stay near; None lets it go where it will.
    """

    def __init__(
        self,
        network: Network,
        kind: LossKind,
        shortcut: float,
        *,
        wide: bool = False,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__()
        self.network: Network = network
        self.kind = kind
        self.teacher = teacher
        self.weight = shortcut if STEM in network.taps else 0.0
        self.head: ShortcutHead | None = None
        if self.weight:
            shape = network.taps[STEM]
            self.head = ShortcutHead(shape.channels, shape.height, network.labels, wide=wide)

    def forward(self, batch: Batch, *, ending: bool = False) -> tuple[Tensor, Tensor]:
        """Loss to minimize, and the main loss alone, each a mean over frames.

        Args:
            batch: Lines with their labels.
            ending: The last part of a run: CTC alone, the likelihood itself.
        """
        if ending:
            return self._ending(batch)
        if self.head is None:
            out, stem = self.network(batch.frames), None
        else:
            out, tapped = self.network(batch.frames, taps=(STEM,))
            stem = tapped[STEM]
        widths = self.network.output_widths(batch.frames.widths)
        log_probs = _steps(out).float().log_softmax(2)
        early = None
        if self.head is not None and stem is not None:
            early = self.head(stem).float().log_softmax(2)  # may have more steps than the output
        if self.kind == "ctc":
            main = ctc_loss(log_probs, widths, batch.labels, batch.lengths)
            targets = None
        else:
            probs = self._believed(log_probs, early)
            targets = alignment_targets(probs, widths, batch.labels, batch.lengths)
            main = _cross_entropy(log_probs, targets, widths)
        total = self._near_base(main, batch, log_probs, widths)
        if early is None or stem is None:
            return total, main.detach()
        if targets is not None and len(early) == len(log_probs):
            side = _cross_entropy(early, targets, widths)
        else:
            side = ctc_loss(early, stem.widths, batch.labels, batch.lengths)
        return total + self.weight * side, main.detach()

    def _believed(self, log_probs: Tensor, early: Tensor | None) -> Tensor:
        """Probabilities that targets are made from: those of both heads, if the early one reads."""
        probs = log_probs.detach().exp()
        if early is None or self.head is None or not self.head.wide or len(early) != len(probs):
            return probs
        return (probs + early.detach().exp()) / 2

    def _ending(self, batch: Batch) -> tuple[Tensor, Tensor]:
        widths = self.network.output_widths(batch.frames.widths)
        log_probs = _steps(self.network(batch.frames)).float().log_softmax(2)
        main = ctc_loss(log_probs, widths, batch.labels, batch.lengths)
        return self._near_base(main, batch, log_probs, widths), main.detach()

    def _near_base(self, loss: Tensor, batch: Batch, log_probs: Tensor, widths: Tensor) -> Tensor:
        if self.teacher is None:
            return loss
        return loss + self.teacher.distance(batch, log_probs, widths)


def alignment_loss(log_probs: Tensor, widths: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """Cross-entropy to `alignment_targets`, mean over frames.

    Args:
        log_probs: ``(T, N, C)`` float32.
        widths: ``(N,)`` frames of each line.
        labels: ``(N, L)`` padded with 0.
        lengths: ``(N,)``.
    """
    targets = alignment_targets(log_probs.detach().exp(), widths, labels, lengths)
    return _cross_entropy(log_probs, targets, widths)


def _cross_entropy(log_probs: Tensor, targets: Tensor, widths: Tensor) -> Tensor:
    """Mean over the frames inside each line; the others have no part."""
    inside = torch.arange(len(log_probs), device=log_probs.device)[:, None] < widths
    each = -(targets * log_probs).sum(2)
    return (each * inside).sum() / inside.sum().clamp(min=1)


def ctc_loss(log_probs: Tensor, widths: Tensor, labels: Tensor, lengths: Tensor) -> Tensor:
    """CTC loss, sum over lines divided by frames; arguments as for `alignment_loss`."""
    total = functional.ctc_loss(
        log_probs, labels, widths, lengths, reduction="sum", zero_infinity=True
    )
    return total / widths.sum().clamp_(min=1)


def _steps(frames: Frames) -> Tensor:
    """``(N, C, 1, T)`` as ``(T, N, C)``."""
    return frames.data[:, :, 0].permute(2, 0, 1)


LOSSES: dict[LossKind, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "alignment": alignment_loss,
    "ctc": ctc_loss,
}
"""By kind; each takes log-probabilities, widths, labels and lengths."""
