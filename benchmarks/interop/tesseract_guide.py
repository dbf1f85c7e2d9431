"""The four experiments of Tesseract's training guide, each one ``uncial train`` command.

Lines of English prose are drawn in the open faces of ``uncial[demo]`` (the *base set*) and in
Anton, a condensed grotesque under the OFL that stands for the guide's Impact (the file
``Anton_400Regular.ttf`` of ``@expo-google-fonts/anton`` in a font folder)::

    python benchmarks/interop/tesseract_guide.py                 # all four
    python benchmarks/interop/tesseract_guide.py face plus-minus

*scratch* trains the guide's network on the base set; it reads those faces, the condensed one
hardly. *face* fine-tunes ``eng`` on lines in the condensed face; what that costs the base set is
stated. *plus-minus* adds ± to ``eng`` from 14 lines that hold it among others without it, and looks
for it in two faces which those lines never show, DejaVu Sans Condensed Bold (Debian:
``fonts-dejavu-extra``) and Anton, whose ± is a speck. *top-layer* replaces the layers above
the fifth, and learns faster than from scratch.

``tesseract --psm 13`` reads the test lines with the base and with the result; scores are by
Uncial's metric. Further options of ``uncial train`` stand behind ``--train``. Rows go to
``results/tesseract_guide.jsonl``.

Source: tessdoc, ``TrainingTesseract-5``, "Fine Tuning for Impact", "Fine Tuning for ± a few
characters", "Training Just a Few Layers", "Training From Scratch".
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "speed"))
sys.path.insert(0, str(Path(__file__).parents[1]))
from rendering import corpus_lines

from engines import UNCIAL, Line, pairs, program, read_with_tesseract, scored, tessdata
from measure import ONE_THREAD, Run, Skip, fresh, guarded, measured, record, shown

CONDENSED = "Anton_400Regular.ttf"
UNSEEN = "DejaVuSansCondensed-Bold.ttf"
SIGN = "±"
EXAMPLES = 14
SPLITS = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One of the guide.

    Attributes:
        data: Folder of lines that it trains on, of those that `draw` makes.
        options: Of ``uncial train``.
        steps: Of two lines each.
        reads: Folders whose test lines are read.
        base: Model that it goes on from.
    """

    data: str
    options: tuple[str, ...]
    steps: int
    reads: tuple[str, ...]
    base: str = "eng"


EXPERIMENTS = {
    "scratch": Experiment(
        data="faces", options=("--preset", "tesseract"), steps=1000, reads=("faces", "condensed"),
        base="",
    ),
    "face": Experiment(
        data="condensed", options=(), steps=200, reads=("condensed", "faces")
    ),
    "plus-minus": Experiment(
        data="signs", options=(), steps=900,
        reads=("signs", "signs-unseen", "signs-condensed", "faces"),
    ),
    "top-layer": Experiment(
        data="faces",
        options=("--append-index", "5", "--spec", "[Lfx256 O1c1]"),
        steps=500,
        reads=("faces", "condensed"),
    ),
}  # fmt: skip


