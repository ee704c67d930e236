"""Columns that nobody understands and that may name people: found fault with, by their values.

Of a record that nothing but its file, its folders or its patient tells from others, a column may
say more than is known of it. Where it has several values, each in one run of rows (`A` in the first
half, `B` in the second), two people may be shown as one. What changes to and fro, or in short
steps, is measured, counted or a label; so is what is called so (`known_words`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ecgstream.errors import SourceCorrupt
from ecgstream.model.annotation import SYMBOLS
from ecgstream.storage.carriers import is_list
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.finding import INDEX
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.proposing import IN_TABLE, that_would_do
from ecgstream.storage.foreign.whose.keyed import coded, is_key, is_loose_key
from ecgstream.storage.foreign.whose.known_words import VALUES, names_nobody
from ecgstream.storage.places import StoredFile
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import leaf

MOST: Final = 1_000
"""Values that are names: of more it is something else."""
LONG: Final = 16
"""Rows that one has at least, on average, where a row is a sample."""
LASTING: Final = 2.0
"""Seconds that one has at least, on average: beats and seconds are counted in shorter steps."""
CUT: Final = 64
"""Bytes of a text that a footer says whole, whoever wrote it."""
PEEK: Final = 1 << 12
"""Rows that are looked at before all are read."""
FLAGS: Final = ({"0", "1"}, {"-1", "1"}, {"-1", "0", "1"}, {"-1", "0"})


def doubtful(stored: StoredRecord, files: OpenFiles) -> Iterator[str]:
    """Yield what is to be said of each such column of a record, with both answers. Blocks.

    Raises SourceUnavailable.
    """
    how = dict(stored.record.found)
    if "not shown" not in how or not _is_open(how):
        return
    listed, more = _listed(how)
    if not more and all(names_nobody(column) for column in listed):
        # Without a look at the footer, which most records are spared so.
        return
    owner = how["record"].removeprefix("row column ") if _by_row(how) else None
    parts = _parts(stored)
    first = parts[0][0]
    schema = files.footer(first).schema.to_arrow_schema()
    columns = {lead.column for lead in stored.leads.values()}
    lists = any(is_list(field.type) for field in schema if field.name in columns)
    least = 2 if lists else LONG
    for column in _unused(how, schema, columns):
        if INDEX.fullmatch(column) or names_nobody(column):
            continue
        if schema.names.count(column) > 1 or not _may_name(schema.field(column).type):
            continue
        try:
            values = _values(parts, files, column, owner, _text_of(stored, owner))
        except SourceCorrupt:
            # What is shown is read from others; nothing is known of this one.
            continue
        if values is not None and _are_names(values, stored, least):
            yield _told(column, len(values), stored, owner)


def _is_open(how: Mapping[str, str]) -> bool:
    """Return whether nobody says the record but a file, folders, the footer or a patient."""
    record, patient = how.get("record", ""), how.get("patient", "")
    if patient.startswith("mapping") or record.endswith("row number") or "rows" in how:
        return False
    return record.startswith(("file name", "partition ", "footer ")) or _by_row(how)


def _by_row(how: Mapping[str, str]) -> bool:
    # A column of patients stands in for one of records.
    record = how.get("record", "")
    return record.startswith("row column ") and how.get("patient") == record


def _listed(how: Mapping[str, str]) -> tuple[list[str], bool]:
    """Return the columns that are told not to be shown, and whether there are more of them."""
    listed, more, _ = how["not shown"].removeprefix("columns ").partition(" and ")
    return listed.split(", "), bool(more)


def _unused(how: Mapping[str, str], schema: pa.Schema, shown: set[str]) -> list[str]:
    """Return the columns that nothing is taken from; those beyond the first few are not listed."""
    listed, more = _listed(how)
    names = [name for name in listed if name in schema.names]
    if not more or not names:
        return names
    said = {word for one in how.values() for word in one.removeprefix("mapping: ").split(" ")}
    said |= {word.rstrip(",:") for word in said}
    after = schema.names[schema.names.index(names[-1]) + 1 :]
    return names + [name for name in after if name not in shown and name not in said]


def _may_name(kind: pa.DataType) -> bool:
    """Return whether a mapping's `record_column` takes a column of this type."""
    return is_key(kind) or is_loose_key(kind)


Part = tuple[StoredFile, list[int]]


def _parts(stored: StoredRecord) -> list[Part]:
    """Return the files of a record in the order of their times, each with its row groups."""
    begins: dict[str, int] = {}
    groups: dict[str, set[int]] = {}
    held: dict[str, StoredFile] = {}
    for track in {id(one.track): one.track for one in stored.leads.values()}.values():
        for number, file in enumerate(track.files):
            mine = track.file == number
            path = file.place.path
            held[path] = file
            groups.setdefault(path, set()).update(track.group[mine].tolist())
            begin = int(track.start[mine].min(initial=np.iinfo(np.int64).max))
            begins[path] = min(begin, begins.get(path, begin))
    ordered = sorted(held, key=lambda path: (begins[path], path))
    return [(held[path], sorted(groups[path])) for path in ordered if groups[path]]


