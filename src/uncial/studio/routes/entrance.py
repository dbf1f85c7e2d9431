"""Coming in and going out: sign in, take an invitation, sign out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from uncial.errors import InputError
from uncial.studio import accounts, audit, limits
from uncial.studio.access import Actor
from uncial.studio.db.people import Account
from uncial.studio.db.tables import Project
from uncial.studio.door import Here, InPerson, Studio
from uncial.studio.faults import NotFound
from uncial.studio.keys import SIGN_IN_SECONDS, cookie_name
from uncial.studio.paper import missing, screen

router = APIRouter(tags=["entrance"])

_TRIES, _TRIES_SECONDS = 10, 900
InvitationToken = Annotated[str, Path(pattern=r"^[\w-]{1,100}$")]
Password = Annotated[str, Field(max_length=accounts.MAX_PASSWORD)]


class Credentials(BaseModel):
    """What somebody signs in with."""

    name: str = Field(max_length=200)
    password: Password


class Acceptance(BaseModel):
    """What a new account is to be called; empty for somebody who is signed in."""

    name: str = Field(default="", max_length=200)
    password: Password = ""


@router.get("/sign-in", include_in_schema=False, response_class=HTMLResponse)
def sign_in_screen(here: Here, request: Request, then: str = "/") -> Response:
    """Where people sign in."""
    if here.who.account is None or here.who.account:
        return RedirectResponse("/", status_code=303)
    return screen(here, request, "sign_in.html", then=_inside(then))


@router.post("/api/sign-in")
def sign_in(here: Here, request: Request, answer: Response, given: Credentials) -> dict[str, str]:
    """Begin a sign-in; what a browser has to show comes as a cookie."""
    if here.who.account is None:
        raise NotFound("account")
    address = audit.address_of(request.scope)
    db = request.app.state.studio.db
    limits.count(db, f"sign-in from {address}", 10 * _TRIES, _TRIES_SECONDS)
    limits.count(db, f"sign-in of {given.name} from {address}", _TRIES, _TRIES_SECONDS)
    account = accounts.checked(db, given.name, given.password)
    if account is None:
        nobody = Actor(name=given.name[:80], account=0)
        audit.told(db, nobody, "sign in (refused)", address=address)
        raise InputError("name or password is wrong", remedy="try again, or ask for a new password")
    _let_in(db, here, request, answer, account)
    return {"name": account.name}


@router.post("/api/sign-out", status_code=204)
def sign_out(here: Here, request: Request, answer: Response, person: InPerson) -> None:
    """End this sign-in and all others of the account."""
    with here.db.write() as session:
        accounts.sign_out(session, person)
    answer.delete_cookie(cookie_name(here.settings), secure=here.settings.secure)


@router.get("/invitations/{token}", include_in_schema=False, response_class=HTMLResponse)
def invitation_screen(here: Here, request: Request, token: InvitationToken) -> Response:
    """What somebody is invited to."""
    db = request.app.state.studio.db
    with db.read() as session:
        found = accounts.invitation(session, token)
        if here.who.account is None or found is None:
            return missing(here, request, NotFound("invitation, or it was taken or is too old"))
        project = session.get(Project, found.project_id) if found.project_id else None
        by = session.get(Account, found.invited_by) if found.invited_by else None
    return screen(
        here,
        request,
        "invitation.html",
        token=token,
        invited_role=found.role,
        invited_to=project.name if project else "",
        by=by.name if by else "",
        least=accounts.MIN_PASSWORD,
    )


@router.post("/api/invitations/{token}")
def accept_invitation(
    here: Here, request: Request, answer: Response, token: InvitationToken, given: Acceptance
) -> dict[str, Any]:
    """Take an invitation: with a new account, or with the one that is signed in."""
    if here.who.account is None:
        raise NotFound("account")
    db = request.app.state.studio.db
    address = audit.address_of(request.scope)
    limits.count(db, f"invitation from {address}", 3 * _TRIES, _TRIES_SECONDS)
    with db.write() as session:
        found = accounts.invitation(session, token)
        if found is None:
            raise NotFound("invitation, or it was taken or is too old")
        if here.who.account:
            account = session.get_one(Account, here.who.account)
        else:
            account = accounts.make(session, given.name, given.password)
        accounts.accept(session, found, account)
        project = found.project_id
    if not here.who.account:
        _let_in(db, here, request, answer, account)
    return {"name": account.name, "project": project}


def _let_in(
    db: Any,  # noqa: ANN401
    here: Studio,
    request: Request,
    answer: Response,
    account: Account,
) -> None:
    """A new sign-in, whatever cookie came along."""
    with db.write() as session:
        cookie = accounts.sign_in(session, account.id, request.headers.get("user-agent", ""))
    actor = Actor(name=account.name, account=account.id)
    audit.told(db, actor, "sign in", address=audit.address_of(request.scope))
    answer.set_cookie(
        cookie_name(here.settings),
        cookie,
        httponly=True,
        secure=here.settings.secure,
        samesite="lax",
        max_age=SIGN_IN_SECONDS,
    )


def _inside(then: str) -> str:
    """A place in this studio; anything else leads home."""
    plain = then.isprintable() and "\\" not in then
    return then if plain and then.startswith("/") and not then.startswith("//") else "/"
