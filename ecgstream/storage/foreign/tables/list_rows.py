"""The rows of tables with many samples in each: whose they are, how many samples each has. Read.

Of the samples nothing stays: of each row its number, the lengths of its lists, and what it says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.storage import carriers
from ecgstream.storage.foreign.tables.describing import Context, name_of_rows, rows_alone
from ecgstream.storage.foreign.times.clocks import clock_of, times_known
from ecgstream.storage.foreign.whose.identifying import stem_of
from ecgstream.storage.foreign.whose.splitting import Whose, check_columns, said_columns, split
from ecgstream.storage.survey import Found


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of row group `group` of file number `part`, read together; `first` is the first of them.

    `counts` are the samples of each, by column, `levels` where among the values of its column
    chunk each begins (`pages.Levels`). `times` and `starts` are as stored; None = no such column.
    `untimed` are the rows whose time is null, and 0 in `times`.
    """

    part: int
    group: int
    first: int
    counts: dict[str, NDArray[np.int64]]
    levels: dict[str, NDArray[np.int64]]
    times: NDArray[Any] | None
    starts: NDArray[np.int64] | None
    labels: dict[str, list[Any]]
    untimed: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Some:
    """Rows `at` of a block, in order: those of one lead."""

    block: Block
    at: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at)

    @property
    def row(self) -> NDArray[np.int64]:
        """Return their numbers, counted from the first of the row group."""
        return self.at + self.block.first

    @property
    def starts(self) -> NDArray[np.int64]:
        """Return what they say of where each begins; there is such a column."""
        assert self.block.starts is not None, "asked of tables with a column of starts"
        return self.block.starts[self.at]

    @property
    def times(self) -> NDArray[Any]:
        """Return their times; there is such a column."""
        assert self.block.times is not None, "asked of tables with a column of times"
        return self.block.times[self.at]

    @property
    def untimed(self) -> NDArray[np.bool_]:
        """Return which of them have no time, though there is such a column."""
        none = self.block.untimed
        return np.zeros(len(self.at), np.bool_) if none is None else none[self.at]

    def counts(self, column: str) -> NDArray[np.int64]:
        """Return the samples of each."""
        return self.block.counts[column][self.at]

    def levels(self, column: str) -> NDArray[np.int64]:
        """Return where each begins in its column chunk."""
        return self.block.levels[column][self.at]

    def said(self, label: str) -> list[Any]:
        """Return what each says in a column of labels."""
        said = self.block.labels.get(label)
        return [None if said is None else said[one] for one in self.at.tolist()]


@dataclass(slots=True, eq=False)
class LeadRows:
    """The rows of one lead (or of all, where each is a column) of one record."""

    whose: list[Whose] = field(default_factory=list)
    some: list[Some] = field(default_factory=list)


RecordRows = dict[str | None, LeadRows]
Records = dict[tuple[str, str | None], RecordRows]


def read_rows(context: Context, part: int, records: Records) -> list[int]:
    """Add the rows of file number `part` to `records`; return those of no record, if any. Blocks.

    Raises LayoutError, and SourceError from reading.
    """
    found = context.parts[part]
    plan = found.planned
    check_columns(found, plan)
    time, stride = plan.time, plan.stride
    clock = None if time is None else clock_of(found, time)
    start = None if stride is None else stride.column
    lists = [signal.column for signal in plan.signals]
    columns = [*said_columns(plan).values(), *lists, *plan.labels]
    columns += [time.column] if time is not None else []
    columns += [start] if start is not None else []
    wanted = list(dict.fromkeys(columns))
    nameless: list[int] = []
    for group in range(len(found.file.groups) - 1):
        levels = dict.fromkeys(lists, 0)
        for first, table in context.files.blocks(found.file, group, wanted):
            row = int(found.file.groups[group]) + first
            counts = _counts(found, lists, table)
            times, untimed = (
                (None, None)
                if time is None or clock is None
                else times_known(found, time, clock, table, row)
            )
            starts = None if start is None else _starts(found, start, table, row)
            labels = {name: table[name].to_pylist() for name in plan.labels}
            begins = _levels(counts, levels)
            block = Block(part, group, first, counts, begins, times, starts, labels, untimed)
            for whose, at in _apart(found, table, row, nameless):
                leads = records.setdefault((whose.record, whose.patient), {})
                lead = leads.setdefault(whose.lead, LeadRows())
                if whose not in lead.whose:
                    lead.whose.append(whose)
                lead.some.append(Some(block, at))
    return sorted(nameless)


