"""Models of Tesseract behind the protocol of a reader of lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from uncial.formats.tesseract.unichar import SPECIALS
from uncial.formats.tesseract.unicharset import clean
from uncial.models.reading import Decoder, Image, OnDemand, Reading
from uncial.models.tesseract import TesseractModel, TesseractRecognizer
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization

_CHUNK = 64  # images in memory at once


class TesseractReader(OnDemand):
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

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """See `OnDemand`."""
        for start in range(0, count, _CHUNK):
            numbers = range(start, min(count, start + _CHUNK))
            yield from self.recognizer.read([image(number) for number in numbers])


def opened(data: bytes, name: str, *, dictionary: bool) -> TesseractReader:
    """The reader of a ``.traineddata`` file; see `uncial.models.hub.open_model`."""
    model = TesseractModel.unpack(data, name)
    record = model.record
    metadata = {
        "program": "tesseract",
        "weights": "int8" if record.is_integer else "float",
        "training_iterations": record.training_iteration,
    }
    return TesseractReader(model, metadata, dictionary=dictionary)
