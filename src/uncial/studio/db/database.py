"""Opening the database: SQLite in WAL mode beside the data, or PostgreSQL by its URL."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import ORMExecuteState, Session

_WAIT_SECONDS = 20


class Database:
    """Sessions on one database.

    Args:
        url: SQLAlchemy URL.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(writes=True)
        self._watch: Callable[[ORMExecuteState], None] | None = None

    def watched(self, watch: Callable[[ORMExecuteState], None]) -> Database:
        """The same database, whose every query passes by `watch` first."""
        made = copy.copy(self)
        made._watch = watch
        return made

    def upgrade(self) -> None:
        """Bring the tables up to date; a server that is just starting is waited for."""
        self._wait()
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._writing.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")

    def _wait(self) -> None:
        end = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                self.engine.connect().close()
                return
            except OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with Session(self.engine, autoflush=False) as session:
            self._look_at(session)
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are saved together at the end, or not at all."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            self._look_at(session)
            yield session

    def _look_at(self, session: Session) -> None:
        if self._watch is not None:
            event.listen(session, "do_orm_execute", self._watch)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401
    connection.isolation_level = None  # the driver begins nothing by itself
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once where something will be written.

    A reader that turns writer half-way could not wait for another writer: its view is old.
    """
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
