"""A page's layout: what the editor opens, changes, its versions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from uncial.studio import catalogue, segmentation, transcription
from uncial.studio.db.tables import Page
from uncial.studio.door import Here, Ident, document_of, page_of

router = APIRouter(prefix="/api/pages/{page}", tags=["layout"])

Key = Annotated[str, StringConstraints(pattern=r"^[\w.:-]{1,100}$")]
Points = Annotated[list[tuple[float, float]], Field(max_length=2000)]
Short = Annotated[str, StringConstraints(max_length=100)]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class LineShape(BaseModel):
    """A line of writing, pixels."""

    region: Key | None = None
    baseline: Points = []
    boundary: Points = []
    type: Short = ""
    direction: Short = ""


class RegionShape(BaseModel):
    """An area of the page, pixels."""

    kind: Short = "text"
    type: Short = ""
    boundary: Points = []
    parent: Key | None = None


class LayoutChange(BaseModel):
    """What was changed; None removes."""

    segmentation: Number | None = None
    revision: Number = 0
    lines: dict[Key, LineShape | None] = Field(default={}, max_length=5000)
    regions: dict[Key, RegionShape | None] = Field(default={}, max_length=1000)
    order: list[Key] | None = Field(default=None, max_length=5000)


@router.get("")
def open_page(
    here: Here, page: Ident, layer: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None
) -> dict[str, Any]:
    """All that the editor needs: image, layout, text by hand, and what a model proposes."""
    with here.db.read() as session:
        found = page_of(session, page)
        document = document_of(session, found.document_id)
        layers = transcription.layers_of_page(session, found)
        before, after = catalogue.neighbours(session, found)
        return {
            "page": catalogue.shown(session, [found])[0],
            "direction": document.direction,
            "before": before,
            "after": after,
            "layout": segmentation.shown(segmentation.current(session, found)),
            "layers": layers,
            **_texts(session, found, layers, layer),
        }


@router.patch("/layout")
def change_layout(here: Here, page: Ident, change: LayoutChange) -> dict[str, Any]:
    """Change lines and regions; ``merged`` says that somebody else changed others."""
    values = change.model_dump()
    with here.db.write() as session:
        found = page_of(session, page)
        before = segmentation.current(session, found)
        merged = before is not None and before.revision != change.revision
        wanted = segmentation.Change(**values)
        version = segmentation.change(session, found, wanted, here.author)
        return segmentation.about(version) | {"merged": merged}


@router.get("/layouts")
def list_layouts(here: Here, page: Ident) -> list[dict[str, Any]]:
    """All versions of the layout, the newest first."""
    with here.db.read() as session:
        found = page_of(session, page)
        versions = segmentation.versions(session, page)
        return [
            segmentation.about(one) | {"counts": one.id == found.segmentation_id}
            for one in versions
        ]


@router.post("/layouts/{number}/restore")
def restore_layout(here: Here, page: Ident, number: Ident) -> dict[str, Any]:
    """Let an old version count again."""
    with here.db.write() as session:
        version = segmentation.restore(session, page_of(session, page), number, here.author)
        return segmentation.shown(version)


def _texts(
    session: Session, page: Page, layers: list[dict[str, Any]], wanted: int | None
) -> dict[str, Any]:
    machine = [layer["id"] for layer in layers if layer["origin"] != "human"]
    human = [layer["id"] for layer in layers if layer["origin"] == "human"]
    chosen = wanted if wanted in machine else next(iter(machine), None)
    return {
        "texts": transcription.readings(session, human[0], page.id) if human else {},
        "layer": chosen,
        "proposals": transcription.readings(session, chosen, page.id) if chosen else {},
    }
