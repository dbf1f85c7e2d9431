"""The programs that are compared, and how each is called and scored on the same lines."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import ONE_THREAD, Failed, Run, Skip, data_folder, hardware, measured, shown

UNCIAL = (sys.executable, "-m", "uncial")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line image with its ground truth; `group` is what the bootstrap draws."""

    image: Path
    text: str
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One training from nothing: its length, what it cost and how well it reads."""

    steps: int
    run: Run
    cer: float
    cer_ci95: tuple[float, float]
    evaluation: Run


def train_and_test(
    data: Path, folder: Path, steps: int, core: int, seed: int, units: str = "grapheme"
) -> Trial:
    """Train with one thread for `steps` steps in a fresh process, evaluate in another."""
    length = ["--threads", "1", "--steps", str(steps), "--seed", str(seed)]
    command = [*UNCIAL, "train", data, "-o", folder, *length, "--json"]
    train = measured(command, ONE_THREAD, core)
    command = [*UNCIAL, "evaluate", folder / "model.safetensors", data, "--split", "test"]
    test = measured([*command, "--units", units, "--json"], ONE_THREAD, core)
    told = test.json()
    print(f"  uncial, {steps} steps: test CER {told['cer']:.2%}", flush=True)
    interval = (told["cer_ci95"][0], told["cer_ci95"][1])
    return Trial(steps=steps, run=train, cer=told["cer"], cer_ci95=interval, evaluation=test)


def cheapest(
    data: Path, folder: Path, steps: Sequence[int], target: float, core: int, **more: Any
) -> list[Trial]:
    """Trials of growing length until one reaches the target CER."""
    trials: list[Trial] = []
    for count in sorted(steps):
        trials.append(train_and_test(data, folder / f"steps-{count}", count, core, **more))
        if trials[-1].cer <= target:
            break
    return trials


def trial_row(trials: Sequence[Trial], target: float) -> dict[str, Any]:
    """The last trial as a row, with the shorter ones that missed the target."""
    last = trials[-1]
    return {
        "commands": [shown(last.run.command), shown(last.evaluation.command)],
        "reached": last.cer <= target,
        "cer": last.cer,
        "cer_ci95": last.cer_ci95,
        "precision": "bfloat16" if hardware()["bf16"] else "float32",
        "steps": last.steps,
        "lines_seen": last.run.json()["lines_seen"],
        **last.run.cost(),
        "trials": [[t.steps, round(t.run.cpu, 2), round(t.cer, 5)] for t in trials],
    }


def tell_ratio(rows: dict[str, dict[str, Any]], peer: str, engine: str = "uncial") -> None:
    """Put on an engine's row how many times its CPU-seconds the peer took in the same run.

    A peer that missed the target has used at least that much: the ratio is a lower bound.
    """
    if {engine, peer} <= rows.keys() and rows[engine]["reached"]:
        ratio = round(rows[peer]["cpu_seconds"] / rows[engine]["cpu_seconds"], 2)
        bound = "" if rows[peer]["reached"] else "at least "
        rows[engine]["peer_ratio"] = ratio
        rows[engine]["peer_ratio_is_bound"] = bool(bound)
        print(f"{peer} took {bound}{ratio} times the CPU-seconds of {engine}")


def tesseract() -> str:
    """The program, or `Skip`."""
    return program("tesseract")


def program(name: str) -> str:
    """A program on the path, or `Skip`."""
    found = shutil.which(name)
    if found is None:
        raise Skip(f"{name} is not installed")
    return found


def ketos() -> str:
    """kraken's trainer: in the environment named by UNCIAL_KRAKEN, or on the path."""
    folder = Path(os.environ.get("UNCIAL_KRAKEN", "/root/kraken-peer"))
    inside = folder / "bin" / "ketos"
    found = str(inside) if os.access(inside, os.X_OK) else shutil.which("ketos")
    if found is None:
        raise Skip("kraken is not installed; name its environment in UNCIAL_KRAKEN")
    return found


