"""Recognizer: line images in, texts with confidences and positions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from uncial.archive import ModelArchive
from uncial.decoding.ctc import Hypothesis, greedy
from uncial.decoding.listening import Listener, Weights
from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.imaging.tesseract import INVERSION_THRESHOLD as _DOUBT
from uncial.models.compute import half_precision, integers_pay, worker_pool
from uncial.models.tensors import to_frames
from uncial.nn.border import SeededBorder, set_border
from uncial.nn.build import Network
from uncial.nn.fold import folded
from uncial.nn.frames import Frames
from uncial.nn.integer import Range, in_integers, input_ranges
from uncial.nn.weights import network_of, to_arrays
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.text.order import logical_order
from uncial.text.wordorder import as_read

Image = NDArray[np.uint8]
Decoder = Literal["greedy", "beam"]
_WIDTH_CLASSES = 8  # in each doubling of width: batches share few, so kernels lie ready
_BATCH_AREA = 8 * 768  # px of padded width in one batch: what stays in a core's cache


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


class Recognizer:
    """A network with everything needed to read lines: preparation, codec, decoder.

    Args:
        network: Gives ``(N, T, C)`` log-probabilities for prepared lines.
        codec: Of the network's labels.
        preprocessing: How lines were prepared in training.
        normalization: Form of the texts that it learnt; for scoring, not for reading.
        metadata: Provenance.
        ranges: Of its convolutions' inputs; with them it reads in 8-bit integers where the
            processor multiplies those faster.
        components: What another program keeps beside the network.
    """

    def __init__(
        self,
        network: Network,
        codec: Codec,
        preprocessing: Preprocessing,
        normalization: Normalization,
        metadata: dict[str, Any] | None = None,
        *,
        ranges: Mapping[str, Range] | None = None,
        components: Mapping[str, bytes] | None = None,
    ) -> None:
        self.network = network
        self.codec = codec
        self.preprocessing = preprocessing
        self.normalization = normalization
        self.metadata = metadata or {}
        self.ranges = dict(ranges or {})
        self.components = dict(components or {})
        self._integers: Network | None = None
        self._listener: Listener | None = None

    @classmethod
    def load(cls, path: Path | str) -> Recognizer:
        """Read a model file.

        Raises:
            FormatError: The file is not a model of ours, cut short, or from a newer version.
        """
        return cls.from_archive(native.unpack(Path(path).read_bytes()))

    @classmethod
    def from_archive(cls, archive: ModelArchive) -> Recognizer:
        """Build the network of an archive from its weights.

        Raises:
            SpecError: The spec cannot be read.
            FormatError: Weights and spec do not belong together.
        """
        network = network_of(archive.spec, archive.codec.width, archive.weights).eval()
        return cls(
            network,
            archive.codec,
            archive.preprocessing,
            archive.normalization,
            archive.metadata,
            ranges=archive.ranges,
            components=archive.components,
        )

    def to_archive(self) -> ModelArchive:
        """Everything as NumPy and plain data, ready to be written in any format."""
        return ModelArchive(
            spec=self.network.spec,
            codec=self.codec,
            preprocessing=self.preprocessing,
            normalization=self.normalization,
            weights=to_arrays(self.network),
            metadata=self.metadata,
            ranges=self.ranges,
            components=self.components,
        )

    @property
    def spec(self) -> str:
        """VGSL text of the network."""
        return self.network.spec

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

    def calibrate(self, images: Iterable[Image]) -> None:
        """Learn from typical lines in which ranges to read in 8-bit integers.

        Args:
            images: As for `read`; a few dozen, of training.
        """
        self.read_in_reals()
        if self.preprocessing.style == "tesseract":
            return  # its networks are compared to the digit
        network = folded(self.network)
        device = next(network.parameters()).device
        lines = [prepare(image, self.preprocessing) for image in images]
        lines.sort(key=lambda line: line.shape[1])
        groups = _groups([line.shape[1] for line in lines])
        with worker_pool(1), half_precision(device):
            self.ranges = input_ranges(
                network, (self._frames(lines[a:b], device) for a, b in groups)
            )

    def read_in_reals(self) -> None:
        """Forget the ranges: nothing is read in integers, here or where the model is saved to."""
        self.ranges = {}
        self._integers = None

    def read(
        self, images: Sequence[Image], *, decoder: Decoder = "greedy", threads: int = 0
    ) -> list[Reading]:
        """Texts of line images, in the order given.

        Args:
            images: ``(H, W)`` gray or ``(H, W, 3)`` RGB uint8 each.
            decoder: ``"beam"`` sums over alignments and is slower.
            threads: Lines read side by side; 0 takes every core.
        """
        return list(self.read_each(lambda i: images[i], len(images), decoder, threads))

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
        self, image: Callable[[int], Image], count: int, threads: int = 0
    ) -> Iterator[NDArray[np.float32]]:
        """``(T, C)`` natural log of each image; arguments as for `read_each`."""
        for decoded in self._chunks(image, count, threads, keep=True):
            yield from (line.log_probs for line in decoded)

    def _chunks(
        self, image: Callable[[int], Image], count: int, threads: int, *, keep: bool
    ) -> Iterator[list[_Decoded]]:
        """Lines in order, some hundred at once; their log-probabilities only if told to `keep`."""
        chunk = 256
        network = self._reading_network()
        with worker_pool(threads) as pool:
            for start in range(0, count, chunk):
                numbers = range(start, min(count, start + chunk))
                sized = list(pool.map(lambda i: self._prepared(image(i)), numbers))
                order = np.argsort([line.shape[1] for line, _ in sized], kind="stable")
                groups = list(_groups([sized[i][0].shape[1] for i in order]))
                found: dict[int, _Decoded] = {}
                jobs = [[int(i) for i in order[a:b]] for a, b in groups]
                batches = ([sized[i] for i in job] for job in jobs)
                done = pool.map(lambda lines: self._decoded(network, lines, keep), batches)
                for job, lines in zip(jobs, done, strict=True):
                    found.update(zip(job, lines, strict=True))
                yield [found[i] for i in range(len(sized))]

    def _reading_network(self) -> Network:
        if self._integers is not None:
            return self._integers
        network = folded(self.network)
        if self.preprocessing.style == "tesseract":
            known = self.metadata.get("tesseract", {})
            set_border(network, SeededBorder(int(known.get("sample_iteration", 0))))
        on_processor = next(network.parameters()).device.type == "cpu"
        if self.ranges and on_processor and integers_pay():
            self._integers = network = in_integers(network, self.ranges)
        return network

    def _frames(self, lines: Sequence[Image], device: torch.device) -> Frames:
        widest = max(line.shape[1] for line in lines) + 2 * self.preprocessing.pad
        step = max(64, 2 ** (widest - 1).bit_length() // (2 * _WIDTH_CLASSES))
        frames = to_frames(lines, self.preprocessing.pad, step, self.preprocessing.style)
        return frames._replace(data=frames.data.to(device), widths=frames.widths.to(device))

    def _prepared(self, image: Image) -> tuple[Image, int]:
        return prepare(image, self.preprocessing), image.shape[1]

    def _decoded(
        self, network: Network, lines: Sequence[tuple[Image, int]], keep: bool
    ) -> list[_Decoded]:
        images = [line for line, _ in lines]
        found = self._log_probs(network, images)
        if self.preprocessing.style == "tesseract" and self.preprocessing.polarity == "auto":
            doubted = [at for at, rows in enumerate(found) if _sureness(rows) < _DOUBT]
            if doubted:
                turned = self._log_probs(network, [255 - images[at] for at in doubted])
                for at, rows in zip(doubted, turned, strict=True):
                    found[at] = max(found[at], rows, key=_sureness)
        nothing = np.zeros((0, 0), np.float32)
        return [
            _Decoded(greedy(rows, self.codec), rows if keep else nothing, line.shape[1], width)
            for rows, (line, width) in zip(found, lines, strict=True)
        ]

    def _log_probs(self, network: Network, images: Sequence[Image]) -> list[NDArray[np.float32]]:
        """``(T, C)`` of each prepared line."""
        device = next(network.parameters()).device
        frames = self._frames(images, device)
        exact = self.preprocessing.style == "tesseract"  # its readings are compared to the digit
        precision = nullcontext() if exact else half_precision(device)
        with torch.inference_mode(), precision:
            log_probs = network.log_probs(frames).cpu().numpy()
        steps = network.output_widths(frames.widths).tolist()
        return [rows[:n] for rows, n in zip(log_probs, steps, strict=True)]

    def _reading(self, best: Hypothesis, prepared: int, width: int, plain: str | None) -> Reading:
        scale = width / prepared
        step = self.network.stride_x

        def column(time: int) -> float:
            return min(max((time * step - self.preprocessing.pad) * scale, 0.0), float(width))

        characters = tuple(
            ReadCharacter(c.grapheme, c.confidence, column(c.start), column(c.stop))
            for c in best.characters
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


def _groups(widths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Slices of ascending widths that fit one batch each."""
    start = 0
    for at, width in enumerate(widths):
        if at > start and width * (at - start + 1) > _BATCH_AREA:
            yield start, at
            start = at
    if start < len(widths):
        yield start, len(widths)
