"""CER of whole pages, on the lines of their ground truth and on lines that were found::

    python benchmarks/accuracy/pages.py [--hooker MODEL] [--pages N] [SET ...]

Each set of pages is read by a model of its language and kind of writing that has not seen it:
Tesseract's eng and frak2021 for print; for handwriting a model trained on the Hooker lines, whose
letters are none of these pages. It is the only one of a hand at hand, so French letters are read
with it as well: there the difference counts, not the rate. Once the lines are those of the ground
truth that have a text, once those that the shipped segmenter finds on the image alone. CER is that
of `uncial score`: of the text in reading order, and with lines in any order (flexible).

Rows go to ``results/page_cer.jsonl``. Pages that the segmenter was trained on are left out.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, WORK, Skip, data_folder, fresh, guarded, measured, record, totals

HOOKER = WORK / "accuracy" / "hooker" / "run" / "model.safetensors"
SETS = {
    "pages-print-en-fondue-alto": ("eng.traineddata", ("test", "val")),
    "pages-print-de-ocrd-page": ("frak2021.traineddata", ("all",)),
    "pages-hw-en-hooker-page": ("hooker", ("all",)),
    "pages-hw-fr-cremma19-alto": ("hooker", ("test", "val")),
}
"""Model, and lists of pages that the segmenter has not seen."""
RULES = "nfc+spaces"


def main() -> None:
    """Read each set twice, and score both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--hooker", type=Path, default=HOOKER, help="model of the Hooker lines")
    parser.add_argument("--pages", type=int, default=0, help="of each set; 0 for all")
    parser.add_argument("--quick", action="store_true", help="nothing recorded")
    options = parser.parse_args()
    for name in options.sets:
        wanted, lists = SETS[name]
        model = options.hooker if wanted == "hooker" else data_folder("models-tesseract", wanted)
        if not model.is_file():
            print(f"{name}: skipped: {model} is not there; run benchmarks/accuracy/run.py")
            continue
        try:
            row = page_cer(name, model, lists, options.pages)
        except Skip as reason:
            print(f"{name}: skipped: {reason}")
            continue
        record("page_cer", "uncial", row, keep=not options.quick)


def page_cer(name: str, model: Path, lists: tuple[str, ...], most: int) -> dict[str, Any]:
    """One row."""
    work = fresh("page_cer", name)
    count, unread = prepare(data_folder(name), lists, most, work)
    runs, rates = {}, {}
    for lines, more in (("true", ()), ("found", ("--segmenter", "default"))):
        flags = ["--pages", "--processes", "1", "-o", work / lines, *more]
        command = [*UNCIAL, "recognize", model, work / f"{lines}-pages", *flags]
        runs[lines] = measured(command, ONE_THREAD)
        scoring = [work / "truth", work / lines, "--normalization", RULES, "--json"]
        told = measured([*UNCIAL, "score", *scoring]).json()
        rates[lines] = {one["name"]: one for one in told["rates"]}
        characters = sum(page["characters"] for page in told["pages"])
    row: dict[str, Any] = {"data": name, "lists": "+".join(lists), "model": model.name,
                           "pages": count, "characters": characters,
                           "lines_without_text": unread, "normalization": RULES}  # fmt: skip
    for rate in ("cer", "flexible_cer"):
        for lines in ("true", "found"):
            row[f"{rate}_{lines}"] = round(rates[lines][rate]["rate"], 4)
            row[f"{rate}_{lines}_ci95"] = [round(end, 4) for end in rates[lines][rate]["ci95"]]
        row[f"{rate}_difference"] = round(row[f"{rate}_found"] - row[f"{rate}_true"], 4)
    return {**row, **totals(runs)}


def prepare(folder: Path, lists: tuple[str, ...], most: int, work: Path) -> tuple[int, int]:
    """Texts, pages with the lines that have one, and images alone; pages and lines without text."""
    from uncial.formats.pages.base import write_pages
    from uncial.formats.pages.source import open_pages

    for inside in ("truth", "true-pages", "found-pages"):
        (work / inside).mkdir()
    names = [name for one in lists for name in (folder / f"list.{one}").read_text().split()]
    unread = 0
    for name in names[: most or len(names)]:
        scan = next(iter(open_pages(folder / Path(name).with_suffix(".xml").name)))
        if scan.path is None:
            raise Skip(f"{name}: no image")
        for inside in ("true-pages", "found-pages"):
            (work / inside / scan.path.name).symlink_to(scan.path)
        unread += sum(not (line.text or "").strip() for line in scan.page.lines())
        page = replace(scan.page, image=scan.path.name, regions=tuple(map(read, scan.page.regions)))
        stem = scan.path.stem
        (work / "true-pages" / f"{stem}.xml").write_bytes(write_pages([page], "page").data)
        text = "".join(f"{line.text}\n" for line in page.lines())
        (work / "truth" / f"{stem}.txt").write_text(text, encoding="utf-8")
    return len(names[: most or len(names)]), unread


def read(region: Any) -> Any:
    """A region with the lines that have a text."""
    lines = tuple(line for line in region.lines if (line.text or "").strip())
    return replace(region, lines=lines, regions=tuple(map(read, region.regions)))


if __name__ == "__main__":
    guarded(main)
