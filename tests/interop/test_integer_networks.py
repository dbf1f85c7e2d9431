"""Integer weights: ours are those of ``combine_tessdata -c``, bit by bit."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.quantize import quantized

pytestmark = [pytest.mark.tesseract, pytest.mark.data]


@pytest.mark.parametrize("model", ["eng", "fas", "frak2021"])
def test_conversion_is_exact(model: str, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "models-tesseract" / f"{model}.traineddata"
    copy = tmp_path / source.name
    shutil.copyfile(source, copy)
    subprocess.run(["combine_tessdata", "-c", str(copy)], check=True, capture_output=True)
    theirs = network(copy, tmp_path)
    record = LSTMRecord.unpack(network(source, tmp_path))
    # The number of scales depends on the vector units of the machine.
    assert any(quantized(record, padding=step).pack() == theirs for step in (1, 4, 8, 16, 32))


def network(model: Path, folder: Path) -> bytes:
    """The network of a model file."""
    target = folder / "model.lstm"
    command = ["combine_tessdata", "-e", str(model), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target.read_bytes()
