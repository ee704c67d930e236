"""Tables with a row a sample, placed in time: which rate, and which sample each row is.

A table is the files of a record that hold the same leads: one lead a folder, or all side by side.
Its rows are placed by their times, by sample numbers, or by nothing but their order.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.record import ECG
from ecgstream.model.timebase import (
    Numbered,
    Stamps,
    Unsteady,
    doubt,
    fits,
    in_runs,
    infer,
    number,
    origin,
)
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.layouts import said_rate
from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn, Unit
from ecgstream.storage.foreign.proposing import rate_key, that_would_do
from ecgstream.storage.foreign.tables.unlike import apart, rates_apart
from ecgstream.storage.foreign.times.coarse import too_coarse
from ecgstream.storage.foreign.times.loading import Times, load
from ecgstream.storage.foreign.times.pandas_index import range_of
from ecgstream.storage.foreign.times.stamps import (
    FAR,
    LONGEST,
    SLOWEST,
    Clock,
    Rows,
    part_of,
    rows_of,
)
from ecgstream.storage.survey import Found


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The files of a table in the order of their rows, and its rows in time.

    `said` is the rate that somebody says of it. `counted`: rows are placed by sample numbers or by
    their order, at that rate; else `stamps` are their times.
    """

    parts: tuple[Found, ...]
    names: tuple[str, ...]
    rows: Rows
    stamps: Stamps
    said: Said[Fraction] | None
    unit: Said[Unit] | None
    counted: bool

    @property
    def plan(self) -> Plan:
        """What its first file holds: the others agree with that in what matters here."""
        return self.parts[0].planned

    @property
    def shown(self) -> str:
        """Its leads, for a person."""
        if len(self.names) == 1:
            return f"lead {self.names[0]!r}"
        return f"leads {', '.join(self.names[:12])}"

    @property
    def column(self) -> str | None:
        """The column that says the time."""
        return None if self.plan.time is None else self.plan.time.column

    @property
    def plain(self) -> bool:
        """Whether it is of the plain layout, which has conventions of its own."""
        return self.plan.time is not None and self.plan.time.how == "convention"


def tables_of(parts: Sequence[Found]) -> list[tuple[Found, ...]]:
    """Return the files of a record in tables: those that have a lead in common are one."""
    tables: list[tuple[set[str], list[Found]]] = []
    for found in parts:
        names = set(names_in(found.planned))
        joined = [one for one in tables if one[0] & names]
        whole = sorted((f for _, held in joined for f in held), key=lambda f: f.path)
        tables = [one for one in tables if one not in joined]
        tables.append((names.union(*(held for held, _ in joined)), [*whole, found]))
    return [tuple(held) for _, held in tables]


def names_in(plan: Plan) -> list[str]:
    """Return the leads of a file whose rows are samples of all of them."""
    return [one.name.value for one in plan.signals if one.name is not None]


def column_of(found: Found, lead: str) -> SignalColumn | None:
    """Return the column of a lead in a file, None where it has none of it."""
    columns = found.planned.signals
    return next((c for c in columns if c.name is not None and c.name.value == lead), None)


def load_table(parts: tuple[Found, ...], before: Sequence[Table], files: OpenFiles) -> Table:
    """Read a table's times. `before` are tables of the same record.

    Raises LayoutError, and SourceError from reading.
    """
    names = tuple(dict.fromkeys(name for found in parts for name in names_in(found.planned)))
    said = _said(parts)
    rate = None if said is None else said.value
    time = parts[0].planned.time
    counted = time is None or time.counts == "sample"
    times = _in_order(parts, rate) if time is None else load(parts, files, rate)
    what = f"lead {names[0]!r}" if len(names) == 1 else f"leads {', '.join(names[:12])}"
    if times is None:
        raise LayoutError(
            f"{what} {'has' if len(names) == 1 else 'have'} no rows; there is nothing to show",
            path=parts[0].shown,
        )
    rows = times.rows
    column = None if time is None else time.column
    _possible(rows, parts[0], column, before)
    for other in before:
        # Leads mostly share their timestamps: one array then stands for all of them.
        known = (other.rows.base, other.rows.quantum, other.rows.kept)
        same = (rows.base, rows.quantum, rows.kept) == known
        if rows.steady is not None or other.rows.steady is not None:
            same = same and rows.steady is not None and rows.steady.same(other.rows.steady)
        if same and np.array_equal(other.rows.times, rows.times):
            rows = replace(rows, times=other.rows.times)
            return Table(parts, names, rows, other.stamps, said, times.unit, counted)
    stamps = Stamps(rows.times, rows.quantum)
    return Table(parts, names, rows, stamps, said, times.unit, counted)


