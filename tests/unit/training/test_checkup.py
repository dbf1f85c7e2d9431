"""What lines show before the first step: sound lines, and each thing wrong in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from uncial.data.images import encode_image
from uncial.data.store import LineRecord, LineStore
from uncial.data.writer import LineStoreWriter
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.page.layout import LineSample
from uncial.synth.corpus import built_in_prose, text_lines
from uncial.synth.fonts import package_fonts
from uncial.synth.recipe import samples
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.training.checkup import (
    Line,
    cut_too_tight,
    height_mismatch,
    inverted_polarity,
    leak,
    unencodable_flood,
    validation_too_small,
    wrong_direction,
)
from uncial.training.doctor import Diagnosis

PREPARED = Preprocessing(height=32)


@cache
def _samples() -> tuple[LineSample, ...]:
    fonts = [font for font in package_fonts() if font.family == "Caladea"]
    texts = islice(text_lines(built_in_prose(), seed=3, longest=40), 40)
    return tuple(samples(texts, fonts, seed=3, name="line"))


def _seen(turn: Callable[[np.ndarray], np.ndarray], prepared: Preprocessing) -> list[Line]:
    lines = [(turn(sample.image), sample.text or "") for sample in _samples()]
    return [Line(raw, prepare(raw, prepared), text) for raw, text in lines]


def _code(diagnosis: Diagnosis | None) -> str:
    return diagnosis.code if diagnosis else ""


def _with_margin(image: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(image, 90, 90, 0, 0, cv2.BORDER_CONSTANT, value=255)


def test_light_letters_are_noticed_where_they_reach_the_network() -> None:
    seen = Preprocessing.tesseract(32)
    assert inverted_polarity(line.seen for line in _seen(np.array, seen)) is None
    inverted = _seen(np.invert, seen)
    assert _code(inverted_polarity(line.seen for line in inverted)) == "inverted-polarity"
    turned_over = _seen(np.invert, PREPARED)
    assert inverted_polarity(line.seen for line in turned_over) is None


def test_reversed_texts_are_noticed_by_their_words() -> None:
    lines = _seen(np.array, PREPARED)
    assert wrong_direction((line.seen, line.text) for line in lines) is None
    backwards = ((line.seen, line.text[::-1]) for line in lines)
    assert _code(wrong_direction(backwards)) == "wrong-direction"
    few = ((line.seen, line.text[::-1]) for line in lines[:5])
    assert wrong_direction(few) is None


def test_letters_cut_at_the_edge_are_noticed() -> None:
    def cut(image: np.ndarray) -> np.ndarray:
        inked = np.flatnonzero((image < 128).any(1))
        margin = (inked[-1] - inked[0]) // 5
        return image[inked[0] + margin : inked[-1] - margin]

    assert cut_too_tight(sample.image for sample in _samples()) is None
    assert _code(cut_too_tight(cut(s.image) for s in _samples())) == "cut-too-tight"


def test_letters_far_smaller_than_those_of_the_base_are_noticed() -> None:
    def small(image: np.ndarray) -> np.ndarray:
        return cv2.resize(image, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA)

    assert height_mismatch(_seen(np.array, PREPARED), PREPARED) is None
    assert _code(height_mismatch(_seen(small, PREPARED), PREPARED)) == "height-mismatch"
    exact = Preprocessing.tesseract(32)
    assert height_mismatch(_seen(np.array, exact), exact) is None
    assert _code(height_mismatch(_seen(_with_margin, exact), exact)) == "height-mismatch"


def test_characters_that_the_base_lacks_are_noticed_when_many_lines_have_them() -> None:
    codec = Codec.from_charset(Charset.from_texts(["abc "]))
    assert unencodable_flood(["abc"] * 19 + ["abd"], codec) is None
    found = unencodable_flood(["abc"] * 8 + ["abd", "xad"], codec)
    assert found is not None
    assert "2 of 10 lines" in found.detail
    assert "'d' (U+0064" in found.detail


def test_few_validation_lines_are_noticed() -> None:
    assert validation_too_small(["thirty characters and one more."] * 12) is None
    assert _code(validation_too_small(["thirty characters and one more."] * 4)) != ""
    assert _code(validation_too_small(["word"] * 40)) == "validation-too-small"


@pytest.mark.parametrize("copied", [0, 8])
def test_copies_of_training_lines_in_validation_are_noticed(copied: int, tmp_path: Path) -> None:
    store = _store(tmp_path / "store", _samples()[:30], _samples()[30 - copied : 40 - copied])
    found = leak(store, PREPARED, Normalization.DEFAULT)
    assert _code(found) == ("leak" if copied else "")


def test_the_same_text_in_another_type_is_no_leak(tmp_path: Path) -> None:
    fonts = [font for font in package_fonts() if font.family != "Caladea"]
    texts = [sample.text or "" for sample in _samples()[:10]]
    others = tuple(samples(texts, fonts[:1], seed=5, name="other"))
    store = _store(tmp_path / "store", _samples()[:20], others)
    assert leak(store, PREPARED, Normalization.DEFAULT) is None


def _store(path: Path, train: Sequence[LineSample], validation: Sequence[LineSample]) -> LineStore:
    with LineStoreWriter(path) as writer:
        for split, lines in (("train", train), ("validation", validation)):
            for line in lines:
                lighter = np.asarray(30 + line.image * 0.85, np.uint8)
                record = LineRecord(
                    line_id=f"{split}/{line.line_id}", text=line.text or "", width=0, height=0
                )
                image = line.image if split == "train" else lighter
                writer.append(replace(record, split=split), encode_image(image))
    return LineStore.open(path)
