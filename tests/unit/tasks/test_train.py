"""The verb train, as far as one short run shows it."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pytest
from bad_lines import write_pairs

from uncial.errors import Cancelled, ConfigError, FormatError
from uncial.models.recognizer import Recognizer
from uncial.progress import Advanced, CancelToken, Event, Note
from uncial.tasks.base import as_json
from uncial.tasks.inspect import InspectConfig, inspect
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.training.basis import StartConfig
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
