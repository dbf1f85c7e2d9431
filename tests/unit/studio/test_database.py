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
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    db.close()
