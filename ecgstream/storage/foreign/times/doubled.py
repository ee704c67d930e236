"""Rows that repeat a time: the same bits in every lead, or no telling which one is right."""

import numpy as np

from ecgstream.errors import LayoutError
from ecgstream.model.block import MISSING, NUMPY
from ecgstream.storage import carriers
from ecgstream.storage.carriers import Carrier
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.times.coarse import too_coarse
from ecgstream.storage.foreign.times.stamps import UNITS, iso_of, part_of
from ecgstream.storage.foreign.times.timed import Table, column_of
from ecgstream.storage.foreign.whose.identities import told_apart
from ecgstream.storage.survey import Found


def check_doubles(table: Table, lead: str, carrier: Carrier, files: OpenFiles) -> None:
    """Raise LayoutError where two rows of one time differ in a single bit of a lead. Blocks."""
    doubles = table.rows.doubles
    if not len(doubles):
        return
    counts = np.concatenate([np.diff(found.file.groups) for found in table.parts])
    edges = np.concatenate([[0], np.cumsum(counts)])
    owners: list[tuple[Found, int]] = [
        (found, group) for found in table.parts for group in range(len(found.file.groups) - 1)
    ]
    dtype = carrier.dtypes[0]
    values = np.full(doubles.shape, MISSING[dtype], NUMPY[dtype])
    where = np.searchsorted(edges, doubles, "right") - 1
    for index in np.unique(where).tolist():
        found, group = owners[index]
        column = column_of(found, lead)
        if column is None:
            continue
        read = files.table(found.file, group, [column.column])[column.column]
        held = carriers.samples(read, dtype)
        inside = where == index
        values[inside] = held[doubles[inside] - edges[index]]
    bits = np.ascontiguousarray(values).view(f"u{values.itemsize}").reshape(values.shape)
    unlike = np.flatnonzero(bits[:, 0] != bits[:, 1])
    if not len(unlike):
        return
    kept, other = doubles[unlike[0]]
    found, inside_file = part_of(table.parts, int(other))
    order = table.rows.order
    at = int(kept) if order is None else int(np.flatnonzero(order == kept)[0])
    stamp = float(table.rows.base) + float(table.rows.times[at])
    clock, wall = table.rows.clock, ""
    if clock.dated and clock.tz is None:
        wall = ', or name the zone in a mapping (zone = "Europe/Berlin") where a clock was set back'
    if part_of(table.parts, int(kept))[0] is not found:
        wall += ", or tell two records apart by `path` in a mapping"
    said = (
        f"row {inside_file} repeats timestamp {_as_stored(table, stamp)} of lead {lead!r} with "
        f"another voltage ({values[unlike[0], 1]:g} after {values[unlike[0], 0]:g}); "
        f"{len(unlike)} such rows in all; "
    )
    apart = told_apart(found, files)
    coarse = too_coarse(table.parts, table.column, table.rows)
    if coarse and not apart:
        rate = "" if table.said is not None else ", fs = RATE"
        apart = that_would_do(found.path, f'time = "none"{rate}', found.planned.mapped)
        raise LayoutError(f"{said}{coarse}{apart}", path=found.shown, column=table.column)
    raise LayoutError(f"{said}keep one of each{wall}{apart}", path=found.shown, column=table.column)


def _as_stored(table: Table, stamp: float) -> str:
    """Return a time in ms as its column has it, with the unit where that is no number's own."""
    if table.counted:
        return f"{round(stamp / float(table.rows.clock.tick))}"
    if table.rows.clock.dated:
        return iso_of(stamp / 1000)
    unit = table.unit.value if table.unit is not None else "ms"
    in_unit = stamp / float(UNITS[unit])
    return f"{in_unit:.15g}{'' if unit == 'ms' else f' {unit}'}"
