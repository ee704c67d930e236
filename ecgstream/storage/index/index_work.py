"""What is done to some files of an archive at a time, in whatever thread or process.

Pure of the index: files in, values out that can be sent from one process to another.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ecgstream.errors import LayoutError, SourceError
from ecgstream.storage.derived.verdicts import key_of
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading
from ecgstream.storage.identity import content_of_stored
from ecgstream.storage.index.codec import Codec
from ecgstream.storage.index.grouping import Builder, Group, group_of
from ecgstream.storage.index.index_values import Kept, Made, Seen, Told
from ecgstream.storage.index.listing import Listed
from ecgstream.storage.index.opening import open_found
from ecgstream.storage.index.searching import row_of
from ecgstream.storage.index.squeezing import Squeezed
from ecgstream.storage.places import Place
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import Found

MANY: Final = 256
"""Records of one group that may have something in common by themselves: rows of a file have."""

SAMPLED: Final = 16
"""So many of them are looked at for it."""

_log = logging.getLogger("ecgstream.index")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of some files: of each its group or what is wrong with it, and what came of
    groups. A group without `Made` may have files elsewhere: it is built when all are known.
    """

    files: tuple[tuple[Seen, Group | Told], ...]
    groups: tuple[tuple[Group, Made | None], ...]


@dataclass(frozen=True, slots=True)
class Work:
    """How files are understood: `roots` are the data roots, `reading` is what a person says of
    files that do not say it, `common` is what `Squeezed` goes by.
    """

    roots: tuple[Place, ...]
    reading: Reading = AS_IT_IS
    common: bytes = b""

    @property
    def codec(self) -> Codec[StoredRecord]:
        """What records are kept by."""
        return Codec(StoredRecord, [root.filesystem for root in self.roots])

    def look(self, files: Sequence[Seen]) -> Looked:
        """Open files, and build the groups that may be whole. Blocks."""
        open_files = OpenFiles(len(files))
        outcomes, groups = self._opened(files, open_files)
        making = _Making(self, open_files)
        # Where rows say the record, its others may be in any file.
        made = [
            (group, making.made(group, parts) if group.name else None)
            for group, parts in groups.items()
        ]
        return Looked(outcomes, tuple(made))

    def build(self, group: Group, files: Sequence[Seen], commons: Sequence[bytes] = ()) -> Looked:
        """Build a group of all its files; `commons` are known to those who read it. Blocks."""
        open_files = OpenFiles()
        outcomes, groups = self._opened(files, open_files)
        parts = groups.pop(group, [])
        making = _Making(self, open_files, commons)
        made = making.made(group, parts) if parts else Made()
        # What has changed meanwhile belongs to others now.
        return Looked(outcomes, ((group, made), *((other, None) for other in groups)))

    def _open(self, seen: Seen, open_files: OpenFiles) -> Found | SourceError:
        try:
            return open_found(listed_of(seen, self.roots), open_files, self.reading)
        except SourceError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one odd file of 100,000
            return _our_fault(error, seen.shown)

    def _opened(
        self, files: Sequence[Seen], open_files: OpenFiles
    ) -> tuple[tuple[tuple[Seen, Group | Told], ...], dict[Group, list[Found]]]:
        outcomes: list[tuple[Seen, Group | Told]] = []
        groups: dict[Group, list[Found]] = {}
        for seen in files:
            found = self._open(seen, open_files)
            if isinstance(found, SourceError):
                outcomes.append((seen, Told.of(found)))
                continue
            group = group_of(found)
            outcomes.append((seen, group))
            groups.setdefault(group, []).append(found)
        return tuple(outcomes), groups


class _Making:
    """Makes what is kept of groups; dear to set up for each one."""

    def __init__(self, work: Work, open_files: OpenFiles, commons: Sequence[bytes] = ()) -> None:
        self._builder = Builder(open_files)
        self._codec = work.codec
        self._squeezed = Squeezed(work.common)
        self._commons = commons

    def made(self, group: Group, parts: Sequence[Found]) -> Made:
        """Return what comes of a group. Blocks."""
        try:
            built = self._builder.build(group, parts)
            squeezed = self._fitting(built.records)
            kept = tuple(
                _kept(group, one, squeezed.pack(self._codec.encode(one))) for one in built.records
            )
        except Exception as error:  # noqa: BLE001 - one odd record of 100,000
            return Made(problems=(Told.of(_our_fault(error, parts[0].shown)),))
        problems = tuple(Told.of(problem) for problem in built.problems)
        learned = b"" if squeezed is self._squeezed else squeezed.common
        return Made(kept, problems, built.notes, learned)

    def _fitting(self, records: Sequence[StoredRecord]) -> Squeezed:
        """Return what makes records small: of many it is looked for anew."""
        if len(records) < MANY:
            return self._squeezed
        some = records[:: len(records) // SAMPLED][:SAMPLED]
        return Squeezed.fitting([self._codec.encode(one) for one in some], self._commons)


def _our_fault(error: Exception, shown: str) -> SourceError:
    """Return what is told of a file that we fail at: 100,000 others are to be served all the same.

    The log has all of it.
    """
    _log.exception("failed at %s", shown)
    return LayoutError(
        f"could not be taken up ({type(error).__name__}: {error}); this is a fault of ecgstream's: "
        "please report it with the file's schema",
        path=shown,
    )


def _kept(group: Group, stored: StoredRecord, packed: bytes) -> Kept:
    heads = [one.head for one in stored.annotations.values()]
    row = row_of(stored.record, annotated=bool(heads))
    verdict = key_of(content_of_stored(stored), stored.record, heads)
    # A group of one record is built of all its files, however few of them have changed.
    files = () if group.name else tuple(file.place.path for file in stored.files())
    return Kept(row, stored.folder, verdict, packed, files)


def seen_of(listed: Iterable[Listed]) -> list[Seen]:
    """Return files as the index keeps them."""
    return [
        Seen(one.index, one.place.path, one.place.shown, one.folders, one.size, one.mtime_ns)
        for one in listed
    ]


def listed_of(seen: Seen, roots: Sequence[Place]) -> Listed:
    """Return a file as it was listed. Raises LayoutError where its root is not there any more."""
    if not 0 <= seen.root < len(roots):
        raise LayoutError(f"is of data root {seen.root}, which is not given", path=seen.shown)
    root = roots[seen.root]
    if root.path == seen.path:
        # A root that is a file: its folder stands for it.
        folder, shown = (text.rpartition("/")[0] for text in (root.path, root.shown))
        root = Place(root.filesystem, folder, shown)
    place = Place(root.filesystem, seen.path, seen.shown)
    return Listed(place, seen.size, seen.folders, root, seen.root, seen.mtime_ns)
