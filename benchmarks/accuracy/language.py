"""CER with and without language: a character 6-gram of the training text alone.

For each set of ``benchmarks/accuracy`` that is named: ``uncial lm`` learns the training lines,
``uncial tune`` finds the weights on the validation lines, ``uncial evaluate`` reads the test
lines, greedily and with language. The model is that of ``benchmarks/accuracy/run.py`` unless
another is named; with ``--background`` general text is mixed in::

    python benchmarks/accuracy/language.py                        # fraktur and hooker
    python benchmarks/accuracy/language.py hooker --model RUN/model.safetensors
    python benchmarks/accuracy/language.py hooker --background langdata/corpus_en_gutenberg.txt

Rows go to ``results/language.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, WORK, Skip, data_folder, fresh, guarded, measured, record, totals

HERE = Path(__file__).parent
KEPT = ("cer", "cer_ci95", "greedy_cer", "wer", "greedy_wer", "lines", "characters")


def main() -> None:
    """Measure the chosen sets, one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=["fraktur", "hooker"])
    parser.add_argument("--model", type=Path, help="of a single set")
    parser.add_argument("--order", type=int, default=6)
    parser.add_argument("--background", help="general text below the data folder")
    parser.add_argument("--quick", action="store_true", help="not recorded")
    options = parser.parse_args()
    for name in options.names:
        try:
            measure(name, options)
        except Skip as reason:
            print(f"{name}: skipped: {reason}")


def measure(name: str, options: argparse.Namespace) -> None:
    """Learn, tune and evaluate on one set; one row."""
    manifest = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    data = data_folder(manifest["data"])
    model = options.model or WORK / "accuracy" / name / "run" / "model.safetensors"
    if not model.exists():
        raise Skip(f"{model} is not there; run benchmarks/accuracy/run.py or name a model")
    folder = fresh("quick" if options.quick else "", "language", name)
    lm, tuned = folder / "text.lm", folder / "model.safetensors"
    general = options.background
    store = folder / "lines"
    ingest = [*UNCIAL, "ingest", data, "-o", store, "--json"]
    learn = [*UNCIAL, "lm", store, "-o", lm, "--order", str(options.order), "--json"]
    learn += ["--background", data_folder(general)] if general else []
    tune = [*UNCIAL, "tune", model, store, "--lm", lm, "-o", tuned, "--json"]
    read = [*UNCIAL, "evaluate", tuned, store, "--lm", lm, "--split", "test", "--json"]
    read += ["--normalization", manifest["normalization"]]
    stages = {"ingest": measured(ingest, ONE_THREAD)}
    stages["lm"] = measured(learn, ONE_THREAD)
    stages["tune"] = measured(tune, ONE_THREAD)
    stages["evaluate"] = measured(read, ONE_THREAD)
    learnt, found, told = (stages[name].json() for name in ("lm", "tune", "evaluate"))
    row = {
        "set": f"{name}, with general text" if general else name,
        "data": manifest["data"],
        "split": f"test, {manifest['split']}",
        "order": options.order,
        **totals(stages),
        **{key: told[key] for key in KEPT},
        "change": told["cer"] / told["greedy_cer"] - 1,
        "weights": found["weights"],
        "beamed": found["beamed"],
        "validation_cer": found["cer"],
        "validation_greedy_cer": found["greedy_cer"],
        "training_characters": learnt["characters"],
        "share": learnt["share"],
        "held_out_bits": learnt["held_out_bits"],
        "cpu_ms_per_line": told["cpu_ms_per_line"],
    }
    record("language", "uncial", row, keep=not options.quick)


if __name__ == "__main__":
    guarded(main)
