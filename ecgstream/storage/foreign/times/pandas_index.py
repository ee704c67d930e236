"""The counting index of a pandas frame, which is kept as a range in a file's metadata. Pure.

Of a frame that was thinned or turned round (`frame[::2]`, `frame[::-1]`) it says which sample each
row is, as a column of an index does.
"""

import json
from dataclasses import replace

from ecgstream.errors import LayoutError
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.survey import Found


def range_of(found: Found) -> range | None:
    """Return the index that a file's rows had; None where none is kept, or not of these rows."""
    try:
        said = json.loads((found.schema.metadata or {}).get(b"pandas", b"{}"))
        (index,) = said["index_columns"]
        kept = range(*(int(index[key]) for key in ("start", "stop", "step")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return kept if len(kept) == int(found.file.groups[-1]) else None


def with_index(found: Found) -> Found:
    """Return a file whose rows are numbered by its index, where that does not count on by one.

    Raises LayoutError where rows of several records or leads are so.
    """
    plan = found.planned
    by_mapping = "time" in (plan.mapped or ())[1:]
    if plan.shape != "samples" or plan.time is not None or by_mapping or plan.in_order:
        return found
    index = range_of(found)
    if index is None or index.step == 1 or len(index) < 2:
        return found
    if plan.keyed():
        raise LayoutError(
            f"its pandas index goes in steps of {index.step}, so that rows were taken out or put "
            "in another order, and nothing else says when each was; store their times, or take the "
            "rows as they come" + that_would_do(found.path, 'time = "none"', plan.mapped),
            path=found.shown,
        )
    return replace(found, plan=replace(plan, index=(index.start, index.step)))
