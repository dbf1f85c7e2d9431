"""Learning to read lines without their ground truth: first model, then rounds of self-training.

The training images of a set are given without their text, beside a recipe of fonts and texts and a
base model that was made from fonts and texts alone::

    python benchmarks/accuracy/labelfree.py dhsd --base latin-hand
    python benchmarks/accuracy/labelfree.py fraktur --base latin-print
    python benchmarks/accuracy/labelfree.py dhsd --base latin-hand --rule threshold

Stated is the CER of the test lines: of the base, of the first model, which learnt from made lines
that look like the set's, and of the last one, read greedily and with the language of the recipe.
The rule ``threshold`` is that of the label-free learner for handwritten words: every reading of a
mean probability over 0.4 is taken for true, greedily, without language or made lines beside, each
student goes on from the last. Rows go to ``results/labelfree.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ROOT, data_folder, fresh, guarded, measured, record, totals

HERE = Path(__file__).parent
SETS = {
    "dhsd": ("hw-words-de-dhsd", HERE / "recipes" / "dhsd.toml"),
    "hooker": ("hw-lines-en-hooker", HERE / "recipes" / "hooker.toml"),
    "fraktur": ("print-fraktur-archiscribe", ROOT / "recipes" / "parts" / "fraktur-german.toml"),
    "arabic": ("rtl-arabic-jstor", ROOT / "recipes" / "arabic-print.toml"),
}
RULES: dict[str, list[str]] = {
    "likeliest": [],
    "threshold": ["--config", str(ROOT / "recipes" / "word-learner.toml")],
}


def main() -> None:
    """Learn without labels, and measure on the test lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--base", default="", help="model made from fonts and texts alone")
    parser.add_argument("--rule", choices=RULES, default="likeliest")
    parser.add_argument("--steps", type=int, default=6000, help="of all models together")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a minute, not recorded")
    options = parser.parse_args()
    if options.quick:
        options.steps, options.rounds = 300, 2
    folder = fresh("quick" if options.quick else "", f"labelfree-{options.set}-{options.rule}")
    name, recipe = SETS[options.set]
    store = folder / "lines"
    measured([*UNCIAL, "ingest", data_folder(name), "-o", store, "--json"])
    run = folder / "run"
    command = [*UNCIAL, "train", recipe, "--unlabeled", store, "-o", run, *RULES[options.rule]]
    if options.base:
        command += ["--base", options.base]
    length = ["--steps", str(options.steps), "--labelfree.rounds", str(options.rounds)]
    rest = ["--threads", str(options.threads), "--seed", str(options.seed), "--json"]
    trained = measured([*command, *length, *rest])
    told = trained.json()
    language = ["--lm", run / "language.lm"] if (run / "language.lm").exists() else []
    cers = {
        "base": _cer(Path(options.base), store) if options.base else None,
        "first": _cer(run / "seed" / "model.safetensors", store)["cer"],
        "fitted": _fitted(run, store),
    }
    if cers["base"] is not None:
        cers["base"] = cers["base"]["cer"]
    last = _cer(told["model"], store)
    listening = _cer(told["model"], store, language)["cer"] if language else None
    row: dict[str, Any] = {
        "data": name,
        "rule": options.rule,
        "base": Path(options.base).stem,
        "steps": options.steps,
        "threads": options.threads,
        "unlabeled_lines": told["training_lines"],
        "cer_base": cers["base"],
        "cer_first": cers["first"],
        "cer_first_fitted": cers["fitted"],
        "cer": last["cer"],
        "cer_ci95": last["cer_ci95"],
        "cer_with_language": listening,
        "cer_estimated": told["estimated_cer"],
        "best_round": told["best_step"],
        **totals({"train": trained}),
    }
    print({key: row[key] for key in row if key.startswith(("cer", "best"))}, flush=True)
    record("labelfree", "uncial", row, keep=not options.quick)


def _cer(model: Path | str, store: Path, more: list[Any] | None = None) -> dict[str, Any]:
    command = [*UNCIAL, "evaluate", model, store, "--split", "test", "--json", *(more or [])]
    return measured(command).json()


def _fitted(run: Path, store: Path) -> float | None:
    path = run / "seed" / "model-fitted.safetensors"
    return float(_cer(path, store)["cer"]) if path.exists() else None


if __name__ == "__main__":
    guarded(main)
