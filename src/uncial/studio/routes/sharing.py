"""Which projects may use a model."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from uncial.studio import shelf
from uncial.studio.db.people import ModelShare
from uncial.studio.db.tables import Project
from uncial.studio.door import Here, Ident, Person, project_of
from uncial.studio.faults import NotAllowed

router = APIRouter(prefix="/api/models/{model}/projects", tags=["models"])


@router.get("")
def list_shares(here: Here, model: Ident, person: Person) -> list[dict[str, Any]]:
    """One's own projects that may use a model."""
    with here.db.read() as session:
        shelf.found(session, model)
        query = (
            select(Project.id, Project.name)
            .join(ModelShare, ModelShare.project_id == Project.id)
            .where(ModelShare.model_id == model)
            .order_by(Project.name)
        )
        return [{"id": ident, "name": name} for ident, name in session.execute(query)]


@router.put("/{project}", status_code=204)
def share_model(here: Here, model: Ident, project: Ident, person: Person) -> None:
    """Let the people of a project use a model of one's own."""
    with here.db.write() as session:
        _require_own(session, model, person)
        project_of(session, project)
        shelf.share(session, model, project)


@router.delete("/{project}", status_code=204)
def unshare_model(here: Here, model: Ident, project: Ident, person: Person) -> None:
    """Let the people of a project use it no more."""
    with here.db.write() as session:
        _require_own(session, model, person)
        rule = (ModelShare.model_id == model) & (ModelShare.project_id == project)
        session.execute(delete(ModelShare).where(rule))


def _require_own(session: Session, model: int, person: int) -> None:
    if shelf.found(session, model).owner_id != person:
        raise NotAllowed("model")
