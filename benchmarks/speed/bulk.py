"""Pages in shards: each once on Ray, though an actor and then the driver are killed.

Copies of one page are read with ``uncial bulk recognize``: on this machine's own processes, then on
Ray, where midway an actor is killed and later the driver, which is started again. Then every
page must be in one manifest, and on the disk. Throughput is pages for each CPU-second that the
shards took; what starting costs is told beside it::

    python benchmarks/speed/bulk.py --model RUN/model.safetensors --pages 5000

Rows go to ``results/bulk.jsonl``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from pages import copies

from engines import UNCIAL
from measure import ONE_THREAD, WORK, Failed, Running, Skip, fresh, guarded, record

_ACTOR = b"ray::MapWorker(Map(_Actor))"


def main() -> None:
    """Read here, read on Ray with the kills, and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    usual = WORK / "accuracy" / "fraktur" / "run" / "model.safetensors"
    parser.add_argument("--model", type=Path, default=usual, help="of uncial; %(default)s")
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--shard", type=int, default=50)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--backend", default="onnx-int8")
    parser.add_argument("--quick", action="store_true", help="40 pages, not recorded")
    options = parser.parse_args()
    if not options.model.exists():
        raise Skip(f"{options.model} is not there; run benchmarks/accuracy/run.py or name a model")
    if options.quick:
        options.pages, options.shard = 40, 5
    folder = fresh("bulk")
    copies(folder / "book", options.pages)
    (folder / "read.toml").write_text(f'format = "alto"\nbackend = "{options.backend}"\n')
    command = [*UNCIAL, "bulk", "recognize", folder / "book", "--options", folder / "read.toml"]
    command += ["--model", options.model, "--shard", str(options.shard)]
    command += ["--processes", str(options.processes), "--json"]
    local, ray = folder / "local", folder / "ray"
    with Running([*command, "-o", local], ONE_THREAD) as running:
        here = running.finish()
    there = [*command, "-o", ray, "--runner", "ray"]
    started = time.perf_counter()
    before = killed(there, ray, options.pages // options.shard)
    with Running(there, ONE_THREAD) as running:
        running.finish()
    seconds = time.perf_counter() - started
    rates = {name: rate(out) for name, out in (("local", local), ("ray", ray))}
    names = Counter(name for told in manifests(ray) for name in told["results"])
    written = {path.name for path in ray.glob("*.xml")}
    row = {
        "pages": options.pages,
        "shard": options.shard,
        "processes": options.processes,
        "backend": options.backend,
        "shards_done_when_the_driver_was_killed": before,
        "pages_done_once": sum(1 for times in names.values() if times == 1),
        "pages_done_twice": sum(1 for times in names.values() if times > 1),
        "files_written": len(written),
        "half_written": sum(1 for _ in ray.rglob(".*.part")),
        "pages_per_cpu_second": {name: round(one, 2) for name, one in rates.items()},
        "ratio": round(rates["ray"] / rates["local"], 3),
        "local_cpu_seconds": round(here.cpu, 1),
        "local_wall_seconds": round(here.wall, 1),
        "ray_wall_seconds": round(seconds, 1),
        "same_text": same(local, ray),
    }
    record("bulk", "uncial", row, keep=not options.quick)
    if len(names) != options.pages or len(written) != options.pages or row["pages_done_twice"]:
        raise Failed("some page is missing, or was done twice")


def killed(command: list, out: Path, shards: int) -> int:
    """Begin, kill an actor after a quarter and the driver after half; the shards done by then."""
    hit = False
    with Running(command, ONE_THREAD) as running:
        while running.alive:
            time.sleep(0.2)
            done = len(manifests(out))
            if not hit and done >= shards // 4:
                hit = kill_actor(running._process.pid)
            if hit and done >= shards // 2:
                break
    return done


def kill_actor(group: int) -> bool:
    """Kill one of Ray's actors of this run; whether there was one."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            stat = (place / "stat").read_text().rpartition(")")[2].split()
            if (place / "cmdline").read_bytes().startswith(_ACTOR) and int(stat[3]) == group:
                os.kill(int(place.name), signal.SIGKILL)
                print(f"  killed actor {place.name}", flush=True)
                return True
    return False


def manifests(out: Path) -> list[dict]:
    """Those of the shards that are done."""
    done = out / "bulk" / "done"
    return [json.loads(path.read_text()) for path in done.glob("*.json")] if done.is_dir() else []


def rate(out: Path) -> float:
    """Pages for each CPU-second."""
    told = manifests(out)
    return sum(one["units"] for one in told) / sum(one["cpu_seconds"] for one in told)


def same(one: Path, other: Path) -> bool:
    """Whether both runs wrote the same bytes."""
    return all(path.read_bytes() == (other / path.name).read_bytes() for path in one.glob("*.xml"))


if __name__ == "__main__":
    guarded(main)
