"""A listener beside the main one, on the same event loop, for those who watch the server itself.

It answers without login, so it belongs on loopback or a network of the operator's; it goes on
answering while the main one drains.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from uvicorn.server import ServerState

from ecgstream.web.faults import HANDLERS
from ecgstream.web.http import BoundedHttpProtocol


@contextlib.asynccontextmanager
async def monitored(
    routes: Sequence[BaseRoute], listening: socket.socket | None
) -> AsyncIterator[None]:
    """Answer `routes` on `listening` while it is entered; None: not at all."""
    if listening is None:
        yield
        return
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    config = uvicorn.Config(
        app, ws="none", lifespan="off", http=BoundedHttpProtocol, access_log=False, log_config=None
    )
    config.load()
    state = ServerState()

    def protocol() -> asyncio.Protocol:
        return BoundedHttpProtocol(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(protocol, sock=listening)
    try:
        yield
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
