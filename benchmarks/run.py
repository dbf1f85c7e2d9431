"""Run the benchmarks one after the other and rewrite their page.

Each is a script of its own that says what it does, skips what is not there, and appends rows
to ``benchmarks/results``::

    python benchmarks/run.py --list
    python benchmarks/run.py                          # all: about two hours on two cores
    python benchmarks/run.py --only to_ten_percent --only reading
    python benchmarks/run.py --quick                  # a few minutes; records nothing
    python benchmarks/run.py --only accuracy -- fraktur --minutes 10
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = {
    "ingest": ("speed/ingest.py", "time and memory of ingesting 100,000 lines, 3 min"),
    "accuracy": ("accuracy/run.py", "CER on open data, beside Tesseract's models, 55 min"),
    "language": ("accuracy/language.py", "CER with n-grams of the text, 3 min; needs accuracy"),
    "beam": ("speed/beam.py", "lines a CPU-second of the beam, beside flashlight-text, 1 min"),
    "reading": ("speed/reading.py", "CPU time a line, beside Tesseract, 8 min; needs accuracy"),
    "onnx_parity": ("interop/onnx_parity.py", "ONNX beside its model, 2 min; needs accuracy"),
    "to_ten_percent": ("speed/to_ten_percent.py", "training on Fraktur, beside kraken, 25 min"),
    "rendered_lines": ("speed/rendered_lines.py", "training, beside lstmtraining, 10 min"),
    "finetune_fraktur": (
        "interop/finetune_fraktur.py",
        "fine-tuning frak2021, beside lstmtraining, 5 min",
    ),
    "voting": ("accuracy/voting.py", "five folds that vote, beside one model, 60 min"),
    "small_data": ("accuracy/small_data.py", "a base tuned with 50 lines, 200 and all, 40 min"),
    "shipped": ("accuracy/shipped.py", "shipped models beside Tesseract's, untrained, 3 min"),
    "labelfree": (
        "accuracy/labelfree.py",
        "learning without labels; name a set and a base after --, 15 min",
    ),
    "label_errors": ("accuracy/label_errors.py", "planted label errors found, 15 min"),
    "doctor": ("robustness/doctor.py", "ten provoked failures and five sound runs, 10 min"),
    "resume": ("speed/resume.py", "killed ten times, equal bit for bit, 4 min"),
    "segmentation": ("accuracy/segmentation.py", "lines found on four sets of pages, 2 min"),
    "prediction": ("trust/prediction.py", "predicted against true CER, 1 min; needs accuracy"),
    "forecast": ("trust/forecast.py", "learning curves from a quarter of the lines, 20 min"),
    "memory": ("speed/memory.py", "peak memory of training from 100,000 lines, 5 min"),
}
RECORDS_ALWAYS = ("ingest",)  # has no quick form


def main() -> None:
    """Run what was chosen; the exit code is that of the last benchmark that went wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name them and stop")
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing recorded")
    parser.add_argument("more", nargs="*", help="after --: options for the scripts")
    options = parser.parse_args()
    if options.list:
        for name, (_, about) in BENCHMARKS.items():
            print(f"{name:15} {about}")
        return
    worst = 0
    for name in options.only or BENCHMARKS:
        script, about = BENCHMARKS[name]
        if options.quick and name in RECORDS_ALWAYS:
            print(f"\n=== {name}: left out, it has no quick form")
            continue
        quick = ["--quick"] if options.quick else []
        command = [sys.executable, str(HERE / script), *quick, *options.more]
        print(f"\n=== {name}: {about}\n$ {shlex.join(command)}", flush=True)
        worst = subprocess.run(command, check=False).returncode or worst
    if not options.quick:
        subprocess.run([sys.executable, str(HERE / "report.py")], check=True)
    sys.exit(worst)


if __name__ == "__main__":
    main()
