"""The store: a SQL database of what people write, SQLite in a file or PostgreSQL.

A commit is on the disk before it is acknowledged: SQLite in WAL with `synchronous=FULL`,
PostgreSQL as it does by itself. Watching needs no store: where it cannot be had, who writes is told
why, and it is looked for again with the next request after some seconds.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ecgstream.errors import ConfigError, ExtraMissing, StoreUnavailable
from ecgstream.storage.written.tables import HEAD, METADATA

FILE: Final = "store.db"
AGAIN_S: Final = 5.0
"""A store that could not be had is not looked for again before."""
BUSY_S: Final = 10.0
"""How long another process that writes to the same SQLite file is waited for."""
CONNECT_S: Final = 5.0
STATEMENT_S: Final = 30.0
"""A database that does not answer is as good as none."""
CONNECTIONS: Final = 4

VERSION: Final = "alembic_version"
"""The table, with one row, that says at which migration a database is."""

_WRITES: Final = "ecgstream_writes"

T = TypeVar("T")

_log = logging.getLogger("ecgstream.store")


def default_store(environ: Mapping[str, str]) -> str | None:
    """Return where a user's data belong (XDG base directories), None where there is no home."""
    said = environ.get("XDG_DATA_HOME", "")
    if said and Path(said).is_absolute():
        return str(Path(said) / "ecgstream" / FILE)
    home = environ.get("HOME", "")
    return str(Path(home) / ".local" / "share" / "ecgstream" / FILE) if home else None


def store_url(said: str) -> URL:
    """Return the address of a store: a file of SQLite, or a URL as SQLAlchemy has it.

    Raises ConfigError, and ExtraMissing where PostgreSQL is wanted and cannot be spoken.
    """
    if "://" not in said:
        return URL.create("sqlite+aiosqlite", database=str(Path(said).absolute()))
    try:
        url = make_url(said)
    except ArgumentError:
        url = URL.create("none")
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:" and not url.host:
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            try:
                import asyncpg  # noqa: F401, PLC0415 - an extra
            except ImportError:
                raise ExtraMissing("postgresql", "asyncpg", "a store in PostgreSQL") from None
            return url.set(drivername="postgresql+asyncpg")
    # Not repeated: there may be a password in it.
    raise ConfigError(
        "store: expected a file, sqlite:////path/of/store.db (four slashes) or "
        "postgresql://user:password@host/database"
    )


def file_of(said: str) -> str | None:
    """Return the file that a store is kept in; None: it is none. Raises what `store_url` does."""
    url = store_url(said)
    return url.database if url.get_backend_name() == "sqlite" else None


def connected(url: URL) -> AsyncEngine:
    """Return an engine for `url`; nothing is opened yet."""
    if url.get_backend_name() != "sqlite":
        options = {"timeout": CONNECT_S, "command_timeout": STATEMENT_S}
        return create_async_engine(
            url, connect_args=options, pool_size=CONNECTIONS, pool_pre_ping=True
        )
    engine = create_async_engine(url, pool_size=CONNECTIONS, connect_args={"timeout": BUSY_S})
    event.listen(engine.sync_engine, "connect", _prepared)
    event.listen(engine.sync_engine, "begin", _begun)
    return engine


def _prepared(connection: Any, _record: Any) -> None:
    """Have a new connection of SQLite keep every commit, and leave transactions to us."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(connection: Any) -> None:
    """Take the lock at the beginning of who will write: to get it later may fail."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, *, writes: bool = False
) -> AsyncIterator[AsyncConnection]:
    """Offer a connection in a transaction, which ends with the block."""
    async with engine.connect() as connection:
        await connection.execution_options(**{_WRITES: writes})
        async with connection.begin():
            yield connection


