"""Searching the text of a project."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from uncial.studio import finding
from uncial.studio.door import Here, Ident, project_of

router = APIRouter(prefix="/api/projects/{project}", tags=["search"])


@router.get("/search")
def search_lines(
    here: Here,
    project: Ident,
    q: Annotated[str, Query(max_length=200)],
    written: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """Lines that hold all the words, or phrases in quotation marks."""
    with here.db.read() as session:
        project_of(session, project)
        hits = finding.lines_with(session, project, q, written=written, limit=limit)
        return [asdict(hit) for hit in hits]
