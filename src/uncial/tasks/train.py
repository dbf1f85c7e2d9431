"""The verb *train*: ground truth → recognizer, in a run folder that can be resumed."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.errors import ConfigError, DataError
from uncial.progress import Event, Note, Reporter, silent
from uncial.training.config import Settings, TrainConfig, resolve
from uncial.training.result import TrainResult

if TYPE_CHECKING:
    from uncial.archive import ModelArchive
    from uncial.data.store import LineStore
    from uncial.tasks.baseset import BaseSet
    from uncial.training.basis import RetainConfig, StartConfig
    from uncial.training.batches import BatchSource
    from uncial.training.folder import RunFolder
    from uncial.training.lines import Plan
    from uncial.training.session import Session

__all__ = ["TrainConfig", "TrainResult", "train"]


def train(config: TrainConfig, reporter: Reporter = silent) -> TrainResult:
    """Train a recognizer on lines with ground truth, from scratch or from a base.

    The run folder keeps everything: the resolved settings, an event log, the latest
    checkpoint, the best model and a report. After a crash or an interrupt, `resume` goes on
    with the same lines in the same order. With folds every line validates one of several models,
    which vote in one model file; the report has each line as read by the model that never saw it.
    Networks of Tesseract's kind, those of the preset
    tesseract and those that began as a model of Tesseract, are written for Tesseract, too.

    Raises:
        ConfigError: Options contradict each other, or the run folder is in use.
        DataError: The ground truth is unusable.
        TrainingError: The run diverged, or no line is wide enough for its text.
    """
    if _in_folds(config):
        from uncial.tasks.folds import train_folds

        return train_folds(config, train, reporter)
    started, started_cpu = time.perf_counter(), time.process_time()
    from uncial.tasks.baseset import model_cer, settle
    from uncial.tasks.saving import finish, write_for_tesseract
    from uncial.training.doctor import Watch, by_code, recorded
    from uncial.training.folder import RunFolder

    folder = RunFolder(config.output)
    past = list(recorded(folder.events)) if config.resume else []
    opened = _opened(config, folder, reporter)

    def tell(event: Event) -> None:
        folder.log(event)
        reporter(event)

    watch = Watch(tell, past)
    base_set = _base_set(opened, folder, watch)
    session, plan, ended = _run(opened, base_set, folder, watch, (started, started_cpu))
    if ended != "finished":
        watch(Note(text=f"{ended}: the best model so far is kept"))
    best, alpha = session.progress.best_cer, 1.0
    if opened.base is not None and plan.start.fresh is not None:
        alpha = settle(folder.model, opened.base, opened.config.retain, base_set, watch)
    if alpha < 1:
        best = model_cer(folder.model, opened.store, plan.validation)
    saved_cer = finish(folder, opened.store, plan, best, watch)
    after = None
    if base_set is not None:
        after = model_cer(folder.model, base_set.store, base_set.held_out)
        watch(Note(text=base_set.told(after)))
    if plan.preprocessing.style == "tesseract":
        write_for_tesseract(folder, opened.config.tesseract.integer, tell)
    at = session.progress
    return TrainResult(
        run=config.output,
        model=folder.model,
        ended=ended,
        validation_cer=saved_cer,
        best_step=at.best_step,
        steps=at.step,
        lines_seen=at.lines,
        training_lines=len(plan.lines),
        parameters=sum(p.numel() for p in plan.network.parameters()),
        seconds=session.seconds,
        cpu_seconds=session.cpu_seconds,
        report=folder.report,
        traineddata=folder.traineddata if folder.traineddata.exists() else None,
        diagnoses=by_code(watch.notes),
        base_set_lines=len(base_set.held_out) if base_set else 0,
        base_set_cer_before=base_set.before if base_set else None,
        base_set_cer_after=after,
        interpolation=alpha,
    )


def _in_folds(config: TrainConfig) -> bool:
    """Whether a run has folds, by its config or, where it goes on, by that of its start."""
    from uncial.training.folder import RunFolder

    folder = RunFolder(config.output)
    if not config.resume or not folder.settings.exists():
        return bool(config.folds)
    return bool(folder.reopen()["config"].get("folds"))


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """What a run is made of: told anew, or by its folder.

    Attributes:
        fresh: Whether no step was done yet.
    """

    config: TrainConfig
    settings: Settings
    store: LineStore
    base: ModelArchive | None
    fresh: bool


def _opened(config: TrainConfig, folder: RunFolder, reporter: Reporter) -> _Opened:
    """Config, settings and lines of a new run, or those that a run was started with."""
    from uncial.models.cores import cores
    from uncial.tasks.base import as_json
    from uncial.tasks.base import resolve as read_options
    from uncial.training.start import open_base

    if not config.resume:
        if not config.data:
            raise ConfigError("no ground truth was given", remedy="name a folder, table or list")
        folder.refuse_existing()
        base = open_base(config.start)
        settings = resolve(config, config.threads or cores(), base)
        store = _lines_of(config, folder, reporter)
        config = replace(
            config,
            data=tuple(path.resolve() for path in config.data),
            start=_kept_base(config.start, folder),
            retain=_found_base_set(config),
        )
        told = {"config": as_json(config), "settings": settings.to_json()}
        folder.create({**told, "data": {"fingerprint": store.fingerprint, "lines": store.splits}})
        return _Opened(config=config, settings=settings, store=store, base=base, fresh=True)
    told = folder.reopen()
    first = read_options(TrainConfig, told["config"])
    store = _lines_of(first, folder, reporter)
    if store.fingerprint != told["data"]["fingerprint"]:
        raise DataError(
            f"the lines of the run in {folder.path} have changed since it was started",
            remedy="put the old files back, or start a new run",
        )
    fresh = not folder.checkpoint.exists()  # it was ended before the first step
    if fresh:
        folder.rewind_events(0)
    return _Opened(
        config=first,
        settings=Settings.from_json(told["settings"]),
        store=store,
        base=open_base(first.start),
        fresh=fresh,
    )


def _lines_of(config: TrainConfig, folder: RunFolder, reporter: Reporter) -> LineStore:
    """The ground truth; of a recipe some lines, to plan with and to validate on."""
    from uncial.tasks.ingest import open_lines
    from uncial.tasks.synthesis import is_recipe, recipe_store

    if len(config.data) == 1 and is_recipe(config.data[0]):
        return recipe_store(config.data[0], folder.lines, config.seed, reporter)
    return open_lines(
        config.data,
        seed=config.seed,
        workdir=folder.lines,
        go_on=config.go_on,
        reporter=reporter,
    )


def _stream(
    opened: _Opened,
    plan: Plan,
    others: LineStore | None,
    reporter: Reporter,
) -> tuple[BatchSource, int]:
    """Batches of the run's lines, or of lines made by its recipe; and how many are replayed."""
    from uncial.models.cores import cores
    from uncial.tasks.synthesis import is_recipe, open_synthesizer, read_recipe
    from uncial.training.stream import synthetic_stream, training_stream

    config, settings = opened.config, opened.settings
    if len(config.data) != 1 or not is_recipe(config.data[0]):
        return training_stream(opened.store, plan, settings, others, reporter)
    synthesizer = open_synthesizer(read_recipe(config.data[0]), reporter)
    return synthetic_stream(synthesizer, plan, settings, cores=config.threads or cores()), 0


