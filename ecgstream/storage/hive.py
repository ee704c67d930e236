"""Our own layout, read and written in one place.

`patient=P/record=R/<rate>-<NNNN>.parquet`: wide, one integer column a lead, row number + `start`
= sample number, nulls where a sample is missing, row groups of 30 s, files of an hour. A lead whose
source changed its scale on the way has no one integer scale: it is a float64 column in its unit,
gain 1, baseline 0. Annotation sets lie beside the signals: `annotations-<annotator>.parquet`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ecgstream.model.annotation import POINT, Annotation
from ecgstream.storage.staging import synced

MAX_FS: Final = 1e6
MAX_LENGTH: Final = 2**53

KEY: Final = b"ecgstream"
"""The footer's key-value entry that marks a file as ours."""

GROUP_S: Final = 30
"""Seconds of a row group: what one seek decodes (FINDINGS 3)."""

GROUP_ROWS_LEAST: Final = 512
"""Numerics of one value a minute would otherwise get a row group for each row."""

GROUPS_PER_FILE: Final = 120
"""Row groups of a file: an hour at 30 s each."""

FILE_VALUES_MOST: Final = 32_000_000
"""Values of a file, all leads together, an int16 counted as one: what the writer holds in memory
before it writes. Many leads at a high rate roll over before the hour is full."""

WEIGHTS: Final[dict[str, int]] = {"int16": 1, "int32": 2, "float64": 4}
"""What a value of each type counts as."""

ColumnType = Literal["int16", "int32", "float64"]


@dataclass(frozen=True, slots=True)
class Footer:
    """What the footer of a file of ours says of the whole record, as JSON under `KEY`.

    `content` is `signal` or `annotations`. `start` is the sample number of the file's first row,
    `length` the samples of the whole record at `fs`; `dates_shifted` as in `Record`. Beside it
    every lead's field carries `unit` (no entry = the source does not say), `gain`, `baseline`,
    `kind` and `gaps` (JSON [[start, stop], ...] of the missing runs in this file, in sample
    numbers of the record; no entry = not counted).
    """

    content: str
    record: str
    patient: str
    fs: float
    start: int
    length: int
    start_time: float | None
    zone: str | None
    source: str | None
    licence: str | None
    fs_source: str = "header of the source"
    annotator: str | None = None
    dates_shifted: bool = False
    layout: int = 1

    def encode(self) -> dict[bytes, bytes]:
        """Return the entry for the schema's metadata."""
        return {KEY: json.dumps(asdict(self), separators=(",", ":"), ensure_ascii=False).encode()}

    @classmethod
    def decode(cls, metadata: dict[bytes, bytes] | None) -> Self | None:
        """Return what a schema's metadata says; None where the file is not ours.

        Raises ValueError where it is ours but cannot be understood.
        """
        if not metadata or KEY not in metadata:
            return None
        said: dict[str, Any] = json.loads(metadata[KEY])
        if said.get("layout") != 1:
            message = f"layout {said.get('layout')!r} is of a newer ecgstream; this one knows 1"
            raise ValueError(message)
        known = {name: said[name] for name in said if name in cls.__dataclass_fields__}
        try:
            footer = msgspec.convert(known, cls)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
        if not (footer.fs < MAX_FS and 0 <= footer.start <= footer.length < MAX_LENGTH):
            message = f"fs {footer.fs:g}, start {footer.start}, length {footer.length} cannot be"
            raise ValueError(message)
        if footer.start_time is not None and not math.isfinite(footer.start_time):
            # JSON as Python reads it has NaN and Infinity.
            message = f"start_time {footer.start_time} is no time"
            raise ValueError(message)
        return footer


@dataclass(frozen=True, slots=True)
class LeadColumn:
    """A lead as it is written: its name is the column's, `type` the column's type."""

    name: str
    unit: str | None
    gain: float
    baseline: float
    kind: str
    type: ColumnType

    def field(self, gaps: Sequence[tuple[int, int]]) -> "pa.Field[Any]":
        """Return the column's field; `gaps` are sample numbers of the record, half open."""
        said = {
            "gain": repr(self.gain),
            "baseline": repr(self.baseline),
            "kind": self.kind,
            "gaps": json.dumps(gaps, separators=(",", ":")),
        }
        if self.unit is not None:
            said["unit"] = self.unit
        # Nullable even where nothing is missing: a dataset takes its schema from its first file.
        return pa.field(self.name, pa.type_for_alias(self.type), nullable=True, metadata=said)


