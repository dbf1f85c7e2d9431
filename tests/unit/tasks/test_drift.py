"""The verb drift: both models read rendered lines and those given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from uncial.errors import ConfigError, DataError
from uncial.formats.models import native
from uncial.models.recognizer import Recognizer
from uncial.tasks.base import as_json
from uncial.tasks.drift import GIVEN, DriftConfig, drift


@pytest.fixture
def changed(model: Path, tmp_path: Path) -> Path:
    """The same model with another head."""
    recognizer = Recognizer.load(model)
    torch.manual_seed(1)
    with torch.no_grad():
        list(recognizer.network.parameters())[-1].normal_(0, 3)
    path = tmp_path / "changed.safetensors"
    path.write_bytes(native.pack(recognizer.to_archive()))
    return path


def test_a_model_does_not_drift_from_itself(model: Path, pairs: Path) -> None:
    result = drift(DriftConfig(base=model, model=model, data=(pairs,), lines=2))
    assert {kind.kind for kind in result.kinds} == {
        *("prose", "random", "digits", "case", "spacing"),
        GIVEN,
    }
    assert all(kind.base_cer == kind.model_cer for kind in result.kinds)
    assert result.shifts == ()
    assert [kind.lines for kind in result.kinds if kind.kind == GIVEN] == [6]


def test_what_another_model_reads_worse_is_named(model: Path, changed: Path) -> None:
    result = drift(DriftConfig(base=model, model=changed, lines=4, examples=1))
    assert result.shifts
    assert all(shift.after > shift.before for shift in result.shifts)
    assert all(len(shift.examples) <= 1 for shift in result.shifts)
    json.dumps(as_json(result), allow_nan=False)


def test_models_of_tesseract_are_compared_too(tesseract_model: Path) -> None:
    result = drift(DriftConfig(base=tesseract_model, model=tesseract_model, lines=1))
    assert all(kind.base_cer == kind.model_cer for kind in result.kinds)


def test_with_nothing_to_read_it_says_so(model: Path, pairs: Path) -> None:
    with pytest.raises(ConfigError, match="no lines"):
        DriftConfig(base=model, model=model, lines=0)
    with pytest.raises(DataError, match="no line in the split 'test'"):
        drift(DriftConfig(base=model, model=model, data=(pairs / "list.train",), lines=0))