def _kept_base(config: StartConfig, folder: RunFolder) -> StartConfig:
    """The start with copies of its models in the run folder, so that it can be resumed."""

    def kept(path: Path | None, name: str) -> Path | None:
        if path is None:
            return None
        folder.path.mkdir(parents=True, exist_ok=True)
        copy = folder.path.resolve() / f"{name}{path.suffix}"
        shutil.copyfile(path, copy)
        return copy

    return replace(
        config, base=kept(config.base, "base"), traineddata=kept(config.traineddata, "charset")
    )


def _found_base_set(config: TrainConfig) -> RetainConfig:
    """What keeps the base, with the lines of the base's own run where none are named."""
    from uncial.tasks.baseset import lines_of_run

    retain = config.retain
    lines = tuple(path.resolve() for path in retain.base_set)
    if config.start.base is not None and not lines and retain.source in ("auto", "lines"):
        lines = lines_of_run(config.start.base)
    return replace(retain, base_set=lines)


def _base_set(opened: _Opened, folder: RunFolder, reporter: Reporter) -> BaseSet | None:
    """The lines to hold the base to, read by it; none from scratch."""
    from uncial.tasks.baseset import open_base_set

    if opened.base is None:
        return None
    return open_base_set(
        opened.config.retain,
        opened.base,
        folder=folder.lines,
        seed=opened.settings.seed,
        reporter=reporter if opened.fresh else silent,
    )


