"""Training lines that are made as they are needed: no files, no end, no line twice.

Lines come in epochs of some hundred, made ahead of the training by other processes. Which lines
an epoch has depends on the recipe, the seed and the epoch's number alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from uncial.errors import TrainingError, UnencodableText
from uncial.imaging.prepare import Preprocessing
from uncial.nn.build import Network
from uncial.synth.synthesizer import LineMaker
from uncial.synth.workers import Workers
from uncial.text.normalize import Normalization
from uncial.training.batches import BatchMaker, StreamPlace
from uncial.training.drawing import Drawing, TrainingStream
from uncial.training.fitting import least_width
from uncial.training.lines import Plan
from uncial.training.start import encoded

EPOCH = 1024
"""Lines that are bucketed together."""

_PART = 64  # lines of one call of a worker
_AHEAD = 2  # epochs that are being made while one is trained on
_SEED = 0x53594E  # sets the stream's lines apart from those of the store


class SyntheticStream:
    """Endless batches of lines that nobody has seen.

    Args:
        synthesizer: Makes them.
        plan: Codec, network and preprocessing of the run.
        drawing: Batches and distortions; nothing is replayed.
        normalization: Rules for the texts.
        workers: Processes that make lines.
    """

    def __init__(
        self,
        synthesizer: LineMaker,
        plan: Plan,
        drawing: Drawing,
        normalization: Normalization,
        *,
        workers: int,
    ) -> None:
        self._plan = plan
        self._drawing = drawing
        self._normalize = normalization
        self._workers = Workers(synthesizer, workers)
        self._coming: dict[int, list[Future[Any]]] = {}
        self.batches = max(1, round(EPOCH * plan.median_width / drawing.area))
        self.waited = 0.0
        """Seconds that training waited for lines, those of the first epoch left out."""

    def from_place(self, place: StreamPlace) -> Iterator[tuple[StreamPlace, BatchMaker]]:
        """Makers of the batches from `place` on, each with the place that follows it."""
        epoch, first = place.epoch, place.batch
        while True:
            stream = self._epoch(epoch)
            count = stream.batches
            for at, (_, make) in zip(
                range(first, count), stream.from_place(StreamPlace(batch=first)), strict=False
            ):
                yield StreamPlace(epoch=epoch, batch=at + 1), make
            epoch, first = epoch + 1, 0

    def close(self) -> None:
        """End the processes."""
        self._workers.close()

    def _epoch(self, epoch: int) -> TrainingStream:
        """The lines of an epoch, as a training set of their own."""
        for other in [key for key in self._coming if key < epoch]:
            del self._coming[other]
        begun = bool(self._coming)
        for coming in range(epoch, epoch + 1 + _AHEAD):
            if coming not in self._coming:
                self._coming[coming] = self._ordered(coming)
        started = time.perf_counter()
        made = [line for part in self._coming.pop(epoch) for line in part.result()]
        if begun:
            self.waited += time.perf_counter() - started
        images, labels, widths, least = self._usable(made)
        drawing = replace(
            self._drawing,
            seed=self._drawing.seed * 1_000_003 + epoch + 1,
            rare_first=self._drawing.rare_first if epoch == 0 else 0.0,
        )
        lines = ReadyLines(images, self._plan.preprocessing)
        return TrainingStream(lines, labels, np.array(widths), np.array(least), drawing)

    def _ordered(self, epoch: int) -> list[Future[Any]]:
        seed = self._drawing.seed ^ _SEED
        return [
            self._workers.submit("prepared", seed, first, _PART, self._plan.preprocessing)
            for first in range(epoch * EPOCH, (epoch + 1) * EPOCH, _PART)
        ]

    def _usable(
        self, made: list[tuple[NDArray[np.uint8], str]]
    ) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.int32]], list[int], list[int]]:
        """Lines whose text the charset has and the network's frames hold."""
        plan, network = self._plan, cast("Network", self._plan.network)
        found: list[tuple[NDArray[np.uint8], NDArray[np.int32], int, int]] = []
        for image, text in made:
            try:
                labels = encoded(self._normalize(text), plan.codec, plan.preprocessing.style)
            except UnencodableText:
                continue
            least = least_width(labels, network, plan.preprocessing)
            if len(labels) and image.shape[1] >= least:
                found.append((image, labels, image.shape[1], least))
        if not found:
            raise TrainingError(
                f"none of {len(made)} made lines is wide enough for its text",
                remedy="raise the stretch, or take a preset with finer frames",
            )
        images, labels_, widths, needed = zip(*found, strict=True)
        return list(images), list(labels_), list(widths), list(needed)


class ReadyLines:
    """Prepared lines in memory.

    Args:
        images: ``(H, W)`` each, as the model sees them.
        preprocessing: That made them so.
    """

    def __init__(self, images: list[NDArray[np.uint8]], preprocessing: Preprocessing) -> None:
        self._images = images
        self.preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        return self._images[index]
