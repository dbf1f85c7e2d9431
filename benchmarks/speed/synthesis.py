"""Synthetic lines a CPU-second: Uncial clean and degraded, text2image, and TRDG if it is there.

Lines of about 60 characters of the English corpus, some 48 px high, one thread::

    python benchmarks/speed/synthesis.py --trdg VENV/bin/python

*uncial-clean* shapes and draws lines in one font, *uncial* makes them by a recipe: eight faces,
hands, paper, all degradations of `uncial.imaging.degrade.age` as often as they usually come.
*text2image* draws pages of lines in one face, with ``--degrade_image`` as it is by default; reading
its own pages back and cutting them into lines is not counted. *trdg* draws lines one by one with
its own distortions, from the Python that ``--trdg`` names. Programs are counted from their start,
over enough lines for that to matter little; Uncial's own start is not counted.

Rows go to ``results/rendering.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from rendering import FACES, _font_folder, corpus_lines

from engines import program
from measure import ONE_THREAD, fresh, guarded, measured, record

_FACE = "Caladea"
_TRDG = """
import json, sys, time
from trdg.generators import GeneratorFromStrings
texts = json.load(open(sys.argv[1]))
settings = dict(size=48, count=len(texts), blur=1, random_blur=True, distorsion_type=3)
settings |= dict(skewing_angle=1, random_skew=True, background_type=0, fonts=[sys.argv[2]])
made = GeneratorFromStrings(texts, **settings)
start, count = time.process_time(), 0
for image, text in made:
    count += 1
print(json.dumps({"lines": count, "cpu": time.process_time() - start}))
"""


def main() -> None:
    """Draw the same lines with each and record a row for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--trdg", type=Path, help="Python that has trdg")
    parser.add_argument("--trdg-lines", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="100 lines, nothing recorded")
    parser.add_argument("--inner", choices=("clean", "degraded"), help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inner:
        texts = json.loads(options.texts.read_text())
        print(json.dumps(clean(texts) if options.inner == "clean" else degraded(len(texts))))
        return
    count = 100 if options.quick else options.lines
    folder = fresh("quick" if options.quick else "", "synthesis")
    texts = [line for line in corpus_lines(0) if len(line) > 50][:count]
    (folder / "texts.json").write_text(json.dumps(texts))
    about = {"threads": 1, "characters": round(sum(map(len, texts)) / len(texts), 1)}
    about["load"] = round(os.getloadavg()[0], 1)  # of the machine; CPU-seconds grow with it
    rows = {f"uncial-{kind}": inner(kind, folder) for kind in ("clean", "degraded")}
    rows["text2image"] = text2image(texts, folder)
    if options.trdg:
        rows["trdg"] = trdg(texts[: options.trdg_lines], folder, options.trdg)
    for name, row in rows.items():
        print(f"{name}: {row['lines_per_cpu_second']:.0f} lines a CPU-second")
        record("rendering", name, {**about, **row}, keep=not options.quick)


def inner(kind: str, folder: Path) -> dict[str, Any]:
    """Uncial in a process of its own."""
    command = [sys.executable, __file__, "--inner", kind, "--texts", folder / "texts.json"]
    return measured(command, ONE_THREAD).json()


def clean(texts: list[str]) -> dict[str, Any]:
    """Lines drawn in one font, black on white."""
    import cv2

    from uncial.synth.fonts import read_font
    from uncial.synth.render import Style, render

    cv2.setNumThreads(0)
    font = read_font(_font_folder(FACES[_FACE][0]) / FACES[_FACE][1])
    style = Style(size=34, margins=(4, 3, 4, 3))
    heights = [render(text, font, style).image.shape[0] for text in texts[:50]]
    start = time.process_time()
    for text in texts:
        render(text, font, style)
    return _row(len(texts), time.process_time() - start, sum(heights) / len(heights))


def degraded(count: int) -> dict[str, Any]:
    """Lines by a recipe, each as training gets it."""
    import cv2

    from uncial.synth.distribution import Distribution
    from uncial.synth.fonts import text_fonts
    from uncial.synth.recipe import HandRecipe, Recipe
    from uncial.synth.synthesizer import Synthesizer
    from uncial.synth.texts import TextSampler

    cv2.setNumThreads(0)
    corpus = Distribution.measured(corpus_lines(0))
    recipe = Recipe(hand=HandRecipe(x_height=(15, 19)))
    shares = {"running": 1.0}
    maker = Synthesizer(
        recipe, TextSampler(corpus, shares=shares, lengths=(55, 63)), tuple(text_fonts())
    )
    warm = [maker.line(1, number) for number in range(200)]
    start = time.process_time()
    characters = sum(len(maker.line(0, number).text or "") for number in range(count))
    spent = time.process_time() - start
    height = sum(line.image.shape[0] for line in warm) / len(warm)
    return {**_row(count, spent, height), "characters": round(characters / count, 1)}


def text2image(texts: list[str], folder: Path) -> dict[str, Any]:
    """Pages in one face, 12 points at 300 dpi: letters as high as ours."""
    fonts = _font_folder(FACES[_FACE][0])
    (folder / "lines.txt").write_text("\n".join(texts) + "\n")
    command = [program("text2image"), "--text", folder / "lines.txt", "--outputbase"]
    command += [folder / "page", "--font", _FACE, "--fonts_dir", fonts, "--fontconfig_tmpdir"]
    command += [folder, "--ptsize", "8", "--leading", "24", "--xsize", "2200", "--ysize", "3300"]
    run = measured(command, ONE_THREAD)
    boxes = (folder / "page.box").read_text(encoding="utf-8").splitlines()
    lines = sum(line.startswith("\t") for line in boxes)
    return {**_row(lines, run.cpu, 48), "commands": ["text2image --ptsize 8"]}


def trdg(texts: list[str], folder: Path, python: Path) -> dict[str, Any]:
    """Lines by TRDG; its own count of processor time, without its start."""
    (folder / "trdg.json").write_text(json.dumps(texts))
    font = _font_folder(FACES[_FACE][0]) / FACES[_FACE][1]
    told = measured([python, "-c", _TRDG, folder / "trdg.json", font], ONE_THREAD).json()
    return _row(told["lines"], told["cpu"], 48)


def _row(lines: int, seconds: float, height: float) -> dict[str, Any]:
    return {
        "lines": lines,
        "cpu_seconds": round(seconds, 3),
        "height": round(height, 1),
        "lines_per_cpu_second": round(lines / seconds, 1),
    }


if __name__ == "__main__":
    guarded(main)
