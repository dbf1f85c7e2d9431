"""Models as ONNX files: written, compared, read, and not turned back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from uncial.data.images import decode_image
from uncial.errors import ConfigError
from uncial.models.hub import open_model
from uncial.models.onnx import OnnxReader
from uncial.models.recognizer import Recognizer
from uncial.progress import Event, Note
from uncial.tasks.convert import ConvertConfig, convert
from uncial.tasks.listening import listeners
from uncial.tasks.recognize import RecognizeConfig, recognize


def test_an_onnx_file_reads_as_its_model(model: Path, pairs: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    target = tmp_path / "tiny.onnx"
    made = convert(
        ConvertConfig(source=model, target=target, lines=(pairs / "book0",)), told.append
    )
    assert made.parity is not None
    assert (made.parity.lines, made.parity.same, made.parity.rendered) == (4, 4, False)
    assert made.parity.greatest < 1e-4
    assert [note.text[:12] for note in told if isinstance(note, Note)] == ["read 4 given"]
    assert made.losses == ()
    read = recognize(RecognizeConfig(model=target, images=(pairs / "book1",)))
    recognizer = Recognizer.load(model)
    recognizer.arithmetic = "float32"
    images = [decode_image(line.image.read_bytes()) for line in read.lines]
    assert [line.text for line in read.lines] == [one.text for one in recognizer.read(images)]


def test_without_lines_some_are_rendered(model: Path, tmp_path: Path) -> None:
    made = convert(ConvertConfig(source=model, target=tmp_path / "tiny.onnx"))
    assert made.parity is not None
    assert made.parity.rendered


def test_ranges_for_int8_come_from_lines(model: Path, pairs: Path, tmp_path: Path) -> None:
    target = tmp_path / "small.onnx"
    with pytest.raises(ConfigError, match="no ranges for int8"):
        convert(ConvertConfig(source=model, target=target, integer=True))
    made = convert(
        ConvertConfig(source=model, target=target, integer=True, lines=(pairs / "book0",))
    )
    reader = open_model(target)
    assert isinstance(reader, OnnxReader)
    assert reader.integer
    assert made.parity is not None
    assert made.parity.greatest < 0.1
    assert listeners(reader) == (reader,)


def test_models_of_tesseract_are_exported_too(tesseract_model: Path, tmp_path: Path) -> None:
    made = convert(ConvertConfig(source=tesseract_model, target=tmp_path / "small.onnx"))
    assert any("noise" in loss for loss in made.losses)
    read = open_model(tmp_path / "small.onnx").read([np.full((40, 200), 255, np.uint8)])
    assert len(read) == 1


def test_an_onnx_file_is_not_turned_back(model: Path, tmp_path: Path) -> None:
    convert(ConvertConfig(source=model, target=tmp_path / "tiny.onnx"))
    with pytest.raises(ConfigError, match="can only be read"):
        convert(ConvertConfig(source=tmp_path / "tiny.onnx", target=tmp_path / "a.safetensors"))
