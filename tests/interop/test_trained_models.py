"""Models trained here are read by Tesseract as they are read here, and trained on by it."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from uncial.formats.tesseract import checkpoint
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.lstmf import Sample, pack
from uncial.models.tesseract import TesseractRecognizer
from uncial.nn.weights import to_arrays
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.training.basis import StartConfig, TesseractConfig
from uncial.training.config import LossConfig, NetworkConfig, OptimizerConfig, StopConfig
from uncial.training.start import open_base
from uncial.training.starter import charset_of_base
from uncial.training.strategies import extend_charset

pytestmark = pytest.mark.tesseract

SPEC = "[1,24,0,1 Ct3,3,4 Mp3,3 Lfys8 Lbx8]"
LINES = 16


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered") / "lines"
    folder.mkdir()
    rng = random.Random(5)
    for number in range(LINES):
        text = " ".join("".join(rng.choices("abcd", k=3)) for _ in range(2))
        image = Image.new("L", (150, 36), 245)
        ImageDraw.Draw(image).text((8, 3), text, fill=15, font=ImageFont.load_default(26))
        image.save(folder / f"{number:02d}.png")
        (folder / f"{number:02d}.gt.txt").write_text(text, encoding="utf-8")
    names = [f"{number:02d}" for number in range(LINES)]
    (folder / "list.train").write_text("\n".join(names[:-4]))
    (folder / "list.val").write_text("\n".join(names[-4:]))
    return folder


@pytest.fixture(scope="module")
def trained(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    """A short training: what it reads is wrong in most places, but not everywhere the same."""
    return train(
        TrainConfig(
            data=(lines,),
            output=tmp_path_factory.mktemp("run") / "run",
            preset="tesseract",
            steps=120,
            threads=1,
            network=NetworkConfig(spec=SPEC),
            optimizer=OptimizerConfig(lr=0.02, batches=1),
            loss=LossConfig(ending=0.0),
            stop=StopConfig(validations=1),
            tesseract=TesseractConfig(integer=True, dictionary="lines"),
        )
    )


def _read(folder: Path, model: str, images: list[Path]) -> list[str]:
    """What the program reads."""
    listing = folder / "images.txt"
    listing.write_text("".join(f"{path}\n" for path in images))
    command = ["tesseract", str(listing), "stdout", "--psm", "13", "-l", model]
    command += ["--tessdata-dir", str(folder), "-c", "page_separator=\f"]
    one_thread = os.environ | {"OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(command, check=True, capture_output=True, env=one_thread)
    return [text.strip() for text in done.stdout.decode().split("\f")[: len(images)]]


@pytest.mark.parametrize("model", ["model", "model-int8"])
def test_tesseract_reads_a_trained_model_as_we_do(
    trained: TrainResult, lines: Path, model: str
) -> None:
    images = sorted(lines.glob("*.png"))
    ours = TesseractRecognizer.load(trained.run / f"{model}.traineddata")
    read = [reading.text for reading in ours.read([np.asarray(Image.open(p)) for p in images])]
    assert read == _read(trained.run, model, images)
    assert len(set(read)) > 1


def test_its_parts_are_those_of_a_model(trained: TrainResult, tmp_path: Path) -> None:
    command = ["combine_tessdata", "-u", str(trained.traineddata), f"{tmp_path}/x."]
    subprocess.run(command, check=True, capture_output=True)
    names = {path.suffix[1:] for path in tmp_path.iterdir()}
    assert {"lstm", "lstm-unicharset", "lstm-recoder", "lstm-word-dawg", "version"} <= names
    words = tmp_path / "words"
    command = [
        "dawg2wordlist",
        *(f"{tmp_path}/x.{p}" for p in ("lstm-unicharset", "lstm-word-dawg")),
    ]
    subprocess.run([*command, str(words)], check=True, capture_output=True)
    assert all(set(word) <= set("abcd") for word in words.read_text().split())


def set_out(trained: TrainResult, lines: Path, folder: Path) -> str:
    """Samples, their list and the network for lstmtraining; the model they come from."""
    samples = [
        Sample(image=path.read_bytes(), text=path.with_suffix(".gt.txt").read_text())
        for path in sorted(lines.glob("*.png"))
    ]
    (folder / "lines.lstmf").write_bytes(pack(samples))
    (folder / "list").write_text("lines.lstmf\n")
    model = str(trained.traineddata)
    subprocess.run(["combine_tessdata", "-e", model, str(folder / "x.lstm")], check=True)
    return model


def test_lstmtraining_goes_on_from_it_and_we_from_its_checkpoint(
    trained: TrainResult, lines: Path, tmp_path: Path
) -> None:
    model = set_out(trained, lines, tmp_path)
    command = ["lstmtraining", "--continue_from", "x.lstm", "--traineddata", model]
    command += ["--train_listfile", "list", "--model_output", "net", "--max_iterations", "100"]
    one_thread = os.environ | {"OMP_THREAD_LIMIT": "1"}
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=one_thread)
    saved = tmp_path / "net_checkpoint"
    assert checkpoint.recognizer(saved.read_bytes()).training_iteration == 100

    result = train(
        TrainConfig(
            data=(lines,),
            output=tmp_path / "run",
            steps=2,
            threads=1,
            loss=LossConfig(ending=0.0),
            stop=StopConfig(validations=1),
            start=StartConfig(base=saved, traineddata=Path(model)),
        )
    )
    images = sorted(lines.glob("*.png"))[:2]
    assert len(_read(result.run, "model", images)) == 2


def test_top_layers_and_a_grown_charset_are_read_too(
    trained: TrainResult, lines: Path, tmp_path: Path
) -> None:
    (tmp_path / "lines").mkdir()
    for path in lines.glob("*.png"):
        (tmp_path / "lines" / path.name).write_bytes(path.read_bytes())
        text = path.with_suffix(".gt.txt").read_text().replace("c", "±")
        (tmp_path / "lines" / f"{path.stem}.gt.txt").write_text(text, encoding="utf-8")
    for name in ("list.train", "list.val"):
        (tmp_path / "lines" / name).write_bytes((lines / name).read_bytes())
    result = train(
        TrainConfig(
            data=(tmp_path / "lines",),
            output=tmp_path / "run",
            steps=2,
            threads=1,
            network=NetworkConfig(spec="[Lfx9 O1c1]"),
            loss=LossConfig(ending=0.0),
            stop=StopConfig(validations=1),
            start=StartConfig(base=trained.traineddata, append_index=3),
        )
    )
    images = sorted(lines.glob("*.png"))[:4]
    ours = TesseractRecognizer.load(result.run / "model.traineddata")
    read = [reading.text for reading in ours.read([np.asarray(Image.open(p)) for p in images])]
    assert read == _read(result.run, "model", images)
    assert "±" in [entry.text for entry in ours.model.unicharset.entries]


def test_rows_of_a_grown_charset_are_those_that_lstmtraining_makes(
    trained: TrainResult, lines: Path, tmp_path: Path
) -> None:
    base = open_base(StartConfig(base=trained.traineddata))
    assert base is not None
    grown = charset_of_base(base.components, ["± dab ¥"], TesseractConfig())
    start = extend_charset(base, grown.codec, grown.components)
    (tmp_path / "new.traineddata").write_bytes(
        TrainedData(components=dict(grown.components)).pack()
    )
    model = set_out(trained, lines, tmp_path)
    command = ["lstmtraining", "--continue_from", "x.lstm", "--old_traineddata", model]
    command += ["--traineddata", "new.traineddata", "--learning_rate", "1e-9"]
    command += ["--reset_learning_rate", "--train_listfile", "list", "--model_output", "net"]
    one_thread = os.environ | {"OMP_THREAD_LIMIT": "1"}
    command += ["--max_iterations", "100"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=one_thread)
    saved = tmp_path / "net_checkpoint"
    theirs = open_base(StartConfig(base=saved, traineddata=tmp_path / "new.traineddata"))
    assert theirs is not None
    assert theirs.codec == start.codec
    ours = to_arrays(start.network)
    for name, array in theirs.weights.items():
        if ".bias_" not in name:
            assert np.allclose(ours[name], array, atol=1e-6), name
