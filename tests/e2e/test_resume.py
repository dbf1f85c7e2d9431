"""A run killed at any moment and resumed ends as if nothing had happened."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from uncial.progress import Event, Metric, Note
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.training.config import NetworkConfig, OptimizerConfig, StopConfig

SPEC = "[1,24,0,1 Cl3,3,8,2,2 Bnr Mp2,2 Fh{stem} (I Lbx16) Do0.1]"
STEPS = 60


def _write_lines(folder: Path, count: int = 60) -> Path:
    """Lines of bars: tall for ``l``, short for ``i``, low for a full stop."""
    folder.mkdir()
    rng = np.random.default_rng(5)
    tops = {"l": 2, "i": 10, ".": 18}
    for number in range(count):
        text = "".join(rng.choice(list("li."), size=int(rng.integers(3, 9))))
        image = np.full((24, 12 * len(text) + 12), 255, np.uint8)
        for place, char in enumerate(text):
            image[tops[char] : 22, 12 * place + 8 : 12 * place + 12] = 0
        Image.fromarray(image).save(folder / f"p{number % 12:02}_{number}.png")
        (folder / f"p{number % 12:02}_{number}.gt.txt").write_text(text + "\n", encoding="utf-8")
    return folder


def _config(data: Path, output: Path, **changes: object) -> TrainConfig:
    return TrainConfig(
        data=(data,),
        output=output,
        seed=7,
        steps=STEPS,
        network=NetworkConfig(spec=SPEC, stretch=1.0),
        optimizer=OptimizerConfig(lr=5e-3, batches=2),
        stop=StopConfig(validations=4, patience=0),
        **changes,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write_lines(tmp_path_factory.mktemp("lines") / "pairs")


@pytest.fixture(scope="module")
def undisturbed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return train(_config(data, tmp_path_factory.mktemp("runs") / "whole", threads=2))


def _weights(path: Path) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in load_file(path).items()}


def test_bars_are_learnt(undisturbed: TrainResult) -> None:
    assert undisturbed.ended == "finished"
    assert undisturbed.steps == STEPS
    assert undisturbed.validation_cer < 0.5


def test_the_number_of_threads_changes_nothing(
    data: Path, undisturbed: TrainResult, tmp_path: Path
) -> None:
    alone = train(_config(data, tmp_path / "run", threads=1))
    assert _weights(alone.model) == _weights(undisturbed.model)


def test_an_interrupt_keeps_the_model_and_resume_ends_the_same(
    data: Path, undisturbed: TrainResult, tmp_path: Path
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Metric) and event.name == "loss" and event.step == 40:
            raise KeyboardInterrupt

    output = tmp_path / "run"
    stopped = train(_config(data, output, threads=2), interrupt)
    assert stopped.ended == "interrupted"
    assert stopped.steps == 40
    assert stopped.model.exists()
    ended = train(TrainConfig(output=output, resume=True))
    assert (ended.ended, ended.steps) == ("finished", STEPS)
    assert _weights(ended.model) == _weights(undisturbed.model)
    events = [json.loads(line) for line in (output / "events.jsonl").read_text().splitlines()]
    steps = [event["step"] for event in events if "step" in event]
    assert steps == sorted(steps)
    assert max(steps) == STEPS


SCRIPT = """
import sys, dataclasses
from pathlib import Path
sys.path.insert(0, {here!r})
import importlib.util
spec = importlib.util.spec_from_file_location("resume", {file!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
import uncial.training.loop as loop
loop._CHECKPOINT_EVERY = 0.05
from uncial.tasks.train import TrainConfig, train
output = Path({output!r})
if (output / "checkpoint.safetensors").exists():
    train(TrainConfig(output=output, resume=True))
else:
    train(dataclasses.replace(module._config(Path({data!r}), output), threads=2))
print("whole")
"""


@pytest.mark.slow
def test_kill_at_random_moments_loses_nothing(
    data: Path, undisturbed: TrainResult, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    script = SCRIPT.format(
        here=str(Path(__file__).parent), file=__file__, output=str(output), data=str(data)
    )
    rng = np.random.default_rng(11)
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
        )
        if kills < 4 and _wait_for(output / "checkpoint.safetensors", process):
            time.sleep(float(rng.uniform(0.0, 1.2)))
        if kills < 4 and process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            continue
        answer, _ = process.communicate(timeout=300)
        assert answer.strip().endswith("whole")
        break
    assert kills >= 1
    assert _weights(output / "model.safetensors") == _weights(undisturbed.model)


def _wait_for(path: Path, process: "subprocess.Popen[str]") -> bool:
    """Whether the run has begun; its start is slow, its steps are not."""
    changed = path.stat().st_mtime_ns if path.exists() else 0
    for _ in range(600):
        if process.poll() is not None:
            return False
        if path.exists() and path.stat().st_mtime_ns != changed:
            return True
        time.sleep(0.05)
    return False


def test_evaluation_reads_the_lines_that_the_run_left_for_testing(
    data: Path, undisturbed: TrainResult, tmp_path: Path
) -> None:
    told = json.loads((undisturbed.run / "run.json").read_text())
    notes: list[Event] = []
    measured = evaluate(EvaluateConfig(model=undisturbed.model, data=(data,)), notes.append)
    assert measured.lines == told["data"]["lines"]["test"]
    assert not any("drawn here" in event.text for event in notes if isinstance(event, Note))
    other = EvaluateConfig(model=undisturbed.model, data=(data,), seed=8)
    evaluate(other, notes.append)
    assert any("drawn here" in event.text for event in notes if isinstance(event, Note))