def _counts(found: Found, columns: list[str], table: pa.Table) -> dict[str, NDArray[np.int64]]:
    """Return the samples of each row, by column: one array for columns that are alike in that."""
    counts: dict[str, NDArray[np.int64]] = {}
    for column in columns:
        own = _lengths(found, column, table)
        like = (other for other in counts.values() if np.array_equal(other, own))
        counts[column] = next(like, own)
    return counts


def _levels(
    counts: dict[str, NDArray[np.int64]], before: dict[str, int]
) -> dict[str, NDArray[np.int64]]:
    """Return where each row begins in its column chunk; `before` goes on to the next block."""
    made: dict[tuple[int, int], NDArray[np.int64]] = {}
    levels: dict[str, NDArray[np.int64]] = {}
    for column, own in counts.items():
        known = id(own), before[column]
        if known not in made:
            made[known] = np.cumsum(np.append(before[column], np.maximum(own, 1)))
        levels[column] = made[known][:-1]
        before[column] = int(made[known][-1])
    return levels


def _apart(
    found: Found, table: pa.Table, row: int, nameless: list[int]
) -> Iterator[tuple[Whose, NDArray[np.int64]]]:
    """Yield whose rows there are, and which. Rows that say nothing are records of their own."""
    if not rows_alone(found):
        yield from split(found, found.planned, table, row, nameless)
        return
    digits = len(str(int(found.file.groups[-1]) - 1))
    plan = found.planned
    # Rows of one record may lie in several files, and each is to keep its name.
    by_name = plan.record is not None and plan.record.how.endswith("file name")
    inside = f".{_dotted(found.path)}"
    for whose, some in split(found, plan, table, row, nameless):
        begin = whose.record + inside if plan.apart and not by_name else name_of_rows(found)
        patient = (whose.patient or whose.record) if plan.apart else whose.patient
        for one in some.tolist():
            name = f"{begin}.{row + one:0{digits}d}"
            yield whose._replace(record=name, patient=patient), np.array([one])


def _dotted(path: str) -> str:
    """Return a path below a root as a part of a record's id."""
    return ".".join([*path.split("/")[:-1], stem_of(path)])


def _lengths(found: Found, column: str, table: pa.Table) -> NDArray[np.int64]:
    if not carriers.is_list(found.schema.field(column).type):
        raise LayoutError(
            f"is {found.schema.field(column).type}; expected lists of samples",
            path=found.shown,
            column=column,
        )
    lengths: Any = pc.fill_null(pc.list_value_length(table[column]).cast(pa.int64()), 0)
    held: NDArray[np.int64] = lengths.to_numpy()
    return held


def _starts(found: Found, column: str, table: pa.Table, row: int) -> NDArray[np.int64]:
    kind = found.schema.field(column).type
    if not pa.types.is_integer(kind):
        raise LayoutError(
            f"is {kind}; expected the sample number of each window's start as whole numbers",
            path=found.shown,
            column=column,
        )
    if table[column].null_count:
        first = int(np.asarray(table[column].is_null()).argmax())
        raise LayoutError(
            f"row {row + first} says no start; give every row one, or take it out",
            path=found.shown,
            column=column,
        )
    held: NDArray[np.int64] = table[column].cast(pa.int64(), safe=False).to_numpy()
    return held
