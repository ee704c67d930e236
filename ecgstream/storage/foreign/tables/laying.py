"""Where the rows of row groups belong, once they are numbered: in order, with gaps, or shuffled."""

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.timebase import Numbered
from ecgstream.storage.stored import HOLE, Placement


def _long(holes: NDArray[np.int64], rows: int) -> NDArray[np.bool_]:
    """Return which of `holes` (in samples) are not to be filled in memory.

    All but the shortest ones that together are no more than the `rows` about them: so memory is
    bounded by what is stored, not by the time that passes.
    """
    order = np.argsort(holes, kind="stable")
    long = np.ones(len(holes), np.bool_)
    long[order[np.cumsum(holes[order]) <= max(rows, HOLE)]] = False
    return long


def cuts(numbered: Numbered, count: int, longest: int) -> NDArray[np.int64]:
    """Return the samples that follow a long hole of a lead of `count` timestamps.

    For rows out of order, where each row group is full of holes of its own; `longest` is the
    most rows of one.
    """
    holes = np.diff(numbered.sample) - np.diff(numbered.first)
    return numbered.sample[1:][_long(holes, count) | (holes > max(longest, HOLE))]


def laid(
    numbered: Numbered, samples: NDArray[np.int64] | None, cuts: NDArray[np.int64], rows: range
) -> list[tuple[int, int, Placement | None]]:
    """Return (start, stop, placement) of the pieces of a row group; none if it is all left out.

    `samples` are the sample numbers of all rows where these are out of order; then `cuts` say
    where the pieces end.
    """
    low, high = rows.start, rows.stop
    if samples is not None:
        part = samples[low:high]
        live = np.sort(part[part >= 0])
        if not len(live):
            return []
        begins = np.flatnonzero(np.diff(np.searchsorted(cuts, live, "right"))) + 1
        starts, stops = live[np.append(0, begins)], live[np.append(begins, len(live)) - 1] + 1
        # A row that is left out has -1, which sample 0 would seem to follow.
        if part[0] >= 0 and (np.diff(part) == 1).all():
            return [(int(live[0]), int(live[-1]) + 1, None)]
        placement = Placement.of(part, shared=len(starts) > 1)
    else:
        first = int(np.searchsorted(numbered.first, low, "right")) - 1
        last = int(np.searchsorted(numbered.first, high, "left"))
        begin = np.maximum(numbered.first[first:last], low)
        at = numbered.sample[first:last] + begin - numbered.first[first:last]
        reach = at + np.diff(np.append(begin, high))
        if len(at) == 1:
            return [(int(at[0]), int(reach[0]), None)]
        begins = np.flatnonzero(_long(at[1:] - reach[:-1], len(rows))) + 1
        starts, stops = at[np.append(0, begins)], reach[np.append(begins, len(at)) - 1]
        placement = Placement(begin - low, at, len(starts) > 1)
    pairs = zip(starts.tolist(), stops.tolist(), strict=True)
    return [(start, stop, placement) for start, stop in pairs]
