"""Whether an exported ONNX file reads what its model reads, on every test line of two sets.

The model in torch's float32 is what ONNX is compared with; both are scored against the ground
truth, and int8 has to stay within 0.1 points of CER::

    python benchmarks/interop/onnx_parity.py --model print-fraktur-archiscribe=RUN/model.safetensors

Rows go to ``results/onnx_parity.jsonl``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL, Line, pairs, scored
from measure import ONE_THREAD, WORK, Skip, data_folder, guarded, measured, record

MODELS = {
    "print-fraktur-archiscribe": WORK / "accuracy" / "fraktur" / "run" / "model.safetensors",
    "hw-lines-en-hooker": WORK / "accuracy" / "hooker" / "run" / "model.safetensors",
}
BACKENDS = ("torch-int8", "onnx-float32", "onnx-int8")


def main() -> None:
    """Compare every backend with float32, set by set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", default=[], metavar="SET=FILE")
    parser.add_argument("--quick", action="store_true", help="8 lines, not recorded")
    options = parser.parse_args()
    named = dict(one.split("=", 1) for one in options.model)
    models = {name: Path(path) for name, path in named.items()} or MODELS
    for name, model in models.items():
        if not model.exists():
            raise Skip(f"{model} is not there; run benchmarks/accuracy/run.py or name a model")
        compare(name, model, quick=options.quick)


def compare(name: str, model: Path, *, quick: bool) -> None:
    """Read the test lines of one set with float32 and with every backend."""
    lines = test_lines(data_folder(name), 8 if quick else None)
    texts = {}
    for backend in ("torch-float32", *BACKENDS):
        command = [*UNCIAL, "recognize", model, *[line.image for line in lines]]
        run = measured([*command, "--backend", backend, "--json"], ONE_THREAD)
        texts[backend] = [line["text"] for line in run.json()["lines"]]
    first = scored(lines, texts["torch-float32"], "nfc+spaces")
    for backend in BACKENDS:
        same = sum(a == b for a, b in zip(texts["torch-float32"], texts[backend], strict=True))
        row = scored(lines, texts[backend], "nfc+spaces")
        told = {
            "data": name,
            "split": "test",
            "model": model.name,
            **row,
            "same_texts": same,
            "share_same": round(same / len(lines), 5),
            "float32_cer": first["cer"],
            "cer_points_apart": round(100 * (row["cer"] - first["cer"]), 4),
        }
        if backend == "onnx-float32":
            told["greatest_probability_difference"] = apart(model, lines[: 8 if quick else 200])
        record("onnx_parity", f"uncial {backend}", told, keep=not quick)


def test_lines(data: Path, limit: int | None) -> list[Line]:
    """The test lines of a folder of pairs, or of a table."""
    table = data / "labels.csv"
    if not table.exists():
        return pairs(data, "test", limit)
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"][:limit]
    return [Line(image=data / row["image"], text=row["label"], group=row["letter"]) for row in rows]


def apart(model: Path, lines: list[Line]) -> float:
    """Greatest difference of two probabilities between torch and onnxruntime, in float32."""
    from uncial.data.images import decode_image
    from uncial.pipeline.backends import open_reader

    images = [decode_image(line.image.read_bytes()) for line in lines]
    found = [
        list(open_reader(model, backend).log_probs_each(images.__getitem__, len(images), 1))
        for backend in ("torch-float32", "onnx-float32")
    ]
    return max(
        float(np.abs(np.exp(a) - np.exp(b)).max(initial=0)) for a, b in zip(*found, strict=True)
    )


if __name__ == "__main__":
    guarded(main)
