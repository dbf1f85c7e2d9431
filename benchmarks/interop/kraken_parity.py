"""Whether Uncial reads and finds with kraken's models what kraken does, and at what cost.

kraken runs in an environment of its own, named in UNCIAL_KRAKEN. Both programs get the same
line images with the Anthologia model, and the same pages with kraken's bundled segmentation
model, one thread each; processor time is that of reading or finding alone, without imports and
loading. Baselines are also scored against ground truth, cBAD with adaptive tolerance::

    export UNCIAL_KRAKEN=/path/to/venv
    python benchmarks/interop/kraken_parity.py                              # everything
    python benchmarks/interop/kraken_parity.py lines
    python benchmarks/interop/kraken_parity.py pages-hw-en-hooker-page --list test

Rows go to ``results/kraken_parity.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import ONE_THREAD, Skip, data_folder, fresh, guarded, measured, record

PAGES = (
    "pages-print-en-fondue-alto",
    "pages-hw-en-hooker-page",
    "pages-hw-fr-cremma19-alto",
    "pages-print-de-ocrd-page",
)
_PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import torch
torch.set_num_threads(1)
import kraken
from pathlib import Path
from PIL import Image
from kraken.configs import RecognitionInferenceConfig, SegmentationInferenceConfig
from kraken.containers import BBoxLine, Segmentation
from kraken.tasks import RecognitionTaskModel, SegmentationTaskModel
kind, model, listing = sys.argv[1:4]
if kind == "lines":
    task = RecognitionTaskModel.load_model(model)
    config = RecognitionInferenceConfig(accelerator="cpu", num_line_workers=0)
else:
    task = SegmentationTaskModel.load_model(str(Path(kraken.__file__).with_name("blla.mlmodel")))
    config = SegmentationInferenceConfig(accelerator="cpu")
def read(name):
    image = Image.open(name)
    if kind != "lines":
        found = task.predict(im=image, config=config)
        areas = [r.boundary for group in found.regions.values() for r in group]
        return {"lines": [line.baseline for line in found.lines], "regions": areas}
    line = BBoxLine(id="x", bbox=(0, 0, *image.size))
    page = Segmentation(type="bbox", text_direction="horizontal-lr", imagename=name,
                        script_detection=False, lines=[line])
    return [one.prediction for one in task.predict(image, page, config)][0]
names = Path(listing).read_text().splitlines()
start = time.process_time()
made = [read(name) for name in names]
print(json.dumps({"seconds": time.process_time() - start, "found": made,
                  "version": kraken.__version__ if hasattr(kraken, "__version__") else ""}))
"""


