"""Lines that nobody has written yet: to learn from without ground truth, and to choose among."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.errors import DataError
from uncial.imaging.crop import page_lines
from uncial.progress import Advanced
from uncial.studio.context import Context
from uncial.studio.cutting import page_pixels
from uncial.studio.db.tables import Layer, Page, Reading
from uncial.studio.groundtruth import Choice, sheet_of

MOST: Final = 5000
"""Lines that are cut out, of the first pages."""


def count(session: Session, choice: Choice) -> dict[str, int]:
    """Pages of a choice that have lines, and lines without text by hand."""
    pages = select(func.count(), func.coalesce(func.sum(Page.line_count), 0)).where(
        Page.document_id.in_(choice.documents), Page.deleted.is_(None), Page.line_count > 0
    )
    number, lines = session.execute(pages).one()
    written = (
        select(func.count(Reading.id))
        .join(Layer, Layer.id == Reading.layer_id)
        .join(Page, Page.id == Reading.page_id)
        .where(Page.document_id.in_(choice.documents), Page.deleted.is_(None))
        .where(Layer.origin == "human", Reading.text != "")
    )
    left = max(0, lines - (session.scalar(written) or 0))
    return {"pages": number, "lines": left, "characters": 0}


def freeze(context: Context, choice: Choice, folder: Path) -> Path:
    """Cut these lines into a folder, named ``page<id>_<line>.png``, once; the folder.

    Raises:
        DataError: There is none.
    """
    lines = folder / "lines"
    if (folder / "frozen").exists():
        return lines
    lines.mkdir(parents=True, exist_ok=True)
    with context.db.read() as session:
        query = select(Page.id).where(
            Page.document_id.in_(choice.documents), Page.deleted.is_(None), Page.line_count > 0
        )
        pages = list(session.scalars(query.order_by(Page.document_id, Page.position)))
    found = 0
    for done, page in enumerate(pages):
        context.reporter(Advanced(stage="cut lines", done=done, total=len(pages), unit="pages"))
        found += _cut(context, page, lines, MOST - found)
    if not found:
        raise DataError(
            "every line has text by hand, or there is no line", remedy="find lines on more pages"
        )
    (folder / "frozen").touch()
    return lines


def _cut(context: Context, ident: int, folder: Path, most: int) -> int:
    with context.db.read() as session:
        query = (
            select(Reading.line)
            .join(Layer, Layer.id == Reading.layer_id)
            .where(Reading.page_id == ident, Layer.origin == "human", Reading.text != "")
        )
        written = set(session.scalars(query))
        sheet = sheet_of(session, context, ident)
    if sheet is None or most <= 0:
        return 0
    page, path, name, _ = sheet
    found = 0
    for band, image in page_lines(page_pixels(path), page):
        if band.line in written or found == most:
            continue
        Image.fromarray(image).save(folder / f"{name}_{band.line}.png")
        found += 1
    return found
