"""The HTML screens; what happens on them goes through the API."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import case, func, select

from uncial.studio import datasets, shelf
from uncial.studio.db.tables import Dataset, Document, Model, Page, Project
from uncial.studio.door import Here, Ident, document_of, job_of, page_of, project_of
from uncial.studio.faults import NotFound
from uncial.studio.paper import missing, screen
from uncial.studio.pedigree import pedigree

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
def home(here: Here, request: Request) -> HTMLResponse:
    """All projects."""
    with here.db.read() as session:
        owned = func.count(Page.id)
        query = (
            select(Project.id, Project.name, Project.note, owned.label("pages"))
            .outerjoin(Document, (Document.project_id == Project.id) & Document.deleted.is_(None))
            .outerjoin(Page, (Page.document_id == Document.id) & Page.deleted.is_(None))
            .where(Project.deleted.is_(None))
            .group_by(Project.id)
            .order_by(Project.created.desc())
        )
        projects = session.execute(query).all()
        latest = (
            select(Page.id, Page.name, Document.name.label("document"))
            .join(Document, Document.id == Page.document_id)
            .join(Project, Project.id == Document.project_id)
            .where(Page.deleted.is_(None), Document.deleted.is_(None), Project.deleted.is_(None))
            .where(Page.status.in_(("segmented", "read", "corrected")))
            .order_by(Page.updated.desc())
            .limit(3)
        )
        recent = session.execute(latest).all()
    return screen(here, request, "home.html", here="projects", projects=projects, recent=recent)


@router.get("/projects/{project}")
def project_screen(here: Here, request: Request, project: Ident) -> HTMLResponse:
    """One project."""
    try:
        with here.db.read() as session:
            found = project_of(session, project)
            checked = func.coalesce(func.sum(case((Page.status == "checked", 1), else_=0)), 0)
            query = (
                select(
                    Document.id,
                    Document.name,
                    func.count(Page.id).label("pages"),
                    checked.label("checked"),
                )
                .outerjoin(Page, (Page.document_id == Document.id) & Page.deleted.is_(None))
                .where(Document.project_id == project, Document.deleted.is_(None))
                .group_by(Document.id)
                .order_by(Document.created)
            )
            documents = session.execute(query).all()
    except NotFound as error:
        return missing(here, request, error)
    return screen(here, request, "project.html", project=found, documents=documents)


@router.get("/documents/{document}")
def document_screen(here: Here, request: Request, document: Ident) -> HTMLResponse:
    """The pages of a document."""
    try:
        with here.db.read() as session:
            found = document_of(session, document)
            project = project_of(session, found.project_id)
    except NotFound as error:
        return missing(here, request, error)
    local = here.settings.mode == "local"
    return screen(here, request, "document.html", document=found, project=project, local=local)


@router.get("/pages/{page}")
def editor_screen(here: Here, request: Request, page: Ident) -> HTMLResponse:
    """The editor of a page."""
    try:
        with here.db.read() as session:
            found = page_of(session, page)
            document = document_of(session, found.document_id)
            project = project_of(session, document.project_id)
    except NotFound as error:
        return missing(here, request, error)
    return screen(here, request, "editor.html", page=found, document=document, project=project)


@router.get("/jobs")
def jobs_screen(here: Here, request: Request) -> HTMLResponse:
    """All jobs."""
    return screen(here, request, "jobs.html", here="jobs")


@router.get("/jobs/{job}")
def job_screen(here: Here, request: Request, job: str) -> HTMLResponse:
    """One job, live."""
    try:
        with here.db.read() as session:
            found = job_of(session, job)
    except NotFound as error:
        return missing(here, request, error)
    return screen(here, request, "job.html", here="jobs", job=found)


@router.get("/models")
def models_screen(here: Here, request: Request) -> HTMLResponse:
    """All models."""
    local = here.settings.mode == "local"
    return screen(here, request, "models.html", here="models", local=local)


@router.get("/models/{model}")
def model_screen(here: Here, request: Request, model: Ident) -> HTMLResponse:
    """One model."""
    try:
        with here.db.read() as session:
            found = shelf.found(session, model)
            related = pedigree(session, found)
    except NotFound as error:
        return missing(here, request, error)
    facts = [
        (name.replace("_", " "), _words(value))
        for name, value in found.facts.items()
        if value not in (None, "", [], {})
    ]
    own = here.who.account is None or found.owner_id == here.who.account
    values: dict[str, Any] = {"model": found, "facts": facts, "own": own, "related": related}
    return screen(here, request, "model.html", here="models", **values)


@router.get("/projects/{project}/{what}")
def work_screen(
    here: Here,
    request: Request,
    project: Ident,
    what: Literal["train", "test", "fit", "next", "search", "datasets"],
) -> HTMLResponse:
    """What is done with a project: train, test, find a model, search, datasets."""
    try:
        with here.db.read() as session:
            found = project_of(session, project)
    except NotFound as error:
        return missing(here, request, error)
    return screen(here, request, f"{what}.html", project=found)


@router.get("/datasets/{dataset}")
def dataset_screen(here: Here, request: Request, dataset: Ident) -> HTMLResponse:
    """One dataset."""
    try:
        with here.db.read() as session:
            found = datasets.found(session, dataset)
            project = project_of(session, found.project_id)
    except NotFound as error:
        return missing(here, request, error)
    return screen(here, request, "dataset.html", dataset=found, project=project)


@router.get("/bin")
def bin_screen(here: Here, request: Request) -> HTMLResponse:
    """What was put into the bin."""
    with here.db.read() as session:
        projects = session.scalars(select(Project).where(Project.deleted.is_not(None))).all()
        documents = session.scalars(select(Document).where(Document.deleted.is_not(None))).all()
        models = session.scalars(select(Model).where(Model.deleted.is_not(None))).all()
        sets = session.scalars(select(Dataset).where(Dataset.deleted.is_not(None))).all()
    things = [
        {"kind": kind, "name": one.name, "path": f"/api/{kind}s/{one.id}"}
        for kind, some in (
            ("project", projects),
            ("document", documents),
            ("model", models),
            ("dataset", sets),
        )
        for one in some
    ]
    return screen(here, request, "bin.html", things=things)


def _words(value: object) -> str:
    """A fact about a model for people."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)
