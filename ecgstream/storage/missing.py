"""Runs of missing samples, shape (n, 2): [start, stop) each, in order, none touching the next."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.block import is_missing
from ecgstream.storage.source import SignalSource


def runs(mask: NDArray[np.bool_], start: int = 0) -> NDArray[np.int64]:
    """Return the runs of True in `mask`, whose first place is sample `start`."""
    steps = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return (np.flatnonzero(steps).reshape(-1, 2) + start).astype(np.int64)


def merged(found: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return runs in order, joined where they touch or overlap."""
    found = found[found[:, 0] < found[:, 1]]
    found = found[np.argsort(found[:, 0], kind="stable")]
    if len(found) < 2:
        return found
    reach = np.maximum.accumulate(found[:, 1])
    first = np.concatenate([[True], found[1:, 0] > reach[:-1]])
    last = np.append(np.flatnonzero(first)[1:] - 1, len(found) - 1)
    return np.column_stack([found[first, 0], reach[last]])


def missing_runs(source: SignalSource, record: str, lead: str) -> NDArray[np.int64]:
    """Return the missing runs of a lead by reading it once, piece by piece.

    Blocks. Raises as `SignalSource.read` does.
    """
    edges: list[int] = source.edges(record, lead).tolist()
    found = [np.zeros((0, 2), np.int64)]
    for start, stop in pairwise(edges):
        (column,) = source.read(record, [lead], start, stop)
        if column.samples is None:
            found.append(np.array([[start, stop]], np.int64))
        elif not column.complete:
            found.append(runs(is_missing(column.samples, column.dtype), start))
    return merged(np.concatenate(found))
