"""Tesseract's models as recognizers, with the readings and confidences of its own engine.

Source: tesseract 5.x ``src/lstm/lstmrecognizer.cpp`` (``RecognizeLine``),
``src/ccmain/linerec.cpp`` (words that are dropped).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uncial.decoding.recode.line import DecodedUnichar, DecodedWord, grouped, unichars
from uncial.decoding.recode.search import RecodeSearch
from uncial.decoding.recode.tables import SPACE, CodeTables
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.dictionary import Dictionary
from uncial.formats.tesseract.engine import engine
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.unicharset import UNDELIMITED, Unicharset
from uncial.imaging.tesseract import (
    INVERSION_THRESHOLD,
    TesseractLine,
    byte_values,
    float_values,
    tesseract_line,
)
from uncial.models.compute import worker_pool
from uncial.models.reading import Image, ReadCharacter, Reading
from uncial.nn.tesseract.forward import ExactNetwork
from uncial.text.wordorder import reading_order

_SPACELESS_LANGUAGES = frozenset({"Han", "Katakana", "Thai"})
_NO_SCRIPT = "NULL"
_LEAST_PROBABILITY = 1e-30
_KEEPS_SPACES = re.compile(rb"^\s*preserve_interword_spaces[ \t]+[1TtYy]", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class TesseractModel:
    """What a model file holds for reading.

    Attributes:
        record: The network.
        unicharset: Its units.
        recoder: Their codes.
        dictionary: Words, numbers and punctuation; None where the file has no words.
        keeps_spaces: Words that the network read without a space between are put out so.
    """

    record: LSTMRecord
    unicharset: Unicharset
    recoder: Recoder
    dictionary: Dictionary | None
    keeps_spaces: bool = False

    @classmethod
    def unpack(cls, data: bytes, name: str) -> TesseractModel:
        """Read a model file's bytes.

        Raises:
            FormatError: It has no LSTM network, is damaged, or its parts do not fit.
        """
        parts = TrainedData.unpack(data, name)

        def dawg(kind: str) -> Dawg | None:
            part = f"lstm-{kind}-dawg"
            if part not in parts.components:
                return None
            told = f"{name}: {part}"
            return Dawg.unpack(parts.components[part], told, swapped=parts.swapped)

        made = engine(parts, name)
        unicharset = made.unicharset
        digits = [at for at in range(len(unicharset)) if unicharset.is_digit(at)]
        word_graph, number_graph, punctuation = dawg("word"), dawg("number"), dawg("punc")
        dictionary = None
        if word_graph is not None or number_graph is not None or punctuation is not None:
            dictionary = Dictionary(word_graph, number_graph, punctuation, digits)
        return cls(
            record=made.record,
            unicharset=unicharset,
            recoder=made.recoder,
            dictionary=dictionary,
            keeps_spaces=_KEEPS_SPACES.search(parts.components.get("config", b"")) is not None,
        )

    def tables(self) -> CodeTables:
        """What decoding needs to know of the units."""
        entries = self.unicharset.entries
        scripts = {entry.script for entry in entries}
        # Tesseract takes the number of a script that a set lacks to be that of no script.
        undelimited = UNDELIMITED if scripts >= UNDELIMITED else UNDELIMITED | {_NO_SCRIPT}
        return CodeTables(
            labels=self.record.network.no,
            null=self.record.null_char,
            units=self.recoder.units,
            final=self.recoder.final,
            following=self.recoder.next,
            undelimited=frozenset(
                at for at, entry in enumerate(entries) if entry.script in undelimited
            ),
            space_delimited=scripts.isdisjoint(_SPACELESS_LANGUAGES),
        )


@dataclass(frozen=True, kw_only=True)
class TesseractReading:
    """A line as the engine decoded it.

    Attributes:
        reading: Text and characters.
        unichars: Of the best path, from left to right, spaces included.
        words: From left to right, without those of spaces alone.
        line: The image as the network saw it.
    """

    reading: Reading
    unichars: tuple[DecodedUnichar, ...]
    words: tuple[DecodedWord, ...]
    line: TesseractLine


class TesseractRecognizer:
    """Reads line images as ``tesseract --psm 13`` does.

    Args:
        model: Network, units, codes and dictionary.
        dictionary: Whether words of the model's dictionary are preferred.
    """

    def __init__(self, model: TesseractModel, *, dictionary: bool = True) -> None:
        self.model = model
        self.network = ExactNetwork(model.record.network, model.record.sample_iteration)
        self.tables = model.tables()
        self._search = RecodeSearch(self.tables, model.dictionary if dictionary else None)

    @classmethod
    def load(cls, path: Path | str, *, dictionary: bool = True) -> TesseractRecognizer:
        """Read a ``.traineddata`` file.

        Args:
            path: The file.
            dictionary: As for the class.

        Raises:
            FormatError: It has no LSTM network, is damaged, or its parts do not fit.
        """
        path = Path(path)
        model = TesseractModel.unpack(path.read_bytes(), path.name)
        return cls(model, dictionary=dictionary)

    def read(self, images: Sequence[Image], *, threads: int = 1) -> list[Reading]:
        """Texts of line images, in the order given.

        Args:
            images: ``(H, W)`` gray or ``(H, W, 3)`` RGB uint8 each.
            threads: Lines read side by side; 0 takes every core.
        """
        with worker_pool(threads) as pool:
            return [decoded.reading for decoded in pool.map(self.decode, images)]

    def log_probs(self, image: Image) -> NDArray[np.float32]:
        """Natural log-probabilities of a line, ``(T, labels)``; the null is `tables.null`."""
        probabilities, _ = self._probabilities(image)
        return np.log(np.maximum(probabilities, _LEAST_PROBABILITY))

    def decode(self, image: Image) -> TesseractReading:
        """A line as the engine decodes it, with its words.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` RGB uint8.
        """
        probabilities, line = self._probabilities(image)
        found = unichars(self._search.best_path(probabilities)) if len(probabilities) else []
        kept = [
            word
            for word in grouped(found, self.tables.undelimited)
            if any(one.unichar != SPACE for one in word.unichars)
        ]
        step = self.network.stride / line.scale
        reading = self._reading(kept, step, float(image.shape[1]))
        return TesseractReading(
            reading=reading, unichars=tuple(found), words=tuple(kept), line=line
        )

    def _reading(self, words: Sequence[DecodedWord], step: float, width: float) -> Reading:
        """Text, and characters with their columns in px of the image given."""
        entries = self.model.unicharset.entries
        characters = tuple(
            ReadCharacter(
                entries[one.unichar].text,
                one.confidence,
                min(one.start * step, width),
                min(one.stop * step, width),
            )
            for word in words
            for one in word.unichars
        )
        confidences = [character.confidence for character in characters]
        return Reading(self._text(words), _mean(confidences), characters)

    def _text(self, words: Sequence[DecodedWord]) -> str:
        """Text in logical order, without invisible marks of direction."""
        entries = self.model.unicharset.entries
        directions = [[entries[one.unichar].direction for one in word.unichars] for word in words]
        text = ""
        for at, order in reading_order(directions):
            word = words[at]
            if text and (word.after_space or not self.model.keeps_spaces):
                text += " "
            text += "".join(entries[word.unichars[place].unichar].text for place in order)
        return text

    def _probabilities(self, image: Image) -> tuple[NDArray[np.float32], TesseractLine]:
        """``(T, labels)``, of the line or of its negative, whichever is surer."""
        network = self.network
        line = tesseract_line(image, network.height, colour=network.depth == 3)
        if min(line.pixels.shape[:2]) < network.stride:
            return np.empty((0, network.labels), np.float32), line
        made = self._forward(line)
        sure = self._sureness(made)
        if sure < INVERSION_THRESHOLD:
            turned = line.inverted()
            other = self._forward(turned)
            if self._sureness(other) > sure:
                return other, turned
        return made, line

    def _forward(self, line: TesseractLine) -> NDArray[np.float32]:
        values = byte_values(line) if self.network.integer else float_values(line)
        return self.network.probabilities(values)

    def _sureness(self, probabilities: NDArray[np.float32]) -> float:
        """Mean probability of the best labels that are not null, in parts of 127."""
        best = probabilities.max(axis=1)[probabilities.argmax(axis=1) != self.tables.null]
        return float(np.floor(best * np.float32(127)).mean() / 127) if len(best) else 0.0


def _mean(confidences: Sequence[float]) -> float:
    """Geometric mean; 0 of none."""
    if not confidences or min(confidences) <= 0:
        return 0.0
    return math.exp(sum(map(math.log, confidences)) / len(confidences))
