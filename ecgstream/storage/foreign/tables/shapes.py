"""Tables whose rows say whose they are, packets, and rows that are whole records or windows.

`build` makes records of files that `recognising` has understood; here it is decided which rows may
belong to one record, the rest is in `long_tables` (a row a sample) and `list_tables`.
"""

from collections.abc import Sequence

from ecgstream.errors import LayoutError
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.tables import list_tables, long_tables
from ecgstream.storage.foreign.tables.describing import Context
from ecgstream.storage.foreign.whose.owners import folder_of, rows_unique
from ecgstream.storage.foreign.whose.splitting import said_columns
from ecgstream.storage.stored import Built
from ecgstream.storage.survey import Found


def build(parts: Sequence[Found], files: OpenFiles) -> Built:
    """Return the records in files that have a plan, all below one data root. Blocks.

    Rows of one name in two folders are two records, unless the folders' keys are a lead's or parts
    of a time: nothing says that they are of one patient.
    """
    context = Context(parts, files)
    together: dict[tuple[str, ...], list[int]] = {}
    for number, found in enumerate(parts):
        if not int(found.file.groups[-1]):
            context.problems.append(
                LayoutError("has no rows; there is nothing to show", path=found.shown)
            )
            continue
        together.setdefault(_together(found), []).append(number)
    for some in together.values():
        shape = parts[some[0]].planned.shape
        (long_tables if shape == "samples" else list_tables).build(context, some)
    records = rows_unique(context.records, parts, context.problems)
    return Built(tuple(records), tuple(context.problems), tuple(context.notes))


def _together(found: Found) -> tuple[str, ...]:
    """Return what is the same for files whose rows may be of one record."""
    plan = found.planned
    time = plan.time and (plan.time.column, plan.time.counts, plan.time.unit)
    within = "" if plan.record is None or plan.record_column is None else plan.record.value
    columns = repr(sorted(said_columns(plan).items()))
    return (folder_of(found), within, plan.shape, columns, repr(time))
