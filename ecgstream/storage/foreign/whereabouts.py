"""The files that a proposed table is for: those of the record, and no others of their names.

A table for `**/ecg.parquet` would change every file that is called so.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from ecgstream.storage.foreign.proposing import NEW, placed
from ecgstream.storage.parquet import StoredSource
from ecgstream.storage.places import StoredFile, is_local
from ecgstream.storage.source import SignalSource


def placed_in(source: SignalSource, record: str, detail: str, leads: Sequence[str] = ()) -> str:
    """Return a finding of `record` with what it proposes said of its files alone. Blocks.

    Of the files of `leads`, where it is said of some.
    """
    if NEW not in detail or not isinstance(source, StoredSource):
        return detail
    stored = source.stored(record)
    own = {file.place.path for one in leads for file in stored.lead(one).track.files}
    files = [file for file in stored.files() if not own or file.place.path in own]
    return placed(detail, files_of(source, files))


def files_of(source: StoredSource, files: Sequence[StoredFile]) -> list[str]:
    """Return patterns, as `files` of a mapping has them, that `files` alone match. Blocks.

    Below their data roots: where these are on the server is nobody's concern.
    """
    # Of files that somebody made a source of by hand no more than the name is known.
    paths = [source.below(one) or f"**/{one.place.path.rpartition('/')[2]}" for one in files]
    folders = {path.rpartition("/")[0] for path in paths}
    if len(paths) > 1 and len(folders) == 1 and _all_there(files):
        return ["/".join([*filter(None, folders), "*.parquet"])]
    return list(dict.fromkeys(paths))


def _all_there(files: Sequence[StoredFile]) -> bool:
    """Return whether their folder has no other Parquet files."""
    if not all(is_local(one.place) and one.place.path.endswith(".parquet") for one in files):
        return False
    folders = {Path(one.place.path).parent for one in files}
    names = {Path(one.place.path).name for one in files}
    if len(folders) > 1:
        return False
    try:
        there = os.listdir(folders.pop())  # noqa: PTH208 - a folder may have many
    except OSError:
        return False
    return {name for name in there if name.lower().endswith(".parquet")} == names
