"""Viewers who take nothing, on real sockets: held, resumed without loss, or cut off; nobody else
notices."""

import asyncio

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.clock import SystemClock
from ecgstream.wire.frames import Frame
from tests.serving import Served, Viewer, serving, viewing

FACTOR = 100.0
LENGTH = 2_000_000
LEADS = [f"L{n}" for n in range(12)]


@pytest.fixture(scope="module")
def source() -> MemorySource:
    """4,000 s of 12 leads at 500 Hz: 48 MB, more than any socket's buffers."""
    source = MemorySource(piece=15_000)
    samples = np.random.default_rng(3).integers(-2000, 2000, LENGTH).astype("<i2")
    leads = tuple(
        Lead(name, "mV", 200.0, 0.0, "ecg", 500.0, LENGTH, ("i2", "i4", "f4", "f8"))
        for name in LEADS
    )
    source.add(Record("long", "p", leads, None, None, None, None), dict.fromkeys(LEADS, samples))
    return source


async def stuck(served: Served, connection) -> Viewer:
    """Subscribe, and wait until the server finds that nothing is taken."""
    viewer = Viewer(connection)
    await viewer.event("welcome")
    await viewer.ask("subscribe", sid=1, record="long", speed=32)
    return viewer


async def test_a_slow_viewer_is_held_then_goes_on_without_loss(source: MemorySource):
    clock = SystemClock(FACTOR)
    async with (
        serving(source, clock=clock, patience_s=15 * FACTOR) as served,
        viewing(served) as other,
        # Two messages in the client's own queue, then it stops reading its socket.
        served.viewer(max_queue=2) as connection,
    ):
        viewer = await stuck(served, connection)
        session = next(s for s in served.app.state.registry if s.subscriptions)
        while not any(subscription.held for subscription in session):
            await other.ask("ping", time=0)
        held = await viewer.event("state")
        assert (held["why"], held["playing"], held["clock"]["rate"]) == ("behind", True, 0)
        assert (await viewer.event("state"))["why"] == "caught_up"
        # `Viewer` has checked every frame against the tiling: nothing was lost.
        frame = await viewer.frame()
        expected = source.read("long", LEADS, frame.start, frame.start + frame.count)
        assert (frame.samples == np.stack([column.samples for column in expected])).all()


async def test_a_viewer_who_takes_nothing_is_cut_off_and_leaves_nothing_behind(
    source: MemorySource,
):
    clock = SystemClock(FACTOR)
    async with (
        serving(source, clock=clock, patience_s=1 * FACTOR) as served,
        viewing(served) as other,
    ):
        registry = served.app.state.registry
        async with served.viewer(max_queue=2, close_timeout=0) as connection:
            await stuck(served, connection)
            while len(registry) > 1:
                await other.ask("ping", time=0)
            with pytest.raises(ConnectionClosed):
                while True:
                    await connection.recv()
        assert registry.subscriptions == 0


async def test_others_keep_their_pace_beside_it(source: MemorySource):
    async with (
        serving(source, clock=SystemClock(FACTOR), patience_s=15 * FACTOR) as served,
        viewing(served) as other,
        served.viewer(max_queue=2, close_timeout=0) as connection,
    ):
        await stuck(served, connection)
        await other.ask("subscribe", sid=1, record="long", leads=["L0"], speed=1)
        async with asyncio.timeout(30):
            for _ in range(50):
                message = await other.receive()
                while not isinstance(message, Frame):
                    assert message["type"] in {"heartbeat", "numeric", "beats"}
                    message = await other.receive()
