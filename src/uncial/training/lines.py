"""A run's lines: ground truth encoded, widths known, impossible lines named and left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.data.store import LineStore
from uncial.errors import DataError, TrainingError
from uncial.imaging.prepare import Preprocessing
from uncial.nn.build import Network, build
from uncial.progress import Note, Reporter
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.text.order import display_order
from uncial.training.config import Settings

DEFAULT_HEIGHT = 48  # px, for specs that read any height
_NARROWEST, _WIDEST = 0.4, 1.6  # bounds of an automatic stretch
_SHOWN = 5  # line ids in a note


@dataclass(frozen=True, eq=False)
class TrainingLines:
    """One split, ready to be batched.

    Attributes:
        rows: ``(M,)`` rows of the store.
        labels: Ground truth of each, at least one label.
        widths: ``(M,)`` prepared width in px.
        least: ``(M,)`` px that the labels need.
    """

    rows: NDArray[np.int64]
    labels: list[NDArray[np.int32]]
    widths: NDArray[np.int64]
    least: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run from scratch starts with.

    Attributes:
        codec: From the training lines.
        preprocessing: With the stretch worked out.
        network: New weights.
        lines: Training split.
        validation: Rows to validate on, a fixed draw.
    """

    codec: Codec
    preprocessing: Preprocessing
    network: Network
    lines: TrainingLines
    validation: NDArray[np.int64]

    @property
    def median_width(self) -> int:
        """Prepared width in px of the median training line, padding included."""
        return int(np.median(self.lines.widths)) + 2 * self.preprocessing.pad


def plan_lines(store: LineStore, settings: Settings, reporter: Reporter) -> Plan:
    """Codec, preprocessing, network and training lines for a store.

    Raises:
        DataError: There are no training or no validation lines.
        TrainingError: No line is long enough for its text.
    """
    rows = _rows(store, "train")
    validation = _rows(store, "validation")
    normalize = Normalization.named(settings.normalization)
    texts = [display_order(normalize(text)) for text in store.texts(rows)]
    codec = Codec.from_texts(texts)
    network = build(settings.spec, labels=codec.width)
    labels = [codec.encode(text) for text in texts]
    preprocessing = _preprocessing(store, rows, labels, network, settings)
    lines = _usable(store, rows, labels, network, preprocessing, reporter)
    if len(validation) > settings.validation_lines:
        rng = np.random.default_rng(settings.seed)
        validation = np.sort(rng.permutation(validation)[: settings.validation_lines])
    return Plan(codec, preprocessing, network, lines, validation)


def _rows(store: LineStore, split: str) -> NDArray[np.int64]:
    rows = store.split(split)
    if len(rows) == 0:
        raise DataError(
            f"there are no {split} lines",
            remedy=f"give a list of {split} lines, or data without lists to have it split",
        )
    return rows


def _preprocessing(
    store: LineStore,
    rows: NDArray[np.int64],
    labels: list[NDArray[np.int32]],
    network: Network,
    settings: Settings,
) -> Preprocessing:
    height = network.input_height or DEFAULT_HEIGHT
    if settings.stretch != "auto":
        stretch = settings.stretch
    else:
        lengths = np.array([max(1, len(line)) for line in labels])
        each = store.widths()[rows] * (height / store.heights()[rows]) / lengths
        wanted = settings.frames * network.stride_x / float(np.median(each))
        stretch = round(float(np.clip(wanted, _NARROWEST, _WIDEST)), 2)
    return Preprocessing(height=height, stretch=stretch, pad=settings.pad)


def _usable(
    store: LineStore,
    rows: NDArray[np.int64],
    labels: list[NDArray[np.int32]],
    network: Network,
    preprocessing: Preprocessing,
    reporter: Reporter,
) -> TrainingLines:
    """Lines whose labels fit into the frames that the network makes of them."""
    scale = preprocessing.height / store.heights()[rows] * preprocessing.stretch
    widths = np.maximum(8, np.round(store.widths()[rows] * scale)).astype(np.int64)
    needs = np.array([_steps_needed(line) for line in labels])
    least = (needs + 1) * network.stride_x - 2 * preprocessing.pad
    empty = np.array([len(line) == 0 for line in labels])
    good = (widths >= least) & ~empty
    if not good.any():
        raise TrainingError(
            f"none of {len(rows)} training lines is wide enough for its text",
            remedy="check that images and texts belong together, or raise the stretch",
        )
    if not good.all():
        ids = store.line_ids(rows[~good])
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        reporter(
            Note(
                text=f"{len(ids)} training lines left out, their text does not fit into the "
                f"image: {', '.join(ids[:_SHOWN])}{more}",
                level="warning",
            )
        )
    kept = np.flatnonzero(good)
    return TrainingLines(rows[kept], [labels[i] for i in kept], widths[kept], least[kept])


def _steps_needed(labels: NDArray[np.int32]) -> int:
    """Frames of the shortest CTC path: one a label and a blank between equal neighbours."""
    return len(labels) + int((labels[1:] == labels[:-1]).sum())
