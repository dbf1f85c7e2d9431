"""Datasets: pages picked across the documents of a project, frozen as versions.

A body is JSON: ``pages`` (ids), ``without`` (lines left out, ``"page:line"``), ``checked`` (only
lines that were checked), ``validation`` and ``test`` (shares, 0-1) and ``seed`` of the split,
which is drawn by page. Changing a dataset changes no version: those are what a job froze.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.studio.db.tables import Dataset, DatasetVersion, Document, Page
from uncial.studio.faults import NotFound
from uncial.studio.groundtruth import Choice, count

_NEW: Final[Mapping[str, Any]] = {
    "pages": [],
    "without": [],
    "checked": True,
    "validation": 0.1,
    "test": 0.1,
    "seed": 0,
}


def make(session: Session, project: int, name: str) -> Dataset:
    """A new dataset without pages."""
    dataset = Dataset(project_id=project, name=name, body=dict(_NEW))
    session.add(dataset)
    session.flush()
    return dataset


def found(session: Session, ident: int) -> Dataset:
    """A dataset that is not in the bin.

    Raises:
        NotFound: There is none.
    """
    dataset = session.get(Dataset, ident)
    if dataset is None or dataset.deleted is not None:
        raise NotFound("dataset")
    return dataset


def listed(session: Session, project: int) -> list[Dataset]:
    """The datasets of a project, the newest first."""
    query = select(Dataset).where(Dataset.project_id == project, Dataset.deleted.is_(None))
    return list(session.scalars(query.order_by(Dataset.created.desc())))


def versions(session: Session, dataset: int) -> list[DatasetVersion]:
    """What was frozen of it, the newest first."""
    query = select(DatasetVersion).where(DatasetVersion.dataset_id == dataset)
    return list(session.scalars(query.order_by(DatasetVersion.number.desc())))


def version_of(session: Session, ident: int) -> DatasetVersion:
    """A version by its own id.

    Raises:
        NotFound: There is none.
    """
    version = session.get(DatasetVersion, ident)
    if version is None:
        raise NotFound("version")
    return version


def add_pages(
    session: Session, dataset: Dataset, pages: Iterable[int], documents: Iterable[int]
) -> int:
    """Take pages and all pages of documents in; how many are new.

    Raises:
        InputError: One is of another project.
    """
    query = (
        select(Page.id, Document.project_id)
        .join(Document, Document.id == Page.document_id)
        .where(Page.deleted.is_(None), Document.deleted.is_(None))
        .order_by(Document.id, Page.position)
    )
    wanted = query.where(Page.id.in_(list(pages)) | Page.document_id.in_(list(documents)))
    rows = list(session.execute(wanted))
    if any(owner != dataset.project_id for _, owner in rows):
        raise InputError("some pages are of another project", remedy="choose pages of this one")
    present = set(dataset.body["pages"])
    new = [page for page, _ in rows if page not in present]
    dataset.body = {**dataset.body, "pages": [*dataset.body["pages"], *new]}
    return len(new)


def remove_pages(dataset: Dataset, pages: Iterable[int]) -> None:
    """Leave pages out again."""
    gone = set(pages)
    kept = [page for page in dataset.body["pages"] if page not in gone]
    dataset.body = {**dataset.body, "pages": kept}


def leave_out(dataset: Dataset, lines: Iterable[str], *, out: bool) -> None:
    """Leave lines out, or take them in again; each is ``"page:line"``."""
    present = list(dict.fromkeys(dataset.body["without"]))
    changed = set(lines)
    kept = [line for line in present if line not in changed]
    dataset.body = {**dataset.body, "without": kept + sorted(changed) if out else kept}


def choice_of(dataset: Dataset) -> Choice:
    """Its lines as they are now."""
    body = dataset.body
    pages = tuple(body["pages"])
    return Choice(pages=pages or (-1,), checked=body["checked"], without=tuple(body["without"]))


def shown(session: Session, dataset: Dataset) -> dict[str, Any]:
    """What screens and API tell of a dataset."""
    body = dataset.body
    rows = select(Page.id, Page.name, Page.status, Document.name).join(Document)
    rows = rows.where(Page.id.in_(body["pages"])).order_by(Document.id, Page.position)
    return {
        "id": dataset.id,
        "project": dataset.project_id,
        "name": dataset.name,
        "created": dataset.created,
        **{key: body[key] for key in ("without", "checked", "validation", "test", "seed")},
        "pages": [
            {"id": ident, "name": name, "status": status, "document": document}
            for ident, name, status, document in session.execute(rows)
        ],
        "now": count(session, choice_of(dataset)),
        "versions": [shown_version(one) for one in versions(session, dataset.id)],
    }


def shown_version(version: DatasetVersion) -> dict[str, Any]:
    """A version without its findings and characters."""
    facts = {key: version.facts.get(key) for key in ("lines", "splits", "left_out", "warnings")}
    names = ("id", "number", "job_id", "created")
    return {**{name: getattr(version, name) for name in names}, **facts}


def next_number(session: Session, dataset: int) -> int:
    """The number that the next version gets."""
    last = select(func.max(DatasetVersion.number)).where(DatasetVersion.dataset_id == dataset)
    return (session.scalar(last) or 0) + 1
