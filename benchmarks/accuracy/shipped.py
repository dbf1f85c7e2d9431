"""What the models that come with the package read without any training, beside Tesseract's.

None of them has seen a scan or a transcription: they were made of open fonts and free texts. Test
lines of five sets, one row for each model and set; Tesseract's models read the same images::

    python benchmarks/accuracy/shipped.py
    python benchmarks/accuracy/shipped.py anthologia

Rows go to ``results/shipped.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL, read_with_tesseract, scored, stored_test_lines, tessdata
from measure import data_folder, fresh, guarded, measured, record, totals

HERE = Path(__file__).parent
READERS = {
    "fraktur": ("latin-print", ("eng", "frak2021")),
    "anthologia": ("latin-print", ("eng",)),
    "hooker": ("latin-hand", ("eng",)),
    "dhsd": ("latin-hand", ("eng",)),
    "arabic": ("arabic-print", ("fas",)),
}


def main() -> None:
    """Read the test lines of the sets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"of {', '.join(READERS)}; none means all")
    parser.add_argument("--quick", action="store_true", help="one set, not recorded")
    options = parser.parse_args()
    unknown = set(options.names) - set(READERS)
    if unknown:
        parser.error(f"no set {', '.join(unknown)}; there are {', '.join(READERS)}")
    chosen = options.names or (["anthologia"] if options.quick else list(READERS))
    for name in chosen:
        manifest = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
        measure(name, manifest["data"], manifest["normalization"], keep=not options.quick)


def measure(name: str, data: str, normalization: str, *, keep: bool) -> None:
    """A row for our model and for each of Tesseract's."""
    model, peers = READERS[name]
    folder = fresh("" if keep else "quick", "shipped", name)
    measured([*UNCIAL, "ingest", data_folder(data), "-o", folder / "lines" / "lines-0", "--json"])
    command = [*UNCIAL, "evaluate", model, folder / "lines" / "lines-0", "--split", "test"]
    found = measured([*command, "--normalization", normalization, "--json"])
    told = found.json()
    kept = ("cer", "cer_ci95", "wer", "lines", "cpu_ms_per_line")
    row = {"set": name, "data": data, "model": model, **{key: told[key] for key in kept}}
    record("shipped", "uncial", {**row, **totals({"evaluate": found})}, keep=keep)
    print(f"{name}: {model} {told['cer']:.2%}", flush=True)
    lines = stored_test_lines(folder / "lines", folder / "images")
    for peer in peers:
        texts, run = read_with_tesseract(
            [line.image for line in lines], peer, tessdata(peer), folder
        )
        row = {"set": name, "data": data, "model": peer, **scored(lines, texts, normalization)}
        row |= {"lines": len(lines), "cpu_ms_per_line": round(1000 * run.cpu / len(lines), 2)}
        record("shipped", f"tesseract {peer}", {**row, **totals({"evaluate": run})}, keep=keep)
        print(f"{name}: tesseract {peer} {row['cer']:.2%}", flush=True)


if __name__ == "__main__":
    guarded(main)