def _said(parts: tuple[Found, ...]) -> Said[Fraction] | None:
    """Return the rate that somebody says of all these files. Raises LayoutError for several."""
    plan = parts[0].planned
    if plan.time is not None and plan.time.how == "convention":
        rate = said_rate(parts)
        return None if rate is None else Said(rate, "file metadata")
    said = [one for found in parts if (one := _said_of(found.planned)) is not None]
    if len({one.value for one in said}) > 1:
        listed = ", ".join(f"{float(rate):g}" for rate in sorted({one.value for one in said}))
        raise LayoutError(f"its lead's files say several rates: {listed} Hz", path=parts[0].shown)
    return said[0] if said else None


def _said_of(plan: Plan) -> Said[Fraction] | None:
    if plan.fs is not None:
        return plan.fs
    rates = [one.fs for one in plan.signals]
    known = [one for one in rates if one is not None]
    # Rows come as fast as the fastest column, where all say theirs.
    return max(known, key=lambda one: one.value) if known and None not in rates else None


def _in_order(parts: tuple[Found, ...], rate: Fraction | None) -> Times | None:
    """Return the rows as they come. Raises LayoutError where nobody says which file is first."""
    plan = parts[0].planned
    counts = [int(found.file.groups[-1]) for found in parts]
    starts = np.cumsum([0, *counts[:-1]]).tolist()
    indexed = any(found.planned.index is not None for found in parts)
    if indexed and (len(parts) == 1 or not plan.in_order):
        kept = [range_of(found) for found in parts]
        numbers = [np.arange(one.start, one.stop, one.step) for one in kept if one is not None]
        if len(numbers) == len(parts):
            return Times(_of_numbers(parts, numbers, rate), None)
    if len(parts) > 1 and not plan.in_order:
        by_index = _ranges(parts, counts)
        if by_index is not None:
            return Times(_numbered(parts, counts, by_index, rate), None)
        raise LayoutError(
            f"is one of {len(parts)} files of a record without a time column, and nothing says "
            "their order; give the rows a time, or let them follow by name"
            + that_would_do(_all_of(parts), 'order = "file name"', plan.mapped),
            path=parts[0].shown,
        )
    return Times(_numbered(parts, counts, starts, rate), None) if sum(counts) else None


def _all_of(parts: tuple[Found, ...]) -> str:
    """Return a pattern of the files of a record that lie in one folder, else the first one."""
    folders = {found.path.rpartition("/")[0] for found in parts}
    folder = folders.pop()
    plain = not folders and folder and not set("*?[") & set(folder)
    return f"{folder}/*.parquet" if plain else parts[0].path


def _numbered(
    parts: tuple[Found, ...], counts: list[int], starts: list[int], rate: Fraction | None
) -> Rows:
    """Return rows of which those of each file are numbered from its start on."""
    numbers = [start + np.arange(count) for start, count in zip(starts, counts, strict=True)]
    return _of_numbers(parts, numbers, rate)


def _of_numbers(
    parts: tuple[Found, ...], numbers: Sequence[NDArray[np.int64]], rate: Fraction | None
) -> Rows:
    """Return rows that have sample numbers, those of each file an array."""
    assert rate is not None, "recognised only with a rate"
    clock = Clock(1000 / rate, dated=False, whole=True)
    return rows_of(np.concatenate(numbers), clock, "", partial(part_of, parts))


