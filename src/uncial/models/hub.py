"""The one way to a model for reading, whatever program wrote its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from uncial.archive import ModelArchive
from uncial.errors import FormatError
from uncial.formats.models import native
from uncial.formats.models.kinds import is_pretrained, model_kind
from uncial.formats.tesseract.unichar import SPECIALS
from uncial.formats.tesseract.unicharset import clean
from uncial.imaging.prepare import Preprocessing
from uncial.models.ensemble import Ensemble
from uncial.models.recognizer import Decoder, Image, Reading
from uncial.models.tesseract import TesseractModel, TesseractRecognizer
from uncial.progress import Note, Reporter, silent
from uncial.registry import Registry
from uncial.text.codec import Codec
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization

_CHUNK = 64  # images in memory at once


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
    """A reader that a file of ours holds, and that training makes."""

    @property
    def codec(self) -> Codec:
        """Of its charset."""

    @property
    def preprocessing(self) -> Preprocessing:
        """How lines are prepared."""

    def to_archive(self) -> ModelArchive:
        """Everything as NumPy and plain data, ready to be written in any format."""


class FromArchive(Protocol):
    """Makes a reader of one family."""

    def from_archive(self, archive: ModelArchive) -> ModelReader:
        """The reader of an archive."""


READERS: Registry[FromArchive] = Registry(
    "reader",
    {
        "ctc": "uncial.models.recognizer:Recognizer",
        "encoder-decoder": "uncial.models.transcriber:Transcriber",
    },
)
"""By the family of the network."""


def reader_of(archive: ModelArchive) -> ModelReader:
    """The reader of one model in memory.

    Raises:
        FormatError: It is of a family that this version does not know, or damaged.
    """
    if archive.family not in READERS:
        raise FormatError(
            f"a model of the family {archive.family!r}, which this version cannot read",
            remedy="update Uncial",
        )
    return READERS.get(archive.family).from_archive(archive)


class TesseractReader:
    """A model of Tesseract behind the protocol of `LineReader`.

    It reads and decodes as Tesseract does, whatever decoder is asked for, and one line after
    the other: its dictionary remembers what it has walked, which threads may not share.

    Args:
        model: Network, units, codes and dictionary.
        metadata: Provenance.
        dictionary: Whether words of the model's dictionary are preferred.
    """

    def __init__(
        self, model: TesseractModel, metadata: dict[str, Any], *, dictionary: bool = True
    ) -> None:
        self.recognizer = TesseractRecognizer(model, dictionary=dictionary)
        self.normalization = Normalization.DEFAULT
        self.metadata = metadata
        self.spec = model.record.spec
        self.labels = model.record.network.no
        self._dictionary = dictionary and model.dictionary is not None

    @property
    def characters(self) -> tuple[str, ...]:
        """Units of its unicharset, without those that stand for no text."""
        units = self.recognizer.model.unicharset
        first = len(SPECIALS) if units.has_special_codes else 1
        return (" ", *(entry.text for entry in units.entries[first:]))

    def decoding(self, decoder: Decoder) -> str:
        """Always Tesseract's own."""
        return "tesseract" if self._dictionary else "tesseract without dictionary"

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that its unicharset cannot spell."""
        units = self.recognizer.model.unicharset
        whole = clean(text)
        reach = units.parse(whole)[1]
        if reach == len(whole):
            return set()
        alone = {one for one in graphemes(text) if units.parse(clean(one))[1] < len(clean(one))}
        return alone or {whole[reach]}

    def read(
        self, images: Sequence[Image], *, decoder: Decoder = "greedy", threads: int = 0
    ) -> list[Reading]:
        """Texts of line images, in the order given."""
        return self.recognizer.read(images)

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """Like `read`, image by image on demand."""
        for start in range(0, count, _CHUNK):
            numbers = range(start, min(count, start + _CHUNK))
            yield from self.recognizer.read([image(number) for number in numbers])


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
        path: A model of ours (``.safetensors``) or of Tesseract (``.traineddata``), or a folder
            or hub name of a checkpoint of transformers with an encoder and a decoder.
        dictionary: Whether a model of Tesseract prefers the words of its dictionary.
        reporter: Told what had to be mended of a checkpoint.

    Raises:
        FormatError: It is no model file, damaged, from a newer version, or a model for
            Tesseract's engine before version 4.
    """
    path = Path(path)
    if is_pretrained(path):
        return reader_of(open_checkpoint(path, reporter))
    data = path.read_bytes()
    if model_kind(data, path.name) == "safetensors":
        archive = native.unpack(data)
        if archive.voters:
            return Ensemble.from_archive(archive)
        return reader_of(archive)
    model = TesseractModel.unpack(data, path.name)
    record = model.record
    metadata = {
        "program": "tesseract",
        "weights": "int8" if record.is_integer else "float",
        "training_iterations": record.training_iteration,
    }
    return TesseractReader(model, metadata, dictionary=dictionary)
