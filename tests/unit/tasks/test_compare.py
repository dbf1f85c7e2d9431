import csv
import json
from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.tasks.compare import CompareConfig, compare
from uncial.tasks.evaluate import EvaluateConfig, evaluate


def test_models_are_measured_as_evaluate_measures_them(
    model: Path, tesseract_model: Path, pairs: Path, tmp_path: Path
) -> None:
    report = tmp_path / "comparison.html"
    result = compare(CompareConfig(models=(model, tesseract_model, pairs), report=report))
    first, other = result.models
    assert first.score.cer == evaluate(EvaluateConfig(model=model, data=(pairs,))).cer
    assert other.score.cer == evaluate(EvaluateConfig(model=tesseract_model, data=(pairs,))).cer
    assert other.against is not None
    assert other.against.cer_difference == pytest.approx(other.score.cer - first.score.cer)
    assert result.interval_unit == "document"
    body = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    assert body["models"][1]["against"]["cer_p"] == other.against.cer_p
    with report.with_suffix(".csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["cer"]) == first.score.cer
    assert "tiny.traineddata" in report.read_text(encoding="utf-8")


def test_two_models_of_one_name_are_told_apart(model: Path, pairs: Path) -> None:
    result = compare(CompareConfig(models=(model, model), data=(pairs,)))
    assert len({item.name for item in result.models}) == 2
    assert result.models[1].verdict == "no difference seen"


def test_one_model_is_refused_before_anything_is_read(model: Path, pairs: Path) -> None:
    with pytest.raises(ConfigError, match="1 models"):
        compare(CompareConfig(models=(model, pairs)))
