"""CPU time of reading 200 Fraktur lines end to end: Uncial and Tesseract.

Every program is one process with one thread on one core, in the same run, several times; rows
hold medians. *Whole* is the process as a user starts it, imports and model included; *steady*
is what each further line costs: the same list given several times over in one process, less
the process that reads it once, so start and model cancel out::

    python benchmarks/speed/reading.py --model RUN/model.safetensors
    python benchmarks/speed/reading.py --backends torch-bfloat16 onnx-int8 --peers frak2021

Rows go to ``results/reading.jsonl``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL, Line, pairs, read_with_tesseract, scored, tessdata, tesseract
from measure import (
    ONE_THREAD,
    WORK,
    Failed,
    Run,
    Skip,
    data_folder,
    fresh,
    guarded,
    measured,
    record,
    shown,
)

DATA = "print-fraktur-archiscribe"
Reader = Callable[[list[Path]], tuple[list[str], Run]]


def main() -> None:
    """Let each program read the list once and several times over, in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = WORK / "accuracy" / "fraktur" / "run" / "model.safetensors"
    parser.add_argument("--model", type=Path, default=usual, help="of uncial; %(default)s")
    parser.add_argument("--peers", nargs="*", default=["frak2021", "eng"])
    parser.add_argument(
        "--backends", nargs="*", default=["auto", "torch-bfloat16", "onnx-float32", "onnx-int8"]
    )
    parser.add_argument("--core", type=int, help="the processor core to run on")
    parser.add_argument("--repeat", type=int, default=3, help="rounds, for the median")
    parser.add_argument("--times", type=int, default=5, help="lists in one process, for steady")
    parser.add_argument("--quick", action="store_true", help="4 lines, one round, not recorded")
    options = parser.parse_args()
    if not options.model.exists():
        raise Skip(f"{options.model} is not there; run benchmarks/accuracy/run.py or name a model")
    folder = fresh("quick" if options.quick else "", "reading")
    lines = pairs(data_folder(DATA), "test", 4 if options.quick else None)
    if options.quick:
        options.repeat, options.times = 1, 2
    core = min(os.sched_getaffinity(0)) if options.core is None else options.core
    readers: dict[str, Reader] = {
        "uncial" if backend == "auto" else f"uncial {backend}": partial(
            ours, options.model, backend, core
        )
        for backend in options.backends
    }
    if options.peers:
        tesseract()
    for model in options.peers:
        readers[f"tesseract {model}"] = partial(theirs, model, folder, core)
    rounds: dict[str, list[tuple[Run, Run]]] = {name: [] for name in readers}
    texts: dict[str, list[str]] = {}
    images = [line.image for line in lines]
    for _ in range(options.repeat):
        for name, reader in readers.items():
            texts[name], once = reader(images)
            rounds[name].append((once, reader(images * options.times)[1]))
    for name, runs in rounds.items():
        row = summary(runs, lines, texts[name], options.times)
        record("reading", name, row, keep=not options.quick)


def ours(model: Path, backend: str, core: int, images: list[Path]) -> tuple[list[str], Run]:
    """``uncial recognize``."""
    command = [*UNCIAL, "recognize", model, *images, "--backend", backend, "--json"]
    run = measured(command, ONE_THREAD, core)
    texts = [line["text"] for line in run.json()["lines"]]
    if len(texts) != len(images):
        raise Failed(f"uncial read {len(texts)} of {len(images)} images")
    return texts, run


def theirs(model: str, folder: Path, core: int, images: list[Path]) -> tuple[list[str], Run]:
    """``tesseract`` on a list of files."""
    return read_with_tesseract(images, model, tessdata(model), folder, core)


def summary(
    runs: list[tuple[Run, Run]], lines: list[Line], texts: list[str], times: int
) -> dict[str, object]:
    """Medians over the rounds, and the error rate of what was read."""
    count = len(lines)
    whole = [1000 * once.cpu / count for once, _ in runs]
    steady = [1000 * (many.cpu - once.cpu) / count / (times - 1) for once, many in runs]
    return {
        "data": DATA,
        "split": "test, by work",
        "normalization": "nfc+spaces",
        **scored(lines, texts, "nfc+spaces"),
        "threads": 1,
        "rounds": len(runs),
        "commands": [shown(run.command) for run in runs[0]],
        "whole_cpu_ms_per_line": round(statistics.median(whole), 2),
        "steady_cpu_ms_per_line": round(statistics.median(steady), 2),
        "steady_lines_per_cpu_second": round(1000 / statistics.median(steady), 1),
        "whole_cpu_ms_each": [round(value, 2) for value in whole],
        "steady_cpu_ms_each": [round(value, 2) for value in steady],
        "wall_seconds": round(statistics.median(once.wall for once, _ in runs), 2),
        "cpu_seconds": round(statistics.median(once.cpu for once, _ in runs), 2),
        "lines_per_second": round(statistics.median(count / once.wall for once, _ in runs), 1),
        "peak_rss_mb": round(max(run.rss for pair in runs for run in pair), 1),
    }


if __name__ == "__main__":
    guarded(main)
