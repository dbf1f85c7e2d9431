"""Models: list, add, rename, bin, download."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, StringConstraints

from uncial.errors import ConfigError, InputError
from uncial.studio import shelf
from uncial.studio.bin import restored
from uncial.studio.db.tables import Model
from uncial.studio.door import Here, Ident, Studio
from uncial.studio.faults import NotAllowed

router = APIRouter(prefix="/api/models", tags=["models"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NewModel(BaseModel):
    """A model file: an upload, or a path of this machine."""

    upload: str = Field(default="", max_length=32)
    path: str = Field(default="", max_length=4000)


class ModelChange(BaseModel):
    """What is to be changed."""

    name: Name


@router.get("")
def list_models(here: Here, kind: str = "") -> list[dict[str, Any]]:
    """All models, the newest first."""
    with here.db.read() as session:
        return [shelf.shown(model) for model in shelf.listed(session, kind)]


@router.post("", status_code=201)
def add_model(here: Here, new: NewModel) -> dict[str, Any]:
    """Put a model on the shelf."""
    if new.upload:
        upload = here.files.upload(new.upload)
        if not upload.whole:
            raise InputError(f"{upload.name}: it has not all arrived", remedy="send the rest")
        ident = shelf.add(
            here.db,
            here.files,
            upload.path,
            name=upload.name,
            origin="uploaded",
            owner=here.who.account,
        )
        here.files.drop_upload(upload.id)
    else:
        if here.settings.mode != "local":
            raise ConfigError("a server adds no paths", remedy="upload the file")
        path = Path(new.path).expanduser()
        if not path.is_file():
            raise InputError(f"{new.path}: no such file", remedy="correct the path")
        ident = shelf.add(here.db, here.files, path, name=path.name, origin="uploaded")
    return one_model(here, ident)


@router.get("/{model}")
def one_model(here: Here, model: Ident) -> dict[str, Any]:
    """One model."""
    with here.db.read() as session:
        return shelf.shown(shelf.found(session, model))


@router.patch("/{model}")
def rename_model(here: Here, model: Ident, change: ModelChange) -> dict[str, Any]:
    """Give a model another name."""
    with here.db.write() as session:
        found = _own(here, shelf.found(session, model))
        found.name = change.name
        return shelf.shown(found)


@router.delete("/{model}", status_code=204)
def bin_model(here: Here, model: Ident) -> None:
    """Put a model into the bin; its file stays."""
    with here.db.write() as session:
        _own(here, shelf.found(session, model)).deleted = time.time()


@router.post("/{model}/restore")
def restore_model(here: Here, model: Ident) -> dict[str, Any]:
    """Take a model out of the bin."""
    with here.db.write() as session:
        return shelf.shown(_own(here, restored(session, Model, model)))


@router.get("/{model}/file")
def download_model(here: Here, model: Ident) -> FileResponse:
    """The model's file."""
    with here.db.read() as session:
        found = shelf.found(session, model)
        path = here.files.model(found.digest, found.suffix)
        return FileResponse(path, filename=f"{found.name}{found.suffix}")


def _own(here: Studio, model: Model) -> Model:
    """A model that whoever asks may change: their own, and in local mode every one."""
    if here.who.account is not None and model.owner_id != here.who.account:
        raise NotAllowed("model")
    return model
