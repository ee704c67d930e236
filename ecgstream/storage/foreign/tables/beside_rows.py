"""A column beside a lead, read row by row with the sample number that each row is shown at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.foreign.times.steps import Steps
from ecgstream.storage.foreign.whose.keyed import Coded, raw_times
from ecgstream.storage.stored import StoredLead

HEAD: Final = 4_096
"""Rows by which columns are left out that are none: labels, signals, what does not go on evenly."""


@dataclass(frozen=True, slots=True)
class LeadRows:
    """Some rows of a lead: those of a row group, of which it has its `within`, if not all."""

    lead: StoredLead
    piece: int

    def read(
        self, columns: Sequence[str], files: OpenFiles, most: int | None = None
    ) -> tuple[Coded, NDArray[np.bool_], NDArray[np.int64]]:
        """Return the rows, which of them are the lead's, and the sample number of each of these."""
        lead, k = self.lead, self.piece
        track = lead.track
        file, group = track.files[track.file[k]], int(track.group[k])
        placement = track.placements.get(k)
        within = placement.within if placement else None
        low, high = within or (0, int(file.groups[group + 1] - file.groups[group]))
        if most is not None and not lead.keys:
            within = low, min(high, low + most)
        keys = [column for column, _ in lead.keys]
        by_time = [] if lead.by_time is None else [lead.by_time.column]
        wanted = list(dict.fromkeys([*columns, *keys, *by_time]))
        coded = Coded(files.table(file, group, wanted, within))
        mine = coded.mine(lead.keys)
        count = int(mine.sum())
        if lead.by_time is not None:
            samples = lead.by_time.numbers(raw_times(coded.table[lead.by_time.column])[mine])
        elif placement is not None:
            # The last of its runs go on to the end of the rows.
            samples = placement.expand(count if lead.keys else high - low)[:count]
        else:
            samples = int(track.start[k]) + np.arange(count)
        return coded, mine, samples


def rows_of(lead: StoredLead) -> list[LeadRows]:
    """Return the rows of a lead as they are stored, file by file."""
    track = lead.track
    first: dict[tuple[int, int, Any], int] = {}
    for k in range(len(track.start)):
        placement = track.placements.get(k)
        within = placement.within if placement else None
        first.setdefault((int(track.file[k]), int(track.group[k]), within), k)
    return [LeadRows(lead, k) for _, k in sorted(first.items(), key=lambda one: one[0][:2])]


def steps_of(rows: Sequence[LeadRows], name: str, files: OpenFiles, *, loose: bool) -> Steps | None:
    """Return how a column goes on over the rows of a lead; None where it does not as clocks do."""
    head = _values(rows[0], name, files, HEAD)
    steps = None if head is None else Steps.of(*head, loose=loose)
    if steps is None:
        return None
    file = -1
    for some in rows:
        read = _values(some, name, files)
        if read is None:
            return None
        here = int(some.lead.track.file[some.piece])
        # Files may count anew each.
        if not steps.add(*read, goes_on=here == file):
            return None
        file = here
    return steps


def _values(
    rows: LeadRows, name: str, files: OpenFiles, most: int | None = None
) -> tuple[NDArray[Any], NDArray[np.int64]] | None:
    """Return what a column has in rows that are shown, and the samples of these; None: it tells
    nothing.
    """
    coded, mine, samples = rows.read([name], files, most)
    column = coded.table[name]
    if column.null_count:
        return None
    try:
        if pt.is_time(column.type) or pt.is_duration(column.type) or pt.is_timestamp(column.type):
            wide = pa.int64() if column.type.bit_width == 64 else pa.int32()
            values = column.cast(wide).cast(pa.int64()).to_numpy()
        else:
            values = raw_times(column)
    except (text_times.Unread, pa.ArrowInvalid):
        return None
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return None
    shown = samples >= 0
    return values[mine][shown], samples[shown]
