"""Migrations and tables agree."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from uncial.studio.db.database import Database
from uncial.studio.db.tables import Base


def test_migrations_lead_to_the_tables_and_can_be_run_again(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    db.upgrade()
    db.upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        assert compare_metadata(context, Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    db.close()


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Not the tables that FTS5 makes for itself."""
    return kind != "table" or not str(name).startswith("reading_words")
