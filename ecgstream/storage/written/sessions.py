"""Recorded sessions in the store: heads, and their logs as they grew, batch after batch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ecgstream.errors import Forbidden, IllegalState, LimitReached, SessionNotFound
from ecgstream.model.session import MOST_EVENTS
from ecgstream.storage.written.store import Store
from ecgstream.storage.written.tables import SESSION_EVENTS, SESSIONS

MOST_BYTES: Final = 256 << 20
"""Of one log: a busy hand makes some 20 MB an hour."""
ENDS_S: Final = 15.0
"""A session of which nothing was heard for so long is recorded no more: its viewer is gone."""


@dataclass(frozen=True, slots=True)
class Head:
    """A session without its log. Times in seconds since 1970, `content` as in `Beside`."""

    id: str
    record: str
    title: str
    author: str
    started: float
    heard: float
    lasted_ms: int
    events: int
    nbytes: int
    last_ms: int
    ended: bool
    content: str

    def recording(self, now: float) -> bool:
        """Return whether it still goes on, as far as one knows."""
        return not self.ended and now - self.heard < ENDS_S


class Sessions:
    """The recorded sessions of a store."""

    def __init__(self, store: Store, now: Callable[[], float] = time.time) -> None:
        """`now` is in seconds since 1970."""
        self._store = store
        self.now = now

    async def begin(self, id_: str, record: str, title: str, author: str, content: str) -> Head:
        """Begin a session; said again it is the same one. Raises IllegalState, StoreUnavailable.

        IllegalState where another session has that id.
        """
        now = self.now()
        head = Head(id_, record, title, author, now, now, 0, 0, 0, 0, False, content)
        try:
            async with self._store.writing() as connection:
                await connection.execute(insert(SESSIONS).values(**_row(head)))
        except IntegrityError:
            there = await self.head(id_)
            if (there.record, there.author) != (record, author):
                raise IllegalState(f"session: there is another one of id {id_}") from None
            return there
        return head

    async def head(self, id_: str) -> Head:
        """Return one session. Raises SessionNotFound, StoreUnavailable."""
        async with self._store.reading() as connection:
            return await _head(connection, id_)

    async def heads(
        self, record: str | None, before: tuple[float, str] | None, limit: int
    ) -> list[Head]:
        """Return at most `limit` sessions, of `record` or of all, the youngest first.

        `before`: the beginning and id of the last one that is known.
        """
        wanted = select(SESSIONS).order_by(SESSIONS.c.started.desc(), SESSIONS.c.id.desc())
        if record is not None:
            wanted = wanted.where(SESSIONS.c.record == record)
        if before is not None:
            started, id_ = before
            older = and_(SESSIONS.c.started == started, SESSIONS.c.id < id_)
            wanted = wanted.where(or_(SESSIONS.c.started < started, older))
        async with self._store.reading() as connection:
            rows = await connection.execute(wanted.limit(limit))
            return [_of(row) for row in rows]

    async def append(
        self, id_: str, author: str, batch: "Batch", check: Callable[[Head, int], None]
    ) -> int:
        """Add events to a log; return how many it has. Those that it has already are left out.

        `check` is given the head and how many of the batch are there already, and may raise.
        Raises SessionNotFound, Forbidden for another's, IllegalState where it is over or lacks
        events before these, LimitReached, StoreUnavailable.
        """
        async with self._store.writing() as connection:
            head = await _head(connection, id_, own=author, lock=True)
            there = head.events - batch.after
            if there < 0:
                raise IllegalState(f"after: the log has {head.events} events, not {batch.after}")
            fresh = batch.lines[there:]
            if head.ended and fresh:
                raise IllegalState("this session is over")
            check(head, there)
            lines = b"".join(fresh)
            if head.events + len(fresh) > MOST_EVENTS or head.nbytes + len(lines) > MOST_BYTES:
                raise LimitReached("this session is too long; begin another one", retryable=False)
            if fresh:
                row = {"session": id_, "first": head.events, "count": len(fresh), "lines": lines}
                await connection.execute(insert(SESSION_EVENTS).values(**row))
            changed = {
                "events": head.events + len(fresh),
                "nbytes": head.nbytes + len(lines),
                "last_ms": max(head.last_ms, batch.last_ms),
                "lasted_ms": max(head.lasted_ms, batch.until_ms, batch.last_ms),
                "heard": self.now(),
                "ended": head.ended or batch.ended,
            }
            await connection.execute(update(SESSIONS).where(SESSIONS.c.id == id_).values(**changed))
            return head.events + len(fresh)

    async def log(self, id_: str, after: int = 0) -> list[bytes]:
        """Return the log from event number `after` on: JSON lines, in parts that hold some each.

        Raises SessionNotFound, StoreUnavailable.
        """
        table = SESSION_EVENTS.c
        wanted = select(table.first, table.lines).order_by(table.first)
        wanted = wanted.where(table.session == id_, table.first + table.count > after)
        async with self._store.reading() as connection:
            await _head(connection, id_)
            rows = (await connection.execute(wanted)).all()
        parts = [bytes(lines) for _, lines in rows]
        if rows and rows[0].first < after:
            kept = parts[0].splitlines(keepends=True)[after - rows[0].first :]
            parts[0] = b"".join(kept)
        return parts

    async def rename(self, id_: str, author: str, title: str) -> Head:
        """Give a session another title. Raises SessionNotFound, Forbidden, StoreUnavailable."""
        async with self._store.writing() as connection:
            await _head(connection, id_, own=author, lock=True)
            await connection.execute(
                update(SESSIONS).where(SESSIONS.c.id == id_).values(title=title)
            )
            return await _head(connection, id_)

    async def delete(self, id_: str, author: str) -> None:
        """Delete a session with its log. Raises SessionNotFound, Forbidden, StoreUnavailable."""
        async with self._store.writing() as connection:
            await _head(connection, id_, own=author, lock=True)
            await connection.execute(delete(SESSION_EVENTS).where(SESSION_EVENTS.c.session == id_))
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.id == id_))


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that follow `after` others, each a line; how long the session has lasted with them."""

    after: int
    lines: Sequence[bytes]
    last_ms: int
    until_ms: int
    ended: bool


async def _head(
    connection: AsyncConnection, id_: str, *, own: str | None = None, lock: bool = False
) -> Head:
    """Return one session; `own`: it has to be that author's. Raises SessionNotFound, Forbidden."""
    wanted = select(SESSIONS).where(SESSIONS.c.id == id_)
    # SQLite locks all that is written, and knows no rows that are locked.
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).first()
    if row is None:
        raise SessionNotFound(id_)
    head = _of(row)
    if own is not None and own != head.author:
        raise Forbidden(f"this session is {head.author}'s: nobody else changes it")
    return head


def _of(row: Any) -> Head:
    return Head(**{name: getattr(row, name) for name in Head.__slots__})


def _row(head: Head) -> dict[str, Any]:
    return {name: getattr(head, name) for name in Head.__slots__}
