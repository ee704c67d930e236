"""Records out of an index: as many as there are, in little memory, decoded when asked for."""

import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, overload

import msgspec

from ecgstream.errors import RecordNotFound, SourceError, SourceUnavailable
from ecgstream.model.record import Record
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.index.changes import Changes
from ecgstream.storage.index.codec import Codec, Undecodable
from ecgstream.storage.index.doubles import how_found, told
from ecgstream.storage.index.index_file import AT_ONCE, IndexFile
from ecgstream.storage.index.index_values import Told
from ecgstream.storage.index.indexing import COMMON, LISTING
from ecgstream.storage.index.left_out import LeftOut, left_out
from ecgstream.storage.index.searching import UNCHECKED, Facets, Roster
from ecgstream.storage.index.squeezing import Squeezed, commons_of
from ecgstream.storage.parquet import StoredSource
from ecgstream.storage.stored import StoredRecord

DECODED_BYTES: Final = 16 << 20
"""What decoded records may take as bytes of the codec; as objects it is about five times that:
10,000 short records of twelve leads, or 60 days."""

_log = logging.getLogger("ecgstream.index")


class IndexedSource(StoredSource):
    """A `SignalSource` over the records of an index.

    All that a source answers from memory it does: the bytes of all records are held, small. What
    the index takes up later is here after `refresh`.
    """

    def __init__(
        self,
        index: IndexFile,
        codec: Codec[StoredRecord],
        files: OpenFiles | None = None,
        problems: Sequence[SourceError] = (),
        roots: Sequence[str] = (),
    ) -> None:
        """`roots` are the data roots, as a person knows them."""
        super().__init__(files, roots)
        self._left_out: tuple[tuple[int, int], LeftOut] | None = None
        self._index = index
        self._problems = tuple(problems)
        self._refreshing = threading.Lock()
        self._moment = -1
        self._levels: dict[str, str] = {}
        self._shown = _Held(Roster.of(()), {}, Squeezed(b""), _Decoded(codec))
        self.refresh()

    def refresh(self) -> Changes:
        """Take up what the index holds now, and tell who listens. Blocks."""
        with self._refreshing:
            index, before = self._index, self._shown
            moment = index.moment()
            if moment == self._moment:
                return Changes()
            self._shown = self._taken(before)
            self._moment = moment
            packed = self._shown.packed
        old = before.packed
        changes = Changes(
            tuple(name for name in packed if name not in old),
            tuple(name for name in packed if name in old and packed[name] is not old[name]),
            tuple(name for name in old if name not in packed),
        )
        self._tell(changes)
        return changes

    def judge(self, levels: Mapping[str, str]) -> None:
        """Take up verdicts, by what they are kept by (`verdicts.key_of`). Blocks."""
        changed = {key: level for key, level in levels.items() if self._levels.get(key) != level}
        if changed:
            with self._refreshing:
                self._levels |= changed
                self._shown = self._taken(self._shown)

    def _taken(self, before: "_Held") -> "_Held":
        """Return what the index holds; what is as before stays the object that it is."""
        columns, verdicts, stored = self._index.shown()
        old, levels = before.packed, self._levels
        columns.qualities.extend(levels.get(one, UNCHECKED) for one in verdicts)
        packed: dict[str, bytes] = {}
        if old:
            for record, new in zip(columns.records, stored, strict=True):
                kept = old.get(record)
                packed[record] = kept if kept == new else new
        for low in range(0, 0 if old else len(stored), AT_ONCE):
            some = slice(low, low + AT_ONCE)
            packed.update(zip(columns.records[some], stored[some], strict=True))
        squeezed = Squeezed(b"", commons_of(self._index.said(COMMON)))
        return _Held(Roster(columns), packed, squeezed, before.decoded)

    @property
    def problems(self) -> tuple[SourceError, ...]:
        """The files and folders left out. Blocks."""
        doubled = told(self._index.doubles(self._how))
        listing = self._index.said(LISTING) or b"[]"
        of_folders = [one.error() for one in msgspec.json.decode(listing, type=list[Told])]
        return (*self._problems, *of_folders, *self._index.problems(), *doubled)

    def _how(self, kept: bytes) -> str:
        """Return how a record was found that is not shown."""
        held = self._shown
        try:
            return how_found(held.decoded.first(kept, held.squeezed))
        except Undecodable:
            return ""

    def damaged(self) -> bool:
        """Return whether a record could not be decoded since this was last asked."""
        decoded = self._shown.decoded
        found, decoded.damaged = decoded.damaged, False
        return found

    def facets(self) -> Facets:
        """Return what there is to choose from, and what is left out. Blocks."""
        stamp = self._index.stamp()
        if self._left_out is None or self._left_out[0] != stamp:
            self._left_out = stamp, left_out(self.problems, self._roots)
        return replace(super().facets(), left_out=self._left_out[1])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was put right in those served. Blocks."""
        return tuple(self._index.notes())

    def records(self) -> Sequence[Record]:
        """Return all records, sorted by patient, then record; each is decoded when it is taken."""
        return self._shown

    def record(self, record: str) -> Record:
        """Return one record. Raises RecordNotFound."""
        return self._shown.record(record)

    def _stored(self, record: str) -> StoredRecord:
        return self._shown.stored(record)

    def _held(self) -> tuple[Roster, Sequence[Record]]:
        return self._shown.roster, self._shown


class _Decoded:
    """The records that were asked for last, decoded. Safe on several threads."""

    def __init__(self, codec: Codec[StoredRecord]) -> None:
        self.damaged = False
        self._codec = codec
        self._lock = threading.Lock()
        self._records: OrderedDict[str, tuple[bytes, StoredRecord, int]] = OrderedDict()
        self._bytes = 0

    def get(self, record: str, packed: bytes) -> StoredRecord | None:
        """Return what `packed` is of, if it is here."""
        with self._lock:
            found = self._records.get(record)
            if found is None or found[0] is not packed:
                return None
            self._records.move_to_end(record)
            return found[1]

    def stored(self, record: str, packed: bytes, squeezed: Squeezed) -> StoredRecord:
        """Return what `packed` is of. Raises Undecodable."""
        found = self.get(record, packed)
        if found is not None:
            return found
        unpacked = squeezed.unpack(packed)
        made = self._codec.decode(unpacked)
        with self._lock:
            _, _, size = self._records.pop(record, (b"", None, 0))
            self._records[record] = packed, made, len(unpacked)
            self._bytes += len(unpacked) - size
            while self._bytes > DECODED_BYTES and len(self._records) > 1:
                _, (_, _, size) = self._records.popitem(last=False)
                self._bytes -= size
        return made

    def record(self, record: str, packed: bytes, squeezed: Squeezed) -> Record:
        """Return the record alone. Raises Undecodable."""
        found = self.get(record, packed)
        if found is not None:
            return found.record
        return self.first(packed, squeezed)

    def first(self, packed: bytes, squeezed: Squeezed) -> Record:
        """Return the record alone, which need not be shown. Raises Undecodable."""
        made: Record = self._codec.first(squeezed.unpack(packed))
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Held(Sequence[Record]):
    """What an index held at one moment."""

    roster: Roster
    packed: Mapping[str, bytes]
    squeezed: Squeezed
    decoded: _Decoded

    def stored(self, record: str) -> StoredRecord:
        """Return a record with its places. Raises RecordNotFound, SourceUnavailable."""
        with self._whole(record):
            return self.decoded.stored(record, self._of(record), self.squeezed)

    def record(self, record: str) -> Record:
        """Return a record alone. Raises RecordNotFound, SourceUnavailable."""
        with self._whole(record):
            return self.decoded.record(record, self._of(record), self.squeezed)

    @contextlib.contextmanager
    def _whole(self, record: str) -> Iterator[None]:
        try:
            yield
        except Undecodable as error:
            self.decoded.damaged = True
            said = f"record {record!r}: {error}; it is made anew"
            raise SourceUnavailable(said) from error

    def _some(self, names: Iterable[str]) -> Iterator[Record]:
        """Yield those that are whole: for the others all is made anew, in a moment."""
        for name in names:
            with contextlib.suppress(SourceUnavailable):
                yield self.record(name)

    def _of(self, record: str) -> bytes:
        try:
            return self.packed[record]
        except KeyError:
            raise RecordNotFound(record) from None

    def __len__(self) -> int:
        return len(self.roster)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | Sequence[Record]:
        if isinstance(at, slice):
            return list(self._some(self.roster.records[at]))
        return self.record(self.roster.records[at])

    def __iter__(self) -> Iterator[Record]:
        return self._some(self.roster.records)
