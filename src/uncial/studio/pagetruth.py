"""Pages whose lines people drew or corrected, written as PAGE files for training a segmenter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from uncial.errors import DataError
from uncial.progress import Advanced, silent
from uncial.studio import exchange
from uncial.studio.context import Context
from uncial.studio.db.tables import Document, Page, Picture, Segmentation
from uncial.studio.groundtruth import Choice
from uncial.studio.shapes import page_from
from uncial.tasks.base import TASKS, resolve


def count(session: Session, choice: Choice) -> dict[str, int]:
    """Pages and lines of a choice."""
    chosen = _chosen(choice).subquery()
    query = select(func.count(), func.coalesce(func.sum(chosen.c.line_count), 0))
    pages, lines = session.execute(query).one()
    return {"pages": pages, "lines": lines, "characters": 0}


def freeze(context: Context, choice: Choice, folder: Path) -> Path:
    """Write the pages of a choice into a folder, once; the folder.

    Raises:
        DataError: There is no page.
    """
    done = folder / "frozen"
    if done.exists():
        return folder / "pages"
    with context.db.read() as session:
        idents = list(session.scalars(select(_chosen(choice).subquery().c.id)))
    if not idents:
        raise DataError(
            "there is no page whose lines were drawn or corrected by hand",
            remedy="correct the lines of some pages first",
        )
    for number, ident in enumerate(idents):
        context.reporter(
            Advanced(stage="write pages", done=number, total=len(idents), unit="pages")
        )
        _write(context, ident, folder)
    done.touch()
    return folder / "pages"


def _chosen(choice: Choice) -> Select[int, int]:
    """Ids and line counts of pages with a layout that a person made, changed or imported."""
    query = (
        select(Page.id, Page.line_count)
        .join(Segmentation, Segmentation.id == Page.segmentation_id)
        .where(Page.deleted.is_(None), Page.line_count > 0)
        .where(Segmentation.origin.in_(("human", "import")) | (Page.status == "checked"))
    )
    if choice.checked:
        query = query.where(Page.status == "checked")
    if choice.pages:
        query = query.where(Page.id.in_(choice.pages))
    if choice.documents or not choice.pages:
        query = query.where(Page.document_id.in_(choice.documents))
    return query


def _write(context: Context, ident: int, folder: Path) -> None:
    with context.db.read() as session:
        page = session.get_one(Page, ident)
        picture = session.get_one(Picture, page.picture_id)
        body = session.get_one(Segmentation, page.segmentation_id).body
        direction = session.get_one(Document, page.document_id).direction
    image = context.files.picture(picture.digest, picture.suffix)
    out, work = folder / "pages", folder / "json"
    out.mkdir(parents=True, exist_ok=True)
    name = f"page{ident}{image.suffix}"
    for place in (out, work):
        place.mkdir(exist_ok=True)
        if not (place / name).is_symlink():
            (place / name).symlink_to(image.resolve())
    size = (picture.width, picture.height)
    shape = page_from(body, image=name, size=size, direction=direction)
    written = work / f"page{ident}.json"
    exchange.write_pages(written, [shape])
    config, run = TASKS["convert"].load()
    given: dict[str, Any] = {"source": written, "target": out / f"page{ident}.xml", "to": "page"}
    run(resolve(config, given), silent)
