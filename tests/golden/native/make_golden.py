"""Make the kept model of the present format, its line and its reading, beside this file.

    .venv/bin/python tests/golden/native/make_golden.py

Format 3 is that of other families of networks: an encoder with a decoder. A single model that is
read by CTC is still written as format 1, and several that vote as format 2. Run it only when the
number rises: models of older numbers stay as they are, because they stand for the files that people
have. Look at the diff of ``reading-N.json`` afterwards.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from uncial.data.images import decode_image, encode_image
from uncial.formats.models.header import FORMAT
from uncial.models.hub import open_model
from uncial.tasks.train import TrainConfig, train
from uncial.training.basis import StartConfig
from uncial.training.config import LossConfig, NetworkConfig, OptimizerConfig, StopConfig

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "fixtures"))
from checkpoints import make_checkpoint  # noqa: E402

TOPS = {"l": 2, "i": 10, ".": 18}  # px from the top at which the bar of a character begins
TEXT = "li.ll.i"
TEXTS = (TEXT, "l.i", "ii", ".l.l")  # so few are soon learnt by heart


def bars(text: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A line of bars: tall for ``l``, short for ``i``, low for a full stop."""
    image = rng.integers(200, 256, (24, 12 * len(text) + 12), dtype=np.uint8)
    for place, char in enumerate(text):
        image[TOPS[char] : 22, 12 * place + 8 : 12 * place + 12] = rng.integers(0, 60)
    return image


def main() -> None:
    """Train for a few seconds and write model and reading."""
    rng = np.random.default_rng(1)
    bars(TEXT, rng)  # line.png, which stays
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "lines"
        data.mkdir()
        for number in range(60):
            text = TEXTS[number % len(TEXTS)]
            (data / f"p{number % 12:02}_{number}.png").write_bytes(encode_image(bars(text, rng)))
            (data / f"p{number % 12:02}_{number}.gt.txt").write_text(f"{text}\n", "utf-8")
        checkpoint = make_checkpoint(
            Path(folder) / "checkpoint", tokenizer="none", image=48, size=24, layers=1
        )
        config = TrainConfig(
            data=(data,),
            output=Path(folder) / "run",
            seed=1,
            steps=250,
            threads=1,
            device="cpu",
            preset="trocr",
            start=StartConfig(base=checkpoint),
            network=NetworkConfig(stretch=0.5),
            optimizer=OptimizerConfig(lr=4e-3, batch=16, batches=1),
            loss=LossConfig(augment=0.2),
            stop=StopConfig(validations=4, patience=0),
        )
        model = train(config).model.read_bytes()
    name = f"model-{FORMAT}.safetensors"
    (HERE / name).write_bytes(model)
    line = decode_image((HERE / "line.png").read_bytes())
    (reading,) = open_model(HERE / name).read([line], threads=1)
    values = asdict(reading)
    values["characters"] = [
        {**character, "confidence": round(character["confidence"], 3)}
        for character in values["characters"]
    ]
    values["confidence"] = round(reading.confidence, 3)
    text = json.dumps(values, ensure_ascii=False, indent=2)
    (HERE / f"reading-{FORMAT}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
