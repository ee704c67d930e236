"""What all tests share."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from ecgstream.storage.written.store import Store
from tests.databases import postgresql, upgraded
from tests.serving import ServerProcess

# looptime asks for the event loop even in a test that has none; the policy would then make one
# that nobody closes, and its ResourceWarning fails the run. Once set, it makes none.
asyncio.set_event_loop(None)

# How long one example takes says how busy the machine is, and nothing of the code.
settings.register_profile("ecgstream", deadline=None)
settings.load_profile("ecgstream")

# What a server of a test keeps by default is not kept among what somebody really wrote.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="ecgstream-tests-")
os.environ["XDG_CACHE_HOME"] = os.environ["XDG_DATA_HOME"]


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(os.environ["XDG_DATA_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_address() -> Iterator[str]:
    """A real PostgreSQL of this session; what is in it is the last test's."""
    with tempfile.TemporaryDirectory() as folder, postgresql(folder) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store, once in each of the databases that it may be in."""
    if request.param == "sqlite":
        address = str(request.getfixturevalue("tmp_path") / "store.db")
    else:
        address = await asyncio.to_thread(upgraded, request.getfixturevalue("postgresql_address"))
    store = Store(address)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """A real server process over `data/`, for all tests that leave it alone: `server.url`."""
    with ServerProcess() as process:
        yield process
