"""Learning to read lines that nobody has transcribed."""

import json
from pathlib import Path

import pytest

from uncial.data.images import encode_image
from uncial.errors import ConfigError, DataError
from uncial.formats.models import native
from uncial.models.hub import open_model
from uncial.progress import Event, Metric, silent
from uncial.tasks.base import read_config, resolve
from uncial.tasks.rounds import Round, Watcher
from uncial.tasks.synthesis import open_synthesizer, read_recipe
from uncial.tasks.train import TrainConfig, train
from uncial.tasks.unlabeled import language_of, like_them, unlabeled_store
from uncial.training.config import NetworkConfig, OptimizerConfig
from uncial.training.selftraining.config import LabelfreeConfig

_RECIPE = """
lines = 60
validation = 12
[text]
charset = "abdeilnorstu"
shortest = 3
longest = 8
[fonts]
names = ["caladea"]
[ageing]
strength = 0.3
"""
_SPEC = "[1,24,0,1 Cl3,3,8,2,2 Bnr Cl3,3,16,2,2 Bnr Fh Cl1,1,48 Bnr{stem} Dwl1,5]"


@pytest.fixture(autouse=True)
def _no_fetched_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(_RECIPE)
    return path


@pytest.fixture
def images(recipe: Path, tmp_path: Path) -> Path:
    """Line images with no text beside them."""
    folder = tmp_path / "unlabeled"
    folder.mkdir()
    maker = open_synthesizer(read_recipe(recipe))
    for number in range(40):
        sample = maker.line(99, number)
        (folder / f"{number:02d}.png").write_bytes(encode_image(sample.image))
    return folder


def _config(recipe: Path, images: Path, output: Path, **options: object) -> TrainConfig:
    chosen = {"unlabeled": (images,), "rounds": 2, "views": 1, "agreement": 0.0, **options}
    return TrainConfig(
        data=(recipe,),
        output=output,
        preset="quick",
        steps=200,
        threads=1,
        network=NetworkConfig(spec=_SPEC),
        optimizer=OptimizerConfig(batch=4, batches=1),
        labelfree=resolve(LabelfreeConfig, chosen),
    )


def test_a_model_learns_from_lines_without_text(recipe: Path, images: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    result = train(_config(recipe, images, tmp_path / "run"), told.append)
    assert result.ended == "finished"
    assert result.training_lines == 40
    assert result.estimated_cer is not None
    assert "<svg" in result.report.read_text(encoding="utf-8")
    names = {event.name for event in told if isinstance(event, Metric)}
    assert {"accepted_share", "agreement", "changed_share", "estimated_cer"} <= names
    rounds = native.unpack(result.model.read_bytes()).metadata["label_free"]
    assert rounds[0]["number"] == 0
    assert rounds[1]["accepted"] > 0
    assert open_model(result.model).characters


def test_a_finished_run_is_not_done_again(recipe: Path, images: Path, tmp_path: Path) -> None:
    config = _config(recipe, images, tmp_path / "run", rounds=1)
    first = train(config)
    model = first.model.read_bytes()
    again = train(TrainConfig(output=tmp_path / "run", resume=True))
    assert again.steps == first.steps
    assert again.model.read_bytes() == model


def test_the_text_of_a_store_is_not_looked_at(recipe: Path, tmp_path: Path) -> None:
    from uncial.tasks.synthesis import recipe_store

    truth = recipe_store(recipe, tmp_path / "made", 0)
    store = unlabeled_store((truth.path,), tmp_path / "unlabeled", silent)
    assert len(store) == truth.splits["train"]
    assert set(store.texts()) == {""}


def test_images_that_cannot_be_read_are_left_out_and_told(images: Path, tmp_path: Path) -> None:
    (images / "broken.png").write_bytes(b"no image")
    told: list[Event] = []
    store = unlabeled_store((images,), tmp_path / "store", told.append)
    assert len(store) == 40
    assert any("broken.png" in str(event) for event in told)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="no line image"):
        unlabeled_store((empty,), tmp_path / "none", silent)
    with pytest.raises(ConfigError, match="nowhere"):
        unlabeled_store((tmp_path / "nowhere",), tmp_path / "no", silent)


