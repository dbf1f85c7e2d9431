"""How many of the label errors planted into Fraktur ground truth ``uncial suspects`` puts first.

3 % of the training lines are made wrong as people do it (``planting.py``); the precision counts
how many of as many lines at the head of the ranking are planted ones. Errors that the ground
truth had before count against it::

    python benchmarks/accuracy/label_errors.py
    python benchmarks/accuracy/label_errors.py --quick

A row goes to ``results/label_errors.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from planting import plant

from engines import UNCIAL
from measure import ONE_THREAD, data_folder, fresh, guarded, measured, record, shown
from uncial.data.store import LineStore

SET = "print-fraktur-archiscribe"
SHARE = 0.03


def main() -> None:
    """Plant, search, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=600, help="of the training of each fold")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1, help="of the planting")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    steps = 3 if options.quick else options.steps
    folder = fresh("label_errors")
    measured([*UNCIAL, "ingest", data_folder(SET), "-o", folder / "correct"])
    planted = plant(LineStore.open(folder / "correct"), folder / "wrong", SHARE, options.seed)
    command = [*UNCIAL, "suspects", folder / "wrong", "-o", folder / "out", "--json"]
    command += ["--steps", str(steps), "--folds", str(options.folds), "--threads", "1"]
    run = measured(command, ONE_THREAD)
    told = run.json()
    ranking = [one["line_id"] for one in json.loads(Path(told["json"]).read_text("utf-8"))]
    first = set(ranking[: len(planted)])
    kinds = Counter(planted.values())
    found = Counter(kind for line, kind in planted.items() if line in first)
    row = {
        "set": SET,
        "command": shown(run.command),
        "lines": told["lines"],
        "planted": len(planted),
        "precision": round(sum(found.values()) / len(planted), 4),
        "found_of_each_kind": {kind: f"{found[kind]} of {kinds[kind]}" for kind in sorted(kinds)},
        "others_first": [line for line in ranking[: len(planted)] if line not in planted],
        "cer": told["cer"],
        "folds": options.folds,
        "steps": steps,
        "seed": options.seed,
        **run.cost(),
    }
    record("label_errors", "uncial", row, keep=not options.quick)


if __name__ == "__main__":
    guarded(main)
