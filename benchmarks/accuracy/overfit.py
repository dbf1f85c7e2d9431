"""Lines of Hooker's hand learnt by heart by a random checkpoint in the shape of TrOCR.

A network that cannot learn a few lines by heart has a fault in its tokens, its loss or its
reading. The model as saved reads them, greedily and with a beam, and so does the same file read
anew::

    python benchmarks/accuracy/overfit.py --lines 64 --shape small --steps 3000 --device cuda
    python benchmarks/accuracy/overfit.py --lines 16 --shape tiny --steps 600

Shapes: ``small`` is that of microsoft/trocr-small-*, ``tiny`` trains on a processor. Rows go to
``results/overfit.jsonl``.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "fixtures"))
from checkpoints import make_checkpoint

from measure import data_folder, guarded, record
from uncial.data.images import decode_image, encode_image
from uncial.models.hub import open_model
from uncial.tasks.train import TrainConfig, train
from uncial.text.metrics import cer
from uncial.text.normalize import Normalization
from uncial.training.basis import StartConfig, TransformerConfig
from uncial.training.config import LossConfig, OptimizerConfig, StopConfig

SHAPES = {
    "tiny": {"image": 128, "patch": 8, "size": 128, "layers": 3},
    "small": {"image": 384, "patch": 16, "size": 384, "layers": 12},
}
HOOKER = "hw-lines-en-hooker"


def chosen(folder: Path, count: int, work: Path) -> tuple[list[bytes], list[str]]:
    """The first training lines, written as pairs; each once more, two px wider, to validate."""
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        labels = {row["image"]: row["label"] for row in csv.DictReader(file)}
    names = (folder / "list.train").read_text(encoding="utf-8").split()[:count]
    images, texts = [], []
    for at, name in enumerate(names):
        image = decode_image((folder / name).read_bytes())
        text = labels[name]
        images.append(image)
        texts.append(text)
        for split, pixels in (("train", image), ("val", image[:, :-2])):
            path = work / f"{split}{at:03}.png"
            path.write_bytes(encode_image(pixels))
            path.with_suffix(".gt.txt").write_text(f"{text}\n", encoding="utf-8")
    for split in ("train", "val"):
        names = [path.name for path in sorted(work.glob(f"{split}*.png"))]
        (work / f"list.{split}").write_text("\n".join(names) + "\n")
    return images, texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=64)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="tiny")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "lines").mkdir()
        images, texts = chosen(data_folder() / HOOKER, options.lines, work / "lines")
        base = make_checkpoint(work / "base", texts=texts, **SHAPES[options.shape])
        begun, cpu = time.perf_counter(), time.process_time()
        result = train(
            TrainConfig(
                data=(work / "lines",),
                output=work / "run",
                preset="trocr",
                steps=options.steps,
                device=options.device,
                go_on=True,
                start=StartConfig(base=base),
                optimizer=OptimizerConfig(lr=options.lr, batch=16, batches=1, ema=0.95),
                loss=LossConfig(augment=0.0),
                stop=StopConfig(validations=2),
                transformer=TransformerConfig(smoothing=0.0),
            )
        )
        rates = {}
        for decoder in ("greedy", "beam"):
            readings = open_model(result.model).read(images, decoder=decoder)
            pairs = zip(texts, [reading.text for reading in readings], strict=True)
            rates[decoder] = cer(pairs, normalization=Normalization.DEFAULT)
        record(
            "overfit",
            "uncial",
            {
                "shape": options.shape,
                "parameters": result.parameters,
                "lines": len(texts),
                "steps": result.steps,
                "seconds": round(time.perf_counter() - begun),
                "cpu_seconds": round(time.process_time() - cpu),
                "cer": rates,
            },
        )


if __name__ == "__main__":
    guarded(main)
