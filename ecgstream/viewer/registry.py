"""The open sessions of this process."""

import random
from collections.abc import Callable, Iterator
from typing import Final

from ecgstream.viewer.session import ViewerSession

GOING_AWAY: Final = 1001
LOGGED_OUT: Final = 4401
RETURN_MS: Final = (500, 5_000)
"""Viewers of a server that drains come back spread over this time."""


class Registry:
    """Who is here, and whether anybody more may come."""

    def __init__(self) -> None:
        self.draining = False
        self.opened = 0
        """Sessions since the start."""
        self._sessions: set[ViewerSession] = set()

    def __len__(self) -> int:
        """How many sessions are open."""
        return len(self._sessions)

    def __iter__(self) -> Iterator[ViewerSession]:
        """Yield the open sessions."""
        return iter(self._sessions)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions stand in all."""
        return sum(session.subscriptions for session in self._sessions)

    @property
    def slow(self) -> int:
        """How many subscriptions stand still, or leave out, because their viewer is slow."""
        return sum(one.slow for session in self._sessions for one in session)

    def add(self, session: ViewerSession) -> None:
        """Note an open session."""
        self.opened += 1
        self._sessions.add(session)

    def remove(self, session: ViewerSession) -> None:
        """Forget it."""
        self._sessions.discard(session)

    def log_out(self, ended: Callable[[str | None], bool]) -> None:
        """Close all whose login has ended, as `ended` says of each."""
        for session in [s for s in self._sessions if ended(s.login)]:
            session.close(LOGGED_OUT, "the session was ended")

    def leave(self) -> None:
        """Let nobody in any more; who is here stays until `drain`."""
        self.draining = True

    def drain(self) -> None:
        """Send everybody away, to come back spread in time."""
        self.leave()
        for session in list(self._sessions):
            session.close(GOING_AWAY, "the server is going away", random.randint(*RETURN_MS))  # noqa: S311 - spread, not secrecy
