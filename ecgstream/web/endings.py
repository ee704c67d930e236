"""Sessions that were ended early, in a file beside the token file.

    9f86d081884c7d659a2feaa0c55ad015 1740043200

One line a session: its name, and when it would have expired, after which the line is dropped. So
every server that has the same token file knows of a logout within a second, and so does one that
starts later. Who can read the file can do nothing with it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ecgstream.web.beside import BesideFile, Stamp, stamp_of

SUFFIX: Final = ".ended"


class EndedFile:
    """The endings kept beside the token file `tokens`."""

    def __init__(self, tokens: Path) -> None:
        self._file = BesideFile(tokens, SUFFIX)
        self.path = self._file.path
        self._stamp: Stamp = None

    def changed(self) -> Mapping[str, int] | None:
        """Return all endings, {session: expiry}; None if they are those of the last time.

        One `stat` while the file is the same. Raises OSError where it cannot be read.
        """
        stamp = stamp_of(self.path)
        if stamp == self._stamp:
            return None
        ended = {} if stamp is None else _parsed(self._file.text())
        self._stamp = stamp
        return ended

    def add(self, session: str, expiry: int, now: float) -> None:
        """Write down an ending, and drop those that expired before `now`. Raises OSError."""

        def added(text: str) -> str:
            kept = {name: when for name, when in _parsed(text).items() if when > now}
            kept[session] = expiry
            return "".join(f"{name} {when}\n" for name, when in kept.items())

        self._file.change(added)


def _parsed(text: str) -> dict[str, int]:
    """Return the endings of a file; a line that is none of ours is passed over."""
    lines = (line.split() for line in text.splitlines())
    return {
        words[0]: int(words[1])
        for words in lines
        if len(words) == 2 and words[1].isascii() and words[1].isdecimal() and len(words[1]) < 16
    }
