"""What all tests share."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.serving import ServerProcess

# looptime asks for the event loop even in a test that has none; the policy would then make one
# that nobody closes, and its ResourceWarning fails the run. Once set, it makes none.
asyncio.set_event_loop(None)

# How long one example takes says how busy the machine is, and nothing of the code.
settings.register_profile("ecgstream", deadline=None)
settings.load_profile("ecgstream")


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """A real server process over `data/`, for all tests that leave it alone: `server.url`."""
    with ServerProcess() as process:
        yield process