def _ranges(parts: tuple[Found, ...], counts: list[int]) -> list[int] | None:
    """Return where the rows of each file begin as pandas counted them; None unless all are apart.

    A frame that was written in parts keeps its counting index as a range in the metadata.
    """
    starts: list[int] = []
    for found in parts:
        index = range_of(found)
        if index is None or index.step != 1 or index.start < 0:
            return None
        starts.append(index.start)
    spans = sorted((start, start + count) for start, count in zip(starts, counts, strict=True))
    apart = all(before[1] <= after[0] for before, after in pairwise(spans))
    return starts if apart and any(counts) else None


def _possible(rows: Rows, found: Found, column: str | None, before: Sequence[Table]) -> None:
    """Raise LayoutError for times that cannot be, or not beside those of other tables."""
    clock = rows.clock
    if not clock.dated and abs(rows.base) >= FAR:
        raise LayoutError(
            f"begins at {float(rows.base):.6g}; expected milliseconds, these look like "
            "microseconds or nanoseconds",
            path=found.shown,
            column=column,
        )
    for other in before:
        if other.rows.clock.dated != clock.dated:
            raise LayoutError(
                f"counts from another time than the one of {other.shown}: one is an Arrow "
                "timestamp, one a number; store both alike",
                path=found.shown,
                column=column,
            )
        # From the first of the one to the last of the other.
        low = min(rows.base, other.rows.base)
        high = max(one.base + Fraction(one.times[-1].item()) for one in (rows, other.rows))
        if high - low > LONGEST:
            raise LayoutError(
                f"begins at {float(rows.base):.15g} ms, and {other.shown} at "
                f"{float(other.rows.base):.15g} ms; expected leads of one recording, and no "
                "record is longer than ten years",
                path=found.shown,
                column=column,
            )


def aligned(tables: Sequence[Table], zero: Fraction) -> list[Table]:
    """Return the tables with their times counted from the record's first one."""
    moved: dict[int, Stamps] = {}
    for table in tables:
        late = float(table.rows.base - zero)
        stamps = table.stamps
        moved[id(stamps)] = replace(stamps, times=stamps.times + late) if late else stamps
    return [replace(table, stamps=moved[id(table.stamps)]) for table in tables]


def rates_of(
    tables: Sequence[Table], refused: list[tuple[Table, SourceError]]
) -> dict[int, tuple[Fraction, str]]:
    """Return the rate of each table and where it comes from, by the table's place; what has none
    is `refused`.

    One rate explains as many as it can, the longest first: a short one alone would leave it less
    certain.
    """
    rates: dict[int, tuple[Fraction, str]] = {}
    known: list[Fraction] = []
    for place, table in sorted(enumerate(tables), key=lambda one: -one[1].rows.kept):
        source = f"inferred from {table.rows.count} timestamps"
        if len(table.rows.doubles):
            source += f", {len(table.rows.doubles)} of them doubled"
        try:
            if table.said is not None:
                rates[place] = (table.said.value, table.said.how)
                known.append(table.said.value)
                continue
            if table.rows.steady is not None:
                rates[place] = (table.rows.steady.rate, source + table.rows.steady.doubt)
                known.append(table.rows.steady.rate)
                continue
            rate = next((rate for rate in known if fits(table.stamps, rate)), None)
            if rate is None:
                rate = infer(table.stamps)
                source += doubt(table.stamps, rate)
            elif len(table.stamps.times) < 2:
                source = "the record's other leads"
            rates[place] = (rate, source)
            known.append(rate)
        except Unsteady as error:
            refused.append((table, unsteady(table, error)))
    return rates


