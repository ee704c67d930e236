"""Tiles and outlines as msgpack (docs/tiles.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack
import msgspec
import numpy as np

from ecgstream.model.block import NUMPY, Dtype, Samples
from ecgstream.model.record import Lead
from ecgstream.wire.events import LeadInfo

Runs = Mapping[str, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True, eq=False)
class OutlineGroup:
    """Leads that are stored in the same pieces: `edges` has shape (pieces + 1,).

    `low`, `high` and `known` have an array of shape (pieces,) for each lead.
    """

    leads: Sequence[str]
    edges: Sequence[int]
    low: Sequence[Samples]
    high: Sequence[Samples]
    known: Sequence[Samples]


def infos(leads: Sequence[Lead]) -> list[dict[str, Any]]:
    """Return what is said of leads, as in `subscribed`."""
    return [msgspec.to_builtins(LeadInfo.of(lead)) for lead in leads]


def tile(
    head: Mapping[str, Any],
    low: Sequence[Samples],
    high: Sequence[Samples],
    corrupt: Runs,
) -> bytes:
    """Return `head` with `low` and `high` as bins: lead after lead, of one type."""
    said = {**head, "low": _bin(low), "high": _bin(high)}
    return _packed(said | ({"corrupt": _runs(corrupt)} if corrupt else {}))


def outline(head: Mapping[str, Any], groups: Sequence[OutlineGroup], dtype: Dtype) -> bytes:
    """Return `head` with `groups`, their extremes as bins of `dtype`, lead after lead."""
    said = [
        {
            "leads": list(group.leads),
            "edges": [int(edge) for edge in group.edges],
            "low": _bin(group.low, dtype),
            "high": _bin(group.high, dtype),
            "known": _bin(group.known),
        }
        for group in groups
    ]
    return _packed({**head, "dtype": dtype, "groups": said})


def _packed(said: Mapping[str, Any]) -> bytes:
    packed: bytes = msgpack.packb(said)
    return packed


def _bin(arrays: Sequence[Samples], dtype: Dtype | None = None) -> bytes:
    kind = None if dtype is None else NUMPY[dtype]
    return b"".join(np.ascontiguousarray(array, kind).tobytes() for array in arrays)


def _runs(corrupt: Runs) -> dict[str, list[list[int]]]:
    return {name: [list(run) for run in runs] for name, runs in corrupt.items()}
