"""Every table of the studio. Times are seconds since 1970; ``deleted`` set means in the bin."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Common to all tables."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


class Project(Base):
    """What belongs together: documents, models, jobs."""

    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    created: Mapped[float] = mapped_column(default=time.time)
    deleted: Mapped[float | None]


class Document(Base):
    """A work, letter or volume: pages in order."""

    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    direction: Mapped[str] = mapped_column(default="lr")
    created: Mapped[float] = mapped_column(default=time.time)
    deleted: Mapped[float | None]


class Picture(Base):
    """An image file, stored once however many pages show it.

    ``state`` is ``waiting``, ``ready`` (thumbnail and tiles are made) or ``failed``.
    """

    __tablename__ = "pictures"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    suffix: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    state: Mapped[str] = mapped_column(default="waiting")


class Page(Base):
    """One image of a document and where its transcription stands.

    ``status`` is one of `uncial.studio.catalogue.STATUSES`; ``segmentation_id`` names the
    version of the layout that counts; ``imported`` is the job and the item that made the page.
    """

    __tablename__ = "pages"
    __table_args__ = (
        Index("pages_in_order", "document_id", "deleted", "position", "id"),
        Index("pages_by_status", "document_id", "deleted", "status", "position", "id"),
        Index("pages_by_doubt", "document_id", "deleted", "predicted_cer", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    picture_id: Mapped[int] = mapped_column(ForeignKey("pictures.id"), index=True)
    position: Mapped[float]
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default="new")
    predicted_cer: Mapped[float | None]
    segmentation_id: Mapped[int | None]
    line_count: Mapped[int] = mapped_column(default=0)
    imported: Mapped[str | None] = mapped_column(unique=True)
    created: Mapped[float] = mapped_column(default=time.time)
    updated: Mapped[float] = mapped_column(default=time.time)
    deleted: Mapped[float | None]


class Tag(Base):
    """A word that pages of a project carry."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]


class PageTag(Base):
    """A page carries a tag."""

    __tablename__ = "page_tags"
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True, index=True)


class Segmentation(Base):
    """One version of a page's layout; ``body`` as `uncial.studio.segmentation` describes it.

    ``origin`` is ``machine``, ``human`` or ``import``; ``revision`` grows with every change.
    """

    __tablename__ = "segmentations"
    __table_args__ = (UniqueConstraint("page_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"), index=True)
    number: Mapped[int]
    origin: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    body: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    created: Mapped[float] = mapped_column(default=time.time)
    updated: Mapped[float] = mapped_column(default=time.time)
    job_id: Mapped[str | None]


class Layer(Base):
    """A text layer of a document: one person's transcription, one run of a model, one import."""

    __tablename__ = "layers"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    name: Mapped[str]
    origin: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    created: Mapped[float] = mapped_column(default=time.time)
    deleted: Mapped[float | None]
    job_id: Mapped[str | None] = mapped_column(index=True)


class Reading(Base):
    """A line's text in a layer; ``characters`` holds a confidence, 0-1, for each grapheme."""

    __tablename__ = "readings"
    __table_args__ = (UniqueConstraint("layer_id", "page_id", "line"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    layer_id: Mapped[int] = mapped_column(ForeignKey("layers.id"))
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"), index=True)
    line: Mapped[str]
    text: Mapped[str]
    confidence: Mapped[float | None]
    characters: Mapped[list[Any] | None]
    checked: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    author: Mapped[str] = mapped_column(default="")
    updated: Mapped[float] = mapped_column(default=time.time)


class PastReading(Base):
    """What a line said before it was changed."""

    __tablename__ = "past_readings"
    __table_args__ = (Index("past_of_line", "page_id", "line", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    layer_id: Mapped[int] = mapped_column(ForeignKey("layers.id"))
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"))
    line: Mapped[str]
    text: Mapped[str]
    revision: Mapped[int]
    author: Mapped[str]
    created: Mapped[float]


class Comment(Base):
    """A remark on a line, or on a whole page where `line` is empty."""

    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("pages.id"), index=True)
    line: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    author: Mapped[str] = mapped_column(default="")
    created: Mapped[float] = mapped_column(default=time.time)
    settled: Mapped[float | None]


class Dataset(Base):
    """Pages picked across documents of a project; ``body`` as `uncial.studio.datasets` says."""

    __tablename__ = "datasets"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    created: Mapped[float] = mapped_column(default=time.time)
    deleted: Mapped[float | None]


class DatasetVersion(Base):
    """What a dataset held when it was frozen; its lines lie in the folder of the job."""

    __tablename__ = "dataset_versions"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    number: Mapped[int]
    job_id: Mapped[str] = mapped_column(unique=True)
    facts: Mapped[dict[str, Any]]
    created: Mapped[float] = mapped_column(default=time.time)


class Model(Base):
    """A model file; ``facts`` is what ``inspect`` says of it; nobody owns those of local mode."""

    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    origin: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(index=True)
    suffix: Mapped[str]
    size: Mapped[int]
    facts: Mapped[dict[str, Any]]
    created: Mapped[float] = mapped_column(default=time.time)
    deleted: Mapped[float | None]
    job_id: Mapped[str | None]


class Job(Base):
    """One action with frozen inputs; see `uncial.studio.ledger`."""

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_to_do", "state", "queue"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    title: Mapped[str]
    queue: Mapped[str]
    project_id: Mapped[int | None] = mapped_column(index=True)
    document_id: Mapped[int | None]
    account_id: Mapped[int | None] = mapped_column(index=True)
    config: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="queued")
    wish: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    unit: Mapped[str] = mapped_column(default="")
    eta: Mapped[float | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]
    deaths: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(default="")
    lease: Mapped[float] = mapped_column(default=0.0)
    seconds: Mapped[float] = mapped_column(default=0.0, server_default="0")
    rung: Mapped[float] = mapped_column(default=0.0)
    created: Mapped[float] = mapped_column(default=time.time)
    started: Mapped[float | None]
    ended: Mapped[float | None]
    retry_of: Mapped[str | None]


class JobEvent(Base):
    """What a job told, in order."""

    __tablename__ = "job_events"
    __table_args__ = (Index("events_of_job", "job_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    created: Mapped[float] = mapped_column(default=time.time)
    body: Mapped[dict[str, Any]]
