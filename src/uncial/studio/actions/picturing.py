"""The action *pictures*: thumbnails and tiles of a document's images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy import select, update

from uncial.errors import ImageError
from uncial.progress import Advanced, Note
from uncial.studio import pictures
from uncial.studio.context import Context
from uncial.studio.db.tables import Page, Picture


@dataclass(frozen=True, kw_only=True)
class PicturesConfig:
    """Of which document."""

    document: int


@dataclass(frozen=True, kw_only=True)
class PicturesResult:
    """What was made.

    Attributes:
        made: Images.
        failed: Images that cannot be decoded.
    """

    made: int
    failed: int


def make_pictures(context: Context, config: PicturesConfig) -> PicturesResult:
    """Make what is shown of every image that lacks it, in the order of the pages."""
    with context.db.read() as session:
        query = (
            select(Picture.id, Picture.digest, Picture.suffix, Page.name)
            .join(Page, Page.picture_id == Picture.id)
            .where(Page.document_id == config.document, Picture.state == "waiting")
            .order_by(Page.position)
        )
        waiting = {row.id: row for row in session.execute(query)}
    failed = 0
    for done, row in enumerate(waiting.values()):
        progress = Advanced(stage="pictures", done=done, total=len(waiting), unit="images")
        context.reporter(progress)
        source = context.files.picture(row.digest, row.suffix)
        target = context.files.derived(row.digest)
        state = "ready"
        try:
            pictures.make(source, target, alive=partial(context.reporter, progress))
        except ImageError as error:
            state, failed = "failed", failed + 1
            text = f"{row.name}: {error.problem}"
            context.reporter(Note(text=text, level="warning", code="damaged"))
        with context.db.write() as session:
            session.execute(update(Picture).where(Picture.id == row.id).values(state=state))
    context.reporter(
        Advanced(stage="pictures", done=len(waiting), total=len(waiting), unit="images")
    )
    return PicturesResult(made=len(waiting) - failed, failed=failed)
