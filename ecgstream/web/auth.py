"""Who the viewer is: a bearer token, or the session cookie that a token was traded for.

A cookie says token name, session, expiry, and is signed with a key made from the token's hash: it
needs no memory here, so it survives a restart, is good on every server that has the same token
file, and dies with its token. Only sessions that were ended early are remembered, in a file beside
the token file, until they would have expired.

A screen's token is traded for a session that lasts as long as a browser keeps a cookie, and is
renewed while it shows its wall: nobody comes by to log it in again.
"""

import hashlib
import hmac
import logging
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import cookie_parser
from starlette.types import Scope

from ecgstream.errors import NotLoggedIn, TooManyLogins
from ecgstream.web.codes import CodeFile
from ecgstream.web.endings import EndedFile
from ecgstream.web.origins import Hosts
from ecgstream.web.tokens import Token, TokenFile

COOKIE: Final = "ecgstream_session"
LIFETIME_S: Final = 12 * 3600
"""A shift: who comes back the next day logs in again."""

SCREEN_LIFETIME_S: Final = 400 * 24 * 3600
"""As long as a browser keeps a cookie at most (RFC 6265bis, 5.5)."""
RENEW_S: Final = 24 * 3600
"""A screen's session is renewed when it is older: not each time, for it asks every 10 s."""

_NEVER: Final = 0

_log = logging.getLogger("ecgstream.auth")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks. `login` is what can be ended: a session, or a token; None where nobody logs in.

    With a `wall` it is a screen, which may show that wall and see nothing else.
    """

    user: str
    login: str | None = None
    wall: str | None = None


ANONYMOUS: Final = Identity("anonymous")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened: `expiry` in seconds since 1970, `lasts_s` from now on."""

    cookie: str
    identity: Identity
    expiry: int
    lasts_s: int


class Logins:
    """Tokens and sessions. Belongs to one event loop."""

    def __init__(
        self,
        tokens: TokenFile,
        now: Callable[[], float] = time.time,
        lifetime_s: int = LIFETIME_S,
        ended: EndedFile | None = None,
        codes: CodeFile | None = None,
    ) -> None:
        """`now` is the time in seconds since 1970, the same on all servers.

        Without `ended` a session that was ended early is so on this server only; without `codes`
        there are none.
        """
        self._tokens = tokens
        self._now = now
        self._lifetime_s = lifetime_s
        self._codes = codes
        self._ended: dict[str, int] = {}  # session: expiry
        self._ended_file = ended
        self._ended_anywhere: Mapping[str, int] = {}
        if ended is not None:
            self._read_endings(ended)

    def refresh(self) -> bool:
        """Read the files again that changed; say if any did: ask `stands` of all logins.

        May be called on a thread.
        """
        ended = self._ended_file is not None and self._read_endings(self._ended_file)
        return self._tokens.refresh() or ended

    def _read_endings(self, file: EndedFile) -> bool:
        try:
            ended = file.changed()
        except OSError as error:
            # Those read before stay in force.
            _log.error("%s: %s; logouts on other servers are not known", file.path, error.strerror)
            return False
        if ended is not None:
            self._ended_anywhere = ended
        return ended is not None

    def of_token(self, presented: str) -> Identity:
        """Return who has that token. Raises NotLoggedIn."""
        token = self._tokens.find(presented)
        if token is None:
            raise NotLoggedIn("this token is not valid (any more)")
        return Identity(token.name, _login(token, "", _NEVER), token.wall)

    def open(self, presented: str) -> Opened:
        """Trade a token for a new session. Raises NotLoggedIn."""
        token = self._tokens.find(presented)
        if token is None:
            raise NotLoggedIn("this token is not valid (any more)")
        return self._opened(token, secrets.token_hex(16))

    def redeem(self, code: str) -> Opened:
        """Trade a one-time code for a new session of the token that it stands for.

        Waits for a disk: to be called on a thread. Raises NotLoggedIn, and OSError where the code
        cannot be taken out of its file.
        """
        # The token may be younger than the last look at its file.
        self._tokens.refresh()
        codes = self._codes
        token = None if codes is None else codes.take(code, self._tokens.named, self._now())
        if token is None:
            raise NotLoggedIn(
                "this code is not valid (any more): it is good once, for 15 minutes; "
                "`ecgstream token --wall` makes another"
            )
        return self._opened(token, secrets.token_hex(16))

    def renewed(self, identity: Identity) -> Opened | None:
        """Return the session of a screen with a later expiry; None where that can wait."""
        if identity.wall is None or identity.login is None:
            return None
        name, _, session, expiry = identity.login.split(":")
        token = self._tokens.named(name)
        young = int(expiry) - self._now() > SCREEN_LIFETIME_S - RENEW_S
        return None if token is None or not session or young else self._opened(token, session)

    def _opened(self, token: Token, session: str) -> Opened:
        lasts_s = self._lasts_s(token)
        expiry = math.floor(self._now()) + lasts_s
        cookie = f"{token.name}:{session}:{expiry}:{_signature(token, session, expiry)}"
        identity = Identity(token.name, _login(token, session, expiry), token.wall)
        return Opened(cookie, identity, expiry, lasts_s)

    def _lasts_s(self, token: Token | None) -> int:
        screen = token is not None and token.wall is not None
        return SCREEN_LIFETIME_S if screen else self._lifetime_s

    def of_cookie(self, cookie: str) -> Identity:
        """Return whose session that is. Raises NotLoggedIn."""
        name, session, expiry, signature = (*cookie.split(":"), "", "", "", "")[:4]
        token = self._tokens.named(name)
        if token is not None and expiry.isascii() and expiry.isdecimal() and len(expiry) < 16:
            wanted = _signature(token, session, int(expiry))
            login = _login(token, session, int(expiry))
            if hmac.compare_digest(wanted.encode(), signature.encode()) and self.stands(login):
                return Identity(token.name, login, token.wall)
        raise NotLoggedIn("the session has ended; log in again")

    def end(self, login: str) -> None:
        """End a session. A token ends by its line in the file."""
        session, until = self._last(login)
        if not session:
            return
        now = self._now()
        self._ended = {one: when for one, when in self._ended.items() if when > now}
        self._ended[session] = until

    def spread(self, login: str) -> None:
        """Make the end of a session known to other servers and later starts. Waits for a disk."""
        session, until = self._last(login)
        if session and self._ended_file is not None:
            try:
                self._ended_file.add(session, until, self._now())
            except OSError as error:
                path = self._ended_file.path
                _log.error("%s: %s; a logout is known here only", path, error.strerror)

    def _last(self, login: str) -> tuple[str, int]:
        """Return the session of `login` ("" for a token), and until when it has to be known ended.

        A screen's may have been renewed since: as if that had been a moment ago.
        """
        name, _, session, expiry = login.split(":")
        token = self._tokens.named(name)
        renewed = math.ceil(self._now()) + self._lasts_s(token)
        return session, max(int(expiry), renewed) if token and token.wall else int(expiry)

    def stands(self, login: str) -> bool:
        """Say whether a login is still good: its token there, its session neither over nor ended.

        To be asked of every open socket now and then, and when `refresh` says so.
        """
        name, fingerprint, session, expiry = login.split(":")
        token = self._tokens.named(name)
        if token is None or _fingerprint(token) != fingerprint:
            return False
        if not session:
            return True
        ended = session in self._ended or session in self._ended_anywhere
        return int(expiry) > self._now() and not ended


