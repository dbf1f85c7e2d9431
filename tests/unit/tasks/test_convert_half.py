"""Models in half the bytes."""

from pathlib import Path

import numpy as np
import pytest

from uncial.errors import ConfigError
from uncial.formats.models import native
from uncial.tasks.convert import ConvertConfig, convert


def test_matrices_are_halved_and_read_as_before(model: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.safetensors"
    result = convert(ConvertConfig(source=model, target=small, half=True))
    whole, half = (native.unpack(path.read_bytes()) for path in (model, small))
    assert result.size < model.stat().st_size
    for name, array in whole.weights.items():
        assert half.weights[name].dtype == array.dtype
        assert np.allclose(half.weights[name], array, atol=1e-3)


def test_other_programs_get_no_halves(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="16-bit"):
        convert(ConvertConfig(source=model, target=tmp_path / "x.onnx", half=True))
