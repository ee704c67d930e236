"""An archive that changes while it is served: new, replaced and removed files, within seconds.

Local folders are looked at all the time, with a small share of a core and in steps of some
milliseconds; object stores are listed every half minute. A file is news only once it has been left
alone for a moment, and so are the others in its folder: a record of several files is taken up when
all of them are there.
"""

import math
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from threading import Event
from typing import Final

from ecgstream.errors import LayoutError, SourceError
from ecgstream.storage.index.folder_table import Stamp
from ecgstream.storage.index.folder_watch import LocalTree, stamp_of
from ecgstream.storage.index.index_values import Seen
from ecgstream.storage.index.index_work import seen_of
from ecgstream.storage.index.indexing import Difference, difference
from ecgstream.storage.index.listing import file_below, listing
from ecgstream.storage.index.notices import Notices
from ecgstream.storage.places import Place, is_local

SHARE: Final = 0.049
"""Of a core, for looking at local folders; what is found takes some more."""
FIRST_SHARE: Final = 0.2
"""The same while all folders are listed for the first time: what is not listed yet is not seen."""
TURN_S: Final = 1.0
"""A turn: so long at most the news wait for whoever takes them up."""
SOON_S: Final = 0.25
"""So long where there are other folders to be asked: what comes at once is taken up together."""
LATE_S: Final = 1.0
"""Of so long at most the share that a busy machine withheld is used later."""
ROUND_S: Final = 20.0
"""All folders are asked so often, and all files with them if the share is enough for that: else
every second file in one round and the others in the next, every fourth, at least every eighth.
100,000 folders with a file each take 0.37 to 0.44 s of a core, which is 8 to 9 s."""
PARTS: Final = (1, 2, 4, 8)
FAR_S: Final = 25.0
"""An object store is listed so often: a request for a thousand files."""
SETTLED_S: Final = 2.0
"""A file that was written to within so long may be again."""
SETTLED_FAR_S: Final = 3.0
"""On an object store it has to be the same in two lists so far apart: times there are seconds."""
HELD_S: Final = 30.0
"""Longer than that nothing waits for a file that is written to all the time beside it."""

Key = tuple[int, str]
"""Number of the data root, and path."""
Known = tuple[int, str, int, int]
"""The same with size and time of change in ns."""
ROOT_BITS: Final = 32
"""Behind the number of a root, for the number of a folder below it."""


class Watch:
    """Looks at the files of `roots`. For one thread.

    They are known to be as `known` says: in the order of their roots, there of their paths.
    """

    def __init__(self, roots: Sequence[Place], known: Iterable[Known]) -> None:
        self._trees: dict[int, LocalTree] = {}
        self._others: dict[int, _Other] = {}
        self._roots = roots
        self._notices = Notices()
        self._settling: dict[Key, tuple[Stamp | None, float]] = {}
        self._far = ThreadPoolExecutor(1, "ecgstream-far")
        groups = groupby(known, itemgetter(0))
        at, rows = next(groups, (-1, None))
        for number, root in enumerate(roots):
            own = (row[1:] for row in rows) if rows is not None and at == number else iter(())
            self._begin(number, root, own)
            if at == number:
                at, rows = next(groups, (-1, None))
        self._looking = self._looks()
        self._paid = -math.inf
        """Until then what was used of a core is its share."""
        self.parts = 1
        """Of so many files one is asked in a round."""

    def _begin(self, number: int, root: Place, known: Iterable[tuple[str, int, int]]) -> None:
        if is_local(root) and os.path.isdir(root.path):  # noqa: PTH112 - Arrow's paths
            key = number << ROOT_BITS
            self._trees[number] = LocalTree(root.path, known, self._notices, key)
        else:
            own = {path: (size, mtime_ns) for path, size, mtime_ns in known}
            self._others[number] = _Other(number, root, own)

    def close(self) -> None:
        """Look no more."""
        self._far.shutdown(wait=False, cancel_futures=True)
        self._notices.close()

    @property
    def begun(self) -> bool:
        """Whether all local folders were listed once."""
        return all(tree.begun for tree in self._trees.values())

    @property
    def folders(self) -> int:
        """How many local folders are looked at."""
        return sum(tree.folders for tree in self._trees.values())

    @property
    def told(self) -> int:
        """Of how many of them the system tells by itself."""
        return len(self._notices)

    def suspect(self, paths: Iterable[str]) -> None:
        """Ask these local files now: whoever reads them has seen that they are others."""
        for path in paths:
            for tree in self._trees.values():
                if path.startswith(tree.root):
                    tree.ask_file(path)

    def turn(self, stopped: Event) -> Difference:
        """Look for about a second, and return what is new, changed and gone, if it has settled."""
        self._look(stopped)
        for key in self._notices.changed():
            tree = self._trees.get(key >> ROOT_BITS)
            if tree is not None:
                tree.ask_folder(key & ((1 << ROOT_BITS) - 1))
        for number, tree in self._trees.items():
            for path, stamp in tree.news.items():
                self._settling[number, path] = stamp, time.monotonic()
            tree.news.clear()
        found = [self._settled(), *(other.turn(self._far) for other in self._others.values())]
        for number, other in list(self._others.items()):
            # What was not there when the server began, such as a disk that is mounted later.
            if is_local(other.root) and os.path.isdir(other.root.path):  # noqa: PTH112
                del self._others[number]
                self._begin(number, other.root, other.known())
        return Difference(
            tuple(one for part in found for one in part.changed),
            tuple(one for part in found for one in part.gone),
        )

    def _look(self, stopped: Event) -> None:
        """Look for a turn, with as long pauses as make it the share of a core.

        The interpreter is free in them. On a busy machine they are longer than that: then there
        are fewer of them for a while.
        """
        share = SHARE if self.begun else FIRST_SHARE
        began, spent = time.monotonic(), time.thread_time()
        while not stopped.is_set():
            now = time.monotonic()
            left = began + TURN_S - now
            found = any(tree.news for tree in self._trees.values())
            if left <= 0 or (found and now >= began + SOON_S):
                return
            if now < self._paid:
                stopped.wait(min(left, self._paid - now))
                continue
            resting = next(self._looking)
            took, spent = time.thread_time() - spent, time.thread_time()
            self._paid = max(self._paid, now - LATE_S) + took / share
            if resting:
                stopped.wait(left)
                return

    def _looks(self) -> Iterator[bool]:
        """Go through all folders and files, for ever; yield whether there may be a rest."""
        turn = 0
        while True:
            began, listed = time.monotonic(), self.begun
            folders = files = 0
            for tree in list(self._trees.values()):
                if tree.there():
                    for _ in tree.ask(turn, self.parts):
                        yield False
                    folders, files = folders + tree.asked[0], files + tree.asked[1]
            if listed:
                took = time.monotonic() - began
                self.parts = _parts(took, folders, files * self.parts, self.parts)
            turn += 1
            while time.monotonic() < began + TURN_S:
                yield True

    def _settled(self) -> Difference:
        """Return the news that were left alone for a moment, with all others of their folder."""
        now = time.monotonic()
        young = time.time_ns() - int(SETTLED_S * 1e9)
        restless: set[tuple[int, str]] = set()
        for (number, path), (stamp, seen) in self._settling.items():
            # By the clock of this machine; a file from the future has to wait by ours.
            recent = stamp is not None and stamp[1] > young and now - seen < SETTLED_S
            if recent:
                restless.add((number, path.rpartition("/")[0]))
        changed: list[Seen] = []
        gone: list[Key] = []
        for key, (stamp, seen) in list(self._settling.items()):
            number, path = key
            if (number, path.rpartition("/")[0]) in restless and now - seen < HELD_S:
                continue
            if stamp is not None and self._written_to(key, stamp, now):
                continue
            del self._settling[key]
            if stamp is None:
                gone.append(key)
            else:
                changed += seen_of([file_below(number, self._roots[number], path, *stamp)])
        return Difference(tuple(changed), tuple(gone))

    def _written_to(self, key: Key, stamp: Stamp, now: float) -> bool:
        """Return whether a file is another one than when it was asked last: then it waits anew.

        Between two askings lie seconds in which a writer may have gone on.
        """
        number, path = key
        found = stamp_of(path)
        if found == stamp:
            return False
        self._trees[number].ask_file(path)
        self._settling[key] = found, now
        return True


