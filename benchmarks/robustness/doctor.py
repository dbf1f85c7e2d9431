"""Ten failures provoked, five sound runs: what the training doctor says of each.

Every case is a real run of the task ``train`` on lines of the open data, made wrong in one way.
A failure counts as found where the first diagnosis names it; a sound run must have none::

    python benchmarks/robustness/doctor.py
    python benchmarks/robustness/doctor.py --only leak --only rate-too-high

A row goes to ``results/doctor.jsonl``, run folders to ``runs/benchmarks/doctor``.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import data_folder, fresh, guarded, record
from uncial.data.images import encode_image
from uncial.data.store import LineStore
from uncial.data.writer import LineStoreWriter
from uncial.errors import TrainingError
from uncial.tasks.doctor import DoctorConfig, doctor
from uncial.tasks.ingest import IngestConfig, ingest
from uncial.tasks.train import TrainConfig, train
from uncial.training.basis import StartConfig
from uncial.training.config import LossConfig, OptimizerConfig

FRAKTUR, ARABIC = "print-fraktur-archiscribe", "rtl-arabic-jstor"
HOOKER, LATIN = "hw-lines-en-hooker", "print-latin-anthologia"
ALL_LINES = 10**6
Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run, sound or made wrong in one way.

    Attributes:
        expected: The diagnosis, or ``""`` for a sound run.
        data: Folder of the open data.
        steps: Length of the run.
        lines: Training and validation lines taken of it.
        image: What is done to every image.
        text: What is done to every text.
        leaked: Whether validation is taken from the training lines.
        base: Data of the model that it starts from; ``""`` from scratch.
        base_text: What was done to the texts of that model.
        options: Other options of ``train``.
    """

    expected: str
    data: str = FRAKTUR
    steps: int = 4
    lines: tuple[int, int] = (100, 30)
    image: Callable[[Image], Image] = lambda image: image
    text: Callable[[str], str] = lambda text: text
    leaked: bool = False
    base: str = ""
    base_text: Callable[[str], str] = lambda text: text
    options: Callable[[], dict[str, Any]] = dict


def smaller(share: float) -> Callable[[Image], Image]:
    """Scale an image."""
    return lambda image: np.asarray(
        cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8
    )


def cut(image: Image) -> Image:
    """Without a fifth of its height at either edge."""
    margin = len(image) // 5
    return np.ascontiguousarray(image[margin:-margin])


def unrelated(text: str) -> str:
    """Letters that have nothing to do with the image."""
    return "".join(random.Random(text).choices("abcdefghijklmnopqrstuvwxyz", k=len(text)))


CASES = {
    "inverted-polarity": Case(
        expected="inverted-polarity",
        image=lambda image: 255 - image,
        options=lambda: {"preset": "tesseract"},
    ),
    "wrong-direction": Case(expected="wrong-direction", data=ARABIC, text=lambda text: text[::-1]),
    "unencodable-flood": Case(
        expected="unencodable-flood",
        base=FRAKTUR,
        base_text=lambda text: text.replace("w", "m"),
        options=lambda: {"start": "fine-tune"},
    ),
    "leak": Case(expected="leak", leaked=True),
    "validation-too-small": Case(expected="validation-too-small", lines=(100, 4)),
    "cut-too-tight": Case(expected="cut-too-tight", image=cut),
    "height-mismatch": Case(expected="height-mismatch", image=smaller(0.25), base=FRAKTUR),
    "rate-too-high": Case(
        expected="rate-too-high",
        steps=120,
        options=lambda: {"optimizer": OptimizerConfig(lr=1.0)},
    ),
    "blank-collapse": Case(
        expected="blank-collapse",
        steps=120,
        text=unrelated,
        options=lambda: {
            "loss": LossConfig(kind="ctc", ending=0.0, mix=0.0),
            "optimizer": OptimizerConfig(lr=1e-3),
        },
    ),
    "over-fitting": Case(
        expected="over-fitting",
        steps=160,
        lines=(8, 40),
        options=lambda: {"loss": LossConfig(augment=0.0, mix=0.0)},
    ),
    "sound Fraktur": Case(expected="", steps=200, lines=(ALL_LINES, 60)),
    "sound Arabic": Case(expected="", data=ARABIC, steps=120, lines=(ALL_LINES, 60)),
    "sound handwriting": Case(expected="", data=HOOKER, steps=120, lines=(ALL_LINES, 60)),
    "sound Latin": Case(expected="", data=LATIN, steps=120, lines=(ALL_LINES, 60)),
    "sound fine-tuning": Case(expected="", steps=60, lines=(200, 60), base=FRAKTUR),
}


