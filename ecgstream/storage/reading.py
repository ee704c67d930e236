"""Samples of one stored record, read by row group, never by a filter."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ecgstream.model.block import MISSING, NUMPY, Column
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.whose.keyed import Coded, raw_times
from ecgstream.storage.pages import Levels
from ecgstream.storage.places import DECODING, StoredFile, fault
from ecgstream.storage.stored import Placement, StoredLead, StoredRecord, Track

FEW: Final = 256
"""Runs that are put in place one by one; of more, each value's number is worked out."""

_Rows = tuple[int, int] | None
_Group = tuple[str, int, _Rows]
"""A file's name, a row group of it, and which of its rows."""


def read(
    record: StoredRecord, leads: Sequence[str], start: int, stop: int, files: OpenFiles
) -> list[Column]:
    """Return samples [start, stop) of `leads`; see `SignalSource.read`.

    Blocks; safe on several threads. Raises LeadNotFound, SourceCorrupt, SourceUnavailable.
    """
    chosen = [record.lead(name) for name in leads]
    ends = [max(start, min(stop, stored.lead.length)) for stored in chosen]
    held: list[NDArray[Any] | None] = [None] * len(chosen)
    for (file, group, within), places in _wanted(chosen, start, ends):
        table, first = _decoded((file, group, within), [(chosen[p], k) for p, k in places], files)
        if within is not None:
            table = table.slice(within[0] - first, within[1] - within[0])
        coded = Coded(table)
        for place, k in places:
            stored = chosen[place]
            dtype = stored.lead.dtypes[0]
            at: NDArray[np.int64] | None = None
            try:
                values = values_of(coded, stored)
                if stored.by_time is not None:
                    times = raw_times(table[stored.by_time.column])
                    times = times[coded.mine(stored.keys)] if stored.keys else times
                    at = stored.by_time.numbers(times) - start
            except DECODING as error:
                raise fault(error, file.shown, stored.column) from error
            out = held[place]
            if out is None:
                if at is None:
                    held[place] = out = _whole(values, stored.track, k, start, ends[place])
                if out is not None:
                    continue
                out = np.full(ends[place] - start, MISSING[dtype], NUMPY[dtype])
                held[place] = out
            if at is None:
                _place(values, stored.track, k, start, out)
            else:
                _scattered(values, at, out)
    return [
        Column(start, end, stored.lead.dtypes[0], None)
        if out is None and start < end
        else Column.of(start, np.empty(0) if out is None else out, stored.lead.dtypes[0])
        for stored, end, out in zip(chosen, ends, held, strict=True)
    ]


def _wanted(
    chosen: Sequence[StoredLead], start: int, ends: Sequence[int]
) -> list[tuple[tuple[StoredFile, int, _Rows], list[tuple[int, int]]]]:
    """Return which row groups are wanted, and of each the (lead's place, piece) in it.

    So each is decoded once, whichever leads lie in it.
    """
    wanted: dict[_Group, dict[int, int]] = {}
    files: dict[str, StoredFile] = {}
    between: dict[tuple[int, int], list[tuple[int, _Group]]] = {}
    for place, stored in enumerate(chosen):
        track = stored.track
        side_by_side = (id(track), ends[place])
        if side_by_side not in between:
            between[side_by_side] = [
                (k, _group(track, k, files)) for k in track.between(start, ends[place])
            ]
        for k, group in between[side_by_side]:
            if not stored.empty[k]:
                # Pieces of the same rows share a placement: any of them places all of these.
                wanted.setdefault(group, {})[place] = k
    return [
        ((files[name], group, within), list(places.items()))
        for (name, group, within), places in wanted.items()
    ]


def _group(track: Track, k: int, files: dict[str, StoredFile]) -> _Group:
    file = track.files[track.file[k]]
    files[file.shown] = file
    placement = track.placements.get(k)
    return file.shown, int(track.group[k]), placement.within if placement else None


def _decoded(
    wanted: tuple[StoredFile, int, _Rows],
    pieces: Sequence[tuple[StoredLead, int]],
    files: OpenFiles,
) -> tuple[pa.Table, int]:
    """Return the rows that hold some pieces of leads, and the number of the first of them."""
    file, group, within = wanted
    columns = list(dict.fromkeys(stored.column for stored, _ in pieces))
    columns += dict.fromkeys(key for stored, _ in pieces for key, _ in stored.keys)
    columns += dict.fromkeys(s.by_time.column for s, _ in pieces if s.by_time is not None)
    stored, k = pieces[0]
    placement = stored.track.placements.get(k)
    shared = within is not None or (placement is not None and placement.shared)
    if shared or any(stored.keys for stored, _ in pieces):
        return files.latest(file, group, columns, within, _levels(pieces))
    return files.table(file, group, columns), 0


def _levels(pieces: Sequence[tuple[StoredLead, int]]) -> dict[str, Levels] | None:
    """Return where some pieces lie in their columns; None where that is not known of each."""
    levels: dict[str, Levels] = {}
    for stored, k in pieces:
        placement = stored.track.placements.get(k)
        at = None if placement is None else placement.levels
        if at is None or stored.keys or stored.by_time is not None:
            return None
        if levels.setdefault(stored.column, at) != at:
            return None
    return levels


def values_of(held: Coded, stored: StoredLead) -> NDArray[Any]:
    """Return the values of a lead in a table, one after the other."""
    return held.values(stored.column, stored.lead.dtypes[0], stored.keys, stored.missing)


def _whole(
    values: NDArray[Any], track: Track, k: int, start: int, stop: int
) -> NDArray[Any] | None:
    """Return samples [start, stop) where the values of piece `k` alone are all, else None."""
    first = int(track.start[k])
    placement = track.placements.get(k)
    if placement is not None and not _plain(placement, first):
        return None
    if not first <= start < stop <= first + len(values):
        return None
    part = values[start - first : stop - first]
    # A view would hold what was decoded beside it.
    alone = len(part) == len(values) and (placement is None or placement.within is None)
    return part if alone else part.copy()


def _plain(placement: Placement, first: int) -> bool:
    return len(placement.rows) == 1 and int(placement.samples[0]) == first


def _place(values: NDArray[Any], track: Track, k: int, start: int, out: NDArray[Any]) -> None:
    """Put the values of piece `k`, shape (n,), where they belong in `out`, from `start` on."""
    placement = track.placements.get(k)
    if placement is None:
        placed = [(0, len(values), int(track.start[k]))]
    elif len(placement.rows) > FEW:
        # A row that is left out has a negative sample number, so it is before any `start`.
        _scattered(values, placement.expand(len(values)) - start, out)
        return
    else:
        ends = np.append(placement.rows[1:], len(values))
        runs = zip(placement.rows.tolist(), ends.tolist(), placement.samples.tolist(), strict=True)
        placed = [run for run in runs if run[2] >= 0]
    for begin, end, first in placed:
        low, high = max(start, first), min(start + len(out), first + end - begin)
        if low < high:
            out[low - start : high - start] = values[low - first + begin : high - first + begin]


def _scattered(values: NDArray[Any], at: NDArray[np.int64], out: NDArray[Any]) -> None:
    """Put each of `values` at its place in `out`, if it has one there."""
    inside = (at >= 0) & (at < len(out))
    out[at[inside]] = values[inside]
