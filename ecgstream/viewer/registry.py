"""The open sessions of this process."""

import asyncio
import random
from collections.abc import Callable, Collection, Iterator
from typing import Final

from ecgstream.viewer.session import ViewerSession

GOING_AWAY: Final = 1001
LOGGED_OUT: Final = 4401
IDENTIFY_S: Final = 10.0
"""Long enough to walk along the corridor."""
TOLD_AT_ONCE: Final = 200
"""Sessions in a turn: some 0.3 ms."""
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

    def add(self, session: ViewerSession) -> None:
        """Note an open session."""
        self.opened += 1
        self._sessions.add(session)

    def remove(self, session: ViewerSession) -> None:
        """Forget it."""
        self._sessions.discard(session)

    def log_out(self, ended: Callable[[str | None], bool]) -> None:
        """Close all whose login has ended, as `ended` says of each login."""
        # Asked once of each, every second: a thousand screens may share the token of a ward.
        over = {login for login in {s.login for s in self._sessions} if ended(login)}
        for session in [s for s in self._sessions if s.login in over]:
            session.close(LOGGED_OUT, "the session was ended")

    def narrow(self) -> None:
        """Have every session end what it may not watch any more."""
        for session in list(self._sessions):
            session.narrow()

    def renew(self, changed: Collection[str], gone: Collection[str]) -> None:
        """Have every session end what is of a record that was replaced, or is no more."""
        for session in list(self._sessions):
            session.renew(changed, gone)

    def identify(self, wall: str, screen: str | None) -> int:
        """Have the screens of `wall`, or those named `screen`, show it; return how many were told.

        A screen is a socket: one that is reloading is none for a moment.
        """
        told = 0
        for session in list(self._sessions):
            if session.wall == wall and screen in {None, session.user}:
                session.identify(IDENTIFY_S)
                told += 1
        return told

    def tell(self, record: str, message: bytes) -> None:
        """Send an event, framed, to all who watch a record: some in a turn, frames go first."""
        self._tell(list(self._sessions), record, message)

    def _tell(self, sessions: list[ViewerSession], record: str, message: bytes) -> None:
        for session in sessions[:TOLD_AT_ONCE]:
            session.tell(record, message)
        if left := sessions[TOLD_AT_ONCE:]:
            asyncio.get_running_loop().call_soon(self._tell, left, record, message)

    def leave(self) -> None:
        """Let nobody in any more; who is here stays until `drain`."""
        self.draining = True

    def drain(self) -> None:
        """Send everybody away, to come back spread in time."""
        self.leave()
        for session in list(self._sessions):
            session.close(GOING_AWAY, "the server is going away", random.randint(*RETURN_MS))  # noqa: S311 - spread, not secrecy
