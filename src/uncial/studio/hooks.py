"""Webhooks: telling other programs that a job of a project has ended.

A message is written down together with the end of its job, so that neither is lost without the
other, and sent by a worker until the other side takes it, at most for a day. Who gets it can
check that it comes from here: the header ``X-Uncial-Signature`` is the HMAC-SHA256 of the body
with the webhook's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from uncial import web
from uncial.errors import InputError
from uncial.studio.db.database import Database
from uncial.studio.db.people import Call, Webhook
from uncial.studio.db.tables import Job

SIGNATURE: Final = "X-Uncial-Signature"
_WAITS: Final = (10, 60, 300, 1800, 7200, 21600, 43200)  # seconds before it is tried again
_TIMEOUT: Final = 10.0
_KEPT_SECONDS: Final = 30 * 86400


def job_ended(session: Session, job: Job) -> None:
    """Write down what is to be told of a job that has ended."""
    if job.project_id is None:
        return
    told: dict[str, Any] = {
        "event": "job-ended",
        "job": job.id,
        "action": job.action,
        "title": job.title,
        "state": job.state,
        "project": job.project_id,
        "document": job.document_id,
        "result": job.result,
        "error": job.error,
        "ended": job.ended,
    }
    for hook in session.scalars(select(Webhook).where(Webhook.project_id == job.project_id)):
        session.add(Call(webhook_id=hook.id, body=told))


def deliver(db: Database) -> int:
    """Send what is due; how many messages were taken."""
    now = time.time()
    with db.read() as session:
        query = (
            select(Call.id, Call.due, Call.tries, Call.body, Webhook.url, Webhook.secret)
            .join(Webhook, Webhook.id == Call.webhook_id)
            .where(Call.state == "waiting", Call.due <= now)
            .order_by(Call.due)
            .limit(20)
        )
        due = session.execute(query).all()
    sent = 0
    for row in due:
        if not _ours(db, row.id, row.due):
            continue
        problem = _send(row.url, row.secret, row.body)
        sent += not problem
        _note(db, row.id, row.tries, problem)
    return sent


def signature(secret: str, body: bytes) -> str:
    """What the header of a message says."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _ours(db: Database, call: int, due: float) -> bool:
    """Take a message; another worker that looks at the same moment does not get it."""
    with db.write() as session:
        taken = session.execute(
            update(Call)
            .where(Call.id == call, Call.state == "waiting", Call.due == due)
            .values(due=time.time() + 6 * _TIMEOUT)
            .returning(Call.id)
        ).scalar_one_or_none()
    return taken is not None


def _send(url: str, secret: str, told: dict[str, Any]) -> str:
    """What went wrong; empty where it was taken."""
    body = json.dumps(told).encode()
    try:
        web.post(url, body, {SIGNATURE: signature(secret, body)}, _TIMEOUT)
    except InputError as error:
        return error.problem[:500]
    return ""


def _note(db: Database, call: int, tries: int, problem: str) -> None:
    over = problem and tries >= len(_WAITS)
    state = "failed" if over else "waiting" if problem else "sent"
    wait = _WAITS[min(tries, len(_WAITS) - 1)]
    now = time.time()
    with db.write() as session:
        values = {"state": state, "tries": tries + 1, "problem": problem, "due": now + wait}
        session.execute(update(Call).where(Call.id == call).values(**values))
        old = (Call.state != "waiting") & (Call.due < now - _KEPT_SECONDS)
        session.execute(delete(Call).where(old))
