"""What one training step runs: a network together with its loss."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from uncial.training.batches import Batch


class LineLearner(nn.Module, ABC):
    """A network with its loss.

    Attributes:
        network: What learns, and what is saved.
    """

    network: nn.Module

    @abstractmethod
    def forward(self, batch: Batch, *, ending: bool = False) -> tuple[Tensor, Tensor]:
        """Loss to minimize, and the main loss alone.

        Args:
            batch: Lines with their labels.
            ending: Whether the last part of a run has begun.
        """
