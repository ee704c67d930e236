"""One-time codes: how a screen that has no keyboard gets its session.

    screen-3 5d41402abc4b2a76b9719d911017c592... 1740043200

One line a code, in a file beside the token file: whose token it stands for, what is kept of it,
and until when it can be used (seconds since 1970). It is taken out of the file by whoever uses it
first, so that it is good once on all servers that have this file.

A code is 60 random bits, few enough to be typed. What is kept is an HMAC under the token's hash:
it tells nothing to who has this file alone, and dies with the token.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecgstream.web.beside import BesideFile
from ecgstream.web.tokens import Token

SUFFIX: Final = ".codes"
LIFETIME_S: Final = 15 * 60
"""As long as it takes to walk to the screen."""
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Five bits a letter; none that is read as another."""
_GROUPS: Final = 3
_LETTERS: Final = 4


@dataclass(frozen=True, slots=True)
class _Code:
    """A code as it is kept: `kept` is hex, `expiry` in seconds since 1970."""

    name: str
    kept: str
    expiry: int


class CodeFile:
    """The codes kept beside the token file `tokens`. All of it waits for a disk."""

    def __init__(self, tokens: Path) -> None:
        self._file = BesideFile(tokens, SUFFIX)
        self.path = self._file.path

    def add(self, token: Token, now: float) -> str:
        """Return a new code for `token`, good for LIFETIME_S from `now` on. Raises OSError.

        An older one of the same token is good no more.
        """
        code = "-".join(
            "".join(secrets.choice(ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS)
        )
        new = _Code(token.name, _kept(token, code), int(now) + LIFETIME_S)

        def added(text: str) -> str:
            old = [one for one in _parsed(text) if one.expiry > now and one.name != token.name]
            return _worded([*old, new])

        self._file.change(added)
        return code

    def take(self, code: str, named: Callable[[str], Token | None], now: float) -> Token | None:
        """Return whose `code` that is, which from then on is nobody's; None: not a good one.

        `named` finds the token of a name. Raises OSError, and then the code is still good: one
        that cannot be taken out of the file must not be used.
        """
        # Guesses take no lock, and write nothing.
        if _found(self._file.text(), code, named, now) is None:
            return None
        taken: Token | None = None

        def without(text: str) -> str:
            nonlocal taken
            found = _found(text, code, named, now)
            taken = found and found[1]
            return _worded(
                one
                for one in _parsed(text)
                if one.expiry > now and (found is None or one != found[0])
            )

        self._file.change(without)
        return taken


def _found(
    text: str, code: str, named: Callable[[str], Token | None], now: float
) -> tuple[_Code, Token] | None:
    """Return the entry of `code` and its token. Takes as long whichever it is."""
    found = None
    for one in _parsed(text):
        token = named(one.name)
        if token is not None and one.expiry > now:
            same = hmac.compare_digest(_kept(token, code).encode(), one.kept.encode())
            found = (one, token) if same else found
    return found


def _kept(token: Token, code: str) -> str:
    """Return what is kept of `code`, however it was typed."""
    plain = "".join(code.upper().split()).replace("-", "")
    said = b"ecgstream one-time code, version 1:" + plain.encode(errors="replace")
    return hmac.digest(token.hash, said, hashlib.sha256).hex()


def _parsed(text: str) -> Iterator[_Code]:
    """Yield the codes of a file; a line that is none of ours is passed over."""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[2].isascii() and words[2].isdecimal() and len(words[2]) < 16:
            yield _Code(words[0], words[1], int(words[2]))


def _worded(codes: Iterable[_Code]) -> str:
    return "".join(f"{one.name} {one.kept} {one.expiry}\n" for one in codes)
