"""The verb *train*: ground truth → recognizer, in a run folder that can be resumed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uncial.errors import ConfigError, DataError
from uncial.progress import Event, Note, Reporter, silent
from uncial.training.config import Settings, TrainConfig, resolve

_CALIBRATION_LINES = 64  # of training, for reading in integers
_INTEGER_LOSS = 0.001  # CER that reading in integers may cost at most

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.models.recognizer import Recognizer
    from uncial.training.folder import RunFolder
    from uncial.training.lines import Plan
    from uncial.training.session import Session

__all__ = ["TrainConfig", "TrainResult", "train"]


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What came of a run.

    Attributes:
        run: The run folder.
        model: The best model, by validation CER.
        ended: ``"finished"``, ``"early stop"`` or ``"interrupted"``.
        validation_cer: Of that model, a fraction.
        best_step: Optimizer step at which it was validated; -1 if only at the end.
        steps: Optimizer steps done.
        lines_seen: Training lines, with repeats.
        training_lines: Distinct ones.
        parameters: Numbers in the network.
        seconds: Wall time, preparation included, all processes of the run.
        cpu_seconds: Processor time of the same.
        report: HTML report on the validation lines.
    """

    run: Path
    model: Path
    ended: str
    validation_cer: float
    best_step: int
    steps: int
    lines_seen: int
    training_lines: int
    parameters: int
    seconds: float
    cpu_seconds: float
    report: Path


def train(config: TrainConfig, reporter: Reporter = silent) -> TrainResult:
    """Train a recognizer on lines with ground truth.

    The run folder keeps everything: the resolved settings, an event log, the latest
    checkpoint, the best model and a report. After a crash or an interrupt, `resume` goes on
    with the same lines in the same order.

    Raises:
        ConfigError: Options contradict each other, or the run folder is in use.
        DataError: The ground truth is unusable.
        TrainingError: The run diverged, or no line is wide enough for its text.
    """
    started, started_cpu = time.perf_counter(), time.process_time()
    from uncial.training.folder import RunFolder

    folder = RunFolder(config.output)
    config, settings, store, fresh = _opened(config, folder, reporter)

    def tell(event: Event) -> None:
        folder.log(event)
        reporter(event)

    session, plan, ended = _run(
        config, settings, store, folder, tell, (started, started_cpu), fresh
    )
    if ended != "finished":
        tell(Note(text=f"{ended}: the best model so far is kept"))
    saved_cer = _finish(folder, store, plan, session.progress.best_cer, tell)
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
    )


def _opened(
    config: TrainConfig, folder: RunFolder, reporter: Reporter
) -> tuple[TrainConfig, Settings, LineStore, bool]:
    """Config, settings and lines of a new run, or those that a run was started with."""
    from uncial.models.compute import cores
    from uncial.tasks.base import as_json
    from uncial.tasks.base import resolve as read_options
    from uncial.tasks.ingest import open_lines

    if not config.resume:
        if not config.data:
            raise ConfigError("no ground truth was given", remedy="name a folder, table or list")
        settings = resolve(config, config.threads or cores())
        folder.refuse_existing()
        store = open_lines(
            config.data,
            seed=config.seed,
            workdir=folder.lines,
            go_on=config.go_on,
            reporter=reporter,
        )
        config = replace(config, data=tuple(path.resolve() for path in config.data))
        told = {"config": as_json(config), "settings": settings.to_json()}
        folder.create({**told, "data": {"fingerprint": store.fingerprint, "lines": store.splits}})
        return config, settings, store, True
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
    return first, Settings.from_json(told["settings"]), store, fresh


