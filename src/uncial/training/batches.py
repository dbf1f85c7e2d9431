"""Training lines as padded batches: prepared images, width buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from uncial.imaging.prepare import Preprocessing, prepare
from uncial.nn.frames import Frames
from uncial.training.mixing import Lines

_FINEST = 16  # px between the narrowest width classes
_CLASSES_AN_OCTAVE = 12


class LineImages(Protocol):
    """Where lines come from: a line store, or anything that gives an image by row."""

    def image(self, row: int) -> NDArray[np.uint8]:
        """``(H, W)`` gray or ``(H, W, 3)`` RGB."""
        ...


class Views(Lines, Protocol):
    """Prepared line images by index, and how they were prepared."""

    @property
    def preprocessing(self) -> Preprocessing:
        """Of the model in training."""
        ...


class PreparedLines:
    """Prepared line images by index, kept in memory up to a limit and made anew beyond it.

    Args:
        source: Line store.
        rows: Rows of `source` that make up this set, in order.
        preprocessing: Of the model in training.
        budget: Bytes of prepared images to keep.
    """

    def __init__(
        self,
        source: LineImages,
        rows: NDArray[np.int64],
        preprocessing: Preprocessing,
        *,
        budget: int = 128_000_000,
    ) -> None:
        self.preprocessing = preprocessing
        self._source = source
        self._rows = rows
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._left = budget

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        image = self._kept.get(index)
        if image is None:
            image = prepare(self._source.image(int(self._rows[index])), self.preprocessing)
            if image.nbytes <= self._left:
                self._left -= image.nbytes
                self._kept[index] = image
        return image


@dataclass(frozen=True, eq=False)
class Batch:
    """Lines ready for a network and its loss.

    Attributes:
        frames: ``(N, 1, H, W)`` float32, ink positive, paper 0, with true widths.
        labels: ``(N, L)`` int64, padded with 0.
        lengths: ``(N,)`` int64, labels of each line.
        indices: Index of each line in its set.
    """

    frames: Frames
    labels: Tensor
    lengths: Tensor
    indices: NDArray[np.int64]

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        if device.type == "cpu":
            return self
        data, widths, narrowest = self.frames
        frames = Frames(data.to(device), widths.to(device), narrowest)
        return Batch(frames, self.labels.to(device), self.lengths.to(device), self.indices)


BatchMaker = Callable[[], Batch]


@dataclass(frozen=True, kw_only=True)
class StreamPlace:
    """Where a stream stands: the next batch to be given out."""

    epoch: int = 0
    batch: int = 0


def width_class(width: int) -> int:
    """The padded width in px of a batch whose widest line has `width`.

    Classes are about a tenth apart: a run meets few shapes, for each of which kernels are
    compiled once and kept.
    """
    step = _FINEST
    while step * _CLASSES_AN_OCTAVE < width:
        step *= 2
    return -(-width // step) * step


def width_buckets(
    widths: NDArray[np.int64], area: int, urgency: NDArray[np.float64]
) -> list[NDArray[np.int64]]:
    """Every line once, in batches of one width class and about constant padded width in sum.

    A class that does not fill its last batch hands those lines on to the next wider one.

    Args:
        widths: ``(M,)`` px, padding included.
        area: Padded px that a batch holds, about; a line of more makes a batch alone.
        urgency: ``(M,)`` lines with more of it come earlier; random numbers draw the order.
    """
    classes = np.array([width_class(int(width)) for width in widths])
    batches: list[NDArray[np.int64]] = []
    waiting = np.empty(0, np.int64)
    for wide in np.unique(classes):
        members = np.flatnonzero(classes == wide)
        members = np.concatenate([waiting, members[np.argsort(-urgency[members], kind="stable")]])
        count = max(1, round(area / int(wide)))
        full = len(members) // count * count
        batches += list(members[:full].reshape(-1, count))
        waiting = members[full:]
    if len(waiting):
        batches.append(waiting)
    return sorted(batches, key=lambda batch: -float(urgency[batch].mean()))


class BatchSource(Protocol):
    """Where a run's batches come from."""

    @property
    def batches(self) -> int:
        """Batches in the first epoch; others differ by a few."""
        ...

    def from_place(self, place: StreamPlace) -> Iterator[tuple[StreamPlace, BatchMaker]]:
        """Makers of the batches from `place` on, each with the place that follows it."""
        ...


def padded(labels: Sequence[NDArray[np.int32]]) -> Tensor:
    """``(N, L)`` int64 with 0 behind each line's own labels."""
    result = torch.zeros(len(labels), max(len(line) for line in labels), dtype=torch.int64)
    for row, line in zip(result, labels, strict=True):
        row[: len(line)] = torch.from_numpy(line.astype(np.int64))
    return result
