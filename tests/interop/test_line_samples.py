"""Samples that Tesseract makes of an image and a box file, and ours that it trains on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uncial.formats.tesseract import lstmf

pytestmark = pytest.mark.tesseract


@pytest.mark.parametrize("kind", ["WordStr", "characters"])
def test_samples_of_tesseract_are_rewritten_exactly(kind: str, tmp_path: Path) -> None:
    pixels = np.full((48, 300), 255, np.uint8)
    pixels[12:36, 20:280:9] = 0
    Image.fromarray(pixels).save(tmp_path / "line.png")
    place = "0 0 300 48 0"
    text = "Größe 7"
    lines = [f"WordStr {place} #{text}"] if kind == "WordStr" else [f"{c} {place}" for c in text]
    boxes = "".join(f"{line}\n" for line in [*lines, f"\t {place}"])
    (tmp_path / "line.box").write_text(boxes, encoding="utf-8")
    command = ["tesseract", "line.png", "line", "--psm", "13", "lstm.train"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    data = (tmp_path / "line.lstmf").read_bytes()
    (sample,) = lstmf.unpack(data, "line.lstmf")
    assert sample is not None
    assert sample.text == text
    assert sample.image.startswith(b"\x89PNG")
    assert len(sample.boxes) == len(sample.box_texts) == len(lines)
    assert lstmf.pack([sample]) == data
