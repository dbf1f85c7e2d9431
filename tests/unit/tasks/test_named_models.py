"""Models by their names in a catalogue, wherever a command takes a model; published ones too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from model_catalogues import Catalogues, catalogues

from uncial.cli.main import run
from uncial.models.hub import open_model
from uncial.tasks.compare import CompareConfig, compare
from uncial.tasks.convert import ConvertConfig, convert
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.inspect import InspectConfig, inspect
from uncial.tasks.models import ModelsConfig, models
from uncial.tasks.publishing import PublishConfig, PublishResult
from uncial.tasks.recognize import RecognizeConfig, recognize

NAMES = ("htrmopo:10.5281/zenodo.101", "hf:somebody/model")


@pytest.fixture
def server(
    model: Path, tesseract_model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Catalogues]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with catalogues() as running:
        for name, address in running.variables.items():
            monkeypatch.setenv(name, address)
        running.records[101] = {"tiny.safetensors": model.read_bytes()}
        running.hub["somebody/model"] = {"tiny.safetensors": model.read_bytes()}
        tree = running.trees["tessdata_best"]
        tree["tiny.traineddata"] = tesseract_model.read_bytes()
        yield running


def test_a_line_is_read_with_a_model_of_each_catalogue(
    server: Catalogues, pairs: Path, model: Path, tesseract_model: Path
) -> None:
    image = next(iter(sorted(pairs.rglob("*.png"))))
    own = recognize(RecognizeConfig(model=model, images=(image,))).lines
    for name in NAMES:
        assert recognize(RecognizeConfig(model=Path(name), images=(image,))).lines == own
        assert open_model(name).labels == open_model(model).labels
    theirs = recognize(RecognizeConfig(model=tesseract_model, images=(image,))).lines
    config = RecognizeConfig(model=Path("tessdata:tiny"), images=(image,))
    assert recognize(config).lines == theirs


def test_other_commands_take_names_too(server: Catalogues, pairs: Path, tmp_path: Path) -> None:
    one, other = map(Path, NAMES)
    result = evaluate(EvaluateConfig(model=one, data=(pairs,), report=None))
    assert result.model.name == "tiny.safetensors"
    assert inspect(InspectConfig(file=other)).kind == "model"
    assert len(compare(CompareConfig(models=(one, other), data=(pairs,))).models) == 2
    assert convert(ConvertConfig(source=one, target=tmp_path / "t.safetensors")).size


def test_the_card_of_a_model_of_ours_is_published_with_it(
    server: Catalogues, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "publish", str(model)]) == 2  # nobody is named in its card
    assert "authors: is not said" in capsys.readouterr().err
    result = models(
        ModelsConfig(
            action="publish",
            names=(str(model),),
            publish=PublishConfig(card=_card(model)),
        )
    )
    assert isinstance(result, PublishResult)
    assert 'software_name: "uncial"' in result.card


def _card(model: Path) -> Path:
    path = model.with_name("card.md")
    inspect(InspectConfig(file=model, card=path))
    text = path.read_text("utf-8").replace("not stated", "A. N. Author")
    text = text.replace("notspecified", "CC0-1.0").replace('"und"', '"eng"')
    path.write_text(text, encoding="utf-8")
    return path


def test_what_was_found_is_printed(
    server: Catalogues, capsys: pytest.CaptureFixture[str], model: Path
) -> None:
    assert run(["models", "find", "tiny"]) == 0
    told = capsys.readouterr().out
    assert "Tesseract's tiny, float" in told
    assert run(["models", "find"]) == 0
    assert "3 models" in capsys.readouterr().out
    assert run(["models", "show", NAMES[1]]) == 0
    assert "apache-2.0" in capsys.readouterr().out
    assert run(["models", "get", "tessdata:tiny"]) == 0
    assert "tiny.traineddata" in capsys.readouterr().out
    assert run(["models", "publish", str(model), "--card", str(_card(model))]) == 0
    assert "not sent" in capsys.readouterr().out
