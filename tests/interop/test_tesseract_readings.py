"""With the model that Tesseract is installed with, we read what it reads, as sure as it is."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from uncial.formats.tesseract.container import TrainedData
from uncial.models.tesseract import TesseractRecognizer

pytestmark = pytest.mark.tesseract

FOLDERS = [Path(f"/usr/share/tesseract-ocr/{n}/tessdata") for n in ("5", "4.00")]
LINES = {
    "plain": (40, 24, "The quick brown fox jumps over the lazy dog."),
    "small": (19, 12, "It costs $12.50 (or less) in 1984; why?"),
    "large": (90, 60, "Chapter One"),
    "twice": (72, 44, "half the size of this"),
    "doubtful": (30, 16, "xqzv Grrl 7fe0 ~ vvvv |l1I"),
}
CHARACTER = re.compile(r"x_conf ([-\d.e]+)'>([^<]*)<")
GRAPHS = ("lstm-word-dawg", "lstm-punc-dawg", "lstm-number-dawg")


@pytest.fixture(scope="module", params=["with dictionary", "without dictionary"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = [folder / "eng.traineddata" for folder in FOLDERS]
    installed = next((path for path in found if path.exists()), None)
    if installed is None:
        pytest.skip("no English model is installed with tesseract")
    data = TrainedData.unpack(installed.read_bytes())
    for graph in GRAPHS if request.param == "without dictionary" else ():
        data = data.replaced(graph, b"")
    path = tmp_path_factory.mktemp("model") / "x.traineddata"
    path.write_bytes(data.pack())
    return path


def drawn(name: str) -> Image.Image:
    height, size, text = LINES[name]
    image = Image.new("L", (int(len(text) * size * 0.6) + 20, height), 240)
    top = (height - size) // 2 - size // 8
    ImageDraw.Draw(image).text((8, top), text, fill=30, font_size=size)
    return image


def compare(model: Path, image: Image.Image, folder: Path) -> None:
    image.save(folder / "line.png")
    command = ["tesseract", "line.png", "read", "--psm", "13", "-l", "x"]
    command += ["--tessdata-dir", str(model.parent), "-c", "hocr_char_boxes=1"]
    command += ["-c", "tessedit_create_hocr=1", "-c", "tessedit_create_txt=1"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    text = (folder / "read.txt").read_text(encoding="utf-8").strip("\n\f")
    markup = (folder / "read.hocr").read_text(encoding="utf-8")
    theirs = [(html.unescape(u), float(c)) for c, u in CHARACTER.findall(markup)]
    reading = TesseractRecognizer.load(model).read([np.asarray(image)])[0]
    assert reading.text == text
    assert [one.grapheme for one in reading.characters] == [unit for unit, _ in theirs]
    ours = [100 * one.confidence for one in reading.characters]
    assert ours == pytest.approx([confidence for _, confidence in theirs], abs=0.01)


@pytest.mark.parametrize("name", LINES)
def test_reads_the_same(model: Path, name: str, tmp_path: Path) -> None:
    compare(model, drawn(name), tmp_path)


def test_colour_and_light_on_dark(model: Path, tmp_path: Path) -> None:
    negative = ImageOps.invert(drawn("plain"))
    compare(model, negative, tmp_path)
    compare(model, ImageOps.colorize(drawn("plain"), (120, 20, 30), (220, 230, 190)), tmp_path)
