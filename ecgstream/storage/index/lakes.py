"""Folders that are tables of Delta Lake, Apache Iceberg or Apache Hudi.

A log beside the Parquet files says which of them are alive, and which rows in them. What was
deleted still lies there until somebody clears it away: read as plain Parquet, an erased patient
would be shown. So nothing below such a folder is read; the folder is named.
"""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from pyarrow import fs

from ecgstream.errors import LayoutError
from ecgstream.storage.places import DECODING, Place, is_local

DELTA: Final = "_delta_log"
HUDI: Final = ".hoodie"
ICEBERG: Final = "metadata"

# As all writers of Iceberg name them: other people's folders `metadata` hold other JSON.
_SNAPSHOT: Final = re.compile(r"(v\d+|\d+-.+?)(\.gz)?\.metadata\.json(\.gz)?")

_KINDS: Final = {
    DELTA: ("a Delta Lake table", "delta"),
    HUDI: ("an Apache Hudi table", "hudi"),
    ICEBERG: ("an Apache Iceberg table", "iceberg"),
}


def is_log(path: str) -> bool:
    """Return whether a path that was listed is that of a table's log, and not of a file."""
    return path.rpartition("/")[2] in _KINDS


def is_snapshot(above: str, name: str) -> bool:
    """Return whether a file in the folder called `above` makes the folder around that a table."""
    return above == ICEBERG and _SNAPSHOT.fullmatch(name) is not None


def log_in(folder: str, names: Iterable[str]) -> str | None:
    """Return which of the folders called `names` in a local `folder` is a table's log. Blocks."""
    held = set(names)
    if DELTA in held or HUDI in held:
        return DELTA if DELTA in held else HUDI
    if ICEBERG not in held:
        return None
    try:
        with os.scandir(f"{folder}/{ICEBERG}") as inside:
            return ICEBERG if any(is_snapshot(ICEBERG, one.name) for one in inside) else None
    except OSError:
        return None


def logs_among(paths: Iterable[str]) -> set[str]:
    """Return the paths of the logs of tables in which any of `paths` is. Pure."""
    found: set[str] = set()
    for path in paths:
        if not any(part in path for part in (DELTA, HUDI, ".metadata.json")):
            continue
        above, _, name = path.rpartition("/")
        parts = above.split("/")
        parts = [*parts, name] if name in {DELTA, HUDI} else parts
        ends = [k for k, part in enumerate(parts) if part in {DELTA, HUDI}]
        if is_snapshot(parts[-1], name):
            ends.append(len(parts) - 1)
        if ends:
            found.add("/".join(parts[: min(ends) + 1]))
    return found


def check_no_table(place: Place, root: Place) -> None:
    """Raise LayoutError where what was listed at `place` is a table's log, or `root` is in one."""
    log = place.path if is_log(place.path) else None
    shown = place.shown
    if log is None:
        log = _log_above(root)
        shown = log or ""
    if log is None:
        return
    folder, _, name = log.rpartition("/")
    what, spark = _KINDS[name]
    raise LayoutError(
        f"is {what}: its log ({name}) says which files and rows are alive, and what was deleted "
        "may still lie beside them. ecgstream reads plain Parquet, so nothing of the table is "
        f'served; write it out, with Spark by spark.read.format("{spark}").load(TABLE)'
        ".write.parquet(FOLDER), and serve that folder",
        path=shown.rpartition("/")[0] or folder,
    )


@lru_cache(maxsize=64)
def _log_above(root: Place) -> str | None:
    """Return the log of the table that a data root is in, or is, if it is. Blocks.

    Asked once for each root: on an object store it takes some requests.
    """
    above = root.path.rstrip("/").split("/")
    for count in range(len(above), 0, -1):
        folder = "/".join(above[:count])
        if is_local(root):
            names = [name for name in _KINDS if os.path.isdir(f"{folder}/{name}")]  # noqa: PTH112
            name = log_in(folder, names)
        else:
            name = _far_log(root.filesystem, folder)
        if name is not None:
            return f"{folder}/{name}"
    return None


def _far_log(filesystem: fs.FileSystem, folder: str) -> str | None:
    try:
        found = filesystem.get_file_info([f"{folder}/{name}" for name in (DELTA, HUDI)])
        name = next((one.base_name for one in found if one.type == fs.FileType.Directory), None)
        if name is not None:
            return str(name)
        inside = filesystem.get_file_info(
            fs.FileSelector(f"{folder}/{ICEBERG}", allow_not_found=True)
        )
    except DECODING:
        # Whoever may not see it cannot read the log, and may read what is below.
        return None
    return ICEBERG if any(is_snapshot(ICEBERG, one.base_name) for one in inside) else None
