"""The rows of a table of text, block by block, as numbers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.formats.csv_layout import MISSING, Layout
from ecgstream.formats.csv_lines import LONGEST_LINE, Lines
from ecgstream.formats.guarding import guarded

BLOCK: Final = 1 << 19
"""Rows handed on together."""

_CLOCK: Final = r"^['\"\[ ]*(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,3}):(?P<s>\d{2}(?:\.\d*)?)"


_CELL: Final = re.compile(
    r"CSV column #(?P<column>\d+): Row #(?P<row>\d+): .*double: invalid value (?P<cell>'.*')"
)
"""As Arrow says that a cell is no number."""

_OFFSET: Final = r"(?:Z|[+-]\d\d:?\d\d)['\"]?$"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A file with its layout; read as often as is wanted."""

    path: Path
    layout: Layout
    encoding: str
    ahead: dict[int, int | None] = field(default_factory=dict)
    """Of columns of dates, by place: how many seconds the first one that was read said that its
    clock is ahead of UTC; None: nothing."""

    def blocks(self) -> Iterator[dict[int, NDArray[np.float64]]]:
        """Yield the columns that are read, by place, NaN where a cell is empty.

        Times by the clock or date are seconds then, as a clock shows them that stays as far ahead
        of UTC as it was first. Raises ImportFailed.
        """
        layout = self.layout
        wanted = [*(c.at for c in layout.signals), *(t.at for t in layout.times)]
        forms = {t.at: t.form for t in layout.times}
        lines = Lines(
            self.path,
            encoding=self.encoding,
            skip=layout.skip,
            blanks=layout.delimiter == "blanks",
        )
        with lines:
            with self._named():
                reader = self._reader(lines, wanted)
            while True:
                with self._named():
                    batch = next(reader, None)
                if batch is None:
                    return
                for low in range(0, batch.num_rows, BLOCK):
                    part = batch.slice(low, BLOCK)
                    with guarded(self.path):
                        block = {
                            at: self._dates(part.column(n), at)
                            if forms.get(at) == "date"
                            else _numbers(part.column(n), forms.get(at, "number"))
                            for n, at in enumerate(wanted)
                        }
                    yield block

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the row and the cell that the reader stumbles over. Raises ImportFailed."""
        try:
            with guarded(self.path):
                yield
        except ImportFailed as error:
            found = _CELL.search(str(error))
            heading = self._heading(int(found["column"])) if found else None
            if not found or heading is None:
                raise
            raise ImportFailed(
                f"{self.path.name}: column {heading!r}, row {found['row']}: {found['cell']} is no "
                "number; mend it, or empty it where there is no sample"
            ) from error

    def _heading(self, at: int) -> str | None:
        headings = {one.at: one.heading for one in self.layout.signals}
        headings |= {one.at: one.heading for one in self.layout.times}
        return headings.get(at)

    def _dates(self, array: Any, at: int) -> NDArray[np.float64]:
        """Return dates in seconds since 1970, NaN for null."""
        compute: Any = pc
        bare = compute.replace_substring_regex(array, _OFFSET, "")
        stamps = compute.cast(bare, pa.timestamp("ns")).cast(pa.int64())
        seconds = np.asarray(stamps.to_numpy(zero_copy_only=False), np.float64) / 1e9
        found = compute.struct_field(compute.extract_regex(array, f"(?P<zone>{_OFFSET})"), "zone")
        coded = found.dictionary_encode()
        known = [_seconds(text) for text in coded.dictionary.to_pylist()]
        said = np.array([*known, np.nan])[coded.indices.fill_null(len(known)).to_numpy()]
        there = said[~np.isnan(seconds)]
        if len(there) and at not in self.ahead:
            self.ahead[at] = None if np.isnan(there[0]) else int(there[0])
        first = self.ahead.get(at)
        if (np.isnan(there) != (first is None)).any():
            raise ImportFailed("some of its times say how far they are from UTC, and some do not")
        return seconds if first is None else seconds - said + first

    def _reader(self, lines: Lines, wanted: list[int]) -> Any:
        layout = self.layout
        worded = {t.at for t in layout.times if t.form != "number"}
        open_csv: Any = pa.csv.open_csv
        return open_csv(
            pa.PythonFile(lines, mode="r"),
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=LONGEST_LINE,
                column_names=[str(at) for at in range(layout.width)],
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter="\t" if layout.delimiter == "blanks" else layout.delimiter,
                # In a table of one column an empty line is an empty cell.
                ignore_empty_lines=layout.width > 1,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={
                    str(at): pa.string() if at in worded else pa.float64() for at in wanted
                },
                include_columns=[str(at) for at in wanted],
                null_values=list(MISSING),
                decimal_point=layout.decimal,
                check_utf8=False,
            ),
        )


def _seconds(offset: str) -> int:
    """Return `+01:00`, `-0330` or `Z` in seconds ahead of UTC."""
    digits = [int(one) for one in offset if one.isdigit()]
    if not digits:
        return 0
    ahead = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60
    return -ahead if offset[0] == "-" else ahead


def _numbers(array: Any, form: str) -> NDArray[np.float64]:
    """Return a column as float64, NaN for null; times by the clock in seconds."""
    compute: Any = pc
    if form == "clock":
        parts = compute.extract_regex(array, _CLOCK).flatten()
        hours, minutes, seconds = (
            compute.cast(
                compute.if_else(compute.equal(part, ""), "0", part), pa.float64()
            ).to_numpy(zero_copy_only=False)
            for part in parts
        )
        # In whole nanoseconds: what was written, not what adding makes of it.
        return np.asarray(np.rint((hours * 3600 + minutes * 60 + seconds) * 1e9) / 1e9, np.float64)
    return np.asarray(array.to_numpy(zero_copy_only=False), np.float64)
