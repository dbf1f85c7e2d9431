"""A project to one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from uncial.errors import ConfigError, InputError
from uncial.studio.door import Here, Ident, project_of

router = APIRouter(prefix="/api", tags=["archives"])


class Archive(BaseModel):
    """The file of a project: an upload, or a path of this machine."""

    upload: str = Field(default="", max_length=32)
    path: str = Field(default="", max_length=4000)


@router.post("/projects/{project}/archive", status_code=202)
def start_archive(here: Here, project: Ident) -> dict[str, Any]:
    """Write a project to one file."""
    with here.db.read() as session:
        name = project_of(session, project).name
    title = f"{name} in one file"
    return {"job": here.start("archive", title, {"project": project}, project=project)}


@router.post("/archives", status_code=202)
def start_unarchive(here: Here, archive: Archive) -> dict[str, Any]:
    """Make a project of such a file."""
    if archive.upload:
        upload = here.files.upload(archive.upload)
        if not upload.whole:
            raise InputError(f"{upload.name}: it has not all arrived", remedy="send the rest")
        name = upload.name
    else:
        if here.settings.mode != "local":
            raise ConfigError("a server takes no paths", remedy="upload the file")
        name = Path(archive.path).name
        if not Path(archive.path).expanduser().is_file():
            raise InputError(f"{archive.path}: no such file", remedy="correct the path")
    path = str(Path(archive.path).expanduser()) if archive.path else ""
    config = {"upload": archive.upload, "path": path}
    return {"job": here.start("unarchive", f"Project of {name}", config)}
