"""Two processes train the model that one trains, though they are killed again and again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from uncial.tasks.train import TrainConfig, train
from uncial.training.config import NetworkConfig, OptimizerConfig, StopConfig

SCRIPT = """
import sys
from pathlib import Path

here, data, output = sys.argv[1:]
sys.path.insert(0, here)
import test_processes as module
from uncial.tasks.train import train

train(module.config(Path(data), Path(output)))
"""


def config(data: Path, output: Path) -> TrainConfig:
    return TrainConfig(
        data=(data,),
        output=output,
        seed=7,
        steps=80,
        threads=1,
        network=NetworkConfig(
            spec="[1,24,0,1 Cl3,3,8,2,2 Bnr Mp2,2 Fh{stem} (I Lbx16) Do0.1]", stretch=1.0
        ),
        optimizer=OptimizerConfig(lr=5e-3, batches=2),
        stop=StopConfig(validations=4, patience=0),
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lines")
    rng = np.random.default_rng(5)
    tops = {"l": 2, "i": 10, ".": 18}
    for number in range(40):
        text = "".join(rng.choice(list("li."), size=int(rng.integers(3, 9))))
        image = np.full((24, 12 * len(text) + 12), 255, np.uint8)
        for place, char in enumerate(text):
            image[tops[char] : 22, 12 * place + 8 : 12 * place + 12] = 0
        Image.fromarray(image).save(folder / f"p{number % 8}_{number}.png")
        (folder / f"p{number % 8}_{number}.gt.txt").write_text(text + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process."""
    return train(config(data, tmp_path_factory.mktemp("alone") / "run")).run


def begun(data: Path, run: Path, script: Path, restarts: int) -> subprocess.Popen[str]:
    """torchrun with two processes."""
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += [f"--max-restarts={restarts}", str(script), str(Path(__file__).parent)]
    with script.with_suffix(".log").open("w") as log:
        return subprocess.Popen(
            [*command, str(data), str(run)],
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )


def assert_same(first: Path, second: Path) -> None:
    for name in ("model.safetensors", "checkpoint.safetensors"):
        one, other = load_file(first / name), load_file(second / name)
        assert one.keys() == other.keys()
        for key, array in one.items():
            assert np.array_equal(array, other[key]), (name, key)


@pytest.mark.slow
def test_two_processes_train_the_same_model_as_one(data: Path, alone: Path, tmp_path: Path) -> None:
    process = begun(data, tmp_path / "both", tmp_path / "run.py", 0)
    assert process.wait(500) == 0, (tmp_path / "run.log").read_text()[-2000:]
    assert_same(alone, tmp_path / "both")


@pytest.mark.slow
def test_a_run_whose_processes_are_killed_ten_times_ends_with_the_same_model(
    data: Path, alone: Path, tmp_path: Path
) -> None:
    chance = random.Random(3)
    process = begun(data, tmp_path / "both", tmp_path / "run.py", 10)  # one restart for each kill
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    hits, ages = 0, [chance.uniform(0.5, 5) for _ in range(10)]
    while hits < 10 and process.poll() is None:
        workers = [int(pid) for pid in children.read_text().split()]
        if len(workers) == 2 and min(map(age, workers)) > ages[hits]:
            os.kill(chance.choice(workers), signal.SIGKILL)
            hits += 1
        time.sleep(0.1)
    assert process.wait(500) == 0, (tmp_path / "run.log").read_text()[-2000:]
    assert hits == 10
    assert_same(alone, tmp_path / "both")


def age(pid: int) -> float:
    """Seconds since a process began; 0 where it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    started = int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
