"""Files from the web: limited in size, resumed where they stopped, checked; and files sent there.

Nothing is asked of a server that a command did not name. A redirect leads on to a public address
or back to the server that was asked, never to another one on this machine or in its network, and
never from an encrypted connection to an open one. A token goes to the server that it is for, and
no redirect takes it along.

Source: RFC 9110 (range requests 14, redirects 15.4); Git object format (hashes of blobs).
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request

from uncial.errors import InputError
from uncial.reach import confined, confinement, is_public, require_address

__all__ = [
    "confined",
    "digest_of",
    "download",
    "fetch",
    "origin",
    "post",
    "require_address",
    "send",
]

TIMEOUT: Final = 60.0
"""Seconds without an answer after which a request counts as failed."""
MOST: Final = 64 * 2**20
"""Bytes of an answer, where nothing else is said."""
MOST_WAITED: Final = 60
"""Seconds that a server which is busy may ask us to wait."""
_CHUNK: Final = 1 << 20
_MOST_SECONDS: Final = 900.0  # of one answer in memory, however slowly it drips
_ATTEMPTS: Final = 3
_BUSY: Final = (429, 503)
_PORTS: Final = {"http": 80, "https": 443}
_AGAIN: Final = "check the address, or try again"


def cache_folder(*inside: str) -> Path:
    """The user's folder for what was fetched, or one in it; it may not exist yet.

    Source: XDG Base Directory Specification.
    """
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "uncial", *inside)


def fetch(url: str, most: int = MOST) -> bytes:
    """What a server answers.

    Args:
        url: With http or https.
        most: Bytes.

    Raises:
        InputError: No HTTP address, no answer, a refusal, a torn answer or more than `most` bytes.
    """
    with _asked(_request(url)) as answer:
        data = _whole(answer, most)
    if len(data) > most:
        raise InputError(f"{url}: more than {most:,} bytes", remedy="ask for something smaller")
    _check_length(url, answer.headers, len(data))
    return data


def download(
    url: str,
    path: Path,
    *,
    most: int,
    size: int = 0,
    digest: str = "",
    tell: Callable[[int], None] = lambda done: None,
) -> None:
    """Download a file; what an earlier try left goes on where it stopped.

    The file appears under its name when it is whole and its digest is right.

    Args:
        url: With http or https.
        path: Of the file to make; its folder exists.
        most: Bytes that it may have.
        size: Bytes that it has; 0 where nothing says.
        digest: Kind and hex, such as ``md5:…``, ``sha256:…`` or ``git:…``; empty for none.
        tell: Called with the bytes there are.

    Raises:
        InputError: It cannot be had, is larger than it may be, or is another one.
    """
    limit = min(size, most) if size else most
    if size > most:
        raise InputError(f"{url}: {size:,} bytes, over {most:,}", remedy="choose a smaller file")
    part = path.with_name(f".{path.name}.part")
    while True:
        resumed = _continued(url, part, limit, tell)
        problem = _mismatch(part, size, digest)
        if not problem:
            part.replace(path)
            return
        part.unlink(missing_ok=True)
        if not resumed:  # what was left over may have been of another file: once more from 0
            raise InputError(f"{url}: {problem}", remedy="try again later, or tell its publisher")


def send(
    method: str, url: str, body: bytes | Path, *, token: str, kind: str = "application/json"
) -> bytes:
    """Send bytes or a file; what the server answers.

    Args:
        method: Of HTTP.
        url: With https; with http on this machine only, as it carries a token.
        body: What to send.
        token: That the server gave the user.
        kind: Media type of the body.

    Raises:
        InputError: No answer, or a refusal.
    """
    scheme, host, _ = origin(url)
    if scheme != "https" and not _is_private(host):
        raise InputError(f"{url}: not encrypted", remedy="name an address with https://")
    length = body.stat().st_size if isinstance(body, Path) else len(body)
    with _opened(body) as data:
        request = _request(url, {"Content-Type": kind})
        request.data, request.method = data, method
        request.add_header("Content-Length", str(length))  # which new data take away
        request.add_unredirected_header("Authorization", f"Bearer {token}")
        with _asked(request) as answer:
            return bytes(answer.read())


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> None:
    """Send JSON to a server; what it answers does not count, as long as it is a success.

    Raises:
        InputError: As `fetch`.
    """
    request = _request(url, {"Content-Type": "application/json", **headers})
    request.data, request.method = body, "POST"
    with _asked(request, timeout=timeout):
        pass


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; empty where it is none."""
    try:
        told = urlsplit(url)
        port = told.port
    except ValueError:
        return "", "", 0
    return told.scheme, (told.hostname or "").lower(), port or _PORTS.get(told.scheme, 0)


@contextmanager
def _opened(body: bytes | Path) -> Iterator[bytes | IO[bytes]]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as file:
        yield file


def _whole(answer: HTTPResponse, most: int) -> bytes:
    """Up to `most` + 1 bytes of an answer."""
    end, data = time.monotonic() + _MOST_SECONDS, bytearray()
    while len(data) <= most and (block := answer.read(min(_CHUNK, most + 1 - len(data)))):
        data += block
        if time.monotonic() > end:
            raise OSError(f"not done in {_MOST_SECONDS:.0f} seconds")
    return bytes(data)


