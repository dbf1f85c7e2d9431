"""Training lines as padded batches: width buckets, augmentation, an endless seeded stream.

The stream is a pure function of the seed: batch `k` of epoch `e` holds the same lines with the
same distortions however the run got there. A resumed run asks for the same place and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from uncial.imaging.degrade import augment
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.models.tensors import to_frames
from uncial.nn.frames import Frames

_WIDTH_STEP = 128  # px; batches share few widths: each new shape costs compiled kernels, and memory


class LineImages(Protocol):
    """Where lines come from: a line store, or anything that gives an image by row."""

    def image(self, row: int) -> NDArray[np.uint8]:
        """``(H, W)`` gray or ``(H, W, 3)`` RGB."""
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


def width_buckets(
    widths: NDArray[np.int64], area: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Every line once, in batches of like width and about constant padded width in sum.

    Args:
        widths: ``(M,)`` px.
        area: Padded px that a batch may hold; a wider line makes a batch alone.
        rng: Jitters the widths, so that neighbours differ between epochs, and shuffles.
    """
    order = np.argsort(widths * rng.uniform(0.9, 1.1, len(widths)), kind="stable")
    batches, start, widest = [], 0, 0
    for at, index in enumerate(order):
        widest = max(widest, int(widths[index]))
        if at > start and widest * (at - start + 1) > area:
            batches.append(order[start:at])
            start, widest = at, int(widths[index])
    batches.append(order[start:])
    return [batches[i] for i in rng.permutation(len(batches))]


class TrainingStream:
    """Endless batches of one training set.

    Args:
        lines: Prepared images.
        labels: ``(L,)`` int32 for each line, at least one label each.
        widths: ``(M,)`` prepared width of each line in px.
        least: ``(M,)`` px below which a line's labels do not fit; a distortion that makes a
            line narrower is not used.
        area: Padded px that a batch may hold, see `width_buckets`.
        seed: Fixes order and distortions.
        strength: Of augmentation; 0 gives the lines as they are.
    """

    def __init__(
        self,
        lines: PreparedLines,
        labels: Sequence[NDArray[np.int32]],
        widths: NDArray[np.int64],
        least: NDArray[np.int64],
        *,
        area: int,
        seed: int,
        strength: float = 1.0,
    ) -> None:
        self._lines = lines
        self._labels = labels
        self._widths = widths
        self._least = least
        self._area = area
        self._seed = seed
        self._strength = strength

    @property
    def batches(self) -> int:
        """Batches in the first epoch; others differ by a few."""
        rng = np.random.default_rng((self._seed, 0))
        return len(width_buckets(self._widths, self._area, rng))

    def from_place(self, place: StreamPlace) -> Iterator[tuple[StreamPlace, BatchMaker]]:
        """Makers of the batches from `place` on, each with the place that follows it."""
        epoch, first = place.epoch, place.batch
        while True:
            rng = np.random.default_rng((self._seed, epoch))
            buckets = width_buckets(self._widths, self._area, rng)
            for at in range(first, len(buckets)):
                yield (
                    StreamPlace(epoch=epoch, batch=at + 1),
                    partial(self._batch, buckets[at], epoch),
                )
            epoch, first = epoch + 1, 0

    def _batch(self, indices: NDArray[np.int64], epoch: int) -> Batch:
        images = [self._view(int(index), epoch) for index in indices]
        labels = [self._labels[int(index)] for index in indices]
        frames = to_frames(images, self._lines.preprocessing.pad, _WIDTH_STEP)
        return Batch(frames, padded(labels), torch.tensor([len(x) for x in labels]), indices)

    def _view(self, index: int, epoch: int) -> NDArray[np.uint8]:
        image = self._lines[index]
        rng = np.random.default_rng((self._seed, epoch, index))
        view = augment(image, rng, self._strength)
        return view if view.shape[1] >= self._least[index] else image


def padded(labels: Sequence[NDArray[np.int32]]) -> Tensor:
    """``(N, L)`` int64 with 0 behind each line's own labels."""
    result = torch.zeros(len(labels), max(len(line) for line in labels), dtype=torch.int64)
    for row, line in zip(result, labels, strict=True):
        row[: len(line)] = torch.from_numpy(line.astype(np.int64))
    return result
