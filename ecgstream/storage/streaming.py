"""Large row groups read front to back: who goes on reading does not begin anew.

Parquet as it is mostly written says not where in a row group a row begins, so that all before it
has to be decoded. Who plays reads on, and finds the place where the last read stopped.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Final

import pyarrow as pa

OPEN: Final = 3
"""Places in row groups that are kept: each an open file, and some 3 MB of pages for each column."""

Batches = Iterator[pa.RecordBatch]


class RowStream:
    """The rows of a row group from `at` on. `close` lets go of the file."""

    def __init__(self, batches: Batches, close: Callable[[], None]) -> None:
        self._batches = batches
        self.close = close
        self._rest: pa.RecordBatch | None = None
        self.at = 0
        """The first row that is still to come."""

    def rows(self, low: int, high: int) -> list[pa.RecordBatch]:
        """Return rows [low, high), `low` not before `at`; fewer where there are no more."""
        found: list[pa.RecordBatch] = []
        while self.at < high:
            batch = self._rest if self._rest is not None else next(self._batches, None)
            self._rest = None
            if batch is None:
                break
            stop = min(self.at + batch.num_rows, high)
            if self.at < low:
                stop = min(stop, low)
            taken = stop - self.at
            if self.at >= low:
                found.append(batch.slice(0, taken))
            if taken < batch.num_rows:
                self._rest = batch.slice(taken)
            self.at = stop
        return found


class RowStreams:
    """Streams that somebody may go on with, the latest `OPEN` of them; safe on several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, RowStream] = OrderedDict()

    def take(self, key: Hashable, row: int) -> RowStream | None:
        """Return the stream of `key`, for the caller alone; None if it is not before `row`."""
        with self._lock:
            stream = self._held.get(key)
            if stream is None or stream.at > row:
                return None
            return self._held.pop(key)

    def at(self, key: Hashable) -> int | None:
        """Return the row before which the stream of `key` stopped; None if there is none."""
        with self._lock:
            stream = self._held.get(key)
            return None if stream is None else stream.at

    def give(self, key: Hashable, stream: RowStream) -> None:
        """Keep a stream for who goes on."""
        gone: list[RowStream] = []
        with self._lock:
            if key in self._held:
                gone.append(self._held.pop(key))
            self._held[key] = stream
            if len(self._held) > OPEN:
                gone.append(self._held.popitem(last=False)[1])
        for one in gone:
            one.close()
