"""Learning curves from a quarter of the lines, against a run on all of them.

``uncial forecast`` sees at most a quarter of the training lines in any of its runs; then a run
sees all of them, each as often as the largest of the short runs did, and its validation CER
should lie in the interval forecast::

    python benchmarks/trust/forecast.py print-fraktur-archiscribe --views 2400

Rows go to ``results/forecast.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, data_folder, fresh, guarded, measured, record, totals

SETS = ("print-fraktur-archiscribe", "rtl-arabic-jstor", "print-latin-anthologia")


def main() -> None:
    """Forecast and train on each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=SETS, help="%(default)s")
    parser.add_argument("--views", type=int, default=2400, help="of each run; %(default)s")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--quick", action="store_true", help="few views, nothing recorded")
    options = parser.parse_args()
    if options.quick:
        options.views, options.sets = 400, SETS[-1:]
    folder = fresh("quick" if options.quick else "", "forecast")
    for name in options.sets:
        row = followed(data_folder(name), folder / name, options)
        record("forecast", "uncial", {"data": name, **row}, keep=not options.quick)


def followed(data: Path, folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """What was forecast, and what came."""
    shared = ["--preset", options.preset, "--threads", "1", "--json"]
    views = ["--views", str(options.views), "--seeds", str(options.seeds)]
    told = measured([*UNCIAL, "forecast", data, *views, *shared], ONE_THREAD)
    found = told.json()
    lines = found["now"]["lines"]
    epochs = max(1, round(options.views / max(run["lines"] for run in found["runs"])))
    length = ["--epochs", str(epochs), "--stop.validations", "2", "--stop.patience", "0"]
    whole = measured([*UNCIAL, "train", data, "-o", folder / "run", *length, *shared], ONE_THREAD)
    true = whole.json()["validation_cer"]
    low, high = found["now"]["ci95"]
    return {
        "training_lines": lines,
        "views": options.views,
        "runs": found["runs"],
        "exponent": found["exponent"],
        "forecast_cer": found["now"]["cer"],
        "forecast_ci95": [low, high],
        "gain_of_100_lines": found["gain"],
        "gain_ci95": found["gain_ci95"],
        "true_cer": true,
        "inside": low <= true <= high,
        "preset": options.preset,
        "threads": 1,
        **totals({"forecast": told, "train": whole}),
    }


if __name__ == "__main__":
    guarded(main)
