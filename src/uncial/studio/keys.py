"""What lets somebody in: the key of a studio on one's own machine, or the sign-ins of a server."""

from __future__ import annotations

import getpass
import hashlib
import hmac
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from typing import Final, Protocol

from starlette.datastructures import Headers

from uncial.studio import accounts
from uncial.studio.access import Actor
from uncial.studio.db.database import Database
from uncial.studio.settings import Settings

COOKIE: Final = "uncial"
SIGN_IN_SECONDS: Final = 60 * 86400


class Keys(Protocol):
    """Who is let in."""

    def who(self, headers: Headers) -> Actor | None:
        """Whoever a request comes from; None where that is nobody who may come in."""


class LocalKey:
    """One user with the token of the start: in the address once, then in a cookie.

    Args:
        settings: Of the studio.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token
        self.cookie = _derived(settings.token, "cookie")
        self._actor = Actor(name=getpass.getuser(), admin=True, csrf=csrf_token(settings))

    def opens(self, token: str) -> bool:
        """Whether this is the token."""
        return same(token, self._token)

    def who(self, headers: Headers) -> Actor | None:
        """The one user, where the request has the token or the cookie."""
        if self.opens(bearer(headers)):
            return replace(self._actor, program=True)
        return self._actor if same(cookie(headers, COOKIE), self.cookie) else None


class ServerKeys:
    """People with accounts, and their programs.

    Args:
        settings: Of the studio.
        db: Of the studio.
    """

    def __init__(self, settings: Settings, db: Database) -> None:
        self._name = cookie_name(settings)
        self._db = db

    def who(self, headers: Headers) -> Actor | None:
        """Whoever signed in, or gave a program its token."""
        shown = bearer(headers)
        if shown:
            return accounts.by_token(self._db, shown)
        return accounts.by_cookie(self._db, cookie(headers, self._name))


def cookie_name(settings: Settings) -> str:
    """Behind HTTPS a name with which a browser takes the cookie from this very host only."""
    return f"__Host-{COOKIE}" if settings.secure else COOKIE


def csrf_token(settings: Settings) -> str:
    """What the pages of local mode send along with every change."""
    return _derived(settings.token, "csrf")


def cookie(headers: Headers, name: str) -> str:
    """The value of a cookie; empty where there is none."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def bearer(headers: Headers) -> str:
    """The token that a program shows; empty where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are equal; how long it takes tells nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _derived(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()
