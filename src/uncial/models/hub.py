"""The one way to a model for reading, whatever program wrote its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from uncial.formats.models.kinds import model_kind
from uncial.models.reading import Decoder, Image, Reading
from uncial.registry import Registry
from uncial.text.normalize import Normalization


class LineReader(Protocol):
    """What tasks ask of a model."""

    @property
    def normalization(self) -> Normalization:
        """Form of the texts that it learnt; for scoring."""

    @property
    def metadata(self) -> dict[str, Any]:
        """Provenance."""

    @property
    def spec(self) -> str:
        """VGSL text of the network."""

    @property
    def labels(self) -> int:
        """Outputs of the network."""

    @property
    def characters(self) -> tuple[str, ...]:
        """What it can write, grapheme by grapheme."""

    def decoding(self, decoder: Decoder) -> str:
        """How the network's output becomes text where `decoder` is asked for."""

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that it cannot write."""

    def read(
        self, images: Sequence[Image], *, decoder: Decoder = "greedy", threads: int = 0
    ) -> list[Reading]:
        """Texts of line images, in the order given."""

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """Like `read`, image by image on demand."""


class Opener(Protocol):
    """Makes a reader from the bytes of a model file of one kind."""

    def __call__(self, data: bytes, name: str, *, dictionary: bool) -> LineReader:
        """The reader of a file called `name`."""


OPENERS: Registry[Opener] = Registry(
    "model file",
    {
        "onnx": "uncial.models.onnx:opened",
        "safetensors": "uncial.models.native:opened",
        "traineddata": "uncial.models.tesseract_reader:opened",
    },
)
"""By the kind of file; what computes with torch is only imported where it is needed."""


def open_model(path: Path | str, *, dictionary: bool = True) -> LineReader:
    """Open a model file of any kind for reading; its content decides, not its name.

    Args:
        path: A model of ours (``.safetensors``, ``.onnx``) or of Tesseract (``.traineddata``).
        dictionary: Whether a model of Tesseract prefers the words of its dictionary.

    Raises:
        FormatError: It is no model file, damaged, from a newer version, or a model for
            Tesseract's engine before version 4.
        MissingDependency: What computes models of this kind is not installed.
    """
    path = Path(path)
    data = path.read_bytes()
    opener = OPENERS.get(model_kind(data, path.name))
    return opener(data, path.name, dictionary=dictionary)
