"""People of a project: who is in it, in which role, and invitations to it."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.studio import accounts
from uncial.studio.access import Role
from uncial.studio.db.people import Account, Invitation, Member
from uncial.studio.door import Here, Ident, InPerson, Person, project_of
from uncial.studio.faults import NotAllowed, NotFound

router = APIRouter(prefix="/api/projects/{project}", tags=["people"])

Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class RoleChange(BaseModel):
    """A role in a project."""

    role: Role


class NewInvitation(BaseModel):
    """Whom it is for, and in which role they come in."""

    role: Role = "editor"
    note: Remark = ""


@router.get("/people")
def list_people(here: Here, project: Ident, person: Person) -> list[dict[str, Any]]:
    """Who is in a project."""
    with here.db.read() as session:
        project_of(session, project)
        query = (
            select(Account.id, Account.name, Member.role, Member.since)
            .join(Member, Member.account_id == Account.id)
            .where(Member.project_id == project)
            .order_by(Account.name)
        )
        return [dict(row._mapping) for row in session.execute(query)]


@router.put("/people/{account}")
def change_role(
    here: Here, project: Ident, account: Ident, change: RoleChange, person: Person
) -> dict[str, Any]:
    """Give somebody another role."""
    with here.db.write() as session:
        project_of(session, project)
        member = _member(session, project, account)
        if member.role == "owner" and change.role != "owner":
            _other_owner(session, project)
        member.role = change.role
        return {"id": account, "role": member.role}


@router.delete("/people/{account}", status_code=204)
def remove_person(here: Here, project: Ident, account: Ident, person: Person) -> None:
    """Take somebody out of a project; everybody may leave."""
    if account != person and not here.who.may(project, "owner"):
        raise NotAllowed("project")
    with here.db.write() as session:
        project_of(session, project)
        member = _member(session, project, account)
        if member.role == "owner":
            _other_owner(session, project)
        session.delete(member)


@router.get("/invitations")
def list_invitations(here: Here, project: Ident, person: Person) -> list[dict[str, Any]]:
    """Invitations that nobody has taken yet."""
    with here.db.read() as session:
        project_of(session, project)
        query = select(Invitation).where(
            Invitation.project_id == project,
            Invitation.used_by.is_(None),
            Invitation.expires > time.time(),
        )
        names = ("id", "role", "note", "created", "expires")
        return [
            {name: getattr(one, name) for name in names}
            for one in session.scalars(query.order_by(Invitation.created))
        ]


@router.post("/invitations", status_code=201)
def invite_to_project(
    here: Here, project: Ident, wanted: NewInvitation, person: InPerson
) -> dict[str, str]:
    """Invite one person; the link is told this once."""
    with here.db.write() as session:
        project_of(session, project)
        token = accounts.invite(
            session, person, note=wanted.note, project=project, role=wanted.role
        )
    return {"link": f"{here.settings.address}/invitations/{token}"}


@router.delete("/invitations/{invitation}", status_code=204)
def withdraw_invitation(here: Here, project: Ident, invitation: Ident, person: Person) -> None:
    """Withdraw an invitation that nobody has taken yet."""
    with here.db.write() as session:
        project_of(session, project)
        session.execute(
            delete(Invitation).where(
                Invitation.id == invitation,
                Invitation.project_id == project,
                Invitation.used_by.is_(None),
            )
        )


def _member(session: Session, project: int, account: int) -> Member:
    member = session.get(Member, (project, account))
    if member is None:
        raise NotFound("person in this project")
    return member


def _other_owner(session: Session, project: int) -> None:
    query = select(func.count()).select_from(Member)
    query = query.where(Member.project_id == project, Member.role == "owner")
    if (session.scalar(query) or 0) < 2:
        raise InputError("a project needs an owner", remedy="make somebody else an owner first")
