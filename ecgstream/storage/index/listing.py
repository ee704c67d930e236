"""Data roots, and the Parquet files under them: listed, never opened."""

import os
import stat
from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from pyarrow import fs

from ecgstream.errors import LayoutError, SourceError, SourceUnavailable
from ecgstream.storage.index.addresses import Root, resolved
from ecgstream.storage.index.lakes import log_in, logs_among
from ecgstream.storage.places import ABSENT, DECODING, Place, changed_ns, fault, is_local, look

SUFFIX: Final = ".parquet"

NEARLY: Final = (".pq", ".parq", ".parquet.gz", ".parquet.zst", ".parquet.bz2", ".parquet.zip")
"""Endings of names by which others call Parquet files, or pack them: told, and not opened."""

Walked = tuple[Place, fs.FileInfo, bool]
"""What is somewhere under a root; whether it is a table's log, in the place of the whole table."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file worth opening: `folders` are the names above it that count, `root` its data root.

    `index` is that root's number. `mtime_ns` is 0 where the file system does not say. In the
    place of all that is in a table of `lakes` stands its log, a folder.
    """

    place: Place
    size: int
    folders: tuple[str, ...]
    root: Place
    index: int
    mtime_ns: int = 0


def listing(index: int, root: Root, problems: list[SourceError]) -> list[Listed]:
    """Return the Parquet files under data root number `index`, in path order. Blocks.

    What is named like one and is none goes to `problems`. Raises SourceError where the root
    itself is not to be had.
    """
    place = resolved(root)
    info = _ask(place)
    if info.type == fs.FileType.File:
        folder, _, name = place.path.rpartition("/")
        above = Place(place.filesystem, folder, place.shown.rpartition("/")[0])
        keys = _keys_above(folder)
        node = look(place)
        changed = info.mtime_ns or 0 if node is None else changed_ns(node)
        return [Listed(place, info.size, keys, above, index, changed)]
    if info.type == fs.FileType.NotFound and not is_local(place):
        raise _why_not_there(place)
    if info.type != fs.FileType.Directory:
        what = "is not there" if info.type == fs.FileType.NotFound else "is no folder and no file"
        raise SourceUnavailable(f"{what}; expected a folder of Parquet files", path=place.shown)
    keys = _keys_above(place.path.rstrip("/"))
    listed: list[Listed] = []
    folders: list[Place] = []
    for at, found, is_log in _walk(place, problems):
        *inside, name = _inside(place, found.path)
        if not is_log and not name.lower().endswith(SUFFIX):
            if name.lower().endswith(NEARLY) and found.type == fs.FileType.File:
                problems.append(_called_otherwise(at))
            continue
        if found.type == fs.FileType.Directory:
            folders.append(at)
        elif found.type == fs.FileType.File:
            changed = found.mtime_ns or 0
            listed.append(Listed(at, found.size, (*keys, *inside), place, index, changed))
        else:
            problems.append(
                LayoutError(
                    "is no plain file (a FIFO, a socket, a device, or a link to nothing) and was "
                    "not opened; expected a Parquet file",
                    path=at.shown,
                )
            )
    # Some writers make a folder of such a name, with the files in it: that is none.
    problems.extend(
        LayoutError("is a folder without a Parquet file in it; expected a file", path=at.shown)
        for at in folders
        if not any(one.place.path.startswith(f"{at.path}/") for one in listed)
    )
    return sorted(listed, key=lambda one: one.place.path)


def _called_otherwise(at: Place) -> LayoutError:
    packed = at.path.lower().rpartition(".parquet")[1]
    do = f"unpack it to a name that ends in {SUFFIX}" if packed else f"rename it to end in {SUFFIX}"
    return LayoutError(
        f"is not opened, for its name does not end in {SUFFIX}; where it is a Parquet file, {do}",
        path=at.shown,
    )


def file_below(index: int, root: Place, path: str, size: int, mtime_ns: int) -> Listed:
    """Return the file at `path` somewhere below data root number `index`, a folder."""
    *inside, name = _inside(root, path)
    shown = "/".join([root.shown.rstrip("/"), *inside, name])
    folders = (*_keys_above(root.path.rstrip("/")), *inside)
    return Listed(Place(root.filesystem, path, shown), size, folders, root, index, mtime_ns)


def passed_over(name: str) -> bool:
    """Return whether a file or folder of this name is not finished, or not meant for us."""
    return name.startswith((".", "_"))


def _keys_above(folder: str) -> tuple[str, ...]:
    """Return the `key=value` folders at the end of a root's own path.

    So that a patient's folder, given as a root, is the same record as in its parent.
    """
    parts = folder.split("/")
    count = next((i for i, part in enumerate(reversed(parts)) if "=" not in part), len(parts))
    return tuple(parts[len(parts) - count :])


def _inside(place: Place, path: str) -> list[str]:
    base = place.path.rstrip("/")
    return path.removeprefix(base).strip("/").split("/")


def _ask(place: Place) -> fs.FileInfo:
    try:
        info: fs.FileInfo = place.filesystem.get_file_info(place.path)
    except DECODING as error:
        raise fault(error, place.shown) from error
    return info


