"""Annotations with their history, and sets that were imported over HTTP."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _note_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record", sa.String(128), nullable=False),
        sa.Column("set_name", sa.String(64), nullable=False),
        sa.Column("sample", sa.BigInteger, nullable=False),
        sa.Column("stop", sa.BigInteger),
        sa.Column("lead", sa.Text),
        sa.Column("chan", sa.Integer, nullable=False),
        sa.Column("symbol", sa.String(64), nullable=False),
        sa.Column("subtype", sa.Integer, nullable=False),
        sa.Column("num", sa.Integer, nullable=False),
        sa.Column("aux_note", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("fs", sa.Double, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
    ]


def upgrade() -> None:
    """Make the tables."""
    op.create_table("notes", *_note_columns(), sa.PrimaryKeyConstraint("id"))
    op.create_index("ix_notes_place", "notes", ["record", "set_name", "sample"])
    op.create_table("note_history", *_note_columns(), sa.PrimaryKeyConstraint("id", "version"))
    op.create_table(
        "given_sets",
        sa.Column("record", sa.String(128), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("fs", sa.Double, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("marks", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("record", "name"),
    )
