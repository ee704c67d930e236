"""The token file: who may watch. One line a token: name, hash, when it was made.

    ward-3 sha256:9f86d081884c7d65... 2025-03-01T08:00:00+00:00
    screen-3 sha256:2c26b46b68ffc68f... 2025-03-01T08:00:00+00:00 wall=icu-2

One with a wall is for a screen: it may show that wall, and see nothing else.

A token is 256 random bits, so a single SHA-256 is enough: there is no short list of guesses that
a slow hash would make dear, and a slow one on every request would be a way to keep a server busy.
Session cookies are signed with a key made from the stored hash. Who can read the file can
therefore make cookies: it is written for its owner only, and has to stay so.
"""

import contextlib
import datetime as dt
import hashlib
import hmac
import logging
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecgstream.errors import BadWall, ConfigError
from ecgstream.model.wall import check_name

PREFIX: Final = "ecgs_"
"""So that a token that was pasted somewhere is known for what it is, by scanners too."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")
_WALL: Final = re.compile(r"wall=(\S+)")
_log = logging.getLogger("ecgstream.auth")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept; `hash` (32 bytes) is that of the whole token text.

    `wall` is the one wall that it is for; None: for all that is served.
    """

    name: str
    hash: bytes
    created: str
    wall: str | None = None


def digest(token: str) -> bytes:
    """Return the hash that is kept of `token`."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def parse(text: str, path: Path) -> dict[str, Token]:
    """Return the tokens of a file by name. Raises ConfigError naming file and line."""
    tokens: dict[str, Token] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        said = _HASH.fullmatch(words[1]) if len(words) in {3, 4} else None
        # What is behind the date narrows: a line that is not understood must not be let pass.
        wall = _WALL.fullmatch(words[3]) if len(words) == 4 else None
        if said is None or not _NAME.fullmatch(words[0]) or (len(words) == 4 and wall is None):
            raise ConfigError(
                f"{path}, line {number}: expected a name, sha256:<64 hex digits>, a date, and "
                "for a screen wall=<its name>; `ecgstream token` writes such lines"
            )
        if words[0] in tokens:
            raise ConfigError(f"{path}, line {number}: a second token named {words[0]!r}")
        tokens[words[0]] = Token(words[0], bytes.fromhex(said[1]), words[2], wall and wall[1])
    return tokens


def _text(path: Path) -> str:
    # What is not UTF-8 is no line of ours either, and is refused as such.
    return path.read_text(encoding="utf-8", errors="replace")


def make_token(
    path: Path, name: str, *, wall: str | None = None, now: dt.datetime | None = None
) -> str:
    """Add a token to the file, made if need be, and return it: it is kept nowhere else.

    With `wall` it is for that wall alone. Raises ConfigError for a name that cannot be or is
    taken, and for a file that is not ours.
    """
    _check(name, wall)
    text = _text(path) if path.exists() else "# Tokens of ecgstream: remove a line to revoke\n"
    if name in parse(text, path):
        raise ConfigError(f"{path} has a token named {name!r}; remove its line first")
    token = PREFIX + secrets.token_urlsafe(32)
    created = (now or dt.datetime.now(dt.UTC)).isoformat(timespec="seconds")
    if not text.endswith("\n"):
        text += "\n"
    bound = "" if wall is None else f" wall={wall}"
    _replace(path, f"{text}{name} sha256:{digest(token).hex()} {created}{bound}\n")
    return token


def screen_token(path: Path, name: str, wall: str) -> Token:
    """Return the token of that name for `wall`, made if need be; its text is nobody's.

    Raises ConfigError as `make_token`, and where the name is that of a token for something else.
    """
    _check(name, wall)
    known = parse(_text(path), path).get(name) if path.exists() else None
    if known is None:
        make_token(path, name, wall=wall)
        known = parse(_text(path), path)[name]
    if known.wall != wall:
        what = "for all that is served" if known.wall is None else f"for wall {known.wall!r}"
        raise ConfigError(f"{path} has a token named {name!r} that is {what}; take another name")
    return known


def _check(name: str, wall: str | None) -> None:
    """Raise ConfigError for a name that would break the file."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"name {name!r}: 1 to 64 of A-Z a-z 0-9 . _ - are expected")
    if wall is not None:
        try:
            check_name(wall)
        except BadWall as error:
            raise ConfigError(f"wall: {error}") from None


def _replace(path: Path, text: str) -> None:
    """Write `path` anew, for its owner only, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # is 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


class TokenFile:
    """The tokens of a file, read again when it changes."""

    def __init__(self, path: Path) -> None:
        """Read `path`. Raises ConfigError where that cannot be done."""
        self._path = path
        self._emptied = False
        """It was empty at the last look, and was not before."""
        try:
            self._stamp: tuple[int, int, int] | None = self._look()
            self._tokens = parse(_text(path), path)
        except OSError as error:
            raise ConfigError(
                f"{path}: {error.strerror}; `ecgstream token` makes a token file"
            ) from error
        if path.stat().st_mode & 0o077:
            _log.warning("%s can be read by others than its owner: chmod 600 it", path)

    def refresh(self) -> bool:
        """Read the file again if it is another one than last time; say whether tokens changed.

        One `stat` while it is the same. A file that cannot be understood changes nothing, so that
        a slip of an editor does not end every session; one that is gone takes all tokens along,
        and so does an empty one that is still empty at the next look: many editors empty a file
        and then write it.
        """
        try:
            stamp = self._look()
            if stamp == self._stamp:
                return False
            text = _text(self._path)
            self._emptied = not text and bool(self._tokens) and not self._emptied
            if self._emptied:
                return False
            tokens = parse(text, self._path)
        except ConfigError as error:
            self._stamp = stamp
            _log.error("%s; the tokens read before stay in force", error)
            return False
        except OSError as error:
            stamp, tokens = None, {}
            if self._tokens:
                _log.error("%s: %s; no token is valid", self._path, error.strerror)
        changed = tokens != self._tokens
        self._stamp, self._tokens = stamp, tokens
        return changed

    def find(self, presented: str) -> Token | None:
        """Return the token whose text is `presented`. Takes as long whichever it is."""
        wanted = digest(presented)
        found = None
        for token in self._tokens.values():
            if hmac.compare_digest(token.hash, wanted):
                found = token
        return found

    def named(self, name: str) -> Token | None:
        """Return the token of that name."""
        return self._tokens.get(name)

    def _look(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
