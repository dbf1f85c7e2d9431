"""Baselines of the segmentation model that comes with the package, on the sets of pages::

    python benchmarks/accuracy/segmentation.py [--split all] [--model MODEL] [SET ...]

Rows go to ``results/segmentation.jsonl``: precision, recall and F with adaptive and with fixed
tolerance, splits and merges, CPU-seconds a page. kraken's baselines are measured beside ours, by
the same scores, in ``benchmarks/interop/kraken_parity.py``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, ROOT, data_folder, guarded, measured, record

SHIPPED = ROOT / "src" / "uncial" / "basemodels" / "segmenter.safetensors"
SETS = (
    "pages-print-en-fondue-alto",
    "pages-hw-en-hooker-page",
    "pages-hw-fr-cremma19-alto",
    "pages-print-de-ocrd-page",
)
FIGURES = (
    *("pages", "lines", "found", "precision", "recall", "f", "f_parts", "f_fixed"),
    *("missed", "extra", "splits", "merges", "iou", "order", "cpu_s_per_page"),
)


def main() -> None:
    """Evaluate on each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--split", default="all", help="train, validation, test or all")
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--quick", action="store_true", help="nothing recorded")
    options = parser.parse_args()
    for name in options.sets:
        data, split = data_folder(name), options.split
        command = [*UNCIAL, "evaluate", options.model, data, "--split", split, "--json"]
        run = measured(command, ONE_THREAD)
        told = run.json()
        row = {key: told[key] for key in FIGURES}
        model = "shipped" if options.model == SHIPPED else options.model.name
        values = {"data": name, "split": options.split, "model": model, **row}
        record("segmentation", "uncial", {**values, **run.cost()}, keep=not options.quick)


if __name__ == "__main__":
    guarded(main)