def test_a_recipe_gets_the_look_of_the_lines(recipe: Path, images: Path, tmp_path: Path) -> None:
    parts = tmp_path / "mixed.toml"
    parts.write_text('lines = 9\n[parts]\n"recipe.toml" = 1.0\n')
    lines = unlabeled_store((images,), tmp_path / "store", silent)
    for source in (recipe, parts):
        path = like_them(source, lines.path, tmp_path / "like" / source.name)
        told = read_recipe(path)
        inner = read_recipe(Path(next(iter(told.parts)))) if told.parts else told
        assert inner.ageing.like == (lines.path.resolve(),)
        assert inner.text.charset == "abdeilnorstu"
        assert read_config(path)["lines"] == read_recipe(source).lines


def test_the_language_is_that_of_the_recipe(recipe: Path) -> None:
    model = language_of(open_synthesizer(read_recipe(recipe)), "nfc+spaces", 0)
    likely, unlikely = model.sentence_log_probs([list("under"), list("dnreu")])
    assert likely > unlikely


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": ()}, "needs something that reads already"),
        ({"folds": 2}, "no folds"),
    ],
)
def test_what_does_not_go_together_is_refused(
    change: dict[str, object], words: str, recipe: Path, images: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    config = replace(_config(recipe, images, tmp_path / "run"), **change)
    with pytest.raises(ConfigError, match=words):
        train(config)


def test_the_strategy_asks_for_lines(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--unlabeled"):
        resolve(TrainConfig, {"output": str(tmp_path), "start": {"strategy": "label-free"}})


def _round(**values: float) -> Round:
    usual = {"number": 1, "accepted": 0.5, "agreement": 0.9, "score": -0.5, "empty": 0.0}
    return Round(**{**usual, "changed": 0.1, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ({"guard_cer": 0.10}, {"guard_cer": 0.101, "agreement": 0.1}, ""),
        ({"guard_cer": 0.10}, {"guard_cer": 0.12}, "labeled lines"),
        ({}, {"empty": 0.2}, "as nothing"),
        ({"estimated_cer": 0.10}, {"estimated_cer": 0.12}, "estimated CER"),
        ({"estimated_cer": 0.10}, {"estimated_cer": 0.10}, ""),
        ({}, {"agreement": 0.8, "score": -0.9}, "under distortion"),
        ({"made_cer": 0.05}, {"made_cer": 0.3}, "unlearnt"),
        ({"made_cer": 0.05}, {"made_cer": 0.06}, ""),
    ],
)
def test_guards_take_a_worse_round_back(
    before: dict[str, float], now: dict[str, float], words: str
) -> None:
    why = Watcher(None).worse(_round(**now), _round(**before))
    assert (words in why) if words else why == ""


def test_labeled_lines_watch_and_are_learnt_last(
    recipe: Path, images: Path, tmp_path: Path
) -> None:
    from uncial.data.store import LineStore

    labels = tmp_path / "labels"
    labels.mkdir()
    maker = open_synthesizer(read_recipe(recipe))
    for number in range(6):
        sample = maker.line(7, number)
        (labels / f"{number}.png").write_bytes(encode_image(sample.image))
        (labels / f"{number}.gt.txt").write_text(f"{sample.text}\n")
    config = _config(recipe, images, tmp_path / "run", labels=(labels,))
    train(config)
    first = LineStore.open(tmp_path / "run" / "round-1" / "lines")
    last = LineStore.open(tmp_path / "run" / "round-2" / "lines")
    assert first.splits["validation"] == 6
    assert not any(name.startswith("labeled") for name in first.line_ids(first.split("train")))
    assert sum(name.startswith("labeled") for name in last.line_ids(last.split("train"))) >= 6
    events = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    assert any(json.loads(event).get("name") == "validation_cer" for event in events)
