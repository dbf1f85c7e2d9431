"""Datasets with frozen versions, comments, and the words of texts to search for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ADD = "INSERT INTO reading_words(rowid, text) VALUES (new.id, new.text);"
_DROP = "INSERT INTO reading_words(reading_words, rowid, text) VALUES ('delete', old.id, old.text);"
_TABLE = """CREATE VIRTUAL TABLE reading_words USING fts5(
    text, content='readings', content_rowid='id', tokenize='unicode61 remove_diacritics 2')"""
_SQLITE = (
    _TABLE,
    f"CREATE TRIGGER reading_words_in AFTER INSERT ON readings BEGIN {_ADD} END",
    f"CREATE TRIGGER reading_words_out AFTER DELETE ON readings BEGIN {_DROP} END",
    f"CREATE TRIGGER reading_words_anew AFTER UPDATE OF text ON readings BEGIN {_DROP} {_ADD} END",
    "INSERT INTO reading_words(reading_words) VALUES ('rebuild')",
)


def upgrade() -> None:
    """Change the tables."""
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("settled", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_comments_page_id", "comments", ["page_id"])
    op.create_table(
        "datasets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("deleted", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_datasets_project_id", "datasets", ["project_id"])
    op.create_table(
        "dataset_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dataset_id", "number"),
        sa.UniqueConstraint("job_id"),
    )
    op.create_index("ix_dataset_versions_dataset_id", "dataset_versions", ["dataset_id"])
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
    else:
        op.execute("CREATE INDEX reading_words ON readings USING gin (to_tsvector('simple', text))")
