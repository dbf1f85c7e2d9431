"""Projects: list, make, rename, bin."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints
from sqlalchemy import func, select

from uncial.studio import access
from uncial.studio.bin import restored
from uncial.studio.db.tables import Document, Page, Project
from uncial.studio.door import Here, Ident, project_of

router = APIRouter(prefix="/api/projects", tags=["projects"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=20_000)]


class NewProject(BaseModel):
    """A project to be made."""

    name: Name
    note: Text = ""


class ProjectChange(BaseModel):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    note: Text | None = None


@router.get("")
def list_projects(here: Here, bin: bool = False) -> list[dict[str, Any]]:
    """All projects, the newest first."""
    with here.db.read() as session:
        query = (
            select(Project, func.count(Page.id))
            .outerjoin(Document, (Document.project_id == Project.id) & Document.deleted.is_(None))
            .outerjoin(Page, (Page.document_id == Document.id) & Page.deleted.is_(None))
            .where(Project.deleted.is_not(None) if bin else Project.deleted.is_(None))
            .group_by(Project.id)
            .order_by(Project.created.desc())
        )
        return [_shown(project) | {"pages": pages} for project, pages in session.execute(query)]


@router.post("", status_code=201)
def make_project(here: Here, new: NewProject) -> dict[str, Any]:
    """Make a project."""
    with here.db.write() as session:
        project = Project(name=new.name, note=new.note)
        session.add(project)
        session.flush()
        access.own(session, here.who.account, project.id)
        return _shown(project)


@router.get("/{project}")
def one_project(here: Here, project: Ident) -> dict[str, Any]:
    """One project."""
    with here.db.read() as session:
        return _shown(project_of(session, project))


@router.patch("/{project}")
def change_project(here: Here, project: Ident, change: ProjectChange) -> dict[str, Any]:
    """Rename a project, or change its note."""
    with here.db.write() as session:
        found = project_of(session, project)
        for name, value in change.model_dump(exclude_none=True).items():
            setattr(found, name, value)
        return _shown(found)


@router.delete("/{project}", status_code=204)
def bin_project(here: Here, project: Ident) -> None:
    """Put a project into the bin."""
    with here.db.write() as session:
        project_of(session, project).deleted = time.time()


@router.post("/{project}/restore")
def restore_project(here: Here, project: Ident) -> dict[str, Any]:
    """Take a project out of the bin."""
    with here.db.write() as session:
        return _shown(restored(session, Project, project))


def _shown(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "note": project.note,
        "created": project.created,
    }