def record_folder(root: Path, patient: str, record: str) -> Path:
    """Return the folder of a record below `root`, percent-encoded as pyarrow's hive writer does."""
    return root / f"patient={quote(patient, safe='')}" / f"record={quote(record, safe='')}"


def file_name(fs: float, number: int) -> str:
    """Return the name of the `number`th file of the leads at `fs` Hz."""
    rate = repr(fs).removesuffix(".0")
    return f"{rate}Hz-{number:04d}.parquet"


def runs(missing: NDArray[np.bool_], start: int = 0) -> list[tuple[int, int]]:
    """Return the runs of True in `missing`, shape (n,), as [start, stop), counted from `start`."""
    edges = np.flatnonzero(np.diff(missing, prepend=False, append=False)) + start
    return [(int(low), int(high)) for low, high in edges.reshape(-1, 2)]


class SignalWriter:
    """Writes the leads of one rate of one record: chunks in, files of an hour out.

    `footer` is that of the first file (`start` 0). Holds one file's values in memory.
    `extra` goes into every file's footer beside our own entry.
    """

    def __init__(
        self,
        folder: Path,
        footer: Footer,
        leads: Sequence[LeadColumn],
        extra: Mapping[bytes, bytes] | None = None,
    ) -> None:
        if not leads:
            message = "a file needs at least one lead"
            raise ValueError(message)
        self._folder = folder
        self._footer = footer
        self._leads = tuple(leads)
        self._extra = dict(extra or {})
        self._group = group_rows(footer.fs)
        self._rows = file_rows(footer.fs, row_values(leads))
        capacity = min(self._rows, max(footer.length, 1))
        self._values = [np.empty(capacity, lead.type) for lead in leads]
        self._missing = [np.zeros(capacity, np.bool_) for _ in leads]
        self._filled = 0
        self.files: list[Path] = []

    def write(
        self, values: Sequence[NDArray[Any]], missing: Sequence[NDArray[np.bool_] | None]
    ) -> None:
        """Append samples: an array of shape (n,) a lead, and where it is True a mask of (n,).

        Raises ValueError where the leads are of different lengths, hold more than the footer's
        `length`, or a value does not fit its column.
        """
        count = len(values[0])
        masks = [mask for mask in missing if mask is not None]
        if {len(array) for array in (*values, *masks)} != {count} or len(values) != len(missing):
            message = f"leads of different lengths in one chunk: {[len(v) for v in values]}"
            raise ValueError(message)
        done = 0
        while done < count:
            if self._filled == self._rows:
                self._flush()
            take = min(count - done, self._rows - self._filled)
            if self._filled + take > len(self._values[0]):
                message = f"more samples than the {self._footer.length} that the footer declares"
                raise ValueError(message)
            into = slice(self._filled, self._filled + take)
            for lead, held, mask, new, new_mask in zip(
                self._leads, self._values, self._missing, values, missing, strict=True
            ):
                part = new[done : done + take]
                gone = None if new_mask is None else new_mask[done : done + take]
                held[into] = _fitting(part, gone, lead)
                mask[into] = False if gone is None else gone
            self._filled += take
            done += take

    def close(self) -> None:
        """Write what is left. Raises ValueError for fewer samples than the footer's `length`."""
        self._flush()
        if self._footer.start != self._footer.length:
            message = f"{self._footer.start} samples of the {self._footer.length} declared"
            raise ValueError(message)

    def _flush(self) -> None:
        if not self._filled:
            return
        start, upto = self._footer.start, self._filled
        fields = [
            lead.field(runs(mask[:upto], start))
            for lead, mask in zip(self._leads, self._missing, strict=True)
        ]
        schema = pa.schema(fields).with_metadata(_entries(self._footer, self._extra))
        integers = {lead.name for lead in self._leads if lead.type != "float64"}
        path = self._folder / file_name(self._footer.fs, len(self.files))
        with pq.ParquetWriter(
            path,
            schema,
            compression="none",
            # Physical values of a few scales take few distinct values: a dictionary holds them.
            use_dictionary=sorted({lead.name for lead in self._leads} - integers),  # type: ignore[arg-type]
            column_encoding=dict.fromkeys(sorted(integers), "DELTA_BINARY_PACKED"),
            write_page_checksum=True,
            write_statistics=True,
        ) as writer:
            for low in range(0, upto, self._group):
                # One by one: a copy of the whole file would be as much memory again.
                writer.write_table(self._table(slice(low, min(low + self._group, upto)), schema))
        synced(path)
        self.files.append(path)
        self._footer = replace(self._footer, start=start + upto)
        self._filled = 0

    def _table(self, rows: slice, schema: "pa.Schema") -> "pa.Table":
        arrays = [
            pa.array(held[rows], mask=mask[rows] if mask[rows].any() else None)
            for held, mask in zip(self._values, self._missing, strict=True)
        ]
        return pa.table(arrays, schema=schema)


