"""Who keeps an index up to date while a server runs, and has its records be served."""

import ctypes
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final

from ecgstream.errors import SourceError
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.foreign.proposing import spelled
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.index import MANY, Index
from ecgstream.storage.index.index_database import Fault, is_damage
from ecgstream.storage.index.indexed import IndexedSource
from ecgstream.storage.index.indexing import Difference
from ecgstream.storage.index.listing import SUFFIX
from ecgstream.storage.index.watching import Watch
from ecgstream.storage.places import is_local

POLL_S: Final = 1.0
"""How often is looked whether another process has written."""

AGAIN_S: Final = 30.0
"""So long nothing is tried again that failed."""

PAUSE: Final = 10.0
"""So many times as long as it took to take up what an index holds, the next time is off: a list of
100,000 takes half a second of a core, most of it Python's, and frames are to leave in between."""

HEAVY: Final = 64 << 20
"""Bytes of changed files that are understood by a process of its own, however few they are: one
file may hold 100,000 records a row each, which is a minute of Python."""

TOLD_S: Final = 30.0
"""How often the log says how far the first index is."""

TOLD_MOST: Final = 20
"""Files that the log names at once."""

DONE: Final = (0, 1)
"""How `ecgstream index` ends: with everything understood, or with something left out."""

VERDICTS_S: Final = 10.0
"""How often new verdicts on records are taken up."""

_log = logging.getLogger("ecgstream.index")


