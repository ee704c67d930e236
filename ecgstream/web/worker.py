"""A worker: a server that shares its sockets with others and does what its supervisor says."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final, TypeAlias

import uvicorn

from ecgstream.viewer.registry import Registry
from ecgstream.web.fellows import Fellows
from ecgstream.web.orders import Drain, Identify, Leave, Order, Ready, Report, Tell, Told
from ecgstream.web.server import LAST_S, DrainingServer, end_within

SETTLE_S: Final = 0.2
"""For the handshakes that were begun."""

Pipe: TypeAlias = "Connection[Report, Order]"


class WorkerServer(DrainingServer):
    """The server of one worker process."""

    def __init__(
        self,
        config: uvicorn.Config,
        registry: Registry,
        pipe: Pipe,
        behind: Callable[[], float] = lambda: 0.0,
        fellows: Fellows | None = None,
    ) -> None:
        super().__init__(config, registry.drain, behind=behind, leave=registry.leave)
        self._registry = registry
        self._pipe = pipe
        self._fellows = fellows

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and say so."""
        await super().startup(sockets)
        if self.started:
            asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._hear)
            self._pipe.send(Ready())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain and shut down, in time even if nobody is there any more to see to that."""
        end_within(LAST_S)
        asyncio.get_running_loop().remove_reader(self._pipe.fileno())
        if not self._registry.draining:
            # The others go on: what waits in the kernel is theirs, and who was taken here already
            # gets an answer before all are sent to them.
            for server in self.servers:
                server.close()
            await asyncio.sleep(SETTLE_S)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take SIGTERM; Ctrl+C reaches all processes of a terminal, and is the supervisor's."""
        if sig != signal.SIGINT:
            super().handle_exit(sig, frame)

    def _hear(self) -> None:
        try:
            order = self._pipe.recv()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self.should_exit = True
            return
        match order:
            case Leave():
                self._registry.leave()
            case Drain(grace_s):
                self.config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment]
                self.should_exit = True
            case Identify(ticket, wall, screen):
                told = self._registry.identify(wall, screen)
                with contextlib.suppress(OSError):
                    self._pipe.send(Told(ticket, told))
            case Tell(record, message):
                self._registry.tell(record, message)
            case Told() as told:
                if self._fellows is not None:
                    self._fellows.heard(told)
