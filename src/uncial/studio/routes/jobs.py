"""Jobs: list, follow, stop, go on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from sqlalchemy import select

from uncial.studio import ledger
from uncial.studio.db.tables import Job, JobEvent
from uncial.studio.door import Here, Studio, job_of

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

_LOOK_SECONDS: Final = 0.7
_EVENTS_AT_ONCE: Final = 500
_STREAM_SECONDS: Final = 300.0
"""Then a browser asks again, and again it is looked at who it is."""


After = Annotated[int, Query(ge=0, le=2**31 - 1)]


class JobWish(BaseModel):
    """What is to become of a job."""

    wish: Literal["cancel", "pause", "stop", "go-on"]


@router.get("")
def list_jobs(
    here: Here,
    active: bool = False,
    project: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """Jobs, the newest first."""
    query = select(Job).order_by(Job.created.desc()).limit(limit)
    if active:
        query = query.where(Job.state.in_(("queued", "running")))
    if project is not None:
        query = query.where(Job.project_id == project)
    with here.db.read() as session:
        return [ledger.shown(job) for job in session.scalars(query)]


@router.get("/stream")
async def stream_active(here: Here, request: Request) -> StreamingResponse:
    """Server-sent events: the jobs that wait or run, whenever that changes."""

    async def told() -> AsyncIterator[str]:
        last, end = "", time.monotonic() + _STREAM_SECONDS
        while time.monotonic() < end and not await request.is_disconnected():
            jobs = await run_in_threadpool(list_jobs, here, True, None, 50)
            body = json.dumps(jobs)
            if body != last:
                last = body
                yield f"data: {body}\n\n"
            await asyncio.sleep(_LOOK_SECONDS)

    return StreamingResponse(told(), media_type="text/event-stream")


@router.get("/{job}")
def one_job(here: Here, job: str) -> dict[str, Any]:
    """One job with its frozen inputs."""
    with here.db.read() as session:
        found = job_of(session, job)
        return ledger.shown(found) | {"config": found.config}


@router.get("/{job}/log")
def job_log(here: Here, job: str, after: After = 0) -> list[dict[str, Any]]:
    """What a job told, from event `after` on."""
    with here.db.read() as session:
        job_of(session, job)
    return _events(here, job, after)


@router.get("/{job}/stream")
async def stream_job(here: Here, request: Request, job: str, after: After = 0) -> StreamingResponse:
    """Server-sent events: every event of a job and its state; ends when the job does."""
    given = request.headers.get("last-event-id", "")
    last = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else after
    await run_in_threadpool(one_job, here, job)

    async def told() -> AsyncIterator[str]:
        seen, state, end = last, "", time.monotonic() + _STREAM_SECONDS
        while time.monotonic() < end and not await request.is_disconnected():
            now = await run_in_threadpool(one_job, here, job)
            events = await run_in_threadpool(_events, here, job, seen)
            for event in events:
                seen = event["id"]
                yield f"id: {seen}\nevent: told\ndata: {json.dumps(event)}\n\n"
            body = json.dumps(now)
            if body != state and len(events) < _EVENTS_AT_ONCE:
                state = body
                yield f"event: job\ndata: {body}\n\n"
            if now["state"] in ledger.ENDED and len(events) < _EVENTS_AT_ONCE:
                yield "event: end\ndata: {}\n\n"
                return
            await asyncio.sleep(0 if len(events) == _EVENTS_AT_ONCE else _LOOK_SECONDS)

    return StreamingResponse(told(), media_type="text/event-stream")


@router.post("/{job}")
def steer_job(here: Here, job: str, wanted: JobWish) -> dict[str, Any]:
    """Cancel, pause or stop a job early, or put one back that was."""
    with here.db.write() as session:
        found = job_of(session, job)
        if wanted.wish == "go-on":
            ledger.go_on(found)
        else:
            ledger.wish(session, found, wanted.wish)
        queue, state = found.queue, found.state
        answer = ledger.shown(found)
    if state == "queued":
        here.bells.ring(queue, job)
    return answer


def _events(here: Studio, job: str, after: int) -> list[dict[str, Any]]:
    query = (
        select(JobEvent)
        .where(JobEvent.job_id == job, JobEvent.id > after)
        .order_by(JobEvent.id)
        .limit(_EVENTS_AT_ONCE)
    )
    with here.db.read() as session:
        return [{"id": event.id, **event.body} for event in session.scalars(query)]
