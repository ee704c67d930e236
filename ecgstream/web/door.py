"""Letting connections in: a few in a turn, and only while the paced frames are on time.

A handshake costs as much as some hundred frames. A loop's own listener takes all that wait in one
go: after a restart of a ward that would be thousands, and whoever is served already would be late
by seconds. Here the rest waits in the kernel, where it costs nothing.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final

BACKLOG: Final = 65_535
"""Connections that wait in the kernel to be let in; it takes no more than its own limit."""
PER_TURN: Final = 4
"""Connections accepted in one turn of the loop: some 4 ms of handshakes."""
LATE_S: Final = 0.01
"""With the wheel this far behind nobody is let in until it has caught up."""
PAUSE_S: Final = 0.005
"""So long then, before looking again."""
PATIENCE_PAUSES: Final = 20
"""After so many pauses (0.1 s) one is let in all the same: it may be a probe of our health."""
FULL_S: Final = 1.0
"""Without a free descriptor: so long before the next try."""

_log = logging.getLogger("ecgstream.door")


class Door:
    """Accepts from one listening socket; stands where uvicorn has an `asyncio.Server`."""

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[socket.socket], asyncio.Protocol],
        behind: Callable[[], float],
    ) -> None:
        """`protocol` makes one for a socket; `behind` says how far (s) the frames are behind."""
        self.sockets = (listening,)
        self._listening = listening
        self._protocol = protocol
        self._behind = behind
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[Any]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._pauses = 0
        self._open = False

    def open(self) -> None:
        """Listen."""
        self._listening.setblocking(False)
        self._listening.listen(BACKLOG)
        self._open = True
        self._look()

    def close(self) -> None:
        """Let nobody more in."""
        if not self._open:
            return
        self._open = False
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()

    async def wait_closed(self) -> None:
        """Wait for those who are just coming in."""
        if self._coming:
            await asyncio.wait(self._coming)

    def _look(self) -> None:
        self._pause = None
        if self._open:
            self._loop.add_reader(self._listening, self._knocked)

    def _shut(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._pause = self._loop.call_later(seconds, self._look)

    def _knocked(self) -> None:
        """Somebody waits."""
        most = PER_TURN
        if self._behind() > LATE_S:
            self._pauses += 1
            if self._pauses < PATIENCE_PAUSES:
                self._shut(PAUSE_S)
                return
            most = 1
        self._pauses = 0
        for _ in range(most):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                    raise
                _log.error("nobody more can be let in for now: %s", error.strerror)
                self._shut(FULL_S)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._let_in(connection))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _let_in(self, connection: socket.socket) -> None:
        try:
            protocol = partial(self._protocol, connection)
            await self._loop.connect_accepted_socket(protocol, connection)
        except OSError:  # gone again already
            connection.close()
