"""The stream of batches of a segmenter's run: random views of its pages, endless, seeded.

Batch `k` of epoch `e` shows the same views however the run got there, so that a resumed run goes
on with the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from uncial.archive import Channel
from uncial.models.tensors import to_frames
from uncial.training.batches import StreamPlace
from uncial.training.segmentation.learner import ViewBatch
from uncial.training.segmentation.made import MadePages
from uncial.training.segmentation.truth import TruePage
from uncial.training.segmentation.views import random_view

VIEWS = 4
"""Views of each page in an epoch."""


@dataclass(frozen=True, kw_only=True)
class Viewing:
    """How views are drawn.

    Attributes:
        seed: Fixes order and distortions.
        batch: Views in one batch.
        side: Of a view, px.
        strength: Of augmentation; 0 only cuts.
        made: Share of views of made pages, 0-1, where there are any.
    """

    seed: int
    batch: int
    side: int
    strength: float = 1.0
    made: float = 0.5


class PageStream:
    """Endless batches of views.

    Args:
        pages: Prepared, with what there is to find.
        channels: Of the network.
        viewing: How views are drawn.
        made: Recipes' pages, new ones in each epoch, each recipe as often.
    """

    def __init__(
        self,
        pages: Sequence[TruePage],
        channels: Sequence[Channel],
        viewing: Viewing,
        made: Sequence[MadePages] = (),
    ) -> None:
        self._pages = pages
        self._channels = tuple(channels)
        self._viewing = viewing
        self._made = tuple(made)
        share = viewing.made / max(1e-9, 1 - viewing.made)
        self._new = round(len(pages) * share / len(made)) if made else 0

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return -(-self._count * VIEWS // self._viewing.batch)

    @property
    def _count(self) -> int:
        """Pages in an epoch."""
        return len(self._pages) + self._new * len(self._made)

    def from_place(
        self, place: StreamPlace
    ) -> Iterator[tuple[StreamPlace, Callable[[], ViewBatch]]]:
        """Makers of the batches from `place` on, each with the place that follows it."""
        epoch, first = place.epoch, place.batch
        while True:
            rng = np.random.default_rng((self._viewing.seed, epoch))
            order = np.concatenate([rng.permutation(self._count) for _ in range(VIEWS)])
            for at in range(first, self.batches):
                chosen = order[at * self._viewing.batch : (at + 1) * self._viewing.batch]
                make = partial(self._batch, [int(page) for page in chosen], epoch, at)
                yield StreamPlace(epoch=epoch, batch=at + 1), make
            epoch, first = epoch + 1, 0

    def _page(self, number: int, epoch: int) -> TruePage:
        """A page of an epoch: first those given, then new ones of each recipe."""
        if number < len(self._pages):
            return self._pages[number]
        new, recipe = divmod(number - len(self._pages), len(self._made))
        return self._made[recipe].page(epoch * self._new + new)

    def _batch(self, chosen: Sequence[int], epoch: int, batch: int) -> ViewBatch:
        views = [
            random_view(
                self._page(page, epoch),
                self._channels,
                np.random.default_rng((self._viewing.seed, epoch, batch, number)),
                side=self._viewing.side,
                strength=self._viewing.strength,
            )
            for number, page in enumerate(chosen)
        ]
        frames = to_frames([image for image, _ in views], 0)
        return ViewBatch(frames, torch.from_numpy(np.stack([maps for _, maps in views])))