def _parts(took: float, folders: int, files: int, before: int) -> int:
    """Return into how many parts to divide all `files`, so that a round is over in time.

    The last one took so long (s) for all `folders` and for one part of them.
    """
    each = took / max(1, folders + files / before)
    fit = (parts for parts in PARTS if each * (folders + files / parts) <= ROUND_S)
    return next(fit, PARTS[-1])


class _Other:
    """A root that is listed as a whole: an object store, a single file, a folder not there yet."""

    def __init__(self, number: int, root: Place, known: dict[str, Stamp]) -> None:
        self._number = number
        self.root = root
        self._known: dict[Key, Stamp] = {(number, path): stamp for path, stamp in known.items()}
        self._pending: dict[Key, Stamp] = {}
        self._next = 0.0
        self._looking: Future[tuple[list[Seen], list[SourceError]]] | None = None

    def known(self) -> list[tuple[str, int, int]]:
        """Return the files that were told of, in the order of their paths, with their stamps."""
        return sorted((path, *stamp) for (_, path), stamp in self._known.items())

    def turn(self, far: ThreadPoolExecutor) -> Difference:
        """Return what has settled since the last time; begin to look again where it is time."""
        found = Difference((), ())
        if self._looking is not None and self._looking.done():
            files, problems = self._looking.result()
            self._looking = None
            found = self._news(files, problems)
            local = is_local(self.root)
            pause = SETTLED_FAR_S if self._pending else TURN_S if local else FAR_S
            self._next = time.monotonic() + pause
        if self._looking is None and time.monotonic() >= self._next:
            self._looking = far.submit(self._look)
        return found

    def _look(self) -> tuple[list[Seen], list[SourceError]]:
        """List all there is. Blocks."""
        problems: list[SourceError] = []
        given = (self.root.filesystem, self.root.path)
        try:
            files = [
                one._replace(shown=self._shown(one.path))
                for one in seen_of(listing(self._number, given, problems))
            ]
        except SourceError as error:
            return [], [*problems, error]
        return files, problems

    def _shown(self, path: str) -> str:
        return self.root.shown.rstrip("/") + path[len(self.root.path.rstrip("/")) :]

    def _news(self, files: list[Seen], problems: list[SourceError]) -> Difference:
        if not files and any(not isinstance(one, LayoutError) for one in problems):
            # Not to be had for now is not gone.
            return Difference((), ())
        found = difference(self._known, files, problems)
        seen = {(one.root, one.path): (one.size, one.mtime_ns) for one in found.changed}
        settled = [
            one
            for one in found.changed
            if self._pending.get((one.root, one.path)) == (one.size, one.mtime_ns)
        ]
        for one in settled:
            self._known[one.root, one.path] = seen.pop((one.root, one.path))
        self._pending = seen
        for key in found.gone:
            del self._known[key]
        return Difference(tuple(settled), found.gone)
