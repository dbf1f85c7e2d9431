"""Who is let in, and what a browser may do with what it gets: the layer around every request.

In local mode only this machine's own host names are answered (so that a foreign page cannot
rebind a name to 127.0.0.1), and only with the token that the start printed: in the address once,
then in a cookie, or as a bearer token. Changes that come with the cookie also need the CSRF
token, which only our own pages know.

Source: OWASP cheat sheets on CSRF (signed token in a header) and DNS rebinding; CSP level 3.
"""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from uncial.studio.settings import Settings

COOKIE: Final = "uncial"
CSRF_HEADER: Final = "x-csrf-token"
MAX_BODY: Final = 48_000_000
"""Bytes of one request; larger files come in chunks."""

_EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The editor has a style element without content, so that OpenSeadragon adds none of its own."""

CSP: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {_EMPTY_STYLE}; "
    "img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
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


def csrf_token(settings: Settings) -> str:
    """What our own pages send along with every change."""
    return _derived(settings.token, "csrf")


class Guard:
    """ASGI middleware.

    Args:
        app: What is guarded.
        settings: Of the studio.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._key = _derived(settings.token, "cookie")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        inner = refusal if refusal is not None else self._app
        await inner(scope, _bounded(receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._settings.mode == "local" and headers.get("host", "") not in self._settings.hosts:
            return _refuse(421, "wrong_host", "this studio does not answer to that name")
        if int(headers.get("content-length") or 0) > MAX_BODY:
            return _refuse(413, "too_large", "this request is too large")
        if scope["path"].startswith("/static/"):
            return None
        entry = self._entry(scope)
        if entry is not None:
            return entry
        if self._bearer(headers):
            return None
        if not _same(_cookie(headers), self._key):
            if scope["path"].startswith("/api/"):
                return _refuse(401, "locked", "this studio needs its token")
            return HTMLResponse(_NO_ENTRY, status_code=401)
        if scope["method"] not in _SAFE and not self._ours(headers):
            return _refuse(403, "foreign_request", "this request does not come from our pages")
        return None

    def _entry(self, scope: Scope) -> Response | None:
        """The first visit: the token leaves the address for a cookie."""
        if scope["method"] != "GET" or b"token=" not in scope["query_string"]:
            return None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if not _same(query.pop("token", [""])[0], self._settings.token):
            return None
        path = "/" + scope["path"].lstrip("/")
        rest = f"?{urlencode(query, doseq=True)}" if query else ""
        answer = RedirectResponse(path + rest, status_code=303)
        answer.set_cookie(COOKIE, self._key, httponly=True, samesite="strict", max_age=180 * 86400)
        return answer

    def _bearer(self, headers: Headers) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and _same(token, self._settings.token)

    def _ours(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != headers.get("host", ""):
            return False
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        return _same(headers.get(CSRF_HEADER, ""), csrf_token(self._settings))


class _TooMuch(Exception):
    """A body that is longer than it said."""


def _bounded(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise _TooMuch
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending


def _refuse(status: int, code: str, text: str) -> JSONResponse:
    body = {"code": code, "message": text, "remedy": "open the address that the start printed"}
    return JSONResponse({"error": body}, status_code=status)


def _cookie(headers: Headers) -> str:
    morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    return morsel.value if morsel else ""


def _derived(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