def _signature(token: Token, session: str, expiry: int) -> str:
    """Return what only a server with the token's hash can write.

    With its wall: the long session of a screen must not become one for all that is served.
    """
    key = hmac.digest(
        token.hash, b"ecgstream session cookie, version 1" + _bound(token), hashlib.sha256
    )
    return hmac.digest(key, f"{token.name}:{session}:{expiry}".encode(), hashlib.sha256).hex()


def _fingerprint(token: Token) -> str:
    """Return what tells this token from another of the same name, and signs nothing.

    With its wall: a socket of before it was given another one may see too much.
    """
    return hashlib.sha256(b"fingerprint" + token.hash + _bound(token)).hexdigest()[:16]


def _bound(token: Token) -> bytes:
    return b"" if token.wall is None else b", for wall " + token.wall.encode()


def _login(token: Token, session: str, expiry: int) -> str:
    return f"{token.name}:{_fingerprint(token)}:{session}:{expiry}"


class Gate:
    """Who is let in, for a raw ASGI scope of HTTP or WebSocket."""

    def __init__(self, hosts: Hosts, logins: Logins | None) -> None:
        """Without `logins` everybody is anonymous."""
        self.hosts = hosts
        self.logins = logins

    def identify(self, scope: Scope) -> Identity:
        """Return who asks, by `Authorization` or else by cookie; never by the query string.

        Raises NotLoggedIn. `Host` and `Origin` are checked by `hosts.check`, before this.
        """
        if self.logins is None:
            return ANONYMOUS
        said: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            said.setdefault(name, []).append(value)
        if b"authorization" in said:
            scheme, _, token = said[b"authorization"][0].decode("latin-1").partition(" ")
            if scheme.lower() != "bearer" or len(said[b"authorization"]) > 1:
                raise NotLoggedIn("Authorization: expected `Bearer TOKEN`")
            return self.logins.of_token(token.strip())
        cookies = b"; ".join(said.get(b"cookie", [])).decode("latin-1")
        cookie = cookie_parser(cookies).get(COOKIE)
        if cookie is None:
            raise NotLoggedIn("log in, or send `Authorization: Bearer TOKEN`")
        return self.logins.of_cookie(cookie)

    def stands(self, login: str | None) -> bool:
        """Say whether a login is still good; None is one where nobody logs in."""
        return login is None or self.logins is None or self.logins.stands(login)


class Attempts:
    """Failed logins by address: a few at once, then one every so often."""

    BURST: Final = 10
    EVERY_S: Final = 6.0
    ADDRESSES: Final = 10_000
    """Remembered at most; the one that failed longest ago is forgotten first."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._free_at: OrderedDict[str, float] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise TooManyLogins where `address` has failed too often of late."""
        wait = self._free_at.get(address, 0.0) - self._now() - self.EVERY_S * (self.BURST - 1)
        if wait > 0:
            raise TooManyLogins(math.ceil(wait * 1_000))

    def failed(self, address: str) -> None:
        """Count a failure."""
        now = self._now()
        self._free_at[address] = max(self._free_at.pop(address, now), now) + self.EVERY_S
        if len(self._free_at) > self.ADDRESSES:
            self._free_at.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Take back one failure that was counted before it was known."""
        if address in self._free_at:
            self._free_at[address] -= self.EVERY_S
