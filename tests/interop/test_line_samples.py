"""Box files and training samples: Tesseract reads ours, and we rewrite its own exactly."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uncial.formats.tesseract import boxes, lstmf
from uncial.formats.tesseract.boxes import Box, BoxEntry

INSTALLED = Path("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata")
TEXT = "Größe 7 q\u0301"
pytestmark = pytest.mark.tesseract


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A line image of 300 by 48 px."""
    image = Image.fromarray(np.full((48, 300), 255, np.uint8))
    ImageDraw.Draw(image).text((12, 8), "Hello there", fill=0, font_size=28)
    image.save(tmp_path / "line.png")
    return tmp_path


def tesseract(folder: Path, config: str) -> None:
    command = ["tesseract", "line.png", "line", "--psm", "13", config]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["WordStr", "characters"])
def test_samples_of_tesseract_are_rewritten_exactly(kind: str, line: Path) -> None:
    if kind == "WordStr":
        whole = Box(0, 0, 300, 48)
        entries = [BoxEntry(TEXT, whole), BoxEntry(boxes.END_OF_LINE, whole)]
    else:
        entries = list(boxes.line_entries(TEXT, 300, 48))
    (line / "line.box").write_bytes(boxes.pack(entries))
    tesseract(line, "lstm.train")
    data = (line / "line.lstmf").read_bytes()
    (sample,) = lstmf.unpack(data, "line.lstmf")
    assert sample is not None
    assert sample.text == TEXT
    assert sample.image.startswith(b"\x89PNG")
    assert len(sample.boxes) == len(sample.box_texts) == len(entries) - 1
    assert lstmf.pack([sample]) == data


@pytest.mark.parametrize("config", ["makebox", "lstmbox", "wordstrbox"])
def test_box_files_of_tesseract_are_read(config: str, line: Path) -> None:
    if not INSTALLED.is_file():
        pytest.skip(f"no English model at {INSTALLED}")
    tesseract(line, config)
    data = (line / "line.box").read_bytes()
    entries = boxes.unpack(data, "line.box")
    (found,) = boxes.text_lines(entries)
    assert "Hellothere" in found.text.replace(" ", "")
    assert boxes.unpack(boxes.pack(entries)) == entries
    if config != "wordstrbox":
        assert boxes.pack(entries) == data
