"""Verdicts that are kept: one small SQLite file in the cache folder, shared by all processes.

By what is stored and how it is understood, so that equal copies share one and no other record has
it. Lost, damaged, or made by another checker: looked at anew.
"""

import hashlib
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from ecgstream.model.annotation import AnnotationHead
from ecgstream.model.record import Record
from ecgstream.storage.derived.verdict import CHECKER, Verdict
from ecgstream.storage.foreign.whereabouts import placed_in
from ecgstream.storage.source import SignalSource, content_of

FILE: Final = "verdicts.sqlite"

MOST: Final = 1_000_000
"""Verdicts kept, some 500 bytes each; the oldest go first."""

BUSY_S: Final = 5.0
"""So long one process waits for another one to have written."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS verdict (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  checker TEXT NOT NULL,
  level TEXT NOT NULL,
  kinds TEXT NOT NULL,
  made REAL NOT NULL,
  body BLOB NOT NULL
)
"""


def key_of(content: str, record: Record, sets: Sequence[AnnotationHead]) -> str:
    """Return what a verdict is kept by: `content` as `storage.source` has it, and all that a
    verdict depends on beside it, which a mapping may say otherwise.
    """
    said = (
        [(one.name, one.unit, one.kind, one.gain, one.baseline, one.fs) for one in record.leads],
        sorted((one.name, one.fs, one.count) for one in sets),
        # What a person says is no question any more, though nothing else changes by it.
        [what for what, how in record.found if how.startswith("mapping")],
    )
    return hashlib.blake2b(f"{content}\0{said!r}".encode(), digest_size=12).hexdigest()


def verdict_key(source: SignalSource, record: str) -> str:
    """Return what the verdict of a record is kept by. All of it is in memory."""
    about, sets = source.record(record), source.annotation_sets(record)
    return key_of(content_of(source, record), about, sets)


class Verdicts:
    """Verdicts by key, in `folder`; in memory alone where that is None or cannot be written.

    Blocks; safe on several threads.
    """

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.Lock()
        self._base = _opened(folder)

    def get(self, key: str, record: Record, source: SignalSource | None = None) -> Verdict | None:
        """Return the verdict kept by `key`, as that of `record`; None where there is none.

        None, too, where something could not be read: it may be another time. Of a copy of a record
        it proposes what is right for the files where that lies, if `source` is where.
        """
        row = self._one("SELECT body FROM verdict WHERE key = ? AND checker = ?", (key, CHECKER))
        if row is None:
            return None
        try:
            kept = msgspec.json.decode(zlib.decompress(row[0]), type=Verdict)
        except (zlib.error, msgspec.MsgspecError):
            return None
        if any(one.kind == "unreadable" for one in kept.findings):
            return None
        # Where a rate is from may be found otherwise another time, and be the same rate.
        leads = {
            one.name: msgspec.structs.replace(kept.leads[one.name], fs_source=one.fs_source)
            for one in record.leads
            if one.name in kept.leads
        }
        found = kept.findings
        if source is not None:
            found = tuple(
                msgspec.structs.replace(
                    one, detail=placed_in(source, record.record, one.detail, one.leads)
                )
                for one in found
            )
        said = {"record": record.record, "fs_source": record.fs_source, "leads": leads}
        return msgspec.structs.replace(kept, findings=found, **said)

    def level(self, key: str) -> str | None:
        """Return the level of the verdict kept by `key`, `clean` included."""
        row = self._one("SELECT level FROM verdict WHERE key = ? AND checker = ?", (key, CHECKER))
        return None if row is None else str(row[0])

    def since(self, place: int) -> tuple[int, dict[str, str]]:
        """Return the levels of all that were kept after `place`, by key, and the place to go on."""
        rows = self._all(
            "SELECT place, key, level FROM verdict WHERE place > ? AND checker = ? ORDER BY place",
            (place, CHECKER),
        )
        return (rows[-1][0] if rows else place), {key: level for _, key, level in rows}

    def keep(self, key: str, verdict: Verdict) -> bool:
        """Keep a verdict in the place of the one there was; return whether that could be done."""
        body = zlib.compress(msgspec.json.encode(verdict))
        kinds = " ".join(dict.fromkeys(one.kind for one in verdict.findings))
        row = (key, verdict.checker, verdict.level, kinds, time.time(), body)
        with self._lock:
            try:
                with self._base:
                    self._base.execute(
                        "INSERT OR REPLACE INTO verdict (key, checker, level, kinds, made, body) "
                        "VALUES (?, ?, ?, ?, ?, ?)",
                        row,
                    )
                    self._base.execute(
                        "DELETE FROM verdict WHERE place <= (SELECT max(place) FROM verdict) - ?",
                        (MOST,),
                    )
            except sqlite3.Error:
                # A full disk, another process that takes long: it is looked at anew, another time.
                return False
        return True

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._base.close()

    def _one(self, words: str, given: tuple[str, ...]) -> tuple[bytes] | None:
        with self._lock, suppress(sqlite3.Error):
            row: tuple[bytes] | None = self._base.execute(words, given).fetchone()
            return row
        return None

    def _all(self, words: str, given: tuple[int, str]) -> list[tuple[int, str, str]]:
        with self._lock, suppress(sqlite3.Error):
            return self._base.execute(words, given).fetchall()
        return []


def _opened(folder: Path | None) -> sqlite3.Connection:
    """Return the file in `folder`, made anew where it is damaged, or one in memory."""
    if folder is not None:
        path = folder / FILE
        for _ in range(2):
            try:
                return _file(path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    break
                for ending in ("", "-wal", "-shm"):
                    path.with_name(path.name + ending).unlink(missing_ok=True)
            except OSError:
                break
    base = sqlite3.connect(":memory:", check_same_thread=False)
    base.execute(_TABLE)
    return base


def _file(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # What is in it is about somebody's heart: nobody else may read it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    base = sqlite3.connect(path, timeout=BUSY_S, check_same_thread=False)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute(_TABLE)
        base.execute("SELECT place, key, checker, level, kinds, made, body FROM verdict LIMIT 1")
    except sqlite3.Error:
        base.close()
        raise
    return base
