"""Comments on lines and pages."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints
from sqlalchemy import select

from uncial.studio.db.tables import Comment
from uncial.studio.door import Here, Ident, page_of
from uncial.studio.faults import NotFound

router = APIRouter(prefix="/api/pages/{page}/comments", tags=["comments"])

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
Key = Annotated[str, StringConstraints(pattern=r"^[\w.:-]{0,100}$")]


class NewComment(BaseModel):
    """A remark on a line, or on the page where none is named."""

    text: Text
    line: Key = ""


class CommentChange(BaseModel):
    """Whether it is settled."""

    settled: bool


@router.get("")
def list_comments(here: Here, page: Ident) -> list[dict[str, Any]]:
    """Comments of a page, the oldest first."""
    with here.db.read() as session:
        page_of(session, page)
        query = select(Comment).where(Comment.page_id == page).order_by(Comment.id)
        return [_shown(one) for one in session.scalars(query)]


@router.post("", status_code=201)
def add_comment(here: Here, page: Ident, new: NewComment) -> dict[str, Any]:
    """Comment on a line or the page."""
    with here.db.write() as session:
        page_of(session, page)
        made = Comment(page_id=page, line=new.line, text=new.text, author=here.author)
        session.add(made)
        session.flush()
        return _shown(made)


@router.patch("/{comment}")
def settle_comment(here: Here, page: Ident, comment: Ident, change: CommentChange) -> Any:  # noqa: ANN401
    """Settle a comment, or take that back."""
    with here.db.write() as session:
        page_of(session, page)
        found = session.get(Comment, comment)
        if found is None or found.page_id != page:
            raise NotFound("comment")
        found.settled = time.time() if change.settled else None
        return _shown(found)


def _shown(one: Comment) -> dict[str, Any]:
    names = ("id", "line", "text", "author", "created", "settled")
    return {name: getattr(one, name) for name in names}
