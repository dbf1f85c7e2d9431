"""Models with networks and word graphs of ours read a line as the original does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.quantize import AVX2_ROWS, quantized

pytestmark = [pytest.mark.tesseract, pytest.mark.data]


@pytest.fixture(scope="module")
def model(shared_data: Path) -> TrainedData:
    data = (shared_data / "models-tesseract" / "eng.traineddata").read_bytes()
    return TrainedData.unpack(data, "eng.traineddata")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    image = Image.new("L", (640, 48), 255)
    draw = ImageDraw.Draw(image)
    draw.text((10, 8), 'The quick (brown) fox, "7.50", jumps.', fill=0, font_size=30)
    image.save(tmp_path / "line.png")
    return tmp_path


def read(folder: Path, model: TrainedData) -> str:
    """What Tesseract reads with a model, with positions and confidences."""
    (folder / "x.traineddata").write_bytes(model.pack())
    command = ["tesseract", "line.png", "-", "--tessdata-dir", ".", "-l", "x", "--psm", "13", "tsv"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def test_smallest_word_graphs_read_the_same(model: TrainedData, folder: Path) -> None:
    ours = model
    for kind in ("punc", "word", "number"):
        name = f"lstm-{kind}-dawg"
        theirs = Dawg.unpack(model.component(name), name)
        built = Dawg.build(theirs.sequences(), unicharset_size=theirs.unicharset_size)
        assert len(built.packed) < len(theirs.packed)
        ours = ours.replaced(name, built.pack())
    expected = read(folder, model)
    assert "quick" in expected
    assert read(folder, ours) == expected


def test_any_number_of_scales_reads_the_same(model: TrainedData, folder: Path) -> None:
    record = LSTMRecord.unpack(model.component("lstm"))
    texts = {
        read(folder, model.replaced("lstm", quantized(record, padding=step).pack()))
        for step in (1, AVX2_ROWS, 16)
    }
    assert len(texts) == 1
    assert "quick" in texts.pop()
