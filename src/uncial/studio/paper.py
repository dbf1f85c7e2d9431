"""Drawing the HTML screens: what every one of them is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from uncial.errors import UncialError
from uncial.studio.db.tables import Project
from uncial.studio.door import Studio
from uncial.studio.faults import as_body, status_of

_TEMPLATES = Jinja2Templates(directory=Path(__file__).parent / "templates")


def screen(
    studio: Studio,
    request: Request,
    template: str,
    *,
    project: Project | None = None,
    **values: Any,  # noqa: ANN401
) -> HTMLResponse:
    """A screen.

    Args:
        studio: As whoever asks sees it.
        request: That it answers.
        template: Name of a file in ``templates``.
        project: That it belongs to; what whoever asks may do there decides what is offered.
        values: Further names that the template knows.
    """
    theme = request.cookies.get("theme", "")
    who = studio.who
    role = who.roles.get(project.id, "reader") if who.account is not None and project else "owner"
    common = {
        "csrf": who.csrf,
        "theme": theme if theme in ("light", "dark") else "",
        "here": "",
        "who": who,
        "team": who.account is not None,
        "role": role,
        "project": project,
    }
    return _TEMPLATES.TemplateResponse(request, template, {**common, **values})


def missing(studio: Studio, request: Request, error: UncialError) -> HTMLResponse:
    """The screen that says why there is none."""
    answer = screen(studio, request, "error.html", error=as_body(error))
    answer.status_code = status_of(error)
    return answer
