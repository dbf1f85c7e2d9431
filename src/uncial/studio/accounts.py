"""Accounts: passwords, sign-ins, tokens of programs and invitations.

A sign-in is kept on the server; the browser holds a random token in a cookie, and here lies its
SHA-256. Signing in always makes a new one, so that nobody can plant theirs. Passwords are kept
by argon2id with the parameters of RFC 9106 for little memory.

Sources: OWASP, Authentication and Session Management; RFC 9106.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.studio.access import ROLES, Actor, Role
from uncial.studio.db.database import Database
from uncial.studio.db.people import Account, Invitation, Member, SignIn, Token

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 200
TOKEN_PREFIX: Final = "uncial_"
INVITATION_SECONDS: Final = 7 * 86400
_IDLE_SECONDS: Final = 14 * 86400
_MOST_SECONDS: Final = 60 * 86400
_SEEN_SECONDS: Final = 300  # a sign-in's last use is written down this often
_HASHER: Final = PasswordHasher()
_TURNS: Final = threading.Semaphore(4)  # each hash takes 64 MB


def digest(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(cookie: str) -> str:
    """What our own pages send along with every change in a sign-in."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


def tidy_name(name: str) -> str:
    """A name in the one form in which it is kept and compared.

    Raises:
        InputError: Too short, too long, or with characters that are not seen.
    """
    tidy = " ".join(unicodedata.normalize("NFKC", name).split())
    if not 2 <= len(tidy) <= 80 or not tidy.isprintable():
        raise InputError("a name has 2 to 80 visible characters", remedy="choose another name")
    return tidy


def make(session: Session, name: str, password: str, *, admin: bool = False) -> Account:
    """A new account.

    Raises:
        InputError: The name is taken, or the password is too short.
    """
    tidy = tidy_name(name)
    if _named(session, tidy) is not None:
        raise InputError("this name is taken", remedy="choose another name")
    account = Account(name=tidy, password=hashed(password, tidy), admin=admin)
    session.add(account)
    session.flush()
    return account


