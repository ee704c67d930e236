"""Annotation sets as files: WFDB, Parquet, CSV and JSON, both ways.

WFDB has symbol, subtype, chan, num and aux_note, and loses nothing of these. The others have all
that people write too: the end of a stretch, lead, tags, and who made it when.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.errors import ImportFailed
from ecgstream.formats import wfdb_marks
from ecgstream.model.annotation import Annotation

FORMATS: Final[dict[str, tuple[str, str]]] = {
    "wfdb": ("", "application/octet-stream"),
    "parquet": (".parquet", "application/vnd.apache.parquet"),
    "csv": (".csv", "text/csv; charset=utf-8"),
    "json": (".json", "application/json"),
}
"""The suffix, behind that of the set, and the media type of each."""

PART: Final = 200
"""Rows worded in one go: some ms in which no other thread runs."""

PREFIX: Final = "ecgstream."
"""Of the names in the footer of a Parquet file."""

COLUMNS: Final[dict[str, pa.DataType]] = {
    "record": pa.string(),
    "sample": pa.int64(),
    "stop": pa.int64(),
    "lead": pa.string(),
    "symbol": pa.string(),
    "subtype": pa.int32(),
    "chan": pa.int32(),
    "num": pa.int32(),
    "aux_note": pa.string(),
    "tags": pa.list_(pa.string()),
    "id": pa.string(),
    "version": pa.int32(),
    "author": pa.string(),
    "made_at": pa.timestamp("us", "UTC"),
    "changed_by": pa.string(),
    "changed_at": pa.timestamp("us", "UTC"),
    "score": pa.float64(),
}
"""Of Parquet and CSV. A reader needs `sample` alone, and takes what it knows of the others."""

READ: Final = (
    "sample",
    "stop",
    "lead",
    "symbol",
    "subtype",
    "chan",
    "num",
    "aux_note",
    "tags",
    "id",
)

BESIDE: Final = ("version", "author", "changed_by", "score")

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet takes for a formula, and what was kept from that."""


class SetRow(msgspec.Struct, frozen=True):
    """One annotation of a file; `time` and `changed` in seconds since 1970; `score` a model's."""

    sample: int
    stop: int | None = None
    lead: str | None = None
    symbol: str = '"'
    subtype: int = 0
    chan: int | None = None
    num: int = 0
    aux_note: str = ""
    tags: tuple[str, ...] = ()
    id: str | None = None
    version: int | None = None
    author: str | None = None
    time: float | None = None
    changed_by: str | None = None
    changed: float | None = None
    score: float | None = None


class SetFile(msgspec.Struct, frozen=True):
    """A set, as a file has it; `fs` is the rate that its samples count at, None: not said."""

    annotations: list[SetRow]
    record: str | None = None
    set: str | None = None
    fs: float | None = None
    source: str | None = None


class _Raw(msgspec.Struct, frozen=True):
    """A `SetFile` whose rows are not looked at yet."""

    annotations: list[msgspec.Raw]
    record: str | None = None
    set: str | None = None
    fs: float | None = None
    source: str | None = None


def written(kind: str, said: SetFile) -> Iterator[bytes]:
    """Yield the file. Blocks. Raises ExportFailed for what has no place in it."""
    yield from _WRITERS[kind](said)


def read(kind: str, data: bytes, record: str) -> SetFile:
    """Return what a file says of `record`. Blocks. Raises ImportFailed."""
    return _READERS[kind](data, record)


def _as_wfdb(said: SetFile) -> Iterator[bytes]:
    marks = [
        Annotation(one.sample, one.symbol, one.subtype, one.chan or 0, one.num, one.aux_note)
        for one in said.annotations
    ]
    yield wfdb_marks.encoded(marks, said.fs or 0.0)


def _of_wfdb(data: bytes, _record: str) -> SetFile:
    fs, marks = wfdb_marks.decoded(data, "the file")
    return SetFile(
        [
            SetRow(one.sample, None, None, one.symbol, one.subtype, one.chan, one.num, one.aux_note)
            for one in marks
        ],
        fs=fs,
    )


def _as_json(said: SetFile) -> Iterator[bytes]:
    head = msgspec.json.encode(SetFile([], said.record, said.set, said.fs, said.source))
    opened = b'{"annotations":['
    yield opened
    for low in range(0, len(said.annotations), PART):
        listed = [msgspec.json.encode(one) for one in said.annotations[low : low + PART]]
        yield (b",\n" if low else b"\n") + b",\n".join(listed)
    yield b"\n" + head[len(opened) :] + b"\n"


