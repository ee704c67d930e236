"""What one writes first: a plain Starlette server with a task per viewer, to compare with.

    python -m bench.naive FRAMES BYTES COUNT

Not a straw man: it sleeps to deadlines counted from an anchor, sends bytes that were encoded
before, shared by all, and runs on uvloop and httptools with uvicorn's fastest WebSocket class,
without deflate and pings. What it lacks is what the product does about it: one wheel, and bytes
framed once and written straight to the transport.
"""

import asyncio
import contextlib
import socket
import sys
import time
from pathlib import Path

import msgpack
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from bench.workload import FRAME, FS
from ecgstream.wire.frames import payload_of

PERIOD_S = FRAME / FS


def read_frames(path: Path, size: int, count: int) -> list[bytes]:
    """Return the payloads of the first record's frames."""
    with path.open("rb") as file:
        return [bytes(payload_of(file.read(size))) for _ in range(count)]


def state(kind: str, anchor: float) -> bytes:
    """Return an event that says where the clock begins."""
    clock = {"sample": 0, "time": anchor, "rate": float(FS)}
    return msgpack.packb({"type": kind, "next": 0, "clock": clock})


class Stream:
    """The endpoint."""

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = frames

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve one viewer until it leaves."""
        await websocket.accept("ecgstream.v1")
        await websocket.send_bytes(msgpack.packb({"type": "welcome"}))
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await websocket.receive_bytes()
            sending = asyncio.create_task(self._send(websocket))
            try:
                while True:
                    await websocket.receive_bytes()
            finally:
                sending.cancel()

    async def _send(self, websocket: WebSocket) -> None:
        anchor = time.monotonic()
        await websocket.send_bytes(state("subscribed", anchor))
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                for number, frame in enumerate(self._frames):
                    due = anchor + number * PERIOD_S
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    await websocket.send_bytes(frame)
                anchor += len(self._frames) * PERIOD_S
                await websocket.send_bytes(state("state", anchor))


def main() -> None:
    """Serve."""
    stream = Stream(read_frames(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    app = Starlette(routes=[WebSocketRoute("/api/v1/stream", stream.endpoint)])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    print(f"listening {listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_level="error",
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