def hashed(password: str, name: str) -> str:
    """What is kept of a password.

    Raises:
        InputError: Too short, too long, or the name itself.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InputError(
            f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters",
            remedy="take a few words",
        )
    if name and name.casefold() in password.casefold() and len(password) < len(name) + MIN_PASSWORD:
        raise InputError("the password repeats the name", remedy="choose another password")
    with _TURNS:
        return _HASHER.hash(password)


def checked(db: Database, name: str, password: str) -> Account | None:
    """The account that name and password belong to; takes as long where there is none."""
    with db.read() as session:
        account = _named(session, " ".join(unicodedata.normalize("NFKC", name).split()))
    known = account.password if account is not None else _nobodys()
    right = _verified(known, password)
    if account is None or account.disabled is not None or not right:
        return None
    if _HASHER.check_needs_rehash(known):
        with db.write() as session:
            session.get_one(Account, account.id).password = hashed(password, account.name)
    return account


def sign_in(session: Session, account: int, agent: str) -> str:
    """What the cookie of a new sign-in holds; those that are over go away."""
    now = time.time()
    over = (SignIn.seen < now - _IDLE_SECONDS) | (SignIn.created < now - _MOST_SECONDS)
    session.execute(delete(SignIn).where(over))
    cookie = secrets.token_urlsafe(32)
    session.add(SignIn(digest=digest(cookie), account_id=account, agent=agent[:200]))
    return cookie


def sign_out(session: Session, account: int, *, keep: str = "") -> None:
    """End all sign-ins of an account, but the one whose digest is given."""
    session.execute(delete(SignIn).where(SignIn.account_id == account, SignIn.digest != keep))


def by_cookie(db: Database, cookie: str) -> Actor | None:
    """Whoever signed in with a browser."""
    if not cookie:
        return None
    now, mark = time.time(), digest(cookie)
    with db.read() as session:
        found = session.get(SignIn, mark)
        if found is None or found.seen < now - _IDLE_SECONDS:
            return None
        if found.created < now - _MOST_SECONDS:
            return None
        actor = _actor(session, found.account_id, csrf=csrf_of(cookie))
    if actor is not None and found.seen < now - _SEEN_SECONDS:
        with db.write() as session:
            session.execute(update(SignIn).where(SignIn.digest == mark).values(seen=now))
    return actor


def make_token(session: Session, account: int, name: str, days: int) -> tuple[Token, str]:
    """A token for a program, and what it has to show: that is told this once."""
    shown = TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires = time.time() + days * 86400
    token = Token(digest=digest(shown), account_id=account, name=name, expires=expires)
    session.add(token)
    session.flush()
    return token, shown


def by_token(db: Database, shown: str) -> Actor | None:
    """Whoever gave a program its token."""
    if not shown.startswith(TOKEN_PREFIX):
        return None
    now = time.time()
    with db.read() as session:
        found = session.scalar(select(Token).where(Token.digest == digest(shown)))
        if found is None or found.expires < now:
            return None
        actor = _actor(session, found.account_id, program=True)
    if actor is not None and (found.seen or 0) < now - _SEEN_SECONDS:
        with db.write() as session:
            session.execute(update(Token).where(Token.id == found.id).values(seen=now))
    return actor


def invite(
    session: Session,
    by: int | None,
    *,
    note: str = "",
    project: int | None = None,
    role: Role | None = None,
    admin: bool = False,
) -> str:
    """A new invitation; what its link ends in."""
    token = secrets.token_urlsafe(24)
    session.add(
        Invitation(
            digest=digest(token),
            project_id=project,
            role=role or "",
            admin=admin,
            note=note,
            invited_by=by,
            expires=time.time() + INVITATION_SECONDS,
        )
    )
    return token


def invitation(session: Session, token: str) -> Invitation | None:
    """An invitation that can still be taken."""
    found = session.scalar(select(Invitation).where(Invitation.digest == digest(token)))
    return found if found and found.used_by is None and found.expires > time.time() else None


def accept(session: Session, found: Invitation, account: Account) -> None:
    """Let an account into what it was invited to; a role that it has is never lowered.

    Raises:
        InputError: Somebody else took it at the same moment.
    """
    taken = session.execute(
        update(Invitation)
        .where(Invitation.id == found.id, Invitation.used_by.is_(None))
        .values(used_by=account.id)
        .returning(Invitation.id)
    ).scalar_one_or_none()
    if taken is None:
        raise InputError("this invitation was taken", remedy="ask for another")
    account.admin = account.admin or found.admin
    if found.project_id is not None:
        member = session.get(Member, (found.project_id, account.id))
        if member is None:
            member = Member(project_id=found.project_id, account_id=account.id, role="reader")
            session.add(member)
        member.role = max(member.role, found.role, key=_rank)


def first_invitation(db: Database) -> str | None:
    """While nobody has an account: what the link for the first one ends in."""
    with db.write() as session:
        if session.scalar(select(Account.id).limit(1)) is not None:
            return None
        session.execute(delete(Invitation).where(Invitation.invited_by.is_(None)))
        return invite(session, None, note="the first account", admin=True)


def _actor(session: Session, ident: int, *, csrf: str = "", program: bool = False) -> Actor | None:
    account = session.get(Account, ident)
    if account is None or account.disabled is not None:
        return None
    query = select(Member.project_id, Member.role).where(Member.account_id == ident)
    roles: dict[int, Role] = {}
    for project, role in session.execute(query):
        roles[project] = ROLES[_rank(role)]
    return Actor(
        name=account.name,
        account=account.id,
        admin=account.admin,
        roles=roles,
        csrf=csrf,
        program=program,
    )


def _named(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name == name))


def _rank(role: str) -> int:
    return [str(one) for one in ROLES].index(role)


def _nobodys() -> str:
    """A hash that no password has, so that unknown names take as long as known ones."""
    if not _DUMMY:
        _DUMMY.append(_HASHER.hash(secrets.token_urlsafe(32)))
    return _DUMMY[0]


_DUMMY: Final[list[str]] = []


def _verified(known: str, password: str) -> bool:
    try:
        with _TURNS:
            return _HASHER.verify(known, password[: MAX_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False
