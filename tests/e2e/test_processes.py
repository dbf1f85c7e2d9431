"""Two processes train the model that one trains."""

from __future__ import annotations

import os
import subprocess
import sys
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


@pytest.mark.slow
def test_two_processes_train_the_same_model_as_one(data: Path, tmp_path: Path) -> None:
    alone = train(config(data, tmp_path / "alone"))
    script = tmp_path / "run.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += [str(script), str(Path(__file__).parent), str(data), str(tmp_path / "both")]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for name in ("model.safetensors", "checkpoint.safetensors"):
        first, second = load_file(alone.run / name), load_file(tmp_path / "both" / name)
        assert first.keys() == second.keys()
        for key, array in first.items():
            assert np.array_equal(array, second[key]), (name, key)
