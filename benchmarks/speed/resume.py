"""Kill training ten times at random moments; the resumed run must end bit for bit the same.

Trains on 200 Fraktur lines twice: undisturbed, and ended by ``kill -9`` ten times and resumed
by ``uncial train --resume``. Then compares every tensor of the model and of the last
checkpoint, and the event logs: each measured value once, with the same number::

    python benchmarks/speed/resume.py --steps 300 --kills 10

One moment in three falls before the first step (imports, ingestion, planning), the others in
training, such that about half of the run is done when the last kill falls. A row goes to
``results/resume.jsonl``; the exit code is 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL, small_copy
from measure import Failed, Run, Running, data_folder, fresh, guarded, record, shown, totals

DATA = "print-fraktur-archiscribe"
EARLY = 1 / 3  # share of kills before the first step


def main() -> None:
    """Train both runs and compare them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7, help="of the training and the moments")
    parser.add_argument("--threads", type=int, default=0, help="0: every core, the default")
    parser.add_argument("--quick", action="store_true", help="30 lines, 2 kills, not recorded")
    options = parser.parse_args()
    if options.quick:
        options.steps, options.kills, options.lines = 20, 2, 30
    folder = fresh("quick" if options.quick else "", "resume")
    source, tenth = data_folder(DATA), options.lines // 10
    data = small_copy(source, folder / "data", 8 * tenth, tenth, tenth)
    whole, broken = folder / "undisturbed", folder / "killed"
    train = [*UNCIAL, "train", data, "--threads", str(options.threads), "--json"]
    train += ["--steps", str(options.steps)]  # runs to its end
    train += ["--seed", str(options.seed), "-o"]
    began = time.perf_counter()
    run, first = undisturbed([*train, whole], whole)
    trained = max(run.wall - first, 1.0)
    last, kills = disturbed([str(w) for w in train], broken, first, trained, options)
    differences = compare(whole, broken)
    row = {
        "data": f"{DATA}, {options.lines} lines",
        "threads": options.threads or "all cores",
        "steps": options.steps,
        "seed": options.seed,
        "kills": len(kills),
        "killed_after": kills,
        "bitwise_equal": not differences,
        "differences": differences,
        **totals({"undisturbed": run, "last_resume": last}),
        "wall_seconds": round(time.perf_counter() - began, 1),
    }
    record("resume", "uncial", row, keep=not options.quick)
    if differences:
        raise Failed("; ".join(differences))
    if len(kills) < options.kills:
        print(f"only {len(kills)} kills fell before the run was done; take more --steps")


def undisturbed(train: list[str | Path], folder: Path) -> tuple[Run, float]:
    """Train to the end; also after how many seconds the first step could begin."""
    began = first = time.perf_counter()
    with Running(train) as running:
        print("$", shown(running.command), flush=True)
        while running.alive:
            if not (folder / "checkpoint.safetensors").exists():
                first = time.perf_counter()
            time.sleep(0.02)
        run = running.finish()
    print(f"  {run.wall:.1f} s, of them {first - began:.1f} s before the first step", flush=True)
    return run, first - began


def disturbed(
    train: list[str], folder: Path, first: float, trained: float, options: argparse.Namespace
) -> tuple[Run, list[dict[str, float]]]:
    """Train with kills; the last process, and when each kill fell and what stood then."""
    rng = random.Random(options.seed)
    stretch = 1.5 * trained / max(options.kills, 1)
    kills: list[dict[str, float]] = []
    while True:
        resume = [*UNCIAL, "train", "--resume", "--json", "-o", folder]
        begun = (folder / "run.json").exists()
        with Running(resume if begun else [*train, folder]) as running:
            early = rng.random() < EARLY
            moment = rng.uniform(0, first) if early else first + rng.uniform(0, stretch)
            if len(kills) == options.kills:
                moment = float("inf")
            began = time.perf_counter()
            while running.alive and time.perf_counter() - began < moment:
                time.sleep(0.01)
            if not running.alive:
                run = running.finish()
                return run, kills
            running.kill()
        step = last_step(folder)
        kills.append({"seconds": round(moment, 2), "step": step})
        print(f"  kill {len(kills)} after {moment:.1f} s, last step in the log {step}", flush=True)


def last_step(folder: Path) -> int:
    """The latest step that the event log tells of."""
    return max((step for _, step in told(folder)), default=0)


def told(folder: Path) -> Counter[tuple[str, int]]:
    """How often the log of a run tells each event; where it was resumed is no event of it."""
    log = folder / "events.jsonl"
    counts: Counter[tuple[str, int]] = Counter()
    for line in log.read_bytes().splitlines() if log.exists() else []:
        try:
            event = json.loads(line)
        except ValueError:  # cut off by the kill; the resumed run removes it
            continue
        if not str(event.get("text", "")).startswith("resumed at step"):
            counts[json.dumps(event, sort_keys=True), int(event.get("step", 0))] += 1
    return counts


def compare(first: Path, second: Path) -> list[str]:
    """What differs between two runs; empty where nothing does."""
    differences = []
    for name in ("model.safetensors", "checkpoint.safetensors"):
        a, b = tensors(first / name), tensors(second / name)
        changed = sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key))
        print(f"  {name}: {len(a)} tensors, {len(changed)} differ")
        if changed:
            differences.append(f"{name}: {len(changed)} tensors differ, first {changed[0]}")
    a_told, b_told = told(first), told(second)
    twice = sum(count > 1 for count in b_told.values())
    missing, extra = a_told.keys() - b_told.keys(), b_told.keys() - a_told.keys()
    print(f"  events.jsonl: {len(a_told)} events, {twice} twice, {len(missing)} missing")
    if twice or missing or extra:
        text = f"{twice} twice, {len(missing)} missing, {len(extra)} with other values"
        differences.append(f"events.jsonl: {text}")
    return differences


def tensors(path: Path) -> dict[str, tuple[Any, ...]]:
    """Type, shape and bytes of each tensor of a safetensors file (its metadata hold times)."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    found = {}
    for name, about in header.items():
        begin, end = about["data_offsets"]
        body = data[start + begin : start + end]
        found[name] = (about["dtype"], tuple(about["shape"]), body)
    return found


if __name__ == "__main__":
    guarded(main)
