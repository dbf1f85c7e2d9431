"""Text layers: what people and models read in lines, with the history of every line.

Each document has one layer for people. A run of a model or an import makes a layer of its own,
which nobody changes: correcting a line writes into the people's layer. A save rests on a
revision of its line; where another came between, it is a conflict and neither text is lost.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.studio.db.tables import Layer, Page, PastReading, Reading
from uncial.studio.faults import NotFound
from uncial.text.metrics import align

HUMAN_LAYER: Final = "Transcription"
MAX_TEXT: Final = 10_000
"""Characters of a line."""


@dataclass(frozen=True, kw_only=True)
class Save:
    """A line as somebody wants it.

    Attributes:
        line: Its id.
        text: Without line breaks.
        base: Revision that it rests on; 0 where the line had no text by hand.
        checked: Whether it is ground truth now; None leaves that as it is.
        force: Save over another's text, which goes into the history.
    """

    line: str
    text: str
    base: int
    checked: bool | None = None
    force: bool = False


def human_layer(session: Session, document: int) -> Layer:
    """The people's layer of a document, made on first use."""
    query = select(Layer).where(Layer.document_id == document, Layer.origin == "human")
    layer = session.scalar(query.order_by(Layer.id).limit(1))
    if layer is None:
        layer = Layer(document_id=document, name=HUMAN_LAYER, origin="human")
        session.add(layer)
        session.flush()
    return layer


def layers_of_page(session: Session, page: Page) -> list[dict[str, Any]]:
    """Layers that read this page, the people's first, then the newest."""
    query = (
        select(Layer, func.count(Reading.id), func.avg(Reading.confidence))
        .join(Reading, Reading.layer_id == Layer.id)
        .where(Reading.page_id == page.id, Layer.deleted.is_(None))
        .group_by(Layer.id)
        .order_by((Layer.origin == "human").desc(), Layer.id.desc())
    )
    return [
        {
            "id": layer.id,
            "name": layer.name,
            "origin": layer.origin,
            "source": layer.source,
            "created": layer.created,
            "lines": lines,
            "confidence": confidence,
        }
        for layer, lines, confidence in session.execute(query)
    ]


def readings(session: Session, layer: int, page: int) -> dict[str, dict[str, Any]]:
    """What a layer says, by line."""
    query = select(Reading).where(Reading.layer_id == layer, Reading.page_id == page)
    return {one.line: shown(one) for one in session.scalars(query)}


def shown(one: Reading) -> dict[str, Any]:
    """A reading as the editor gets it."""
    return {
        "text": one.text,
        "revision": one.revision,
        "checked": one.checked,
        "author": one.author,
        "confidence": one.confidence,
        "characters": one.characters,
        "updated": one.updated,
    }


def save(
    session: Session, page: Page, saves: Sequence[Save], author: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Save lines into the people's layer.

    Returns:
        By line, what is saved now, and what others wrote where that was a conflict.
    """
    layer = human_layer(session, page.document_id)
    query = select(Reading).where(Reading.layer_id == layer.id, Reading.page_id == page.id)
    present = {one.line: one for one in session.scalars(query)}
    saved: dict[str, Any] = {}
    conflicts: dict[str, Any] = {}
    for wanted in saves:
        old = present.get(wanted.line)
        text = " ".join(wanted.text.splitlines())[:MAX_TEXT]
        foreign = old is not None and old.revision != wanted.base and old.text != text
        if old is not None and foreign and not wanted.force:
            conflicts[wanted.line] = shown(old)
            continue
        saved[wanted.line] = shown(_write(session, layer, page, wanted, text, old, author))
    if saved:
        page.updated = time.time()
        if page.status in ("new", "segmented", "read"):
            page.status = "corrected"
    return saved, conflicts


def add_layer(
    session: Session, document: int, name: str, *, origin: str, source: str, job: str
) -> Layer:
    """The layer of a job, made on first use."""
    layer = session.scalar(select(Layer).where(Layer.job_id == job))
    if layer is None:
        layer = Layer(document_id=document, name=name, origin=origin, source=source, job_id=job)
        session.add(layer)
        session.flush()
    return layer


def history(session: Session, page: int, line: str) -> list[dict[str, Any]]:
    """What was ever read in a line: by people, with all earlier texts, and by models."""
    now = (
        select(Reading, Layer)
        .join(Layer, Layer.id == Reading.layer_id)
        .where(Reading.page_id == page, Reading.line == line, Layer.deleted.is_(None))
    )
    past = (
        select(PastReading)
        .where(PastReading.page_id == page, PastReading.line == line)
        .order_by(PastReading.id.desc())
    )
    found = [
        {
            "text": one.text,
            "who": one.author or layer.source or layer.name,
            "layer": layer.name,
            "when": one.updated,
            "now": True,
        }
        for one, layer in session.execute(now)
    ]
    found += [
        {
            "text": one.text,
            "who": one.author,
            "layer": HUMAN_LAYER,
            "when": one.created,
            "now": False,
        }
        for one in session.scalars(past)
    ]
    return sorted(found, key=lambda one: -float(one["when"]))


def compared(session: Session, page: int, first: int, second: int) -> dict[str, Any]:
    """The lines that two layers have in common, with the edits from the first to the second.

    Raises:
        NotFound: There is no such layer.
    """
    for layer in (first, second):
        if session.get(Layer, layer) is None:
            raise NotFound("layer")
    before, after = readings(session, first, page), readings(session, second, page)
    lines = {}
    edits = length = 0
    both = [line for line in before if line in after]
    for line in both:
        old, new = before[line]["text"], after[line]["text"]
        steps = [[edit.kind, edit.truth, edit.output] for edit in align(old, new)]
        lines[line] = steps
        edits += sum(kind != "equal" for kind, *_ in steps)
        length += len(old)
    return {
        "lines": lines,
        "alone": len(before) + len(after) - 2 * len(both),
        "edits": edits,
        "share": edits / length if length else None,
    }


def _write(
    session: Session,
    layer: Layer,
    page: Page,
    wanted: Save,
    text: str,
    old: Reading | None,
    author: str,
) -> Reading:
    now = time.time()
    if old is None:
        old = Reading(layer_id=layer.id, page_id=page.id, line=wanted.line, text=text)
        old.revision, old.checked = 1, bool(wanted.checked)
        session.add(old)
    else:
        if old.text != text:
            session.add(
                PastReading(
                    layer_id=layer.id,
                    page_id=page.id,
                    line=wanted.line,
                    text=old.text,
                    revision=old.revision,
                    author=old.author,
                    created=old.updated,
                )
            )
        old.text, old.revision = text, old.revision + 1
        if wanted.checked is not None:
            old.checked = wanted.checked
    old.author, old.updated = author, now
    session.flush()
    return old
