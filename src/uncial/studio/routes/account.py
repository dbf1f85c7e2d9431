"""One's own account: what it uses, its password, tokens for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import delete, func, select

from uncial.errors import InputError
from uncial.studio import accounts, limits
from uncial.studio.db.people import Account, SignIn, Token
from uncial.studio.door import Here, Ident, InPerson, Person
from uncial.studio.keys import cookie, cookie_name

router = APIRouter(prefix="/api/account", tags=["account"])

_MOST_TOKENS = 50
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class NewToken(BaseModel):
    """What a token is for, and how long it lasts."""

    name: Name
    days: int = Field(default=365, ge=1, le=3650)


class PasswordChange(BaseModel):
    """The old password and the new one."""

    old: str = Field(max_length=accounts.MAX_PASSWORD)
    new: str = Field(max_length=accounts.MAX_PASSWORD)


@router.get("")
def my_account(here: Here, person: Person) -> dict[str, Any]:
    """Who asks, with what is used of the quotas."""
    used = here.usage()
    with here.db.read() as session:
        query = select(func.count()).select_from(SignIn).where(SignIn.account_id == person)
        sign_ins = session.scalar(query)
    return {
        "id": person,
        "name": here.who.name,
        "admin": here.who.admin,
        "disk": used.disk,
        "disk_quota": used.disk_quota,
        "minutes": used.minutes,
        "minutes_quota": used.minutes_quota,
        "sign_ins": sign_ins,
    }


@router.put("/password", status_code=204)
def change_password(
    here: Here, request: Request, answer: Response, person: InPerson, change: PasswordChange
) -> None:
    """Take another password; every other sign-in of the account ends."""
    limits.count(here.db, f"password of {person}", 10, 900)
    if accounts.checked(here.db, here.who.name, change.old) is None:
        raise InputError("the old password is wrong", remedy="try again")
    mine = accounts.digest(cookie(request.headers, cookie_name(here.settings)))
    with here.db.write() as session:
        account = session.get_one(Account, person)
        account.password = accounts.hashed(change.new, account.name)
        accounts.sign_out(session, person, keep=mine)


@router.get("/tokens")
def list_tokens(here: Here, person: InPerson) -> list[dict[str, Any]]:
    """Tokens of one's programs, without what they have to show."""
    with here.db.read() as session:
        query = select(Token).where(Token.account_id == person).order_by(Token.created)
        return [_shown(token) for token in session.scalars(query)]


@router.post("/tokens", status_code=201)
def make_token(here: Here, person: InPerson, new: NewToken) -> dict[str, Any]:
    """Make a token; what the program has to show is told this once."""
    with here.db.write() as session:
        query = select(func.count()).select_from(Token).where(Token.account_id == person)
        if (session.scalar(query) or 0) >= _MOST_TOKENS:
            raise InputError("these are many tokens", remedy="remove one that is not used")
        token, shown = accounts.make_token(session, person, new.name, new.days)
        return _shown(token) | {"token": shown}


@router.delete("/tokens/{token}", status_code=204)
def remove_token(here: Here, person: InPerson, token: Ident) -> None:
    """Let a token count no more."""
    with here.db.write() as session:
        session.execute(delete(Token).where(Token.id == token, Token.account_id == person))


def _shown(token: Token) -> dict[str, Any]:
    names = ("id", "name", "created", "expires", "seen")
    return {name: getattr(token, name) for name in names}
