"""The text of a page's lines: save, history, comparison."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field, StringConstraints

from uncial.studio import transcription
from uncial.studio.door import Here, Ident, page_of

router = APIRouter(prefix="/api/pages/{page}", tags=["text"])

_KEY = r"^[\w.:-]{1,100}$"
Key = Annotated[str, StringConstraints(pattern=_KEY)]
LayerId = Annotated[int, Query(ge=0, le=2**31 - 1)]
LineId = Annotated[str, Path(pattern=_KEY)]


class LineSave(BaseModel):
    """A line as somebody wants it."""

    line: Key
    text: str = Field(max_length=transcription.MAX_TEXT)
    base: int = Field(default=0, ge=0, le=2**31 - 1)
    checked: bool | None = None
    force: bool = False


class Saves(BaseModel):
    """Lines to be saved."""

    lines: list[LineSave] = Field(min_length=1, max_length=5000)


@router.put("/readings")
def save_readings(here: Here, page: Ident, saves: Saves) -> dict[str, Any]:
    """Save lines; those that somebody else changed meanwhile come back under ``conflicts``."""
    wanted = [transcription.Save(**one.model_dump()) for one in saves.lines]
    with here.db.write() as session:
        found = page_of(session, page)
        saved, conflicts = transcription.save(session, found, wanted, here.author)
        return {"saved": saved, "conflicts": conflicts, "status": found.status}


@router.get("/layers/{layer}")
def one_layer(here: Here, page: Ident, layer: Ident) -> dict[str, Any]:
    """What a layer says on this page, by line."""
    with here.db.read() as session:
        page_of(session, page)
        return transcription.readings(session, layer, page)


@router.get("/lines/{line}/history")
def line_history(here: Here, page: Ident, line: LineId) -> list[dict[str, Any]]:
    """What was ever read in a line, the newest first."""
    with here.db.read() as session:
        page_of(session, page)
        return transcription.history(session, page, line)


@router.get("/compare")
def compare_layers(here: Here, page: Ident, first: LayerId, second: LayerId) -> dict[str, Any]:
    """Two layers of the page, by line, with their edits."""
    with here.db.read() as session:
        page_of(session, page)
        return transcription.compared(session, page, first, second)
