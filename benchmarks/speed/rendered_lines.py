"""CPU-seconds from nothing to 2 % CER on rendered English lines: Uncial and lstmtraining.

4,000 lines in eight faces, drawn by ``text2image``; 200 lines of other text in the same faces
are held out. Both train on the same images with one thread, on a core of its own, at the same
time (``--serial``: one after the other), and are scored on the held-out images by the same
metric: Tesseract reads them with the exported model (no dictionary, ``--psm 13``)::

    python benchmarks/speed/rendered_lines.py --steps 400 500 600

*lstmtraining* trains the network of Tesseract's training guide, learning rate 0.002 (that of
tesstrain), from nothing: ``--check-from`` iterations first, then stretches of ``--check-every``
until the target or ``--max-iterations``. Its CPU-seconds are those of all stretches and of
building the starter model; rendering and cutting the lines are not counted. *uncial* trains in
whole processes ``uncial train --threads 1 --steps N`` for each N until one reaches the target;
one line in 40 is kept for its validation, ingestion and report are counted. Uncial computes in
bfloat16 where the processor does (``hardware.bf16`` of the row); lstmtraining cannot.

*uncial-tesseract* (``--engines uncial-tesseract``) trains the same network as lstmtraining with
``--preset tesseract --steps N`` for each N of ``--tesseract-steps``, without word graphs; Tesseract
reads the held-out lines with the ``model.traineddata`` of the run, as it does with lstmtraining's.

Rows go to ``results/rendered_lines.jsonl``.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from rendering import FACES, Rendered, render

from engines import (
    UNCIAL,
    cheapest,
    pairs,
    program,
    read_with_tesseract,
    scored,
    tell_ratio,
    trial_row,
)
from measure import (
    ONE_THREAD,
    Run,
    data_folder,
    fresh,
    guarded,
    hardware,
    measured,
    record,
    shown,
    side_by_side,
)
from measure import totals as totalled

SPEC = "[1,36,0,1 Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c{outputs}]"
PROGRAMS = (
    *("text2image", "tesseract", "unicharset_extractor", "combine_lang_model"),
    "lstmtraining",
)


def main() -> None:
    """Render, train both, print the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, nargs="+", default=[400, 500, 600, 800])
    parser.add_argument("--tesseract-steps", type=int, nargs="+", default=[1100, 1300, 1600])
    parser.add_argument("--lines", type=int, default=4000)
    parser.add_argument("--held-out", type=int, default=200)
    parser.add_argument("--check-from", type=int, default=6000)
    parser.add_argument("--check-every", type=int, default=1000)
    parser.add_argument("--max-iterations", type=int, default=12000)
    parser.add_argument("--target", type=float, default=0.02, help="CER, a fraction")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engines", nargs="+", default=["uncial", "lstmtraining"])
    parser.add_argument("--serial", action="store_true", help="one engine after the other")
    parser.add_argument("--quick", action="store_true", help="96 lines, nothing recorded")
    options = parser.parse_args()
    if options.quick:
        options.lines, options.held_out, options.steps = 96, 16, [3]
        options.tesseract_steps = [3]
        options.check_from, options.check_every, options.max_iterations = 20, 20, 40
    for name in PROGRAMS:
        program(name)
    folder = fresh("quick" if options.quick else "", "rendered_lines")
    rendered = render(folder, options.lines, options.held_out, options.seed)
    engines = {"uncial": ours, "uncial-tesseract": same_network, "lstmtraining": theirs}
    tasks = [partial(engines[name], rendered, folder, options) for name in options.engines]
    rows = side_by_side(tasks, serial=options.serial)
    about = {
        "data": f"{len(rendered.texts)} rendered lines, {len(FACES)} faces, seed {options.seed}",
        "split": f"{len(pairs(rendered.lines, 'test'))} lines of other text, same faces",
        "target": options.target,
        "threads": 1,
        "same_time": not options.serial and len(tasks) > 1,
    }
    found = dict(zip(options.engines, rows, strict=True))
    for name in ("uncial", "uncial-tesseract"):
        tell_ratio(found, "lstmtraining", name)
    for name, row in found.items():
        record("rendered_lines", name, {**about, **row}, keep=not options.quick)


def ours(
    rendered: Rendered, folder: Path, options: argparse.Namespace, core: int
) -> dict[str, Any]:
    """Uncial, one process for each number of steps."""
    output, target = folder / "uncial", options.target
    trials = cheapest(rendered.lines, output, options.steps, target, core, seed=options.seed)
    return {**trial_row(trials, target), "validation_lines": rendered.validation}


