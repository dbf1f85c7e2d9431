import json
from pathlib import Path

import pytest

from uncial.errors import ConfigError, DataError
from uncial.evaluation.calibration import Calibration
from uncial.formats.models import native
from uncial.models.recognizer import Recognizer
from uncial.tasks.base import as_json
from uncial.tasks.calibrate import CalibrateConfig, calibrate
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.recognize import RecognizeConfig, recognize


@pytest.fixture(scope="module")
def calibrated(model: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calibrated") / "model.safetensors"
    calibrate(CalibrateConfig(model=model, data=(pairs,), split="all", output=path))
    return path


def test_only_the_calibration_is_added(model: Path, calibrated: Path) -> None:
    before, after = native.unpack(model.read_bytes()), native.unpack(calibrated.read_bytes())
    assert set(after.metadata) - set(before.metadata) == {"calibration"}
    assert all((before.weights[name] == after.weights[name]).all() for name in before.weights)
    assert Calibration.of(Recognizer.load(calibrated).metadata) is not None


def test_confidence_comes_closer_to_the_truth(model: Path, calibrated: Path, pairs: Path) -> None:
    before = evaluate(EvaluateConfig(model=model, data=(pairs,), split="all"))
    after = evaluate(EvaluateConfig(model=calibrated, data=(pairs,), split="all"))
    assert before.cer == after.cer
    assert after.ece <= before.ece + 0.01
    assert before.predicted_cer is None
    assert after.predicted_cer == pytest.approx(after.cer, abs=0.1)


def test_recognize_predicts_what_evaluate_does(calibrated: Path, pairs: Path) -> None:
    images = tuple(pairs / name for name in (pairs / "list.test").read_text().split())
    read = recognize(RecognizeConfig(model=calibrated, images=images))
    measured = evaluate(EvaluateConfig(model=calibrated, data=(pairs,)))
    assert read.predicted_cer == pytest.approx(measured.predicted_cer)
    assert read.predicted_ci95 is not None
    body = as_json(read)
    assert body["predicted_cer"] == read.predicted_cer
    assert body["lines"][0]["predicted_cer"] == read.lines[0].predicted_cer
    printed = recognize(RecognizeConfig(model=calibrated, images=images[:1], format="json"))
    assert json.loads(printed.printed)["predicted_cer"] == read.lines[0].predicted_cer


def test_what_cannot_be_calibrated_is_refused(
    model: Path, tesseract_model: Path, pairs: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="traineddata"):
        calibrate(CalibrateConfig(model=tesseract_model, data=(pairs,)))
    with pytest.raises(DataError, match="too few"):
        calibrate(CalibrateConfig(model=model, data=(pairs,), output=tmp_path / "m"))
    assert not (tmp_path / "m").exists()
