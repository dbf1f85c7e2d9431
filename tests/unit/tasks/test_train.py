"""The verb train, as far as one short run shows it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from bad_lines import write_pairs

from uncial.errors import Cancelled, ConfigError, FormatError
from uncial.models.recognizer import Recognizer
from uncial.progress import Advanced, CancelToken, Event, Note
from uncial.tasks.base import as_json
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.training.config import NetworkConfig, OptimizerConfig

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


def test_a_rate_that_was_looked_for_is_told_and_kept(lines: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    config = _config(lines, tmp_path / "run", steps=2, optimizer=OptimizerConfig(lr="range"))
    train(config, told.append)
    (note,) = [event.text for event in told if isinstance(event, Note) and "range" in event.text]
    kept = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))["settings"]["lr"]
    assert note == f"range test: learning rate {kept:g}"
    assert kept > 0
