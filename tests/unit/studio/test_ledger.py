"""Jobs: one worker at a time, nothing lost, nothing done twice."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from uncial.errors import Cancelled, UncialError
from uncial.progress import Advanced, Note
from uncial.studio import ledger
from uncial.studio.db.database import Database
from uncial.studio.db.tables import Job, JobEvent
from uncial.studio.follow import Follower


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    made.upgrade()
    yield made
    made.close()


def _job(db: Database) -> str:
    with db.write() as session:
        ask = ledger.Ask(action="pictures", title="t", config={"document": 1}, queue="quick")
        return ledger.submit(session, ask)


def _state(db: Database, job: str) -> Job:
    with db.read() as session:
        return session.get_one(Job, job)


def _expire(db: Database, job: str) -> None:
    with db.write() as session:
        session.get_one(Job, job).lease = time.time() - 1


def test_a_job_is_held_by_one_worker(db: Database) -> None:
    job = _job(db)
    held = ledger.claim(db, job, "first")
    assert held is not None
    assert not held.again
    assert ledger.claim(db, job, "second") is None


def test_an_orphan_is_taken_up_again_and_its_old_worker_lets_go(db: Database) -> None:
    job = _job(db)
    first = ledger.claim(db, job, "first")
    assert first is not None
    _expire(db, job)
    assert ledger.lost(db, "quick") == [job]
    second = ledger.claim(db, job, "second")
    assert second is not None
    assert second.again
    with pytest.raises(ledger.LeaseLost):
        ledger.beat(db, first)
    ledger.end(db, first, "failed")
    assert _state(db, job).state == "running"
    ledger.end(db, second, "done", result={"x": 1})
    assert _state(db, job).state == "done"


def test_nobody_waits_for_a_worker_that_is_known_to_be_gone(db: Database) -> None:
    job, other = _job(db), _job(db)
    assert ledger.claim(db, job, "dead") is not None
    assert ledger.claim(db, other, "alive") is not None
    ledger.let_go(db, "quick", lambda worker: worker == "dead")
    assert ledger.lost(db, "quick") == [job]
    assert ledger.claim(db, other, "third") is None


def test_a_job_that_kills_its_workers_is_given_up_unless_it_gets_further(db: Database) -> None:
    job, patient = _job(db), _job(db)
    for _ in range(ledger.MAX_DEATHS):
        assert ledger.claim(db, job, "w") is not None
        _expire(db, job)
    assert ledger.claim(db, job, "w") is None
    assert _state(db, job).state == "failed"
    for done in range(10):
        held = ledger.claim(db, patient, "w")
        assert held is not None
        ledger.beat(db, held, {"done": done})
        _expire(db, patient)
    assert _state(db, patient).state == "running"


def test_waiting_jobs_are_cancelled_at_once_running_ones_at_their_next_report(
    db: Database,
) -> None:
    waiting, running = _job(db), _job(db)
    held = ledger.claim(db, running, "w")
    assert held is not None
    with db.write() as session:
        ledger.wish(session, session.get_one(Job, waiting), "cancel")
        ledger.wish(session, session.get_one(Job, running), "cancel")
    assert _state(db, waiting).state == "cancelled"
    assert _state(db, running).state == "running"
    with Follower(db, held) as follower:
        follower.flush()
        with pytest.raises(Cancelled):
            follower(Advanced(stage="x", done=1, total=2))


def test_to_stop_is_said_once(db: Database) -> None:
    held = ledger.claim(db, _job(db), "w")
    assert held is not None
    with db.write() as session:
        ledger.wish(session, session.get_one(Job, held.job), "stop")
    with Follower(db, held) as follower:
        follower.flush()
        with pytest.raises(KeyboardInterrupt):
            follower(Note(text="a"))
        follower(Note(text="b"))


def test_events_and_progress_are_kept_with_the_time_left(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = ledger.claim(db, _job(db), "w")
    assert held is not None
    clock = iter(range(0, 1000, 2))
    with Follower(db, held) as follower:
        monkeypatch.setattr("uncial.studio.follow.time.monotonic", lambda: float(next(clock)))
        follower(Advanced(stage="read", done=0, total=10, unit="pages"))
        follower(Advanced(stage="read", done=4, total=10, unit="pages"))
        follower(Note(text="hello"))
        monkeypatch.undo()
        follower.flush()
    job = _state(db, held.job)
    assert (job.stage, job.done, job.total, job.unit, job.eta) == ("read", 4, 10, "pages", 3.0)
    with db.read() as session:
        assert [event.body["text"] for event in session.query(JobEvent)] == ["hello"]


def test_what_is_over_cannot_be_stopped_and_what_runs_cannot_be_put_back(db: Database) -> None:
    held = ledger.claim(db, _job(db), "w")
    assert held is not None
    with db.write() as session, pytest.raises(UncialError, match="cannot be put back"):
        ledger.go_on(session.get_one(Job, held.job))
    ledger.end(db, held, "done")
    with db.write() as session, pytest.raises(UncialError, match="is over"):
        ledger.wish(session, session.get_one(Job, held.job), "cancel")


def test_a_cancelled_job_can_be_put_back(db: Database) -> None:
    job = _job(db)
    with db.write() as session:
        ledger.wish(session, session.get_one(Job, job), "cancel")
        ledger.go_on(session.get_one(Job, job))
    assert ledger.claim(db, job, "w") is not None


def test_a_bell_that_nobody_heard_is_rung_again(db: Database) -> None:
    job = _job(db)
    assert ledger.lost(db, "quick") == []
    with db.write() as session:
        session.get_one(Job, job).rung = time.time() - 60
    assert ledger.lost(db, "quick") == [job]
    assert ledger.lost(db, "quick") == []


def test_a_job_whose_worker_died_is_cancelled_at_once(db: Database) -> None:
    job = _job(db)
    assert ledger.claim(db, job, "w") is not None
    _expire(db, job)
    with db.write() as session:
        ledger.wish(session, session.get_one(Job, job), "cancel")
    assert _state(db, job).state == "cancelled"
    assert ledger.claim(db, job, "w") is None
