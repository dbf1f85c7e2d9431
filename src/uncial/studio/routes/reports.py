"""Reports that jobs leave: whole HTML pages, shown apart from the studio's own."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from uncial.studio.door import Here, job_of
from uncial.studio.faults import NotFound

router = APIRouter(include_in_schema=False)

_APART = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; font-src data:"
)


@router.get("/jobs/{job}/files/run/report.html")
def report(here: Here, job: str) -> FileResponse:
    """The report of a training or a test."""
    with here.db.read() as session:
        folder = here.files.job(job_of(session, job).id)
    path = folder / "run" / "report.html"
    if not path.is_file():
        raise NotFound("report")
    return FileResponse(path, media_type="text/html", headers={"content-security-policy": _APART})
