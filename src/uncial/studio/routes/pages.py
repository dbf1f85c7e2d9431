"""Pages of a document: find, show, and change many at once."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from uncial.errors import InputError
from uncial.studio import catalogue
from uncial.studio.door import Here, Ident, document_of, page_of

router = APIRouter(prefix="/api", tags=["pages"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
Place = Annotated[str, StringConstraints(pattern=r"^(\d{1,12}(\.\d{1,12})?:\d{1,9})?$")]


class Bulk(BaseModel):
    """What is done to many pages of one document."""

    pages: list[Number] = Field(min_length=1, max_length=100_000)
    action: Literal["status", "tag", "untag", "bin", "restore"]
    value: str = Field(default="", max_length=100)


class PageChange(BaseModel):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    status: Literal["new", "segmented", "read", "corrected", "checked"] | None = None


@router.get("/documents/{document}/pages/index")
def page_index(
    here: Here,
    document: Ident,
    status: Annotated[list[str], Query(max_length=5)] = [],  # noqa: B006
    tag: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    q: Annotated[str, Query(max_length=100)] = "",
    sort: catalogue.Sort = "position",
    bin: bool = False,
) -> dict[str, Any]:
    """Ids of all pages that are wanted, in order, and the counts by status."""
    wanted = catalogue.PageFilter(
        document=document, statuses=tuple(status), tags=tuple(tag), text=q, sort=sort, bin=bin
    )
    with here.db.read() as session:
        document_of(session, document)
        return {
            "pages": catalogue.ordered_ids(session, wanted),
            "counts": catalogue.counts(session, document),
            "tags": catalogue.tag_names(session, document),
        }


@router.get("/documents/{document}/pages")
def list_pages(
    here: Here,
    document: Ident,
    after: Place = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Pages in order, from `after` on; ``next`` is what to give as `after` next."""
    position, _, last = after.partition(":")
    place = (float(position), int(last)) if after else None
    with here.db.read() as session:
        document_of(session, document)
        wanted = catalogue.PageFilter(document=document)
        pages = catalogue.listed(session, wanted, after=place, limit=limit)
        further = f"{pages[-1].position}:{pages[-1].id}" if len(pages) == limit else None
        return {"pages": catalogue.shown(session, pages), "next": further}


@router.get("/pages")
def some_pages(
    here: Here, ids: Annotated[list[Number], Query(max_length=200)]
) -> list[dict[str, Any]]:
    """Up to 200 pages by id."""
    with here.db.read() as session:
        pages = catalogue.found(session, ids)
        return catalogue.shown(session, pages)


@router.patch("/pages/{page}")
def change_page(here: Here, page: Ident, change: PageChange) -> dict[str, Any]:
    """Rename a page, or give it a status."""
    with here.db.write() as session:
        found = page_of(session, page)
        for name, value in change.model_dump(exclude_none=True).items():
            setattr(found, name, value)
        found.updated = time.time()
        session.flush()
        return catalogue.shown(session, [found])[0]


@router.post("/documents/{document}/pages/bulk")
def change_pages(here: Here, document: Ident, bulk: Bulk) -> dict[str, Any]:
    """Do one thing to many pages."""
    with here.db.write() as session:
        owner = document_of(session, document)
        if catalogue.document_of(session, bulk.pages).id != owner.id:
            raise InputError("these pages are of another document", remedy="reload the screen")
        if bulk.action == "status":
            catalogue.set_status(session, bulk.pages, bulk.value)
        elif bulk.action == "tag":
            catalogue.add_tag(session, owner.project_id, bulk.pages, bulk.value)
        elif bulk.action == "untag":
            catalogue.remove_tag(session, owner.project_id, bulk.pages, bulk.value)
        else:
            catalogue.set_deleted(session, bulk.pages, deleted=bulk.action == "bin")
        return {"changed": len(bulk.pages)}