def _text_of(stored: StoredRecord, owner: str | None) -> str | None:
    """Return what the rows of a record have in the column that says whose they are."""
    lead = next(iter(stored.leads.values()))
    return None if owner is None else dict(lead.keys).get(owner, stored.record.record)


def _values(
    parts: Sequence[Part], files: OpenFiles, column: str, owner: str | None, whose: str | None
) -> dict[str, int] | None:
    """Return the values of a column in a record and how many rows have each, in their order.

    None where one comes again after another, or there are too many of them.
    """
    rows: dict[str, int] = {}
    last: str | None = None
    for file, groups in parts:
        for group in groups:
            for text, count in _stretches(file, group, files, column, (owner, whose)):
                if text is None or (text in rows and text != last) or len(rows) > MOST:
                    return None
                rows[text] = rows.get(text, 0) + count
                last = text
    return rows


def _stretches(
    file: StoredFile,
    group: int,
    files: OpenFiles,
    column: str,
    whose: tuple[str | None, str | None],
) -> Iterator[tuple[str | None, int]]:
    """Yield the values of a row group with the rows of each; None as one: it holds no names."""
    chunk = files.footer(file).row_group(group)
    schema = files.footer(file).schema.to_arrow_schema()
    if schema.names.count(column) != 1:
        return
    said = chunk.column(leaf(schema, column))
    alone = _one_value(said) if whose[0] is None and is_key(schema.field(column).type) else None
    if alone is not None:
        yield alone, int(chunk.num_rows)
        return
    wanted = [column] if whose[0] is None else [column, whose[0]]
    for at, table in files.blocks(file, group, wanted):
        if at == 0 and len(_runs(table.slice(0, PEEK), column, whose)) > PEEK // LONG + 1:
            yield None, 0
            return
        runs = _runs(table, column, whose)
        if len(runs) > MOST:
            yield None, 0
            return
        yield from runs


def _one_value(chunk: Any) -> str | None:
    """Return the text that all rows of a column chunk have, as its footer shows."""
    said = chunk.statistics if chunk.is_stats_set else None
    if said is None or not (said.has_min_max and said.has_null_count) or said.null_count:
        return None
    if isinstance(said.min, bool) or not isinstance(said.min, str | int) or said.min != said.max:
        return None
    text = str(said.min)
    return text if len(text) < CUT and text.strip() else None


def _runs(
    table: pa.Table, column: str, whose: tuple[str | None, str | None]
) -> list[tuple[str | None, int]]:
    owner, name = whose
    if owner is not None:
        names, owners = coded(table[owner])
        mine = owners == (names.index(name) if name in names else len(names))
        table = table.filter(pa.array(mine))
    texts, codes = coded(table[column])
    empty = [k for k, text in enumerate(texts) if text.strip().lower() in {"", "nan"}]
    told: NDArray[np.int32] = codes[(codes >= 0) & ~np.isin(codes, empty)]
    if not len(told):
        return []
    begins = np.append(0, np.flatnonzero(np.diff(told)) + 1)
    counts = np.diff(np.append(begins, len(told)))
    if len(begins) > MOST:
        return [(None, 0)] * len(begins)
    pairs = zip(told[begins].tolist(), counts.tolist(), strict=True)
    floats = is_loose_key(table[column].type)
    return [(None if floats and not _is_whole(texts[c]) else texts[c], n) for c, n in pairs]


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _are_names(values: Mapping[str, int], stored: StoredRecord, least: int) -> bool:
    """Return whether values may be names: several, each of `least` rows, and no labels."""
    several = len(values)
    if several < 2 or stored.record.length / stored.record.fs / several < LASTING:
        return False
    if sum(values.values()) / several < least:
        return False
    plain = {text.strip().strip("()").lower() for text in values}
    if plain <= VALUES or any(plain <= one for one in FLAGS):
        return False
    # Symbols of beats are letters: `A` and `B` alone may be anybody.
    return "n" not in plain or not all(text.strip() in SYMBOLS for text in values)


def _told(column: str, count: int, stored: StoredRecord, owner: str | None) -> str:
    record = f"record = {quoted(stored.record.record)}, " if owner is None else ""
    keys = f"{record}record_column = {quoted(column)}"
    # Only the first table that matches a file counts.
    mapped = any(how.startswith("mapping") for _, how in stored.record.found)
    return (
        f"column {column!r} has {count:,} values here, each in one run of rows, and nobody says "
        "what they name: were they of two people, or of two recordings, these are shown as one. "
        f"Where they name none of both, say `labels = [{quoted(column)}]` of its files; where they "
        "do" + (f"{IN_TABLE}: {keys}" if mapped else that_would_do("**", keys))
    )
