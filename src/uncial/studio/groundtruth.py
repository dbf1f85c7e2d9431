"""Lines that people wrote, cut out for training and tests, frozen in a folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from uncial.errors import DataError
from uncial.imaging.crop import page_lines
from uncial.page.layout import Page as Layout
from uncial.progress import Advanced, Reporter
from uncial.studio.context import Context
from uncial.studio.cutting import page_pixels
from uncial.studio.db.tables import (
    DatasetVersion,
    Document,
    Layer,
    Page,
    Picture,
    Reading,
    Segmentation,
)
from uncial.studio.faults import NotFound
from uncial.studio.shapes import page_from


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which lines.

    Attributes:
        documents: Their ids; empty where pages are named.
        checked: Only lines that were checked, or all lines of checked pages; else every line
            with text by hand.
        pages: Only these pages; empty takes all.
        without: Lines that are left out, ``"page:line"``.
        version: Instead of all these a frozen version of a dataset.
    """

    documents: tuple[int, ...] = ()
    checked: bool = True
    pages: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    version: int | None = None


_MARKS: Final = ("[…]", "?]")
"""Of a gap and of ``[unclear?]`` words: such a line does not say what stands there."""


class Frozen(NamedTuple):
    """Lines that no longer change.

    Attributes:
        data: Table or line store.
        split: The part of them that tests read.
    """

    data: Path
    split: str


def count(session: Session, choice: Choice) -> dict[str, int]:
    """Pages, lines and characters of a choice; lines left out one by one are counted, too."""
    if choice.version is not None:
        return dict(session.get_one(DatasetVersion, choice.version).facts["counts"])
    chosen = _chosen(choice).subquery()
    columns = chosen.c
    query = select(
        func.count(func.distinct(columns.page_id)),
        func.count(),
        func.coalesce(func.sum(func.length(columns.text)), 0),
    )
    pages, lines, letters = session.execute(query).one()
    return {"pages": pages, "lines": lines, "characters": letters}


def freeze(context: Context, choice: Choice, folder: Path) -> Frozen:
    """Cut the lines of a choice into a folder with a table, once; a version is frozen already.

    Args:
        context: Of the job.
        choice: Which lines.
        folder: Holds the images and ``lines.csv`` afterwards.

    Raises:
        DataError: There is no line.
        NotFound: The version is gone.
    """
    if choice.version is not None:
        with context.db.read() as session:
            version = session.get(DatasetVersion, choice.version)
        if version is None:
            raise NotFound("version of the dataset")
        store = context.files.job(version.job_id) / "store"
        return Frozen(store, "test" if version.facts["splits"].get("test") else "all")
    table = folder / "lines.csv"
    if table.exists():
        return Frozen(table, "all")
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(_cut(context, choice, folder, context.reporter))
    if not rows:
        raise DataError(
            "there is no line with text by hand in these documents",
            remedy="check some lines first, or use all that were written",
        )
    part = folder / ".lines.csv.part"
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "text", "page", "document"])
        writer.writerows(rows)
    part.replace(table)
    return Frozen(table, "all")


def _chosen(choice: Choice) -> Select[int, str, str, int]:
    query = (
        select(Reading.page_id, Reading.line, Reading.text, Page.document_id)
        .join(Layer, Layer.id == Reading.layer_id)
        .join(Page, Page.id == Reading.page_id)
        .where(Layer.origin == "human", Page.deleted.is_(None), Reading.text != "")
    )
    if choice.documents or not choice.pages:
        query = query.where(Page.document_id.in_(choice.documents))
    for mark in _MARKS:
        query = query.where(~Reading.text.contains(mark, autoescape=True))
    if choice.checked:
        query = query.where(Reading.checked | (Page.status == "checked"))
    if choice.pages:
        query = query.where(Page.id.in_(choice.pages))
    return query


def _cut(
    context: Context, choice: Choice, folder: Path, reporter: Reporter
) -> Iterator[tuple[str, str, str, str]]:
    without = set(choice.without)
    with context.db.read() as session:
        texts: dict[int, dict[str, str]] = {}
        for row in session.execute(_chosen(choice).order_by(Page.position)):
            if f"{row.page_id}:{row.line}" not in without:
                texts.setdefault(row.page_id, {})[row.line] = row.text
        sheets = [sheet_of(session, context, page) for page in texts]
    for done, (sheet, lines) in enumerate(zip(sheets, texts.values(), strict=True)):
        reporter(Advanced(stage="cut lines", done=done, total=len(sheets), unit="pages"))
        if sheet is None:
            continue
        page, path, name, document = sheet
        for band, image in page_lines(page_pixels(path), page):
            if band.line not in lines:
                continue
            file = f"{name}_{band.line}.png"
            Image.fromarray(image).save(folder / file)
            yield file, lines[band.line], name, document


def sheet_of(
    session: Session, context: Context, ident: int
) -> tuple[Layout, Path, str, str] | None:
    """A page with its lines, its image, and the names of page and document; None without lines."""
    page = session.get_one(Page, ident)
    if page.segmentation_id is None:
        return None
    picture = session.get_one(Picture, page.picture_id)
    document = session.get_one(Document, page.document_id)
    body = session.get_one(Segmentation, page.segmentation_id).body
    size = (picture.width, picture.height)
    shape = page_from(body, image="", size=size, direction=document.direction)
    path = context.files.picture(picture.digest, picture.suffix)
    return shape, path, f"page{page.id}", f"document{document.id}"
