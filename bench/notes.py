"""How long an edit takes until it is on the disk, and until another viewer sees it (wall time)."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Final

import httpx2 as httpx
from websockets.asyncio.client import connect

from bench.figures import quantiles, verdict
from tests.serving import DATA, ServerProcess, Viewer

RECORD: Final = "100-pq"
PATH: Final = f"/api/v1/records/{RECORD}/annotations"
EDITS: Final = 200
VIEWERS: Final = 8
"""Of two workers: the kernel deals them out, so that some are at the other one."""
MOST_EVENT_MS: Final = 500.0


async def measured(url: str) -> tuple[list[float], list[float]]:
    """Return the ms until each edit was acknowledged, and until the last viewer was told of it."""
    answers, events = [], []
    socket = url.replace("http", "ws") + "/api/v1/stream"
    async with httpx.AsyncClient(base_url=url, timeout=60) as client, AsyncExitStack() as lines:
        viewers = []
        for _ in range(VIEWERS):
            line = connect(socket, subprotocols=["ecgstream.v1"], compression=None)
            viewer = Viewer(await lines.enter_async_context(line))
            await viewer.event("welcome")
            await viewer.ask("subscribe", sid=1, record=RECORD, paused=True)
            viewers.append(viewer)
        for number in range(EDITS):
            began = time.perf_counter()
            told = asyncio.gather(*(viewer.event("annotation") for viewer in viewers))
            answer = await client.post(PATH, json={"sample": number, "aux_note": "bench"})
            assert answer.status_code == 201, answer.text
            answers.append(1_000 * (time.perf_counter() - began))
            await told
            events.append(1_000 * (time.perf_counter() - began))
    return answers, events


def main() -> bool:
    """Print the figures; return whether the target is met."""
    with ServerProcess([DATA], "--workers=2", "--metrics-port=0") as server:
        answers, events = asyncio.run(measured(server.url))
    for what, took in (("acknowledged, on the disk", answers), ("seen by all viewers", events)):
        print(f"  an edit is {what}: {quantiles(took, 'ms')}", flush=True)
    return verdict("the slowest to be seen at either worker", max(events), MOST_EVENT_MS, "ms")
