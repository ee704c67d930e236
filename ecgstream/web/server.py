"""uvicorn, set up for many sockets, that sends its viewers away before it goes."""

import asyncio
import gc
import resource
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn

from ecgstream.web.door import Door
from ecgstream.web.http import BoundedHttpProtocol
from ecgstream.web.push import PushProtocol

MESSAGE_BYTES: Final = 64 * 1024
GRACE_S: Final = 5
BACKLOG: Final = 65_535
"""Connections that wait in the kernel to be let in; it takes no more than its own limit."""
SPARE_DESCRIPTORS: Final = 256
"""Of a process's descriptors those that are not for viewers: files, requests, the log."""
GC_OBJECTS: Final = 100_000
"""New objects until the collector looks at the young ones: a viewer is some hundred."""


def viewer_descriptors() -> int:
    """Raise the soft limit of descriptors to the hard one; return how many viewers that is for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(1, most - SPARE_DESCRIPTORS)


def settle_memory() -> None:
    """Take all that was made until now for permanent: the collector need not look at it again.

    A full collection over ten thousand viewers stops all of them for some tenths of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 50, 100)


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
    """Says where it listens, and `bye` to every viewer before uvicorn closes the sockets."""

    def __init__(
        self,
        config: uvicorn.Config,
        drain: Callable[[], None],
        announce: Callable[[str], None] = lambda _: None,
        behind: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`behind` says how far (s) the paced frames are behind: nobody is let in meanwhile."""
        super().__init__(config)
        self._drain = drain
        self._announce = announce
        self._behind = behind

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where. Instead of uvicorn's own, whose listener knows no measure."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(uvicorn.config.STARTUP_FAILURE)
        protocol = partial(
            self.config.http_protocol_class,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        if sockets is None:
            sockets = await self._bound()
        self.servers = [Door(sock, protocol, self._behind) for sock in sockets]
        for door in self.servers:
            door.open(BACKLOG)
        self.started = True
        if self.config.uds:
            # For its owner and group, such as a proxy's: uvicorn lets every local user in.
            Path(self.config.uds).chmod(0o660)  # noqa: ASYNC240 - nobody is served yet
            self._announce(f"unix:{self.config.uds}")
            return
        for sock in sockets:
            host, port = sock.getsockname()[:2]
            self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}/")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then shut down."""
        self._drain()
        await super().shutdown(sockets)
        if self.config.uds:
            Path(self.config.uds).unlink(missing_ok=True)  # noqa: ASYNC240 - nor any more
