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

from uncial.imaging.degrade import WIDTH_CHANGE, augment
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.models.tensors import to_frames
from uncial.nn.frames import Frames
from uncial.training.mixing import Line, LineMixer, Lines

_FINEST = 16  # px between the narrowest width classes
_CLASSES_AN_OCTAVE = 12
MOST_REPEATS = 8  # of one line in an epoch, to show characters that a base lacks
_NEAR = 64  # lines lately drawn, which joined lines take their ends from: they are prepared


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


def rarity(labels: Sequence[NDArray[np.int32]]) -> NDArray[np.float64]:
    """How much each line teaches of what is seldom seen.

    Args:
        labels: ``(L,)`` of each line, at least one label each.

    Returns:
        ``(M,)`` logarithm of the sum over a line's labels of one over their number in all lines.
    """
    counts = np.bincount(np.concatenate(labels))
    return np.log([float((1 / counts[line]).sum()) for line in labels])


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How a stream draws its batches.

    Attributes:
        area: Padded px that a batch holds, about, see `width_buckets`.
        seed: Fixes order and distortions.
        strength: Of augmentation; 0 gives the lines as they are.
        rare_first: How far lines with rare labels come forward in the first epoch: the exponent
            of `rarity` with which lines are drawn, one after the other; 0 draws them evenly.
        rare_often: How much more often such lines come, in every epoch: the exponent of
            `rarity` with which its lines are drawn, with repeats; at 0 each comes once.
        new: Labels that the run's base lacks.
        new_often: Share of the run's own views that have one of them, at least, as far as no line
            comes more than `MOST_REPEATS` times in an epoch, 0-1.
        replayed: How many of the lines, the last ones, are of a base set. Words of them and of
            the run's own lines are not joined to each other.
        replay: Share of the views that they make up, 0-1; they are drawn anew in each epoch.
        least: Px that a line counts as at least, however narrow it is.
        easy_first: How far easy lines come forward, half as far in each further epoch.
    """

    area: int
    seed: int
    strength: float = 1.0
    rare_first: float = 0.0
    rare_often: float = 0.0
    new: tuple[int, ...] = ()
    new_often: float = 0.0
    replayed: int = 0
    replay: float = 0.0
    least: int = 0
    easy_first: float = 0.0


class BatchSource(Protocol):
    """Where a run's batches come from."""

    @property
    def batches(self) -> int:
        """Batches in the first epoch; others differ by a few."""
        ...

    def from_place(self, place: StreamPlace) -> Iterator[tuple[StreamPlace, BatchMaker]]:
        """Makers of the batches from `place` on, each with the place that follows it."""
        ...


