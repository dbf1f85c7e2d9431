"""Which lines come together, and when: an endless seeded stream of batches.

The stream is a pure function of the seed: batch `k` of epoch `e` holds the same lines with the
same distortions however the run got there. A resumed run asks for the same place and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from uncial.imaging.degrade import WIDTH_CHANGE, augment
from uncial.models.tensors import to_frames
from uncial.training.batches import (
    Batch,
    BatchMaker,
    StreamPlace,
    Views,
    padded,
    width_buckets,
    width_class,
)
from uncial.training.mixing import Line, LineMixer

MOST_REPEATS = 8  # of one line in an epoch, to show characters that a base lacks
_NEAR = 64  # lines lately drawn, which joined lines take their ends from: they are prepared


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
        clean_first: Epochs in which the strength of augmentation grows from 0.
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
    clean_first: float = 0.0

    def strength_at(self, epochs: float) -> float:
        """Strength of augmentation after some epochs."""
        if epochs >= self.clean_first:
            return self.strength
        return self.strength * epochs / self.clean_first


class _Drawn(NamedTuple):
    """When a batch comes, and how strongly its lines are distorted."""

    epoch: int
    strength: float


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
                drawn = _Drawn(epoch, self._drawing.strength_at(epoch + at / len(buckets)))
                make = partial(self._batch, rows[bucket], bucket, near, widths[bucket], drawn)
                yield StreamPlace(epoch=epoch, batch=at + 1), make
            epoch, first = epoch + 1, 0

    def _epoch(
        self, epoch: int
    ) -> tuple[NDArray[np.int64], list[NDArray[np.int64]], NDArray[np.int64]]:
        """Lines of an epoch, batches of places among them, and the width of each place."""
        rng = np.random.default_rng((self._drawing.seed, epoch))
        change = WIDTH_CHANGE * min(self._drawing.strength_at(epoch), 2.0)
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
        drawn: _Drawn,
    ) -> Batch:
        each = zip(indices.tolist(), places.tolist(), widths.tolist(), strict=True)
        views = [self._view(index, near, width, place, drawn) for index, place, width in each]
        images = [image for image, _ in views]
        labels = [text for _, text in views]
        pad, style = self._lines.preprocessing.pad, self._lines.preprocessing.style
        full = width_class(max(image.shape[1] for image in images) + 2 * pad)
        frames = to_frames(images, pad, full, style)
        return Batch(frames, padded(labels), torch.tensor([len(x) for x in labels]), indices)

    def _view(
        self, index: int, near: NDArray[np.int64], width: int, place: int, drawn: _Drawn
    ) -> Line:
        rng = np.random.default_rng((self._drawing.seed, drawn.epoch, place))
        if self._mixer is not None and self._drawing.strength > 0:
            alike = near[(near < self._own) == (index < self._own)]
            mixed = self._mixer.line(index, alike, width, rng)
            if mixed is not None:
                return augment(mixed[0], rng, drawn.strength, width), mixed[1]
        image, labels = self._lines[index], self._labels[index]
        view = augment(image, rng, drawn.strength, width)
        return (view if view.shape[1] >= self._least[index] else image), labels
