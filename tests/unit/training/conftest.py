"""A tiny network and a few lines of bars that it can learn, for tests of the training parts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from uncial.imaging.prepare import Preprocessing
from uncial.nn.build import build
from uncial.training.batches import PreparedLines
from uncial.training.config import NetworkConfig, OptimizerConfig, StopConfig, TrainConfig
from uncial.training.drawing import Drawing, TrainingStream
from uncial.training.losses import Learner
from uncial.training.settings import Settings, resolve

SPEC = "[1,16,0,1 Cl3,3,4,2,2 Bnr Mp2,2 Fh{stem} (I Lbx6) Do0.1]"
LINES = 12
LABELS = [np.array([1 + row % 3, 1 + (row // 3) % 3], np.int32) for row in range(LINES)]


class Bars:
    """Lines with one bar a label, the higher the greater the label."""

    def image(self, row: int) -> NDArray[np.uint8]:
        image = np.full((16, 64), 255, np.uint8)
        for place, label in enumerate(LABELS[row]):
            image[16 - 4 * label :, 10 + 28 * place : 18 + 28 * place] = 0
        return image


@pytest.fixture
def make_settings() -> Callable[..., Settings]:
    """Settings of a tiny run: ``make_settings(stop={...}, steps=...)``."""

    def make(
        *, stop: dict[str, int] | None = None, batches: int = 1, lr: float = 0.01, **changes: object
    ) -> Settings:
        config = TrainConfig(
            output=Path("run"),
            network=NetworkConfig(spec=SPEC, stretch=1.0, pad=4, centre=False),
            optimizer=OptimizerConfig(lr=lr, batches=batches),
            stop=StopConfig(**{"patience": 0, "validations": 4, **(stop or {})}),
            **changes,  # type: ignore[arg-type]
        )
        return resolve(config)

    return make


@pytest.fixture
def make_learner() -> Callable[..., Learner]:
    """A learner with the same first weights each time."""

    def make(
        spec: str = SPEC, kind: str = "alignment", shortcut: float = 0.1, *, wide: bool = False
    ) -> Learner:
        torch.manual_seed(1)
        return Learner(build(spec, labels=4), kind, shortcut, wide=wide)  # type: ignore[arg-type]

    return make


@pytest.fixture
def stream() -> TrainingStream:
    """Batches of four lines of bars, as they are."""
    prepared = Preprocessing(height=16, pad=4, centre=False)
    return TrainingStream(
        PreparedLines(Bars(), np.arange(LINES), prepared),
        LABELS,
        np.full(LINES, 64),
        np.full(LINES, 16),
        Drawing(area=4 * 80, seed=2, strength=0),
    )