def main() -> None:
    """Run the chosen cases and say which diagnoses were right."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=CASES, metavar="CASE")
    parser.add_argument("--quick", action="store_true", help="the fast cases; records nothing")
    options = parser.parse_args()
    names = options.only or [n for n, c in CASES.items() if not options.quick or c.steps < 10]
    folder = fresh("doctor")
    cpu = time.process_time()
    told = {name: diagnoses(name, CASES[name], folder) for name in names}
    right = [n for n in names if told[n][:1] == ([CASES[n].expected] if CASES[n].expected else [])]
    ill = [name for name in names if CASES[name].expected]
    row = {
        "right_diagnoses": sum(name in right for name in ill),
        "provoked": len(ill),
        "sound_runs_without_diagnosis": sum(name in right for name in names if name not in ill),
        "sound_runs": len(names) - len(ill),
        "told": told,
        "cpu_seconds": round(time.process_time() - cpu, 1),
    }
    record("doctor", "uncial", row, keep=not options.quick and not options.only)


def diagnoses(name: str, case: Case, folder: Path) -> list[str]:
    """Codes of what the doctor says of a case, causes first."""
    stem = name.replace(" ", "-")
    options = case.options()
    strategy = options.pop("start", "auto")
    if case.base:
        options["start"] = StartConfig(base=base_model(case, folder), strategy=strategy)
    store = folder / f"{stem}-lines"
    write_lines(case, source(case.data, folder), store)
    told = dict(data=(store,), output=folder / stem, steps=case.steps, threads=1, **options)
    with contextlib.suppress(TrainingError):  # a run that diverges again and again ends so
        train(TrainConfig(**told))
    found = list(doctor(DoctorConfig(run=folder / stem)).diagnoses)
    print(f"{name:22} {', '.join(found) or 'nothing found'}", flush=True)
    return found


def base_model(case: Case, folder: Path) -> Path:
    """A model trained for a moment, or that of a sound run."""
    plain = replace(CASES["sound Fraktur"], data=case.base, text=case.base_text)
    run, store = folder / f"base-of-{case.expected or 'sound'}", folder / "base-lines"
    write_lines(plain, source(case.base, folder), store)
    steps = 100 if not case.expected else 4
    return train(TrainConfig(data=(store,), output=run, steps=steps, threads=1)).model


def source(name: str, folder: Path) -> LineStore:
    """A set of the open data as a line store."""
    path = folder / name
    if not path.exists():
        ingest(IngestConfig(sources=(data_folder(name),), output=path, go_on=True))
    return LineStore.open(path)


def write_lines(case: Case, store: LineStore, path: Path) -> None:
    """Some lines of a store, changed as the case says."""
    rng = np.random.default_rng(1)
    training = rng.permutation(store.split("train"))[: case.lines[0]]
    held = training if case.leaked else rng.permutation(store.split("validation"))
    with LineStoreWriter(path, overwrite=True) as writer:
        for split, rows in (("train", training), ("validation", held[: case.lines[1]])):
            write_split(case, store, rows.tolist(), split, writer)


def write_split(
    case: Case, store: LineStore, rows: Sequence[int], split: str, writer: LineStoreWriter
) -> None:
    """Lines of one split; a leaked one is a lighter copy."""
    for row in rows:
        image = case.image(store.image(row))
        if case.leaked and split == "validation":
            image = np.asarray(40 + image * 0.8, np.uint8)
        known = store.record(row)
        made = replace(
            known,
            line_id=f"{split}/{known.line_id}",
            text=case.text(known.text),
            height=image.shape[0],
            width=image.shape[1],
            split=split,
            hash="",
        )
        writer.append(made, encode_image(image))


if __name__ == "__main__":
    guarded(main)
