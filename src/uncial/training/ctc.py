"""Networks of VGSL that are read column by column: CTC and its alignment targets."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.nn.build import Network
from uncial.progress import Reporter
from uncial.text.normalize import Normalization
from uncial.training.family import Family
from uncial.training.fitting import least_width
from uncial.training.learner import LineLearner
from uncial.training.lines import Plan
from uncial.training.losses import Learner
from uncial.training.memory import check_lines, free_memory, line_need
from uncial.training.parallel import Replicas
from uncial.training.replay import Teacher
from uncial.training.settings import Asked, Settings
from uncial.training.start import begin, encoded
from uncial.training.strategies import Start

DEFAULT_HEIGHT = 48  # px, for specs that read any height
_NARROWEST, _WIDEST = 0.4, 1.6  # bounds of an automatic stretch


class ColumnReading:
    """The family of networks that `uncial.nn.build` makes."""

    shares_cores: ClassVar[bool] = True
    mixes: ClassVar[bool] = True

    def begin(self, asked: Asked, texts: Sequence[str], reporter: Reporter) -> Start:
        """As the strategy says, from scratch or from a base."""
        return begin(asked, texts, reporter)

    def encode(self, text: str, start: Start, style: str) -> NDArray[np.int32]:
        """Labels in the order of the columns."""
        return encoded(text, start.codec, style)

    def preprocessing(self, start: Start, settings: Settings) -> Preprocessing:
        """Of the height that the network reads."""
        network = cast("Network", start.network)
        height = network.input_height or DEFAULT_HEIGHT
        return Preprocessing(height=height, pad=settings.pad, centre=settings.centre)

    def stretch(
        self,
        widths: NDArray[np.float64],
        labels: Sequence[NDArray[np.int32]],
        network: nn.Module,
        settings: Settings,
    ) -> float:
        """What gives the median label the frames that the settings ask for."""
        if settings.stretch != "auto":
            return settings.stretch
        each = widths / np.array([max(1, len(line)) for line in labels])
        wanted = settings.frames * cast("Network", network).stride_x / float(np.median(each))
        return round(float(np.clip(wanted, _NARROWEST, _WIDEST)), 2)

    def least_width(
        self, labels: NDArray[np.int32], network: nn.Module, preprocessing: Preprocessing
    ) -> int:
        """What leaves every label a frame, and equal neighbours one between them."""
        return least_width(labels, cast("Network", network), preprocessing)

    def least_area(self, network: nn.Module) -> int:
        """A narrow line costs as little as it is wide."""
        return 0

    def learner(self, plan: Plan, settings: Settings, teacher: Teacher | None) -> Learner:
        """With the early head and the loss of the settings."""
        return Learner(
            cast("Network", plan.network),
            settings.kind,
            settings.shortcut,
            wide=settings.wide_shortcut,
            teacher=teacher,
        )

    def check_room(self, plan: Plan, settings: Settings, device: torch.device) -> None:
        """By what the layers put out for a line of median width."""
        network, (height, width) = cast("Network", plan.network), _size(plan)
        with torch.random.fork_rng(devices=[]):
            line = line_need(network, width, height)
        check_lines(network, line, (settings.batch, settings.batches), free_memory(device))

    def stepper(self, learner: LineLearner, batches: int, pool: ThreadPoolExecutor) -> Replicas:
        """A replica for each of the batches."""
        return Replicas(learner, batches, pool)

    def reader(
        self,
        network: nn.Module,
        plan: Plan,
        normalization: Normalization,
        metadata: dict[str, Any] | None = None,
    ) -> Recognizer:
        """With the codec and the components of the run."""
        return Recognizer(
            cast("Network", network),
            plan.codec,
            plan.preprocessing,
            normalization,
            metadata,
            components=plan.start.components,
        )


CTC: Family = ColumnReading()


def _size(plan: Plan) -> tuple[int, int]:
    """Height and width in px of the median line as the network sees it."""
    return plan.preprocessing.height, plan.median_width
