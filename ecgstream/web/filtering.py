"""The parameters of a list of records to `Filters`."""

from typing import Final

from ecgstream.errors import QueryError
from ecgstream.storage.index.searching import Filters
from ecgstream.web.queries import Query

FILTERS: Final = (
    "query",
    "patient",
    "leads",
    "fs_low",
    "fs_high",
    "s_low",
    "s_high",
    "dataset",
    "annotated",
    "quality",
)
"""Parameters that choose records."""

MOST_WORDS: Final = 16
"""Words of a query, and leads: each is looked for by itself."""


def filters_of(query: Query) -> Filters:
    """Return what is asked for. Raises QueryError."""
    words = tuple((query.text("query") or "").casefold().split())
    leads = tuple(name for name in (query.text("leads") or "").split(",") if name)
    for name, given in (("query", words), ("leads", leads)):
        if len(given) > MOST_WORDS:
            raise QueryError(name, f"{len(given)} are too many; at most {MOST_WORDS}")
    return Filters(
        words=words,
        patient=query.text("patient"),
        leads=leads,
        fs_low=_bound(query, "fs_low"),
        fs_high=_bound(query, "fs_high"),
        s_low=_bound(query, "s_low"),
        s_high=_bound(query, "s_high"),
        dataset=query.text("dataset"),
        annotated=_either(query, "annotated"),
        quality=query.text("quality"),
    )


def _bound(query: Query, name: str) -> float | None:
    if query.text(name) is None:
        return None
    return float(query.decimal(name, 0, 0, float("inf")))


def _either(query: Query, name: str) -> bool | None:
    said = query.text(name)
    if said not in {None, "true", "false"}:
        raise QueryError(name, f"expected true or false, got {said[:40]!r}")
    return None if said is None else said == "true"
