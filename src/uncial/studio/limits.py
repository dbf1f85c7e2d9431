"""How often something may be tried: counted in the database, for all processes of a server."""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from uncial.studio.db.database import Database
from uncial.studio.db.people import Hits
from uncial.studio.faults import TooMany

_INSERT: Final[dict[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def count(db: Database, key: str, most: int, seconds: int) -> None:
    """Count one more try of something.

    Args:
        db: Of the studio.
        key: What is tried, and by whom.
        most: Tries that are allowed.
        seconds: Within such a span of time.

    Raises:
        TooMany: There were more.
    """
    now = int(time.time())
    window = now - now % seconds
    insert = _INSERT[db.engine.dialect.name]
    with db.write() as session:
        statement = insert(Hits).values(key=key[:200], window=window, count=1)
        statement = statement.on_conflict_do_update(
            index_elements=[Hits.key, Hits.window], set_={"count": Hits.count + 1}
        )
        tries = session.execute(statement.returning(Hits.count)).scalar_one()
        if tries == 1:
            session.execute(delete(Hits).where(Hits.window < now - 86400))
    if tries > most:
        wait = window + seconds - now
        raise TooMany(
            "this was tried too often", remedy=f"try again in {wait // 60 + 1} minutes", wait=wait
        )


class Pace:
    """Requests of each caller in the present minute, in this process.

    Args:
        most: Requests a minute.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._minute = 0
        self._seen: dict[str, int] = {}

    def allows(self, caller: str) -> bool:
        """Count a request; whether it is within the limit."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, {}
        self._seen[caller] = self._seen.get(caller, 0) + 1
        return self._seen[caller] <= self._most
