"""The beats of a source's records: what is known of them, in memory and in the cache folder."""

import hashlib
import logging
from collections import OrderedDict, deque
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ecgstream.analysis.beats import DETECTOR, piece_of
from ecgstream.errors import SourceReplaced
from ecgstream.storage.derived.beat_file import Damaged, packed, unpacked
from ecgstream.storage.derived.beat_pieces import (
    NO_LEAD,
    Found,
    Window,
    analyse,
    candidates,
    nothing,
    piece_count,
    rate_of,
)
from ecgstream.storage.derived.beat_set import Stretch, history, stretch
from ecgstream.storage.derived.cache_folder import Busy, CacheFolder
from ecgstream.storage.source import SignalSource

SUFFIX: Final = ".beats"

MEMORY_BYTES: Final = 64 << 20
"""What may be held of all records: a day of beats is 4 MB."""

KEPT_PIECES: Final = 10
"""A record of fewer is looked at anew as quickly as its file would be found."""

PART_BYTES: Final = 8 << 10
"""A piece of which not all of its record is known, roughly."""

Key = tuple[str, str | None]
"""A record, and the lead that beats are looked for in; None: the best one, piece by piece."""

_log = logging.getLogger("ecgstream.beats")


def beat_folder(cache: Path | None, disk_mb: int) -> CacheFolder | None:
    """Return where beats are kept in the folder for what is worked out once, if there is one.

    In one of their own: whoever makes a pyramid of a day has the other's lock for a minute. Of
    `disk_mb` MiB they have an eighth more.
    """
    return None if cache is None else CacheFolder(cache / "beats", SUFFIX, disk_mb << 17)


@dataclass(slots=True, eq=False)
class _Known:
    """What is known of one version of a record. Only the thread that finds beats adds to it."""

    version: str
    fs: float
    length: int
    count: int
    possible: bool
    found: dict[int, Found] = field(default_factory=dict)
    parts: dict[int, Stretch] = field(default_factory=dict)
    whole: Stretch | None = None
    looked: bool = False
    """Whether the folder has been looked into."""

    @property
    def nbytes(self) -> int:
        return PART_BYTES * len(self.found) + (self.whole.nbytes if self.whole else 0)


