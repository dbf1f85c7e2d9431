import json
from pathlib import Path

import pytest

from uncial.errors import InputError
from uncial.tasks.base import as_json
from uncial.tasks.doctor import DoctorConfig, doctor
from uncial.tasks.ingest import IngestConfig, ingest
from uncial.tasks.inspect import InspectConfig, inspect


def test_a_model_says_what_it_can_write_and_where_it_is_from(model: Path) -> None:
    result = inspect(InspectConfig(file=model))
    assert result.kind == "model"
    assert result.facts["spec"].startswith("[1,32,0,1")
    assert "A B C" in result.facts["charset"]
    assert result.facts["metadata"]["made"] == "for tests"
    assert result.facts["parameters"] > 100
    assert json.dumps(as_json(result))


def test_a_store_says_what_it_holds(pairs: Path, tmp_path: Path) -> None:
    ingest(IngestConfig(sources=(pairs,), output=tmp_path / "store"))
    result = inspect(InspectConfig(file=tmp_path / "store"))
    assert result.kind == "line store"
    assert result.facts["lines"] == 12
    assert result.facts["splits"] == {"train": 4, "validation": 2, "test": 6}
    assert "px" in result.facts["height"]
    assert json.dumps(as_json(result))


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        inspect(InspectConfig(file=tmp_path / "absent"))
    with pytest.raises(InputError, match="without a line store"):
        inspect(InspectConfig(file=tmp_path))
    (tmp_path / "text.txt").write_text("neither")
    with pytest.raises(InputError):
        inspect(InspectConfig(file=tmp_path / "text.txt"))


def test_the_doctor_reports_versions_cores_and_fonts() -> None:
    result = doctor(DoctorConfig())
    assert result.cores >= 1
    assert "torch" in result.packages
    assert result.packages["torch"] != "not installed"
    assert "Caladea" in result.fonts
    assert "cpu" in result.devices
    assert json.dumps(as_json(result))


def test_a_machine_without_tesseract_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert doctor(DoctorConfig()).tesseract == "not installed"
