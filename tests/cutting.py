"""A line that can be cut: a proxy that takes bytes to and fro, until it does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 1 << 16


class Proxy:
    """Connections to a server's port through one of its own."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.connections = 0
        self.cut_after: list[int] = []
        """After so many bytes from the server the first connection is cut, the second, ..."""
        self._lines: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Cut all lines as a pulled cable does: no close frame, and what is on its way is gone."""
        for line in list(self._lines):
            line.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.cut_after.pop(0) if self.cut_after else None
        self.connections += 1
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        self._lines |= {writer, to_server}

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: int):
            while most > 0 and (data := await source.read(min(CHUNK, most))):
                sink.write(data)
                await sink.drain()
                most -= len(data)

        ways = [
            asyncio.create_task(pass_on(reader, to_server, 1 << 62)),
            asyncio.create_task(pass_on(from_server, writer, 1 << 62 if left is None else left)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        # Closed, not aborted: up to the cut all arrives, whatever stands in buffers.
        for line in (writer, to_server):
            self._lines.discard(line)
            line.close()


@asynccontextmanager
async def proxy(port: int) -> AsyncIterator[Proxy]:
    """Carry connections to `port` as long as the block lasts."""
    made = Proxy(port)
    server = await asyncio.start_server(made.carry, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.cut()
