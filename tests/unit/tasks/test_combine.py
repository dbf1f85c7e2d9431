"""Several models in one file that vote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.formats.models import native
from uncial.models.ensemble import Ensemble
from uncial.models.hub import open_model
from uncial.tasks.calibrate import CalibrateConfig, calibrate
from uncial.tasks.combine import CombineConfig, combine
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.listening import LanguageConfig
from uncial.tasks.lm import LmConfig, lm
from uncial.tasks.recognize import RecognizeConfig, recognize
from uncial.tasks.tune import TuneConfig, tune
from uncial.text.normalize import Normalization


def test_models_of_two_programs_vote_in_one_file(
    model: Path, tesseract_model: Path, pairs: Path, tmp_path: Path
) -> None:
    target = tmp_path / "both.safetensors"
    result = combine(CombineConfig(models=(model, tesseract_model), output=target))
    reader = open_model(target)
    assert isinstance(reader, Ensemble)
    assert result.models == len(reader.members) == 2
    assert [member.preprocessing.style for member in reader.members] == ["uncial", "tesseract"]
    assert result.characters == len(reader.characters)
    images = tuple(sorted((pairs / "book1").glob("*.png")))
    assert len(recognize(RecognizeConfig(model=target, images=images)).lines) == len(images)


def test_models_that_vote_already_bring_all_of_theirs(model: Path, tmp_path: Path) -> None:
    two, three = tmp_path / "two.safetensors", tmp_path / "three.safetensors"
    combine(CombineConfig(models=(model, model), output=two))
    assert combine(CombineConfig(models=(two, model), output=three)).models == 3
    assert all(not one.voters for one in native.unpack(three.read_bytes()).voters)


def test_models_that_cannot_vote_together_are_refused(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "both.safetensors"
    with pytest.raises(ConfigError, match="one model cannot vote"):
        combine(CombineConfig(models=(model,), output=target))
    with pytest.raises(ConfigError, match="no such model"):
        combine(CombineConfig(models=(model, tmp_path / "none"), output=target))
    with pytest.raises(ConfigError, match=r"kept in \.safetensors"):
        combine(CombineConfig(models=(model, model), output=tmp_path / "both.onnx"))
    other = tmp_path / "other.safetensors"
    archive = native.unpack(model.read_bytes())
    other.write_bytes(native.pack(replace(archive, normalization=Normalization.named("nfd"))))
    with pytest.raises(ConfigError, match=r"different forms: nfc\+spaces, nfd"):
        combine(CombineConfig(models=(model, other), output=target))
    assert not target.exists()


def test_what_is_fitted_to_a_vote_is_kept_beside_what_is_true_of_each_model(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    target, text = tmp_path / "vote.safetensors", tmp_path / "text.txt"
    combine(CombineConfig(models=(model, model), output=target))
    before = native.unpack(target.read_bytes()).metadata
    calibrate(CalibrateConfig(model=target, data=(pairs,), split="all"))
    text.write_text("some text to learn from\n" * 9, encoding="utf-8")
    letters = lm(LmConfig(sources=(text,), output=tmp_path / "text.arpa", order=3)).output
    found = tune(TuneConfig(model=target, data=(pairs,), lm=letters))
    archive = native.unpack(target.read_bytes())
    assert {key: archive.metadata[key] for key in before} == before
    assert set(archive.facts) == {"calibration", "language"}
    language = LanguageConfig(lm=letters)
    told = evaluate(EvaluateConfig(model=target, data=(pairs,), language=language))
    assert told.weights == found.weights
    assert told.predicted_cer is not None
    alone = tmp_path / "alone.safetensors"
    combine(CombineConfig(models=(target, model), output=alone))
    assert not native.unpack(alone.read_bytes()).facts