class TrainingStream:
    """Endless batches of one training set.

    Args:
        lines: Prepared images.
        labels: ``(L,)`` int32 for each line, at least one label each.
        widths: ``(M,)`` prepared width of each line in px.
        least: ``(M,)`` px below which a line's labels do not fit; a distortion that makes a
            line narrower is not used.
        drawing: Which lines come together, when, and how distorted.
        mixer: Joins words of two lines now and then; None never does.

    Attributes:
        difficulty: ``(M,)`` of each line, where easy ones are to come first; set before the
            first batch.
    """

    def __init__(
        self,
        lines: Views,
        labels: Sequence[NDArray[np.int32]],
        widths: NDArray[np.int64],
        least: NDArray[np.int64],
        drawing: Drawing,
        mixer: LineMixer | None = None,
    ) -> None:
        self._lines = lines
        self._labels = labels
        self._widths = widths
        self._least = least
        self._drawing = drawing
        self._mixer = mixer
        self.difficulty: NDArray[np.float64] | None = None
        self._rarity = rarity(labels)
        self._own = len(labels) - drawing.replayed
        own = labels[: self._own]
        self._new = np.array([np.isin(line, drawing.new).any() for line in own], bool)

    @property
    def batches(self) -> int:
        """Batches in the first epoch; others differ by a few."""
        return len(self._epoch(0)[1])

    def from_place(self, place: StreamPlace) -> Iterator[tuple[StreamPlace, BatchMaker]]:
        """Makers of the batches from `place` on, each with the place that follows it."""
        epoch, first = place.epoch, place.batch
        while True:
            rows, buckets, widths = self._epoch(epoch)
            starts = np.cumsum([0, *map(len, buckets)])
            order = rows[np.concatenate(buckets)]
            for at in range(first, len(buckets)):
                near = order[max(0, starts[at + 1] - _NEAR) : starts[at + 1]]
                bucket = buckets[at]
                make = partial(self._batch, rows[bucket], bucket, near, widths[bucket], epoch)
                yield StreamPlace(epoch=epoch, batch=at + 1), make
            epoch, first = epoch + 1, 0

    def _epoch(
        self, epoch: int
    ) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], NDArray[np.int64]]:
        """Lines of an epoch, batches of places among them, and the width of each place."""
        rng = np.random.default_rng((self._drawing.seed, epoch))
        change = WIDTH_CHANGE * min(self._drawing.strength, 2.0)
        rows = self._rows(rng)
        natural, least = self._widths[rows], self._least[rows]
        drawn = np.round(natural * rng.uniform(1 - change, 1 + change, len(rows)))
        widths = np.where(drawn >= least, drawn, natural).astype(np.int64)
        padding = 2 * self._lines.preprocessing.pad
        urgency = rng.gumbel(size=len(rows))
        if epoch == 0:
            urgency += self._drawing.rare_first * self._rarity[rows]
        if self._drawing.easy_first and self.difficulty is not None:
            urgency -= self._drawing.easy_first / 2**epoch * self.difficulty[rows]
        taken = np.maximum(widths + padding, self._drawing.least)
        return rows, width_buckets(taken, self._drawing.area, urgency), widths

    def _rows(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """The run's own lines of an epoch, and some of a base set."""
        own, replay = np.arange(self._own), self._drawing.replay
        if self._drawing.rare_often:
            share = np.exp(self._drawing.rare_often * self._rarity[: self._own])
            own = rng.choice(own, size=len(own), p=share / share.sum())
        own = self._with_new(own, rng)
        count = round(self._own * replay / (1 - replay)) if self._drawing.replayed else 0
        if not count:
            return own
        others = self._drawing.replayed
        return np.concatenate([own, self._own + rng.choice(others, count, replace=count > others)])

    def _with_new(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """As many of the run's own lines, enough of them with new labels."""
        new = np.flatnonzero(self._new)
        have = int(self._new[rows].sum())
        wanted = min(round(self._drawing.new_often * len(rows)), MOST_REPEATS * len(new))
        if have >= wanted:
            return rows
        times = -(-wanted // len(new))
        often = np.concatenate([rng.permutation(new) for _ in range(times)])[:wanted]
        others = rng.permutation(rows[~self._new[rows]])[: len(rows) - wanted]
        return np.sort(np.concatenate([often, others]))

    def _batch(
        self,
        indices: NDArray[np.int64],
        places: NDArray[np.int64],
        near: NDArray[np.int64],
        widths: NDArray[np.int64],
        epoch: int,
    ) -> Batch:
        each = zip(indices.tolist(), places.tolist(), widths.tolist(), strict=True)
        views = [
            self._view(index, near, width, (self._drawing.seed, epoch, place))
            for index, place, width in each
        ]
        images = [image for image, _ in views]
        labels = [text for _, text in views]
        pad, style = self._lines.preprocessing.pad, self._lines.preprocessing.style
        full = width_class(max(image.shape[1] for image in images) + 2 * pad)
        frames = to_frames(images, pad, full, style)
        return Batch(frames, padded(labels), torch.tensor([len(x) for x in labels]), indices)

    def _view(self, index: int, near: NDArray[np.int64], width: int, seed: tuple[int, ...]) -> Line:
        rng = np.random.default_rng(seed)
        if self._mixer is not None and self._drawing.strength > 0:
            alike = near[(near < self._own) == (index < self._own)]
            mixed = self._mixer.line(index, alike, width, rng)
            if mixed is not None:
                return augment(mixed[0], rng, self._drawing.strength, width), mixed[1]
        image, labels = self._lines[index], self._labels[index]
        view = augment(image, rng, self._drawing.strength, width)
        return (view if view.shape[1] >= self._least[index] else image), labels


def padded(labels: Sequence[NDArray[np.int32]]) -> Tensor:
    """``(N, L)`` int64 with 0 behind each line's own labels."""
    result = torch.zeros(len(labels), max(len(line) for line in labels), dtype=torch.int64)
    for row, line in zip(result, labels, strict=True):
        row[: len(line)] = torch.from_numpy(line.astype(np.int64))
    return result
