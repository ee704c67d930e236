"""uvicorn, set up for many sockets, that sends its viewers away before it goes."""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import uvicorn

from ecgstream.web.door import Door
from ecgstream.web.http import BoundedHttpProtocol
from ecgstream.web.listening import address_of
from ecgstream.web.push import PushProtocol

MESSAGE_BYTES: Final = 64 * 1024
GRACE_S: Final = 5
"""So long requests and closing handshakes under way may take once the sockets are closed."""
LAST_S: Final = 9.5
"""From the signal to the end, whatever hangs: a reader thread on a dead disk, say."""
POLL_S: Final = 0.05
SWITCH_S: Final = 0.0005
"""How long a thread that reads or encodes may keep the interpreter from the event loop (a call
into C aside). Python's own 5 ms are as late as a frame may be."""

_log = logging.getLogger("ecgstream.server")


def server_config(app: Any, *, ws: Any = PushProtocol, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for `app`: the push protocol, no deflate, no own pings.

    With another `ws` the stream falls back to sending message by message.
    """
    return uvicorn.Config(
        app,
        ws=ws,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        ws_max_size=MESSAGE_BYTES,
        http=BoundedHttpProtocol,
        lifespan="on",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        **options,
    )


class DrainingServer(uvicorn.Server):
    """Says where it listens, and `bye` to every viewer before uvicorn closes the sockets.

    `leave` is called first; then for `notice_s` requests are still answered, so that a load
    balancer sees `/readyz` say 503; then come `drain` and the end.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Callable[[], None],
        announce: Callable[[str], None] = lambda _: None,
        *,
        behind: Callable[[], float] = lambda: 0.0,
        leave: Callable[[], None] = lambda: None,
        notice_s: float = 0.0,
    ) -> None:
        """`behind` says how far (s) the paced frames are behind: nobody is let in meanwhile."""
        super().__init__(config)
        self._drain = drain
        self._announce = announce
        self._behind = behind
        self._leave = leave
        self.notice_s = notice_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on `sockets`, and say where.

        Instead of uvicorn's own, whose listener lets in all who wait in one go.
        """
        sys.setswitchinterval(SWITCH_S)
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(uvicorn.config.STARTUP_FAILURE)
        sockets = sockets or []
        doors = [Door(sock, self._protocol, self._behind) for sock in sockets]
        self.servers = doors  # type: ignore[assignment]  # uvicorn closes them, and no more
        for door in doors:
            door.open()
        self.started = True
        for sock in sockets:
            self._announce(address_of(sock))

    def _protocol(self, connection: socket.socket) -> asyncio.Protocol:
        """Return what speaks with whoever is at the other end."""
        protocol = BoundedHttpProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        protocol.connection = connection
        return protocol

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Take SIGTERM, or SIGINT from a terminal, where nobody wants to wait for a proxy."""
        # Not uvicorn's, which would raise the signal again in the end: to have gone in good order
        # is exit code 0.
        if sig == signal.SIGINT:
            self.notice_s = 0.0
            self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave, drain, then shut down."""
        self._leave()
        over = asyncio.get_running_loop().time() + self.notice_s
        # Polled: a second signal may cut it short, and a signal's handler wakes no loop.
        while self.notice_s and asyncio.get_running_loop().time() < over:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        self._drain()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            # What was not done in the time of grace will not be.
            connection.transport.abort()
        if self.config.uds:
            Path(self.config.uds).unlink(missing_ok=True)  # noqa: ASYNC240 - nor any more


def end_within(seconds: float) -> None:
    """End this process in so many seconds, whatever still hangs then."""
    timer = threading.Timer(seconds, _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    _log.error("something does not end (a read from a disk that hangs?); going without it")
    os._exit(1)
