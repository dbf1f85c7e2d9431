"""Runs the migrations on the connection that `uncial.studio.db.database` gives."""

from alembic import context

from uncial.studio.db import people


def run() -> None:
    """Bring the tables from where they are to where they should be."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection, target_metadata=people.Account.metadata, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):
    run()
