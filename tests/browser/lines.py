"""Lines between a screen and its server that can be cut, led elsewhere, and swallow everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """A line to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self._ways: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()

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
        way = asyncio.ensure_future(self._carry(reader, writer))
        self._ways.add(way)
        await asyncio.wait([way])
        self._ways.discard(way)
        if not way.cancelled() and (error := way.exception()):
            assert isinstance(error, OSError), error

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            await self._open.wait()
            there, onward = await asyncio.open_connection("127.0.0.1", self.to)
            ends.append(onward)
            ways = [
                asyncio.ensure_future(self._copy(reader, onward)),
                asyncio.ensure_future(self._copy(there, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.wait(ways)
        finally:
            for end in ends:
                end.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
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
        laid.cut()
        if laid._ways:
            await asyncio.wait(laid._ways)
