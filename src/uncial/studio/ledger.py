"""The ledger of jobs: what was asked for, what became of it, who works on it.

A job is an action's name with a frozen config. Whoever works on it holds a lease that a
heartbeat renews; when the lease runs out, its worker is dead and another may take the job up
again. Queues only ring the bell: whether a job is done, and by whom, is decided here.

::

    queued → running → done | failed | cancelled | paused
       ↑        │ lease ran out              paused, failed, cancelled → queued (go on, retry)
       └────────┘
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from uncial.errors import ConfigError, InputError
from uncial.studio import hooks
from uncial.studio.db.database import Database
from uncial.studio.db.tables import Job, JobEvent

State = Literal["queued", "running", "done", "failed", "cancelled", "paused"]
Wish = Literal["", "cancel", "pause", "stop"]
"""What the user wants of a running job; ``stop`` ends it early and keeps what it has."""

LEASE_SECONDS: Final = 15.0
"""How long a worker may be silent."""

MAX_DEATHS: Final = 3
"""A job whose workers die so often without getting any further is given up."""

ENDED: Final[tuple[State, ...]] = ("done", "failed", "cancelled")
_RING_AGAIN_SECONDS: Final = 10.0


class LeaseLost(Exception):
    """Another worker has the job now: leave it alone."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A job to be done.

    Attributes:
        action: A name in `uncial.studio.actions.ACTIONS`.
        title: What the user reads, e.g. ``Read 12 pages with frak2021``.
        config: Frozen inputs, plain JSON.
        queue: Who does it.
        project: That it belongs to.
        document: That it belongs to.
        account: Who asks for it; None in local mode.
        retry_of: Job that it repeats.
    """

    action: str
    title: str
    config: Mapping[str, Any]
    queue: str
    project: int | None = None
    document: int | None = None
    account: int | None = None
    retry_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job that this worker holds."""

    job: str
    account: int | None
    project: int | None
    action: str
    config: dict[str, Any]
    worker: str
    again: bool


def submit(session: Session, ask: Ask) -> str:
    """Write a job down; its id."""
    job = Job(
        id=secrets.token_hex(16),
        action=ask.action,
        title=ask.title,
        queue=ask.queue,
        project_id=ask.project,
        document_id=ask.document,
        account_id=ask.account,
        config=dict(ask.config),
        retry_of=ask.retry_of,
        rung=time.time(),
    )
    session.add(job)
    session.flush()
    return job.id


def claim(db: Database, job_id: str, worker: str) -> Claim | None:
    """Take a job, or None where it is done, held by another or hopeless."""
    now = time.time()
    with db.write() as session:
        job = session.get(Job, job_id)
        if job is None or not (
            job.state == "queued" or (job.state == "running" and job.lease < now)
        ):
            return None
        died = job.state == "running"
        job.deaths += died
        if job.deaths >= MAX_DEATHS:
            _give_up(session, job, now)
            return None
        again = job.started is not None
        job.state, job.worker, job.lease = "running", worker, now + LEASE_SECONDS
        job.started = job.started or now
        if died:
            _note(session, job.id, "its worker was gone; taken up again", "warning")
        return Claim(
            job=job.id,
            account=job.account_id,
            project=job.project_id,
            action=job.action,
            config=dict(job.config),
            worker=worker,
            again=again,
        )


def beat(db: Database, held: Claim, changes: Mapping[str, Any] | None = None) -> Wish:
    """Renew the lease, take progress down, and learn what the user wants.

    Raises:
        LeaseLost: Another worker has the job, or it was ended.
    """
    now = time.time()
    worked = Job.seconds + (now - (Job.lease - LEASE_SECONDS))  # since the last beat
    values: dict[str, Any] = {"lease": now + LEASE_SECONDS, "seconds": worked, **(changes or {})}
    if changes:
        values["deaths"] = 0  # it gets further
    with db.write() as session:
        renewed = session.execute(
            update(Job)
            .where(Job.id == held.job, Job.worker == held.worker, Job.state == "running")
            .values(**values)
            .returning(Job.wish)
        ).scalar_one_or_none()
    if renewed is None:
        raise LeaseLost(held.job)
    return renewed  # type: ignore[return-value]