def _run(
    opened: _Opened,
    base_set: BaseSet | None,
    folder: RunFolder,
    reporter: Reporter,
    started: tuple[float, float],
) -> tuple[Session, Plan, str]:
    import torch

    from uncial.models.compute import device_named
    from uncial.training.lines import plan_lines
    from uncial.training.losses import Learner
    from uncial.training.rates import range_test
    from uncial.training.schedule import first_plan
    from uncial.training.session import Session
    from uncial.training.start import begin
    from uncial.training.stream import teacher_of

    config, settings, store, fresh = opened.config, opened.settings, opened.store, opened.fresh
    torch.manual_seed(settings.seed)
    told = reporter if fresh else silent
    plan = plan_lines(
        store, settings, told, lambda texts: begin(config, settings, opened.base, texts, told)
    )
    others = base_set.replayed if base_set is not None and settings.replay else None
    stream, replayed = _stream(opened, plan, others, told)
    learner = Learner(
        plan.network,
        settings.kind,
        settings.shortcut,
        wide=settings.wide_shortcut,
        teacher=teacher_of(plan, settings, replayed),
    ).to(device_named(config.device))
    steps = first_plan(settings, stream.batches)
    settings = _looking(settings, stream, plan, steps)
    if fresh and config.optimizer.lr == "range":
        found = range_test(
            learner, stream, settings, rates=plan.start.rates, threads=config.threads
        )
        settings = replace(settings, lr=found.rate)
        folder.create({**folder.reopen(), "settings": settings.to_json()})
        reporter(Note(text=f"range test: learning rate {found.rate:g}"))
    session = Session(
        learner,
        settings,
        started=started[0],
        started_cpu=started[1],
        rates=plan.start.rates,
    )
    if fresh:
        session.progress = session.progress.moved(steps=steps)
        _announce(plan, settings, reporter)
        _check_up(opened, plan, reporter)
    else:
        session.restore(folder.checkpoint)
        folder.rewind_events(session.progress.events)
        reporter(Note(text=f"resumed at step {session.progress.step}"))
    return session, plan, _fit(opened, plan, session, stream, folder, reporter)


def _fit(
    opened: _Opened,
    plan: Plan,
    session: Session,
    stream: BatchSource,
    folder: RunFolder,
    reporter: Reporter,
) -> str:
    """Train to the end; why it ended."""
    from uncial.tasks.saving import model_writer
    from uncial.text.normalize import Normalization
    from uncial.training.loop import fit
    from uncial.training.pictures import drawer
    from uncial.training.provenance import provenance
    from uncial.training.synthetic import SyntheticStream
    from uncial.training.validation import validator

    config, settings, store = opened.config, session.settings, opened.store
    origin = provenance(config.card, opened.base, config.start.base)
    before = session.seconds
    ended = fit(
        session,
        stream,
        validator(store, plan, Normalization.named(settings.normalization), config.threads),
        folder,
        reporter,
        save_model=model_writer(folder, plan, settings, store, origin),
        watch=drawer(folder.pictures, plan, store, config.pictures),
        threads=config.threads,
    )
    if isinstance(stream, SyntheticStream):
        stream.close()
        share = stream.waited / max(session.seconds - before, 1e-9)
        reporter(Note(text=f"the network waited {share:.1%} of the time for lines"))
    return ended


def _check_up(opened: _Opened, plan: Plan, reporter: Reporter) -> None:
    """Say what is wrong with the lines before the first step."""
    from uncial.training.checkup import examine

    normalization, has_base = opened.settings.normalization, opened.base is not None
    for diagnosis in examine(opened.store, plan, normalization, has_base=has_base):
        reporter(diagnosis.note())


def _looking(settings: Settings, stream: BatchSource, plan: Plan, steps: int) -> Settings:
    """Settings with as many validations as a run of that many steps can afford."""
    from uncial.training.schedule import affordable_looks

    looks = affordable_looks(
        settings.validations,
        steps=steps,
        lines_a_step=settings.batches * len(plan.lines) / stream.batches,
        lines_a_look=len(plan.validation),
    )
    return replace(settings, validations=looks)


def _announce(plan: Plan, settings: Settings, reporter: Reporter) -> None:
    size = sum(p.numel() for p in plan.network.parameters())
    reporter(
        Note(
            text=f"{len(plan.lines)} training and {len(plan.validation)} validation lines, "
            f"{plan.codec.width - 1} labels; preset {settings.preset}, {size / 1e6:.2f} M "
            f"parameters, lines {plan.preprocessing.height} px high, "
            f"width x {plan.preprocessing.stretch:g}"
        )
    )
