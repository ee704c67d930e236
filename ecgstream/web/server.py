"""uvicorn, set up for many sockets, that sends its viewers away before it goes."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvicorn

from ecgstream.web.http import BoundedHttpProtocol
from ecgstream.web.push import PushProtocol

MESSAGE_BYTES: Final = 64 * 1024
GRACE_S: Final = 5
SWITCH_S: Final = 0.0005
"""How long a thread that reads or encodes may keep the interpreter from the event loop (a call
into C aside). Python's own 5 ms are as late as a frame may be."""


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
    ) -> None:
        super().__init__(config)
        self._drain = drain
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        sys.setswitchinterval(SWITCH_S)
        await super().startup(sockets)
        if not self.started:
            return
        if self.config.uds:
            # For its owner and group, such as a proxy's: uvicorn lets every local user in.
            Path(self.config.uds).chmod(0o660)  # noqa: ASYNC240 - nobody is served yet
            self._announce(f"unix:{self.config.uds}")
            return
        for server in self.servers:
            for sock in server.sockets:
                host, port = sock.getsockname()[:2]
                self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}/")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain, then shut down."""
        self._drain()
        await super().shutdown(sockets)
        if self.config.uds:
            Path(self.config.uds).unlink(missing_ok=True)  # noqa: ASYNC240 - nor any more