class Store:
    """A database, opened on first need. Belongs to one event loop.

    In a process one transaction writes at a time: SQLite lets no more, and would poll.
    """

    def __init__(
        self, said: str | None, clock: Callable[[], float] = time.monotonic, head: str = HEAD
    ) -> None:
        """`said` as in `store_url`, which says what is raised; None: there is none."""
        self._url = None if said is None else store_url(said)
        self._engine = None if self._url is None else connected(self._url)
        self._clock = clock
        self._head = head
        self._open = False
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._why: StoreUnavailable | None = None
        self._again_at = 0.0

    @property
    def is_nowhere(self) -> bool:
        """Whether there is no place for one: nobody ever wrote anything."""
        return self._url is None

    @property
    def shown(self) -> str:
        """Where it is, without a password."""
        return "nowhere" if self._url is None else shown(self._url)

    @property
    def _is_sqlite(self) -> bool:
        return self._url is not None and self._url.get_backend_name() == "sqlite"

    async def opened(self) -> bool:
        """Say whether it can be had, and see to it where it is new or of an older release."""
        try:
            await self._opened()
        except StoreUnavailable:
            return False
        return True

    async def close(self) -> None:
        """Let go of all connections."""
        if self._engine is not None:
            await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Offer a connection that sees one state of the store. Raises StoreUnavailable."""
        async with self._connection(writes=False) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Offer a transaction: on the disk when the block has ended, undone where it raises.

        Raises StoreUnavailable.
        """
        async with (
            self._writing if self._is_sqlite else nullcontext(),
            self._connection(writes=True) as connection,
        ):
            yield connection

    async def apart(
        self, work: Callable[[AsyncConnection], Awaitable[T]], *, writes: bool = False
    ) -> T:
        """Return what `work` makes of a transaction, on a thread with an event loop of its own.

        For what has so many rows that to turn them into values would hold up everybody else.
        `work` touches nothing that belongs to the loop that calls this. Raises StoreUnavailable.
        """
        await self._opened()
        url = self._url
        assert url is not None
        async with self._writing if writes and self._is_sqlite else nullcontext():
            try:
                return await asyncio.to_thread(
                    lambda: asyncio.run(_apart(url, work, writes=writes))
                )
            except IntegrityError:
                raise
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                raise self._failed(error) from error

    @asynccontextmanager
    async def _connection(self, *, writes: bool) -> AsyncIterator[AsyncConnection]:
        engine = await self._opened()
        try:
            async with transaction(engine, writes=writes) as connection:
                yield connection
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> BaseException:
        """Return what to raise; a database that has gone is not waited for by everybody in turn."""
        if not _is_of_the_database(error):
            return error
        why = unavailable(error, self._url)
        if not self._is_sqlite and _is_gone(error):
            self._open, self._why, self._again_at = False, why, self._clock() + AGAIN_S
            _log.error("%s; watching goes on, nothing can be written", why)
        return why

    async def _opened(self) -> AsyncEngine:
        if self._engine is None or self._url is None:
            raise StoreUnavailable("there is no home folder to keep it in; give --store FILE")
        if not self._open:
            async with self._opening:
                if not self._open:
                    await self._look(self._engine, self._url)
        return self._engine

    async def _look(self, engine: AsyncEngine, url: URL) -> None:
        """See that the store is there and at the newest migration. Raises StoreUnavailable."""
        if self._why is not None and self._clock() < self._again_at:
            # Another one each time: an error that is raised anew grows by its way.
            raise StoreUnavailable(self._why.reason, self.shown)
        try:
            await self._brought_up(engine, url)
        except StoreUnavailable as error:
            self._why = error
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self._why = unavailable(error, url)
        else:
            self._open, self._why = True, None
            _log.info("what people write is kept in %s", self.shown)
            return
        self._again_at = self._clock() + AGAIN_S
        _log.error("%s; watching goes on, nothing can be written", self._why)
        raise self._why

    async def _brought_up(self, engine: AsyncEngine, url: URL) -> None:
        """Make a new SQLite file, or bring an old one up to date; refuse what is not ours to do."""
        if url.get_backend_name() == "sqlite":
            await asyncio.to_thread(make_file, Path(url.database or ""))
            # With the lock: two workers that begin at once must not both make it.
            async with transaction(engine, writes=True) as connection:
                at = await revision(connection)
                if at is None:
                    await connection.run_sync(METADATA.create_all)
                    await stamp(connection, self._head)
                    at = self._head
        else:
            async with transaction(engine) as connection:
                at = await revision(connection)
        if at == self._head:
            return
        if url.get_backend_name() == "sqlite":
            from ecgstream.storage.written.upgrading import upgrade  # noqa: PLC0415 - a second to load

            await asyncio.to_thread(upgrade, url)
            return
        made = "is empty" if at is None else f"is at version {at}, not {self._head}"
        raise StoreUnavailable(
            f"it {made}: whoever runs the server has to run `ecgstream db upgrade`", self.shown
        )


async def _apart(url: URL, work: Callable[[AsyncConnection], Awaitable[T]], *, writes: bool) -> T:
    engine = connected(url)
    try:
        async with transaction(engine, writes=writes) as connection:
            return await work(connection)
    finally:
        await engine.dispose()


def unavailable(error: BaseException, url: URL | None) -> StoreUnavailable:
    """Return what befell a database, in words."""
    at = "" if url is None else shown(url)
    said = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(said, TimeoutError):
        return StoreUnavailable("it does not answer", at)
    # An OSError names the path, which is told apart; asyncpg's come with their class before them.
    words = said.strerror if isinstance(said, OSError) and said.strerror else str(said)
    return StoreUnavailable(words.partition("\n")[0].rpartition(">: ")[2] or repr(said), at)


def shown(url: URL) -> str:
    """Return a store's address as a person may see it."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def make_file(file: Path) -> None:
    """Make the folder and an empty file of SQLite, which nobody else may read."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _is_of_the_database(error: BaseException) -> bool:
    """Tell what befell the database from a mistake of ours in a statement."""
    if isinstance(error, SQLAlchemyError):
        return isinstance(error, DBAPIError) or "QueuePool" in str(error)
    return True


def _is_gone(error: BaseException) -> bool:
    """Tell a database that does not answer from one that refused a statement."""
    return isinstance(error, (OSError, TimeoutError)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


async def revision(connection: AsyncConnection) -> str | None:
    """Return the migration that a database is at; None: it has never seen one."""
    there = await connection.run_sync(
        lambda sync: sync.dialect.has_table(sync, VERSION)  # no Inspector, which caches
    )
    if not there:
        return None
    found = (await connection.execute(text(f"SELECT version_num FROM {VERSION}"))).scalar()  # noqa: S608 - a constant
    return None if found is None else str(found)


async def stamp(connection: AsyncConnection, head: str) -> None:
    """Note the migration that a new database is at, as alembic does."""
    await connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {VERSION} (version_num VARCHAR(32) NOT NULL, "
            f"CONSTRAINT {VERSION}_pkc PRIMARY KEY (version_num))"
        )
    )
    await connection.execute(
        text(f"INSERT INTO {VERSION} (version_num) VALUES (:head)"),  # noqa: S608 - a constant
        {"head": head},
    )
