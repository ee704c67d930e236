"""Migrations of the store, by alembic: nothing else loads it."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from ecgstream.errors import StoreUnavailable
from ecgstream.storage.written import migrations
from ecgstream.storage.written.store import (
    connected,
    make_file,
    revision,
    shown,
    transaction,
    unavailable,
)


def configuration(connection: Connection | None = None) -> Config:
    """Return alembic's configuration: our migrations, on that connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgraded(url: URL) -> tuple[str | None, str | None]:
    """As `upgrade`, for the command line: makes a file where there is none, and words what fails.

    Raises StoreUnavailable.
    """
    try:
        if url.get_backend_name() == "sqlite":
            make_file(Path(url.database or ""))
        return upgrade(url)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise unavailable(error, url) from error


def upgrade(url: URL, to: str = "head") -> tuple[str | None, str | None]:
    """Bring a database to the newest migration; return which it was at, and is now.

    In one transaction: done or not. Blocks, for it runs an event loop of its own: call it on a
    thread. Raises StoreUnavailable for a database of a newer ecgstream, and SQLAlchemyError.
    """
    return asyncio.run(_upgrade(url, to))


async def _upgrade(url: URL, to: str) -> tuple[str | None, str | None]:
    engine = connected(url)
    try:
        async with transaction(engine, writes=True) as connection:
            before = await revision(connection)
            try:
                await connection.run_sync(lambda sync: command.upgrade(configuration(sync), to))
            except CommandError as error:
                raise StoreUnavailable(
                    f"it is at version {before}, which this ecgstream does not know: it was made "
                    "by a newer one; run that",
                    shown(url),
                ) from error
            return before, await revision(connection)
    finally:
        await engine.dispose()
