"""A listed file opened: its footer, and whose layout it has."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from ecgstream.errors import LayoutError, SourceCorrupt, SourceError
from ecgstream.storage import wide
from ecgstream.storage.decoding import INT96, told_apart
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign import layouts
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, Table
from ecgstream.storage.foreign.recognising import names_loose, names_wanted, recognise
from ecgstream.storage.foreign.seen import Seen
from ecgstream.storage.foreign.times.pandas_index import with_index
from ecgstream.storage.foreign.times.start_doubts import with_starts
from ecgstream.storage.foreign.times.text_times import with_texts
from ecgstream.storage.foreign.whose.identifying import Place
from ecgstream.storage.foreign.whose.identities import check_identities, suspects
from ecgstream.storage.foreign.whose.identity_words import looks_like_a_person
from ecgstream.storage.foreign.whose.visits import with_visits
from ecgstream.storage.hive import Footer
from ecgstream.storage.index.lakes import check_no_table
from ecgstream.storage.index.listing import Listed
from ecgstream.storage.places import DECODING, StoredFile, fault, group_edges, opened
from ecgstream.storage.survey import Found, leaf

CUT: Final = 64
"""Bytes of a text that a footer says whole, whoever wrote it."""


def open_found(one: Listed, files: OpenFiles, reading: Reading = AS_IT_IS) -> Found | SourceError:
    """Read a footer, and say what the file holds: by our own Footer, or by a plan. Blocks."""
    try:
        check_no_table(one.place, one.root)
        if one.size == 0:
            raise SourceCorrupt("is empty; expected a Parquet file", path=one.place.shown)
        fragment = opened(one.place, one.size)
        try:
            schema = fragment.metadata.schema.to_arrow_schema()
            said = hashlib.blake2b(schema.serialize().to_pybytes(), digest_size=16).digest()
            file = StoredFile(one.place, one.size, group_edges(fragment), one.mtime_ns, said)
        except DECODING as error:
            raise fault(error, one.place.shown) from error
        keys, folder = _hive(one.folders)
        found = Found(
            file=file,
            fragment=fragment,
            schema=schema,
            keys=keys,
            folder="/".join(part for part in (one.root.shown.rstrip("/"), folder) if part),
            root=one.index,
            dataset=_dataset(one, keys),
            path=one.place.path.removeprefix(one.root.path.rstrip("/")).lstrip("/"),
        )
        files.keep(file, fragment)
        found = replace(found, footer=_footer(found))
        if found.footer is not None:
            _once(found)
        else:
            found = _planned(found, one, files, reading)
    except SourceError as error:
        return error
    return found


def _once(found: Found) -> None:
    """Raise LayoutError where a column is there twice."""
    names = found.schema.names
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise LayoutError("is there twice", path=found.shown, column=doubled[0])


def _planned(found: Found, one: Listed, files: OpenFiles, reading: Reading) -> Found:
    """Return a file of another's making with what it holds. Raises LayoutError."""
    table = None if reading.mapping is None else reading.mapping.table(found.path)
    if table is None and layouts.is_plain(found):
        _once(found)
        found = with_texts(replace(found, plan=layouts.plain_plan(found)), files)
        return _of_one(found, table, files)
    names = told_apart(found.schema.names)
    fields = [
        _as_read(field.with_name(name), found.fragment.metadata)
        for field, name in zip(found.schema, names, strict=True)
    ]
    schema = pa.schema(fields).with_metadata(found.schema.metadata)
    found = replace(found, schema=schema)
    _once(found)
    place = Place(found.keys, found.path, one.root.shown, found.shown)
    seen = Seen.of(found.schema, place, table, reading.fs)
    constants = _constants(found, names_wanted(seen))
    # Footers do not count a NaN, and whose such a row is nobody says.
    loose = [name for name in names_loose(seen) if name in constants]
    constants = {k: v for k, v in constants.items() if k not in loose or _whole(found, k, files)}
    seen = replace(seen, constants=constants)
    found = with_texts(with_index(replace(found, plan=recognise(seen))), files)
    found = with_starts(with_visits(found, place, files), files)
    plan = found.planned
    if plan.record is not None and plan.record.how.startswith("file name"):
        folder = found.shown.rpartition("/")[0]
    elif plan.record is not None and plan.record.how.startswith("partition"):
        folder = found.folder
    else:
        # Said inside, or by a mapping: such a record may have files anywhere.
        folder = one.root.shown.rstrip("/")
    return _of_one(replace(found, folder=folder), table, files)


