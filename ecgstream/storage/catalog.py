"""Which records exist: data roots, local or on an object store, scanned into a `ParquetSource`.

Nothing that is wrong with one file keeps the rest from being served: it becomes a problem that
names the file or folder. Names that begin with `.` or `_`, and all that does not end in
`.parquet`, are passed over: that is how writers name what is not finished.
"""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Final
from urllib.parse import unquote

from ecgstream.errors import LayoutError, SourceCorrupt, SourceError
from ecgstream.storage import layouts, plain, wide
from ecgstream.storage.files import DECODING, OpenFiles, StoredFile, fault, group_edges, opened
from ecgstream.storage.hive import Footer
from ecgstream.storage.listing import Listed, Root, listing
from ecgstream.storage.parquet import ParquetSource
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import Found

LARGE: Final = 5_000_000
"""Rows of a plain record from which one is put together at a time: each such row takes some 40
bytes until that is done."""

THREADS: Final = 8
"""Footers read at once, where the caller gives no executor: on an object store each is a wait."""


def scan(roots: Iterable[Root], executor: Executor | None = None) -> ParquetSource:
    """Find all records under `roots`, earlier roots first; blocks until all is read.

    A root is a local folder or file, or a URI of any `pyarrow.fs` file system (`s3://`, `gs://`,
    `file://`), or such a file system and a path in it. `executor` runs the reading (this must
    not be called on a thread of it); without one, some threads of our own do.

    Never raises for what is found there: see `ParquetSource.problems`.
    """
    if executor is None:
        with ThreadPoolExecutor(THREADS, "ecgstream-scan") as own:
            return scan(roots, own)
    problems: list[SourceError] = []
    files = OpenFiles()
    ours: dict[tuple[int, str, str], list[wide.Part]] = {}
    foreign: dict[tuple[int, str], list[Found]] = {}
    for outcome in executor.map(lambda one: _open(one, files), _listed(roots, problems)):
        if isinstance(outcome, SourceError):
            problems.append(outcome)
            continue
        found, footer = outcome
        if footer is not None:
            ours.setdefault((found.root, found.folder, footer.record), []).append((found, footer))
        else:
            foreign.setdefault((found.root, found.folder), []).append(found)
    notes: list[str] = []
    candidates: list[tuple[int, str, StoredRecord]] = []
    built_wide = executor.map(lambda parts: wide.build(parts, files), ours.values())
    for (number, folder, _), (stored, left_out) in zip(ours, built_wide, strict=True):
        problems.extend(left_out)
        if stored is not None:
            candidates.append((number, folder, stored))
    one_at_a_time = threading.Lock()
    built_plain = executor.map(lambda parts: _plain(parts, files, one_at_a_time), foreign.values())
    for (number, folder), built in zip(foreign, built_plain, strict=True):
        problems.extend(built.problems)
        notes.extend(built.notes)
        if built.record is not None:
            candidates.append((number, folder, built.record))
    candidates.sort(key=lambda one: one[:2])
    records = _unique((stored for *_, stored in candidates), problems)
    return ParquetSource(records, problems, notes, files)


def _listed(roots: Iterable[Root], problems: list[SourceError]) -> list[Listed]:
    listed: list[Listed] = []
    for index, root in enumerate(roots):
        try:
            listed.extend(listing(index, root, problems))
        except SourceError as error:
            problems.append(error)
    return listed


def _plain(parts: Sequence[Found], files: OpenFiles, one_at_a_time: threading.Lock) -> plain.Plain:
    name = layouts.record_id([value for _, value in layouts.record_keys(parts[0])])
    rows = sum(int(found.file.groups[-1]) for found in parts)
    with one_at_a_time if rows >= LARGE else nullcontext():
        return plain.build(name, parts, files)


def _open(one: Listed, files: OpenFiles) -> tuple[Found, Footer | None] | SourceError:
    """Read a footer, and say which layout it is: with our own Footer, or the plain one."""
    try:
        if one.size == 0:
            raise SourceCorrupt("is empty; expected a Parquet file", path=one.place.shown)
        fragment = opened(one.place)
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
        )
        footer = _footer(found)
        if footer is None and not layouts.is_plain(found):
            names = ", ".join(schema.names[:12]) or "none"
            raise LayoutError(
                f"has the columns {names}; expected `timestamp` and `voltage`, or a file of "
                "ecgstream's own",
                path=found.shown,
            )
        if footer is None:
            layouts.lead_of(found)
        doubled = sorted({name for name in schema.names if schema.names.count(name) > 1})
        if doubled:
            raise LayoutError("is there twice", path=found.shown, column=doubled[0])
        files.keep(file, fragment)
    except SourceError as error:
        return error
    return found, footer


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


def _unique(candidates: Iterable[StoredRecord], problems: list[SourceError]) -> list[StoredRecord]:
    """Return the first record of each id; the others are problems naming both folders."""
    kept: dict[str, StoredRecord] = {}
    for stored in candidates:
        name = stored.record.record
        first = kept.setdefault(name, stored)
        if first is not stored:
            problems.append(
                LayoutError(
                    f"record {name!r} is left out here, for it is in {first.folder} already and "
                    "ids are unique over all data roots; rename one of the two or take it out",
                    path=stored.folder,
                )
            )
    return list(kept.values())
