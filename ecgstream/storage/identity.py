"""What a record's stored bytes are known by, so that nothing made of others is taken for it."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyarrow import fs

from ecgstream.storage.places import StoredFile, changed_ns

if TYPE_CHECKING:
    from ecgstream.storage.stored import StoredRecord

DIGITS = 24
"""Hexadecimal digits of a version: 96 bits."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`version` and `content` as in `storage.source`."""

    version: str
    content: str


def identity_of(stored: "StoredRecord") -> Identity:
    """Return what a record is known by. All of it is in memory."""
    files = stored.files()
    names = _names(files)
    content = hashlib.blake2b(digest_size=DIGITS // 2)
    for name, file in zip(names, files, strict=True):
        content.update(f"{name}\0{file.size}\0".encode() + file.digest)
        content.update(file.groups.tobytes())
    laid: dict[int, bytes] = {}
    for name, one in sorted(stored.leads.items()):
        lead, track = one.lead, one.track
        said = (name, one.column, lead.dtypes[0], lead.fs, lead.length, lead.gain, lead.baseline)
        content.update(repr(said).encode())
        if id(track) not in laid:
            arrays = (track.file, track.group, track.start, track.stop)
            laid[id(track)] = b"".join(array.tobytes() for array in arrays)
        content.update(laid[id(track)] + one.empty.tobytes() + one.extremes.tobytes())
        # Records in one file differ in nothing else but in which of its rows are theirs.
        within = [placed.within for placed in track.placements.values() if placed.within]
        if one.keys or one.missing or within:
            content.update(repr((one.keys, one.missing, within)).encode())
    version = content.copy()
    for file in files:
        version.update(file.mtime_ns.to_bytes(8, "little", signed=True))
    return Identity(version.hexdigest(), content.hexdigest())


def content_of_stored(stored: "StoredRecord") -> str:
    """Return what `source.content_of` does."""
    identity = identity_of(stored)
    return identity.version if folder_of(stored.files()) is None else identity.content


def _names(files: Sequence[StoredFile]) -> list[str]:
    """Return the names of files below the folder that all of them are in."""
    folders = [os.path.dirname(file.place.path) for file in files]  # noqa: PTH120 - Arrow's paths
    above = len(os.path.commonpath(folders)) if all(folders) else 0
    return [file.place.path[above:].lstrip("/") for file in files]


def folder_of(files: Sequence[StoredFile]) -> Path | None:
    """Return the local folder that all files lie in, if it is one."""
    folders = {Path(file.place.path).parent for file in files}
    local = all(isinstance(file.place.filesystem, fs.LocalFileSystem) for file in files)
    return folders.pop() if local and len(folders) == 1 else None


def as_scanned(file: StoredFile) -> bool:
    """Return whether a local file still has its size and time. Elsewhere to ask is a round trip."""
    if not isinstance(file.place.filesystem, fs.LocalFileSystem):
        return True
    try:
        found = os.stat(file.place.path)  # noqa: PTH116 - paths here are Arrow's, str everywhere
    except OSError:
        return False
    return (found.st_size, changed_ns(found)) == (file.size, file.mtime_ns)
