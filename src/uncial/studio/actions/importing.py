"""The action *import*: images become pages, page files become their layout and text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from uncial.errors import Cancelled, InputError, UncialError
from uncial.progress import Advanced, Note
from uncial.studio import ledger
from uncial.studio.actions.bundles import Bundle, Tally, bring
from uncial.studio.actions.laying import lay_upon
from uncial.studio.actions.paging import make_page, page_of_mark
from uncial.studio.context import Context
from uncial.studio.db.tables import Document
from uncial.studio.faults import NotFound
from uncial.tasks.unpacking import stands_alone


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file.

    Attributes:
        name: What the page will be called.
        upload: Where it was sent to; empty for a path.
        path: Where it lies on this machine.
        url: Of a IIIF manifest.
        kind: ``pages`` for a file with layout and text of pages that are there, ``bundle`` for one
            that holds several pages, ``iiif`` for a manifest.
        pages: Which of several pages, from 1, such as ``1-5,8,20-``; empty for all.
        size: Longest side of a manifest's images, px; 0 for all there is.
    """

    name: str
    upload: str = ""
    path: str = ""
    url: str = ""
    kind: Literal["image", "pages", "bundle", "iiif"] = "image"
    pages: str = ""
    size: int = 0


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
    tally = Tally()
    items = sorted(enumerate(config.items), key=lambda one: one[1].kind == "pages")
    for done, (number, item) in enumerate(items):
        progress = Advanced(stage="import", done=done, total=len(items), unit="files")
        context.reporter(progress)
        try:
            tally.add(_one(context, config, number, item))
        except UncialError as error:
            if isinstance(error, NotFound | Cancelled):
                raise
            tally.refused += 1
            context.reporter(Note(text=error.problem, level="warning", code="refused"))
    context.reporter(Advanced(stage="import", done=len(items), total=len(items), unit="files"))
    made, lines = tally.made, tally.lines
    if tally.refused and not (made or lines or tally.known):
        raise InputError(
            "none of the files can be used", remedy="look at the log, then give other files"
        )
    if made:
        _ask_for_pictures(context, config.document)
    for item in config.items:
        context.files.drop_upload(item.upload)
    return ImportResult(pages=made, known=tally.known, refused=tally.refused, lines=lines)


def _one(context: Context, config: ImportConfig, number: int, item: Item) -> Tally:
    mark = f"{context.job}:{number}"
    if item.kind in ("bundle", "iiif"):
        bundle = Bundle(
            document=config.document,
            name=item.name,
            file=_file(context, item) if item.kind == "bundle" else None,
            manifest=item.url,
            pages=item.pages,
            size=item.size,
            mark=mark,
            again=config.again,
            text=config.text,
        )
        return bring(context, bundle)
    if item.kind == "pages":
        file = _file(context, item)
        return Tally(lines=lay_upon(context, config.document, item.name, file, config.text))
    if (made := page_of_mark(context, mark)) is None:
        file, again = _file(context, item), config.again
        made = make_page(context, config.document, file, item.name, mark=mark, again=again)
    return Tally(made=made.new, known=not made.new)


def _file(context: Context, item: Item) -> Path:
    source = context.files.upload(item.upload).path if item.upload else Path(item.path)
    if not source.is_file():
        raise InputError(f"{item.name}: no such file", remedy="give a file that exists")
    if item.upload and item.kind != "image" and not stands_alone(source, item.name):
        raise InputError(
            f"{item.name}: names other files, or is none of pages",
            remedy="give a ZIP of the folder",
        )
    return source


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
