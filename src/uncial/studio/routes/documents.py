"""Documents of a project: list, make, rename, bin."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints
from sqlalchemy import func, select

from uncial.studio import catalogue
from uncial.studio.bin import restored
from uncial.studio.db.tables import Document, Page
from uncial.studio.door import Here, Ident, document_of, project_of

router = APIRouter(prefix="/api", tags=["documents"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Direction = Literal["lr", "rl", "vertical-lr", "vertical-rl"]


class NewDocument(BaseModel):
    """A document to be made."""

    name: Name
    direction: Direction = "lr"


class DocumentChange(BaseModel):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    direction: Direction | None = None


@router.get("/projects/{project}/documents")
def list_documents(here: Here, project: Ident) -> list[dict[str, Any]]:
    """Documents of a project with their pages by status."""
    with here.db.read() as session:
        project_of(session, project)
        query = (
            select(Document)
            .where(Document.project_id == project, Document.deleted.is_(None))
            .order_by(Document.created)
        )
        found = list(session.scalars(query))
        by_status = (
            select(Page.document_id, Page.status, func.count())
            .where(Page.document_id.in_([one.id for one in found]), Page.deleted.is_(None))
            .group_by(Page.document_id, Page.status)
        )
        counts: dict[int, dict[str, int]] = {}
        for document, status, number in session.execute(by_status):
            counts.setdefault(document, {})[status] = number
        return [_shown(one) | {"counts": counts.get(one.id, {})} for one in found]


@router.post("/projects/{project}/documents", status_code=201)
def make_document(here: Here, project: Ident, new: NewDocument) -> dict[str, Any]:
    """Make a document."""
    with here.db.write() as session:
        project_of(session, project)
        document = Document(project_id=project, name=new.name, direction=new.direction)
        session.add(document)
        session.flush()
        return _shown(document)


@router.get("/documents/{document}")
def one_document(here: Here, document: Ident) -> dict[str, Any]:
    """One document, its pages by status and its tags."""
    with here.db.read() as session:
        found = document_of(session, document)
        return _shown(found) | {
            "counts": catalogue.counts(session, document),
            "tags": catalogue.tag_names(session, document),
        }


@router.patch("/documents/{document}")
def change_document(here: Here, document: Ident, change: DocumentChange) -> dict[str, Any]:
    """Rename a document, or change its direction."""
    with here.db.write() as session:
        found = document_of(session, document)
        for name, value in change.model_dump(exclude_none=True).items():
            setattr(found, name, value)
        return _shown(found)


@router.delete("/documents/{document}", status_code=204)
def bin_document(here: Here, document: Ident) -> None:
    """Put a document into the bin."""
    with here.db.write() as session:
        document_of(session, document).deleted = time.time()


@router.post("/documents/{document}/restore")
def restore_document(here: Here, document: Ident) -> dict[str, Any]:
    """Take a document out of the bin."""
    with here.db.write() as session:
        return _shown(restored(session, Document, document))


def _shown(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "project": document.project_id,
        "name": document.name,
        "direction": document.direction,
        "created": document.created,
    }
