"""Taking things out of the bin."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm import Session

from uncial.studio.db.tables import Dataset, Document, Model, Project
from uncial.studio.faults import NotFound

Binned = TypeVar("Binned", Project, Document, Model, Dataset)


def restored(session: Session, kind: type[Binned], ident: int) -> Binned:
    """A thing, taken out of the bin where it is in it.

    Raises:
        NotFound: There is none.
    """
    found = session.get(kind, ident)
    if found is None:
        raise NotFound(kind.__name__.lower())
    found.deleted = None
    return found
