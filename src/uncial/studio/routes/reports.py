"""Files that jobs leave: reports, shown apart from the studio's own pages, and exports."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from uncial.studio.door import Here, job_of
from uncial.studio.faults import NotFound
from uncial.studio.files import plain_name

router = APIRouter(include_in_schema=False)

_APART = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; img-src data:; font-src data:"
)


@router.get("/api/jobs/{job}/export.zip")
def exported(here: Here, job: str) -> FileResponse:
    """What an export packed."""
    with here.db.read() as session:
        found = job_of(session, job)
        path, name = here.files.job(found.id) / "export.zip", found.title
    if not path.is_file():
        raise NotFound("export")
    return FileResponse(path, filename=f"{plain_name(name)}.zip")


@router.get("/jobs/{job}/files/run/report.html")
def report(here: Here, job: str) -> FileResponse:
    """The report of a training or a test."""
    with here.db.read() as session:
        folder = here.files.job(job_of(session, job).id)
    path = folder / "run" / "report.html"
    if not path.is_file():
        raise NotFound("report")
    return FileResponse(path, media_type="text/html", headers={"content-security-policy": _APART})
