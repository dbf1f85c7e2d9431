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
    from uncial.training.basis import StartConfig
    from uncial.training.batches import PreparedLines, TrainingStream
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
    session, plan, ended = _run(opened, folder, watch, (started, started_cpu))
    if ended != "finished":
        watch(Note(text=f"{ended}: the best model so far is kept"))
    saved_cer = finish(folder, opened.store, plan, session.progress.best_cer, watch)
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
    from uncial.models.compute import cores
    from uncial.tasks.base import as_json
    from uncial.tasks.base import resolve as read_options
    from uncial.tasks.ingest import open_lines
    from uncial.training.start import open_base

    if not config.resume:
        if not config.data:
            raise ConfigError("no ground truth was given", remedy="name a folder, table or list")
        folder.refuse_existing()
        base = open_base(config.start)
        settings = resolve(config, config.threads or cores(), base)
        store = open_lines(
            config.data,
            seed=config.seed,
            workdir=folder.lines,
            go_on=config.go_on,
            reporter=reporter,
        )
        config = replace(
            config,
            data=tuple(path.resolve() for path in config.data),
            start=_kept_base(config.start, folder),
        )
        told = {"config": as_json(config), "settings": settings.to_json()}
        folder.create({**told, "data": {"fingerprint": store.fingerprint, "lines": store.splits}})
        return _Opened(config=config, settings=settings, store=store, base=base, fresh=True)
    told = folder.reopen()
    first = read_options(TrainConfig, told["config"])
    store = open_lines(
        first.data, seed=first.seed, workdir=folder.lines, go_on=first.go_on, reporter=reporter
    )
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


def _run(
    opened: _Opened, folder: RunFolder, reporter: Reporter, started: tuple[float, float]
) -> tuple[Session, Plan, str]:
    import torch

    from uncial.models.compute import device_named
    from uncial.tasks.saving import model_writer
    from uncial.text.normalize import Normalization
    from uncial.training.batches import PreparedLines
    from uncial.training.lines import plan_lines
    from uncial.training.loop import fit
    from uncial.training.losses import Learner
    from uncial.training.pictures import drawer
    from uncial.training.provenance import provenance
    from uncial.training.rates import range_test
    from uncial.training.schedule import first_plan
    from uncial.training.session import Session
    from uncial.training.start import begin
    from uncial.training.validation import validator

    config, settings, store, fresh = opened.config, opened.settings, opened.store, opened.fresh
    torch.manual_seed(settings.seed)
    told = reporter if fresh else silent
    plan = plan_lines(
        store, settings, told, lambda texts: begin(config, settings, opened.base, texts, told)
    )
    learner = Learner(
        plan.network, settings.kind, settings.shortcut, wide=settings.wide_shortcut
    ).to(device_named(config.device))
    prepared = PreparedLines(store, plan.lines.rows, plan.preprocessing)
    stream = _stream(prepared, plan, settings)
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
    origin = provenance(config.card, opened.base, config.start.base)
    ended = fit(
        session,
        stream,
        validator(store, plan, Normalization.named(settings.normalization), config.threads),
        folder,
        reporter,
        save_model=model_writer(folder, plan, settings, store, origin),
        watch=drawer(folder.pictures, plan, prepared, config.pictures),
        threads=config.threads,
    )
    return session, plan, ended


def _check_up(opened: _Opened, plan: Plan, reporter: Reporter) -> None:
    """Say what is wrong with the lines before the first step."""
    from uncial.training.checkup import examine

    normalization, has_base = opened.settings.normalization, opened.base is not None
    for diagnosis in examine(opened.store, plan, normalization, has_base=has_base):
        reporter(diagnosis.note())


def _stream(prepared: PreparedLines, plan: Plan, settings: Settings) -> TrainingStream:
    """The training lines in batches."""
    from uncial.training.batches import Drawing, TrainingStream
    from uncial.training.lines import line_mixer

    return TrainingStream(
        prepared,
        plan.lines.labels,
        plan.lines.widths,
        plan.lines.least,
        Drawing(
            area=settings.batch * plan.median_width,
            seed=settings.seed,
            strength=settings.augment,
            rare_first=settings.rare_first,
            rare_often=settings.rare_often,
        ),
        line_mixer(prepared, plan, settings.mix),
    )


def _looking(settings: Settings, stream: TrainingStream, plan: Plan, steps: int) -> Settings:
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
