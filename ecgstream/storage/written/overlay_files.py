"""Files of what models say: Parquet or CSV, a row a mark.

Columns: `record` (may be missing where it is known), `sample` or `time` (seconds from the start of
the record), `end` (in the same unit, excluded; empty = a mark at one sample), `label`, `score`,
`lead`. Others are passed over. `symbol` does for `label`, `stop` for `end`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ecgstream.errors import SourceCorrupt, SourceUnavailable
from ecgstream.model.annotation import (
    ANYWHERE,
    COMMENT,
    POINT,
    SYMBOLS,
    Annotations,
    Extras,
)

MOST: Final = 5_000_000
"""Rows of a file: some 250 MB in memory."""

SUFFIXES: Final = (".parquet", ".csv")

TEXTS: Final = ("record", "label", "lead")
NUMBERS: Final = ("sample", "time", "end", "score")
OTHER_NAMES: Final = {"symbol": "label", "stop": "end"}

LONGEST: Final = 200
"""Characters of a label."""

FARTHEST: Final = 2**53
"""Behind the end of every record."""

STRANGE: Final = -2
"""In place of a lead: the record has none of that name."""

ROUNDED_S: Final = 0.01
"""By so much, or by a sample, `sample` and `time` of a row may differ: many write hundredths."""

NUMBER: Final = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"

MOST_LABELS: Final = 1_000
"""Different labels of a file: more are no classes but texts."""


Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class About:
    """A record that marks may be on. `length` None: unknown; `leads` None: any name will do."""

    fs: float
    length: int | None
    leads: tuple[str, ...] | None


Find = Callable[[str], About | None]
"""What is known of a record; None: there is no such record."""


@dataclass(frozen=True, slots=True, eq=False)
class OverlayFile:
    """What a file holds of each record that is known, and how many rows are of others."""

    of: dict[str, Annotations]
    unknown: dict[str, int]

    def __len__(self) -> int:
        return sum(len(one) for one in self.of.values())


def read(path: Path, find: Find, record: str | None = None) -> OverlayFile:
    """Read a file. Blocks. `record` is whose it is where no column says so.

    Raises SourceCorrupt, which names file, column and row, and SourceUnavailable.
    """
    shown = str(path)
    if path.suffix not in SUFFIXES:
        raise SourceCorrupt("expected a name that ends in .parquet or .csv", path=shown)
    try:
        with path.open("rb") as opened:
            return parse(opened, path.suffix, find, record, shown)
    except OSError as error:
        raise SourceUnavailable(error.strerror or str(error), path=shown) from error


def parse(opened: Any, suffix: str, find: Find, record: str | None, shown: str) -> OverlayFile:
    """Return what is in an open file, or in a buffer; see `read`."""
    try:
        table = _parquet(opened) if suffix == ".parquet" else _csv(opened)
    except (pa.ArrowException, ValueError) as error:
        raise SourceCorrupt(f"could not be read: {error}"[:500], path=shown) from error
    if table.num_rows > MOST:
        raise SourceCorrupt(
            f"holds {table.num_rows} rows; expected at most {MOST}: split it", path=shown
        )
    return _Reading(table, shown).overlays(find, record)


def _parquet(opened: Any) -> pa.Table:
    file = pq.ParquetFile(opened)
    wanted = {*TEXTS, *NUMBERS, *OTHER_NAMES}
    names = [name for name in file.schema_arrow.names if name.lower() in wanted]
    if file.metadata.num_rows > MOST:
        return pa.table({"row": pa.nulls(file.metadata.num_rows)})
    return file.read(columns=names, use_threads=False)


def _csv(opened: Any) -> pa.Table:
    # Read as text where it is text: a record of the name 00100 is not record 100.
    named = [*TEXTS, *(name for name, other in OTHER_NAMES.items() if other in TEXTS)]
    options = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(named, pa.string()), null_values=[""], strings_can_be_null=True
    )
    return pa_csv.read_csv(
        opened,
        read_options=pa_csv.ReadOptions(use_threads=False),
        convert_options=options,
    )


class _Reading:
    """One table on its way to overlays."""

    def __init__(self, table: pa.Table, shown: str) -> None:
        names = [name.lower() for name in table.column_names]
        self._table = table.rename_columns(
            [
                OTHER_NAMES[name]
                if name in OTHER_NAMES and OTHER_NAMES[name] not in names
                else name
                for name in names
            ]
        )
        self._shown = shown
        doubled = {name for name in names if names.count(name) > 1 and name in {*TEXTS, *NUMBERS}}
        if doubled:
            raise self._wrong("is there twice", min(doubled))

    def overlays(self, find: Find, record: str | None) -> OverlayFile:
        """Return the rows of each record, in order of time."""
        records, of = self._records(record)
        known = [find(name) for name in records]
        labels, label = self._coded("label", needed=True)
        if len(labels) > MOST_LABELS or any(len(one) > LONGEST for one in labels):
            raise self._wrong(
                f"holds {len(labels)} different labels, the longest of "
                f"{max(map(len, labels))} characters; expected classes: at most {MOST_LABELS} of "
                f"{LONGEST} characters",
                "label",
            )
        rates = np.array([one.fs if one else 1.0 for one in known], np.float64)[of]
        lengths = np.array(
            [FARTHEST if one is None or one.length is None else one.length for one in known] or [0]
        )[of]
        sample, stop = self._places(
            rates, lengths, np.array([one is not None for one in known], np.bool_)[of]
        )
        leads, lead = self._coded("lead", needed=False)
        score = self._floats("score")
        self._no(np.isinf(score), "score", "is no finite number")
        order = np.lexsort((sample, of))
        edges = np.searchsorted(of[order], np.arange(len(records) + 1))
        found: dict[str, Annotations] = {}
        for place, (about, name) in enumerate(zip(known, records, strict=True)):
            if about is None:
                continue
            rows = order[edges[place] : edges[place + 1]]
            extras = Extras(
                stop[rows],
                score[rows],
                self._leads(name, about.leads or leads, leads, lead[rows], rows),
                about.leads or leads,
            )
            found[name] = _annotations(sample[rows], label[rows], labels, extras)
        counts = np.diff(edges).tolist()
        unknown = {
            name: count
            for name, about, count in zip(records, known, counts, strict=True)
            if about is None
        }
        return OverlayFile(found, unknown)

    def _records(self, record: str | None) -> tuple[list[str], Ints]:
        if "record" in self._table.column_names:
            return self._coded("record", needed=True)
        if record is None:
            raise self._wrong("is not there: whose marks are these?", "record")
        return [record], np.zeros(self._table.num_rows, np.int64)

    def _places(
        self, rates: NDArray[np.float64], lengths: Ints, known: NDArray[np.bool_]
    ) -> tuple[Ints, Ints]:
        """Return first samples and stops. `known`: rows of records that can be looked at."""
        names = self._table.column_names
        unit = next((name for name in ("sample", "time") if name in names), None)
        if unit is None:
            raise self._wrong("is not there, nor is `time`", "sample")
        start = self._floats(unit)
        self._no(np.isnan(start), unit, "is empty or no number")
        if unit == "sample" and "time" in names:
            self._agree(start, rates, known)
        end = self._floats("end")
        if unit == "time":
            start, end = np.floor(start * rates + 0.5), np.floor(end * rates + 0.5)
        self._no(start != np.floor(start), unit, "is no whole number of samples")
        self._no(~(np.isnan(end) | (end == np.floor(end))), "end", "is no whole number of samples")
        outside = (start < 0) | (start > lengths)
        self._no(outside & known, unit, "lies outside its record")
        self._no((end < start) & known, "end", "lies before its beginning")
        self._no((end > lengths) & known, "end", "lies behind the end of its record")
        pointed = np.isnan(end) | (end == start)
        stop = np.where(pointed, POINT, end)
        # What no record is known of may hold anything: it is only counted.
        return (
            np.where(known, start, 0).astype(np.int64),
            np.where(known, stop, POINT).astype(np.int64),
        )

    def _agree(
        self, sample: NDArray[np.float64], rates: NDArray[np.float64], known: NDArray[np.bool_]
    ) -> None:
        """Raise SourceCorrupt for the first row whose `sample` and `time` are two places."""
        time = self._floats("time")
        # NaN: a row without a time says it once.
        apart = np.abs(sample - time * rates) > np.maximum(1.0, ROUNDED_S * rates)
        if (apart & known).any():
            row = int(np.argmax(apart & known))
            raise self._wrong(
                f"row {row + 1} has sample {sample[row]:.15g}, and time {time[row]:.15g} s, which "
                f"is sample {time[row] * rates[row]:.0f} at {rates[row]:g} Hz: leave out one of "
                "the columns, or correct it",
                "sample",
            )

    def _leads(
        self, record: str, own: Sequence[str], names: list[str], lead: Ints, rows: Ints
    ) -> Ints:
        """Return places among `own`, the leads of a record."""
        places = np.array(
            [own.index(name) if name in own else STRANGE for name in names] + [ANYWHERE], np.int64
        )
        found: Ints = places[lead]
        if (found == STRANGE).any():
            at = int(np.argmax(found == STRANGE))
            raise self._wrong(
                f"row {int(rows[at]) + 1}: record {record!r} has no lead {names[lead[at]]!r}; it "
                f"has {', '.join(own)}",
                "lead",
            )
        return found

    def _coded(self, name: str, *, needed: bool) -> tuple[list[str], Ints]:
        """Return the different texts of a column, and which of them each row has; -1: none."""
        if name not in self._table.column_names:
            if needed:
                raise self._wrong("is not there", name)
            return [], np.full(self._table.num_rows, -1)
        column: Any = self._table[name]
        try:
            coded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
        except pa.ArrowException as error:
            raise self._wrong(f"is {column.type}; expected text", name) from error
        texts = coded.dictionary.to_pylist()
        code: Ints = coded.indices.cast(pa.int64()).to_numpy()
        if "" in texts:
            empty = code == texts.index("")
            if needed:
                self._no(empty, name, "is empty")
            code = np.where(empty, -1, code)
        return texts, code

    def _floats(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where there is none; all NaN where it is not there."""
        if name not in self._table.column_names:
            return np.full(self._table.num_rows, np.nan)
        column: Any = self._table[name]
        kind = column.type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            raise self._wrong(_no_numbers(column), name)
        # A float64 is exact to 2^53, which is further than any sample number goes.
        filled = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan)
        values: NDArray[np.float64] = filled.to_numpy()
        return values

    def _no(self, wrong: NDArray[np.bool_], column: str, what: str) -> None:
        """Raise SourceCorrupt for the first row that is `wrong`; rows are counted from 1."""
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self._wrong(f"row {row + 1} {what}", column)

    def _wrong(self, message: str, column: str) -> SourceCorrupt:
        return SourceCorrupt(message, path=self._shown, column=column)


def _no_numbers(column: Any) -> str:
    """Say which row of a column that holds other things than numbers is none, counted from 1."""
    try:
        texts = column.cast(pa.string())
        wrong = pc.invert(pc.match_substring_regex(texts, NUMBER))
    except pa.ArrowException:
        return f"is {column.type}; expected numbers"
    row = pc.index(wrong, value=True).as_py()
    if row < 0:  # numbers, but as text
        return f"is {column.type}; expected numbers"
    return f"row {row + 1} is {texts[row].as_py()[:40]!r}; expected a number"


def _annotations(sample: Ints, label: Ints, labels: list[str], extras: Extras) -> Annotations:
    """Return the marks of a record: a label of WFDB's is a symbol, any other is said in words."""
    nothing = np.zeros(len(sample), np.int64)
    return Annotations(
        sample=sample,
        symbol=label,
        subtype=nothing,
        chan=np.maximum(extras.lead, 0),
        num=nothing,
        aux_note=label,
        symbols=[one if one in SYMBOLS else COMMENT for one in labels],
        aux_notes=["" if one in SYMBOLS else one for one in labels],
        extras=extras,
    )
