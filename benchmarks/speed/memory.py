"""Peak memory of training from a line store of 100,000 lines.

Makes the store with the lines of ``ingest.py`` (or takes one by ``--store``) and trains for
about a minute in a process of its own; the aim is at most 1.2 GB. The store stays in
``runs/benchmarks/memory/store``, so that a second run can name it::

    python benchmarks/speed/memory.py --lines 100000 --minutes 1

A row goes to ``results/memory.jsonl``.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from ingest import make

from engines import UNCIAL
from measure import fresh, guarded, measured, record, totals

AIM_MB = 1144  # 1.2 GB in MiB


def main() -> None:
    """Make the store, train from it, record the peak."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, help="a line store that exists already")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--distinct", type=int, default=4_000)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=0, help="0: every core, the default")
    parser.add_argument("--quick", action="store_true", help="100 lines, 3 steps, not recorded")
    options = parser.parse_args()
    if options.quick:
        options.lines, options.distinct = 100, 20
    folder = fresh("quick" if options.quick else "", "memory")
    stages = {}
    store = options.store
    if store is None:
        source, store = folder / "images", folder / "store"
        source.mkdir()
        print(f"making {options.lines} lines", flush=True)
        make(source, options.lines, options.distinct)
        ingest = [*UNCIAL, "ingest", source, "-o", store, "--json"]
        measured(ingest)
        shutil.rmtree(source)
    train = [*UNCIAL, "train", store, "-o", folder / "run", "--threads", str(options.threads)]
    train += ["--steps", "3"] if options.quick else ["--minutes", str(options.minutes)]
    stages["train"] = measured([*train, "--json"])
    told = stages["train"].json()
    row = {
        "data": f"{options.store or options.lines} lines",
        "threads": options.threads or "all cores",
        **totals(stages),
        "training_lines": told["training_lines"],
        "steps": told["steps"],
        "lines_seen": told["lines_seen"],
        "aim_mb": AIM_MB,
    }
    record("memory", "uncial", row, keep=not options.quick)


if __name__ == "__main__":
    guarded(main)
