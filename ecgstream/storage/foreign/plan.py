"""What a Parquet file of another's making holds, and how each thing was found: pure values.

`recognising` makes a `Plan` of a file out of its schema, metadata, path and a mapping; what builds
records goes by the plan alone and guesses nothing. The how-words are one vocabulary: `column X`,
`row column X`, `footer metadata KEY`, `field metadata KEY`, `file name`, `partition KEY`,
`mapping`, `flag --x`, `convention`, `inferred from N timestamps`.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Generic, Literal, TypeVar

from ecgstream.model.record import ECG

T = TypeVar("T")

Shape = Literal["samples", "packets", "records"]
Counts = Literal["time", "sample"]
Unit = Literal["s", "ms", "us", "ns", "min", "h"]

WITHHELD: Final = "withheld: "
"""How a unit begins that is not told, though somebody says one, for the rest is not understood."""


ONE_LEAD: Final = "each list is taken for one lead"
"""What is told of a column of lists that names no lead."""


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """Something that is known of a file, and how, in words of the vocabulary above."""

    value: T
    how: str


@dataclass(frozen=True, slots=True)
class SignalColumn:
    """A column that holds samples, one a row or a list of them in each.

    `name` is None where each row says its lead (`Plan.lead_column`). `unit` None: nothing says
    it; with the value None: it was declared to be unknown. The stored value is
    `(stored - baseline) / gain` in the unit. `missing` are stored values that stand for a missing
    sample, beside null and NaN. `fs` is the column's own rate where it differs from the file's.
    `seats`: how long a list of a value for each lead is, and where in it this one's stands.
    """

    column: str
    name: Said[str] | None = None
    unit: Said[str | None] | None = None
    gain: Said[float] = field(default_factory=lambda: Said(1.0, "convention"))
    baseline: Said[float] = field(default_factory=lambda: Said(0.0, "convention"))
    missing: tuple[float, ...] = ()
    missing_how: str = ""
    kind: str = ECG
    fs: Said[Fraction] | None = None
    seats: tuple[tuple[int, int], ...] = ()

    @property
    def withheld(self) -> bool:
        """Whether what is said of unit and scale is contradictory, or not understood."""
        return self.unit is not None and self.unit.how.startswith(WITHHELD)


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """The column that says when a row was: in `samples` of it, in the others of its first one.

    `counts` "sample": whole sample numbers. "time": in `unit`; an Arrow timestamp says its own
    and `unit` is then that (INT96 is read as microseconds). None: only the values can tell
    (`stamps.unit_of`). `dated`: counted from 1970-01-01; None where only the values can tell.
    `zoned`: whether texts say a zone; None for what are no texts (`text_times`).
    """

    column: str
    counts: Counts
    unit: Unit | None = None
    how: str = ""
    dated: bool | None = None
    zoned: bool | None = None


@dataclass(frozen=True, slots=True)
class Stride:
    """From the start of one window to the start of the next; exactly one of the three.

    `column` is a column of each row that says its window's start, as a sample number.
    """

    samples: int | None = None
    seconds: Fraction | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is in one file.

    A row is, by `shape`: "samples", one sample of each signal column; "packets", a stretch of
    samples (list columns) of one recording, placed by `time`; "records", a whole recording, or
    windows of one where `stride` says so.

    `record`, `patient` and `lead` are said of the whole file (by its path, footer or a mapping);
    the `..._column`s are read row by row and win over what is said of the file. `labels` are
    columns that become annotation sets. `start_time` is what a clock in `zone` showed, in seconds
    since 1970. `in_order`: several files without a time follow each other by their names.
    `apart`: each row of many samples is a record of its own, whatever its columns say.
    `mapped`: which table of a mapping counts for it (`proposing.mapped_by`). `persons`: columns
    that nothing is taken from, called as people's names are, and what they have in all rows.
    `index`: the first sample number of rows without a time, and the step from each to the next.
    `starts`: columns of dates that may say as well when rows of many samples began.
    """

    shape: Shape
    signals: tuple[SignalColumn, ...]
    time: TimeColumn | None = None
    fs: Said[Fraction] | None = None
    record: Said[str] | None = None
    patient: Said[str] | None = None
    lead: Said[str] | None = None
    record_column: str | None = None
    patient_column: str | None = None
    lead_column: str | None = None
    fs_column: str | None = None
    unit_column: str | None = None
    gain_column: str | None = None
    baseline_column: str | None = None
    stride: Stride | None = None
    labels: tuple[str, ...] = ()
    start_time: Said[float] | None = None
    zone: Said[str] | None = None
    in_order: bool = False
    apart: bool = False
    source: str | None = None
    licence: str | None = None
    dates_shifted: bool = False
    mapped: tuple[str, ...] | None = field(default=None, compare=False)
    persons: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    starts: tuple[str, ...] = field(default=(), compare=False)
    index: tuple[int, int] | None = None

    def keyed(self) -> bool:
        """Return whether rows of one file belong to several records, or leads."""
        return self.record_column is not None or self.lead_column is not None

    def by_row(self) -> bool:
        """Return whether rows say what they are: of which record or lead, at which rate."""
        said = (self.patient_column, self.fs_column, self.unit_column, self.gain_column)
        others = (*said, self.baseline_column)
        return self.keyed() or any(column is not None for column in others)
