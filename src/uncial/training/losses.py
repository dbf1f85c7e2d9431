"""Losses of line recognizers: alignment targets, CTC, and a shortcut head beside them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.build import Network
from uncial.nn.frames import Frames
from uncial.training.batches import Batch
from uncial.training.config import LossKind
from uncial.training.replay import Teacher
from uncial.training.targets import alignment_targets

STEM = "stem"


class ShortcutHead(nn.Module):
    """A linear head on the features of an early op; training only.

    Source: Retsinas et al. 2022, "Best practices for a handwritten text recognition system",
    section 3.3 (CTC shortcut).
    """

    def __init__(self, channels: int, height: int, labels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(channels * height, labels)

    def forward(self, frames: Frames) -> Tensor:
        """Logits ``(T, N, C)``."""
        n, c, h, w = frames.data.shape
        logits: Tensor = self.linear(frames.data.permute(3, 0, 2, 1).reshape(w, n, h * c))
        return logits


class Learner(nn.Module):
    """A network with its loss: what one training thread runs.

    Args:
        network: In training.
        kind: Main loss, until the last part of the run.
        shortcut: Weight of the shortcut head's loss, toward the same targets; 0, or a network
            without an op named ``stem``, goes without.
        teacher: The base that it is to stay near; None lets it go where it will.
    """

    def __init__(
        self, network: Network, kind: LossKind, shortcut: float, teacher: Teacher | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.kind = kind
        self.teacher = teacher
        self.weight = shortcut if STEM in network.taps else 0.0
        self.head: ShortcutHead | None = None
        if self.weight:
            shape = network.taps[STEM]
            self.head = ShortcutHead(shape.channels, shape.height, network.labels)

    def forward(self, batch: Batch, *, ending: bool = False) -> tuple[Tensor, Tensor]:
        """Loss to minimize, and the main loss alone, each a mean over frames.

        Args:
            batch: Lines with their labels.
            ending: The last part of a run: CTC alone, the likelihood itself.
        """
        if ending:
            return self._ending(batch)
        tapped: dict[str, Frames] = {}
        if self.head is None:
            out = self.network(batch.frames)
        else:
            out, tapped = self.network(batch.frames, taps=(STEM,))
        widths = self.network.output_widths(batch.frames.widths)
        log_probs = _steps(out).float().log_softmax(2)
        if self.kind == "ctc":
            main = ctc_loss(log_probs, widths, batch.labels, batch.lengths)
        else:
            targets = alignment_targets(
                log_probs.detach().exp(), widths, batch.labels, batch.lengths
            )
            main = _cross_entropy(log_probs, targets, widths)
        total = self._near_base(main, batch, log_probs, widths)
        if self.head is None:
            return total, main.detach()
        stem = tapped[STEM]  # may have more columns than the output
        early = self.head(stem).float().log_softmax(2)
        if self.kind == "alignment" and len(early) == len(log_probs):
            side = _cross_entropy(early, targets, widths)
        else:
            side = ctc_loss(early, stem.widths, batch.labels, batch.lengths)
        return total + self.weight * side, main.detach()

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
