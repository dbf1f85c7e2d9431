"""Predicted against measured CER of works and pages, and what confidences are worth.

A model that was trained before is calibrated on the validation lines of its set and read on the
test lines, whose works or pages it has never seen::

    python benchmarks/trust/prediction.py print-fraktur-archiscribe=RUN/model.safetensors

Rows go to ``results/prediction.jsonl``: mean absolute error and rank correlation over works or
pages, share that lies in its interval, expected calibration error before and after.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, WORK, Skip, data_folder, fresh, guarded, measured, record, totals

USUAL = {"print-fraktur-archiscribe": "fraktur", "hw-lines-en-hooker": "hooker"}


def main() -> None:
    """Calibrate and evaluate each model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", help="SET=MODEL; those of benchmarks/accuracy")
    parser.add_argument("--quick", action="store_true", help="nothing recorded")
    options = parser.parse_args()
    folder = fresh("quick" if options.quick else "", "prediction")
    named = [tuple(one.split("=", 1)) for one in options.models] or [
        (data, str(WORK / "accuracy" / name / "run" / "model.safetensors"))
        for data, name in USUAL.items()
    ]
    for data, model in named:
        if not Path(model).exists():
            raise Skip(f"{model} is not there; run benchmarks/accuracy/run.py or name a model")
        row = predicted(data_folder(data), Path(model), folder / data)
        record("prediction", "uncial", {"data": data, **row}, keep=not options.quick)


def predicted(data: Path, model: Path, folder: Path) -> dict[str, object]:
    """Figures of one model on one set."""
    folder.mkdir(parents=True)
    mended, report = folder / "model.safetensors", folder / "report.html"
    stages = {
        "calibrate": measured(
            [*UNCIAL, "calibrate", model, data, "-o", mended, "--json"], ONE_THREAD
        ),
        "evaluate": measured(
            [*UNCIAL, "evaluate", mended, data, "--report", report, "--json"], ONE_THREAD
        ),
    }
    told = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    figures = told["figures"]
    prediction = figures["prediction"]
    return {
        "cer": figures["score"]["cer"],
        "predicted_cer": prediction["all_lines"]["cer"],
        "mean_error": prediction["mean_error"],
        "rank_correlation": prediction["rank_correlation"],
        "covered": prediction["covered"],
        "documents": [
            [item["name"], item["lines"], item["cer"], item["predicted"]["cer"]]
            for item in prediction["documents"]
        ],
        "temperature": told["calibration"]["temperature"],
        "character_ece_before": figures["characters"]["raw_ece"],
        "character_ece": figures["characters"]["ece"],
        "character_auroc": figures["characters"]["auroc"],
        "line_ece_before": figures["whole_lines"]["raw_ece"],
        "line_ece": figures["whole_lines"]["ece"],
        "threads": 1,
        **totals(stages),
    }


if __name__ == "__main__":
    guarded(main)
