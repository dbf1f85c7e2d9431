"""Going on from a base of our own with 50 lines, with 200 and with more.

Every second work of the Fraktur set trains the base (its own run draws validation lines by work).
Of each other work four lines are put aside as test lines; 50 and 200 of the rest, and all of it,
drawn evenly over the works, are what the base is fine-tuned with::

    python benchmarks/accuracy/small_data.py
    python benchmarks/accuracy/small_data.py --minutes 5 --lines 200 --threads 2
    python benchmarks/accuracy/small_data.py --base RUN            # made here before

Stated are the CER of the test lines before and after, beside a model trained on the same lines
from nothing, and the CER of the base's own held-out lines before and after. Rows go to
``results/small_data.jsonl``. The set has 1,500 lines of 93 works, so half of the works cannot give
1,000 lines; "all" is what there is.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import data_folder, fresh, guarded, measured, record, totals

SET = "print-fraktur-archiscribe"
TEST_LINES = 4  # of each work


def main() -> None:
    """Train the base, fine-tune it, and train from nothing beside it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, nargs="+", default=[50, 200, 0], help="0: all")
    parser.add_argument("--minutes", type=float, default=5.0, help="of each fine-tuning")
    parser.add_argument("--base-minutes", type=float, default=8.0)
    parser.add_argument("--base", type=Path, help="run folder of an earlier base")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="some seconds each, not recorded")
    options = parser.parse_args()
    if options.quick:
        options.minutes, options.base_minutes, options.lines = 0.2, 0.3, [50]
    folder = fresh("quick" if options.quick else "", "small_data")
    sets = divided(folder, options.lines, options.seed)
    rest = ["--threads", str(options.threads), "--seed", str(options.seed), "--json"]
    base = options.base or folder / "base"
    if not options.base:
        length = ["--minutes", str(options.base_minutes)]
        measured([*UNCIAL, "train", sets / "base", "-o", base, *length, *rest])
    before = measured(evaluation(base, sets / "test")).json()
    for count in options.lines:
        name = str(count or "all")
        length = ["--minutes", str(options.minutes)]
        command = [*UNCIAL, "train", sets / name, "--base", base / "model.safetensors"]
        tuned = measured([*command, "-o", folder / f"tuned-{name}", *length, *rest])
        after = measured(evaluation(folder / f"tuned-{name}", sets / "test"))
        command = [*UNCIAL, "train", sets / name, "-o", folder / f"scratch-{name}"]
        measured([*command, *length, *rest])
        alone = measured(evaluation(folder / f"scratch-{name}", sets / "test")).json()
        told = tuned.json()
        row: dict[str, Any] = {
            "data": f"{SET}: every second work the base, others tuned with and tested",
            "lines": told["training_lines"],
            "minutes": options.minutes,
            "threads": options.threads,
            "cer_base": before["cer"],
            "cer": after.json()["cer"],
            "cer_ci95": after.json()["cer_ci95"],
            "cer_from_scratch": alone["cer"],
            "base_set_cer": [told["base_set_cer_before"], told["base_set_cer_after"]],
            "interpolation": told["interpolation"],
            "test_lines": before["lines"],
            **totals({"tune": tuned, "evaluate": after}),
        }
        print(
            f"{name}: base {before['cer']:.2%}, tuned {row['cer']:.2%}, from nothing "
            f"{alone['cer']:.2%}; base set {row['base_set_cer']}",
            flush=True,
        )
        record("small_data", "uncial", row, keep=not options.quick)


def evaluation(run: Path, data: Path) -> list[Any]:
    """The command that measures the model of a run on the test lines."""
    return [*UNCIAL, "evaluate", run / "model.safetensors", data, "--split", "test", "--json"]


def divided(folder: Path, counts: Sequence[int], seed: int) -> Path:
    """Folders for the base, for each number of lines, and for the test."""
    source = data_folder(SET) / "lines"
    works: dict[str, list[str]] = defaultdict(list)
    for path in sorted(source.glob("*.gt.txt")):
        stem = path.name.removesuffix(".gt.txt")
        works[stem.rpartition("_")[0]].append(stem)
    rng = random.Random(seed)
    for stems in works.values():
        rng.shuffle(stems)
    names = sorted(works)
    own, others = names[::2], names[1::2]
    sets = folder / "sets"
    linked(sets / "base", source, [stem for work in own for stem in works[work]])
    test = [stem for work in others for stem in works[work][:TEST_LINES]]
    linked(sets / "test", source, test)
    (sets / "test" / "list.test").write_text("\n".join(test) + "\n", encoding="utf-8")
    turns = [[works[work][at] for work in others if at < len(works[work])] for at in range(18)]
    spread = [stem for turn in turns[TEST_LINES:] for stem in turn]
    for count in counts:
        linked(sets / str(count or "all"), source, spread[: count or None])
    return sets


def linked(folder: Path, source: Path, stems: Iterable[str]) -> None:
    """A folder whose lines are links to those of another."""
    (folder / "lines").mkdir(parents=True)
    for stem in stems:
        for suffix in (".png", ".gt.txt"):
            (folder / "lines" / f"{stem}{suffix}").symlink_to(source / f"{stem}{suffix}")


if __name__ == "__main__":
    guarded(main)
