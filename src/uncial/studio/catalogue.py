"""Finding pages: order, filters, what the grid shows of them, and what is done to many at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.studio.db.tables import Document, Page, PageTag, Picture, Tag
from uncial.studio.faults import NotFound

STATUSES: Final = ("new", "segmented", "read", "corrected", "checked")
"""How far a page is; ``checked`` pages are ground truth."""

Sort = Literal["position", "name", "doubt", "updated"]


@dataclass(frozen=True, kw_only=True)
class PageFilter:
    """Which pages of a document, and in which order.

    Attributes:
        document: Its id.
        statuses: Empty for all.
        tags: The page carries each of them.
        text: Part of the page's name.
        sort: ``doubt`` puts the pages with the highest predicted CER first.
        bin: Deleted pages instead of the others.
    """

    document: int
    statuses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    text: str = ""
    sort: Sort = "position"
    bin: bool = False


def ordered_ids(session: Session, wanted: PageFilter) -> list[int]:
    """Ids of all pages that are wanted, in order: what a grid needs to know its length."""
    order = {
        "position": (Page.position, Page.id),
        "name": (Page.name, Page.id),
        "doubt": (Page.predicted_cer.desc().nulls_last(), Page.id),
        "updated": (Page.updated.desc(), Page.id),
    }[wanted.sort]
    return list(session.scalars(_matching(select(Page.id), wanted).order_by(*order)))


def listed(
    session: Session, wanted: PageFilter, *, after: tuple[float, int] | None, limit: int
) -> list[Page]:
    """The next pages by position, for programs that go through all of them.

    Args:
        session: Of the database.
        wanted: Its order does not count.
        after: Position and id of the last page seen.
        limit: How many.
    """
    query = _matching(select(Page), wanted)
    if after is not None:
        position, last = after
        further = and_(Page.position == position, Page.id > last)
        query = query.where(or_(Page.position > position, further))
    return list(session.scalars(query.order_by(Page.position, Page.id).limit(limit)))


def shown(session: Session, pages: Sequence[Page]) -> list[dict[str, Any]]:
    """What grid and API tell of pages, in the order given."""
    ids = [page.id for page in pages]
    pictures = {
        picture.id: picture
        for picture in session.scalars(
            select(Picture).where(Picture.id.in_({page.picture_id for page in pages}))
        )
    }
    tags: dict[int, list[str]] = {}
    carried = (
        select(PageTag.page_id, Tag.name)
        .join(Tag)
        .where(PageTag.page_id.in_(ids))
        .order_by(Tag.name)
    )
    for page_id, name in session.execute(carried):
        tags.setdefault(page_id, []).append(name)
    return [_row(page, pictures[page.picture_id], tags.get(page.id, [])) for page in pages]


def found(session: Session, ids: Sequence[int]) -> list[Page]:
    """Pages by id, in the order of the ids; unknown ones are left out."""
    by_id = {page.id: page for page in session.scalars(select(Page).where(Page.id.in_(ids)))}
    return [by_id[one] for one in ids if one in by_id]


def counts(session: Session, document: int) -> dict[str, int]:
    """Pages of a document by status, and ``bin``."""
    alive = select(Page.status, func.count()).where(
        Page.document_id == document, Page.deleted.is_(None)
    )
    found_counts = {status: 0 for status in STATUSES}
    found_counts.update({str(s): int(n) for s, n in session.execute(alive.group_by(Page.status))})
    binned = select(func.count()).where(Page.document_id == document, Page.deleted.is_not(None))
    return {**found_counts, "bin": session.scalar(binned) or 0}


def tag_names(session: Session, document: int) -> list[str]:
    """Tags that pages of a document carry."""
    query = select(Tag.name).join(PageTag).join(Page).where(Page.document_id == document)
    return list(session.scalars(query.distinct().order_by(Tag.name)))


def set_status(session: Session, ids: Sequence[int], status: str) -> None:
    """Give pages a status.

    Raises:
        InputError: There is no such status.
    """
    if status not in STATUSES:
        raise InputError(f"{status}: no such status", remedy=f"use one of {', '.join(STATUSES)}")
    for some in _slices(ids):
        session.execute(
            update(Page).where(Page.id.in_(some)).values(status=status, updated=time.time())
        )


def set_deleted(session: Session, ids: Sequence[int], *, deleted: bool) -> None:
    """Put pages into the bin or take them out."""
    for some in _slices(ids):
        value = time.time() if deleted else None
        session.execute(update(Page).where(Page.id.in_(some)).values(deleted=value))


def add_tag(session: Session, project: int, ids: Sequence[int], name: str) -> None:
    """Let pages carry a tag.

    Raises:
        InputError: The tag has no name.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise InputError("a tag has 1 to 60 characters", remedy="give it a shorter name")
    tag = session.scalar(select(Tag).where(Tag.project_id == project, Tag.name == name))
    if tag is None:
        tag = Tag(project_id=project, name=name)
        session.add(tag)
        session.flush()
    has = set(session.scalars(select(PageTag.page_id).where(PageTag.tag_id == tag.id)))
    session.add_all(PageTag(page_id=one, tag_id=tag.id) for one in set(ids) - has)


