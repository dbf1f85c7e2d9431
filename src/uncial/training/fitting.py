"""How lines are fitted to a network: how wide they become, and how wide they must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from uncial.data.store import LineStore
from uncial.imaging.prepare import Preprocessing, text_span
from uncial.models.compute import worker_pool
from uncial.nn.build import Network
from uncial.training.basis import FAMILIES
from uncial.training.settings import Settings
from uncial.training.strategies import Start

_LOOKED_AT = 1500  # lines whose text is located before training


class Fitting(Protocol):
    """How lines are fitted to a kind of network, and their texts to its labels."""

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


def fitting_of(settings: Settings) -> Fitting:
    """That of the kind of network that a run trains."""
    fitting: Fitting = FAMILIES.get(settings.family)
    return fitting


def natural_widths(
    store: LineStore, rows: NDArray[np.int64], preprocessing: Preprocessing, seed: int
) -> NDArray[np.float64]:
    """Width in px of each line once it is prepared, before any stretch.

    Looks at every line of a small set. Of a large one it looks at some, and takes their
    median share of text in the height of a crop for the others.

    Args:
        store: Holds the lines.
        rows: Of the lines.
        preprocessing: Its stretch plays no part.
        seed: Chooses which lines are looked at.
    """
    looked = np.arange(len(rows))
    if len(rows) > _LOOKED_AT:
        looked = np.random.default_rng(seed).permutation(len(rows))[:_LOOKED_AT]
    with worker_pool() as pool:
        found = list(
            pool.map(lambda at: text_span(store.image(int(rows[at])), preprocessing), looked)
        )
    spans = np.full(len(rows), np.median(found))
    spans[looked] = found
    return store.widths()[rows] * (preprocessing.height / (store.heights()[rows] * spans))


def least_width(labels: NDArray[np.int32], network: Network, preprocessing: Preprocessing) -> int:
    """Px that a prepared line must have for its labels to fit into the network's frames."""
    return (_steps_needed(labels) + 1) * network.stride_x - 2 * preprocessing.pad


def _steps_needed(labels: NDArray[np.int32]) -> int:
    """Frames of the shortest CTC path: one a label and a blank between equal neighbours."""
    return len(labels) + int((labels[1:] == labels[:-1]).sum())
