"""The way to one viewer, as the wheel sees it."""

from typing import Protocol


class Outlet(Protocol):
    """A socket that can be written to without waiting. All of it on the event loop."""

    def write(self, message: bytes) -> None:
        """Send one framed message (`wire.frames.framed`); silently nothing once closed."""
        ...

    def pending(self) -> int:
        """Return the bytes that the kernel has not taken yet."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close with this code after what was written; cut off if it is not taken in time."""
        ...
