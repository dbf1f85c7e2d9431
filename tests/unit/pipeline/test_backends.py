"""What computes a model: measured once, remembered, and never at the cost of the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from uncial.errors import ConfigError
from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing
from uncial.models.onnx import OnnxReader
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.pipeline.backends import choose, open_reader
from uncial.progress import Event, Note
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    codec = Codec.from_charset(Charset(tuple("ab ")))
    network = build("[1,24,0,1 Cl3,3,4,2,2 Bnr Cl3,3,4 Bnr Fh Lbx4]", labels=4).eval()
    recognizer = Recognizer(network, codec, Preprocessing(height=24), Normalization.DEFAULT)
    rng = np.random.default_rng(0)
    recognizer.calibrate([rng.integers(0, 256, (30, 90), dtype=np.uint8)])
    path = tmp_path / "model.safetensors"
    path.write_bytes(native.pack(recognizer.to_archive()))
    return path


def test_few_lines_are_not_worth_measuring(model: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    choice = choose(model, "auto", 10, told.append, tmp_path / "cache")
    assert choice.backend == "torch"
    assert not told
    assert not (tmp_path / "cache").exists()


def test_many_lines_are_measured_once(model: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    first = choose(model, "auto", 10**6, told.append, tmp_path / "cache")
    assert len([one for one in told if isinstance(one, Note)]) == 1
    assert first == choose(model, "auto", 10**6, told.append, tmp_path / "cache")
    assert first == choose(model, "auto", 1, told.append, tmp_path / "cache")
    assert len(told) == 1
    assert first.opened().read([np.full((30, 90), 255, np.uint8)])


def test_a_backend_that_is_named_is_taken(model: Path, tmp_path: Path) -> None:
    choice = choose(model, "onnx-int8", 1, print, tmp_path)
    reader = choice.opened()
    assert isinstance(reader, OnnxReader)
    assert reader.integer
    assert choice.model.suffix == ".onnx"
    made = open_reader(model, "torch-bfloat16")
    assert isinstance(made, Recognizer)
    assert made.arithmetic == "bfloat16"


def test_an_onnx_file_is_not_computed_by_torch(model: Path, tmp_path: Path) -> None:
    file = choose(model, "onnx-float32", 1, print, tmp_path).model
    with pytest.raises(ConfigError, match="is not computed by torch-int8"):
        open_reader(file, "torch-int8")
    assert isinstance(open_reader(file), OnnxReader)