def remove_tag(session: Session, project: int, ids: Sequence[int], name: str) -> None:
    """Take a tag off pages; one that nothing carries any more goes away."""
    tag = session.scalar(select(Tag).where(Tag.project_id == project, Tag.name == name))
    if tag is None:
        return
    for some in _slices(ids):
        session.execute(delete(PageTag).where(PageTag.tag_id == tag.id, PageTag.page_id.in_(some)))
    if not session.scalar(select(func.count()).where(PageTag.tag_id == tag.id)):
        session.delete(tag)


def document_of(session: Session, ids: Iterable[int]) -> Document:
    """The one document that all these pages belong to.

    Raises:
        NotFound: There is no such page.
        InputError: They belong to several.
    """
    owners: set[int] = set()
    for some in _slices(list(ids)):
        owners |= set(session.scalars(select(Page.document_id).where(Page.id.in_(some))))
    if len(owners) > 1:
        raise InputError("these pages are of several documents", remedy="choose pages of one")
    document = session.get(Document, owners.pop()) if owners else None
    if document is None:
        raise NotFound("page")
    return document


def projects_of(session: Session, ids: Sequence[int]) -> set[int]:
    """The projects that pages belong to."""
    found: set[int] = set()
    for some in _slices(list(ids)):
        query = select(Document.project_id).join(Page).where(Page.id.in_(some))
        found |= set(session.scalars(query))
    return found


def last_position(session: Session, document: int) -> float:
    """Where the last page of a document stands; 0 where there is none."""
    query = select(func.max(Page.position)).where(Page.document_id == document)
    return session.scalar(query) or 0.0


def sample_pages(session: Session, project: int, count: int = 3) -> list[int]:
    """Pages of a project that have lines, spread over all of them."""
    query = (
        select(Page.id)
        .join(Document, Document.id == Page.document_id)
        .where(Document.project_id == project, Document.deleted.is_(None))
        .where(Page.deleted.is_(None), Page.line_count > 0)
        .order_by(Document.id, Page.position)
    )
    found = list(session.scalars(query))
    step = max(1, len(found) // count)
    return found[::step][:count]


def neighbours(session: Session, page: Page) -> tuple[int | None, int | None]:
    """The pages before and after one in its document."""
    alive = select(Page.id).where(Page.document_id == page.document_id, Page.deleted.is_(None))
    place = (Page.position, Page.id)
    here = (page.position, page.id)
    before = or_(place[0] < here[0], and_(place[0] == here[0], place[1] < here[1]))
    after = or_(place[0] > here[0], and_(place[0] == here[0], place[1] > here[1]))
    return (
        session.scalar(alive.where(before).order_by(place[0].desc(), place[1].desc()).limit(1)),
        session.scalar(alive.where(after).order_by(*place).limit(1)),
    )


def _matching(query: Select[Any], wanted: PageFilter) -> Select[Any]:
    query = query.where(Page.document_id == wanted.document)
    query = query.where(Page.deleted.is_not(None) if wanted.bin else Page.deleted.is_(None))
    if wanted.statuses:
        query = query.where(Page.status.in_(wanted.statuses))
    if wanted.text:
        query = query.where(Page.name.icontains(wanted.text, autoescape=True))
    for name in wanted.tags:
        carrying = select(PageTag.page_id).join(Tag).where(Tag.name == name)
        query = query.where(Page.id.in_(carrying))
    return query


def _row(page: Page, picture: Picture, tags: list[str]) -> dict[str, Any]:
    return {
        "id": page.id,
        "document": page.document_id,
        "position": page.position,
        "name": page.name,
        "status": page.status,
        "predicted_cer": page.predicted_cer,
        "lines": page.line_count,
        "tags": tags,
        "picture": picture.id,
        "pictures": picture.state,
        "width": picture.width,
        "height": picture.height,
        "updated": page.updated,
    }


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))
