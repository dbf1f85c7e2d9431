"""Taking things out of the bin."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm import Session

from uncial.studio.access import refuse
from uncial.studio.db.tables import Dataset, Document, Model, Project

Binned = TypeVar("Binned", Project, Document, Model, Dataset)


def restored(session: Session, kind: type[Binned], ident: int) -> Binned:
    """A thing, taken out of the bin where it is in it.

    Raises:
        NotFound: There is none.
        NotAllowed: The role does not do.
    """
    found = session.get(kind, ident)
    if found is None:
        raise refuse(session, kind, ident, kind.__name__.lower())
    found.deleted = None
    return found