def _continued(url: str, part: Path, limit: int, tell: Callable[[int], None]) -> bool:
    """Download into `part`, behind what is there; whether anything was there."""
    start = part.stat().st_size if part.exists() else 0
    if start > limit:
        part.unlink()
        start = 0
    if start == limit:
        return True
    headers = {"Range": f"bytes={start}-"} if start else {}
    with _asked(_request(url, headers), unfit=bool(start)) as answer:
        if start and not _goes_on(answer, start):
            start = 0
        declared = int(answer.headers.get("Content-Length") or 0)
        if start + declared > limit:
            raise InputError(
                f"{url}: {start + declared:,} bytes, over {limit:,}", remedy="choose another file"
            )
        there = start
        with part.open("ab" if start else "wb") as file:
            while chunk := answer.read(_CHUNK):
                there += len(chunk)
                if there > limit:
                    raise InputError(f"{url}: over {limit:,} bytes", remedy="choose another file")
                file.write(chunk)
                tell(there)
    _check_length(url, answer.headers, there - start)
    return start > 0


def _goes_on(answer: HTTPResponse, start: int) -> bool:
    """Whether an answer begins behind the bytes that there are."""
    told = answer.headers.get("Content-Range") or ""
    return answer.status == 206 and told.startswith(f"bytes {start}-")


def _mismatch(path: Path, size: int, digest: str) -> str:
    """What is wrong with a file; nothing, or a sentence."""
    there = path.stat().st_size
    if size and there != size:
        return f"has {there:,} bytes, not {size:,}"
    kind, _, wanted = digest.partition(":")
    if not wanted:
        return ""
    found = digest_of(path, kind)
    return "" if found == wanted.lower() else f"its {kind} is {found}, not {wanted}"


def digest_of(path: Path, kind: str) -> str:
    """The digest of a file in hex.

    Args:
        path: Of the file.
        kind: ``git`` for the hash of a blob, else as `hashlib` calls it.

    Raises:
        InputError: No such kind is known.
    """
    if kind not in ("git", "md5", "sha1", "sha256", "sha512"):
        raise InputError(f"{path.name}: no digest is called {kind!r}", remedy="update Uncial")
    made = hashlib.new("sha1" if kind == "git" else kind, usedforsecurity=False)
    if kind == "git":
        made.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()


def _request(url: str, headers: Mapping[str, str] | None = None) -> Request:
    return Request(require_address(url), headers={"User-Agent": "uncial", **(headers or {})})


def _check_length(url: str, headers: Message, got: int) -> None:
    declared = headers.get("Content-Length")
    if declared is not None and declared.isdecimal() and got < int(declared):
        raise InputError(
            f"{url}: the answer ended after {got:,} of {int(declared):,} bytes",
            remedy="try again; a download goes on where it stopped",
        )


@contextmanager
def _asked(
    request: Request, *, unfit: bool = False, timeout: float = TIMEOUT
) -> Iterator[HTTPResponse]:
    """The answer to a request, asked again where the server is busy.

    Args:
        request: To send.
        unfit: Whether it asks for a range, which may not be there; then it is asked for all.
        timeout: Seconds without an answer.
    """
    url = request.full_url
    try:
        with _patiently(request, unfit=unfit, timeout=timeout) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        with error:
            detail = error.read(300).decode("utf-8", "replace").strip() if request.data else ""
        told = f"{url}: {error}" + (f": {detail}" if detail else "")
        raise InputError(told, remedy=_AGAIN) from error
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise InputError(f"{url}: {error}", remedy=_AGAIN) from error


def _patiently(request: Request, *, unfit: bool, timeout: float) -> HTTPResponse:
    opener = confinement() or _OPENER
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer: HTTPResponse = opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            if unfit and error.code == 416:
                request.remove_header("Range")
                unfit = False
                wait: int | None = 0
            else:
                wait = _wait(error.headers) if error.code in _BUSY else None
            if wait is None or attempt == _ATTEMPTS or request.data is not None:
                raise
            error.close()
            time.sleep(wait)
        else:
            return answer
    raise InputError(f"{request.full_url}: does not answer", remedy=_AGAIN)


def _wait(headers: Message) -> int | None:
    """Seconds that a busy server asks for; None where it says nothing, or too much."""
    told = headers.get("Retry-After") or ""
    return int(told) if told.isdecimal() and int(told) <= MOST_WAITED else None


class _Redirects(HTTPRedirectHandler):
    """Follows redirects that lead to public addresses."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        """The next request; refused where it leads inwards."""
        before, after = origin(req.full_url), origin(newurl)
        fault = ""
        if before[0] == "https" and after[0] != "https":
            fault = "which is not encrypted"
        elif before != after and _is_private(after[1]):
            fault = "inside of this network"
        if fault:
            fp.close()
            raise InputError(
                f"{req.full_url}: redirects to {newurl}, {fault}",
                remedy="tell who runs the server, or ask that address itself if you trust it",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_private(host: str) -> bool:
    """Whether a host is this machine or one of its network; a name that nobody knows is not."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return not all(is_public(str(one[4][0])) for one in found)


_OPENER: Final = urllib.request.build_opener(_Redirects)
