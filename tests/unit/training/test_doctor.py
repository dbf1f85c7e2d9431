"""What the course of a run shows; losses and CERs are those of real runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from uncial.progress import Event, Metric, Note, event_record
from uncial.training.doctor import (
    DIVERGED,
    ILLNESSES,
    TRAINING_CER,
    WRITTEN,
    Diagnosis,
    Watch,
    recorded,
)

FRAKTUR = [3.079, 2.182, 1.288, 0.791, 0.566, 0.549, 0.426, 0.347, 0.33, 0.276]
HANDWRITING = [2.55, 2.2, 3.12, 1.98, 2.55, 1.951, 1.776, 1.686, 1.53, 1.4, 1.338]
LATE_CTC = [3.32, 2.24, 1.16, 0.7, 0.41, 0.3, 0.22, 0.15, 0.11, 0.35, 0.5]
LOOKS = [0.4586, 0.2476, 0.1775, 0.1536, 0.1357, 0.0995, 0.0966, 0.0956]


def _course(
    losses: Iterable[float], looks: Iterable[float], written: float = 1.0, train: float = 0.02
) -> list[Event]:
    events: list[Event] = [
        Metric(name="loss", value=loss, step=20 * at) for at, loss in enumerate(losses, start=1)
    ]
    for at, cer in enumerate(looks, start=1):
        events.append(Metric(name="validation_cer", value=cer, step=60 * at))
        events.append(Metric(name=WRITTEN, value=written, step=60 * at))
    return [*events, Metric(name=TRAINING_CER, value=train)]


def _found(events: Iterable[Event]) -> list[str]:
    told: list[Event] = []
    watch = Watch(told.append)
    for event in events:
        watch(event)
    watch.end()
    codes = [note.code for note in watch.notes]
    assert codes == [e.code for e in told if isinstance(e, Note) and e.code in ILLNESSES]
    return codes


@pytest.mark.parametrize("losses", [FRAKTUR, HANDWRITING, LATE_CTC])
def test_sound_runs_have_no_diagnosis(losses: list[float]) -> None:
    assert _found(_course(losses, LOOKS)) == []
    assert _found(_course(losses, [0.805, 0.547, 0.5, 0.47, 0.46], train=0.3)) == []
    assert _found([]) == []


@pytest.mark.parametrize(
    "losses", [[3.6, 4.1, 5.0, 6.2, 9.7], [3.2, 1.9, 0.9, 0.6, 1.5, 2.9], [2.9, 3.0, 3.1, 60.0]]
)
def test_a_loss_that_goes_up_means_too_high_a_rate(losses: list[float]) -> None:
    assert _found(_course(losses, [1.0, 1.0, 1.0], written=0.0)) == ["rate-too-high"]


def test_so_does_a_run_that_went_back_after_it_diverged() -> None:
    events = [*_course(FRAKTUR, LOOKS), Note(text="training diverged", code=DIVERGED)]
    assert _found(events) == ["rate-too-high"]


def test_a_network_that_writes_nothing_has_collapsed_but_only_after_a_while() -> None:
    losses = [4.9, 4.1, 3.6, 3.4, 3.3, 3.3, 3.2]
    assert _found(_course(losses, [1.0, 1.0, 1.0], written=0.0)) == ["blank-collapse"]
    taken_off = _course(losses, [1.0, 1.0], written=0.0)[:-1] + _course([], [0.6, 0.2])
    assert _found(taken_off) == []
    early = Metric(name="validation_cer", value=1.0, step=4)
    assert _found([early, Metric(name=WRITTEN, value=0.0, step=4)]) == []


def test_lines_known_by_heart_beside_new_ones_misread_are_over_fitting() -> None:
    assert _found(_course(FRAKTUR, [0.9, 0.7, 0.62], train=0.03)) == ["over-fitting"]
    worse = [0.5, 0.2, 0.25, 0.27, 0.3, 0.31]
    assert _found(_course(FRAKTUR, worse, train=0.1)) == ["over-fitting"]


def test_a_diagnosis_names_what_was_seen_and_the_next_step() -> None:
    diagnosis = Diagnosis(code="leak", detail="3 of 20")
    assert "3 of 20" in diagnosis.text
    assert diagnosis.text.endswith(ILLNESSES["leak"].remedy)
    assert diagnosis.note().level == "warning"


def test_a_run_that_goes_on_does_not_repeat_what_it_said(tmp_path: Path) -> None:
    told: list[Event] = []
    events = [*_course(FRAKTUR, LOOKS), Diagnosis(code="leak", detail="3 of 20").note()]
    log = tmp_path / "events.jsonl"
    log.write_text("".join(json.dumps(event_record(event)) + "\n" for event in events) + '{"ev')
    past = list(recorded(log))
    assert past == events
    watch = Watch(told.append, past)
    watch.end()
    assert told == []
    assert [note.code for note in watch.notes] == ["leak"]
    assert list(recorded(tmp_path / "absent.jsonl")) == []
