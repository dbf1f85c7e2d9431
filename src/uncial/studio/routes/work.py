"""Work for models: find lines, read, train, test; each answers with its job."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from uncial.errors import InputError
from uncial.studio import catalogue, groundtruth, shelf
from uncial.studio.door import Here, Ident, document_of, project_of
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS

router = APIRouter(prefix="/api", tags=["work"])

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class PagesWork(BaseModel):
    """Pages of one document, and the model that is to look at them."""

    pages: list[Number] = Field(min_length=1, max_length=100_000)
    model: Number | None = None


class Export(BaseModel):
    """Pages of one document, and the format that they are wanted in."""

    pages: list[Number] = Field(min_length=1, max_length=100_000)
    format: Literal[
        "page", "page2013", "alto", "hocr", "text", "tei", "docx", "pdf", "json", "lines"
    ]
    proposals: bool = True
    images: bool = False


class Lines(BaseModel):
    """Lines that people wrote."""

    documents: list[Number] = Field(min_length=1, max_length=1000)
    checked: bool = True
    pages: list[Number] = Field(default=[], max_length=100_000)


class Training(BaseModel):
    """What to train on, from what, for how long."""

    name: Name
    lines: Lines
    base: Number | None = None
    minutes: float = Field(default=10, gt=0, le=100_000)
    preset: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] = "auto"


class Testing(BaseModel):
    """Which model to test on which lines."""

    model: Number
    lines: Lines


@router.post("/documents/{document}/segment", status_code=202)
def start_segmenting(here: Here, document: Ident, work: PagesWork) -> dict[str, Any]:
    """Let a model find the lines of pages."""
    if "segment" not in TASKS:
        raise InputError("no model that finds lines is here yet", remedy="draw the lines by hand")
    return _on_pages(here, document, work, "segment", "Find lines on")


@router.post("/documents/{document}/read", status_code=202)
def start_reading(here: Here, document: Ident, work: PagesWork) -> dict[str, Any]:
    """Let a model read the lines of pages."""
    if work.model is None:
        raise InputError("no model was named", remedy="choose a model")
    return _on_pages(here, document, work, "read", "Read")


@router.post("/documents/{document}/export", status_code=202)
def start_export(here: Here, document: Ident, wanted: Export) -> dict[str, Any]:
    """Write pages in a format, packed in one file."""
    with here.db.read() as session:
        owner = document_of(session, document)
        if catalogue.document_of(session, wanted.pages).id != document:
            raise InputError("these pages are of another document", remedy="reload the screen")
        title = f"{owner.name} as {wanted.format}"
        project = owner.project_id
    config = {"document": document, **wanted.model_dump()}
    return {"job": here.start("export", title, config, project=project, document=document)}


@router.get("/projects/{project}/lines")
def count_lines(
    here: Here,
    project: Ident,
    documents: Annotated[list[Number], Query(max_length=1000)],
    checked: bool = True,
) -> dict[str, Any]:
    """Pages, lines and characters that there are to train on."""
    with here.db.read() as session:
        project_of(session, project)
        choice = Choice(documents=tuple(documents), checked=checked)
        return groundtruth.count(session, choice)


@router.post("/projects/{project}/trainings", status_code=202)
def start_training(here: Here, project: Ident, wanted: Training) -> dict[str, Any]:
    """Train a model."""
    config = {
        "name": wanted.name,
        "choice": _choice(here, project, wanted.lines),
        "base": wanted.base,
        "minutes": wanted.minutes,
        "options": {} if wanted.preset == "auto" else {"preset": wanted.preset},
    }
    if wanted.base is not None:
        with here.db.read() as session:
            shelf.found(session, wanted.base)
    return {"job": here.start("train", f"Train {wanted.name}", config, project=project)}


@router.post("/projects/{project}/tests", status_code=202)
def start_test(here: Here, project: Ident, wanted: Testing) -> dict[str, Any]:
    """Test a model."""
    with here.db.read() as session:
        name = shelf.found(session, wanted.model).name
    config = {"model": wanted.model, "choice": _choice(here, project, wanted.lines)}
    return {"job": here.start("test", f"Test {name}", config, project=project)}


def _on_pages(
    here: Here, document: int, work: PagesWork, action: str, words: str
) -> dict[str, Any]:
    with here.db.read() as session:
        owner = document_of(session, document)
        if catalogue.document_of(session, work.pages).id != document:
            raise InputError("these pages are of another document", remedy="reload the screen")
        model = shelf.found(session, work.model).name if work.model is not None else ""
        project = owner.project_id
    count = f"{len(work.pages)} page{'s' if len(work.pages) > 1 else ''}"
    title = f"{words} {count}" + (f" with {model}" if model else "")
    config = {"document": document, "pages": work.pages, "model": work.model}
    return {"job": here.start(action, title, config, project=project, document=document)}


def _choice(here: Here, project: int, lines: Lines) -> dict[str, Any]:
    with here.db.read() as session:
        for document in lines.documents:
            if document_of(session, document).project_id != project:
                raise InputError("a document of another project", remedy="reload the screen")
    return lines.model_dump()
