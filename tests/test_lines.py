"""The line the tests lead between a client and its server leaves no connection behind."""

import asyncio

from tests.lines import Line


async def test_a_connection_cut_before_its_first_step_is_closed():
    taken: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    async with await asyncio.start_server(
        lambda *ends: taken.put_nowait(ends), "127.0.0.1", 0
    ) as at:
        port = at.sockets[0].getsockname()[1]
        _, client = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = await taken.get()
        laid = Line(port)
        served = asyncio.create_task(laid.serve(reader, writer))
        # Its way is there, and has not gone a step.
        await asyncio.sleep(0)
        laid.cut()
        await served
        assert writer.is_closing()
        client.close()
        await client.wait_closed()
