"""The action *read*: a model reads lines of pages; every run makes a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.page.layout import Page as Layout
from uncial.progress import Advanced, Event, Note, Reporter, silent
from uncial.studio import exchange, shelf, transcription
from uncial.studio.context import Context
from uncial.studio.db.tables import Document, Layer, Page, Picture, Reading, Segmentation
from uncial.studio.shapes import page_from
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class ReadConfig:
    """Which pages, with which model."""

    document: int
    pages: tuple[int, ...]
    model: int


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """What was read.

    Attributes:
        pages: Pages with lines.
        lines: Of them.
        without_lines: Pages that were left out.
        failed: Pages that could not be read; the log says why.
        document: They belong to.
    """

    pages: int
    lines: int
    without_lines: int
    failed: int
    document: int


class _PageFailed(InputError):
    """One page cannot be read; the others can."""


def read_pages(context: Context, config: ReadConfig) -> ReadResult:
    """Read the lines of pages into a new layer, page by page; what a run that died had read stays.

    A page that cannot be read ends nothing.

    Raises:
        NotFound: The model is gone.
        ConfigError: The model cannot be used.
    """
    with context.db.read() as session:
        model = shelf.path_of(session, context.files, config.model)
        name = shelf.found(session, config.model).name
    lines = left = failed = 0
    total = len(config.pages)
    for done, page in enumerate(config.pages):
        context.reporter(Advanced(stage="read", done=done, total=total, unit="pages"))
        try:
            read = _one(context, page, model, name)
        except _PageFailed as error:
            context.reporter(Note(text=error.problem, level="warning"))
            failed += 1
            continue
        lines, left = lines + (read or 0), left + (read is None)
    context.reporter(Advanced(stage="read", done=total, total=total, unit="pages"))
    if left:
        text = f"pages without lines: {left}; find their lines first"
        context.reporter(Note(text=text, level="warning"))
    return ReadResult(
        pages=total - left - failed,
        lines=lines,
        without_lines=left,
        failed=failed,
        document=config.document,
    )


def _one(context: Context, ident: int, model: Path, name: str) -> int | None:
    """Read a page; the number of its lines, None where it has none."""
    with context.db.read() as session:
        page = session.get(Page, ident)
        if page is None or page.segmentation_id is None or not page.line_count:
            return None
        done = _lines_read(session, context.job, ident)
        if done:
            return done
        body = session.get_one(Segmentation, page.segmentation_id).body
        picture = session.get_one(Picture, page.picture_id)
        size = (picture.width, picture.height)
        direction = session.get_one(Document, page.document_id).direction
        image = context.files.picture(picture.digest, picture.suffix)
    work = context.folder / f"page{ident}"
    work.mkdir(parents=True, exist_ok=True)
    link = work / f"page{image.suffix}"
    link.unlink(missing_ok=True)
    link.symlink_to(image)
    shape = page_from(body, image=link.name, size=size, direction=direction)
    exchange.write_pages(work / "page.json", [shape])
    given: dict[str, Any] = {"model": model, "images": (work / "page.json",), "pages": True}
    given |= {"format": "page", "output": work / "read", "overwrite": True, "processes": 1}
    config, run = TASKS["recognize"].load()
    result: Any = run(resolve(config, given), _quiet(context))
    if result.pages.failed:
        problem = result.pages.failed[0].problem
        raise _PageFailed(f"page {ident}: {problem}", remedy="look at its image and lines")
    (written,) = (work / "read").glob("*.xml")
    (answer,) = exchange.read_pages(written, work, silent)
    return _keep(context, ident, name, answer)


def _quiet(context: Context) -> Reporter:
    """A reporter that only passes warnings on: our own progress counts pages."""

    def told(event: Event) -> None:
        if isinstance(event, Note) and event.level == "warning":
            context.reporter(event)

    return told


def _keep(context: Context, ident: int, name: str, answer: Layout) -> int:
    count = 0
    sure: list[float] = []
    with context.db.write() as session:
        page = session.get_one(Page, ident)
        layer = transcription.add_layer(
            session, page.document_id, name, origin="machine", source=name, job=context.job
        )
        for line in answer.lines():
            if not line.readings:
                continue
            reading = line.readings[0]
            ends = [x for x, _ in line.baseline] or [x for x, _ in line.boundary]
            span = (min(ends), max(ends)) if ends else None
            session.add(
                Reading(
                    layer_id=layer.id,
                    page_id=ident,
                    line=line.id,
                    text=reading.text,
                    confidence=reading.confidence,
                    characters=exchange.characters(reading, span),
                    author=name,
                )
            )
            count += 1
            sure += [reading.confidence] if reading.confidence is not None else []
        if page.status in ("new", "segmented"):
            page.status = "read"
        page.predicted_cer = 1 - sum(sure) / len(sure) if sure else None
    return count


def _lines_read(session: Session, job: str, page: int) -> int:
    query = (
        select(func.count(Reading.id))
        .join(Layer, Layer.id == Reading.layer_id)
        .where(Layer.job_id == job, Reading.page_id == page)
    )
    return session.scalar(query) or 0
