"""The way to one viewer, as the wheel sees it."""

from collections.abc import Callable
from typing import Protocol


class Listener(Protocol):
    """Who is told how an outlet fares."""

    def room(self, *, free: bool) -> None:
        """The kernel has refused something (`free` False), or has taken everything since."""
        ...

    def ended(self) -> None:
        """Nothing may be written any more, and `Outlet.write` is another one."""
        ...


class Outlet(Protocol):
    """A socket that can be written to without waiting. All of it on the event loop."""

    pongs: int
    """How many pongs have come; stays 0 where that is not known."""

    @property
    def write(self) -> Callable[[bytes], None]:
        """Send one framed message (`wire.frames.framed`); silently nothing once closed.

        Where it can be the transport's very own: it is called for each frame.
        """
        ...

    @property
    def offer(self) -> Callable[[bytes], int]:
        """Hand a message to the system: return how many of its bytes were taken, as `socket.send`.

        OSError: none. What was not taken is for `write`. Only where nothing is `pending`.
        """
        ...

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on; at once where all was taken."""
        ...

    def pending(self) -> int:
        """Return the bytes that the kernel has not taken yet."""
        ...

    def unacknowledged(self) -> int:
        """Return the bytes that the viewer's system has not acknowledged; 0 where unknown."""
        ...

    def ping(self) -> None:
        """Send a ping (RFC 6455, 5.5.2), whose pong tells that all before it was read."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close with this code after what was written; cut off if it is not taken in time."""
        ...
