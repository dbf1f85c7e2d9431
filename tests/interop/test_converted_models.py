"""Models that went through our own format read a line as the originals do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uncial.models.hub import open_model
from uncial.tasks.components import ComponentsConfig, components
from uncial.tasks.convert import ConvertConfig, convert

pytestmark = [pytest.mark.tesseract, pytest.mark.data]


@pytest.fixture
def line(tmp_path: Path) -> Path:
    image = Image.new("L", (640, 48), 255)
    draw = ImageDraw.Draw(image)
    draw.text((10, 8), 'The quick (brown) fox, "7.50", jumps.', fill=0, font_size=30)
    image.save(tmp_path / "line.png")
    return tmp_path / "line.png"


def read(model: Path, line: Path) -> str:
    """What Tesseract reads with a model."""
    command = ["tesseract", str(line), "-", "--tessdata-dir", str(model.parent)]
    command += ["-l", model.stem, "--psm", "13"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize("name", ["eng", "frak2021"])
def test_there_and_back_reads_the_same(
    name: str, integer: bool, shared_data: Path, line: Path, tmp_path: Path
) -> None:
    original = shared_data / "models-tesseract" / f"{name}.traineddata"
    ours, back = tmp_path / "ours.safetensors", tmp_path / "back.traineddata"
    convert(ConvertConfig(source=original, target=ours))
    convert(ConvertConfig(source=ours, target=back, integer=integer))
    expected = original
    if integer:
        expected = tmp_path / "small.traineddata"
        convert(ConvertConfig(source=original, target=expected, integer=True))
    assert read(back, line) == read(expected, line) != ""
    assert open_model(back).read([np.asarray(Image.open(line))])[0].text == read(back, line)


def test_components_are_those_that_combine_tessdata_finds(
    shared_data: Path, tmp_path: Path
) -> None:
    model = shared_data / "models-tesseract" / "fas.traineddata"
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    command = ["combine_tessdata", "-u", str(model), str(theirs / "fas.")]
    subprocess.run(command, check=True, capture_output=True)
    ours = components(ComponentsConfig(file=model, extract=tmp_path / "ours"))
    assert {path.name for path in ours.files} == {path.name for path in theirs.iterdir()}
    for path in ours.files:
        assert path.read_bytes() == (theirs / path.name).read_bytes()