class BeatBook:
    """What is known of the beats of `source`.

    `over`, `missing`, `known` answer from memory, on any thread. The others block, and are for one
    thread alone. Kept in `folder` as soon as all of a record is known, else in memory only.
    """

    def __init__(
        self, source: SignalSource, folder: CacheFolder | None = None, memory: int = MEMORY_BYTES
    ) -> None:
        self.source = source
        self._folder = folder
        self._memory = memory
        self._known: OrderedDict[Key, _Known] = OrderedDict()
        self._windows: OrderedDict[Key, tuple[str, Window]] = OrderedDict()
        self._read_only = False
        self._news: deque[tuple[Key, int]] = deque()

    def news(self) -> Iterator[tuple[Key, int]]:
        """Yield the pieces that became known since this was last asked. On any thread."""
        while self._news:
            yield self._news.popleft()

    def about(self, key: Key) -> tuple[float, int, int]:
        """Return rate, length and pieces of what `key` names.

        Raises RecordNotFound, LeadNotFound.
        """
        known = self._of(key)
        return known.fs, known.length, known.count

    def _of(self, key: Key) -> _Known:
        version = self.source.version(key[0])
        known = self._known.get(key)
        if known is None or known.version != version:
            self._known.pop(key, None)
            record = self.source.record(key[0])
            fs = rate_of(record, key[1])
            length = record.length_at(fs)
            fit = bool(candidates(record, key[1]))
            known = _Known(version, fs, length, piece_count(length, fs), fit)
            known = self._known.setdefault(key, known)
        return known

    def forget(self, records: Collection[str]) -> None:
        """Let go of what is known of these records: they were replaced, or are no more."""
        for key in [key for key in list(self._known) if key[0] in records]:
            self._known.pop(key, None)

    def possible(self, key: Key) -> bool:
        """Return whether there is a lead in which beats can be looked for."""
        return self._of(key).possible

    def looked(self, key: Key) -> bool:
        """Return whether `load` was asked about it."""
        return self._of(key).looked

    def whole(self, key: Key) -> Stretch | None:
        """Return all of a record, where it is known."""
        return self._of(key).whole

    def over(self, key: Key, start: int, stop: int) -> list[Stretch]:
        """Return what is known within [start, stop), in order: one stretch, or pieces."""
        known = self._of(key)
        if known.whole is not None:
            return [known.whole]
        if start >= stop:
            return []
        wanted = range(piece_of(start, known.fs), piece_of(stop - 1, known.fs) + 1)
        if len(wanted) > len(known.parts):
            # `sorted` copies them in one go: another thread adds to it.
            return [part for k, part in sorted(known.parts.items()) if k in wanted]
        return [part for k in wanted if (part := known.parts.get(k)) is not None]

    def part(self, key: Key, sample: int) -> Stretch | None:
        """Return the stretch that `sample` lies in, where it is known."""
        known = self._of(key)
        return known.whole or known.parts.get(piece_of(sample, known.fs))

    def missing(self, key: Key, k: int) -> int | None:
        """Return a piece that has to be found first for piece `k`; None: nothing is missing."""
        known = self._of(key)
        if known.whole is not None or k in known.parts or not 0 <= k < known.count:
            return None
        return history(known.found, k)[1]

    def found(self, key: Key) -> int:
        """Return how many pieces were looked at."""
        known = self._of(key)
        return known.count if known.whole is not None else len(known.found)

    # For one thread alone.

    def load(self, key: Key) -> bool:
        """Return whether all is known, looking into the folder. Blocks."""
        known = self._of(key)
        known.looked = True
        if known.whole is None and self._folder is not None:
            path = self._folder.file(_name(key, known.version))
            try:
                held = path.read_bytes()
                known.whole = unpacked(held, known.version, key[1], known.fs, known.length)
            except FileNotFoundError:
                pass
            except (Damaged, OSError) as error:
                _log.warning("%s: %s; it is made anew", path, error)
            else:
                self._folder.used(path)
                known.found.clear()
                known.parts.clear()
                self._trim(key)
        return known.whole is not None

    def find(self, key: Key, k: int) -> Generator[None]:
        """Find the beats of piece `k`, a step of some milliseconds at a time.

        Raises SourceUnavailable where the files are not to be had, or not those of the scan.
        """
        known = self._of(key)
        window = self._window(key, known.version)
        if not window.leads:
            found = nothing(k, known.fs, known.length, NO_LEAD)
        else:
            found = yield from analyse(window, k)
        if self._of(key) is not known:
            raise SourceReplaced
        self.add(key, k, found)

    def _window(self, key: Key, version: str) -> Window:
        of, window = self._windows.pop(key, ("", None))
        if window is None or of != version:
            record = self.source.record(key[0])
            window = Window(self.source, key[0], candidates(record, key[1]))
        self._windows[key] = version, window
        if len(self._windows) > 2:
            self._windows.popitem(last=False)
        return window

    def add(self, key: Key, k: int, found: Found) -> None:
        """Take what a piece has, and work out all that can be said with it."""
        known = self._of(key)
        if known.whole is not None:
            return
        known.found[k] = found
        self._reckon(key, known, k)
        # What comes after it may have waited for it.
        at = k + 1
        while at in known.found and at not in known.parts and self._reckon(key, known, at):
            at += 1
        self._trim(key)

    def _reckon(self, key: Key, known: _Known, k: int) -> bool:
        since, missing = history(known.found, k)
        if missing is not None:
            return False
        parts = [known.found[at] for at in range(since, k + 1)]
        known.parts[k] = stretch(parts, known.found.get(since - 1), known.fs, k - since)
        self._news.append((key, k))
        return True

    def complete(self, key: Key) -> bool:
        """Return whether all pieces are known; then they are one, and kept. Blocks.

        Raises SourceUnavailable where the files are not those of the scan any more.
        """
        known = self._of(key)
        if known.whole is None and known.count and len(known.found) == known.count:
            self.take(key, [known.found[k] for k in range(known.count)])
            self.keep(key)
        return known.whole is not None

    def take(self, key: Key, parts: Sequence[Found]) -> None:
        """Take all pieces of a record, in order. Blocks. Raises as `complete`."""
        known = self._of(key)
        whole = stretch(parts, None, known.fs)
        if self._of(key) is not known or not self.source.unchanged(key[0]):
            raise SourceReplaced
        known.whole = whole
        known.found.clear()
        known.parts.clear()
        self._trim(key)

    def keep(self, key: Key) -> bool:
        """Keep a whole record in the folder; return False where that has to be tried again. Blocks.

        What cannot be kept, or need not be, is done with.
        """
        known = self._of(key)
        whole = known.whole
        if whole is None or self._folder is None or self._read_only or known.count < KEPT_PIECES:
            return True
        try:
            with self._folder.writing(_name(key, known.version)) as out:
                out.write(packed(whole, known.version, key[1], known.fs))
        except Busy:
            return False
        except OSError as error:
            why = error.strerror or error
            _log.warning("%s: %s; beats are kept in memory from now on", self._folder.path, why)
            self._read_only = True
        return True

    def _trim(self, newest: Key) -> None:
        """Forget what was not asked for longest, where all is more than may be held."""
        self._known.move_to_end(newest)
        held = sum(one.nbytes for one in list(self._known.values()))
        for key, one in list(self._known.items()):
            if held <= self._memory or key == newest:
                return
            held -= one.nbytes
            del self._known[key]


def _name(key: Key, version: str) -> str:
    lead = "best"
    if key[1] is not None:
        lead = hashlib.blake2b(key[1].encode(), digest_size=6).hexdigest()
    return f"{version}-{DETECTOR}-{lead}"
