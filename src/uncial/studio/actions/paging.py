"""An image file becomes a page of a document: kept by content, in one step or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.studio import catalogue, pictures
from uncial.studio.context import Context
from uncial.studio.db.tables import Document, Page, Picture
from uncial.studio.faults import NotFound
from uncial.studio.files import digest_of, plain_name


@dataclass(frozen=True, kw_only=True)
class Made:
    """A page of an image.

    Attributes:
        page: Its id; of the page that shows the image already, where one does.
        new: Whether it was made for this image.
    """

    page: int
    new: bool


def page_of_mark(context: Context, mark: str) -> Made | None:
    """The page that a run that died has made already."""
    with context.db.read() as session:
        page = session.scalar(select(Page.id).where(Page.imported == mark))
    return Made(page=page, new=True) if page is not None else None


def make_page(
    context: Context, document: int, source: Path, name: str, *, mark: str, again: bool
) -> Made:
    """Make a page at the end of a document.

    Args:
        context: Of the job.
        document: Its id.
        source: The image file.
        name: Of the page.
        mark: Job and item: a second run finds by it what the first has made.
        again: Make one although the document has the image already.

    Raises:
        ImageError: The file is no image, or of a kind that is not read.
        NotFound: The document is gone.
    """
    made = page_of_mark(context, mark)
    if made is not None:
        return made
    facts = pictures.examine(source, name=name, max_pixels=context.settings.max_pixels)
    digest = digest_of(source)
    context.files.keep(source, context.files.picture(digest, facts.suffix))
    with context.db.write() as session:
        owner = session.get(Document, document)
        if owner is None:
            raise NotFound("document")
        picture = _picture(session, digest, facts, source.stat().st_size)
        there = None if again else _showing(session, document, picture.id)
        if there is not None:
            return Made(page=there, new=False)
        page = Page(
            document_id=document,
            picture_id=picture.id,
            position=catalogue.last_position(session, document) + 1,
            name=plain_name(name),
            imported=mark,
        )
        session.add(page)
        session.flush()
        return Made(page=page.id, new=True)


def _picture(session: Session, digest: str, facts: pictures.Facts, size: int) -> Picture:
    picture = session.scalar(select(Picture).where(Picture.digest == digest))
    if picture is None:
        picture = Picture(
            digest=digest, suffix=facts.suffix, width=facts.width, height=facts.height, size=size
        )
        session.add(picture)
        session.flush()
    return picture


def _showing(session: Session, document: int, picture: int) -> int | None:
    query = select(Page.id).where(
        Page.document_id == document, Page.picture_id == picture, Page.deleted.is_(None)
    )
    return session.scalar(query.order_by(Page.position).limit(1))
