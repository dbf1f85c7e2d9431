"""Searching the text of a project: words, beginnings of words, and phrases in quotation marks.

SQLite keeps an FTS5 index beside the texts, by triggers; PostgreSQL an index of its own.

Source: SQLite FTS5, query syntax; PostgreSQL, text search functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, and_, column, func, select, table, text
from sqlalchemy.orm import Session

from uncial.studio.db.tables import Document, Layer, Page, Reading

_TERM: Final = re.compile(r'"([^"]*)"|(\S+)')
_INSIDE: Final = re.compile(r"[\w\u0300-\u036f]+")
_MOST: Final = 2000  # readings that are looked through for one answer
_WORDS: Final = table("reading_words", column("rowid", Integer), column("rank"))


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A line that holds what was sought.

    Attributes:
        page: Id.
        page_name: Of that page.
        document: Id.
        document_name: Of that document.
        line: Id in the page's layout.
        text: What it says.
        layer: Name of the layer that says so.
        written: Whether a person wrote it.
        checked: Whether it is ground truth.
    """

    page: int
    page_name: str
    document: int
    document_name: str
    line: str
    text: str
    layer: str
    written: bool
    checked: bool


def lines_with(
    session: Session, project: int, words: str, *, written: bool = False, limit: int = 100
) -> list[Hit]:
    """Lines of a project that hold all the words, each once, what people wrote first.

    Args:
        session: Of the database.
        project: Its id.
        words: ``haus garten`` are both, as beginnings of words; ``"alt haus"`` is a phrase.
        written: Only what people wrote.
        limit: How many lines.
    """
    terms = _terms(words)
    if not terms:
        return []
    query = (
        select(Reading, Page.name, Document.id, Document.name, Layer.name, Layer.origin)
        .join(Layer, Layer.id == Reading.layer_id)
        .join(Page, Page.id == Reading.page_id)
        .join(Document, Document.id == Page.document_id)
        .where(
            Document.project_id == project,
            Document.deleted.is_(None),
            Page.deleted.is_(None),
            Layer.deleted.is_(None),
            _matches(session, terms),
        )
        .order_by((Layer.origin == "human").desc(), Document.id, Page.position, Reading.id)
        .limit(_MOST)
    )
    if written:
        query = query.where(Layer.origin == "human")
    found: dict[tuple[int, str], Hit] = {}
    for reading, page, document, title, layer, origin in session.execute(query):
        hit = Hit(
            page=reading.page_id,
            page_name=page,
            document=document,
            document_name=title,
            line=reading.line,
            text=reading.text,
            layer=layer,
            written=origin == "human",
            checked=reading.checked,
        )
        found.setdefault((reading.page_id, reading.line), hit)
        if len(found) == limit:
            break
    return list(found.values())


def _terms(words: str) -> list[tuple[str, bool]]:
    """Terms, each with whether it is a phrase."""
    found = []
    for phrase, word in _TERM.findall(words):
        inside = " ".join(_INSIDE.findall(phrase or word))
        if inside:
            found.append((inside, bool(phrase) or " " in inside))
    return found


def _matches(session: Session, terms: list[tuple[str, bool]]) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        sought = " ".join(f'"{term}"' + ("" if phrase else "*") for term, phrase in terms)
        inner = select(_WORDS.c.rowid).where(text("reading_words MATCH :sought"))
        return Reading.id.in_(inner.params(sought=sought))
    vector = func.to_tsvector("simple", Reading.text)
    parts: list[Any] = []
    for term, phrase in terms:
        wanted = func.phraseto_tsquery("simple", term)
        parts.append(vector.op("@@")(wanted if phrase else func.to_tsquery("simple", f"{term}:*")))
    return and_(*parts)