def group_rows(fs: float) -> int:
    """Return the rows of a row group at `fs` Hz: 30 s of them."""
    return max(GROUP_ROWS_LEAST, round(GROUP_S * fs))


def row_values(leads: Sequence[LeadColumn]) -> int:
    """Return the values of a row, an int16 counted as one."""
    return sum(WEIGHTS[lead.type] for lead in leads)


def file_rows(fs: float, values: int) -> int:
    """Return the rows of a file at `fs` Hz: whole row groups, an hour of them or what fits.

    `values` as `row_values` counts them.
    """
    group = group_rows(fs)
    return group * max(1, min(GROUPS_PER_FILE, FILE_VALUES_MOST // (group * values)))


def annotations_name(annotator: str) -> str:
    """Return the name of the file of an annotation set."""
    return f"annotations-{quote(annotator, safe='')}.parquet"


def write_annotations(
    folder: Path,
    footer: Footer,
    annotations: Sequence[Annotation],
    extra: Mapping[bytes, bytes] | None = None,
) -> Path:
    """Write an annotation set, in the order given, to `annotations-<annotator>.parquet`.

    Where some last, `stop` and `lead` say how long and in which, null for none.

    `sample` counts at the footer's `fs`; `footer.content` is `annotations`.
    """
    if footer.content != "annotations" or not footer.annotator:
        message = "an annotation set's footer has content 'annotations' and an annotator"
        raise ValueError(message)
    columns = {
        "sample": pa.array([a.sample for a in annotations], pa.int64()),
        "symbol": pa.array([a.symbol for a in annotations], pa.string()),
        "subtype": pa.array([a.subtype for a in annotations], pa.int32()),
        "chan": pa.array([a.chan for a in annotations], pa.int32()),
        "num": pa.array([a.num for a in annotations], pa.int32()),
        "aux_note": pa.array([a.aux_note for a in annotations], pa.string()),
    }
    if any(a.stop != POINT for a in annotations):
        stops = [None if a.stop == POINT else a.stop for a in annotations]
        columns["stop"] = pa.array(stops, pa.int64())
        columns["lead"] = pa.array([a.lead for a in annotations], pa.string())
    table = pa.table(columns).replace_schema_metadata(_entries(footer, extra or {}))
    path = folder / annotations_name(footer.annotator)
    pq.write_table(
        table,
        path,
        compression="none",
        use_dictionary=["symbol", "subtype", "chan", "num", "aux_note"],  # type: ignore[arg-type]
        column_encoding={"sample": "DELTA_BINARY_PACKED"},
        write_page_checksum=True,
    )
    synced(path)
    return path


def _entries(footer: Footer, extra: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    return {**footer.encode(), **extra}


def _fitting(part: NDArray[Any], gone: NDArray[np.bool_] | None, lead: LeadColumn) -> NDArray[Any]:
    """Return `part` as the column's type, missing values as 0; ValueError where one won't fit."""
    clean = part if gone is None else np.where(gone, part.dtype.type(0), part)
    cast = clean.astype(lead.type, copy=False)
    if lead.type != "float64" and not np.array_equal(cast, clean):
        message = f"lead {lead.name!r} holds a value that {lead.type} cannot carry"
        raise ValueError(message)
    return cast