def tessdata(model: str) -> Path:
    """The folder of a Tesseract model in the data folder, or `Skip`."""
    return data_folder("models-tesseract", f"{model}.traineddata").parent


def read_with_tesseract(
    images: Sequence[Path], model: str, folder: Path, work: Path, core: int = -1
) -> tuple[list[str], Run]:
    """Read line images in one process and one thread; texts in the order of the images."""
    listing = work / "tesseract-images.txt"
    listing.write_text("".join(f"{image}\n" for image in images), encoding="utf-8")
    output = work / f"tesseract-{model}"
    run = measured(
        [tesseract(), listing, output, "--psm", "13", "-l", model, "--tessdata-dir", folder],
        ONE_THREAD,
        core,
    )
    pages = output.with_name(f"{output.name}.txt").read_text(encoding="utf-8").split("\f")
    if len(pages) != len(images):
        raise Failed(f"tesseract read {len(pages)} of {len(images)} images")
    return [" ".join(page.split()) for page in pages], run


def scored(lines: Sequence[Line], texts: Sequence[str], normalization: str) -> dict[str, Any]:
    """Error rates by Uncial's own metric, as a row states them."""
    from uncial.text.metrics import score_line, summarize
    from uncial.text.normalize import Normalization

    rules = Normalization.named(normalization)
    scores = [
        score_line(line.text, text, normalization=rules, line_id=str(at), group=line.group)
        for at, (line, text) in enumerate(zip(lines, texts, strict=True))
    ]
    score = summarize(scores)
    return {
        "cer": score.cer,
        "cer_ci95": score.cer_ci95,
        "wer": score.wer,
        "lines": score.lines,
        "characters": score.characters,
        "interval_unit": score.interval_unit,
    }


def ketos_cer(report: str) -> float:
    """CER from the report of ``ketos test``: its errors over its characters, code points."""
    counts = [re.search(rf"(\d+)\s+{word}", report) for word in ("Errors", "Characters")]
    if counts[0] is None or counts[1] is None:
        raise Failed(f"ketos test gave no report:\n{report[-2000:]}")
    return int(counts[0][1]) / int(counts[1][1])


def pairs(data: Path, split: str, limit: int | None = None) -> list[Line]:
    """Lines of a folder in tesstrain's layout: ``list.SPLIT`` and ``lines/STEM.png``."""
    lines = []
    for stem in (data / f"list.{split}").read_text(encoding="utf-8").split()[:limit]:
        image = data / "lines" / f"{stem}.png"
        text = image.with_suffix(".gt.txt").read_text(encoding="utf-8").strip()
        lines.append(Line(image=image, text=text, group=stem.rpartition("_")[0]))
    return lines


def small_copy(data: Path, folder: Path, train: int, val: int, test: int) -> Path:
    """The first lines of each split of such a folder, as a folder of the same layout."""
    (folder / "lines").mkdir(parents=True)
    for split, count in (("train", train), ("val", val), ("test", test)):
        lines = pairs(data, split, count)
        stems = "".join(f"{line.image.stem}\n" for line in lines)
        (folder / f"list.{split}").write_text(stems, encoding="utf-8")
        for line in lines:
            for suffix in (".png", ".gt.txt"):
                shutil.copy(line.image.with_suffix(suffix), folder / "lines")
    return folder


def stored_test_lines(stores: Path, images: Path) -> list[Line]:
    """The test lines that uncial read, their images as files for other programs."""
    from uncial.data.store import LineStore

    store = LineStore.open(next(stores.glob("lines-*")))
    images.mkdir()
    lines = []
    for row in store.split("test"):
        record_ = store.record(int(row))
        image = images / f"{int(row):06d}.png"
        image.write_bytes(store.image_bytes(int(row)))
        group = record_.page or record_.document
        lines.append(Line(image=image, text=record_.text, group=group))
    return lines
