"""The training loop: step, validate, keep the best, stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from uncial.errors import Cancelled
from uncial.models.compute import worker_pool
from uncial.progress import Advanced, Metric, Note, Reporter, Sample
from uncial.training.batches import Batch, BatchSource
from uncial.training.doctor import DIVERGED, WRITTEN
from uncial.training.family import family_of
from uncial.training.folder import RunFolder
from uncial.training.guard import Guard, check_rescues
from uncial.training.parallel import Shared, StepResult
from uncial.training.schedule import replanned
from uncial.training.session import Session
from uncial.training.validation import Validator

_CHECKPOINT_EVERY = 20.0  # seconds
_LOSS_EVERY = 20  # steps


def fit(
    session: Session,
    stream: BatchSource,
    validate: Validator,
    folder: RunFolder,
    reporter: Reporter,
    *,
    save_model: Callable[[Session], None],
    watch: Callable[[Session], None],
    threads: int = 0,
) -> str:
    """Train until the plan is fulfilled or validation no longer improves.

    An interrupt or a cancelled task loses nothing: the state is saved first, and a model is kept.

    Args:
        session: Where the run stands; moved on in place.
        stream: Endless batches.
        validate: Reads the validation lines.
        folder: Where checkpoints go.
        reporter: Told of every step.
        save_model: Writes the model with the average weights.
        watch: Looks at the session after each step.
        threads: Cores to use; 0 takes every one.

    Returns:
        Why it ended: ``"finished"`` (the target counts as such), ``"early stop"`` or
        ``"interrupted"``.

    Raises:
        TrainingError: The run diverged again and again.
    """
    settings, guard = session.settings, Guard(mean=session.progress.loss)
    checkpoint = _Checkpoints(session, folder)
    first_step, first_seconds = session.progress.step, session.seconds
    try:
        with worker_pool(threads) as pool:
            gradients = _stepper(session, pool)
            batches = stream.from_place(session.progress.place)
            while _goes_on(session):
                if session.release():
                    gradients = _stepper(session, pool)
                group = list(islice(batches, settings.batches))
                rate = session.prepare_rate()
                result = _gradient(session, gradients, [make for _, make in group])
                if guard.sound(result.loss, session.gradient_norm()):
                    session.move()
                if guard.diverged:
                    session.roll_back(folder.checkpoint)
                    check_rescues(session.progress.rescues, session.progress.step)
                    reporter(_rescue_note(session))
                    guard = Guard(mean=session.progress.loss)
                    gradients = _stepper(session, pool)
                    batches = stream.from_place(session.progress.place)
                    continue
                before = session.share
                session.progress = session.progress.moved(
                    step=session.progress.step + 1,
                    place=group[-1][0],
                    lines=session.progress.lines + result.lines,
                    loss=guard.mean,
                )
                _replan(session, first_step, first_seconds)
                _report_step(session, rate, reporter)
                watch(session)
                if _due(before, session.share, settings.validations):
                    _validate(session, validate, reporter, save_model)
                    checkpoint.save()
                checkpoint.save_now_and_then()
    except (KeyboardInterrupt, Cancelled):
        session.tick(stop=True)
        if session.progress.best_step < 0:
            save_model(session)
        checkpoint.save()
        return "interrupted"
    return "finished" if session.share >= 1 or session.reached else "early stop"


def _goes_on(session: Session) -> bool:
    """Whether there is another step to do, by the clock of the first process."""
    session.tick()
    return session.share < 1 and not (session.reached or _stale(session))


def _stepper(session: Session, pool: ThreadPoolExecutor) -> Shared:
    """What makes gradients: those of this process's batches, and the mean over all."""
    settings, learner, team = session.settings, session.learner, session.team
    each = family_of(settings).stepper(learner, settings.batches // team.size, pool)
    return Shared(each, learner, team)


def _gradient(
    session: Session, gradients: Shared, makers: Sequence[Callable[[], Batch]]
) -> StepResult:
    """That of the next step."""
    seed = session.settings.seed * 1_000_003 + session.progress.step
    return gradients.step(makers, seed, ending=session.ending)


class _Checkpoints:
    """Saves the session at once at the start, then now and then."""

    def __init__(self, session: Session, folder: RunFolder) -> None:
        self._session = session
        self._folder = folder
        self._last = time.perf_counter()
        if not folder.checkpoint.exists():
            self.save()

    def save(self) -> None:
        if not self._folder.leads:
            return
        self._session.save(self._folder.checkpoint, self._folder.events_length())
        self._last = time.perf_counter()

    def save_now_and_then(self) -> None:
        if time.perf_counter() - self._last > _CHECKPOINT_EVERY:
            self.save()


def _replan(session: Session, first_step: int, first_seconds: float) -> None:
    """Fit the plan to the time budget at the pace of this process."""
    at = session.progress
    steps = replanned(
        session.settings,
        step=at.step,
        steps=at.steps,
        seconds=session.seconds,
        pace=(session.seconds - first_seconds) / max(1, at.step - first_step),
    )
    if steps != at.steps:
        session.progress = at.moved(steps=steps)


def _due(before: float, now: float, count: int) -> bool:
    """Whether a validation falls between two shares of the run."""
    return int(now * count + 1e-9) > int(before * count + 1e-9) or now >= 1


def _validate(
    session: Session,
    validate: Validator,
    reporter: Reporter,
    save_model: Callable[[Session], None],
) -> None:
    step = session.progress.step
    seen = validate(session.average)
    better = seen.cer < session.progress.best_cer
    session.progress = session.progress.moved(
        validations=(*session.progress.validations, (step, seen.cer))
    )
    if better:
        session.progress = session.progress.moved(best_step=step)
        save_model(session)
    reporter(Metric(name="validation_cer", value=seen.cer, step=step))
    reporter(Metric(name=WRITTEN, value=seen.written, step=step))
    for name, truth, output in seen.samples:
        reporter(Sample(name=name, truth=truth, output=output, step=step))


def _stale(session: Session) -> bool:
    """Whether the last `patience` validations of the falling rate brought nothing."""
    at, settings = session.progress, session.settings
    if settings.steps or settings.minutes or not settings.patience:
        return False
    if session.share < max(settings.warmup, 0.3):
        return False
    return sum(step > at.best_step for step, _ in at.validations) >= settings.patience


def _report_step(session: Session, rate: float, reporter: Reporter) -> None:
    at = session.progress
    if at.step % _LOSS_EVERY == 0:
        reporter(Metric(name="loss", value=at.loss, step=at.step))
        reporter(Metric(name="learning_rate", value=rate, step=at.step))
    reporter(Advanced(stage="train", done=at.step, total=at.steps or None, unit="steps"))


def _rescue_note(session: Session) -> Note:
    at = session.progress
    return Note(
        text=f"training diverged; back to step {at.step} with {at.lr_factor:.3g} of the "
        "learning rate",
        level="warning",
        code=DIVERGED,
    )
