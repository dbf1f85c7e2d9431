"""Work for models: find lines, read, train, test; each answers with its job."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from uncial.errors import InputError
from uncial.studio import catalogue, datasets, groundtruth, kinds, pagetruth, shelf, unwritten
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
    """Lines that people wrote: of documents or pages, or a frozen version of a dataset."""

    documents: list[Number] = Field(default=[], max_length=1000)
    checked: bool = True
    pages: list[Number] = Field(default=[], max_length=100_000)
    version: Number | None = None


class Training(BaseModel):
    """What to train on, from what, for how long."""

    name: Name
    lines: Lines
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,40}$")] = "recognition"
    base: Number | None = None
    minutes: float = Field(default=10, gt=0, le=100_000)
    preset: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")] = "auto"
    decide: list[Annotated[str, StringConstraints(max_length=40)]] = Field(
        default=[], max_length=500
    )


class Ranking(BaseModel):
    """Which models to try, on lines with ground truth or without."""

    lines: Lines
    measured: bool = True
    models: list[Number] = Field(default=[], max_length=500)


class Negotiation(BaseModel):
    """Which base to compare with the characters of which lines."""

    base: Number
    lines: Lines


class Suggestion(BaseModel):
    """By which model to choose among lines that nobody has written."""

    model: Number
    lines: Lines
    count: int = Field(default=20, ge=1, le=200)


class Testing(BaseModel):
    """Which models to test on which lines; several are compared with the first."""

    models: list[Number] = Field(min_length=1, max_length=20)
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
    documents: Annotated[list[Number], Query(max_length=1000)] = [],  # noqa: B006
    checked: bool = True,
    version: Number | None = None,
    kind: str = "recognition",
) -> dict[str, Any]:
    """Pages, lines and characters that there are to train on."""
    lines = Lines(documents=documents, checked=checked, version=version)
    choice = Choice(**_choice(here, project, lines))
    with here.db.read() as session:
        needs = kinds.kind_of(kind).needs
        if needs == "pages":
            return pagetruth.count(session, choice)
        if needs == "unwritten":
            return unwritten.count(session, choice)
        return groundtruth.count(session, choice)


@router.get("/kinds")
def list_kinds(here: Here) -> list[dict[str, Any]]:
    """Kinds of training."""
    return kinds.shown()


@router.post("/projects/{project}/trainings", status_code=202)
def start_training(here: Here, project: Ident, wanted: Training) -> dict[str, Any]:
    """Train a model."""
    kind = kinds.kind_of(wanted.kind)
    if wanted.base is None and not kind.bare:
        raise InputError(
            "this kind of training needs a base", remedy="choose a model to go on from"
        )
    config = {
        "name": wanted.name,
        "kind": wanted.kind,
        "choice": _choice(here, project, wanted.lines),
        "base": wanted.base,
        "minutes": wanted.minutes,
        "options": {"preset": wanted.preset} if wanted.preset in kind.presets[1:] else {},
        "decide": wanted.decide,
    }
    if wanted.base is not None:
        with here.db.read() as session:
            base = shelf.found(session, wanted.base)
            if base.kind != kind.base:
                raise InputError(
                    f"{base.name} is a model for {base.kind}", remedy="choose another base"
                )
    return {"job": here.start("train", f"Train {wanted.name}", config, project=project)}


@router.post("/projects/{project}/tests", status_code=202)
def start_test(here: Here, project: Ident, wanted: Testing) -> dict[str, Any]:
    """Test a model, or compare several."""
    models = list(dict.fromkeys(wanted.models))
    with here.db.read() as session:
        names = [shelf.found(session, one).name for one in models]
    config = {"models": models, "choice": _choice(here, project, wanted.lines)}
    title = f"Test {names[0]}" if len(names) == 1 else f"Compare {', '.join(names[:3])}"
    return {"job": here.start("test", title, config, project=project)}


@router.post("/projects/{project}/rankings", status_code=202)
def start_ranking(here: Here, project: Ident, wanted: Ranking) -> dict[str, Any]:
    """Find out which models read these lines best, as they are."""
    choice = _choice(here, project, wanted.lines)
    sample: list[int] = []
    if not wanted.measured:
        with here.db.read() as session:
            sample = catalogue.sample_pages(session, project)
        if not sample:
            raise InputError("no page of this project has lines", remedy="find lines first")
    with here.db.read() as session:
        seen = [model.id for model in shelf.listed(session, "recognition")]
    models = [one for one in seen if not wanted.models or one in wanted.models]
    if not models:
        raise InputError("there is no model yet", remedy="add one under Models")
    config = {"choice": choice, "sample": sample, "models": models}
    return {"job": here.start("rank", "Which model fits?", config, project=project)}


@router.post("/projects/{project}/negotiations", status_code=202)
def start_negotiation(here: Here, project: Ident, wanted: Negotiation) -> dict[str, Any]:
    """List the characters of these lines that a base cannot write."""
    with here.db.read() as session:
        name = shelf.found(session, wanted.base).name
    config = {"base": wanted.base, "choice": _choice(here, project, wanted.lines)}
    return {"job": here.start("negotiate", f"What {name} lacks", config, project=project)}


@router.post("/projects/{project}/suggestions", status_code=202)
def start_suggestion(here: Here, project: Ident, wanted: Suggestion) -> dict[str, Any]:
    """Choose the lines whose ground truth would teach a model most."""
    with here.db.read() as session:
        shelf.found(session, wanted.model)
    choice = _choice(here, project, wanted.lines)
    config = {"model": wanted.model, "choice": choice, "count": wanted.count}
    title = "What to transcribe next"
    return {"job": here.start("suggest", title, config, project=project)}


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
        project_of(session, project)
        if lines.version is not None:
            version = datasets.version_of(session, lines.version)
            if datasets.found(session, version.dataset_id).project_id != project:
                raise InputError("a dataset of another project", remedy="reload the screen")
        for document in lines.documents:
            if document_of(session, document).project_id != project:
                raise InputError("a document of another project", remedy="reload the screen")
        owner = catalogue.projects_of(session, lines.pages)
        if owner - {project}:
            raise InputError("pages of another project", remedy="reload the screen")
    return lines.model_dump()
