"""What the one training loop asks of a kind of network; all else it does for every kind alike."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from uncial.archive import ModelArchive
from uncial.imaging.prepare import Preprocessing
from uncial.models.hub import ModelReader
from uncial.progress import Reporter
from uncial.registry import Registry
from uncial.text.normalize import Normalization
from uncial.training.config import Settings, TrainConfig
from uncial.training.learner import LineLearner
from uncial.training.parallel import Stepper

if TYPE_CHECKING:
    from uncial.training.lines import Plan
    from uncial.training.replay import Teacher
    from uncial.training.strategies import Start


class Family(Protocol):
    """A kind of network.

    Attributes:
        shares_cores: Whether the batches of a step run side by side, one core each, so that
            there are no more of them than cores.
        mixes: Whether words of two lines may be joined to a new line.
    """

    shares_cores: ClassVar[bool]
    mixes: ClassVar[bool]

    def begin(
        self,
        config: TrainConfig,
        settings: Settings,
        base: ModelArchive | None,
        texts: Sequence[str],
        reporter: Reporter,
    ) -> Start:
        """First weights and charset of a run, from the normalized texts of its lines."""

    def encode(self, text: str, start: Start, style: str) -> NDArray[np.int32]:
        """``(L,)`` labels of a normalized text.

        Raises:
            UnencodableText: It has a character that cannot be written.
        """

    def preprocessing(self, start: Start, settings: Settings) -> Preprocessing:
        """How lines are prepared where the start leaves that open, before any stretch."""

    def stretch(
        self,
        widths: NDArray[np.float64],
        labels: Sequence[NDArray[np.int32]],
        network: nn.Module,
        settings: Settings,
    ) -> float:
        """Width factor for lines of some prepared widths in px."""

    def least_width(
        self, labels: NDArray[np.int32], network: nn.Module, preprocessing: Preprocessing
    ) -> int:
        """Px that a prepared line must have for its labels."""

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


FAMILIES: Registry[Family] = Registry(
    "network-family",
    {
        "ctc": "uncial.training.ctc:CTC",
        "encoder-decoder": "uncial.training.transformer:ENCODER_DECODER",
    },
)


def family_of(settings: Settings) -> Family:
    """The kind of network that a run trains."""
    return FAMILIES.get(settings.family)
