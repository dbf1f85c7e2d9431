"""Readers of lines: images in, texts with confidences and positions out, whatever computes.

A reader prepares lines, sorts them by width, lets its network work on them in batches of a few,
and decodes. Lines are taken some hundred at once, so memory stays flat.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.ctc import Hypothesis, greedy
from uncial.decoding.listening import Listener, Weights
from uncial.imaging.batch import Batch, batched
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.imaging.tesseract import INVERSION_THRESHOLD as _DOUBT
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.text.order import logical_order
from uncial.text.wordorder import as_read

Image = NDArray[np.uint8]
Decoder = Literal["greedy", "beam"]
LogProbs = NDArray[np.float32]
"""``(T, C)`` natural log."""

_CHUNK = 256  # lines in memory at once
_WIDTH_CLASSES = 8  # in each doubling of width: batches share few, so kernels lie ready


@dataclass(frozen=True)
class ReadCharacter:
    """One grapheme of a reading, in the order of the columns.

    Attributes:
        grapheme: Its text.
        confidence: 0-1.
        start: Left edge in px of the image given.
        stop: Right edge in px.
    """

    grapheme: str
    confidence: float
    start: float
    stop: float


@dataclass(frozen=True)
class Reading:
    """What a recognizer makes of one line.

    Attributes:
        text: In logical order.
        confidence: 0-1, geometric mean over the characters.
        characters: From left to right.
        greedy: The text that the likeliest label of each step gives, where another way of
            decoding was asked for.
        approximate: Whether the characters' confidences and edges are estimates: of a decoder
            that looks at the whole line, from where it looked.
    """

    text: str
    confidence: float
    characters: tuple[ReadCharacter, ...]
    greedy: str | None = None
    approximate: bool = False


class _Decoded(NamedTuple):
    """One line of a batch: greedy reading, log-probabilities, prepared and given width, px."""

    greedy: Hypothesis
    log_probs: NDArray[np.float32]
    prepared: int
    width: int


Network = Callable[[Batch], list[LogProbs]]
"""Log-probabilities of each line of a batch, its own steps only."""


class Computing(NamedTuple):
    """What reads batches: threads, and the network."""

    pool: Executor
    network: Network


class OnDemand(ABC):
    """Reads lines one after the other, as they are asked for."""

    @abstractmethod
    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """Like `read`, image by image on demand: memory stays flat however many there are.

        Args:
            image: The image with a number in ``range(count)``.
            count: How many there are.
            decoder: As for `read`.
            threads: As for `read`.
        """

    def read(
        self, images: Sequence[Image], *, decoder: Decoder = "greedy", threads: int = 0
    ) -> list[Reading]:
        """Texts of line images, in the order given.

        Args:
            images: ``(H, W)`` gray or ``(H, W, 3)`` RGB uint8 each.
            decoder: ``"beam"`` weighs many texts and is slower.
            threads: Cores to use; 0 takes every one.
        """
        return list(self.read_each(lambda i: images[i], len(images), decoder, threads))


class NetworkReader(OnDemand):
    """Everything of a reader but the network: preparation, codec, decoder.

    Args:
        codec: Of the network's labels.
        preprocessing: How lines were prepared in training.
        normalization: Form of the texts that it learnt; for scoring, not for reading.
        metadata: Provenance.

    Attributes:
        batch_area: px of padded width in one batch: what stays in a core's cache.
        rounds_widths: Whether batches share a few widths, for kernels that are made for each.
    """

    batch_area: ClassVar[int] = 8 * 768
    rounds_widths: ClassVar[bool] = True

    def __init__(
        self,
        codec: Codec,
        preprocessing: Preprocessing,
        normalization: Normalization,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.codec = codec
        self.preprocessing = preprocessing
        self.normalization = normalization
        self.metadata = metadata or {}
        self._listener: Listener | None = None

    @property
    @abstractmethod
    def spec(self) -> str:
        """VGSL text of the network."""

    @property
    @abstractmethod
    def stride(self) -> int:
        """Columns of a prepared line for each step of the output."""

    @abstractmethod
    def _opened(self, threads: int) -> AbstractContextManager[Computing]:
        """What computes, until the end of the block.

        Args:
            threads: Batches side by side; 0 takes every core.
        """

    @property
    def labels(self) -> int:
        """Outputs of the network."""
        return self.codec.width

    @property
    def characters(self) -> tuple[str, ...]:
        """What it can write, grapheme by grapheme."""
        return self.codec.charset.graphemes

    def decoding(self, decoder: Decoder) -> str:
        """How the network's output becomes text where `decoder` is asked for."""
        return decoder

    def listen(self, listener: Listener) -> None:
        """From now on language has a say wherever the decoder is ``"beam"``."""
        self._listener = listener

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that it cannot write."""
        return self.codec.missing(text)

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """See `OnDemand`."""
        beam = decoder == "beam"
        for decoded in self._chunks(image, count, threads, keep=beam):
            best = [line.greedy for line in decoded]
            if beam:
                listener = self._listener or Listener(self.codec, weights=Weights(stands=1.0))
                best = listener.read([line.log_probs for line in decoded], best)
            for line, one in zip(decoded, best, strict=True):
                plain = self.in_order(line.greedy.text) if beam else None
                yield self._reading(one, line.prepared, line.width, plain)

    def log_probs_each(
        self,
        image: Callable[[int], Image],
        count: int,
        threads: int = 0,
        *,
        view: Callable[[int, Image], Image] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """``(T, C)`` natural log of each image.

        Args:
            image: As for `read_each`.
            count: As for `read_each`.
            threads: As for `read_each`.
            view: Changes a line, by its number, after it was prepared and before it is read.
        """
        for decoded in self._chunks(image, count, threads, keep=True, view=view):
            yield from (line.log_probs for line in decoded)

    def _chunks(
        self,
        image: Callable[[int], Image],
        count: int,
        threads: int,
        *,
        keep: bool,
        view: Callable[[int, Image], Image] | None = None,
    ) -> Iterator[list[_Decoded]]:
        """Lines in order, some hundred at once; their log-probabilities only if told to `keep`."""

        def ready(number: int) -> tuple[Image, int]:
            line, width = self._prepared(image(number))
            return (line if view is None else view(number, line)), width

        with self._opened(threads) as (pool, network):
            for start in range(0, count, _CHUNK):
                numbers = range(start, min(count, start + _CHUNK))
                sized = list(pool.map(ready, numbers))
                order = np.argsort([line.shape[1] for line, _ in sized], kind="stable")
                widths = [sized[i][0].shape[1] for i in order]
                slices = list(groups(widths, self.batch_area))
                found: dict[int, _Decoded] = {}
                jobs = [[int(i) for i in order[a:b]] for a, b in slices]
                batches = ([sized[i] for i in job] for job in jobs)
                done = pool.map(lambda lines: self._decoded(network, lines, keep), batches)
                for job, lines in zip(jobs, done, strict=True):
                    found.update(zip(job, lines, strict=True))
                yield [found[i] for i in range(len(sized))]

    def batch(self, lines: Sequence[Image]) -> Batch:
        """Prepared lines side by side, as the network takes them."""
        widest = max(line.shape[1] for line in lines) + 2 * self.preprocessing.pad
        step = self.stride
        if self.rounds_widths:
            step = max(64, 2 ** (widest - 1).bit_length() // (2 * _WIDTH_CLASSES))
        return batched(lines, self.preprocessing.pad, step, self.preprocessing.style)

    def _prepared(self, image: Image) -> tuple[Image, int]:
        return prepare(image, self.preprocessing), image.shape[1]

    def _decoded(
        self, network: Network, lines: Sequence[tuple[Image, int]], keep: bool
    ) -> list[_Decoded]:
        images = [line for line, _ in lines]
        found = network(self.batch(images))
        if self.preprocessing.style == "tesseract" and self.preprocessing.polarity == "auto":
            doubted = [at for at, rows in enumerate(found) if _sureness(rows) < _DOUBT]
            if doubted:
                turned = network(self.batch([255 - images[at] for at in doubted]))
                for at, rows in zip(doubted, turned, strict=True):
                    found[at] = max(found[at], rows, key=_sureness)
        nothing = np.zeros((0, 0), np.float32)
        return [
            _Decoded(greedy(rows, self.codec), rows if keep else nothing, line.shape[1], width)
            for rows, (line, width) in zip(found, lines, strict=True)
        ]

    def _reading(self, best: Hypothesis, prepared: int, width: int, plain: str | None) -> Reading:
        scale = width / prepared
        step = self.stride

        found = best.characters
        times = np.array([(one.start, one.stop) for one in found], np.float64).reshape(-1, 2)
        columns = ((times * step - self.preprocessing.pad) * scale).clip(0.0, float(width)).tolist()
        characters = tuple(
            ReadCharacter(one.grapheme, one.confidence, start, stop)
            for one, (start, stop) in zip(found, columns, strict=True)
        )
        return Reading(self.in_order(best.text), best.confidence, characters, plain)

    def in_order(self, text: str) -> str:
        """A text read from left to right, in logical order."""
        if self.preprocessing.style == "tesseract":
            return as_read(self.codec.units(text))
        return logical_order(text)


def _sureness(log_probs: NDArray[np.float32]) -> float:
    """Mean probability of the best labels that are not blank, 0-1."""
    if not len(log_probs):
        return 0.0
    best = log_probs.max(axis=1)[log_probs.argmax(axis=1) != Codec.blank]
    return float(np.exp(best).mean()) if len(best) else 0.0


def groups(widths: Sequence[int], area: int) -> Iterator[tuple[int, int]]:
    """Slices of ascending widths that fit one batch each, of an area in px of width."""
    start = 0
    for at, width in enumerate(widths):
        if at > start and width * (at - start + 1) > area:
            yield start, at
            start = at
    if start < len(widths):
        yield start, len(widths)
