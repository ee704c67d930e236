"""Lines between a client and its server: cut, led elsewhere, narrow, swallowing everything."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HELD_BYTES = 4096
"""What a narrow line holds itself: with more the server would not see how narrow it is."""


class Line:
    """A line to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self.connections = 0
        self.cut_after: list[int] = []
        """After so many bytes from the server the first connection is cut, the second, ..."""
        self._ways: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._bytes_per_s: float | None = None
        self._free_at = 0.0

    def narrow(self, bytes_per_s: float | None) -> None:
        """From now on so much comes from the server, over all connections; None: whatever comes."""
        self._bytes_per_s = bytes_per_s

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def swallow(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self._open.clear()

    def mend(self) -> None:
        """Let new connections through; what was swallowed is gone, with its connections."""
        self.cut()
        self._open.set()

    def cut(self) -> None:
        """Close every connection."""
        for way in self._ways:
            way.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until an end of it closes, or it is cut."""
        self.connections += 1
        most = self.cut_after.pop(0) if self.cut_after else None
        way = asyncio.ensure_future(self._carry(reader, writer, most))
        self._ways.add(way)
        try:
            await asyncio.wait([way])
        finally:
            # Not by the way itself: one that is cut before its first step does nothing at all.
            writer.close()
            self._ways.discard(way)
        if not way.cancelled() and (error := way.exception()):
            assert isinstance(error, OSError), error

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None
    ) -> None:
        await self._open.wait()
        there, onward = await self._connect()
        ways = [
            asyncio.ensure_future(self._copy(reader, onward)),
            asyncio.ensure_future(self._copy(there, writer, most, narrow=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            onward.close()
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HELD_BYTES)
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", self.to))
        return await asyncio.open_connection(sock=end, limit=HELD_BYTES)

    async def _pass(self, count: int) -> None:
        """Wait until so many bytes have gone through the narrow place."""
        if self._bytes_per_s is None:
            return
        now = asyncio.get_running_loop().time()
        self._free_at = max(now, self._free_at) + count / self._bytes_per_s
        await asyncio.sleep(self._free_at - now)

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        most: int | None = None,
        *,
        narrow: bool = False,
    ) -> None:
        """Copy to the end, or `most` bytes."""
        left = sys.maxsize if most is None else most
        size = HELD_BYTES if narrow else 65536
        try:
            while left and (data := await reader.read(min(size, left))):
                left -= len(data)
                if narrow:
                    await self._pass(len(data))
                # What is on its way when the line goes dead waits for ever: `mend` cuts it.
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            # An end that is gone: so is the other.
            return


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """Lay a line to that port."""
    laid = Line(port)
    server = await asyncio.start_server(laid.serve, "127.0.0.1", 0)
    laid.port = server.sockets[0].getsockname()[1]
    try:
        async with server:
            yield laid
    finally:
        # What was taken in at the last moment must not wait for a line that stays dead.
        laid.mend()
        if laid._ways:
            await asyncio.wait(laid._ways)
