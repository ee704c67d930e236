"""A SQLite file of our own, or one in memory: opened, written to in whole steps, made anew."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

BUSY_S: Final = 30
"""How long another process's commit is waited for."""

Fault = sqlite3.Error
"""What a database that cannot do what it is asked to raises."""

DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA})


def is_damage(error: Fault) -> bool:
    """Return whether a file is no database any more, and not just busy, full or away."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED


def remove(path: Path) -> None:
    """Remove an index with what SQLite has beside it."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


class Database:
    """A database, in a file or (`path` None) in memory. Safe on several threads.

    What it holds is somebody's heart and name: nobody else may read it. All methods block, and
    raise `Fault`; where that is `is_damage` the file is to be removed and made anew. `tables` are
    the statements that make what is in it, a `meta` of keys and values among it.
    """

    def __init__(self, path: Path | None, tables: str) -> None:
        self.path = path
        self._tables = tables
        self._lock = threading.RLock()
        self._connect()

    def _connect(self) -> None:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
        self._database = sqlite3.connect(
            str(self.path or ":memory:"),
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._open()
        except BaseException:
            self._database.close()
            raise

    def renew(self) -> None:
        """Remove the file and begin with an empty one."""
        with self._lock:
            self._database.close()
            if self.path is not None:
                remove(self.path)
            self._connect()

    def _open(self) -> None:
        self._database.execute("PRAGMA journal_mode=WAL")
        # A crash of the machine may lose the last records, which are then read again.
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute("PRAGMA cache_size=-8192")
        with self.writing():
            if self._rows("SELECT name FROM sqlite_master WHERE name = 'meta'"):
                return
            for statement in self._tables.split(";"):
                self._database.execute(statement)

    def copy(self, other: Self) -> None:
        """Have `other` hold all that is in here, in the place of what it held."""
        with self._lock, other._lock:
            self._database.backup(other._database)

    def close(self) -> None:
        """Close it."""
        with self._lock:
            self._database.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Have all that is written in the block be there at once, or none of it."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def stamp(self) -> tuple[int, int]:
        """Return what is another one when anybody has written since. Cheap."""
        with self._lock:
            (version,) = self._database.execute("PRAGMA data_version").fetchone()
            return version, self._database.total_changes

    # Single facts.

    def said(self, key: str) -> Any:
        """Return a fact about the whole, None where it was never said."""
        found = self._rows("SELECT value FROM meta WHERE key = ?", key)
        return found[0][0] if found else None

    def say(self, key: str, value: Any) -> None:
        """Keep a fact about the whole."""
        self._write("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def _write(self, statement: str, *values: Any) -> None:
        with self._lock:
            self._database.execute(statement, values)
