"""What a route reaches for: the studio behind the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from uncial.studio import ledger
from uncial.studio.actions.registry import ACTIONS
from uncial.studio.db.database import Database
from uncial.studio.db.tables import Document, Job, Page, Project
from uncial.studio.dispatch import Bells
from uncial.studio.faults import NotFound
from uncial.studio.files import Files
from uncial.studio.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Studio:
    """One running studio.

    Attributes:
        author: Who works here in local mode, for the history of texts.
    """

    settings: Settings
    db: Database
    files: Files
    bells: Bells
    author: str = "you"

    def start(
        self,
        action: str,
        title: str,
        config: dict[str, Any],
        *,
        project: int | None = None,
        document: int | None = None,
    ) -> str:
        """Submit a job and ring for it; its id."""
        queue = ACTIONS[action].queue
        ask = ledger.Ask(
            action=action,
            title=title,
            config=config,
            queue=queue,
            project=project,
            document=document,
        )
        with self.db.write() as session:
            job = ledger.submit(session, ask)
        self.bells.ring(queue, job)
        return job


def _studio(request: Request) -> Studio:
    studio = request.app.state.studio
    if not isinstance(studio, Studio):
        raise TypeError("the application was not made by uncial.studio.app")
    return studio


Ident = Annotated[int, Path(ge=0, le=2**31 - 1)]
"""A number in the address that names a row."""

Here = Annotated[Studio, Depends(_studio)]
"""A route's parameter: the studio."""


def project_of(session: Session, ident: int) -> Project:
    """A project that exists and is not in the bin.

    Raises:
        NotFound: There is none.
    """
    project = session.get(Project, ident)
    if project is None or project.deleted is not None:
        raise NotFound("project")
    return project


def document_of(session: Session, ident: int) -> Document:
    """A document that exists and is not in the bin.

    Raises:
        NotFound: There is none.
    """
    document = session.get(Document, ident)
    if document is None or document.deleted is not None:
        raise NotFound("document")
    project_of(session, document.project_id)
    return document


def page_of(session: Session, ident: int) -> Page:
    """A page that exists; it may be in the bin.

    Raises:
        NotFound: There is none.
    """
    page = session.get(Page, ident)
    if page is None:
        raise NotFound("page")
    document_of(session, page.document_id)
    return page


def job_of(session: Session, ident: str) -> Job:
    """A job.

    Raises:
        NotFound: There is none.
    """
    job = session.get(Job, ident)
    if job is None:
        raise NotFound("job")
    return job
