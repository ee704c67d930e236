"""Real pace in real time: 60 s of MIT-BIH at 1x, from a server process to this one.

Server and client share the machine's monotonic clock, so each frame's arrival is held against the
very moment that the `clock` of its subscription gives for its first sample: counted from the one
anchor, so that a drift of the pace would show as lateness that grows.
"""

import asyncio
import time

import numpy as np
from websockets.asyncio.client import connect

from bench.figures import quantiles, verdict
from ecgstream.wire.frames import Frame
from tests.serving import ServerProcess, Viewer

SECONDS = 60.0
VIEWERS = 50
RECORDS = ["100-pq", "102-pq", "105-pq", "119-pq", "203-pq", "207-pq"]


async def watch(url: str, record: str) -> list[tuple[float, float]]:
    """Watch one record; return when each frame was due and when it came (s)."""
    seen: list[tuple[float, float]] = []
    async with connect(url, subprotocols=["ecgstream.v1"], compression=None) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        answer = await viewer.ask("subscribe", sid=1, record=record)
        clock = answer["clock"]
        while True:
            message = await viewer.receive()
            now = time.monotonic()
            if isinstance(message, Frame):
                due = clock["time"] + (message.start - clock["sample"]) / clock["rate"]
                seen.append((due, now))
                if due - clock["time"] > SECONDS:
                    return seen
            else:
                assert message["type"] == "heartbeat", message


async def run(url: str) -> list[list[tuple[float, float]]]:
    """Watch with all viewers at once."""
    return await asyncio.gather(*(watch(url, RECORDS[n % len(RECORDS)]) for n in range(VIEWERS)))


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    with ServerProcess() as server:
        url = server.url.replace("http", "ws") + "/api/v1/stream"
        watched = asyncio.run(run(url))
    late = np.array([came - due for seen in watched for due, came in seen])
    print(f"  {VIEWERS} viewers, {SECONDS:g} s, {len(late):,} frames")
    print(
        f"  lateness on arrival: {quantiles(late, 'ms', 1000)}; earliest {late.min() * 1e3:.2f} ms"
    )
    drifts = [
        np.polyfit([due for due, _ in seen], [came - due for due, came in seen], 1)[0] * 3600
        for seen in watched
    ]
    print(f"  drift, fitted: {max(map(abs, drifts)) * 1000:.2f} ms an hour at most")
    return verdict("media against wall at every moment", float(abs(late).max()) * 1e3, 50, "ms")
