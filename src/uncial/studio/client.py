"""A studio from Python: its API with the few steps that need more than one request.

::

    studio = Client("https://htr.example.org", "uncial_…")
    project = studio.ask("POST", "/api/projects", {"name": "Letters"})["id"]
    path = f"/api/projects/{project}/documents"
    document = studio.ask("POST", path, {"name": "To Anna"})["id"]
    studio.wait(studio.send(document, sorted(Path("scans").glob("*.jpg"))))
    pages = studio.pages(document)
    studio.wait(studio.ask("POST", f"/api/documents/{document}/segment", {"pages": pages})["job"])
    studio.export(document, "page", Path("letters.zip"))

Needs nothing but Python's standard library.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from uncial.errors import InputError, UncialError

_CHUNK: Final = 8 * 1024 * 1024
_LOOK_SECONDS: Final = 1.0
_ENDED: Final = ("done", "failed", "cancelled", "paused")
_BUNDLES: Final = (".pdf", ".zip")
_PAGE_FILES: Final = (".xml", ".hocr")


class Refused(UncialError):
    """The studio did not do what it was asked for.

    Attributes:
        status: Of HTTP; 0 where nobody answers.
        code: What kind of error it is.
    """

    def __init__(self, status: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code


class Client:
    """One studio.

    Args:
        address: As the browser has it, e.g. ``https://htr.example.org``.
        token: Of an account on a server, or the key of the address on one's own machine.
        timeout: Seconds without an answer after which a request counts as failed.

    Raises:
        InputError: The address is none.
    """

    def __init__(self, address: str, token: str, *, timeout: float = 120.0) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            raise InputError(f"{address}: no address of a studio", remedy="begin it with https://")
        self._address = address.rstrip("/")
        self._token = token
        self._timeout = timeout

    def ask(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401
        """The JSON of an answer; ``/api/openapi.json`` describes what can be asked.

        Args:
            method: Of HTTP.
            path: Begins with ``/api/``.
            body: Becomes JSON; bytes go as they are.

        Raises:
            Refused: The studio says no, or does not answer.
        """
        data = self._bytes(method, path, body)
        return json.loads(data) if data else None

    def send(self, document: int, files: Iterable[Path]) -> str:
        """Import images, page files, PDF and ZIP into a document; the id of the job.

        Raises:
            Refused: The studio says no, or does not answer.
        """
        items = [
            {"name": file.name, "upload": self.upload(file), "kind": _kind(file)} for file in files
        ]
        path = f"/api/documents/{document}/imports"
        return str(self.ask("POST", path, {"items": items})["job"])

    def upload(self, file: Path) -> str:
        """Send a file in chunks; its id, for an import or a model.

        Raises:
            Refused: The studio says no, or does not answer.
        """
        size = file.stat().st_size
        upload = str(self.ask("POST", "/api/uploads", {"name": file.name, "size": size})["id"])
        with file.open("rb") as opened:
            offset = 0
            while chunk := opened.read(_CHUNK):
                self.ask("PUT", f"/api/uploads/{upload}?offset={offset}", chunk)
                offset += len(chunk)
        return upload

    def pages(self, document: int) -> list[int]:
        """Ids of the pages of a document, in order."""
        return list(self.ask("GET", f"/api/documents/{document}/pages/index")["pages"])

    def wait(self, job: str, seconds: float = 86400.0) -> dict[str, Any]:
        """Wait for a job; what came of it.

        Raises:
            Refused: It failed, was cancelled or paused, or takes longer.
        """
        end = time.monotonic() + seconds
        while (found := self.ask("GET", f"/api/jobs/{job}"))["state"] not in _ENDED:
            if time.monotonic() > end:
                raise Refused(0, "slow", f"{found['title']}: not done yet", "wait longer")
            time.sleep(_LOOK_SECONDS)
        if found["state"] != "done":
            error = found["error"] or {"message": found["state"], "remedy": "", "code": ""}
            message = f"{found['title']}: {error['message']}"
            raise Refused(200, error["code"], message, error["remedy"])
        return dict(found["result"] or {})

    def export(self, document: int, form: str, target: Path, pages: Iterable[int] = ()) -> Path:
        """Write pages of a document, all where none are named, to a ZIP file.

        Args:
            document: Id.
            form: As ``uncial formats`` names it, or ``lines``.
            target: The file.
            pages: Ids.

        Raises:
            Refused: The studio says no, or no page could be written.
        """
        wanted = {"pages": list(pages) or self.pages(document), "format": form}
        job = self.ask("POST", f"/api/documents/{document}/export", wanted)["job"]
        data = self._bytes("GET", self.wait(job)["file"])
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(data)
        part.replace(target)
        return target

    def _bytes(self, method: str, path: str, body: Any = None) -> bytes:  # noqa: ANN401
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        request = urllib.request.Request(
            self._address + path, method=method, data=data, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error.code, error.read()) from error
        except OSError as error:
            raise Refused(
                0, "offline", f"{self._address} does not answer: {error}", "check the address"
            ) from error


def _kind(file: Path) -> str:
    suffix = file.suffix.lower()
    return "bundle" if suffix in _BUNDLES else "pages" if suffix in _PAGE_FILES else "image"


def _refused(status: int, body: bytes) -> Refused:
    try:
        error = json.loads(body)["error"]
        return Refused(status, error["code"], error["message"], error["remedy"])
    except (ValueError, KeyError, TypeError):
        return Refused(status, "unknown", f"the studio answers {status}", "check the address")
