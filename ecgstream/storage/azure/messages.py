"""What is said between a server and the process that speaks to Azure: msgpack behind its length."""

import struct
from typing import IO, Any, Final

import msgspec

LENGTH: Final = struct.Struct("<I")


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message. Raises OSError where nobody reads it any more."""
    raw = msgspec.msgpack.encode(message)
    pipe.write(LENGTH.pack(len(raw)) + raw)
    pipe.flush()


def received(pipe: IO[bytes]) -> Any | None:
    """Return the next message; None at the end, and where the other side stopped within one."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    raw = pipe.read(length)
    return msgspec.msgpack.decode(raw) if len(raw) == length else None
