"""The verb *train*: ground truth → recognizer, in a run folder that can be resumed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from uncial.progress import Event, Note, Reporter, silent
from uncial.tasks.named import with_local
from uncial.training.config import TrainConfig
from uncial.training.result import TrainResult
from uncial.training.settings import Settings

if TYPE_CHECKING:
    from uncial.tasks.baseset import BaseSet
    from uncial.tasks.opening import Opened
    from uncial.training.batches import BatchSource
    from uncial.training.folder import RunFolder
    from uncial.training.learner import LineLearner
    from uncial.training.lines import Plan
    from uncial.training.session import Session
    from uncial.training.team import Team

__all__ = ["TrainConfig", "TrainResult", "train"]


def train(config: TrainConfig, reporter: Reporter = silent) -> TrainResult:
    """Train a recognizer on lines with ground truth, from scratch or from a base; or label-free.

    The run folder keeps everything: the resolved settings, an event log, the latest
    checkpoint, the best model and a report. After a crash or an interrupt, `resume` goes on
    with the same lines in the same order. With folds every line validates one of several models,
    which vote in one model file; the report has each line as read by the model that never saw it.
    With unlabeled lines a model learns to read from a recipe's fonts and texts, or begins as the
    base, reads the lines, and learns from its surest readings, round after round.
    Networks of Tesseract's kind, those of the preset
    tesseract and those that began as a model of Tesseract, are written for Tesseract, too.

    Raises:
        ConfigError: Options contradict each other, or the run folder is in use.
        DataError: The ground truth is unusable.
        TrainingError: The run diverged, or no line is wide enough for its text.
    """
    config = with_local(config, "start.base", reporter=reporter)
    if _label_free(config):
        from uncial.tasks.labelfree import train_label_free

        return train_label_free(config, train, reporter)
    if _in_folds(config):
        from uncial.tasks.folds import train_folds

        return train_folds(config, train, reporter)
    from uncial.training.team import joined

    with joined(config.device) as team:
        return team.told(_trained(config, reporter if team.leads else silent, team))


def _trained(config: TrainConfig, reporter: Reporter, team: Team) -> TrainResult | None:
    """The run in one of its processes; what came of it in the first."""
    started, started_cpu = time.perf_counter(), time.process_time()
    from uncial.tasks.baseset import model_cer, settle
    from uncial.tasks.opening import going_on, opened_by
    from uncial.tasks.saving import finish, write_for_tesseract
    from uncial.training.doctor import Watch, by_code, recorded
    from uncial.training.folder import RunFolder

    folder = RunFolder(config.output, leads=team.leads)
    config = going_on(config, folder, team)
    past = list(recorded(folder.events)) if config.resume else []
    opened = opened_by(team, config, folder, reporter)

    def tell(event: Event) -> None:
        folder.log(event)
        reporter(event)

    watch = Watch(tell, past)
    base_set = team.in_turn(lambda: _base_set(opened, folder, watch, team))
    run = _Process(folder=folder, team=team, reporter=watch, started=(started, started_cpu))
    session, plan, ended = _run(opened, base_set, run)
    if not team.leads:
        return None
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
    begun = _begun(config)
    return bool(config.folds if begun is None else begun.get("folds"))


def _label_free(config: TrainConfig) -> bool:
    """The same of unlabeled lines."""
    begun = _begun(config)
    if begun is None:
        return bool(config.labelfree.unlabeled)
    return bool(begun.get("labelfree", {}).get("unlabeled"))


def _begun(config: TrainConfig) -> dict[str, Any] | None:
    """The config that a run was begun with; None where it is not gone on with."""
    from uncial.training.folder import RunFolder

    folder = RunFolder(config.output)
    if not config.resume or not folder.settings.exists():
        return None
    begun: dict[str, Any] = folder.reopen()["config"]
    return begun


@dataclass(frozen=True, kw_only=True)
class _Process:
    """One process of a run.

    Attributes:
        folder: Of the run.
        team: All its processes.
        reporter: Told of everything in the first one.
        started: Wall and processor time then.
    """

    folder: RunFolder
    team: Team
    reporter: Reporter
    started: tuple[float, float]


def _base_set(opened: Opened, folder: RunFolder, reporter: Reporter, team: Team) -> BaseSet | None:
    """The lines to hold the base to, read by it; none from scratch."""
    from uncial.tasks.baseset import open_base_set

    if opened.base is None:
        return None
    retain = opened.config.retain
    if opened.base.family != "ctc" and not retain.base_set:
        return None  # rendered lines would take it longer than some trainings
    shared = team.leads or retain.base_set  # what is rendered is written anew
    return open_base_set(
        retain,
        opened.base,
        folder=folder.lines if shared else folder.lines / f"process-{team.rank}",
        seed=opened.settings.seed,
        reporter=reporter if opened.fresh else silent,
    )


def _run(opened: Opened, base_set: BaseSet | None, process: _Process) -> tuple[Session, Plan, str]:
    import torch

    from uncial.tasks.material import further_lines, material_of
    from uncial.training.difficulty import difficulty
    from uncial.training.drawing import TrainingStream
    from uncial.training.family import family_of
    from uncial.training.lines import plan_lines
    from uncial.training.rates import range_test
    from uncial.training.session import Session
    from uncial.training.settings import Asked

    config, settings, store, fresh = opened.config, opened.settings, opened.store, opened.fresh
    folder, team, reporter = process.folder, process.team, process.reporter
    threads = team.threads(config.threads)
    family = family_of(settings)
    torch.manual_seed(settings.seed)
    told = reporter if fresh else silent
    asked = Asked(config, settings, opened.base)
    plan = plan_lines(
        store,
        settings,
        told,
        lambda texts: family.begin(asked, texts, told),
    )
    synthetic = team.in_turn(lambda: further_lines(opened, folder, told))
    others = base_set.replayed if base_set is not None and settings.replay else None
    material = material_of(opened, plan, synthetic or others, process.team, told)
    stream = material.stream
    learner = _learner(config, settings, plan, 0 if synthetic else material.others)
    if settings.easy_first and isinstance(stream, TrainingStream):
        stream.difficulty = difficulty(
            settings.easy, plan, material.lines, material.images, learner
        )
    settings, steps = _looking(settings, stream, plan)
    if fresh and config.optimizer.lr == "range":
        found = range_test(learner, stream, settings, rates=plan.start.rates, threads=threads)
        settings = _rated(settings, found.rate, folder, reporter)
    session = Session(
        learner,
        settings,
        started=process.started[0],
        started_cpu=process.started[1],
        rates=plan.start.rates,
        team=team,
    )
    if fresh:
        session.progress = session.progress.moved(steps=steps)
        _announce(plan, settings, reporter)
        _check_up(opened, plan, reporter)
    else:
        _go_on(session, folder, reporter)
    return session, plan, _fit(opened, plan, session, stream, process)


def _fit(
    opened: Opened, plan: Plan, session: Session, stream: BatchSource, process: _Process
) -> str:
    """Train to the end; why it ended."""
    from uncial.tasks.saving import model_writer
    from uncial.training.loop import fit
    from uncial.training.pictures import drawer
    from uncial.training.provenance import provenance
    from uncial.training.synthetic import SyntheticStream
    from uncial.training.validation import validator

    config, settings, store = opened.config, session.settings, opened.store
    folder, team, reporter = process.folder, process.team, process.reporter
    threads = team.threads(config.threads)
    origin = provenance(config.card, opened.base, config.start.base)
    before = session.seconds
    ended = fit(
        session,
        stream,
        validator(store, plan, settings, threads, team),
        folder,
        reporter,
        save_model=model_writer(folder, plan, settings, store, origin),
        watch=drawer(folder.pictures, plan, store, config.pictures if team.leads else 0),
        threads=threads,
    )
    if isinstance(stream, SyntheticStream):
        stream.close()
        share = stream.waited / max(session.seconds - before, 1e-9)
        reporter(Note(text=f"the network waited {share:.1%} of the time for lines"))
    return ended


def _rated(settings: Settings, rate: float, folder: RunFolder, reporter: Reporter) -> Settings:
    """Settings with the learning rate that a range test found, written down for a resumed run."""
    settings = replace(settings, lr=rate)
    folder.create({**folder.reopen(), "settings": settings.to_json()})
    reporter(Note(text=f"range test: learning rate {rate:g}"))
    return settings


def _go_on(session: Session, folder: RunFolder, reporter: Reporter) -> None:
    """Put a session where its last checkpoint stands."""
    session.restore(folder.checkpoint)
    folder.rewind_events(session.progress.events)
    reporter(Note(text=f"resumed at step {session.progress.step}"))


def _learner(config: TrainConfig, settings: Settings, plan: Plan, replayed: int) -> LineLearner:
    """The network with its loss, on its device, if it fits there."""
    from uncial.models.compute import device_named
    from uncial.training.family import family_of
    from uncial.training.stream import teacher_of

    family, device = family_of(settings), device_named(config.device)
    family.check_room(plan, settings, device)
    return family.learner(plan, settings, teacher_of(plan, settings, replayed)).to(device)


def _check_up(opened: Opened, plan: Plan, reporter: Reporter) -> None:
    """Say what is wrong with the lines before the first step."""
    from uncial.training.checkup import examine

    normalization, has_base = opened.settings.normalization, opened.base is not None
    for diagnosis in examine(opened.store, plan, normalization, has_base=has_base):
        reporter(diagnosis.note())


def _looking(settings: Settings, stream: BatchSource, plan: Plan) -> tuple[Settings, int]:
    """Settings with as many validations as the run can afford, and the steps that it has."""
    from uncial.training.schedule import affordable_looks, first_plan

    steps = first_plan(settings, stream.batches)
    looks = affordable_looks(
        settings.validations,
        steps=steps,
        lines_a_step=settings.batches * len(plan.lines) / stream.batches,
        lines_a_look=len(plan.validation),
    )
    return replace(settings, validations=looks), steps


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
