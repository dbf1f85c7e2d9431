"""Training on folds, and finding suspects with them, as far as short runs show it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bad_lines import write_pairs

from uncial.data.store import LineStore
from uncial.errors import ConfigError
from uncial.formats.models import native
from uncial.models.ensemble import Ensemble
from uncial.models.hub import open_model
from uncial.progress import Advanced, Event
from uncial.tasks.base import as_json
from uncial.tasks.calibrate import CalibrateConfig, calibrate
from uncial.tasks.convert import ConvertConfig, convert
from uncial.tasks.doctor import DoctorConfig, doctor
from uncial.tasks.inspect import InspectConfig, inspect
from uncial.tasks.lm import LmConfig, lm
from uncial.tasks.suspects import SuspectsConfig, suspects
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.tasks.tune import TuneConfig, tune
from uncial.training.basis import StartConfig
from uncial.training.config import NetworkConfig

SPEC = "[1,24,0,1 Cl3,3,4,2,2 Bnr Mp2,2 Fh (I Lbx6)]"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folds") / "lines"
    write_pairs(folder, 40)
    return folder


@pytest.fixture(scope="module")
def folded(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    config = TrainConfig(
        data=(lines,),
        output=tmp_path_factory.mktemp("folds") / "run",
        steps=2,
        folds=2,
        threads=1,
        network=NetworkConfig(spec=SPEC),
    )
    return train(config)


def test_folds_make_one_model_that_votes(folded: TrainResult) -> None:
    model = open_model(folded.model)
    assert isinstance(model, Ensemble)
    assert [member.preprocessing for member in model.members[1:]] == [
        model.members[0].preprocessing
    ]
    assert len(model.read([np.full((32, 200), 255, np.uint8)] * 3)) == 3
    assert inspect(InspectConfig(file=folded.model)).facts["models that vote"] == 2
    assert folded.steps == 4
    assert json.dumps(as_json(folded))


def test_each_line_is_held_out_once_and_the_test_lines_never_seen(folded: TrainResult) -> None:
    stores = [LineStore.open(folded.run / f"fold-{n}" / "held-out") for n in (1, 2)]
    held_out = [set(store.split("validation").tolist()) for store in stores]
    assert not held_out[0] & held_out[1]
    assert sum(map(len, held_out)) == folded.training_lines
    test = set(stores[0].split("test").tolist())
    assert test
    assert test == set(stores[1].split("test").tolist())
    assert not test & set().union(*held_out)


def test_folds_are_tuned_on_lines_that_they_never_saw_and_calibrated_on_no_others(
    folded: TrainResult, lines: Path, tmp_path: Path
) -> None:
    text, tuned = tmp_path / "text.txt", tmp_path / "tuned.safetensors"
    text.write_text("some text to learn from\n" * 9, encoding="utf-8")
    letters = lm(LmConfig(sources=(text,), output=tmp_path / "text.arpa", order=3)).output
    config = TuneConfig(model=folded.model, data=(lines,), lm=letters, output=tuned, lines=20)
    assert 10 <= tune(config).lines <= 20
    assert "language" in native.unpack(tuned.read_bytes()).facts
    wrong = CalibrateConfig(model=folded.model, data=(lines,), output=tmp_path / "no")
    with pytest.raises(ConfigError, match="trained on these lines"):
        calibrate(wrong)


def test_a_run_in_folds_goes_on_where_it_stood(folded: TrainResult) -> None:
    (folded.run / "fold-2" / "result.json").unlink()
    told: list[Event] = []
    again = train(TrainConfig(output=folded.run, resume=True), told.append)
    steps = [e for e in told if isinstance(e, Advanced) and e.stage == "train"]
    assert not steps  # the second fold was finished but for its last word
    assert again.model.read_bytes() == folded.model.read_bytes()


def test_several_models_are_no_base_and_convert_with_a_loss(
    folded: TrainResult, tmp_path: Path
) -> None:
    start = StartConfig(base=folded.model)
    with pytest.raises(ConfigError, match="2 models that vote"):
        train(TrainConfig(data=(tmp_path,), output=tmp_path / "run", start=start))
    with pytest.raises(ConfigError):
        convert(ConvertConfig(source=folded.model, target=tmp_path / "one.traineddata"))


def test_the_doctor_looks_at_every_fold(folded: TrainResult) -> None:
    found = doctor(DoctorConfig(run=folded.run)).diagnoses
    assert list(found) == list(folded.diagnoses)
    with pytest.raises(ConfigError, match="no run"):
        doctor(DoctorConfig(run=folded.run / "lines"))


def test_one_fold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to train on"):
        TrainConfig(data=(tmp_path,), output=tmp_path, folds=1)


def test_suspects_are_ranked_in_every_form(lines: Path, tmp_path: Path) -> None:
    config = SuspectsConfig(data=(lines,), output=tmp_path / "out", folds=2, steps=2, threads=1)
    result = suspects(config)
    assert 30 < result.lines < 40
    listed = json.loads(result.json.read_text("utf-8"))
    with result.table.open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(listed) == len(table) == result.differing
    assert [one["line_id"] for one in listed] == [row["line_id"] for row in table]
    scores = [one["suspicion"] for one in listed]
    assert scores == sorted(scores, reverse=True)
    with pytest.raises(ConfigError, match="begun with other steps"):
        suspects(replace(config, steps=3))
    page = result.report.read_text("utf-8")
    assert page.count("<article") == result.differing
    assert listed[0]["line_id"] in page
    assert "data:image/png" in page
