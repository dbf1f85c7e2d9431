"""Fine-tuning one of Tesseract's models on Fraktur: Uncial and lstmtraining.

Both go on from ``frak2021`` with the same 1,150 lines and one thread, each as it comes: ``uncial
train DATA --base frak2021.traineddata --minutes N``, and ``lstmtraining --continue_from`` with
the learning rate of tesstrain (1e-4) for ``--passes`` over the lines. The test lines, of other
works, are read by ``tesseract --psm 13`` with both models and with the one they began as::

    python benchmarks/interop/finetune_fraktur.py
    python benchmarks/interop/finetune_fraktur.py --engines uncial --minutes 1.5

Training costs all processor time of the programs named, ingestion, validation and report of
Uncial included; lstmtraining's samples (``.lstmf``) are made beforehand and not counted. Rows go
to ``results/finetune_fraktur.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL, pairs, program, read_with_tesseract, scored, small_copy, tessdata
from measure import ONE_THREAD, data_folder, fresh, guarded, measured, record, side_by_side, totals

BASE = "frak2021"
DATA = "print-fraktur-archiscribe"
RATE = "0.0001"


def main() -> None:
    """Train both, let Tesseract read, print the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=2.5, help="of uncial")
    parser.add_argument("--passes", type=int, default=3, help="of lstmtraining")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engines", nargs="+", default=["uncial", "lstmtraining"])
    parser.add_argument("--serial", action="store_true", help="one engine after the other")
    parser.add_argument("--quick", action="store_true", help="24 lines, nothing recorded")
    options = parser.parse_args()
    program("tesseract")
    folder = fresh("quick" if options.quick else "", "finetune_fraktur")
    data = data_folder(DATA)
    if options.quick:
        data = small_copy(data, folder / "data", 24, 4, 4)
    engines = {"uncial": ours, "lstmtraining": theirs}
    tasks = [partial(engines[name], data, folder, options) for name in options.engines]
    rows = side_by_side(tasks, serial=options.serial)
    about = {
        "data": f"{DATA}, {len(pairs(data, 'train'))} lines, from {BASE}",
        "split": "test: other works",
        "threads": 1,
        "same_time": not options.serial and len(tasks) > 1,
    }
    found = {BASE: untouched(data, folder), **dict(zip(options.engines, rows, strict=True))}
    for name, row in found.items():
        record("finetune_fraktur", name, {**about, **row}, keep=not options.quick)


def ours(data: Path, folder: Path, options: argparse.Namespace, core: int) -> dict[str, Any]:
    """Uncial with default settings."""
    run = folder / "uncial"
    train = [*UNCIAL, "train", data, "-o", run, "--base", tessdata(BASE) / f"{BASE}.traineddata"]
    train += ["--steps", "3"] if options.quick else ["--minutes", str(options.minutes)]
    train += ["--threads", "1", "--seed", str(options.seed), "--json"]
    trained = measured(train, ONE_THREAD, core)
    told = trained.json()
    return {
        **totals({"train": trained}),
        **reading("model", run, data, folder, core),
        "lines_seen": told["lines_seen"],
        "steps": told["steps"],
    }


def theirs(data: Path, folder: Path, options: argparse.Namespace, core: int) -> dict[str, Any]:
    """Lstmtraining, as ``make training START_MODEL=…`` calls it."""
    work = folder / "lstmtraining"
    work.mkdir()
    base = tessdata(BASE) / f"{BASE}.traineddata"
    listing = samples(data, work)
    measured([program("combine_tessdata"), "-e", base, work / f"{BASE}.lstm"], ONE_THREAD, core)
    train = [program("lstmtraining"), "--traineddata", base, "--continue_from"]
    train += [work / f"{BASE}.lstm", "--learning_rate", RATE, "--train_listfile", listing]
    iterations = 3 if options.quick else options.passes * len(pairs(data, "train"))
    train += ["--max_iterations", str(iterations), "--model_output", work / "model"]
    trained = measured(train, ONE_THREAD, core)
    stop = [program("lstmtraining"), "--stop_training", "--traineddata", base, "--continue_from"]
    stop += [work / "model_checkpoint", "--model_output", work / "tuned.traineddata"]
    measured(stop, ONE_THREAD, core)
    return {
        **totals({"train": trained}),
        **reading("tuned", work, data, work, core),
        "lines_seen": iterations,
    }


def untouched(data: Path, folder: Path) -> dict[str, Any]:
    """The model that both begin with."""
    work = folder / "base"
    work.mkdir()
    return reading(BASE, tessdata(BASE), data, work, -1)


def samples(data: Path, work: Path) -> Path:
    """A list of one ``.lstmf`` file with the training lines, as Tesseract cuts them."""
    from uncial.formats.tesseract import lstmf
    from uncial.formats.tesseract.boxes import Box

    made = []
    for line in pairs(data, "train"):
        image = line.image.read_bytes()
        width, height = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
        whole = Box(0, 0, width, height)
        made.append(
            lstmf.Sample(image=image, text=line.text, boxes=(whole,), box_texts=(line.text,))
        )
    path = work / "train.lstmf"
    path.write_bytes(lstmf.pack(made))
    listing = work / "train.list"
    listing.write_text(f"{path}\n", encoding="utf-8")
    return listing


def reading(model: str, at: Path, data: Path, work: Path, core: int) -> dict[str, Any]:
    """Error rates of the test lines as Tesseract reads them."""
    lines = pairs(data, "test")
    texts, _ = read_with_tesseract([line.image for line in lines], model, at, work, core)
    score = scored(lines, texts, "nfc+spaces")
    print(f"  {model}: test CER {score['cer']:.2%}", flush=True)
    return score


if __name__ == "__main__":
    guarded(main)
