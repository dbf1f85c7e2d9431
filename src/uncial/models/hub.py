"""The one way to a model for reading, whatever program wrote its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from uncial.catalogue.local import local_model
from uncial.formats.models.kinds import is_pretrained, model_kind
from uncial.models.reading import Decoder, Image, Reading
from uncial.progress import Note, Reporter, silent
from uncial.registry import Registry
from uncial.text.normalize import Normalization

if TYPE_CHECKING:
    from uncial.archive import ModelArchive  # which needs OpenCV; a reader of ONNX files does not
    from uncial.imaging.prepare import Preprocessing
    from uncial.text.codec import Codec


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


@runtime_checkable
class ModelReader(LineReader, Protocol):
    """A reader that a model file of ours holds, and that training makes."""

    @property
    def codec(self) -> Codec:
        """Of its charset."""

    @property
    def preprocessing(self) -> Preprocessing:
        """How lines are prepared."""

    def to_archive(self) -> ModelArchive:
        """Everything as NumPy and plain data, ready to be written in any format."""


class Opener(Protocol):
    """Makes a reader from the bytes of a model file of one kind."""

    def __call__(self, data: bytes, name: str, *, dictionary: bool) -> LineReader:
        """The reader of a file called `name`."""


OPENERS: Registry[Opener] = Registry(
    "model file",
    {
        "kraken": "uncial.models.kraken:opened",
        "onnx": "uncial.models.onnx:opened",
        "safetensors": "uncial.models.native:opened",
        "traineddata": "uncial.models.tesseract_reader:opened",
    },
)
"""By the kind of file; what computes with torch is only imported where it is needed."""


def open_checkpoint(path: Path, reporter: Reporter = silent) -> ModelArchive:
    """A checkpoint of transformers as a model of ours, see `uncial.models.pretrained`.

    Args:
        path: Its folder, or its name on a hub.
        reporter: Told what had to be mended.

    Raises:
        ConfigError: There is no such folder, and no such model can be had from a hub.
        FormatError: It is no encoder with a decoder, or damaged.
        MissingDependency: The package transformers is not installed.
    """
    from uncial.models.pretrained import open_pretrained  # noqa: PLC0415 - seconds to import

    found = open_pretrained(path)
    for repair in found.repairs:
        reporter(Note(text=f"{path}: {repair}", level="warning"))
    return found.archive


def open_model(
    path: Path | str, *, dictionary: bool = True, reporter: Reporter = silent
) -> LineReader:
    """Open a model file of any kind for reading; its content decides, not its name.

    Args:
        path: A model of ours (``.safetensors``, ``.onnx``), of Tesseract (``.traineddata``) or of
            kraken (``.mlmodel``, ``.safetensors``), which is read as kraken reads it; or a folder
            or hub name of a checkpoint of transformers with an encoder and a decoder; or a name
            in a catalogue, see `uncial.catalogue.local`.
        dictionary: Whether a model of Tesseract prefers the words of its dictionary.
        reporter: Told what had to be mended of a checkpoint.

    Raises:
        FormatError: It is no model file, damaged, from a newer version, or a model for
            Tesseract's engine before version 4.
        InputError: It is a name, and its catalogue does not give the model.
        MissingDependency: What computes models of this kind is not installed.
    """
    path = local_model(path, reporter)
    if is_pretrained(path):
        from uncial.models.transcriber import Transcriber  # noqa: PLC0415 - imports torch

        return Transcriber.from_archive(open_checkpoint(path, reporter))
    data = path.read_bytes()
    opener = OPENERS.get(model_kind(data, path.name))
    return opener(data, path.name, dictionary=dictionary)
