"""Training on lines that are made as they are needed."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from uncial.progress import Event, Note
from uncial.tasks.synthesis import open_synthesizer, read_recipe, recipe_store
from uncial.tasks.train import TrainConfig, train
from uncial.text.normalize import Normalization
from uncial.training import synthetic
from uncial.training.batches import Batch, StreamPlace
from uncial.training.drawing import Drawing
from uncial.training.lines import Plan, plan_lines
from uncial.training.settings import resolve
from uncial.training.synthetic import SyntheticStream

_RECIPE = """
lines = 40
validation = 8
[text]
charset = "abcdefghijklmnopqrstuvwxyz"
shortest = 4
longest = 12
[fonts]
names = ["caladea"]
"""


@pytest.fixture(autouse=True)
def _no_fetched_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(_RECIPE)
    return path


@pytest.fixture
def plan(recipe: Path, tmp_path: Path) -> Plan:
    store = recipe_store(recipe, tmp_path, 0)
    config = TrainConfig(data=(recipe,), output=tmp_path / "run", preset="quick", steps=1)
    return plan_lines(store, resolve(config), lambda event: None)


def _stream(recipe: Path, plan: Plan, workers: int) -> SyntheticStream:
    return SyntheticStream(
        open_synthesizer(read_recipe(recipe)),
        plan,
        Drawing(area=8 * plan.median_width, seed=3),
        Normalization.named("nfc+spaces"),
        workers=workers,
    )


def _batches(stream: SyntheticStream, place: StreamPlace, count: int) -> list[Batch]:
    return [make() for _, make in islice(stream.from_place(place), count)]


def test_batches_are_the_same_for_any_number_of_workers(
    recipe: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "EPOCH", 128)
    found = []
    for workers in (1, 3):
        stream = _stream(recipe, plan, workers)
        found.append(_batches(stream, StreamPlace(), 20))
        stream.close()
    for one, other in zip(*found, strict=True):
        assert one.frames.data.equal(other.frames.data)
        assert one.labels.equal(other.labels)


def test_a_stream_goes_on_where_it_stood_with_lines_never_seen(
    recipe: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "EPOCH", 128)
    stream = _stream(recipe, plan, 1)
    steps = list(islice(stream.from_place(StreamPlace()), 22))
    place = steps[17][0]
    stream.close()
    again = _stream(recipe, plan, 1)
    later = _batches(again, place, 3)
    again.close()
    for (_, make), batch in zip(steps[18:21], later, strict=True):
        assert make().frames.data.equal(batch.frames.data)
    assert steps[-1][0].epoch == 1
    first, second = steps[0][1](), steps[-1][1]()
    assert not np.array_equal(first.frames.data, second.frames.data)


def test_a_recipe_trains_a_model_and_the_wait_is_told(recipe: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    config = TrainConfig(data=(recipe,), output=tmp_path / "run", preset="quick", steps=3)
    result = train(config, told.append)
    assert result.model.is_file()
    assert any(isinstance(e, Note) and "waited" in e.text for e in told)
