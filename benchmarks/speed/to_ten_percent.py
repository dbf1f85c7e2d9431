"""CPU-seconds from nothing to 10 % CER on unseen Fraktur print: Uncial and kraken.

Both train on the same 1,150 lines with one thread, on a core of its own, at the same time (or
one after the other with ``--serial``), and are tested on the same 200 lines of other works;
CER counts code points for both::

    python benchmarks/speed/to_ten_percent.py --steps 200 250 300 400

*uncial*: whole processes ``uncial train --threads 1 --steps N`` for each N until one reaches
the target; its CPU-seconds are those of that whole process, from imports and ingestion to the
report. *ketos*: one process ``ketos train`` of 10 epochs with the network of 48 px height that
suits a CPU best; its CPU-seconds are those used when the checkpoint of an epoch was written,
for the first epoch that reaches the target by ``ketos test``. Tests are not counted.

Rows go to ``results/to_ten_percent.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import cheapest, ketos, ketos_cer, pairs, small_copy, tell_ratio, trial_row
from measure import (
    ONE_THREAD,
    Running,
    data_folder,
    fresh,
    guarded,
    measured,
    record,
    shown,
    side_by_side,
)

DATA = "print-fraktur-archiscribe"
SPEC = "[1,48,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 S1(1x0)1,3 Lbx100 Do]"
WORTH_TESTING = 0.8  # validation accuracy; epochs below are far from the target


def main() -> None:
    """Train both, print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, nargs="+", default=[200, 250, 300, 400, 600])
    parser.add_argument("--epochs", type=int, default=10, help="of ketos")
    parser.add_argument("--target", type=float, default=0.10, help="CER, a fraction")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--engines", nargs="+", default=["uncial", "ketos"])
    parser.add_argument("--serial", action="store_true", help="one engine after the other")
    parser.add_argument("--quick", action="store_true", help="a few lines, nothing recorded")
    options = parser.parse_args()
    folder = fresh("quick" if options.quick else "", "to_ten_percent")
    data = data_folder(DATA)
    if options.quick:
        data = small_copy(data, folder / "data", 16, 4, 4)
        options.steps, options.epochs = [2], 1
    engines = {"uncial": ours, "ketos": theirs}
    if "ketos" in options.engines:
        ketos()  # rather skip now than after minutes
    tasks = [partial(engines[name], data, folder, options) for name in options.engines]
    rows = side_by_side(tasks, serial=options.serial)
    about = {
        "data": DATA,
        "split": "test, by work",
        "target": options.target,
        "units": "codepoint",
        "threads": 1,
        "same_time": not options.serial and len(tasks) > 1,
    }
    found = dict(zip(options.engines, rows, strict=True))
    tell_ratio(found, "ketos")
    for name, row in found.items():
        record("to_ten_percent", name, {**about, **row}, keep=not options.quick)


def ours(data: Path, folder: Path, options: argparse.Namespace, core: int) -> dict[str, Any]:
    """Uncial, one process for each number of steps."""
    return trial_row(
        cheapest(
            data,
            folder / "uncial",
            options.steps,
            options.target,
            core,
            seed=options.seed,
            units="codepoint",
        ),
        options.target,
    )


def theirs(data: Path, folder: Path, options: argparse.Namespace, core: int) -> dict[str, Any]:
    """Ketos: one training, its clock read at every checkpoint; then tests."""
    for split in ("train", "val", "test"):
        images = "".join(f"{line.image}\n" for line in pairs(data, split))
        (folder / f"{split}.txt").write_text(images, encoding="utf-8")
    output = folder / "ketos"
    start = [ketos(), "-d", "cpu", "--threads", "1", "--workers", "0"]
    train = [*start, "-s", str(options.seed), "train", "-f", "path", "-t", folder / "train.txt"]
    train += ["-e", folder / "val.txt", "-B", "8", "-q", "fixed", "-N", str(options.epochs)]
    train += ["-r", "0.002", "-s", SPEC, "-o", output]
    epochs: dict[Path, dict[str, float]] = {}
    began = time.perf_counter()
    with Running(train, ONE_THREAD, core) as running:
        print("$", shown(running.command), flush=True)
        while running.alive:
            cpu, wall = running.cpu_seconds(), time.perf_counter() - began
            for path in sorted(output.glob("checkpoint_*.ckpt")):
                epochs.setdefault(path, {"cpu": round(cpu, 2), "wall": round(wall, 2)})
            time.sleep(0.5)
        run = running.finish()
    print(f"  ketos, {options.epochs} epochs: {run.cpu:.0f} CPU-s, {run.rss:.0f} MiB", flush=True)
    tested: list[dict[str, Any]] = []
    for number, path in enumerate(epochs, start=1):
        worth = float(path.stem.rpartition("-")[2]) >= WORTH_TESTING
        if not worth and number < len(epochs):
            continue
        test = [*start, "test", "-f", "path", "-m", path, "-e", folder / "test.txt"]
        cer = ketos_cer(measured(test, ONE_THREAD, core).stdout)
        print(f"  ketos, epoch {number}: test CER {cer:.2%}", flush=True)
        tested.append({"epochs": number, "cer": round(cer, 5), **epochs[path]})
        if cer <= options.target:
            break
    return {
        "commands": [shown([str(word) for word in train])],
        "reached": tested[-1]["cer"] <= options.target,
        "cer": tested[-1]["cer"],
        "epochs": tested[-1]["epochs"],
        "lines_seen": tested[-1]["epochs"] * len(pairs(data, "train")),
        "wall_seconds": tested[-1]["wall"],
        "cpu_seconds": tested[-1]["cpu"],
        "peak_rss_mb": round(run.rss, 1),
        "whole_run": run.cost(),
        "trials": [[t["epochs"], t["cpu"], t["cer"]] for t in tested],
    }


if __name__ == "__main__":
    guarded(main)
