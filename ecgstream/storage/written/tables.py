"""The tables of the store: what people write. SQLite and PostgreSQL have the same.

Whoever changes one adds a migration (`migrations/versions`) and names it in `HEAD`; a test holds
that migrations and tables come to the same.
"""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

HEAD: Final = "0002"
"""The newest migration: what a store has to be at. A new one is made at it."""

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _note_columns() -> list[Column[object]]:
    """Return what is kept of a version of an annotation; `model.note` says what each is."""
    return [
        Column("id", String(36), nullable=False),
        Column("version", Integer, nullable=False),
        Column("record", String(128), nullable=False),
        Column("set_name", String(64), nullable=False),
        Column("sample", BigInteger, nullable=False),
        Column("stop", BigInteger),
        Column("lead", Text),
        Column("chan", Integer, nullable=False),
        Column("symbol", String(64), nullable=False),
        Column("subtype", Integer, nullable=False),
        Column("num", Integer, nullable=False),
        Column("aux_note", Text, nullable=False),
        Column("tags", JSON, nullable=False),
        Column("deleted", Boolean(create_constraint=False), nullable=False),
        Column("author", String(64), nullable=False),
        Column("time", Double, nullable=False),
        Column("changed_by", String(64), nullable=False),
        Column("changed", Double, nullable=False),
        Column("fs", Double, nullable=False),
        Column("content", String(64), nullable=False),
    ]


NOTES: Final = Table(
    "notes",
    METADATA,
    *_note_columns(),
    PrimaryKeyConstraint("id"),
    Index("ix_notes_place", "record", "set_name", "sample"),
)
"""Every annotation that somebody made, as it is now; one that was deleted too."""

NOTE_HISTORY: Final = Table(
    "note_history", METADATA, *_note_columns(), PrimaryKeyConstraint("id", "version")
)
"""The versions that were replaced. Rows are added and never touched again."""

GIVEN_SETS: Final = Table(
    "given_sets",
    METADATA,
    Column("record", String(128), nullable=False),
    Column("name", String(64), nullable=False),
    Column("fs", Double, nullable=False),
    Column("count", Integer, nullable=False),
    Column("source", Text),
    Column("author", String(64), nullable=False),
    Column("time", Double, nullable=False),
    Column("content", String(64), nullable=False),
    Column("marks", LargeBinary, nullable=False),
    PrimaryKeyConstraint("record", "name"),
)
"""Read-only sets that were imported over HTTP; `marks` is a Parquet file, as beside an archive."""

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", String(36), nullable=False),
    Column("record", String(128), nullable=False),
    Column("title", String(200), nullable=False),
    Column("author", String(64), nullable=False),
    Column("started", Double, nullable=False),
    Column("heard", Double, nullable=False),
    Column("lasted_ms", Integer, nullable=False),
    Column("events", Integer, nullable=False),
    Column("nbytes", BigInteger, nullable=False),
    Column("last_ms", Integer, nullable=False),
    Column("ended", Boolean(create_constraint=False), nullable=False),
    Column("content", String(64), nullable=False),
    PrimaryKeyConstraint("id"),
    Index("ix_sessions_record", "record", "started"),
)
"""Every recorded session; `storage.written.sessions` says what each is."""

SESSION_EVENTS: Final = Table(
    "session_events",
    METADATA,
    Column("session", String(36), nullable=False),
    Column("first", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    PrimaryKeyConstraint("session", "first"),
)
"""The logs: `count` events from number `first` on, as JSON lines. Rows are added, never changed."""
