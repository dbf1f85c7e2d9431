"""The HTML screens of a studio that people share."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from uncial.studio.access import ROLES
from uncial.studio.door import Admin, Here, Ident, Person, project_of
from uncial.studio.paper import screen

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/account")
def account_screen(here: Here, request: Request, person: Person) -> HTMLResponse:
    """One's own account."""
    return screen(here, request, "account.html", here="account")


@router.get("/projects/{project}/people")
def people_screen(here: Here, request: Request, project: Ident, person: Person) -> HTMLResponse:
    """Who is in a project."""
    with here.db.read() as session:
        found = project_of(session, project)
    return screen(here, request, "people.html", project=found, roles=ROLES)


@router.get("/accounts")
def accounts_screen(here: Here, request: Request, admin: Admin) -> HTMLResponse:
    """All accounts."""
    return screen(here, request, "accounts.html", here="accounts")


@router.get("/audit")
def audit_screen(here: Here, request: Request, admin: Admin) -> HTMLResponse:
    """What was done."""
    return screen(here, request, "audit.html", here="accounts")