def tell(db: Database, held: Claim, events: Sequence[dict[str, Any]]) -> None:
    """Append events of a job."""
    with db.write() as session:
        session.add_all(JobEvent(job_id=held.job, body=event) for event in events)


def end(
    db: Database,
    held: Claim,
    state: State,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    """Close a job, unless another worker has it."""
    with db.write() as session:
        ended = session.scalar(
            update(Job)
            .where(Job.id == held.job, Job.worker == held.worker, Job.state == "running")
            .values(
                state=state,
                result=result,
                error=error,
                ended=time.time(),
                wish="",
                lease=0.0,
                eta=None,
            )
            .returning(Job)
        )
        if ended is not None and state in ENDED:
            hooks.job_ended(session, ended)


def wish(session: Session, job: Job, what: Wish) -> None:
    """Take down what the user wants; a job that nobody works on is cancelled at once.

    Raises:
        InputError: It is over.
    """
    if job.state in ENDED:
        raise InputError(f"{job.title}: this job is over ({job.state})", remedy="reload the page")
    orphaned = job.state == "running" and job.lease < time.time()
    if orphaned or job.state in ("queued", "paused"):
        if what == "cancel":
            job.state, job.ended = "cancelled", time.time()
            hooks.job_ended(session, job)
        elif what == "pause":
            job.state = "paused"
        return
    job.wish = what


def go_on(job: Job) -> None:
    """Put a paused, failed or cancelled job back into its queue.

    Raises:
        ConfigError: It is not one of these.
    """
    if job.state not in ("paused", "failed", "cancelled"):
        raise ConfigError(
            f"{job.title}: a job that is {job.state} cannot be put back",
            remedy="wait for it to end, or start a new one",
        )
    job.state, job.wish, job.error, job.ended = "queued", "", None, None
    job.deaths, job.rung = 0, time.time()


def let_go(db: Database, queue: str, gone: Callable[[str], bool]) -> None:
    """End the leases of workers that are known to be gone, so that nobody waits for them."""
    held = select(Job.worker).where(
        Job.queue == queue, Job.state == "running", Job.lease >= time.time()
    )
    with db.read() as session:
        dead = [worker for worker in session.scalars(held) if gone(worker)]
    if dead:
        with db.write() as session:
            rule = (Job.worker.in_(dead)) & (Job.state == "running")
            session.execute(update(Job).where(rule).values(lease=0.0))


def lost(db: Database, queue: str) -> list[str]:
    """Jobs of a queue that nobody works on although they wait, to be rung for again."""
    now = time.time()
    unheard = (Job.state == "queued") & (Job.rung < now - _RING_AGAIN_SECONDS)
    orphaned = (Job.state == "running") & (Job.lease < now)
    with db.read() as session:
        waiting = session.scalars(
            select(Job.id)
            .where(Job.queue == queue, or_(unheard, orphaned))
            .order_by(Job.created)
            .limit(50)
        ).all()
    if waiting:
        with db.write() as session:
            session.execute(update(Job).where(Job.id.in_(waiting)).values(rung=now))
    return list(waiting)


def waiting(db: Database, queue: str) -> list[str]:
    """Jobs of a queue that can be taken now, the oldest first."""
    free = (Job.state == "queued") | ((Job.state == "running") & (Job.lease < time.time()))
    with db.read() as session:
        found = select(Job.id).where(Job.queue == queue, free).order_by(Job.created)
        return list(session.scalars(found))


def shown(job: Job) -> dict[str, Any]:
    """What screens and API tell of a job."""
    names = ("id", "action", "title", "state", "wish", "stage", "done", "total", "unit", "eta")
    more = ("project_id", "document_id", "created", "started", "ended", "error", "result")
    return {name: getattr(job, name) for name in (*names, *more)}


def _give_up(session: Session, job: Job, now: float) -> None:
    job.state, job.ended = "failed", now
    job.error = {
        "code": "worker_died",
        "message": f"its worker died {MAX_DEATHS} times without getting any further",
        "remedy": "give it fewer pages, or this machine more memory; then try again",
    }
    hooks.job_ended(session, job)


def _note(session: Session, job: str, text: str, level: str) -> None:
    body = {"event": "note", "text": text, "level": level, "code": ""}
    session.add(JobEvent(job_id=job, body=body))
