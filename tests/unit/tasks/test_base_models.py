"""Choosing a base: models ranked on own lines, and characters that one lacks settled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.models.hub import open_model
from uncial.tasks.base import as_json
from uncial.tasks.charset import CharsetConfig, charset
from uncial.tasks.models import ModelsConfig, models
from uncial.tasks.ranking import RankConfig, RankResult
from uncial.tasks.train import TrainConfig, train
from uncial.text.normalize import Normalization
from uncial.training.basis import StartConfig
from uncial.training.config import OptimizerConfig


@pytest.fixture
def foreign(pairs: Path, tmp_path: Path) -> Path:
    """The lines of `pairs`, some with characters that the model lacks."""
    folder = tmp_path / "foreign"
    for number, image in enumerate(sorted(pairs.rglob("*.png"))):
        copy = folder / image.relative_to(pairs)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(image.read_bytes())
        text = image.with_suffix(".gt.txt").read_text("utf-8").strip()
        copy.with_suffix(".gt.txt").write_text(f"{text[:-1]}{'ſþ'[number % 2]}\n", "utf-8")
    for name in ("train", "val", "test"):
        (folder / f"list.{name}").write_text((pairs / f"list.{name}").read_text())
    return folder


def _ranked(lines: Path, folder: Path) -> RankResult:
    rank = RankConfig(folder=folder, lines=5)
    result = models(ModelsConfig(action="rank", names=(str(lines),), rank=rank))
    assert isinstance(result, RankResult)
    return result


def test_models_are_ranked_and_those_that_cannot_be_read_say_why(
    pairs: Path, model: Path, tesseract_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    (folder / "below").mkdir(parents=True)
    (folder / "a.safetensors").write_bytes(model.read_bytes())
    (folder / "below" / "b.traineddata").write_bytes(tesseract_model.read_bytes())
    (folder / "c.safetensors").write_bytes(b"no model")
    result = _ranked(pairs, folder)
    assert result.lines == 5
    assert sorted(one.model.name for one in result.models[:2]) == ["a.safetensors", "b.traineddata"]
    rates = [one.cer for one in result.models[:2] if one.cer is not None]
    assert rates == sorted(rates)
    assert len(rates) == 2
    assert "c.safetensors" in str(result.models[2].model)
    assert result.models[2].problem
    assert json.dumps(as_json(result))
    with pytest.raises(ConfigError, match="no model file"):
        _ranked(pairs, pairs)


def test_missing_characters_are_counted_settled_and_carried_into_the_model(
    foreign: Path, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "charset.toml"
    config = CharsetConfig(base=model, data=(foreign,), output=path, decide=("þ=th", "6="))
    result = charset(config)
    found = {one["text"]: one for one in result.characters}
    assert found.keys() == {"ſ", "þ", "6"}
    assert found["6"]["action"] == "drop"
    assert (found["ſ"]["count"], found["ſ"]["lines"]) == (6, 6)
    assert (found["ſ"]["action"], found["ſ"]["to"]) == ("normalize", "long-s")
    assert (found["þ"]["action"], found["þ"]["to"]) == ("map", "th")
    assert result.lines == result.of_lines == 12
    trained = train(
        TrainConfig(
            data=(foreign,),
            output=tmp_path / "run",
            steps=1,
            threads=1,
            optimizer=OptimizerConfig(lr=1e-9),
            start=StartConfig(base=model, charset=path),
        )
    )
    reader = open_model(trained.model)
    assert reader.labels == open_model(model).labels  # nothing is new, so nothing was added
    assert reader.normalization == Normalization.named(f"nfc+spaces+{result.rule}")
    assert reader.normalization("ſþ6") == "sth"


def test_only_what_the_base_lacks_is_listed(pairs: Path, model: Path) -> None:
    result = charset(CharsetConfig(base=model, data=(pairs,)))
    assert [(one["text"], one["count"]) for one in result.characters] == [("6", 1)]
    assert result.rule == ""
    with pytest.raises(ConfigError, match="no such model"):
        charset(CharsetConfig(base=model / "absent", data=(pairs,)))
