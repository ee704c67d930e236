"""A log that nobody can fill: of what is said over and over some is written, the rest counted."""

import logging
import time
from collections.abc import Callable
from typing import Final

WINDOW_S: Final = 10.0
MOST: Final = 20
"""Lines of one kind in a window: the same words of one logger, whatever they were about."""
KINDS: Final = 1_000
"""Kinds kept in mind at most."""


class Sparing(logging.Filter):
    """Lets `MOST` lines of a kind pass in `WINDOW_S`; the next that passes says how many did not.

    A fault that befalls ten thousand viewers at once would else be ten thousand tracebacks,
    written by the event loop that has to serve all the others.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is to be written."""
        kind = record.name, str(record.msg)
        now = self._now()
        began, count = self._seen.get(kind, (now, 0))
        left_out = 0
        if now - began >= WINDOW_S:
            left_out = max(0, count - MOST)
            began, count = now, 0
        if kind not in self._seen and len(self._seen) >= KINDS:
            self._seen.clear()
        self._seen[kind] = began, count + 1
        if left_out:
            record.msg = f"{record.msg} ({left_out} more like this were left out)"
        return count < MOST