def _of_one(found: Found, table: Table | None, files: OpenFiles) -> Found:
    """Return a file of which no column looks as if it said two people. Raises LayoutError."""
    looked = suspects(found, found.planned, table)
    alike = _constants(found, looked)
    check_identities(found, [name for name in looked if name not in alike], files)
    people = tuple((one, str(said)) for one, said in alike.items() if looks_like_a_person(one))
    return replace(found, plan=replace(found.planned, persons=people)) if people else found


def _whole(found: Found, name: str, files: OpenFiles) -> bool:
    """Return whether a column of floats has no NaN. Blocks."""
    groups = range(len(found.file.groups) - 1)
    read = (files.table(found.file, group, [name])[name] for group in groups)
    return not any(pc.any(pc.is_nan(column)).as_py() for column in read)


def _as_read(field: "pa.Field[Any]", metadata: Any) -> "pa.Field[Any]":
    """Return a field with the type that `OpenFiles` reads it in: INT96 has none of its own."""
    if not pa.types.is_timestamp(field.type) or field.type.unit != "ns":
        return field
    for place in range(metadata.num_columns):
        column = metadata.schema.column(place)
        if column.path == field.name and column.physical_type == "INT96":
            return field.with_type(pa.timestamp(INT96, field.type.tz))
    return field


def _constants(found: Found, names: Sequence[str]) -> dict[str, Any]:
    """Return the columns among `names` that have one value in all rows, as the footer shows."""
    constants: dict[str, Any] = {}
    metadata = found.fragment.metadata
    for name in names:
        place = leaf(found.schema, name)
        values = {
            _constant(metadata.row_group(group).column(place))
            for group in range(metadata.num_row_groups)
        }
        if len(values) == 1 and None not in values:
            constants[name] = values.pop()
    return constants


def _constant(chunk: Any) -> Any:
    """Return the one value of a column chunk, None where it has several or nobody knows."""
    said = chunk.statistics if chunk.is_stats_set else None
    if said is None or not (said.has_min_max and said.has_null_count) or said.null_count:
        return None
    if said.min != said.max:
        return None
    # Some writers cut long texts short in what they say of them.
    short = not isinstance(said.min, str | bytes) or len(said.min) < CUT
    return said.min if short else None


def _footer(found: Found) -> Footer | None:
    """Return what our own footer says, None in a file that is not ours. Raises LayoutError."""
    try:
        footer = Footer.decode(found.schema.metadata)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LayoutError(
            f"its footer is not understood: {error}; import the record anew", path=found.shown
        ) from error
    if footer is None:
        return None
    if footer.content not in {wide.SIGNAL, wide.ANNOTATIONS}:
        raise LayoutError(
            f"holds {footer.content!r}; expected signal or annotations", path=found.shown
        )
    if not layouts.is_record_id(footer.record):
        raise LayoutError(
            f"its record id is {footer.record!r}; expected 1 to 128 of A-Z a-z 0-9 . _ -",
            path=found.shown,
        )
    return footer


def _dataset(one: Listed, keys: Sequence[tuple[str, str]]) -> str:
    """Return what part of an archive a file is in: what a key of its path says, else the first
    folder below the data root that is no key, else the data root itself.
    """
    for key, value in keys:
        if key.lower() in layouts.DATASET_KEYS:
            return value
    above = [part for part in one.root.path.split("/") if part and "=" not in part]
    below = [folder for folder in one.folders if "=" not in folder]
    return next(iter([*below, *above[-1:]]), "")


def _hive(folders: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the keys among folder names, and the folder of the record: without the lead's.

    Values are strings, whatever they look like: patient 00001 is not patient 1.
    """
    keys: list[tuple[str, str]] = []
    place = 0
    for index, folder in enumerate(folders):
        key, sign, value = folder.partition("=")
        if sign:
            keys.append((unquote(key), unquote(value)))
            place = index + 1
    record = [
        folder
        for folder in folders[:place]
        if unquote(folder.partition("=")[0]).lower() not in layouts.LEAD_KEYS or "=" not in folder
    ]
    return tuple(keys), "/".join(record)
