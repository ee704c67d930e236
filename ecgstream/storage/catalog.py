"""Which records exist: data roots, local or on an object store, scanned into a `ParquetSource`.

Nothing that is wrong with one file keeps the rest from being served: it becomes a problem that
names the file or folder. Names that begin with `.` or `_`, and all that does not end in
`.parquet`, are passed over: that is how writers name what is not finished.
"""

from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final

from ecgstream.errors import SourceError
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading
from ecgstream.storage.index.addresses import Root
from ecgstream.storage.index.grouping import OURS, Builder, Group, group_of, unique
from ecgstream.storage.index.listing import Listed, listing
from ecgstream.storage.index.opening import open_found
from ecgstream.storage.parquet import ParquetSource
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import Found

THREADS: Final = 8
"""Footers read at once, where the caller gives no executor: on an object store each is a wait."""


def scan(
    roots: Iterable[Root], executor: Executor | None = None, reading: Reading = AS_IT_IS
) -> ParquetSource:
    """Find all records under `roots`, earlier roots first; blocks until all is read.

    A root is a local folder or file, or a URI of any `pyarrow.fs` file system (`s3://`, `gs://`,
    `file://`), or such a file system and a path in it. `executor` runs the reading (this must
    not be called on a thread of it); without one, some threads of our own do. `reading` is what a
    person says of files that do not say it themselves.

    Never raises for what is found there: see `ParquetSource.problems`.
    """
    if executor is None:
        with ThreadPoolExecutor(THREADS, "ecgstream-scan") as own:
            return scan(roots, own, reading)
    problems: list[SourceError] = []
    files = OpenFiles()
    groups: dict[Group, list[Found]] = {}
    listed = _listed(roots, problems)
    refused: dict[str, SourceError] = {}
    for outcome in executor.map(lambda one: open_found(one, files, reading), listed):
        if isinstance(outcome, SourceError):
            refused.setdefault(str(outcome), outcome)
        else:
            groups.setdefault(group_of(outcome), []).append(outcome)
    problems.extend(refused.values())
    notes: list[str] = []
    candidates: list[tuple[Group, StoredRecord]] = []
    builder = Builder(files)
    # Our own layout first: what lies in it is put together from footers alone.
    ordered = sorted(groups, key=lambda group: group.layout != OURS)
    built_all = executor.map(lambda group: builder.build(group, groups[group]), ordered)
    for group, built in zip(ordered, built_all, strict=True):
        problems.extend(built.problems)
        notes.extend(built.notes)
        candidates.extend((group, stored) for stored in built.records)
    candidates.sort(key=lambda one: one[0][:2])
    records = unique((stored for _, stored in candidates), problems)
    below = list(dict.fromkeys(one.root.shown for one in listed))
    return ParquetSource(records, problems, notes, files, below)


def _listed(roots: Iterable[Root], problems: list[SourceError]) -> list[Listed]:
    listed: list[Listed] = []
    for index, root in enumerate(roots):
        try:
            listed.extend(listing(index, root, problems))
        except SourceError as error:
            problems.append(error)
    return listed
