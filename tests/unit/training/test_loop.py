"""The loop: what it does about bad numbers, interrupts, the plan and the clock."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from uncial.errors import Cancelled, TrainingError
from uncial.nn.build import Network
from uncial.progress import Advanced, CancelToken, Event, Metric, Note, Sample
from uncial.training import session as session_module
from uncial.training.drawing import TrainingStream
from uncial.training.folder import RunFolder
from uncial.training.loop import fit
from uncial.training.losses import Learner
from uncial.training.session import Session
from uncial.training.settings import Settings
from uncial.training.validation import Validation


@dataclass
class Run:
    """One run of the loop with a scripted validation, and all that came of it."""

    session: Session
    stream: TrainingStream
    folder: RunFolder
    cers: Iterator[float]
    seconds: Callable[[], float] = lambda: 0.0
    events: list[Event] = field(default_factory=list)
    models: list[int] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    watched: list[int] = field(default_factory=list)

    def __call__(self, reporter: Callable[[Event], None] | None = None) -> str:
        def tell(event: Event) -> None:
            self.events.append(event)
            if reporter is not None:
                reporter(event)

        def look(network: Network) -> Validation:
            assert not network.training
            self.looks.append(self.session.progress.step)
            return Validation(next(self.cers), 1.0, (("line", "truth", "output"),))

        def save_model(session: Session) -> None:
            self.models.append(session.progress.step)

        def watch(session: Session) -> None:
            self.watched.append(session.progress.step)

        return fit(
            self.session,
            self.stream,
            look,
            self.folder,
            tell,
            save_model=save_model,
            watch=watch,
            threads=1,
        )

    def told(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def _falling(start: float = 1.0) -> Iterator[float]:
    while True:
        start *= 0.9
        yield start


@pytest.fixture
def new(
    make_learner: Callable[..., Learner],
    make_settings: Callable[..., Settings],
    stream: TrainingStream,
    tmp_path: Path,
) -> Callable[..., Run]:
    def make(
        cers: Iterator[float] | None = None,
        *,
        clock: Clock | None = None,
        planned: int = 0,
        **settings: object,
    ) -> Run:
        chosen = make_settings(**settings)
        now = clock or Clock()
        session = Session(make_learner(), chosen, started=now.seconds, started_cpu=0.0)
        session.progress = session.progress.moved(steps=planned or chosen.steps)
        folder = RunFolder(tmp_path / "run")
        folder.create({})
        return Run(session, stream, folder, cers or _falling())

    return make


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    seconds: float = 100.0

    def perf_counter(self) -> float:
        return self.seconds

    process_time = perf_counter


def _spoil(run: Run, bad: Callable[[int], bool]) -> None:
    """Make one gradient NaN in the steps, counted from 0 in order of computation, that `bad`."""
    count = iter(range(10**9))

    def hook(grad: Tensor) -> Tensor:
        return grad * math.nan if bad(next(count)) else grad

    list(run.session.learner.network.parameters())[-1].register_hook(hook)


def _weights(run: Run) -> Tensor:
    return torch.cat([p.detach().flatten() for p in run.session.learner.parameters()]).clone()


def test_a_plan_is_fulfilled(new: Callable[..., Run]) -> None:
    run = new(steps=10)
    before = _weights(run)
    assert run() == "finished"
    at = run.session.progress
    assert (at.step, at.lines) == (10, 40)
    assert not _weights(run).equal(before)
    network, average = run.session.learner.network, run.session.average
    assert all(a.equal(b) for a, b in zip(network.buffers(), average.buffers(), strict=True))
    assert not any(
        a.equal(b) for a, b in zip(network.parameters(), average.parameters(), strict=True)
    )
    first = new(steps=10).session.average.parameters()
    assert not any(a.equal(b) for a, b in zip(first, average.parameters(), strict=True))
    assert [event.done for event in run.told(Advanced)] == list(range(1, 11))
    assert run.folder.checkpoint.exists()
    assert len(run.told(Sample)) == 4


@pytest.mark.parametrize(
    ("steps", "validations", "looks"),
    [
        (20, 4, [5, 10, 15, 20]),
        (7, 3, [3, 5, 7]),
        (3, 8, [1, 2, 3]),
        (9, 1, [9]),
        (1, 5, [1]),
    ],
)
def test_validations_fall_evenly_and_one_at_the_end(
    new: Callable[..., Run], steps: int, validations: int, looks: list[int]
) -> None:
    run = new(steps=steps, stop={"validations": validations})
    run()
    assert run.looks == looks
    assert run.models == looks  # each was better
    assert [step for step, _ in run.session.progress.validations] == looks
    assert [e.step for e in run.told(Metric) if e.name == "validation_cer"] == looks


def test_only_a_better_model_is_kept(new: Callable[..., Run]) -> None:
    run = new(iter([0.5, 0.7, 0.4, 0.4]), steps=8)
    assert run() == "finished"
    assert run.models == [2, 6]
    assert run.session.progress.best_step == 6
    assert run.session.progress.best_cer == 0.4


def test_one_bad_gradient_is_passed_over(new: Callable[..., Run]) -> None:
    run = new(steps=8)
    _spoil(run, lambda step: step == 3)
    seen = [_weights(run)]

    def look(event: Event) -> None:
        if isinstance(event, Advanced):
            seen.append(_weights(run))

    assert run(look) == "finished"
    moved = [not a.equal(b) for a, b in pairwise(seen)]
    assert moved == [True, True, True, False, True, True, True, True]
    assert seen[-1].isfinite().all()
    assert run.told(Note) == []
    assert run.session.progress.rescues == 0


def test_bad_gradients_in_a_row_lead_back_with_a_lower_rate(new: Callable[..., Run]) -> None:
    run = new(steps=20)
    _spoil(run, lambda step: 8 <= step < 13)
    assert run() == "finished"
    at = run.session.progress
    assert (at.step, at.rescues, at.lr_factor) == (20, 1, 0.5)
    (note,) = run.told(Note)
    assert note.text == "training diverged; back to step 10 with 0.5 of the learning rate"
    assert _weights(run).isfinite().all()
    assert all(p.isfinite().all() for p in run.session.average.state_dict().values())


def test_a_run_that_cannot_be_helped_is_given_up(new: Callable[..., Run]) -> None:
    run = new(steps=100)
    _spoil(run, lambda step: step >= 30)
    with pytest.raises(TrainingError, match="diverged 4 times, last at step 25") as caught:
        run()
    assert "lower the learning rate" in caught.value.remedy
    assert [note.text.split(" with ")[1] for note in run.told(Note)] == [
        "0.5 of the learning rate",
        "0.25 of the learning rate",
        "0.125 of the learning rate",
    ]
    assert run.models == [25]


@pytest.mark.parametrize("error", [Cancelled("stop"), KeyboardInterrupt()])
@pytest.mark.parametrize(("stop_at", "models"), [(1, [1]), (7, [5])])
def test_an_interrupt_keeps_a_model_and_the_state(
    new: Callable[..., Run], error: BaseException, stop_at: int, models: list[int]
) -> None:
    run = new(steps=20)

    def stop(event: Event) -> None:
        if isinstance(event, Advanced) and event.done == stop_at:
            raise error

    assert run(stop) == "interrupted"
    assert run.models == models  # the best so far, or the one at hand
    again = new(steps=20)
    again.session.restore(run.folder.checkpoint)
    assert again.session.progress.step == stop_at
    assert _weights(again).equal(_weights(run))
    assert again() == "finished"
    assert again.session.progress.step == 20


def test_a_token_stops_it_from_outside(new: Callable[..., Run]) -> None:
    run, token = new(steps=20), CancelToken()

    def watch(event: Event) -> None:
        if isinstance(event, Metric) and event.name == "validation_cer":
            token.cancel()

    assert run(token.guard(watch)) == "interrupted"
    assert run.session.progress.step == 5
    assert run.models == [5]


def test_patience_runs_out_once_the_rate_falls(new: Callable[..., Run]) -> None:
    cers = iter([0.5, 0.2, *[0.3] * 30])
    run = new(cers, planned=40, stop={"validations": 20, "patience": 3})
    assert run() == "early stop"
    assert run.models == [2, 4]
    # Best at step 4, none better at 6, 8 and 10; the rate counts as falling from step 12 on.
    assert run.session.progress.step == 12


@pytest.mark.parametrize("patience", [0, 3])
def test_a_run_that_improves_or_has_all_patience_goes_to_its_end(
    new: Callable[..., Run], patience: int
) -> None:
    cers = _falling() if patience else iter([0.5] * 20)
    run = new(cers, planned=20, stop={"validations": 20, "patience": patience})
    assert run() == "finished"
    assert run.session.progress.step == 20


def test_a_fixed_number_of_steps_is_done_whatever_the_patience(new: Callable[..., Run]) -> None:
    run = new(iter([0.5] * 20), steps=20, stop={"validations": 20, "patience": 3})
    assert run() == "finished"
    assert run.session.progress.step == 20


@pytest.mark.parametrize(("early", "late"), [(0.5, 0.5), (0.2, 0.8), (1.0, 0.25), (3.0, 3.0)])
def test_a_time_budget_ends_the_run_in_time(
    new: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, early: float, late: float
) -> None:
    clock = Clock()
    fake = types.SimpleNamespace(perf_counter=clock.perf_counter, process_time=clock.process_time)
    monkeypatch.setattr(session_module, "time", fake)
    run = new(clock=clock, minutes=1.5, stop={"validations": 5})

    def tick(event: Event) -> None:
        if isinstance(event, Advanced):
            clock.seconds += early if event.done < 40 else late

    assert run(tick) == "finished"
    assert 75 <= run.session.seconds <= 90 + late
    assert run.looks[-1] == run.session.progress.step
    assert 1 <= len(run.looks) <= 7
    assert run.models


def test_a_budget_that_is_used_up_before_the_first_step_is_still_validated(
    new: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    fake = types.SimpleNamespace(perf_counter=clock.perf_counter, process_time=clock.process_time)
    monkeypatch.setattr(session_module, "time", fake)
    run = new(clock=clock, minutes=0.5)
    clock.seconds += 60

    def tick(event: Event) -> None:
        clock.seconds += 0.01

    assert run(tick) == "finished"
    assert run.models
    assert run.session.seconds < 62
