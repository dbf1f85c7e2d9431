"""The verb train, as far as one short run shows it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_lines import write_pairs
from numpy.typing import NDArray

from uncial.archive import ModelArchive
from uncial.data.store import LineStore
from uncial.errors import Cancelled, ConfigError, FormatError
from uncial.models.recognizer import Recognizer
from uncial.progress import Advanced, CancelToken, Event, Note
from uncial.tasks.base import as_json
from uncial.tasks.baseset import error_rate
from uncial.tasks.inspect import InspectConfig, inspect
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.training.basis import RetainConfig, StartConfig
from uncial.training.config import LossConfig, NetworkConfig, OptimizerConfig
from uncial.training.provenance import CardConfig

SPEC = "[1,24,0,1 Cl3,3,4,2,2 Bnr Mp2,2 Fh (I Lbx6)]"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train") / "lines"
    write_pairs(folder, 40)
    return folder


def _config(lines: Path, output: Path, **changes: object) -> TrainConfig:
    values = {"steps": 6, "threads": 1, "network": NetworkConfig(spec=SPEC), **changes}
    return TrainConfig(data=(lines,), output=output, **values)  # type: ignore[arg-type]


def test_a_run_stopped_before_its_first_validation_still_tells_its_cer(
    lines: Path, tmp_path: Path
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == "train" and event.done == 1:
            raise KeyboardInterrupt

    result = train(_config(lines, tmp_path / "run", steps=60), stop)
    assert (result.ended, result.steps, result.best_step) == ("interrupted", 1, -1)
    assert math.isfinite(result.validation_cer)
    json.dumps(as_json(result), allow_nan=False)
    assert result.report.exists()
    Recognizer.load(result.model)
    ended = train(TrainConfig(output=tmp_path / "run", resume=True))
    assert ended.steps > 1


def test_a_cancelled_job_ends_as_cancelled_and_keeps_its_model(lines: Path, tmp_path: Path) -> None:
    token = CancelToken()

    def watch(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == "train" and event.done == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        train(_config(lines, tmp_path / "run", steps=60), token.guard(watch))
    Recognizer.load(tmp_path / "run" / "model.safetensors")
    assert train(TrainConfig(output=tmp_path / "run", resume=True)).steps > 2


@pytest.mark.parametrize("seed", [20_260_101, 2**63 - 1])
def test_any_seed_will_do(lines: Path, tmp_path: Path, seed: int) -> None:
    result: TrainResult = train(_config(lines, tmp_path / "run", seed=seed, steps=2))
    assert result.ended == "finished"
    with pytest.raises(ConfigError, match="seed must be below"):
        train(_config(lines, tmp_path / "other", seed=2**63))


def test_a_run_whose_description_is_damaged_is_not_resumed(lines: Path, tmp_path: Path) -> None:
    train(_config(lines, tmp_path / "run", steps=2))
    (tmp_path / "run" / "run.json").write_text('{"config": {}')
    with pytest.raises(FormatError, match="damaged"):
        train(TrainConfig(output=tmp_path / "run", resume=True))


def test_a_model_carries_its_card_and_remembers_its_base(lines: Path, tmp_path: Path) -> None:
    card = CardConfig(title="First", license="CC-BY-4.0", authors=("Ada",), language=("deu",))
    first = train(_config(lines, tmp_path / "first", steps=2, card=card))
    told = Recognizer.load(first.model).metadata
    assert told["card"] == {
        "title": "First", "license": "CC-BY-4.0", "authors": ["Ada"], "language": ["deu"]
    }  # fmt: skip
    score = told["scores"]["validation"]
    assert score["cer"] == first.validation_cer
    assert score["cer_ci95"][0] <= score["cer"] <= score["cer_ci95"][1]

    start = StartConfig(base=first.model)
    second = train(_config(lines, tmp_path / "second", steps=2, start=start,
                           network=NetworkConfig()))  # fmt: skip
    lineage = Recognizer.load(second.model).metadata["lineage"]
    assert [one["title"] for one in lineage] == ["First"]
    assert lineage[0]["sha256"] == hashlib.sha256(first.model.read_bytes()).hexdigest()
    found = inspect(InspectConfig(file=first.model, card=tmp_path / "card.md"))
    assert found.facts["license"] == "CC-BY-4.0"
    assert 'license: "CC-BY-4.0"' in (tmp_path / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["alignment", "ctc"])
def test_pictures_show_a_line_and_change_nothing(lines: Path, tmp_path: Path, kind: str) -> None:
    loss = LossConfig(kind=kind, ending=0.0)  # type: ignore[arg-type]
    plain = train(_config(lines, tmp_path / "plain", steps=4, loss=loss))
    drawn = train(_config(lines, tmp_path / "drawn", steps=4, loss=loss, pictures=2))
    assert not (tmp_path / "plain" / "pictures").exists()
    pages = sorted((tmp_path / "drawn" / "pictures").iterdir())
    assert [page.name for page in pages] == ["step-0000002.html", "step-0000004.html"]
    text = pages[0].read_text(encoding="utf-8")
    assert text.count("data:image/png") == 3 + SPEC.count(" ")  # as many ops as spaces
    for heading in ("C_0 (4,", "ground truth", "best label of each column", f"loss {kind}"):
        assert heading in text
    ours, theirs = (Recognizer.load(run.model).to_archive().weights for run in (plain, drawn))
    assert all((ours[name] == theirs[name]).all() for name in ours)
    with pytest.raises(ConfigError, match="pictures must not be negative"):
        train(_config(lines, tmp_path / "other", pictures=-1))


def test_a_rate_that_was_looked_for_is_told_and_kept(lines: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    config = _config(lines, tmp_path / "run", steps=2, optimizer=OptimizerConfig(lr="range"))
    train(config, told.append)
    (note,) = [event.text for event in told if isinstance(event, Note) and "range" in event.text]
    kept = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))["settings"]["lr"]
    assert note == f"range test: learning rate {kept:g}"
    assert kept > 0


@pytest.fixture(scope="module")
def base(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in its run folder."""
    return train(_config(lines, tmp_path_factory.mktemp("base") / "run")).model


