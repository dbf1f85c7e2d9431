"""What the one training loop asks of a kind of network; all else it does for every kind alike."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Protocol

import torch
from torch import nn

from uncial.models.hub import ModelReader
from uncial.progress import Reporter
from uncial.text.normalize import Normalization
from uncial.training.basis import FAMILIES
from uncial.training.fitting import Fitting
from uncial.training.learner import LineLearner
from uncial.training.lines import Plan
from uncial.training.parallel import Stepper
from uncial.training.replay import Teacher
from uncial.training.settings import Asked, Settings
from uncial.training.strategies import Start


class Family(Fitting, Protocol):
    """A kind of network.

    Attributes:
        shares_cores: Whether the batches of a step run side by side, one core each, so that
            there are no more of them than cores.
        mixes: Whether words of two lines may be joined to a new line.
    """

    shares_cores: ClassVar[bool]
    mixes: ClassVar[bool]

    def begin(self, asked: Asked, texts: Sequence[str], reporter: Reporter) -> Start:
        """First weights and charset of a run, from the normalized texts of its lines."""

    def least_area(self, network: nn.Module) -> int:
        """Px of width that a line counts as at least: what it costs however narrow it is."""

    def learner(self, plan: Plan, settings: Settings, teacher: Teacher | None) -> LineLearner:
        """The network with its loss."""

    def check_room(self, plan: Plan, settings: Settings, device: torch.device) -> None:
        """Make sure before the first step that the run fits into memory.

        Raises:
            ConfigError: It does not; the remedy is what would.
        """

    def stepper(self, learner: LineLearner, batches: int, pool: ThreadPoolExecutor) -> Stepper:
        """What makes the gradients of so many batches at once."""

    def reader(
        self,
        network: nn.Module,
        plan: Plan,
        normalization: Normalization,
        metadata: dict[str, Any] | None = None,
    ) -> ModelReader:
        """A reader of lines with the network as it is now."""


def family_of(settings: Settings) -> Family:
    """The kind of network that a run trains."""
    family: Family = FAMILIES.get(settings.family)
    return family
