"""Samples of one stored record, read by row group, never by a filter."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import MISSING, NUMPY, Column
from ecgstream.storage import carriers
from ecgstream.storage.files import DECODING, OpenFiles, fault
from ecgstream.storage.stored import StoredRecord, Track


def read(
    record: StoredRecord, leads: Sequence[str], start: int, stop: int, files: OpenFiles
) -> list[Column]:
    """Return samples [start, stop) of `leads`; see `SignalSource.read`.

    Blocks; safe on several threads. Raises LeadNotFound, SourceCorrupt, SourceUnavailable.
    """
    chosen = [record.lead(name) for name in leads]
    ends = [max(start, min(stop, stored.lead.length)) for stored in chosen]
    held: list[NDArray[Any] | None] = [None] * len(chosen)
    # Which row groups, and of each which leads in it, so that each is decoded once.
    wanted: dict[tuple[int, int, int], dict[int, int]] = {}
    tracks = {id(stored.track): stored.track for stored in chosen}
    between: dict[tuple[int, int], list[int]] = {}
    for place, stored in enumerate(chosen):
        track = stored.track
        within = (id(track), ends[place])
        if within not in between:
            between[within] = track.between(start, ends[place])
        for k in between[within]:
            if not stored.empty[k]:
                key = (id(track), int(track.file[k]), int(track.group[k]))
                # Pieces of one row group share a placement: any of them places all rows.
                wanted.setdefault(key, {})[place] = k
    for (track_id, file_index, group), rows in wanted.items():
        file = tracks[track_id].files[file_index]
        columns = list(dict.fromkeys(chosen[place].column for place in rows))
        (place, k), *_ = rows.items()
        placement = tracks[track_id].placements.get(k)
        shared = placement is not None and placement.shared
        table = (files.latest if shared else files.table)(file, group, columns)
        for place, k in rows.items():
            stored = chosen[place]
            dtype = stored.lead.dtypes[0]
            try:
                values = carriers.samples(table[stored.column], dtype)
            except DECODING as error:
                raise fault(error, file.shown, stored.column) from error
            out = held[place]
            if out is None:
                held[place] = out = _whole(values, stored.track, k, start, ends[place])
                if out is not None:
                    continue
                out = np.full(ends[place] - start, MISSING[dtype], NUMPY[dtype])
                held[place] = out
            _place(values, stored.track, k, start, out)
    return [
        Column(start, end, stored.lead.dtypes[0], None)
        if out is None and start < end
        else Column.of(start, np.empty(0) if out is None else out, stored.lead.dtypes[0])
        for stored, end, out in zip(chosen, ends, held, strict=True)
    ]


def _whole(
    values: NDArray[Any], track: Track, k: int, start: int, stop: int
) -> NDArray[Any] | None:
    """Return samples [start, stop) where the rows of piece `k` alone are all of them, else None."""
    first = int(track.start[k])
    if k in track.placements or not first <= start < stop <= first + len(values):
        return None
    part = values[start - first : stop - first]
    # A view would hold what was decoded beside it.
    return part if len(part) == len(values) else part.copy()


def _place(values: NDArray[Any], track: Track, k: int, start: int, out: NDArray[Any]) -> None:
    """Put the rows of piece `k`, shape (rows,), where they belong in `out`, from `start` on."""
    placement = track.placements.get(k)
    if placement is None:
        first = int(track.start[k])
        low, high = max(start, first), min(start + len(out), first + len(values))
        out[low - start : high - start] = values[low - first : high - first]
        return
    at = placement.expand(len(values)) - start
    # A row that is left out has a negative sample number, so it is before any `start`.
    inside = (at >= 0) & (at < len(out))
    out[at[inside]] = values[inside]