def _from(base: Path, **retain: object) -> dict[str, object]:
    return {
        "network": NetworkConfig(),
        "start": StartConfig(base=base),
        "retain": RetainConfig(**retain),  # type: ignore[arg-type]
        "steps": 3,
    }


def test_lines_of_the_bases_own_run_are_read_before_and_after(
    lines: Path, base: Path, tmp_path: Path
) -> None:
    notes: list[str] = []
    config = _config(lines, tmp_path / "run", **_from(base, distill=0.5))
    result = train(config, lambda event: notes.append(getattr(event, "text", "")))
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    (named,) = told["config"]["retain"]["base_set"]
    assert Path(named).parent == base.parent / "lines"
    assert told["settings"]["replay"] > 0
    assert result.base_set_lines > 0
    assert result.base_set_cer_before == pytest.approx(_cer_of(base, Path(named)))
    assert any("before" in note and "after" in note for note in notes)
    assert train(TrainConfig(output=tmp_path / "run", resume=True)).steps == 3


def _cer_of(model: Path, store: Path) -> float:
    lines = LineStore.open(store)
    return error_rate(Recognizer.load(model), lines, lines.split("test"))


def test_a_network_at_its_base_reads_as_the_base(lines: Path, base: Path, tmp_path: Path) -> None:
    result = train(_config(lines, tmp_path / "run", **_from(base, interpolate=0.0)))
    assert result.interpolation == 0
    assert result.base_set_cer_after == pytest.approx(result.base_set_cer_before)


def test_a_run_that_is_resumed_at_its_end_moves_no_further_to_its_base(
    lines: Path, base: Path, tmp_path: Path
) -> None:
    first = train(_config(lines, tmp_path / "run", **_from(base, interpolate=0.5)))
    before = Recognizer.load(first.model).to_archive()
    again = train(TrainConfig(output=tmp_path / "run", resume=True))
    after = Recognizer.load(again.model).to_archive()
    assert first.interpolation == again.interpolation == 0.5
    assert all((after.weights[name] == array).all() for name, array in before.weights.items())
    assert any((array != base_array).any() for array, base_array in _beside(before, base))


def _beside(archive: ModelArchive, base: Path) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    weights = Recognizer.load(base).to_archive().weights
    return ((array, weights[name]) for name, array in archive.weights.items())


def test_a_base_that_cannot_read_rendered_lines_is_not_held_to_them(
    lines: Path, base: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(base.read_bytes())
    notes: list[str] = []
    config = _config(lines, tmp_path / "run", **_from(alone))
    result = train(config, lambda event: notes.append(getattr(event, "text", "")))
    assert any("not held to them" in note for note in notes)
    assert (result.interpolation, result.base_set_lines > 0) == (1.0, True)
    bare = train(_config(lines, tmp_path / "bare", **_from(alone, source="none")))
    assert (bare.base_set_lines, bare.base_set_cer_after) == (0, None)
    assert (tmp_path / "run/model.safetensors").read_bytes() != alone.read_bytes()


def test_a_base_set_that_is_asked_for_must_be_there(
    lines: Path, base: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(base.read_bytes())
    with pytest.raises(ConfigError, match="no base set"):
        train(_config(lines, tmp_path / "run", **_from(alone, source="lines")))
    with pytest.raises(ConfigError, match=r"replay must be .*; interpolate must be"):
        RetainConfig(replay=1.0, interpolate=2.0)
