"""Recognizer: a network of torch that reads lines, and can be saved and trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

import torch

from uncial.archive import ModelArchive
from uncial.decoding.doubt import is_doubtful
from uncial.formats.models import native
from uncial.imaging.batch import Batch
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.models.compute import half_precision, integers_pay, is_half, worker_pool
from uncial.models.reading import Computing, Image, LogProbs, NetworkReader, groups
from uncial.nn.border import SeededBorder, set_border
from uncial.nn.build import Network
from uncial.nn.fold import folded
from uncial.nn.frames import Frames
from uncial.nn.integer import Range, in_integers, input_ranges
from uncial.nn.weights import network_of, to_arrays
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

Arithmetic = Literal["auto", "float32", "bfloat16", "int8"]
"""Numbers that a network is read in; auto: int8 where the model has ranges for it, else bfloat16,
where the processor multiplies either in hardware, else float32."""
_HALF_ERROR = 0.25  # of a difference of log-probabilities in bfloat16; seen were 0.18


class Recognizer(NetworkReader):
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

    Attributes:
        arithmetic: Numbers that lines are read in.
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
        super().__init__(codec, preprocessing, normalization, metadata)
        self.ranges = dict(ranges or {})
        self.components = dict(components or {})
        self._integers: Network | None = None
        self.arithmetic: Arithmetic = "auto"

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
    def stride(self) -> int:
        """Columns of a prepared line for each step of the output."""
        return self.network.stride_x

    def calibrate(self, images: Iterable[Image]) -> None:
        """Learn from typical lines in which ranges to read in 8-bit integers.

        Args:
            images: As for `read`; a few dozen, of training.
        """
        self.read_in_reals()
        if self.preprocessing.style != "uncial":
            return  # its readings are compared with another program's
        network = folded(self.network)
        device = next(network.parameters()).device
        lines = [prepare(image, self.preprocessing) for image in images]
        lines.sort(key=lambda line: line.shape[1])
        slices = groups([line.shape[1] for line in lines], self.batch_area)
        with worker_pool(1), half_precision(device):
            self.ranges = input_ranges(
                network, (frames_of(self.batch(lines[a:b]), device) for a, b in slices)
            )

    def read_in_reals(self) -> None:
        """Forget the ranges: nothing is read in integers, here or where the model is saved to."""
        self.ranges = {}
        self._integers = None

    @contextmanager
    def _opened(self, threads: int) -> Iterator[Computing]:
        network = self._reading_network()
        device = next(network.parameters()).device
        exact = self.preprocessing.style == "tesseract"  # its readings are compared to the digit
        half = not exact and self.arithmetic != "float32"

        def forward(batch: Batch, half: bool) -> list[LogProbs]:
            frames = frames_of(batch, device)
            precision = half_precision(device) if half else nullcontext()
            with torch.inference_mode(), precision:
                log_probs = network.log_probs(frames).cpu().numpy()
            steps = network.output_widths(frames.widths).tolist()
            return [rows[:n] for rows, n in zip(log_probs, steps, strict=True)]

        def computed(batch: Batch) -> list[LogProbs]:
            found = forward(batch, half)
            if self.preprocessing.style == "kraken" and half and is_half(device):
                doubted = [at for at, rows in enumerate(found) if is_doubtful(rows, _HALF_ERROR)]
                widths = [batch.widths[at] for at in doubted]
                again = forward(Batch(batch.data[doubted], widths), False) if doubted else []
                for at, rows in zip(doubted, again, strict=True):
                    found[at] = rows
            return found

        with worker_pool(threads) as pool:
            yield Computing(pool, computed)

    def _reading_network(self) -> Network:
        if self._integers is not None and self.arithmetic in ("auto", "int8"):
            return self._integers
        network = folded(self.network)
        if self.preprocessing.style == "tesseract":
            known = self.metadata.get("tesseract", {})
            set_border(network, SeededBorder(int(known.get("sample_iteration", 0))))
        on_processor = next(network.parameters()).device.type == "cpu"
        wanted = self.arithmetic in ("auto", "int8") and self.ranges
        if wanted and on_processor and integers_pay():
            self._integers = network = in_integers(network, self.ranges)
        return network


def frames_of(batch: Batch, device: torch.device) -> Frames:
    """Prepared lines as a network takes them, on its device."""
    data, widths = torch.from_numpy(batch.data), torch.tensor(batch.widths)
    return Frames(data.to(device), widths.to(device), min(batch.widths))
