"""Errors as JSON: what is wrong, where, and the next step; and with which status."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from uncial.errors import (
    Cancelled,
    ConfigError,
    InputError,
    MissingDependency,
    TrainingError,
    UncialError,
)

STATUS: Final[tuple[tuple[type[UncialError], int], ...]] = (
    (InputError, 422),
    (ConfigError, 422),
    (MissingDependency, 501),
    (TrainingError, 409),
    (Cancelled, 409),
)
"""The HTTP status of every deliberate error."""


class NotFound(UncialError):
    """There is no such thing, or it is not this user's."""

    def __init__(self, what: str) -> None:
        super().__init__(f"there is no such {what}", remedy="go back and choose another")


class NotAllowed(UncialError):
    """The user may look at this thing, but not do that."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"your role does not allow this with the {what}",
            remedy="ask an owner of the project for another role",
        )


class TooMany(UncialError):
    """Tried too often, or more than a quota allows.

    Attributes:
        wait: Seconds after which it may be tried again; 0 where waiting does not help.
    """

    def __init__(self, problem: str, *, remedy: str, wait: int = 0) -> None:
        super().__init__(problem, remedy=remedy)
        self.wait = wait


class Conflict(UncialError):
    """Somebody else changed the same thing in the meantime.

    Attributes:
        theirs: What it is now, as JSON.
    """

    def __init__(self, problem: str, theirs: Any, *, remedy: str) -> None:  # noqa: ANN401
        super().__init__(problem, remedy=remedy)
        self.theirs = theirs


def as_body(error: UncialError) -> dict[str, Any]:
    """An error as the API gives it."""
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    body: dict[str, Any] = {"code": code, "message": error.problem, "remedy": error.remedy}
    if isinstance(error, Conflict):
        body["theirs"] = error.theirs
    return body


def status_of(error: UncialError) -> int:
    """The HTTP status of a deliberate error."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, Conflict):
        return 409
    if isinstance(error, NotAllowed):
        return 403
    if isinstance(error, TooMany):
        return 429
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def install(app: FastAPI) -> None:
    """Answer every error of the API in one form."""
    app.add_exception_handler(UncialError, _deliberate)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(OperationalError, _busy)
    app.add_exception_handler(DataError, _unkept)
    app.add_exception_handler(IntegrityError, _twice)


def _answer(status: int, body: dict[str, Any]) -> JSONResponse:
    return JSONResponse({"error": body}, status_code=status)


async def _deliberate(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, UncialError):
        raise error
    answer = _answer(status_of(error), as_body(error))
    if isinstance(error, TooMany) and error.wait:
        answer.headers["retry-after"] = str(error.wait)
    return answer


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [
        f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg'].lower()}"
        for item in error.errors()
    ]
    body = {"code": "invalid", "message": "\n".join(problems), "remedy": "correct these values"}
    return _answer(422, body)


async def _plain(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    body = {"code": f"http_{error.status_code}", "message": str(error.detail), "remedy": ""}
    return _answer(error.status_code, body)


async def _busy(request: Request, error: Exception) -> JSONResponse:
    body = {
        "code": "busy",
        "message": "the database is busy",
        "remedy": "try again in a moment",
    }
    return _answer(503, body)


async def _unkept(request: Request, error: Exception) -> JSONResponse:
    """PostgreSQL keeps no NUL characters and no numbers beyond its types."""
    body = {
        "code": "invalid",
        "message": "the database cannot keep one of these values",
        "remedy": "leave out control characters and numbers without measure",
    }
    return _answer(422, body)


async def _twice(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, IntegrityError) or "unique" not in str(error.orig).lower():
        raise error
    body = {
        "code": "conflict",
        "message": "somebody did the same at the same moment",
        "remedy": "try again",
    }
    return _answer(409, body)
