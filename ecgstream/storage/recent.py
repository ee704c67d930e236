"""Decoded rows that several pieces are of: those read last, in bounded memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

import pyarrow as pa

MOST: Final = 64 << 20
"""Bytes of them at once: a row group of twelve leads one below the other, of a few viewers."""

STRIPES: Final = 16


class RecentRows:
    """Tables by what was asked for, within `most` bytes; safe on several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._reading = [threading.Lock() for _ in range(STRIPES)]
        self._held: OrderedDict[Hashable, pa.Table] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, read: Callable[[], pa.Table]) -> pa.Table:
        """Return the table of `key`, by `read` where it is not held. What `read` raises is raised.

        Who asks for the same one meanwhile waits for it: it is decoded once.
        """
        with self._reading[hash(key) % STRIPES]:
            with self._lock:
                if key in self._held:
                    self._held.move_to_end(key)
                    return self._held[key]
            table = read()
            self._keep(key, table)
            return table

    def has(self, key: Hashable) -> bool:
        """Return whether the table of `key` is held."""
        with self._lock:
            return key in self._held

    def _keep(self, key: Hashable, table: pa.Table) -> None:
        size = table.nbytes
        if size > self._most:
            return
        with self._lock:
            self._held[key] = table
            self._bytes += size
            while self._bytes > self._most:
                _, gone = self._held.popitem(last=False)
                self._bytes -= gone.nbytes
