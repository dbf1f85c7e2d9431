"""What is answered at all, and what a browser may do with it: the layer around every request.

Only the studio's own host names are answered, so that a foreign page cannot rebind a name to it.
In local mode a browser comes with the token that the start printed, in the address once, then in
a cookie; on a server it signs in. Programs come with a bearer token. Changes that come with a
cookie also need the CSRF token, which only our own pages know.

Source: OWASP cheat sheets on CSRF (signed token in a header) and DNS rebinding; CSP level 3.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from uncial.studio import audit
from uncial.studio.access import NOBODY, Actor
from uncial.studio.db.database import Database
from uncial.studio.keys import COOKIE, LocalKey, ServerKeys, same
from uncial.studio.limits import Pace
from uncial.studio.settings import Settings

ACTOR: Final = "uncial.actor"
"""Where a request's scope holds whoever it comes from."""

CSRF_HEADER: Final = "x-csrf-token"
MAX_BODY: Final = 48_000_000
"""Bytes of one request; larger files come in chunks."""

MAX_PACE: Final = 3000
"""Requests a minute of one account, or of one address that has not signed in."""

_EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The editor has a style element without content, so that OpenSeadragon adds none of its own."""

CSP: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {_EMPTY_STYLE}; "
    "img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_PUBLIC: Final = re.compile(r"/sign-in|/api/sign-in|/(api/)?invitations/[\w-]{1,100}")
"""What those who have not signed in may ask a server for."""

_HEADERS: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_NO_ENTRY: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Uncial</title></head><body><h1>This studio is locked</h1>
<p>Open the address that <code>uncial studio</code> printed in the terminal; it holds the key.</p>
</body></html>"""


class Guard:
    """ASGI middleware.

    Args:
        app: What is guarded.
        settings: Of the studio.
        db: Of the studio.
    """

    def __init__(self, app: ASGIApp, settings: Settings, db: Database) -> None:
        self._app = app
        self._settings = settings
        self._db = db
        self._local = LocalKey(settings) if settings.mode == "local" else None
        self._keys = self._local or ServerKeys(settings, db)
        self._pace = Pace(MAX_PACE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # there are none
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        inner = refusal if refusal is not None else self._app
        await inner(scope, _bounded(receive), self._sending(scope, send))

    async def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._settings.hosts:
            return _refuse(421, "wrong_host", "this studio does not answer to that name")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return _refuse(400, "bad_length", "this request has no length")
        if len(length) > 12 or int(length) > MAX_BODY:
            return _refuse(413, "too_large", "this request is too large")
        if scope["path"].startswith("/static/"):
            return None
        entry = self._entry(scope)
        if entry is not None:
            return entry
        actor = await run_in_threadpool(self._keys.who, headers)
        return self._known(scope, headers, actor)

    def _known(self, scope: Scope, headers: Headers, actor: Actor | None) -> Response | None:
        """What speaks against a request, now that it is known whose it is."""
        open_to_all = self._local is None and _PUBLIC.fullmatch(scope["path"]) is not None
        if actor is None and not open_to_all:
            return self._stranger(scope)
        scope[ACTOR] = actor or NOBODY
        caller = (scope.get("client") or ("",))[0] if actor is None else f"account {actor.account}"
        if self._local is None and not self._pace.allows(caller):
            return _refuse(429, "too_many", "these are too many requests", "wait a minute")
        if scope["method"] in _SAFE or (actor is not None and actor.program):
            return None
        if not _same_origin(headers) or not (
            open_to_all or (actor and same(headers.get(CSRF_HEADER, ""), actor.csrf))
        ):
            return _refuse(403, "foreign_request", "this request does not come from our pages")
        return None

    def _stranger(self, scope: Scope) -> Response:
        if scope["path"].startswith("/api/"):
            how = "sign in" if self._local is None else _OPEN
            return _refuse(401, "locked", "this studio needs its token", how)
        if self._local is not None:
            return HTMLResponse(_NO_ENTRY, status_code=401)
        then = "/" + scope["path"].lstrip("/\\")
        return RedirectResponse(f"/sign-in?then={quote(then)}", status_code=303)

    def _entry(self, scope: Scope) -> Response | None:
        """The first visit in local mode: the token leaves the address for a cookie."""
        if scope["method"] != "GET" or b"token=" not in scope["query_string"]:
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if self._local is None or not self._local.opens(query.pop("token", [""])[0]):
            return None
        path = "/" + scope["path"].lstrip("/\\")
        rest = f"?{urlencode(query, doseq=True)}" if query else ""
        answer = RedirectResponse(path + rest, status_code=303)
        answer.set_cookie(
            COOKIE, self._local.cookie, httponly=True, samesite="strict", max_age=180 * 86400
        )
        return answer

    def _sending(self, scope: Scope, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._settings.secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
                headers.setdefault("cache-control", "no-store")
                if self._local is None and scope["method"] not in _SAFE:
                    await run_in_threadpool(
                        audit.request, self._db, scope, message["status"], scope.get(ACTOR)
                    )
            await send(message)

        return sending


class _TooMuch(HTTPException):
    """A body that is longer than it said."""


def _bounded(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise _TooMuch(413, "this request is too large")
        return message

    return counted


def _same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host", ""):
        return False
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


_OPEN: Final = "open the address that the start printed"


def _refuse(status: int, code: str, text: str, remedy: str = _OPEN) -> JSONResponse:
    body = {"code": code, "message": text, "remedy": remedy}
    return JSONResponse({"error": body}, status_code=status)
