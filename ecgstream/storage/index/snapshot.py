"""All records that an index shows, as one piece of bytes: a server has them at once. Pure.

The same out of their 100,000 rows takes ten times as long. It is of one moment of the index, and
nothing without it: who finds another one goes by the rows.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from ecgstream.storage.index.searching import Columns
from ecgstream.storage.index.texts import Texts


class Column(msgspec.Struct, array_like=True, frozen=True):
    """A column of texts: each different one, and of each row the number of its own (int32)."""

    texts: list[str]
    codes: bytes

    @classmethod
    def of(cls, column: Texts | Sequence[str]) -> "Column":
        """Return a column of texts as it is kept."""
        made = column if isinstance(column, Texts) else Texts(column)
        return cls(list(made.texts), made.codes.tobytes())

    def column(self, rows: int) -> Texts:
        """Return the column of so many rows. Raises ValueError where it is none."""
        codes = np.frombuffer(self.codes, np.int32)
        if len(codes) != rows or (rows and not 0 <= codes.min() <= codes.max() < len(self.texts)):
            raise ValueError("a column has other rows")
        return Texts.of(self.texts, codes)


class Snapshot(msgspec.Struct, array_like=True, frozen=True):
    """What `index_values.Shown` has, column by column; numbers as the bytes of their arrays."""

    records: list[str]
    patients: Column
    datasets: Column
    sources: Column
    leads: Column
    fs: bytes
    seconds: bytes
    annotated: bytes
    verdicts: list[str]
    stored: list[bytes]


_DECODER = msgspec.msgpack.Decoder(Snapshot)


def packed(columns: Columns, verdicts: Sequence[str], stored: Sequence[bytes]) -> bytes:
    """Return all of it as bytes; qualities are none of the index's."""
    return msgspec.msgpack.encode(
        Snapshot(
            list(columns.records),
            Column.of(columns.patients),
            Column.of(columns.datasets),
            Column.of(columns.sources),
            Column.of(columns.leads),
            np.array(columns.fs, np.float64).tobytes(),
            np.array(columns.seconds, np.float64).tobytes(),
            np.array(columns.annotated, np.bool_).tobytes(),
            list(verdicts),
            list(stored),
        )
    )


def unpacked(held: bytes) -> tuple[Columns, list[str], list[bytes]] | None:
    """Return what was packed; None where that is damaged."""
    try:
        kept = _DECODER.decode(held)
        rows = len(kept.records)
        columns = Columns(
            kept.patients.column(rows),
            kept.records,
            kept.datasets.column(rows),
            kept.sources.column(rows),
            kept.leads.column(rows),
            np.frombuffer(kept.fs, np.float64),
            np.frombuffer(kept.seconds, np.float64),
            np.frombuffer(kept.annotated, np.bool_),
            [],
        )
    except (msgspec.DecodeError, ValueError):
        return None
    parts = (columns.fs, columns.seconds, columns.annotated, kept.verdicts, kept.stored)
    return None if any(len(one) != rows for one in parts) else (columns, kept.verdicts, kept.stored)