def same_network(
    rendered: Rendered, folder: Path, options: argparse.Namespace, core: int
) -> dict[str, Any]:
    """Uncial with the network of lstmtraining, read by Tesseract; one process a length."""
    work = folder / "uncial-tesseract"
    work.mkdir()
    lines = pairs(rendered.lines, "test")
    trials: list[list[float]] = []
    for steps in sorted(options.tesseract_steps):
        run = work / f"steps-{steps}"
        train = [*UNCIAL, "train", rendered.lines, "-o", run, "--preset", "tesseract"]
        train += ["--threads", "1", "--steps", str(steps), "--seed", str(options.seed), "--json"]
        train += ["--tesseract.dictionary", "none"]
        trained = measured(train, ONE_THREAD, core)
        images = [line.image for line in lines]
        texts, _ = read_with_tesseract(images, "model", run, work, core)
        score = scored(lines, texts, "nfc+spaces")
        trials.append([steps, round(trained.cpu, 2), round(score["cer"], 5)])
        print(f"  uncial-tesseract, {steps} steps: held-out CER {score['cer']:.2%}", flush=True)
        if score["cer"] <= options.target:
            break
    return {
        "commands": [shown(trained.command)],
        **trained.cost(),
        **score,
        "reached": score["cer"] <= options.target,
        "precision": "bfloat16" if hardware()["bf16"] else "float32",
        "steps": steps,
        "lines_seen": trained.json()["lines_seen"],
        "trials": trials,
        "validation_lines": rendered.validation,
    }


def theirs(
    rendered: Rendered, folder: Path, options: argparse.Namespace, core: int
) -> dict[str, Any]:
    """Lstmtraining, checked after stretches of iterations."""
    work = folder / "lstmtraining"
    work.mkdir()
    starter, stages = build_starter(rendered, work, core)
    lines = pairs(rendered.lines, "test")
    trials: list[list[float]] = []
    score: dict[str, Any] = {}
    iterations = options.check_from
    while True:
        stages[f"to {iterations}"] = lstmtraining(rendered, work, starter, iterations, core)
        model = export(work, starter, core)
        texts, _ = read_with_tesseract(
            [line.image for line in lines], model.stem, model.parent, work, core
        )
        score = scored(lines, texts, "nfc+spaces")
        cost = totalled(stages)
        trials.append([iterations, cost["cpu_seconds"], round(score["cer"], 5)])
        print(f"  lstmtraining, {iterations} iterations: held-out CER {score['cer']:.2%}")
        if score["cer"] <= options.target or iterations >= options.max_iterations:
            break
        iterations += options.check_every
    return {
        **cost,
        **score,
        "reached": score["cer"] <= options.target,
        "iterations": iterations,
        "lines_seen": iterations,
        "trials": trials,
    }


def build_starter(rendered: Rendered, work: Path, core: int) -> tuple[Path, dict[str, Run]]:
    """A ``.traineddata`` with the characters of the training texts and no network."""
    truth, unicharset = work / "truth.txt", work / "unicharset"
    truth.write_text("\n".join(rendered.texts) + "\n", encoding="utf-8")
    (work / "train.list").write_text("".join(f"{path}\n" for path in rendered.training))
    extract = [program("unicharset_extractor"), "--output_unicharset", unicharset]
    combine = [program("combine_lang_model"), "--input_unicharset", unicharset, "--script_dir"]
    combine += [data_folder("langdata"), "--output_dir", work, "--lang", "rendered"]
    stages = {
        "characters": measured([*extract, "--norm_mode", "2", truth], ONE_THREAD, core),
        "starter": measured(combine, ONE_THREAD, core),
    }
    return work / "rendered" / "rendered.traineddata", stages


def lstmtraining(rendered: Rendered, work: Path, starter: Path, iterations: int, core: int) -> Run:
    """Train from nothing, or on from the last checkpoint, to a number of iterations."""
    outputs = (work / "unicharset").read_text(encoding="utf-8").split(maxsplit=1)[0]
    train = [program("lstmtraining"), "--traineddata", starter, "--net_spec"]
    train += [SPEC.format(outputs=outputs), "--learning_rate", "20e-4", "--train_listfile"]
    train += [work / "train.list", "--max_iterations", str(iterations)]
    return measured([*train, "--model_output", work / "model"], ONE_THREAD, core)


def export(work: Path, starter: Path, core: int) -> Path:
    """The last checkpoint as a float model that ``tesseract`` reads with."""
    model = work / "exported.traineddata"
    stop = [program("lstmtraining"), "--stop_training", "--traineddata", starter]
    stop += ["--continue_from", work / "model_checkpoint", "--model_output", model]
    measured(stop, ONE_THREAD, core)
    return model


if __name__ == "__main__":
    guarded(main)