class Numbering:
    """Sample numbers of the tables of a record, whose sample 0 was taken at `zero` ms."""

    def __init__(self, zero: Fraction) -> None:
        self._zero = zero
        self._origins: dict[Fraction, float] = {}
        self._known: dict[tuple[int, Fraction, bool], Numbered] = {}

    def of(self, table: Table, rate: Fraction) -> Numbered:
        """Return the numbers of a table's times, earliest tables first. Raises Unsteady."""
        key = (id(table.stamps), rate, table.counted)
        if key not in self._known:
            late = table.rows.base - self._zero
            steady = table.rows.steady
            if table.counted and steady is not None:
                phases = steady.phases * float(rate / 1000) + round(late * rate / 1000)
                self._known[key] = in_runs(steady.first, phases, table.rows.kept)
            elif steady is not None:
                begun = steady.phases + float(late)
                if rate not in self._origins:
                    far = float(late) > float(1000 / rate)
                    self._origins[rate] = 0.0 if far else float(begun[0])
                phases = (begun - self._origins[rate]) * float(rate / 1000)
                self._known[key] = in_runs(steady.first, phases, table.rows.kept)
            elif table.counted:
                self._known[key] = _counted(table.rows, round(late * rate / 1000))
            else:
                if rate not in self._origins:
                    # The earliest lead at this rate says when its sample 0 was taken; for another
                    # rate that begins later, that is the time of the record's.
                    far = float(late) > float(1000 / rate)
                    self._origins[rate] = 0.0 if far else origin(table.stamps, rate)
                self._known[key] = number(table.stamps, rate, self._origins[rate])
        return self._known[key]


def _counted(rows: Rows, first: int) -> Numbered:
    """Return the runs of rows that have their sample numbers, the first of them `first`."""
    numbers = np.rint(rows.times / float(rows.clock.tick)).astype(np.int64) + first
    return runs_of(numbers)


def runs_of(numbers: NDArray[np.int64]) -> Numbered:
    """Return the runs of sample numbers, shape (n,), strictly increasing."""
    begins = np.concatenate([[0], np.flatnonzero(np.diff(numbers) != 1) + 1])
    return Numbered(begins.astype(np.int64), numbers[begins])


def _instead(table: Table, found: Found, made: Fraction | None) -> str:
    """Return what to say of times that are not steady; `made` is the rate that they make."""
    by_column = table.said is not None and table.said.how.startswith("field metadata")
    if table.plain or by_column:
        # What a mapping says of a file is not of this column; and the plain layout has none.
        return "say fs in the file's metadata"
    mapped = found.planned.mapped
    ecg = any(one.kind == ECG for one in found.planned.signals)
    if table.said is not None and (made is None or (ecg and made < SLOWEST)):
        rows = that_would_do(found.path, 'time = "none", fs = RATE', mapped)
        return f"take the rows as they come, whatever their times{rows}"
    return f"say how fast they are{that_would_do(found.path, rate_key(made), mapped)}"


def unsteady(table: Table, error: Unsteady) -> LayoutError:
    """Return the problem of times that no rate explains, or not the one that is said."""
    row = table.rows.place(error.index)
    found, inside = part_of(table.parts, row)
    at = float(table.rows.base) + float(table.rows.times[error.index])
    made = None
    with suppress(Unsteady):
        made = infer(table.stamps)
    said = ""
    coarse = too_coarse(table.parts, table.column, table.rows)
    if coarse:
        rate = "" if table.said is not None else ", fs = RATE"
        keys = that_would_do(found.path, f'time = "none"{rate}', found.planned.mapped)
        return LayoutError(f"{coarse}{keys}", path=found.shown, column=table.column)
    if table.said is not None:
        said = f"it says fs {float(table.said.value):g} ({table.said.how}), but its timestamps "
        said += "do not: " if made is None else f"make {float(made):g} Hz: "
    rates = rates_apart(table.parts, table.rows)
    instead = f"mend them, or {_instead(table, found, made)}"
    if len(rates) > 1:
        of = ", ".join(f"{float(rate):g} Hz in {one[0].shown}" for rate, one in rates.items())
        instead = f"they make {of}, and a record's files have one: write them alike"
        if not table.plain:
            odd = list(rates.values())[-1][0]
            instead += f", or make {odd.shown} a record of its own{apart(odd)}"
    return LayoutError(
        f"{said}the timestamps of {table.shown} are not steady: {error}; near row {inside}, "
        f"timestamp {at:.15g} ms; {instead}",
        path=found.shown,
        column=table.column,
    )