class Keeper:
    """A thread that has the index be up to date and `source` hold what is in it.

    One process of all that serve the same roots looks at files; the others take up what it wrote.
    Where there are many files, or large ones have changed, it looks in a process of its own, by
    `command` (an `ecgstream index --claimed`): to list and to understand 100,000 is minutes of
    Python.
    """

    def __init__(
        self,
        index: Index,
        source: IndexedSource,
        command: Sequence[str] | None = None,
        verdicts: Verdicts | None = None,
    ) -> None:
        self._index = index
        self._source = source
        self._command = command
        self._verdicts = verdicts
        self._place = 0
        self._told: set[str] | None = None
        self._stopped = threading.Event()
        self._settled = threading.Event()
        self._looked = self._matched = False
        self._stamp: tuple[int, int] | None = None
        self._next = self._judged = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None
        self._thread = threading.Thread(target=self._run, name="ecgstream-index", daemon=True)

    @property
    def source(self) -> IndexedSource:
        """What is served."""
        return self._source

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what was begun is gone on with the next time."""
        self._stopped.set()
        if self._child is not None:
            self._child.terminate()
        self._thread.join()
        if self._watch is not None:
            self._watch.close()
        self._index.close()

    def wait(self, seconds: float) -> bool:
        """Wait until all files were looked at once, at most so long; return whether they were."""
        return self._settled.wait(seconds)

    def told(self, problems: Iterable[SourceError]) -> None:
        """Hear what the log has said is left out; from now on it says what is new."""
        self._told = {str(one) for one in problems}

    def _tell(self) -> None:
        """Say what is left out since the last time, and why."""
        if self._told is None:
            return
        now = [str(one) for one in self._source.problems]
        new = [one for one in dict.fromkeys(now) if one not in self._told]
        self._told = set(now)
        for one in new[:TOLD_MOST]:
            _log.warning("left out: %s", spelled(str(one)))
        if len(new) > TOLD_MOST:
            _log.warning("and %d more: `ecgstream check` tells all", len(new) - TOLD_MOST)

    def _run(self) -> None:
        while not self._stopped.is_set():
            pause = POLL_S
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - the top of a thread: whatever it is
                if self._stopped.is_set():
                    return
                self._recover(error)
                pause = AGAIN_S
            # A turn of the watch takes as long.
            if self._watch is None:
                self._stopped.wait(pause)

    def _recover(self, error: Exception) -> None:
        """Have the next turn go better."""
        if isinstance(error, Fault) and is_damage(error):
            _log.warning("the index is damaged (%s): it is made anew", error)
            self._index.renew()
            self._look_anew()
            self._stamp = None
        else:
            _log.error("the index cannot be brought up to date now", exc_info=error)

    def _turn(self) -> None:
        if self._source.damaged():
            _log.warning("what the index holds of records is damaged: it is made anew")
            self._index.file.empty()
        if self._looked and not self._index.whole:
            self._look_anew()
        if not self._looked and self._index.claim():
            self._look()
            self._looked = not self._stopped.is_set()
        elif self._looked:
            self._follow()
        self._take_up(at_once=self._looked and not self._settled.is_set())
        if self._looked or self._index.whole:
            self._settled.set()
        self._judge()
        if self._looked and not self._matched:
            self._matched = True
            for table in self._index.unused():
                _log.warning("%s", table)

    def _look(self) -> None:
        """Bring the index up to date."""
        if self._command is not None and self._many():
            self._apart(self._command)
            return
        self._bring(self._index.look())

    def _bring(self, found: Difference) -> bool:
        """Take up what has changed; return whether that succeeded."""
        if self._command is not None and sum(file.size for file in found.changed) > HEAVY:
            return self._apart(self._command)
        self._index.bring(found, lambda _: self._take_up())
        return True

    def _apart(self, command: Sequence[str]) -> bool:
        """Bring the index up to date in a process of its own; return whether that succeeded."""
        arguments = [sys.executable, "-m", "ecgstream", *command]
        _log.info("looking at the archive's files in a process of its own")
        self._child = subprocess.Popen(  # noqa: S603 - our own command
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=self._index.held,
        )
        told = time.monotonic()
        while self._child.poll() is None:
            self._take_up()
            if time.monotonic() - told > TOLD_S and (at := self._index.progress()):
                told = time.monotonic()
                _log.info("indexing: %d of %d files", at.done, at.total)
            self._stopped.wait(POLL_S)
        if self._child.returncode in DONE or self._stopped.is_set():
            return True
        _log.error("the index could not be brought up to date: see above")
        return False

    def _follow(self) -> None:
        """Have the index follow what changes; takes about a second."""
        if self._watch is None:
            self._watch = Watch(self._index.roots, self._index.file.in_order())
            give_back()
        self._watch.suspect(self._source.suspects())
        try:
            begun = self._watch.begun
            found = self._watch.turn(self._stopped)
            if self._watch.begun and not begun:
                give_back()
                folders, told = self._watch.folders, self._watch.told
                count = "1 folder is" if folders == 1 else f"{folders} folders are"
                _log.info("%s watched; the system tells of %d", count, told)
            if found and not self._bring(found):
                # What was seen of changes is not taken up.
                self._look_anew()
                self._stopped.wait(AGAIN_S)
        except Exception:
            # What was seen of changes may not have been taken up.
            self._look_anew()
            raise

    def _look_anew(self) -> None:
        """Look at all files the next time."""
        self._looked = False
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _many(self) -> bool:
        """Return whether to look takes long."""
        if self._index.file.count() > MANY:
            return True
        return more_than(MANY, [one.path for one in self._index.roots if is_local(one)])

    def _take_up(self, *, at_once: bool = False) -> None:
        """Have the source hold what the index does, if that is something else."""
        stamp = self._index.file.stamp()
        if stamp == self._stamp and not at_once:
            return
        whole = self._index.whole
        self._source.indexing = None if whole else self._index.progress() or Progress()
        if time.monotonic() >= self._next or at_once:
            began = time.thread_time()
            self._source.refresh()
            give_back()
            self._stamp = stamp
            # Of all processes that serve the archive the one that looks.
            if self._looked:
                self._tell()
            self._next = time.monotonic() + PAUSE * (time.thread_time() - began)

    def _judge(self) -> None:
        """Take up new verdicts."""
        if self._verdicts is None or time.monotonic() < self._judged:
            return
        self._judged = time.monotonic() + VERDICTS_S
        self._place, levels = self._verdicts.since(self._place)
        self._source.judge(levels)


def give_back() -> None:
    """Have the system get back what was needed for a moment, where the C library can do that.

    To take up 100,000 records leaves some 20 MB that nobody needs any more.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def more_than(most: int, folders: Sequence[str]) -> bool:
    """Return whether there are more than `most` Parquet files in local folders. Blocks."""
    count = 0
    for folder in folders:
        for _, _, names in os.walk(folder):
            count += sum(name.endswith(SUFFIX) for name in names)
            if count > most:
                return True
    return False
