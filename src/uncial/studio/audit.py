"""The audit log of a server: who changed what, and who tried to come in.

Every request that changes something is written down by the name of its route. Saving text and
layouts is left out: their history is kept line by line and version by version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.studio.access import Actor
from uncial.studio.db.database import Database
from uncial.studio.db.people import Deed

_QUIET: Final = (
    "save_readings",
    "change_layout",
    "begin_upload",
    "send_chunk",
    "drop_upload",
    "preview_import",
    "sign_in",
    "accept_invitation",
)
"""Routes that are not written down here: kept elsewhere, or told by themselves."""


def request(db: Database, scope: Mapping[str, Any], status: int, actor: Actor | None) -> None:
    """Write a request down that changed something, or was not allowed to."""
    route = scope.get("route")
    name = getattr(route, "name", "")
    if not name or name in _QUIET or not (status < 400 or status == 403):
        return
    what = name.replace("_", " ") + (" (refused)" if status == 403 else "")
    told(db, actor, what, where=str(scope["path"]), address=address_of(scope))


def told(
    db: Database, actor: Actor | None, what: str, *, where: str = "", address: str = ""
) -> None:
    """Write a deed down."""
    with db.write() as session:
        session.add(
            Deed(
                account_id=actor.account if actor else None,
                who=(actor.name if actor else "")[:100],
                what=what[:100],
                where=where[:300],
                address=address[:60],
            )
        )


def listed(session: Session, *, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Deeds, the newest first.

    Args:
        session: Of the database.
        before: Id of the last one seen.
        limit: How many.
    """
    query = select(Deed).order_by(Deed.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Deed.id < before)
    names = ("id", "at", "who", "what", "where", "address")
    return [{name: getattr(deed, name) for name in names} for deed in session.scalars(query)]


def address_of(scope: Mapping[str, Any]) -> str:
    """Where a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""
