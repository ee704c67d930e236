"""How late the event loop is."""

import asyncio

import pytest

from ecgstream.web.lag import EVERY_S, LoopLag
from tests.doubles import virtual


@virtual
async def test_a_loop_that_was_held_up_says_by_how_much():
    loop = asyncio.get_running_loop()
    seen: list[float] = []
    held_up = 0.0
    lag = LoopLag(seen.append, lambda: loop.time() + held_up)
    lag.start()
    await asyncio.sleep(3.5 * EVERY_S)
    assert seen == pytest.approx([0, 0, 0])
    held_up = 0.7
    await asyncio.sleep(2 * EVERY_S)
    # The time lost is lost once: what came after it was in time.
    assert seen[3:] == pytest.approx([0.7, 0])
    lag.stop()
    await asyncio.sleep(1)
    assert len(seen) == 5


def test_one_that_never_started_can_be_stopped():
    LoopLag(lambda _: None).stop()
