"""The way to one viewer, as the wheel sees it."""

from typing import Protocol


class Outlet(Protocol):
    """A socket that can be written to without waiting. All of it on the event loop."""

    pongs: int
    """How many pongs have come; stays 0 where that is not known."""

    def write(self, message: bytes) -> None:
        """Send one framed message (`wire.frames.framed`); silently nothing once closed."""
        ...

    def pending(self) -> int:
        """Return the bytes that the kernel has not taken yet."""
        ...

    def ping(self) -> None:
        """Send a ping (RFC 6455, 5.5.2), whose pong tells that all before it was read."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close with this code after what was written; cut off if it is not taken in time."""
        ...
