"""What models that vote gain over one, on Fraktur: five folds, or models of two kinds.

*folds*: one model is trained on the training lines for as many steps as each of the folds, which
share training and validation lines among them. *kinds*: networks of ours from nothing and others
that go on from Tesseract's ``frak2021``, each with two seeds, put together by ``uncial combine``.
All read the same test lines::

    python benchmarks/accuracy/voting.py                # both
    python benchmarks/accuracy/voting.py folds --steps 4000 --folds 5
    python benchmarks/accuracy/voting.py kinds
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
from engines import UNCIAL, tessdata
from measure import ONE_THREAD, Run, data_folder, fresh, guarded, measured, record, totals

SET = "print-fraktur-archiscribe"


def main() -> None:
    """Measure what was chosen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["folds", "kinds"], help="of folds, kinds")
    parser.add_argument("--steps", type=int, default=3000, help="of each model")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for name in options.what:
        {"folds": folds, "kinds": kinds}[name](options)


def kinds(options: argparse.Namespace) -> None:
    """Train two models of each kind, put them together, evaluate all and each."""
    data, folder = data_folder(SET), fresh("quick" if options.quick else "", "voting-kinds")
    base = tessdata("frak2021") / "frak2021.traineddata"
    trained, alone = {}, {}
    for seed in (0, 1):
        for kind, (steps, more) in {
            "own": (4000, []),
            "frak2021": (3000, ["--base", base]),
        }.items():
            name = f"{kind}-{seed}"
            length = ["--steps", str(3 if options.quick else steps), "--seed", str(seed)]
            command = [*UNCIAL, "train", data, "-o", folder / name, *length, *more]
            command += ["--preset", "fast"] if kind == "own" else []
            trained[name] = measured([*command, "--threads", "1", "--json"], ONE_THREAD)
            alone[name] = measured(evaluation(folder / name)).json()["cer"]
    models = [folder / name / "model.safetensors" for name in trained]
    (folder / "all").mkdir()
    measured([*UNCIAL, "combine", *models, "-o", folder / "all" / "model.safetensors"])
    together = measured(evaluation(folder / "all"))
    told = together.json()
    row = {
        "set": SET,
        "models": len(models),
        "relative_gain": round(100 * (1 - told["cer"] / statistics.mean(alone.values())), 2),
        "cer_of_each": {name: round(cer, 5) for name, cer in alone.items()},
        "cer": told["cer"],
        "cer_ci95": told["cer_ci95"],
        "wer": told["wer"],
        "cpu_ms_per_line": told["cpu_ms_per_line"],
        "training_cpu_minutes": round(sum(run.cpu for run in trained.values()) / 60, 2),
        **totals({**trained, "evaluate": together}),
    }
    record("voting", "two kinds", row, keep=not options.quick)


def folds(options: argparse.Namespace) -> None:
    """Train one model and the folds; evaluate both, and each fold alone."""
    data, folder = data_folder(SET), fresh("quick" if options.quick else "", "voting")
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