def main() -> None:
    """Compare lines, then each set of pages."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help=f"lines, {', '.join(PAGES)}; none means all")
    parser.add_argument("--list", default="all", help="of pages: all, train, val or test")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    unknown = set(options.parts) - {"lines", *PAGES}
    if unknown:
        parser.error(f"no part {', '.join(sorted(unknown))}")
    for part in options.parts or ("lines", *PAGES):
        try:
            if part == "lines":
                compare_lines(quick=options.quick)
            else:
                compare_pages(part, options.list, quick=options.quick)
        except Skip as reason:
            print(f"{part}: skipped: {reason}")


def compare_lines(*, quick: bool) -> None:
    """One row: how many lines both read the same."""
    from uncial.models.hub import open_model

    model = data_folder("models-kraken", "latin_print_anthologia.mlmodel")
    names = sorted(data_folder("print-latin-anthologia", "lines").glob("*.png"))
    names = names[:20] if quick else names
    peer = with_kraken("lines", model, names)
    reader = open_model(model)
    start = time.process_time()
    ours = [one.text for one in reader.read([np.asarray(Image.open(n)) for n in names], threads=1)]
    seconds = time.process_time() - start
    for name, here, there in zip(names, ours, peer["found"], strict=True):
        if here != there:
            print(f"  {name.name}\n    uncial {here!r}\n    kraken {there!r}")
    same = sum(here == there for here, there in zip(ours, peer["found"], strict=True))
    record(
        "kraken_parity",
        "uncial",
        {
            "part": "lines",
            "model": model.name,
            "lines": len(names),
            "equal_lines": same,
            "cpu_seconds": round(seconds, 2),
            "kraken_cpu_seconds": round(peer["seconds"], 2),
            "times_faster": round(peer["seconds"] / seconds, 2),
        },
        keep=not quick,
    )


def compare_pages(part: str, split: str, *, quick: bool) -> None:
    """Two rows: in the numbers that the processor is fastest with, and in 32 bits."""
    from uncial.evaluation.pages import all_pages, score_page
    from uncial.formats.pages.source import open_pages
    from uncial.models.blla import KrakenSegmenter

    folder = data_folder(part)
    listing = (folder / f"list.{split}").read_text(encoding="utf-8").split()
    names = [folder / Path(name).name for name in listing]
    names = names[:1] if quick else names
    truths, images = [], []
    for name in names:
        scan = next(iter(open_pages(name.with_suffix(".xml"), images=False)))
        truths.append(scan.page)
        images.append(next(one for one in folder.glob(f"{name.stem}.*") if one.suffix != ".xml"))
    peer = with_kraken("pages", Path("bundled"), images)
    pages = [peer_page(one, truth) for one, truth in zip(peer["found"], truths, strict=True)]
    theirs = all_pages([score_page(t, p) for t, p in zip(truths, pages, strict=True)])
    segmenter = KrakenSegmenter.load(bundled())
    for exact in (False, True):
        segmenter.exact = exact
        start = time.process_time()
        found = [segmenter.segment(np.asarray(Image.open(one).convert("RGB"))) for one in images]
        seconds = time.process_time() - start
        ours = all_pages([score_page(t, p) for t, p in zip(truths, found, strict=True)])
        same, total = equal_lines(found, pages)
        record(
            "kraken_parity",
            "uncial",
            {
                "part": part,
                "list": split,
                "arithmetic": "float32" if exact else "auto",
                "pages": len(images),
                "f": round(ours.baselines.f, 4),
                "kraken_f": round(theirs.baselines.f, 4),
                "f_parts": round(ours.baselines.f_parts, 4),
                "kraken_f_parts": round(theirs.baselines.f_parts, 4),
                "lines": ours.baselines.found,
                "kraken_lines": total,
                "equal_lines": same,
                "cpu_seconds_page": round(seconds / len(images), 2),
                "kraken_cpu_seconds_page": round(peer["seconds"] / len(images), 2),
                "times_faster": round(peer["seconds"] / seconds, 2),
            },
            keep=not quick,
        )


def with_kraken(kind: str, model: Path, names: Sequence[Path]) -> dict[str, Any]:
    """What kraken finds, and its processor time."""
    work = fresh("kraken_parity")
    (work / "names").write_text("\n".join(map(str, names)), encoding="utf-8")
    (work / "peer.py").write_text(_PEER, encoding="utf-8")
    run = measured([environment() / "bin/python", work / "peer.py", kind, model, work / "names"],
                   ONE_THREAD)  # fmt: skip
    return dict(json.loads(run.stdout.splitlines()[-1]))


def environment() -> Path:
    """Where kraken is installed."""
    folder = os.environ.get("UNCIAL_KRAKEN")
    if not folder or not (Path(folder) / "bin/python").exists():
        raise Skip("name the environment that kraken is installed in in UNCIAL_KRAKEN")
    return Path(folder)


def bundled() -> Path:
    """The segmentation model that comes with kraken."""
    found = sorted(environment().glob("lib/python3*/site-packages/kraken/blla.mlmodel"))
    if not found:
        raise Skip("this kraken has no blla.mlmodel")
    return found[0]


def peer_page(found: dict[str, Any], truth: Any) -> Any:
    """What kraken found as a page of ours."""
    from uncial.page.layout import Line, Page, Region

    def points(polygon: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
        return tuple((float(x), float(y)) for x, y in polygon)

    lines = [Line(id=f"l{at}", baseline=points(one)) for at, one in enumerate(found["lines"])]
    areas = [
        Region(id=f"r{at}", type="text", boundary=points(one)[:-1])
        for at, one in enumerate(found["regions"])
    ]
    whole = Region(id="lines", kind="", lines=tuple(lines))
    size = {"width": truth.width, "height": truth.height}
    return Page(image="", regions=(whole, *areas), **size)


def equal_lines(found: Sequence[Any], others: Sequence[Any]) -> tuple[int, int]:
    """Lines of the same points on each page, and lines of the others."""
    same = total = 0
    for page, other in zip(found, others, strict=True):
        known = {line.baseline for line in other.lines()}
        same += sum(line.baseline in known for line in page.lines())
        total += len(known)
    return same, total


if __name__ == "__main__":
    guarded(main)
