"""What was acknowledged is there, whatever befalls the server; and its workers tell each other."""

import asyncio
import signal
import uuid
from contextlib import AsyncExitStack

import httpx2 as httpx
import pytest
from websockets.asyncio.client import connect

from tests.serving import DATA, HANGS_S, ServerProcess, Viewer, workers

PATH = "/api/v1/records/100-pq/annotations"
EDITS = 200
LINES = 40
"""Connections at a time: each edit is a request of its own, and they wait for each other."""


class Edits:
    """Annotations that are made and changed, and what of it was acknowledged."""

    def __init__(self, url):
        self.url = url
        self.ids = [str(uuid.UUID(int=k + 1)) for k in range(EDITS // 2)]
        self.acknowledged = {}
        self.enough = asyncio.Event()

    async def run(self, client, number):
        """Make one and change it; what gets no answer has none."""
        id_ = self.ids[number]
        try:
            made = await client.post(PATH, json={"id": id_, "sample": number, "aux_note": "v1"})
            self.note(made)
            changed = await client.put(f"{PATH}/{id_}", json={"version": 1, "aux_note": "v2"})
            self.note(changed)
        except httpx.TransportError:
            return

    def note(self, answer):
        assert answer.status_code in {200, 201}, answer.text
        said = answer.json()
        self.acknowledged[said["id"], said["version"]] = said
        if len(self.acknowledged) >= EDITS // 3:
            self.enough.set()


def client_of(url):
    limits = httpx.Limits(max_connections=LINES)
    return httpx.AsyncClient(base_url=url, limits=limits, timeout=HANGS_S)


async def versions_of(client, id_):
    answer = await client.get(f"{PATH}/{id_}/history")
    return [] if answer.status_code == 404 else answer.json()["versions"]


@pytest.mark.end_to_end
async def test_a_server_that_is_killed_among_200_edits_has_kept_what_it_acknowledged():
    server = await asyncio.to_thread(ServerProcess().start)
    try:
        edits = Edits(server.url)
        async with client_of(server.url) as client:
            running = [asyncio.create_task(edits.run(client, k)) for k in range(EDITS // 2)]
            async with asyncio.timeout(HANGS_S):
                await edits.enough.wait()
                await asyncio.to_thread(server.stop, signal.SIGKILL)
                await asyncio.gather(*running)
        assert EDITS // 3 <= len(edits.acknowledged) < EDITS, "killed too late to prove anything"
        await asyncio.to_thread(server.start)
        async with client_of(server.url) as client:
            kept = {id_: await versions_of(client, id_) for id_ in edits.ids}
            for (id_, version), said in edits.acknowledged.items():
                assert kept[id_][version - 1] == said
            for versions in kept.values():
                # Whole, and in order, what nobody was told of too.
                assert [(one["version"], one["aux_note"]) for one in versions] == [
                    (1, "v1"), (2, "v2"),
                ][: len(versions)]  # fmt: skip
            # Who got no answer asks again, and everything is there once.
            again = Edits(server.url)
            await asyncio.gather(*(again.run(client, k) for k in range(EDITS // 2)))
            listed = (await client.get(f"{PATH}?set=notes&limit=1000")).json()["sets"][0]
            assert sorted(one["id"] for one in listed["annotations"]) == edits.ids
            assert {(one["version"], one["aux_note"]) for one in listed["annotations"]} == {
                (2, "v2")
            }
    finally:
        await asyncio.to_thread(server.stop)


@pytest.mark.end_to_end
async def test_a_change_at_one_worker_is_told_at_the_others():
    server = await asyncio.to_thread(
        ServerProcess((DATA,), "--workers=2", "--metrics-port=0").start
    )
    try:
        assert len(workers(server.pid)) == 2
        async with (
            asyncio.timeout(HANGS_S),
            client_of(server.url) as client,
            AsyncExitStack() as all_,
        ):
            viewers, boots = [], set()
            # The kernel deals the sockets out: as many as it takes to have some at either worker.
            while len(boots) < 2:
                viewer = Viewer(await all_.enter_async_context(line_to(server)))
                boots.add((await viewer.event("welcome"))["boot"])
                await viewer.ask("subscribe", sid=1, record="100-pq", paused=True)
                viewers.append(viewer)
            mark = (await client.post(PATH, json={"sample": 5})).json()
            for viewer in viewers:
                assert (await viewer.event("annotation"))["annotation"] == mark
            # And both read the same store.
            for _ in range(6):
                async with client_of(server.url) as other:
                    (found,) = (await other.get(f"{PATH}?set=notes")).json()["sets"]
                    assert found["annotations"] == [mark]
    finally:
        await asyncio.to_thread(server.stop)


def line_to(server):
    return connect(
        f"ws://127.0.0.1:{server.port}/api/v1/stream",
        subprotocols=["ecgstream.v1"],
        compression=None,
    )
