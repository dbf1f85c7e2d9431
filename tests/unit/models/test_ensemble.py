"""Several models in one file, and what they read together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from uncial.archive import ModelArchive
from uncial.decoding.ctc import greedy
from uncial.errors import FormatError
from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing
from uncial.models.ensemble import Ensemble, elected
from uncial.models.native import opened
from uncial.models.reading import ReadCharacter, Reading
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization


def _archive(seed: int, letters: str = "abc ") -> ModelArchive:
    torch.manual_seed(seed)
    codec = Codec.from_charset(Charset.from_texts([letters]))
    network = build(f"[1,16,0,1 Cr3,3,4 Mp4,2 S1(1x0)1,3 O1c{codec.width}]", labels=codec.width)
    made = Recognizer(network, codec, Preprocessing(height=16), Normalization.DEFAULT)
    return made.to_archive()


def _images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (20, width), dtype=np.uint8) for width in (60, 90, 40)]


def _reading(text: str, confidence: float) -> Reading:
    characters = tuple(
        ReadCharacter(one, confidence, 10.0 * at, 10.0 * at + 8) for at, one in enumerate(text)
    )
    return Reading(text, confidence, characters)


def test_a_file_keeps_every_model() -> None:
    archive = replace(_archive(1), voters=(_archive(2), _archive(3, "abcd")))
    again = native.unpack(native.pack(archive))
    assert [voter.codec for voter in again.voters] == [voter.codec for voter in archive.voters]
    for mine, theirs in zip((again, *again.voters), (archive, *archive.voters), strict=True):
        assert mine.weights.keys() == theirs.weights.keys()
        assert all((mine.weights[name] == theirs.weights[name]).all() for name in mine.weights)
    assert archive.parameters == again.parameters > 3 * 100


def test_a_file_with_one_model_stays_readable_for_older_versions() -> None:
    assert b'\\"format\\": 1' in native.pack(_archive(1))
    assert b'\\"format\\": 2' in native.pack(replace(_archive(1), voters=(_archive(2),)))


def test_a_voter_without_its_weights_is_refused() -> None:
    data = native.pack(replace(_archive(1), voters=(_archive(2),)))
    with pytest.raises(FormatError):
        opened(data.replace(b"voter/1", b"voter/9"), "model", dictionary=False)


def test_a_model_that_votes_with_itself_reads_as_it_does_alone() -> None:
    alone = Recognizer.from_archive(_archive(1))
    together = Ensemble([alone, alone, alone])
    assert together.read(_images()) == alone.read(_images())
    assert together.missing("abx") == {"x"}


def test_what_was_read_without_language_is_voted_on_too() -> None:
    heard = [replace(_reading("abc", 0.9), greedy=text) for text in ("axc", "abc", "axc")]
    assert elected(heard).greedy == "axc"
    assert elected([_reading("abc", 0.9), _reading("abd", 0.8)]).greedy is None


def test_log_probs_are_what_readings_are_made_of() -> None:
    reader = Recognizer.from_archive(_archive(1))
    images = _images()
    found = list(reader.log_probs_each(lambda at: images[at], len(images)))
    texts = [reader.in_order(greedy(rows, reader.codec).text) for rows in found]
    assert texts == [reading.text for reading in reader.read(images)]


def test_elected_characters_lie_where_they_were_read() -> None:
    readings = [_reading("abc", 0.9), _reading("axc", 0.8), _reading("abc", 0.7)]
    result = elected(readings)
    assert result.text == "abc"
    assert [(one.start, one.stop) for one in result.characters] == [
        (0.0, 8.0),
        (10.0, 18.0),
        (20.0, 28.0),
    ]
    assert 0.5 < result.characters[1].confidence < result.characters[0].confidence < 0.9
