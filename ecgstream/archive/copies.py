"""Records that are copies of others, or the same file by another path: told, and both are served.

Whoever counts patients, or parts records into those for training and those for testing, counts a
copy as another one.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ecgstream.errors import SourceError
from ecgstream.storage.derived.verdict import CheckFinding
from ecgstream.storage.foreign.times.disorder import Scanned
from ecgstream.storage.places import StoredFile, is_local
from ecgstream.storage.stored import StoredRecord

MOST: Final = 8
"""Records alike that another one is held against."""
AT_ONCE: Final = 1 << 20
"""Bytes of two files that are held against each other together."""


class Copies:
    """The records of a source so far. Blocks."""

    def __init__(self, source: Scanned) -> None:
        self._source = source
        self._known: dict[bytes, list[str]] = {}
        self._alike: dict[tuple[str, str], bool | None] = {}

    def findings(self, record: str) -> Iterator[CheckFinding]:
        """Yield what is to be said of `record`, where one before it is the same."""
        try:
            stored = self._source.stored(record)
            before = self._known.setdefault(_key(stored), [])
            alike = {one: self._same(stored, self._source.stored(one)) for one in before}
        except SourceError:
            # It has gone meanwhile.
            return
        if len(before) < MOST:
            before.append(record)
        linked = next((one for one, link in alike.items() if link), None)
        copied = next((one for one, link in alike.items() if link is not None), None)
        if copied is None:
            return
        what = f"has the same bytes as record {copied!r}"
        if linked is not None:
            what = f"is the same file as record {linked!r}, by another path (a link)"
        yield CheckFinding(
            "double", "hint", (),
            f"{what}: two records, and two patients where nobody says whose they are; take one of "
            "them out where it is no more than a copy",
            stored.record.fs,
        )  # fmt: skip

    def _same(self, stored: StoredRecord, other: StoredRecord) -> bool | None:
        """Return whether two records are of one file, False for copies; None where they differ."""
        links: list[bool] = []
        for one, two in zip(_by_content(stored), _by_content(other), strict=False):
            paths = one.place.path, two.place.path
            if paths[0] == paths[1]:
                # Records of one table.
                return None
            if paths not in self._alike:
                self._alike[paths] = _compared(one, two)
            link = self._alike[paths]
            if link is None:
                return None
            links.append(link)
        return all(links)


def _key(stored: StoredRecord) -> bytes:
    """Return what is the same for copies, as far as footers say, whatever they are called."""
    said = hashlib.blake2b(digest_size=16)
    for file in _by_content(stored):
        said.update(f"{file.size}\0".encode() + file.digest + file.groups.tobytes())
    for name, one in sorted(stored.leads.items()):
        track = one.track
        within = [placed.within for placed in track.placements.values() if placed.within]
        said.update(repr((name, one.lead.length, one.keys, within)).encode())
        said.update(track.group.tobytes() + track.start.tobytes() + one.extremes.tobytes())
    return said.digest()


def _by_content(stored: StoredRecord) -> list[StoredFile]:
    return sorted(stored.files(), key=lambda one: (one.size, one.digest, one.place.path))


def _compared(one: StoredFile, other: StoredFile) -> bool | None:
    if not (is_local(one.place) and is_local(other.place)):
        # Elsewhere all of both would have to be fetched; nothing is said that is not known.
        return None
    first, second = Path(one.place.path), Path(other.place.path)
    try:
        if first.samefile(second):
            return True
        with first.open("rb") as held, second.open("rb") as beside:
            while part := held.read(AT_ONCE):
                if part != beside.read(AT_ONCE):
                    return None
            return None if beside.read(1) else False
    except OSError:
        return None
