"""What a project's archive holds: tables, their columns, and which of them name other rows.

::

    uncial-project.json      {"uncial": "project", "version": 1, "name": …}
    tables/<name>.jsonl      rows, one a line, with the ids they had
    pictures/<digest>.<…>    images as they were given, named by SHA-256

Models and jobs stay behind: models have files of their own. Thumbnails are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, select

from uncial.studio.db.tables import (
    Base,
    Comment,
    Dataset,
    Document,
    Layer,
    Page,
    PageTag,
    PastReading,
    Picture,
    Project,
    Reading,
    Segmentation,
    Tag,
)

VERSION: Final = 1
HEAD: Final = "uncial-project.json"


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """One table of an archive.

    Attributes:
        table: Its class.
        columns: What is kept of a row besides its id.
        names: Columns that name a row of another table; their rows come before.
        later: Columns that name a row of a table that comes after.
    """

    table: type[Base]
    columns: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of the table in the database."""
        return str(self.table.__tablename__)

    @property
    def has_id(self) -> bool:
        """Whether its rows have an id of their own."""
        return hasattr(self.table, "id")


BELONGINGS: Final[Sequence[Belonging]] = (
    Belonging(table=Project, columns=("name", "note", "created")),
    Belonging(
        table=Document,
        columns=("name", "direction", "created", "deleted"),
        names={"project_id": "projects"},
    ),
    Belonging(table=Picture, columns=("digest", "suffix", "width", "height", "size")),
    Belonging(
        table=Page,
        columns=(
            "position", "name", "status", "predicted_cer", "line_count", "created", "updated",
            "deleted",
        ),
        names={"document_id": "documents", "picture_id": "pictures"},
        later={"segmentation_id": "segmentations"},
    ),
    Belonging(table=Tag, columns=("name",), names={"project_id": "projects"}),
    Belonging(table=PageTag, columns=(), names={"page_id": "pages", "tag_id": "tags"}),
    Belonging(
        table=Segmentation,
        columns=("number", "origin", "source", "body", "revision", "created", "updated"),
        names={"page_id": "pages"},
    ),
    Belonging(
        table=Layer,
        columns=("name", "origin", "source", "created", "deleted"),
        names={"document_id": "documents"},
    ),
    Belonging(
        table=Reading,
        columns=(
            "line", "text", "confidence", "characters", "checked", "revision", "author", "updated",
        ),
        names={"layer_id": "layers", "page_id": "pages"},
    ),
    Belonging(
        table=PastReading,
        columns=("line", "text", "revision", "author", "created"),
        names={"layer_id": "layers", "page_id": "pages"},
    ),
    Belonging(
        table=Comment,
        columns=("line", "text", "author", "created", "settled"),
        names={"page_id": "pages"},
    ),
    Belonging(
        table=Dataset,
        columns=("name", "body", "created", "deleted"),
        names={"project_id": "projects"},
    ),
)  # fmt: skip


def rows_of(belonging: Belonging, project: int) -> Select[Any]:
    """The rows of a table that belong to a project, in the order of their ids."""
    table: Any = belonging.table
    documents = select(Document.id).where(Document.project_id == project)
    pages = select(Page.id).where(Page.document_id.in_(documents))
    if table is Project:
        return select(table).where(table.id == project)
    if table is Picture:
        shown = select(Page.picture_id).where(Page.document_id.in_(documents))
        return select(table).where(table.id.in_(shown)).order_by(table.id)
    wanted = {
        "project_id": lambda: table.project_id == project,
        "document_id": lambda: table.document_id.in_(documents),
        "page_id": lambda: table.page_id.in_(pages),
    }
    key = next(name for name in wanted if name in belonging.names)
    query = select(table).where(wanted[key]())
    return query.order_by(table.id) if belonging.has_id else query
