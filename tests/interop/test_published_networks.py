"""Networks that others trained: read, rewritten byte by byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from uncial.formats.tesseract.network import LSTMRecord

INSTALLED = Path("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata")
MODELS = ("eng", "fas", "frak2021")


def component(model: Path, name: str, folder: Path) -> bytes:
    """A component of a model file, cut out by Tesseract's own program."""
    target = folder / f"model.{name}"
    command = ["combine_tessdata", "-e", str(model), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target.read_bytes()


@pytest.mark.data
@pytest.mark.tesseract
@pytest.mark.parametrize("model", MODELS)
def test_published_networks_are_rewritten_exactly(
    model: str, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "models-tesseract" / f"{model}.traineddata"
    data = component(source, "lstm", tmp_path)
    record = LSTMRecord.unpack(data, model)
    assert record.pack() == data
    assert record.network.type == "Series"
    assert not record.is_integer


@pytest.mark.tesseract
def test_the_installed_integer_network_is_rewritten_exactly(tmp_path: Path) -> None:
    if not INSTALLED.is_file():
        pytest.skip(f"no English model at {INSTALLED}")
    data = component(INSTALLED, "lstm", tmp_path)
    record = LSTMRecord.unpack(data, "eng")
    assert record.pack() == data
    assert record.is_integer
    assert all(m.is_integer for node in record.network.walk() for m in node.matrices)
