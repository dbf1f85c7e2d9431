"""Importing: look at files first, then make pages of them."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from uncial import web
from uncial.errors import ConfigError
from uncial.studio import intake
from uncial.studio.door import Here, Ident, document_of

router = APIRouter(prefix="/api/documents/{document}/imports", tags=["imports"])


class Offer(BaseModel):
    """Files that might be imported."""

    uploads: list[str] = Field(default=[], max_length=20_000)
    paths: list[str] = Field(default=[], max_length=1000)
    manifest: str = Field(default="", max_length=2000)


class ImportItem(BaseModel):
    """One file that is to become a page."""

    name: str = Field(min_length=1, max_length=1000)
    upload: str = Field(default="", max_length=32)
    path: str = Field(default="", max_length=4000)
    url: str = Field(default="", max_length=2000)
    kind: Literal["image", "pages", "bundle", "iiif"] = "image"
    pages: str = Field(default="", max_length=500, pattern=r"^[\d ,-]*$")
    size: int = Field(default=0, ge=0, le=20_000)


class Import(BaseModel):
    """Files that are to become pages, in this order, and their layout and text."""

    items: list[ImportItem] = Field(min_length=1, max_length=20_000)
    again: bool = False
    text: Literal["written", "checked", "layer"] = "written"


@router.post("/preview")
def preview_import(here: Here, document: Ident, offer: Offer) -> list[dict[str, Any]]:
    """What the files would become; nothing is changed."""
    _only_local(here, any(offer.paths))
    paths = intake.expanded(offer.paths)
    with here.db.read() as session:
        document_of(session, document)
        candidates = intake.looked_at(
            here.settings,
            here.files,
            session,
            document,
            uploads=offer.uploads,
            paths=paths,
        )
    if offer.manifest:
        web.require_address(offer.manifest.strip())
        candidates.append(intake.manifest(offer.manifest.strip()))
    return [candidate.shown() for candidate in candidates]


@router.post("", status_code=202)
def start_import(here: Here, document: Ident, wanted: Import) -> dict[str, Any]:
    """Start the job that makes the pages; its id."""
    _only_local(here, any(item.path for item in wanted.items))
    with here.db.read() as session:
        found = document_of(session, document)
        first = wanted.items[0].name[:60] if len(wanted.items) == 1 else ""
        title = f"Import {first or f'{len(wanted.items)} files'} into {found.name}"
        project = found.project_id
    for item in wanted.items:
        if item.upload:
            here.files.upload(item.upload)
        if item.kind == "iiif":
            web.require_address(item.url)
    config = {"document": document, **wanted.model_dump()}
    job = here.start("import", title, config, project=project, document=document)
    return {"job": job}


def _only_local(here: Here, asked: bool) -> None:
    """Paths of this machine are for its own user only."""
    if asked and here.settings.mode != "local":
        raise ConfigError("a server imports no paths", remedy="upload the files")
