"""Training without ground truth: a first model from made lines, then rounds of self-training.

Each round the present model, the teacher, reads the unlabeled lines; a student learns from the
readings that are probably right, and from made lines beside them. It becomes the teacher unless
a guard says that it reads worse.

Source: Kahn et al. 2020, arXiv:1909.09116 (beam with language as teacher); Wolf & Fink 2022,
arXiv:2206.03149 (from synthetic to real handwriting without labels).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from uncial.data.store import LineStore
from uncial.data.writer import LineStoreWriter
from uncial.decoding.listening import Listener, Weights
from uncial.errors import ConfigError, DataError
from uncial.formats.models import native
from uncial.models.recognizer import Recognizer
from uncial.progress import Metric, Note, Reporter, Sample
from uncial.tasks.base import as_json, resolve
from uncial.tasks.labelfreerun import LabelfreeRun, TrainOne, opened
from uncial.tasks.rounds import Round, rounds_page
from uncial.training.basis import MaterialConfig, RetainConfig
from uncial.training.checkpoint import write_atomically
from uncial.training.config import TrainConfig
from uncial.training.folder import RunFolder
from uncial.training.result import TrainResult
from uncial.training.selftraining.choice import choose
from uncial.training.selftraining.config import LabelfreeConfig
from uncial.training.selftraining.statistics import normalized
from uncial.training.selftraining.teacher import Guess, changed, guesses
from uncial.training.start import open_base

_RESULT = "result.json"
_STATISTICS = 500  # lines that normalization is measured on
_HELD_OUT, _MOST_HELD_OUT = 0.08, 200  # of the chosen readings, to choose among a round's models
_EPOCHS_A_ROUND = 12  # of the run's epochs make one of a round
_LABELS_SHARE = 0.2  # of the lines of the last round that are labeled ones, repeated
_SHOWN = 8  # readings told of in each round


@dataclass(frozen=True, kw_only=True)
class _Model:
    """A model and how it reads the unlabeled lines."""

    path: Path
    found: list[Guess]
    watched: Round


def train_label_free(config: TrainConfig, train: TrainOne, reporter: Reporter) -> TrainResult:
    """Train a recognizer on lines without ground truth.

    Args:
        config: With unlabeled lines, and with a recipe as data, a base, or both.
        train: Trains one model.
        reporter: Told of everything.

    Raises:
        ConfigError: There is neither recipe nor base, or an option contradicts another.
        DataError: No line can be read, or no reading can be learnt from.
        TrainingError: As `uncial.tasks.train.train`.
    """
    run = opened(config, train, reporter)
    results: list[TrainResult] = []
    seed = _seed(run, results)
    best = _looked_at(run, 0, seed, None)
    rounds, discarded = [best.watched], 0
    for number in range(1, run.options.rounds + 1):
        if results and results[-1].ended == "interrupted":
            break
        student, accepted = _student(run, number, seed, best, results)
        if results[-1].ended == "interrupted":
            break
        now = _looked_at(run, number, student, best, accepted)
        worse = run.watcher.worse(now.watched, best.watched)
        rounds.append(replace(now.watched, kept=not worse))
        if worse:
            run.tell(Note(text=f"round {number} is taken back: {worse}", level="warning"))
            discarded += 1
            if discarded == 2:
                break
            continue
        best = now
        if now.watched.changed < run.options.settled:
            run.tell(Note(text=f"round {number} changed {now.watched.changed:.1%}: that is all"))
            break
    return _result(run, best, rounds, results)


def _seed(run: LabelfreeRun, results: list[TrainResult]) -> Path:
    """The first model: the base, a model that learnt from made lines, or one after the other."""
    base = run.config.start.base
    if run.recipe is None:
        archive = open_base(run.config.start, run.tell)
        if archive is None:
            raise ConfigError("there is no base", remedy="name one")
        path = run.folder.path / "seed.safetensors"
        write_atomically(path, native.pack(archive))
    else:
        share = run.options.seed_share * (0.5 if base is not None else 1.0)
        start = run.config.start
        if start.strategy == "label-free":
            start = replace(start, strategy="auto")
        own = replace(
            run.config,
            data=(run.recipe,),
            output=run.folder.path / "seed",
            labelfree=LabelfreeConfig(),
            start=start,
            retain=RetainConfig(source="none") if base is not None else run.config.retain,
            minutes=run.config.minutes * share,
            steps=round(run.config.steps * share),
        )
        path = _trained(run, own, results).model
    return _fitted(run, path)


def _fitted(run: LabelfreeRun, path: Path) -> Path:
    """The model with statistics of the unlabeled lines, where it has any."""
    target = path.with_name(f"{path.stem}-fitted.safetensors")
    if not run.options.normalize or target.exists():
        return target if target.exists() else path
    recognizer = Recognizer.load(path)
    rows = _spread(len(run.lines), _STATISTICS)
    if not normalized(recognizer, [run.lines.image(row) for row in rows]):
        return path
    write_atomically(target, native.pack(recognizer.to_archive()))
    return target


def _spread(count: int, wanted: int) -> list[int]:
    return sorted(set(np.linspace(0, count - 1, min(count, wanted)).round().astype(int).tolist()))


def _trained(run: LabelfreeRun, config: TrainConfig, results: list[TrainResult]) -> TrainResult:
    """One training, resumed where it was interrupted, not repeated where it is done."""
    folder = RunFolder(config.output)
    done = folder.path / _RESULT
    if done.exists():
        result = resolve(TrainResult, json.loads(done.read_text(encoding="utf-8")))
    else:
        result = run.train(replace(config, resume=folder.settings.exists()), run.tell)
        if result.ended != "interrupted":
            write_atomically(done, json.dumps(as_json(result)).encode())
    results.append(result)
    return result


def _looked_at(
    run: LabelfreeRun, number: int, path: Path, before: _Model | None, accepted: float = 0.0
) -> _Model:
    """A model with its readings of the unlabeled lines, and what they tell of it."""
    model = Recognizer.load(path)
    kept = run.folder.path / f"readings-{number}.json"
    if kept.exists():
        found = [Guess(**one) for one in json.loads(kept.read_text(encoding="utf-8"))]
    else:
        listener = None
        if run.language is not None:
            weights = Weights(weight=run.options.weight, bonus=run.options.bonus)
            listener = Listener(model.codec, run.language, weights=weights)
        found = list(
            guesses(
                model,
                run.lines.image,
                len(run.lines),
                listener=listener,
                views=run.options.views,
                seed=run.config.seed,
                threads=run.config.threads,
                reporter=run.tell,
            )
        )
        text = json.dumps([vars(one) for one in found], ensure_ascii=False)
        write_atomically(kept, text.encode())
    moved = 1.0
    if before is not None:
        moved = changed([one.text for one in before.found], [one.text for one in found])
    # without replay made lines are unlearnt, and tell nothing of others
    made = _made(run) if run.options.replay or not number else None
    watched = run.watcher.watch(number, model, found, moved, accepted, made)
    for name, value in watched.metrics().items():
        run.tell(Metric(name=name, value=value, step=number))
    for at in _spread(len(found), _SHOWN):
        old = before.found[at].text if before is not None else ""
        name = run.lines.line_ids([at])[0]
        run.tell(Sample(name=name, truth=old, output=found[at].text, step=number))
    return _Model(path=path, found=found, watched=watched)


def _made(run: LabelfreeRun) -> LineStore | None:
    """The made lines of the first training, of which those for validation are known."""
    stores = sorted((run.folder.path / "seed" / "lines").glob("lines-*"))
    return LineStore.open(stores[0]) if stores else None


def _student(
    run: LabelfreeRun, number: int, seed: Path, teacher: _Model, results: list[TrainResult]
) -> tuple[Path, float]:
    """Train on the surest readings; the model, and the share of the lines that it learnt from."""
    options = run.options
    choice = choose(teacher.found, options, options.share(number))
    if len(choice.taken) < 10:
        why = ", ".join(f"{count} {fault}" for fault, count in choice.left.items())
        raise DataError(
            f"only {len(choice.taken)} of {len(run.lines)} readings can be learnt from: {why}",
            remedy="begin with a model that reads these lines better: fonts and text like theirs",
        )
    accepted = len(choice.taken) / len(run.lines)
    why = ", ".join(f"{count} {fault}" for fault, count in choice.left.items())
    run.tell(Note(text=f"round {number}: {len(choice.taken)} readings taken; left: {why}"))
    folder = run.folder.path / f"round-{number}"
    last = number == options.rounds
    store = _lines(run, folder / "lines", choice.taken.tolist(), teacher.found, last=last)
    begin = seed if number <= options.from_seed else teacher.path
    made = _made(run)
    material = MaterialConfig()
    if made is not None and options.replay:
        material = MaterialConfig(synthetic=(made.path.resolve(),), share=options.replay)
    left = max(0.1, run.config.minutes * 60 - (time.perf_counter() - run.started)) / 60
    config = run.config
    own = replace(
        config,
        data=(store,),
        output=folder,
        labelfree=LabelfreeConfig(),
        start=replace(config.start, base=begin, traineddata=None, strategy="fine-tune"),
        retain=RetainConfig(source="none", interpolate=1.0, distill=0.0),
        material=material,
        loss=replace(config.loss, augment=options.augment),
        stop=replace(config.stop, validations=3),
        minutes=left / (options.rounds - number + 1) if config.minutes else 0.0,
        steps=round(config.steps * (1 - options.seed_share) / options.rounds),
        epochs=max(1, round(config.epochs / _EPOCHS_A_ROUND)),
        preset="auto",
        seed=config.seed + number,
    )
    own = replace(own, network=type(own.network)())
    return _fitted(run, _trained(run, own, results).model), accepted


def _lines(
    run: LabelfreeRun, folder: Path, taken: list[int], found: Sequence[Guess], *, last: bool
) -> Path:
    """The readings as ground truth, with labeled lines that validate, or in the end train."""
    if folder.exists():
        return folder
    rng = np.random.default_rng((run.config.seed, len(taken)))
    count = min(_MOST_HELD_OUT, round(_HELD_OUT * len(taken)) or 1)
    labeled = run.labels
    held = set(rng.choice(taken, count, replace=False).tolist())
    if labeled is not None and not last:
        held = set()
    with LineStoreWriter(folder) as writer:
        for row in taken:
            sample = replace(run.lines.sample(row), text=found[row].text, document="")
            writer.append_sample(sample, split="validation" if row in held else "train")
        if labeled is not None:
            times = max(1, round(_LABELS_SHARE * len(taken) / len(labeled))) if last else 1
            for time_ in range(times):
                for row in range(len(labeled)):
                    sample = labeled.sample(row)
                    sample = replace(sample, line_id=f"labeled-{time_}/{sample.line_id}")
                    writer.append_sample(sample, split="train" if last else "validation")
    return folder


def _result(
    run: LabelfreeRun, best: _Model, rounds: Sequence[Round], results: Sequence[TrainResult]
) -> TrainResult:
    """The best model put in its place, with a report on all rounds."""
    folder = run.folder
    archive = native.unpack(best.path.read_bytes())
    told = [one.to_json() for one in rounds]
    metadata = {**archive.metadata, "label_free": told}
    write_atomically(folder.model, native.pack(replace(archive, metadata=metadata)))
    beside = best.path.parent / folder.traineddata.name
    if beside.exists():
        shutil.copyfile(beside, folder.traineddata)
    page = rounds_page(rounds, run.lines, best.found, folder.path.name)
    write_atomically(folder.report, page.encode("utf-8"))
    at = best.watched
    validation = at.guard_cer if at.guard_cer is not None else at.made_cer
    return TrainResult(
        run=folder.path,
        model=folder.model,
        ended="interrupted" if results and results[-1].ended == "interrupted" else "finished",
        validation_cer=validation if validation is not None else float("nan"),
        best_step=at.number,
        steps=sum(result.steps for result in results),
        lines_seen=sum(result.lines_seen for result in results),
        training_lines=len(run.lines),
        parameters=archive.parameters,
        seconds=time.perf_counter() - run.started,
        cpu_seconds=sum(result.cpu_seconds for result in results),
        report=folder.report,
        traineddata=folder.traineddata if folder.traineddata.exists() else None,
        estimated_cer=at.estimated_cer,
    )
