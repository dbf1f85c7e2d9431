"""Which page of a document a page file is about, by the names of files."""

from __future__ import annotations

from pathlib import PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.studio.db.tables import Page

_ENDINGS = (".page", ".alto", ".gt", ".xml", ".hocr")


def stem(name: str) -> str:
    """A file name without folders, suffixes of images and of page formats, in lower case."""
    last = PurePosixPath(name.replace("\\", "/")).name.lower()
    short = PurePosixPath(last).stem or last
    changed = True
    while changed:
        changed = False
        for ending in _ENDINGS:
            if short.endswith(ending):
                short, changed = short.removesuffix(ending), True
    return short


def pages_by_stem(session: Session, document: int) -> dict[str, int]:
    """Pages of a document by the stem of their name; of two alike the first counts."""
    query = (
        select(Page.name, Page.id)
        .where(Page.document_id == document, Page.deleted.is_(None))
        .order_by(Page.position.desc())
    )
    return {stem(name): ident for name, ident in session.execute(query)}
