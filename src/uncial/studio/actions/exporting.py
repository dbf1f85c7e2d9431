"""The action *export*: pages with their text in any format that Uncial writes, in one ZIP file."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from uncial.errors import DataError, InputError
from uncial.page.layout import Page as Layout
from uncial.page.layout import Reading as Text
from uncial.progress import Advanced, Note, silent
from uncial.studio import exchange, segmentation, transcription
from uncial.studio.context import Context
from uncial.studio.db.tables import Document, Page, Picture
from uncial.studio.files import plain_name
from uncial.studio.shapes import page_from
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """Which pages, in which format."""

    document: int
    pages: tuple[int, ...]
    format: str
    """Name of a format, as `uncial formats` lists them, or ``lines``: images with ``.gt.txt``."""
    proposals: bool = True
    """Lines without text by hand have what a model read."""
    images: bool = False
    """Put the pages' images beside them."""


@dataclass(frozen=True, kw_only=True)
class ExportResult:
    """What was written.

    Attributes:
        pages: Pages.
        skipped: Pages that could not be written; the log says why.
        file: Address of the ZIP file.
    """

    pages: int
    skipped: int
    file: str


def export_pages(context: Context, config: ExportConfig) -> ExportResult:
    """Write each page to a file of its own, named after the page, and pack them.

    Raises:
        ConfigError: There is no such format.
        DataError: No page could be written.
    """
    out = context.folder / "export"
    out.mkdir(parents=True, exist_ok=True)
    total, skipped = len(config.pages), 0
    for done, ident in enumerate(config.pages):
        context.reporter(Advanced(stage="export", done=done, total=total, unit="pages"))
        try:
            _one(context, config, ident, out)
        except InputError as error:
            skipped += 1
            context.reporter(Note(text=error.problem, level="warning"))
    if skipped == total:
        raise DataError("no page could be written", remedy="look at the log")
    _pack(out, context.folder / "export.zip")
    context.reporter(Advanced(stage="export", done=total, total=total, unit="pages"))
    file = f"/api/jobs/{context.job}/export.zip"
    return ExportResult(pages=total - skipped, skipped=skipped, file=file)


def _one(context: Context, config: ExportConfig, ident: int, out: Path) -> None:
    with context.db.read() as session:
        page = session.get(Page, ident)
        if page is None:
            return
        picture = session.get_one(Picture, page.picture_id)
        image = context.files.picture(picture.digest, picture.suffix)
        stem = plain_name(Path(page.name).stem)
        layout = _layout(session, page, picture, f"{stem}{image.suffix}", config)
    work = context.folder / "pages" / str(ident)
    work.mkdir(parents=True, exist_ok=True)
    link = work / layout.image
    link.unlink(missing_ok=True)
    link.symlink_to(image)
    exchange.write_pages(work / f"{stem}.json", [layout])
    task_config, run = TASKS["convert"].load()
    given: dict[str, Any] = {"source": work / f"{stem}.json", "to": config.format}
    run(resolve(task_config, {**given, "target": out / "."}), silent)
    if config.images:
        context.files.keep(image, out / layout.image)


def _layout(
    session: Session, page: Page, picture: Picture, image: str, config: ExportConfig
) -> Layout:
    version = segmentation.current(session, page)
    body = version.body if version is not None else {"regions": [], "lines": []}
    texts: dict[str, Text] = {}
    layers = transcription.layers_of_page(session, page)
    for layer in reversed(layers):  # the newest machine over the older, people over all
        if layer["origin"] != "human" and not config.proposals:
            continue
        for line, one in transcription.readings(session, layer["id"], page.id).items():
            source = one["author"] or layer["source"] or layer["name"]
            texts[line] = Text(text=one["text"], confidence=one["confidence"], source=source)
    return page_from(
        body,
        image=image,
        size=(picture.width, picture.height),
        direction=session.get_one(Document, page.document_id).direction,
        texts=texts,
    )


def _pack(folder: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder))
    part.replace(target)
