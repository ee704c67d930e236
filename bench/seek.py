"""What a seek costs: a window of a stored record, and the first frame after `seek`."""

import asyncio
import random
import time

from websockets.asyncio.client import connect

from bench.figures import quantiles
from ecgstream.storage.catalog import scan
from tests.serving import DATA, ServerProcess, Viewer

ROUNDS = 200


def reads() -> None:
    """Print the cost of 10 s of every lead, anywhere, straight from the source."""
    source = scan([DATA])
    place = random.Random(1)
    for name in ("100-pq", "s0010_re-pq"):
        record = source.record(name)
        leads = [lead.name for lead in record.leads]
        window = int(10 * record.fs)
        took = []
        for _ in range(ROUNDS):
            start = place.randrange(record.length - window)
            began = time.perf_counter()
            source.read(name, leads, start, start + window)
            took.append(time.perf_counter() - began)
        print(f"  read 10 s x {len(leads)} leads of {name}: {quantiles(took, 'ms', 1000)}")


async def seeks(url: str) -> list[float]:
    """Return the seconds from `seek` to the first frame of the new place."""
    place = random.Random(2)
    took = []
    async with connect(url, subprotocols=["ecgstream.v1"], compression=None) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        answer = await viewer.ask("subscribe", sid=1, record="100-pq")
        for _ in range(ROUNDS // 2):
            at = place.randrange(answer["length"] - 3600)
            began = time.perf_counter()
            await viewer.ask("seek", sid=1, at={"sample": at})
            frame = await viewer.frame()
            assert frame.start == at
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0.03)  # within what a viewer may ask in a second
    return took


def main() -> bool:
    """Print the figures."""
    reads()
    with ServerProcess() as server:
        url = server.url.replace("http", "ws") + "/api/v1/stream"
        took = asyncio.run(seeks(url))
    print(f"  seek to first frame, over the socket: {quantiles(took, 'ms', 1000)}")
    return True