def _run(
    config: TrainConfig,
    settings: Settings,
    store: LineStore,
    folder: RunFolder,
    reporter: Reporter,
    started: tuple[float, float],
    fresh: bool,
) -> tuple[Session, Plan, str]:
    import torch

    from uncial.models.compute import device_named
    from uncial.text.normalize import Normalization
    from uncial.training.batches import PreparedLines, TrainingStream
    from uncial.training.lines import plan_lines
    from uncial.training.loop import fit
    from uncial.training.losses import Learner
    from uncial.training.schedule import affordable_looks, first_plan
    from uncial.training.session import Session
    from uncial.training.validation import validator

    torch.manual_seed(settings.seed)
    plan = plan_lines(store, settings, reporter if fresh else silent)
    learner = Learner(plan.network, settings.kind, settings.shortcut).to(
        device_named(config.device)
    )
    prepared = PreparedLines(store, plan.lines.rows, plan.preprocessing)
    stream = TrainingStream(
        prepared,
        plan.lines.labels,
        plan.lines.widths,
        plan.lines.least,
        area=settings.batch * plan.median_width,
        seed=settings.seed,
        strength=settings.augment,
    )
    steps = first_plan(settings, stream.batches)
    looks = affordable_looks(
        settings.validations,
        steps=steps,
        lines_a_step=settings.batches * len(plan.lines) / stream.batches,
        lines_a_look=len(plan.validation),
    )
    settings = replace(settings, validations=looks)
    session = Session(learner, settings, started=started[0], started_cpu=started[1])
    if fresh:
        session.progress = session.progress.moved(steps=steps)
        _announce(plan, settings, reporter)
    else:
        session.restore(folder.checkpoint)
        folder.rewind_events(session.progress.events)
        reporter(Note(text=f"resumed at step {session.progress.step}"))
    ended = fit(
        session,
        stream,
        validator(store, plan, Normalization.named(settings.normalization), config.threads),
        folder,
        reporter,
        save_model=_model_writer(folder, plan, settings, store),
        threads=config.threads,
    )
    return session, plan, ended


def _model_writer(
    folder: RunFolder, plan: Plan, settings: Settings, store: LineStore
) -> Callable[[Session], None]:
    from uncial import __version__
    from uncial.formats.models import native
    from uncial.models.recognizer import Recognizer
    from uncial.text.normalize import Normalization
    from uncial.training.checkpoint import write_atomically

    normalization = Normalization.named(settings.normalization)

    def write(session: Session) -> None:
        at = session.progress
        metadata: dict[str, Any] = {
            "uncial": __version__,
            "settings": settings.to_json(),
            "data": {"fingerprint": store.fingerprint, "lines": store.splits},
            "step": at.step,
            "lines_seen": at.lines,
            "validation_cer": at.validations[-1][1] if at.validations else None,
        }
        recognizer = Recognizer(
            session.average, plan.codec, plan.preprocessing, normalization, metadata
        )
        write_atomically(folder.model, native.pack(recognizer.to_archive()))

    return write


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


def _finish(
    folder: RunFolder, store: LineStore, plan: Plan, best: float, reporter: Reporter
) -> float:
    """Prepare the model as saved for reading in integers, and write its report; the CER.

    Args:
        folder: Of the run.
        store: Holds the lines.
        plan: Of the run.
        best: CER of the same lines in training; where integers read worse, they are left.
        reporter: Told of every line.
    """
    from uncial.evaluation.report import html
    from uncial.evaluation.run import evaluate_lines
    from uncial.formats.models import native
    from uncial.models.recognizer import Recognizer
    from uncial.training.checkpoint import write_atomically

    recognizer: Recognizer = Recognizer.load(folder.model)
    typical = plan.lines.rows[:: -(-len(plan.lines) // _CALIBRATION_LINES)]
    recognizer.calibrate(store.image(int(row)) for row in typical)
    rows = [int(row) for row in plan.validation]
    evaluation = evaluate_lines(recognizer, store, rows, reporter)
    if evaluation.score.cer > best + _INTEGER_LOSS:
        reporter(Note(text="8-bit integers read worse; the model will read without them"))
        recognizer.read_in_reals()
        evaluation = evaluate_lines(recognizer, store, rows, reporter)
    write_atomically(folder.model, native.pack(recognizer.to_archive()))
    page = html(
        evaluation,
        store.image,
        title=f"{folder.path.name}: validation lines",
        model={
            "file": str(folder.model),
            "spec": recognizer.network.spec,
            "labels": recognizer.codec.width,
            "normalization": recognizer.normalization.name,
            **asdict(recognizer.preprocessing),
        },
        data={"lines": len(rows), "split": "validation", "fingerprint": store.fingerprint},
    )
    write_atomically(folder.report, page.encode("utf-8"))
    return evaluation.score.cer