def main() -> None:
    """Draw the lines, train, read."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"of {', '.join(EXPERIMENTS)}; none means all")
    parser.add_argument("--lines", type=int, default=400, help="training lines of a set")
    parser.add_argument("--held-out", type=int, default=80, help="test lines of a set")
    parser.add_argument("--steps", type=int, help="instead of each experiment's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="few lines and steps, no row")
    parser.add_argument("--train", nargs=argparse.REMAINDER, default=[], help="more options of it")
    options = parser.parse_args()
    if options.quick:
        options.lines, options.held_out, options.steps = 24, 6, 3
    program("tesseract")
    folder = fresh("quick" if options.quick else "", "tesseract_guide")
    sets = draw(folder, options.lines, options.held_out, options.seed)
    for name in options.names or EXPERIMENTS:
        experiment(name, EXPERIMENTS[name], sets, folder, options)


def experiment(
    name: str, what: Experiment, sets: Path, folder: Path, options: argparse.Namespace
) -> None:
    """Train with one command, read with Tesseract before and after, record a row."""
    run = folder / name
    command = [*UNCIAL, "train", sets / what.data, "-o", run, *what.options]
    if what.base:
        command += ["--base", tessdata(what.base) / f"{what.base}.traineddata"]
        command += ["--base-set", sets / "faces"] if what.data != "faces" else []
    command += ["--steps", str(options.steps or what.steps), "--threads", "1", "--json"]
    command += options.train
    trained = measured(command, ONE_THREAD)
    told = trained.json()
    row: dict[str, Any] = {
        "experiment": name,
        "commands": [shown(trained.command)],
        "data": f"{options.lines} rendered lines, seed {options.seed}",
        "split": f"{options.held_out} lines of other text a set",
        "lines_seen": told["lines_seen"],
        "base_set_cer": [told["base_set_cer_before"], told["base_set_cer_after"]],
        "interpolation": told["interpolation"],
        **trained.cost(),
    }
    for read in what.reads:
        lines = pairs(sets / read, "test")
        if what.base:
            before, _ = reading(lines, what.base, tessdata(what.base), folder)
            row[f"{read}_before"] = looks(lines, before)
        after, last = reading(lines, "model", run, folder)
        row[f"{read}_after"] = looks(lines, after)
    row["tesseract_cpu_ms_per_line"] = round(1000 * last.cpu / len(lines), 1)
    print_row(name, row)
    record("tesseract_guide", "uncial", row, keep=not options.quick)


def reading(lines: list[Line], model: str, where: Path, folder: Path) -> tuple[list[str], Run]:
    """What Tesseract reads."""
    return read_with_tesseract([line.image for line in lines], model, where, folder)


def looks(lines: Sequence[Line], texts: Sequence[str]) -> dict[str, Any]:
    """CER, and how many of the signs were read."""
    score = scored(lines, texts, "nfc+spaces")
    there = sum(line.text.count(SIGN) for line in lines)
    read = sum(
        min(line.text.count(SIGN), text.count(SIGN))
        for line, text in zip(lines, texts, strict=True)
    )
    return {"cer": round(score["cer"], 5)} | ({"signs": [read, there]} if there else {})


def print_row(name: str, row: dict[str, Any]) -> None:
    """The figures of an experiment on the terminal."""
    print(f"{name}: {row['lines_seen']} lines, {row['cpu_seconds']} CPU-s")
    for key, value in row.items():
        if key.endswith(("_before", "_after")):
            print(f"  {key.replace('_', ' ')}: {value}")


def draw(folder: Path, train: int, test: int, seed: int) -> Path:
    """Folders of lines in tesstrain's layout, of text that no two splits share."""
    from uncial.synth.fonts import read_font, system_font_files, text_fonts

    found = {path.name: path for path in system_font_files()}
    for name in (CONDENSED, UNSEEN):
        if name not in found:
            raise Skip(f"{name} is in no font folder; put it into ~/.local/share/fonts")
    condensed, unseen = [read_font(found[CONDENSED])], [read_font(found[UNSEEN])]
    faces = text_fonts()
    texts = corpus_lines(seed)
    random.Random(seed).shuffle(texts)  # prose of many places in each split
    counts = {"train": train, "val": max(4, train // 10), "test": test}
    start = 0
    chosen = {}
    for split in SPLITS:
        chosen[split] = texts[start : start + counts[split]]
        start += counts[split]
    signs = {split: signed(lines, split, seed) for split, lines in chosen.items()}
    sets = folder / "sets"
    write_set(sets / "faces", chosen, faces, seed)
    write_set(sets / "condensed", chosen, condensed, seed + 1)
    write_set(sets / "signs", signs, faces, seed + 2)
    write_set(sets / "signs-unseen", {"test": signs["test"]}, unseen, seed + 4)
    write_set(sets / "signs-condensed", {"test": signs["test"]}, condensed, seed + 3)
    return sets


def signed(texts: Sequence[str], split: str, seed: int) -> list[str]:
    """The same lines with ± before a number: 14 of those to train on, all of the others."""
    rng = random.Random(f"{seed} {split}")
    chosen = set(rng.sample(range(len(texts)), min(EXAMPLES, len(texts))))
    made = []
    for at, text in enumerate(texts):
        words = text.split()
        if split != "train" or at in chosen:
            place = rng.randrange(len(words))
            words[place] = f"{rng.randrange(1, 500)}{SIGN}{rng.randrange(1, 50)}"
        made.append(" ".join(words))
    return made


def write_set(folder: Path, texts: dict[str, list[str]], fonts: Sequence[Any], seed: int) -> None:
    """Draw the lines of each split as pairs, and write its list."""
    from uncial.data.images import encode_image
    from uncial.synth.recipe import samples

    (folder / "lines").mkdir(parents=True)
    for split, lines in texts.items():
        stems = []
        for at, sample in enumerate(samples(lines, fonts, seed=seed, name=split)):
            stem = f"{split}-{at:04d}"
            (folder / "lines" / f"{stem}.png").write_bytes(encode_image(sample.image))
            (folder / "lines" / f"{stem}.gt.txt").write_text(f"{sample.text}\n", encoding="utf-8")
            stems.append(stem)
        (folder / f"list.{split}").write_text("\n".join(stems) + "\n", encoding="utf-8")
    print(f"  drew {sum(map(len, texts.values()))} lines of {folder.name}", flush=True)


if __name__ == "__main__":
    guarded(main)
