"""The opening handshake of a WebSocket, as bytes (RFC 6455, section 4). Pure."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Final

from ecgstream.loadtest.plan import Target

SUBPROTOCOL: Final = "ecgstream.v1"
_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_END: Final = b"\r\n\r\n"
MAX_HEAD: Final = 64 * 1024


class BadAnswer(Exception):
    """What came back is no answer to a handshake."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a handshake; `size` is its length in bytes.

    `retry_after_s` is how long a server that denied wants not to be asked again, if it said so.
    """

    status: int
    size: int
    retry_after_s: float | None = None


def request(target: Target, key: bytes, token: str | None) -> bytes:
    """Return the request that opens the stream; `key` is 16 random bytes."""
    lines = [
        f"GET {target.prefix}/api/v1/stream HTTP/1.1",
        f"Host: {target.authority}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(key).decode()}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    ]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def accept_of(key: bytes) -> str:
    """Return the `Sec-WebSocket-Accept` that answers `key`."""
    digest = hashlib.sha1(base64.b64encode(key) + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def answer(received: bytes, key: bytes, *, ended: bool = False) -> Answer | None:
    """Return the answer that `received` begins with, or None while more of it has to come.

    `ended`: nothing more will come. Raises BadAnswer.
    """
    head, found, body = received.partition(_END)
    if not found:
        if ended or len(received) > MAX_HEAD or not b"HTTP/1.1 ".startswith(received[:9]):
            raise BadAnswer("no HTTP answer")
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    try:
        status = int(first.split(" ", 2)[1])
        length = int(headers.get("content-length", -1))
        if status != 101:
            whole = 0 <= length <= len(body)
            if not whole and not ended:
                return None
            return Answer(status, len(received), _retry_after(headers, body))
    except (ValueError, IndexError):
        raise BadAnswer(f"not understood: {first[:100]!r}") from None
    if headers.get("sec-websocket-accept") != accept_of(key):
        raise BadAnswer("Sec-WebSocket-Accept does not fit the key")
    if headers.get("sec-websocket-protocol") != SUBPROTOCOL:
        raise BadAnswer(f"the subprotocol {SUBPROTOCOL} was not taken")
    if "sec-websocket-extensions" in headers:
        raise BadAnswer("an extension that nobody offered")
    return Answer(status, len(head) + len(_END))


def _retry_after(headers: dict[str, str], body: bytes) -> float | None:
    """Return the wait that a denial asks for: of the problem document, else of the header."""
    try:
        said = json.loads(body)
        if isinstance(said, dict) and said.get("retry_after_ms") is not None:
            return float(said["retry_after_ms"]) / 1000
    except ValueError:
        pass
    try:
        return float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
