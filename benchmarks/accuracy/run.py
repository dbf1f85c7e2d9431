"""CER on open data: ``uncial train`` and ``uncial evaluate`` as a user types them.

Each manifest ``*.toml`` here names data, licence, split rule and minutes. Training and
evaluation run in fresh processes with default settings on all cores; where the manifest names
Tesseract models, they read the same test lines and are scored with the same metric::

    python benchmarks/accuracy/run.py                  # every manifest
    python benchmarks/accuracy/run.py fraktur hooker
    python benchmarks/accuracy/run.py --quick          # seconds; checks the script, not accuracy

Rows go to ``results/accuracy.jsonl``, run folders to ``runs/benchmarks/accuracy``.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL, Line, read_with_tesseract, scored, stored_test_lines, tessdata
from measure import Skip, data_folder, fresh, guarded, measured, record, totals

HERE = Path(__file__).parent


def main() -> None:
    """Run the chosen manifests, one after the other."""
    names = sorted(path.stem for path in HERE.glob("*.toml"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names)}; none means all")
    parser.add_argument("--minutes", type=float, help="instead of the manifest's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"no manifest {', '.join(unknown)}; there are {', '.join(names)}")
    for name in options.names or (["anthologia"] if options.quick else names):
        manifest = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
        try:
            measure(name, manifest, options)
        except Skip as reason:
            print(f"{name}: skipped: {reason}")


def measure(name: str, manifest: dict[str, Any], options: argparse.Namespace) -> None:
    """Train, evaluate, and let the peers read the same test lines; a row for each engine."""
    data = data_folder(manifest["data"])
    minutes = options.minutes or manifest["minutes"]
    print(f"== {name}: {manifest['title']}; {minutes} minutes, all cores")
    about = {
        "set": name,
        "data": f"{manifest['data']} ({manifest['source']}; {manifest['licence']})",
        "split": f"test, {manifest['split']}",
        "normalization": manifest["normalization"],
    }
    folder = fresh("quick" if options.quick else "", "accuracy", name)
    lines = ours(data, folder, manifest, about, options)
    for model in manifest["tesseract"]:
        peer(model, lines[:5] if options.quick else lines, folder, about, keep=not options.quick)


def ours(
    data: Path,
    folder: Path,
    manifest: dict[str, Any],
    about: dict[str, Any],
    options: argparse.Namespace,
) -> list[Line]:
    """Measure uncial; the test lines."""
    length = ["--minutes", str(options.minutes or manifest["minutes"])]
    train = [*UNCIAL, "train", data, "-o", folder / "run", "--json"]
    train += ["--steps", "3"] if options.quick else length
    train += ["--seed", str(options.seed)] if options.seed else []
    evaluate = [*UNCIAL, "evaluate", folder / "run" / "model.safetensors", data]
    evaluate += ["--split", "test", "--normalization", manifest["normalization"], "--json"]
    evaluate += ["--report", folder / "report.html"]
    stages = {"train": measured(train), "evaluate": measured(evaluate)}
    trained, told = stages["train"].json(), stages["evaluate"].json()
    kept = ("cer", "cer_ci95", "wer", "lines", "characters", "interval_unit", "cpu_ms_per_line")
    row = {
        **about,
        **totals(stages),
        **{key: told[key] for key in kept},
        "threads": "all cores",
        "minutes": 0 if options.quick else float(length[1]),
        "seed": options.seed,
        "lines_per_second": round(told["lines"] / max(told["seconds"], 1e-9), 1),
        "training_lines": trained["training_lines"],
        "lines_seen": trained["lines_seen"],
        "parameters": trained["parameters"],
        "validation_cer": trained["validation_cer"],
    }
    record("accuracy", "uncial", row, keep=not options.quick)
    return stored_test_lines(folder / "run" / "lines", folder / "test-images")


def peer(model: str, lines: list[Line], folder: Path, about: dict[str, Any], *, keep: bool) -> None:
    """Measure a Tesseract model as it comes."""
    texts, run = read_with_tesseract([line.image for line in lines], model, tessdata(model), folder)
    row = {
        **about,
        **totals({"evaluate": run}),
        **scored(lines, texts, about["normalization"]),
        "threads": 1,
        "cpu_ms_per_line": round(1000 * run.cpu / len(lines), 2),
        "lines_per_second": round(len(lines) / run.wall, 1),
    }
    record("accuracy", f"tesseract {model}", row, keep=keep)


if __name__ == "__main__":
    guarded(main)
