"""The action *import*: images become pages, page files become their layout and text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.errors import InputError, UncialError
from uncial.progress import Advanced, Note
from uncial.studio import catalogue, ledger, pictures
from uncial.studio.actions.laying import lay_upon
from uncial.studio.context import Context
from uncial.studio.db.tables import Document, Page, Picture
from uncial.studio.faults import NotFound
from uncial.studio.files import digest_of, plain_name


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file.

    Attributes:
        name: What the page will be called.
        upload: Where it was sent to; empty for a path.
        path: Where it lies on this machine.
        kind: ``pages`` for a file with layout and text.
    """

    name: str
    upload: str = ""
    path: str = ""
    kind: Literal["image", "pages"] = "image"


@dataclass(frozen=True, kw_only=True)
class ImportConfig:
    """What to import, and where."""

    document: int
    items: tuple[Item, ...]
    again: bool = False
    """Import images that the document has already."""
    text: Literal["written", "checked", "layer"] = "written"
    """What text in page files is: written by hand, checked ground truth, or a layer of its own."""


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of the files.

    Attributes:
        pages: New pages.
        known: Files left out because the document had them.
        refused: Files that cannot be used.
        lines: That came with page files.
    """

    pages: int
    known: int
    refused: int
    lines: int = 0


def import_pages(context: Context, config: ImportConfig) -> ImportResult:
    """Make a page of every image, in the order given, then lay the page files upon them.

    Each file is saved by itself.

    Raises:
        InputError: No file can be used.
    """
    made = known = refused = lines = 0
    items = sorted(enumerate(config.items), key=lambda one: one[1].kind != "image")
    for done, (number, item) in enumerate(items):
        progress = Advanced(stage="import", done=done, total=len(items), unit="files")
        context.reporter(progress)
        try:
            if item.kind == "pages":
                file = _file(context, item)
                lines += lay_upon(context, config.document, item.name, file, config.text)
                continue
            new = _one(context, config, number, item)
            made, known = made + new, known + (not new)
        except UncialError as error:
            if isinstance(error, NotFound):
                raise
            refused += 1
            context.reporter(Note(text=error.problem, level="warning", code="refused"))
    context.reporter(Advanced(stage="import", done=len(items), total=len(items), unit="files"))
    if refused == len(items):
        raise InputError(
            "none of the files can be used", remedy="look at the log, then give other files"
        )
    if made:
        _ask_for_pictures(context, config.document)
    for item in config.items:
        context.files.drop_upload(item.upload)
    return ImportResult(pages=made, known=known, refused=refused, lines=lines)


def _file(context: Context, item: Item) -> Path:
    source = context.files.upload(item.upload).path if item.upload else Path(item.path)
    if not source.is_file():
        raise InputError(f"{item.name}: no such file", remedy="give a file that exists")
    return source


def _one(context: Context, config: ImportConfig, number: int, item: Item) -> bool:
    mark = f"{context.job}:{number}"
    with context.db.read() as session:
        if session.scalar(select(Page.id).where(Page.imported == mark)) is not None:
            return True  # by the run that died
    source = _file(context, item)
    facts = pictures.examine(source, name=item.name, max_pixels=context.settings.max_pixels)
    digest = digest_of(source)
    context.files.keep(source, context.files.picture(digest, facts.suffix))
    with context.db.write() as session:
        document = session.get(Document, config.document)
        if document is None:
            raise NotFound("document")
        picture = _picture(session, digest, facts, source.stat().st_size)
        if not config.again and _has(session, document.id, picture.id):
            return False
        session.add(
            Page(
                document_id=document.id,
                picture_id=picture.id,
                position=catalogue.last_position(session, document.id) + 1,
                name=plain_name(item.name),
                imported=mark,
            )
        )
    return True


def _picture(session: Session, digest: str, facts: pictures.Facts, size: int) -> Picture:
    picture = session.scalar(select(Picture).where(Picture.digest == digest))
    if picture is None:
        picture = Picture(
            digest=digest, suffix=facts.suffix, width=facts.width, height=facts.height, size=size
        )
        session.add(picture)
        session.flush()
    return picture


def _has(session: Session, document: int, picture: int) -> bool:
    query = select(Page.id).where(
        Page.document_id == document, Page.picture_id == picture, Page.deleted.is_(None)
    )
    return session.scalar(query.limit(1)) is not None


def _ask_for_pictures(context: Context, document: int) -> None:
    with context.db.write() as session:
        owner = session.get_one(Document, document)
        job = ledger.submit(
            session,
            ledger.Ask(
                action="pictures",
                title=f"Thumbnails and tiles of {owner.name}",
                config={"document": document},
                queue="quick",
                project=owner.project_id,
                document=document,
                account=context.account,
            ),
        )
    context.ring("quick", job)
