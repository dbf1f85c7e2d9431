from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uncial.errors import FormatError
from uncial.formats.tesseract.container import TrainedData
from uncial.models.tesseract import TesseractModel, TesseractRecognizer

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "models-tesseract"


@pytest.fixture(scope="module")
def persian(folder: Path) -> TesseractRecognizer:
    return TesseractRecognizer.load(folder / "fas.traineddata")


@pytest.fixture(scope="module")
def line(shared_data: Path) -> np.ndarray:
    found = sorted((shared_data / "rtl-arabic-jstor" / "lines").glob("*.png"))
    return np.asarray(Image.open(found[0]).convert("L"))


def test_characters_are_in_the_order_of_columns(
    persian: TesseractRecognizer, line: np.ndarray
) -> None:
    reading = persian.read([line])[0]
    starts = [one.start for one in reading.characters]
    assert starts == sorted(starts)
    assert reading.characters[-1].stop <= line.shape[1]
    assert 0 < reading.confidence <= 1
    spaceless = reading.text.replace(" ", "")
    assert sorted(spaceless) == sorted("".join(one.grapheme for one in reading.characters))
    assert spaceless[0] == reading.characters[-1].grapheme, "it reads from right to left"


def test_log_probs_are_normalized(persian: TesseractRecognizer, line: np.ndarray) -> None:
    table = persian.log_probs(line)
    assert table.shape[1] == persian.tables.labels
    assert np.allclose(np.exp(table).sum(axis=1), 1, atol=1e-4)


def test_lines_too_small_to_read_are_empty(persian: TesseractRecognizer) -> None:
    for shape in ((60, 1), (300, 3)):
        reading = persian.read([np.full(shape, 255, np.uint8)])[0]
        assert (reading.text, reading.confidence, reading.characters) == ("", 0.0, ())


def test_threads_read_the_same(persian: TesseractRecognizer, line: np.ndarray) -> None:
    halves = [line[:, :200], line[:, 200:400], line[:, 400:]]
    assert persian.read(halves, threads=2) == persian.read(halves)


def test_parts_of_different_models_are_refused(folder: Path) -> None:
    one = TrainedData.unpack((folder / "fas.traineddata").read_bytes())
    other = TrainedData.unpack((folder / "frak2021.traineddata").read_bytes())
    mixed = one.replaced("lstm", other.component("lstm"))
    with pytest.raises(FormatError, match="network has 311 outputs, null 310; the recoder 95"):
        TesseractModel.unpack(mixed.pack(), "mixed")
    with pytest.raises(FormatError, match="no component 'lstm'"):
        TesseractModel.unpack(one.replaced("lstm", b"").pack(), "bare")
