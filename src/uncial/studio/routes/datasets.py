"""Datasets: pick pages across documents, freeze versions, look at what is in them."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, model_validator

from uncial.studio import datasets
from uncial.studio.bin import restored
from uncial.studio.db.tables import Dataset
from uncial.studio.door import Here, Ident, project_of

router = APIRouter(prefix="/api", tags=["datasets"])

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
Line = Annotated[str, StringConstraints(pattern=r"^\d{1,10}:[\w.:-]{1,100}$")]


class NewDataset(BaseModel):
    """A dataset to be made, with its first pages."""

    name: Name
    pages: list[Number] = Field(default=[], max_length=100_000)
    documents: list[Number] = Field(default=[], max_length=1000)


class DatasetChange(BaseModel):
    """What is to be changed; what is left out stays."""

    name: Name | None = None
    checked: bool | None = None
    validation: float | None = Field(default=None, ge=0, le=0.5)
    test: float | None = Field(default=None, ge=0, le=0.5)
    seed: int | None = Field(default=None, ge=0, le=10**6)
    add_pages: list[Number] = Field(default=[], max_length=100_000)
    add_documents: list[Number] = Field(default=[], max_length=1000)
    remove_pages: list[Number] = Field(default=[], max_length=100_000)
    leave_out: list[Line] = Field(default=[], max_length=100_000)
    take_in: list[Line] = Field(default=[], max_length=100_000)

    @model_validator(mode="after")
    def _leaves_something(self) -> DatasetChange:
        if (self.validation or 0) + (self.test or 0) > 0.9:
            raise ValueError("validation and test leave nothing to train on")
        return self


@router.get("/projects/{project}/datasets")
def list_datasets(here: Here, project: Ident) -> list[dict[str, Any]]:
    """Datasets of a project, the newest first, with their versions."""
    with here.db.read() as session:
        project_of(session, project)
        return [
            {
                "id": one.id,
                "name": one.name,
                "pages": len(one.body["pages"]),
                "versions": [
                    datasets.shown_version(version)
                    for version in datasets.versions(session, one.id)
                ],
            }
            for one in datasets.listed(session, project)
        ]


@router.post("/projects/{project}/datasets", status_code=201)
def make_dataset(here: Here, project: Ident, new: NewDataset) -> dict[str, Any]:
    """Make a dataset."""
    with here.db.write() as session:
        project_of(session, project)
        made = datasets.make(session, project, new.name)
        datasets.add_pages(session, made, new.pages, new.documents)
        session.flush()
        return datasets.shown(session, made)


@router.get("/datasets/{dataset}")
def one_dataset(here: Here, dataset: Ident) -> dict[str, Any]:
    """One dataset with its pages and versions."""
    with here.db.read() as session:
        return datasets.shown(session, datasets.found(session, dataset))


@router.patch("/datasets/{dataset}")
def change_dataset(here: Here, dataset: Ident, change: DatasetChange) -> dict[str, Any]:
    """Change a dataset; its versions stay as they are."""
    with here.db.write() as session:
        found = datasets.found(session, dataset)
        found.name = change.name or found.name
        values = change.model_dump(
            include={"checked", "validation", "test", "seed"}, exclude_none=True
        )
        found.body = {**found.body, **values}
        datasets.add_pages(session, found, change.add_pages, change.add_documents)
        datasets.remove_pages(found, change.remove_pages)
        datasets.leave_out(found, change.leave_out, out=True)
        datasets.leave_out(found, change.take_in, out=False)
        session.flush()
        return datasets.shown(session, found)


@router.post("/datasets/{dataset}/freeze", status_code=202)
def freeze_dataset(here: Here, dataset: Ident) -> dict[str, Any]:
    """Freeze a dataset as it is now, and look for what is wrong with its lines."""
    with here.db.read() as session:
        found = datasets.found(session, dataset)
        title, project = f"Freeze {found.name}", found.project_id
    return {"job": here.start("freeze", title, {"dataset": dataset}, project=project)}


@router.get("/datasets/versions/{version}")
def one_version(here: Here, version: Ident) -> dict[str, Any]:
    """A frozen version with findings and characters."""
    with here.db.read() as session:
        found = datasets.version_of(session, version)
        datasets.found(session, found.dataset_id)
        facts = {key: found.facts.get(key) for key in ("findings", "characters", "frozen")}
        return {"dataset": found.dataset_id, **datasets.shown_version(found), **facts}


@router.delete("/datasets/{dataset}", status_code=204)
def bin_dataset(here: Here, dataset: Ident) -> None:
    """Put a dataset into the bin."""
    with here.db.write() as session:
        datasets.found(session, dataset).deleted = time.time()


@router.post("/datasets/{dataset}/restore")
def restore_dataset(here: Here, dataset: Ident) -> dict[str, Any]:
    """Take a dataset out of the bin."""
    with here.db.write() as session:
        return datasets.shown(session, restored(session, Dataset, dataset))
