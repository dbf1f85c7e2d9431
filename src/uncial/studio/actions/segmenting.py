"""The action *segment*: a model finds the lines of pages; every run makes a new version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from uncial.page.layout import Page as Layout
from uncial.progress import Advanced, Note, silent
from uncial.studio import exchange, segmentation, shelf
from uncial.studio.context import Context
from uncial.studio.db.tables import Document, Page, Picture, Segmentation
from uncial.studio.shapes import body_from
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """Which pages, with which model."""

    document: int
    pages: tuple[int, ...]
    model: int | None = None
    """None takes the one that comes with the package."""


@dataclass(frozen=True, kw_only=True)
class SegmentResult:
    """What was found.

    Attributes:
        pages: Pages that were looked at.
        lines: Found on them.
        beside: Pages whose lines by hand still count; the new version lies beside them.
        document: They belong to.
    """

    pages: int
    lines: int
    beside: int
    document: int


def find_lines(context: Context, config: SegmentConfig) -> SegmentResult:
    """Find the lines of pages, page by page; lines that a person drew or changed still count.

    Raises:
        NotFound: The model is gone.
        ConfigError: There is no model that finds lines.
        FormatError: The model cannot be used.
    """
    model: Path | str = "default"
    name = "uncial"
    if config.model is not None:
        with context.db.read() as session:
            model = shelf.path_of(session, context.files, config.model)
            name = shelf.found(session, config.model).name
    lines = beside = 0
    total = len(config.pages)
    for done, page in enumerate(config.pages):
        context.reporter(Advanced(stage="find lines", done=done, total=total, unit="pages"))
        found, counts = _one(context, page, model, name)
        lines, beside = lines + found, beside + (not counts)
    context.reporter(Advanced(stage="find lines", done=total, total=total, unit="pages"))
    if beside:
        text = f"on {beside} pages the lines by hand still count; the new ones are under Layers"
        context.reporter(Note(text=text))
    return SegmentResult(pages=total, lines=lines, beside=beside, document=config.document)


def _one(context: Context, ident: int, model: Path | str, name: str) -> tuple[int, bool]:
    """Lines that were found, and whether they count."""
    with context.db.read() as session:
        page = session.get(Page, ident)
        if page is None:
            return 0, True
        query = select(Segmentation).where(
            Segmentation.page_id == ident, Segmentation.job_id == context.job
        )
        done = session.scalar(query)
        if done is not None:  # by the run that died
            return len(done.body["lines"]), page.segmentation_id == done.id
        picture = session.get_one(Picture, page.picture_id)
        direction = session.get_one(Document, page.document_id).direction
        image = context.files.picture(picture.digest, picture.suffix)
        size = (picture.width, picture.height)
    found = _found(context, ident, image, model, direction)
    if found is None:
        return 0, True
    scale = (size[0] / (found.width or size[0]), size[1] / (found.height or size[1]))
    body = body_from(found, scale=scale)
    with context.db.write() as session:
        page = session.get_one(Page, ident)
        version = segmentation.add(
            session, page, body, origin="machine", source=name, job=context.job
        )
        return len(body["lines"]), page.segmentation_id == version.id


def _found(
    context: Context, ident: int, image: Path, model: Path | str, direction: str
) -> Layout | None:
    """The page as the model sees it; None where its image cannot be used."""
    work = context.folder / f"page{ident}"
    given: dict[str, Any] = {"images": (image,), "output": work, "model": model, "threads": 1}
    config, run = TASKS["segment"].load()
    result: Any = run(resolve(config, {**given, "direction": direction}), silent)
    for problem in result.failed.values():
        context.reporter(Note(text=f"page {ident}: {problem}", level="warning"))
        return None
    (one,) = result.pages
    (page,) = exchange.read_pages(one.file, work, silent)
    return page
