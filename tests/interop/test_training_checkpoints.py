"""Checkpoints: those of lstmtraining are rewritten exactly, and it goes on from ours."""

from __future__ import annotations

import io
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uncial.formats.tesseract import checkpoint, lstmf
from uncial.formats.tesseract.boxes import Box
from uncial.formats.tesseract.checkpoint import Checkpoint
from uncial.formats.tesseract.lstmf import Sample
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.optimizer import publishable
from uncial.formats.tesseract.quantize import quantized

STARTER = Path("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata")
SPEC = "[1,16,0,1 Ct3,3,4 Mp2,2 Lfys6 Lbx8 O1c111]"
pytestmark = pytest.mark.tesseract


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training of 200 lines: ``net_checkpoint``."""
    if not STARTER.is_file():
        pytest.skip(f"no English model at {STARTER}")
    folder = tmp_path_factory.mktemp("training")
    image = Image.fromarray(np.full((40, 90), 255, np.uint8))
    ImageDraw.Draw(image).text((8, 4), "ab", fill=0, font_size=26)
    png = io.BytesIO()
    image.save(png, "PNG")
    sample = Sample(image=png.getvalue(), text="ab", boxes=(Box(0, 0, 90, 40),), box_texts=("ab",))
    (folder / "line.lstmf").write_bytes(lstmf.pack([sample]))
    (folder / "list").write_text("line.lstmf\n", encoding="utf-8")
    train(folder, "net", 200, "--net_spec", SPEC, "--learning_rate", "0.02")
    return folder


def run(folder: Path, command: list[str]) -> None:
    one_thread = os.environ | {"OMP_THREAD_LIMIT": "1"}
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=one_thread)


def train(folder: Path, output: str, iterations: int, *more: str) -> bytes:
    """Train on and return the checkpoint."""
    command = ["lstmtraining", "--traineddata", str(STARTER), "--model_output", output]
    command += ["--train_listfile", "list", "--max_iterations", str(iterations), *more]
    run(folder, command)
    return (folder / f"{output}_checkpoint").read_bytes()


def stop(folder: Path, *more: str) -> bytes:
    """The network that lstmtraining publishes from ``net_checkpoint``."""
    command = ["lstmtraining", "--stop_training", "--continue_from", "net_checkpoint"]
    command += ["--traineddata", str(STARTER), "--model_output", "out.traineddata", *more]
    run(folder, command)
    run(folder, ["combine_tessdata", "-e", "out.traineddata", "out.lstm"])
    return (folder / "out.lstm").read_bytes()


def test_checkpoints_are_rewritten_exactly(folder: Path) -> None:
    data = (folder / "net_checkpoint").read_bytes()
    state = Checkpoint.unpack(data)
    assert state.pack() == data
    assert state.record.training_iteration == 200
    assert state.record.spec == SPEC
    assert state.full
    assert state.progress is not None
    assert state.progress.best_trainer is not None


def test_what_is_published_is_the_same(folder: Path) -> None:
    record = checkpoint.recognizer((folder / "net_checkpoint").read_bytes())
    assert publishable(record).pack() == stop(folder)
    theirs = stop(folder, "--convert_to_int")
    # The number of scales depends on the vector units of the machine.
    assert any(quantized(record, padding=step).pack() == theirs for step in (1, 4, 8, 16, 32))


def test_training_goes_on_from_our_checkpoint_as_from_a_model(folder: Path) -> None:
    (folder / "model.lstm").write_bytes(stop(folder))
    theirs = train(folder, "theirs", 5, "--continue_from", "model.lstm")
    ours = Checkpoint.start(LSTMRecord.unpack((folder / "model.lstm").read_bytes()))
    (folder / "resumed_checkpoint").write_bytes(ours.pack())
    (folder / "start.checkpoint").write_bytes(ours.pack())
    assert train(folder, "resumed", 5) == theirs
    assert train(folder, "begun", 5, "--continue_from", "start.checkpoint") == theirs


def test_a_second_trainer_runs_where_ours_says_that_training_stalled(folder: Path) -> None:
    state = Checkpoint.unpack((folder / "net_checkpoint").read_bytes())
    assert state.progress is not None
    rms, delta, word, char, skip = state.errors
    best = replace(state.progress.best, rate=10.0)
    state = replace(
        state,
        errors=(rms, delta, word, np.ones_like(char), skip),
        progress=replace(state.progress, best=best, stall_iteration=0),
    )
    (folder / "stalled_checkpoint").write_bytes(state.pack())
    data = train(folder, "stalled", 300)
    again = Checkpoint.unpack(data)
    assert again.pack() == data
    assert again.progress is not None
    assert again.progress.second_trainer is not None
    assert again.progress.second_trainer.progress is None
