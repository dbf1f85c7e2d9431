"""The eight steps in Chromium at full length: CER of the best model before, and after a training.

    .venv/bin/python benchmarks/studio_loop.py print 4
    .venv/bin/python benchmarks/studio_loop.py handwriting 4

The second word is the minutes of training. Prints what the screens showed, and the processor
time of the studio with its workers. Needs Chromium, npm and the data folder.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "fixtures")]

from playwright.sync_api import sync_playwright  # noqa: E402
from running_studio import CHROMIUM, running  # noqa: E402
from studio_steps import Material, Person, eight_steps  # noqa: E402

from conftest import data_folder  # noqa: E402

_SETS = {
    "print": ("pages-print-de-ocrd-page", ("eng.traineddata", "frak2021.traineddata")),
    "handwriting": ("pages-hw-en-hooker-page", ("eng.traineddata",)),
}


def main(name: str, minutes: float) -> None:
    data = data_folder()
    folder, models = data / _SETS[name][0], _SETS[name][1]
    stems = {one: (folder / f"list.{one}").read_text().split() for one in ("train", "test")}
    material = Material(
        folder=folder,
        learn=stems["train"],
        held_out=stems["test"],
        models=[data / "models-tesseract" / one for one in models],
    )
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as scratch,
        sync_playwright() as playwright,
        running(Path(scratch) / "data") as studio,
    ):
        args = ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=args)
        screen = browser.new_page(viewport={"width": 1280, "height": 800})
        screen.set_default_timeout(120_000)
        screen.goto(studio.entry)
        person = Person(screen, studio.address)
        outcome = eight_steps(person, material, minutes, Path(scratch))
        browser.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {
        "set": name,
        "minutes_of_training": minutes,
        "ranked": outcome.ranked,
        "cer_before": outcome.before,
        "cer_after": outcome.after,
        "difference": outcome.difference,
        "lines_exported": len(outcome.text.splitlines()),
        "wall_seconds": round(time.monotonic() - began),
        "cpu_seconds": round(used.ru_utime + used.ru_stime),
    }
    print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
