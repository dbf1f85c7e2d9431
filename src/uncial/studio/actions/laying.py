"""Layout and text of page files, laid upon the pages that they are about."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.page.layout import Page as Layout
from uncial.progress import silent
from uncial.studio import exchange, segmentation, transcription
from uncial.studio.context import Context
from uncial.studio.db.tables import Page, Picture, Reading, Segmentation
from uncial.studio.files import plain_name
from uncial.studio.matching import pages_by_stem, stem
from uncial.studio.shapes import body_from
from uncial.studio.transcription import Save

TextKind = Literal["written", "checked", "layer"]


def lay_upon(context: Context, document: int, name: str, file: Path, text: TextKind) -> int:
    """Give the pages of a document the layout and text of a page file.

    A layout by hand still counts; then the file's lies beside it as a version.

    Args:
        context: Of the job.
        document: Its id.
        name: The file's name, which may tell the page.
        file: The file.
        text: What its text is taken for.

    Returns:
        Lines.

    Raises:
        FormatError: It is of no format of pages, or damaged.
        InputError: It is about no page of the document.
    """
    work = context.folder / "pages"
    work.mkdir(parents=True, exist_ok=True)
    named = work / plain_name(name)
    shutil.copyfile(file, named)
    layouts = exchange.read_pages(named, work, silent)
    return lay_upon_layouts(context, document, name, layouts, text)


def lay_upon_layouts(
    context: Context, document: int, name: str, layouts: Sequence[Layout], text: TextKind
) -> int:
    """As `lay_upon`, with pages that were read already.

    Raises:
        InputError: None is about a page of the document.
    """
    lines = matched = 0
    with context.db.write() as session:
        pages = pages_by_stem(session, document)
        for layout in layouts:
            names = (layout.image, name if len(layouts) == 1 else "", layout.id)
            ident = next((pages[stem(one)] for one in names if one and stem(one) in pages), None)
            if ident is None:
                continue
            matched += 1
            lines += _lay(session, context.job, session.get_one(Page, ident), layout, name, text)
    if not matched:
        raise InputError(
            f"{name}: no page of this document has the name of its image",
            remedy="import the image first, or rename the page",
        )
    return lines


def lay_on_page(context: Context, page: int, layout: Layout, name: str, text: TextKind) -> int:
    """Give one page a layout and its text; how many lines that are."""
    with context.db.write() as session:
        return _lay(session, context.job, session.get_one(Page, page), layout, name, text)


def _lay(session: Session, job: str, page: Page, layout: Layout, name: str, text: TextKind) -> int:
    mark = f"{job}:{name}"[:200]
    done = select(Segmentation).where(Segmentation.page_id == page.id, Segmentation.job_id == mark)
    if session.scalar(done) is not None:  # by the run that died
        return 0
    picture = session.get_one(Picture, page.picture_id)
    scale = (
        picture.width / (layout.width or picture.width),
        picture.height / (layout.height or picture.height),
    )
    body = body_from(layout, scale=scale)
    segmentation.add(session, page, body, origin="import", source=name, job=mark)
    texts = {line.id: line.text for line in layout.lines() if line.text is not None}
    said = {line["id"]: texts[line["was"]] for line in body["lines"] if line["was"] in texts}
    if said:
        _say(session, job, page, said, name, text)
    return len(body["lines"])


def _say(
    session: Session, job: str, page: Page, said: dict[str, str], name: str, text: TextKind
) -> None:
    if text == "layer":
        layer = transcription.add_layer(
            session, page.document_id, "Import", origin="import", source=name, job=job
        )
        common: dict[str, Any] = {"layer_id": layer.id, "page_id": page.id, "author": name}
        session.add_all(Reading(line=line, text=words, **common) for line, words in said.items())
        return
    checked = text == "checked"
    saves = [Save(line=line, text=words, base=0, checked=checked) for line, words in said.items()]
    transcription.save(session, page, saves, f"import of {name}"[:100])
    if checked:
        page.status = "checked"
