"""What five folds that vote gain over one model, on Fraktur.

The one model is trained on the training lines for as many steps as each of the folds, which
share training and validation lines among them; all read the same test lines::

    python benchmarks/accuracy/voting.py
    python benchmarks/accuracy/voting.py --steps 4000 --folds 5
    python benchmarks/accuracy/voting.py --quick

Rows go to ``results/voting.jsonl``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import Run, data_folder, fresh, guarded, measured, record, totals

SET = "print-fraktur-archiscribe"


def main() -> None:
    """Train one model and the folds; evaluate both, and each fold alone."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=3000, help="of each model")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    data, folder = data_folder(SET), fresh("voting")
    steps = 3 if options.quick else options.steps
    length = ["--steps", str(steps), "--seed", str(options.seed), "--json"]
    one = measured([*UNCIAL, "train", data, "-o", folder / "one", *length])
    alone = measured(evaluation(folder / "one"))
    command = [*UNCIAL, "train", data, "-o", folder / "folds", "--folds", str(options.folds)]
    folds = measured([*command, *length])
    together = measured(evaluation(folder / "folds"))
    each = [
        measured(evaluation(folder / "folds" / f"fold-{number}")).json()["cer"]
        for number in range(1, options.folds + 1)
    ]
    shared = {"set": SET, "steps": steps, "seed": options.seed}
    row = {**shared, "models": 1, "relative_gain": 0.0, **figures(one, alone)}
    record("voting", "one model", row, keep=not options.quick)
    row = {
        **shared,
        "models": options.folds,
        "relative_gain": round(100 * (1 - together.json()["cer"] / alone.json()["cer"]), 2),
        "cer_of_each": [round(cer, 5) for cer in each],
        "mean_cer_of_each": round(statistics.mean(each), 5),
        "cross_validated_cer": folds.json()["validation_cer"],
        **figures(folds, together),
    }
    record("voting", "folds", row, keep=not options.quick)


def evaluation(run: Path) -> list[Any]:
    """The command that measures the model of a run on the test lines."""
    model = run / "model.safetensors"
    return [*UNCIAL, "evaluate", model, data_folder(SET), "--split", "test", "--json"]


def figures(train: Run, evaluate: Run) -> dict[str, Any]:
    """Cost and figures of one model."""
    told = evaluate.json()
    kept = ("cer", "cer_ci95", "wer", "lines", "characters", "cpu_ms_per_line")
    return {
        **totals({"train": train, "evaluate": evaluate}),
        **{key: told[key] for key in kept},
    }


if __name__ == "__main__":
    guarded(main)
