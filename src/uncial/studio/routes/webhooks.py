"""Webhooks of a project: addresses that are told when a job has ended."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints
from sqlalchemy import func, select

from uncial import web
from uncial.errors import InputError
from uncial.studio.db.people import Call, Webhook
from uncial.studio.door import Here, Ident, project_of
from uncial.studio.faults import NotFound

router = APIRouter(prefix="/api/projects/{project}/webhooks", tags=["webhooks"])

_MOST = 10


class NewWebhook(BaseModel):
    """Where to."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


@router.get("")
def list_webhooks(here: Here, project: Ident) -> list[dict[str, Any]]:
    """Webhooks of a project, with what became of their last message."""
    with here.db.read() as session:
        project_of(session, project)
        found = []
        for hook in session.scalars(select(Webhook).where(Webhook.project_id == project)):
            query = select(Call).where(Call.webhook_id == hook.id).order_by(Call.id.desc())
            last = session.scalar(query.limit(1))
            told = {"state": last.state, "problem": last.problem} if last else None
            found.append({"id": hook.id, "url": hook.url, "last": told})
        return found


@router.post("", status_code=201)
def make_webhook(here: Here, project: Ident, new: NewWebhook) -> dict[str, Any]:
    """Add an address; the secret that its messages are signed with is told this once."""
    web.require_address(new.url)
    with here.db.write() as session:
        project_of(session, project)
        query = select(func.count()).select_from(Webhook).where(Webhook.project_id == project)
        if (session.scalar(query) or 0) >= _MOST:
            raise InputError(f"a project has {_MOST} webhooks at most", remedy="remove one")
        hook = Webhook(project_id=project, url=new.url, secret=secrets.token_urlsafe(32))
        session.add(hook)
        session.flush()
        return {"id": hook.id, "url": hook.url, "secret": hook.secret}


@router.delete("/{webhook}", status_code=204)
def remove_webhook(here: Here, project: Ident, webhook: Ident) -> None:
    """Tell an address no more."""
    with here.db.write() as session:
        project_of(session, project)
        hook = session.get(Webhook, webhook)
        if hook is None or hook.project_id != project:
            raise NotFound("webhook")
        for call in session.scalars(select(Call).where(Call.webhook_id == webhook)):
            session.delete(call)
        session.flush()
        session.delete(hook)
