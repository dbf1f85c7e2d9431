"""What a route reaches for: the studio behind the request."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from uncial.studio import ledger, limits, quotas
from uncial.studio.access import Actor, Role, Scope, needed, refuse
from uncial.studio.actions.registry import ACTIONS
from uncial.studio.db.database import Database
from uncial.studio.db.tables import Document, Job, Page, Project
from uncial.studio.dispatch import Bells
from uncial.studio.faults import NotAllowed, NotFound
from uncial.studio.files import Files
from uncial.studio.guard import ACTOR
from uncial.studio.settings import Settings

_JOBS_A_MINUTE: Final = 60


@dataclass(frozen=True, kw_only=True)
class Studio:
    """One running studio, as whoever asks it may see it.

    Attributes:
        who: Whoever asks.
    """

    settings: Settings
    db: Database
    files: Files
    bells: Bells
    who: Actor = field(default_factory=lambda: Actor(name=getpass.getuser()))

    @property
    def author(self) -> str:
        """For the history of texts."""
        return self.who.name

    def seen_by(self, actor: Actor, need: Role) -> Studio:
        """The same studio with what an actor may see.

        Args:
            actor: Whoever asks.
            need: Role that the request needs.
        """
        if actor.account is None:
            return replace(self, who=actor)
        return replace(
            self,
            who=actor,
            db=self.db.watched(Scope(actor, need)),
            files=Files(self.settings.data, actor.account),
        )

    def start(
        self,
        action: str,
        title: str,
        config: dict[str, Any],
        *,
        project: int | None = None,
        document: int | None = None,
    ) -> str:
        """Submit a job and ring for it; its id.

        Raises:
            TooMany: Its account has no minutes left, or starts too many jobs.
        """
        if self.who.account is not None:
            limits.count(self.db, f"jobs of {self.who.account}", _JOBS_A_MINUTE, 60)
            quotas.require_minutes(self.usage())
        queue = ACTIONS[action].queue
        ask = ledger.Ask(
            action=action,
            title=title,
            config=config,
            queue=queue,
            project=project,
            document=document,
            account=self.who.account,
        )
        with self.db.write() as session:
            job = ledger.submit(session, ask)
        self.bells.ring(queue, job)
        return job

    def usage(self) -> quotas.Usage:
        """What whoever asks uses; only for accounts."""
        with self.db.read() as session:
            return quotas.usage(session, self.settings, self.files, self.who.account or 0)


def _studio(request: Request) -> Studio:
    studio = request.app.state.studio
    if not isinstance(studio, Studio):
        raise TypeError("the application was not made by uncial.studio.app")
    actor = request.scope[ACTOR]
    return studio.seen_by(actor, needed(request.method, request.scope["route"].path))


Ident = Annotated[int, Path(ge=0, le=2**31 - 1)]
"""A number in the address that names a row."""

Here = Annotated[Studio, Depends(_studio)]
"""A route's parameter: the studio."""


def project_of(session: Session, ident: int) -> Project:
    """A project that exists and is not in the bin.

    Raises:
        NotFound: There is none.
        NotAllowed: The role does not do.
    """
    project = session.get(Project, ident)
    if project is None:
        raise refuse(session, Project, ident, "project")
    if project.deleted is not None:
        raise NotFound("project")
    return project


def document_of(session: Session, ident: int) -> Document:
    """A document that exists and is not in the bin.

    Raises:
        NotFound: There is none.
        NotAllowed: The role does not do.
    """
    document = session.get(Document, ident)
    if document is None:
        raise refuse(session, Document, ident, "document")
    if document.deleted is not None:
        raise NotFound("document")
    project_of(session, document.project_id)
    return document


def page_of(session: Session, ident: int) -> Page:
    """A page that exists; it may be in the bin.

    Raises:
        NotFound: There is none.
        NotAllowed: The role does not do.
    """
    page = session.get(Page, ident)
    if page is None:
        raise refuse(session, Page, ident, "page")
    document_of(session, page.document_id)
    return page


def job_of(session: Session, ident: str) -> Job:
    """A job.

    Raises:
        NotFound: There is none.
        NotAllowed: The role does not do.
    """
    job = session.get(Job, ident)
    if job is None:
        raise refuse(session, Job, ident, "job")
    return job


def _person(here: Here) -> int:
    if not here.who.account:
        raise NotFound("account")
    return here.who.account


def _in_person(here: Here) -> int:
    if here.who.program:
        raise NotAllowed("account")
    return _person(here)


def _admin(here: Here) -> int:
    if not here.who.admin:
        raise NotAllowed("studio")
    return _in_person(here)


Person = Annotated[int, Depends(_person)]
"""A route's parameter: the account of whoever asks; there is none in local mode."""

InPerson = Annotated[int, Depends(_in_person)]
"""The same, but no program with a token."""

Admin = Annotated[int, Depends(_admin)]
"""The same, of somebody who looks after the studio."""
