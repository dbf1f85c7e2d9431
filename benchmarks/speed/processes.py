"""Lines a second that one and two processes train, and ten kills of a random one.

Both train the same batches, one thread each, so two processes need two cores to themselves::

    python benchmarks/speed/processes.py LINES --steps 300
    python benchmarks/speed/processes.py LINES --steps 300 --kills 10

Rows go to ``results/processes.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import ONE_THREAD, guarded, record

TORCHRUN = ("-m", "torch.distributed.run", "--standalone")


def command(lines: Path, run: Path, steps: int, processes: int, restarts: int = 0) -> list[str]:
    start = [sys.executable]
    if processes > 1:
        start += [*TORCHRUN, f"--nproc-per-node={processes}", f"--max-restarts={restarts}"]
    told = ["-m", "uncial", "train", str(lines), "-o", str(run), "--preset", "fast", "--threads=1"]
    return [*start, *told, f"--steps={steps}", "--optimizer.batches=2", "--stop.validations=1"]


def trained(
    lines: Path, run: Path, steps: int, processes: int, kills: int = 0
) -> tuple[float, int]:
    """Lines a second between the first and the last loss, and the kills that hit."""
    process = subprocess.Popen(
        command(lines, run, steps, processes, kills),
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    hits, clock = 0, {}
    events = run / "events.jsonl"
    while process.poll() is None:
        time.sleep(0.05)
        steps_seen = _last_step(events)
        if steps_seen:
            clock.setdefault(steps_seen, time.perf_counter())
        if hits < kills and steps_seen and random.random() < 0.02:
            hits += _kill_one(process.pid)
    if process.returncode:
        raise RuntimeError(f"{processes} processes ended with {process.returncode}")
    first, last = min(clock), max(clock)
    seen = json.loads((run / "run.json").read_text())["settings"]
    rate = (last - first) * seen["batches"] * seen["batch"] / (clock[last] - clock[first])
    return rate, hits


def _last_step(events: Path) -> int:
    if not events.exists():
        return 0
    losses = [line for line in events.read_text().splitlines() if '"loss"' in line]
    return int(json.loads(losses[-1])["step"]) if losses else 0


def _kill_one(parent: int) -> int:
    """Kill one worker of torchrun; 0 where there is none just now."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    workers = [int(pid) for pid in path.read_text().split()]
    if not workers:
        return 0
    os.kill(random.choice(workers), signal.SIGKILL)
    return 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--kills", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        one, _ = trained(options.lines, work / "one", options.steps, 1)
        two, hits = trained(options.lines, work / "two", options.steps, 2, options.kills)
        models = [load_file(work / name / "model.safetensors") for name in ("one", "two")]
        same = all(np.array_equal(array, models[1][name]) for name, array in models[0].items())
        record(
            "processes",
            "uncial",
            {
                "lines": options.lines.name,
                "steps": options.steps,
                "lines_per_second": {"1": round(one, 1), "2": round(two, 1)},
                "ratio": round(two / one, 2),
                "kills": hits,
                "same_model": same,
            },
        )


if __name__ == "__main__":
    guarded(main)