def _of_json(data: bytes, record: str) -> SetFile:
    try:
        # Not all in one go: no other thread runs meanwhile.
        raw = msgspec.json.decode(data, type=_Raw | list[msgspec.Raw])
        head = _Raw(raw) if isinstance(raw, list) else raw
        rows = [_row(number, one) for number, one in enumerate(head.annotations)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ImportFailed(
            f'JSON: {error}; expected {{"annotations": [{{"sample": ...}}, ...]}}'
        ) from None
    if head.record not in {None, record}:
        raise ImportFailed(f"JSON: is of record {head.record!r}, not of {record!r}")
    return SetFile(rows, head.record, head.set, head.fs, head.source)


def _row(number: int, raw: msgspec.Raw) -> SetRow:
    try:
        return msgspec.json.decode(raw, type=SetRow)
    except msgspec.ValidationError as error:
        raise ImportFailed(f"JSON: annotation {number + 1}: {error}") from None


def _as_parquet(said: SetFile) -> Iterator[bytes]:
    schema = pa.schema(list(COLUMNS.items()), metadata=_facts(said))
    batches = []
    for low in range(0, len(said.annotations), PART):
        rows = [_cells(one, said.record) for one in said.annotations[low : low + PART]]
        batches.append(pa.RecordBatch.from_pylist(rows, schema=schema))
        yield b""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_batches(batches, schema), out, compression="zstd")
    yield out.getvalue()


def _facts(said: SetFile) -> dict[bytes | str, bytes | str]:
    facts = {"record": said.record, "set": said.set, "fs": said.fs, "source": said.source}
    return {PREFIX + name: str(value) for name, value in facts.items() if value is not None}


def _of_parquet(data: bytes, record: str) -> SetFile:
    try:
        table = pq.read_table(pa.BufferReader(data))
        facts = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
        known = table.select([n for n in table.column_names if n in COLUMNS])
        rows = [row for part in known.to_batches(PART) for row in part.to_pylist()]
    except (pa.ArrowException, OSError, ValueError, UnicodeDecodeError) as error:
        raise ImportFailed(f"Parquet: could not be read: {error}") from None
    rate = facts.get(f"{PREFIX}fs")
    try:
        fs = None if rate is None else float(rate)
    except ValueError:
        raise ImportFailed(f"Parquet: {PREFIX}fs in its footer: {rate!r} is no rate") from None
    return SetFile(_rows(rows, record, "Parquet"), fs=fs)


def _as_csv(said: SetFile) -> Iterator[bytes]:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(COLUMNS))
    writer.writeheader()
    for low in range(0, len(said.annotations), PART):
        for one in said.annotations[low : low + PART]:
            cells = _cells(one, said.record)
            writer.writerow({name: _cell(value) for name, value in cells.items()})
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _cell(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case list():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case str() if _FORMULA.match(value):
            return f"'{value}"
    return value


def _of_csv(data: bytes, record: str) -> SetFile:
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ImportFailed(f"CSV: could not be read: {error}") from None
    return SetFile(_rows((_values(row) for row in rows), record, "CSV"))


def _values(row: dict[str | None, Any]) -> dict[str, Any]:
    """Return the cells of a row that are not empty."""
    found = {
        name: value[1:] if value[0] == "'" and _FORMULA.match(value) else value
        for name, value in row.items()
        if name in COLUMNS and value
    }
    if "tags" in found:
        try:
            found["tags"] = json.loads(found["tags"])
        except ValueError:
            # A person's own file: one tag, or some with commas between.
            found["tags"] = [tag.strip() for tag in found["tags"].split(",")]
    return found


def _cells(one: SetRow, record: str | None) -> dict[str, Any]:
    """Return a row of a table."""
    return {
        "record": record,
        **{name: getattr(one, name) for name in (*READ, *BESIDE)},
        "tags": list(one.tags),
        "made_at": _moment(one.time),
        "changed_at": _moment(one.changed),
    }


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _rows(rows: Iterable[dict[str, Any]], record: str, kind: str) -> list[SetRow]:
    """Return the rows of a table that are of `record`, or say of none. Raises ImportFailed."""
    found: list[SetRow] = []
    others: set[str] = set()
    for number, row in enumerate(rows, 1):
        if row.get("record") not in {None, record}:
            others.add(str(row["record"])[:64])
            continue
        said = {name: row[name] for name in READ if row.get(name) is not None}
        if "sample" not in said:
            raise ImportFailed(f"{kind}: row {number} has no `sample`")
        try:
            found.append(msgspec.convert(said, SetRow, strict=False))
        except msgspec.ValidationError as error:
            raise ImportFailed(f"{kind}: row {number}: {error}") from None
    if others and not found:
        listed = ", ".join(sorted(others)[:5])
        raise ImportFailed(f"{kind}: is of {listed}, and has nothing of record {record!r}")
    return found


_WRITERS: Final[dict[str, Callable[[SetFile], Iterator[bytes]]]] = {
    "wfdb": _as_wfdb,
    "parquet": _as_parquet,
    "csv": _as_csv,
    "json": _as_json,
}
_READERS: Final[dict[str, Callable[[bytes, str], SetFile]]] = {
    "wfdb": _of_wfdb,
    "parquet": _of_parquet,
    "csv": _of_csv,
    "json": _of_json,
}


def suffix_of(name: str) -> str:
    """Return what a set is called at the end of the name of a WFDB file: letters and digits."""
    return re.sub(r"[^A-Za-z0-9_]", "", name) or "ann"


def file_name(record: str, name: str, kind: str) -> str:
    """Return a good name for the file of a set."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", record)
    return f"{plain}.{suffix_of(name)}{FORMATS[kind][0]}"