def _why_not_there(place: Place) -> SourceError:
    """Return why nothing is at an address: object stores tell only when asked for a list."""
    bucket = Place(place.filesystem, place.path.partition("/")[0], place.shown)
    try:
        place.filesystem.get_file_info(fs.FileSelector(bucket.path))
    except DECODING as error:
        why = fault(error, place.shown)
        if not isinstance(error, FileNotFoundError) and not ABSENT.search(str(error)):
            return why
        return SourceUnavailable(
            f"there is no {bucket.path!r}, or these credentials may not see it; expected an "
            "address with Parquet files under it",
            path=place.shown,
        )
    return SourceUnavailable(
        f"nothing is there, but there is {bucket.path!r}; expected an address with Parquet files "
        "under it",
        path=place.shown,
    )


def _walk(root: Place, problems: list[SourceError]) -> Iterator[Walked]:
    """Yield what is under `root`, but what is passed over; a folder that fails is a problem."""
    if is_local(root):
        yield from _descend(root, problems)
        return
    # One listing of everything: on an object store, folder by folder is a round trip each.
    try:
        entries = root.filesystem.get_file_info(fs.FileSelector(root.path, recursive=True))
    except DECODING as error:
        problems.append(fault(error, root.shown))
        return
    base, above = root.path.rstrip("/"), root.shown.rstrip("/")
    inside = {found.path: "/".join(_inside(root, found.path)) for found in entries}
    logs = {log: log.rpartition("/")[0] for log in sorted(logs_among(inside.values()))}
    tables = set(logs.values())
    for log, table in logs.items():
        if not (_over(table) or _below(table, tables)):
            at = Place(root.filesystem, f"{base}/{log}", f"{above}/{log}")
            yield at, fs.FileInfo(at.path, fs.FileType.File, size=0), True
    for found in entries:
        path = inside[found.path]
        if not (_over(path) or _below(path, tables)):
            yield Place(root.filesystem, found.path, f"{above}/{path}"), found, False


def _over(path: str) -> bool:
    return any(passed_over(part) for part in path.split("/") if part)


def _below(path: str, folders: AbstractSet[str]) -> bool:
    """Return whether a path is somewhere in one of `folders`; all but "" itself are in ""."""
    parts = path.split("/") if path and folders else []
    return any("/".join(parts[:k]) in folders for k in range(len(parts)))


def _descend(root: Place, problems: list[SourceError]) -> Iterator[Walked]:
    seen: set[tuple[int, int]] = set()
    links: set[str] = set()
    waiting = deque([root])
    while waiting:
        folder = waiting.pop()
        try:
            node = os.stat(folder.path)  # noqa: PTH116 - paths here are Arrow's, str everywhere
            # A link to a folder above would go round for ever.
            if (node.st_dev, node.st_ino) in seen:
                continue
            seen.add((node.st_dev, node.st_ino))
            entries = _entries(folder, problems, links)
            log = log_in(folder.path, (one.base_name for one in entries if _is_folder(one)))
        except OSError as error:
            problems.append(fault(error, folder.shown))
            continue
        for found in entries:
            if found.base_name != log and (log is not None or passed_over(found.base_name)):
                continue
            at = Place(root.filesystem, found.path, f"{folder.shown.rstrip('/')}/{found.base_name}")
            yield at, found if log is None else _stamped(found), log is not None
            if log is None and _is_folder(found):
                # Links last, so that what they lead to is known by its own path.
                (waiting.appendleft if found.path in links else waiting.append)(at)


def _is_folder(found: fs.FileInfo) -> bool:
    return bool(found.type == fs.FileType.Directory)


def _stamped(log: fs.FileInfo) -> fs.FileInfo:
    """Return a folder with what is another one when something comes or goes in it."""
    try:
        node = os.stat(log.path)  # noqa: PTH116 - paths here are Arrow's, str everywhere
    except OSError:
        return fs.FileInfo(log.path, fs.FileType.File, size=0)
    size, mtime_ns = node.st_size, changed_ns(node)
    return fs.FileInfo(log.path, fs.FileType.File, size=size, mtime_ns=mtime_ns)


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entries(folder: Place, problems: list[SourceError], links: set[str]) -> list[fs.FileInfo]:
    """Return what is in a local folder, by name. Arrow's own listing hides broken links.

    Those that are links to folders go to `links` too.
    """
    found: list[fs.FileInfo] = []
    with os.scandir(folder.path) as entries:
        for entry in entries:
            if not _utf8(entry.name):
                if entry.name.lower().endswith(SUFFIX) or entry.is_dir():
                    problems.append(
                        LayoutError(
                            "has a name that is not UTF-8 and was not opened; rename it",
                            path=f"{folder.shown.rstrip('/')}/{entry.name}",
                        )
                    )
                continue
            try:
                node = entry.stat()
            except OSError:
                found.append(fs.FileInfo(entry.path, fs.FileType.NotFound))
                continue
            if stat.S_ISDIR(node.st_mode):
                found.append(fs.FileInfo(entry.path, fs.FileType.Directory))
                if entry.is_symlink():
                    links.add(entry.path)
            elif stat.S_ISREG(node.st_mode):
                found.append(
                    fs.FileInfo(
                        entry.path,
                        fs.FileType.File,
                        size=node.st_size,
                        mtime_ns=changed_ns(node),
                    )
                )
            else:
                found.append(fs.FileInfo(entry.path, fs.FileType.Unknown))
    return sorted(found, key=lambda one: str(one.path))
