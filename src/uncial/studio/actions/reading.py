"""The action *read*: a model reads lines of pages; every run makes a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.errors import DataError
from uncial.page.layout import Page as Layout
from uncial.progress import Advanced, Event, Metric, Note, silent
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


def read_pages(context: Context, config: ReadConfig) -> ReadResult:
    """Read the lines of pages into a new layer; each page is saved as soon as it is read.

    A page that cannot be read ends nothing. What a run that died had read is not read again.

    Raises:
        NotFound: The model is gone.
        FormatError: The model cannot be used.
        DataError: No page could be read.
    """
    with context.db.read() as session:
        model = shelf.path_of(session, context.files, config.model)
        name = shelf.found(session, config.model).name
    ready = [page for page in config.pages if prepare_page(context, page)]
    left = len(config.pages) - len(ready)
    if left:
        text = f"pages without lines: {left}; find their lines first"
        context.reporter(Note(text=text, level="warning"))
    kept = _Kept(context, name)
    if ready:
        files = tuple(context.folder / "pages" / f"{page}.json" for page in ready)
        given: dict[str, Any] = {"model": model, "images": files, "pages": True}
        given |= {"format": "page", "output": context.folder / "read", "processes": 1}
        task_config, run = TASKS["recognize"].load()
        run(resolve(task_config, given), kept)
        kept.look()
        if not kept.lines:
            raise DataError(
                "none of the pages could be read", remedy="look at the log, then try again"
            )
    return ReadResult(
        pages=len(kept.lines),
        lines=sum(kept.lines.values()),
        without_lines=left,
        failed=len(ready) - len(kept.lines),
        document=config.document,
    )


class _Kept:
    """The reporter of the reading: takes every page over that has been written since.

    Args:
        context: Of the job.
        name: Of the model.
    """

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name
        self.lines: dict[int, int] = {}

    def __call__(self, event: Event) -> None:
        """Pass an event on, and look."""
        if isinstance(event, Advanced):
            self.look()
        if not isinstance(event, Metric):
            self._context.reporter(event)

    def look(self) -> None:
        """Save the pages that are new."""
        for written in sorted((self._context.folder / "read").glob("*.xml")):
            ident = int(written.stem)
            if ident not in self.lines:
                self.lines[ident] = self._take(ident, written)

    def _take(self, ident: int, written: Path) -> int:
        with self._context.db.read() as session:
            done = _lines_read(session, self._context.job, ident)
        if done:  # by the run that died
            return done
        work = self._context.folder / "taken"
        (answer,) = exchange.read_pages(written, work, silent)
        return _keep(self._context, ident, self._name, answer)


def prepare_page(context: Context, ident: int) -> bool:
    """Write a page where the task will read it; whether it has lines."""
    with context.db.read() as session:
        page = session.get(Page, ident)
        if page is None or page.segmentation_id is None or not page.line_count:
            return False
        work = context.folder / "pages"
        if (work / f"{ident}.json").exists():  # frozen when the job first ran
            return True
        body = session.get_one(Segmentation, page.segmentation_id).body
        picture = session.get_one(Picture, page.picture_id)
        direction = session.get_one(Document, page.document_id).direction
    image = context.files.picture(picture.digest, picture.suffix)
    work.mkdir(parents=True, exist_ok=True)
    link = work / f"{ident}{image.suffix}"
    if not link.is_symlink():
        link.symlink_to(image)
    size = (picture.width, picture.height)
    shape = page_from(body, image=link.name, size=size, direction=direction)
    exchange.write_pages(work / f"{ident}.json", [shape])
    return True


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
