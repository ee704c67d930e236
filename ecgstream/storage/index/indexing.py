"""An index brought up to date with the files there are: what is new, changed, gone."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Executor, Future
from concurrent.futures import wait as wait_for
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

import msgspec

from ecgstream.errors import SourceError, SourceUnavailable
from ecgstream.storage.index.addresses import Root
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.grouping import Group
from ecgstream.storage.index.index_file import IndexFile
from ecgstream.storage.index.index_values import Seen, Told
from ecgstream.storage.index.index_work import Looked, Work, seen_of
from ecgstream.storage.index.listing import listing
from ecgstream.storage.index.squeezing import Squeezed, commons_of, kept

TOGETHER: Final = 64
"""Files looked at in one go: a transaction, and some 50 ms."""

TOGETHER_MOST: Final = 1024
"""Of one folder: a record's files are best seen together."""

SAMPLED: Final = 24
"""Places of the archive from which one learns what its records have in common."""

AHEAD: Final = 4
"""Goes handed out for each process or thread: bounds what waits to be written."""

ROUNDS: Final = 3
"""How often groups are built that changed while they were: the rest is for the next time."""

COMMON: Final = "common"
PROGRESS: Final = "progress"
WHOLE: Final = "whole"
LISTING: Final = "listing"


@dataclass(frozen=True, slots=True)
class Difference:
    """How the files there are differ from those that the index knows."""

    changed: tuple[Seen, ...]
    gone: tuple[tuple[int, str], ...]

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)


def listed(roots: Sequence[Root], problems: list[SourceError]) -> list[Seen]:
    """Return all files under the roots, in their order. Blocks; what fails is a problem."""
    found: list[Seen] = []
    for index, root in enumerate(roots):
        try:
            found.extend(seen_of(listing(index, root, problems)))
        except SourceError as error:
            problems.append(error)
    return found


def difference(
    known: Mapping[tuple[int, str], tuple[int, int]],
    files: Iterable[Seen],
    problems: Sequence[SourceError] = (),
) -> Difference:
    """Return what is new or changed by size or time, and what is gone.

    What lies where the listing failed for now is not gone: a share that is away for a minute
    must not be forgotten.
    """
    changed: list[Seen] = []
    left = set(known)
    for file in files:
        key = file.root, file.path
        left.discard(key)
        if known.get(key) != (file.size, file.mtime_ns):
            changed.append(file)
    hidden = [
        one.path.rstrip("/") for one in problems if isinstance(one, SourceUnavailable) and one.path
    ]
    gone = sorted(key for key in left if not any(_within(key[1], place) for place in hidden))
    return Difference(tuple(changed), tuple(gone))


def _within(path: str, place: str) -> bool:
    # `place` is as a person knows it, which may begin earlier than a path does (s3://), or later.
    return f"{place}/" in f"/{path}/" or path.startswith(place.partition("://")[2] + "/")


class Indexer:
    """Brings `index` up to date. One at a time may be at work on an index, of all processes."""

    def __init__(self, index: IndexFile, work: Work) -> None:
        self._index = index
        self._work = work

    def bring(
        self,
        found: Difference,
        executor: Executor,
        told: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        """Take up what has changed. Blocks until all is; what is done stays done if it fails."""
        index = self._index
        done = 0

        def go_on(by: int, of: int) -> None:
            nonlocal done
            done += by
            index.say(PROGRESS, msgspec.json.encode(Progress(done, of)))

        with index.writing():
            index.forget(found.gone)
            go_on(0, len(found.changed))
        self._learn(found.changed)
        chunks = list(_chunks(found.changed))
        for looked in _mapped(executor, self._work.look, [(chunk,) for chunk in chunks]):
            with index.writing():
                self._take(looked)
                go_on(_understood(looked), len(found.changed))
            told(Progress(done, len(found.changed)))
        for _ in range(ROUNDS):
            due = index.due()
            if not due:
                break
            given: list[tuple[Group, list[Seen], list[bytes]]] = []
            commons = self._commons()
            part: set[Group] = set()
            for number, group in due:
                fresh = index.fresh(number)
                files = index.files_of(number) if fresh is None else fresh
                # Of a group with a name comes one record.
                given.append((group, files, [] if group.name else commons))
                if fresh is not None:
                    part.add(group)
            for looked in _mapped(executor, self._work.build, given):
                with index.writing():
                    self._take(looked, whole=True, part=part)
                    go_on(min(len(looked.files), len(found.changed) - done), len(found.changed))
                told(Progress(done, len(found.changed)))
        with index.writing():
            index.say(WHOLE, 1)
            index.say(PROGRESS, None)

    def _take(
        self, looked: Looked, *, whole: bool = False, part: AbstractSet[Group] = frozenset()
    ) -> None:
        """Write down what was found. `whole`: the groups were built of all their files, but for
        those in `part`, of which what is `fresh` was.
        """
        index = self._index
        counts: dict[int, int] = {}
        numbers: dict[Group, int] = {}
        for group, _ in looked.groups:
            numbers[group] = index.group(group)
        for file, outcome in looked.files:
            if isinstance(outcome, Told):
                index.refuse(file, outcome)
                continue
            number = numbers.get(outcome)
            if number is None:
                number = numbers[outcome] = index.group(outcome)
            index.belong(file, number)
            counts[number] = counts.get(number, 0) + 1
        for group, made in looked.groups:
            number = numbers[group]
            if made is not None:
                self._know(made.common)
            if made is not None and group in part:
                index.build_fresh(number, made)
            elif made is not None and (whole or index.count_of(number) == counts.get(number)):
                index.build(number, made)
            else:
                index.mark(number)

    def _learn(self, files: Sequence[Seen]) -> None:
        """Have what the records of an archive have in common be known before the first is kept."""
        said = self._index.said(COMMON)
        commons = commons_of(said)
        if said is None and files:
            step = max(1, len(files) // SAMPLED)
            samples = [
                Squeezed(b"").unpack(one.stored)
                for chunk in _chunks(files[::step][:SAMPLED])
                for _, made in self._work.look(chunk).groups
                if made is not None
                for one in made.records
            ]
            commons = [Squeezed.after(samples).common] if samples else []
            with self._index.writing():
                self._index.say(COMMON, kept(commons))
        self._work = replace(self._work, common=commons[0] if commons else b"")

    def _commons(self) -> list[bytes]:
        """Return what records have in common, the first of all first."""
        return commons_of(self._index.said(COMMON))

    def _know(self, common: bytes) -> None:
        """Keep what some records have in common, if that is anything."""
        if common and common not in (commons := self._commons()):
            self._index.say(COMMON, kept([*commons, common]))


def _understood(looked: Looked) -> int:
    """Return how many files are done with: not those that are looked at again with others."""
    waiting = {group for group, made in looked.groups if made is None}
    return sum(outcome not in waiting for _, outcome in looked.files)


def _chunks(files: Sequence[Seen]) -> Iterator[list[Seen]]:
    """Yield files some at a time, those of one folder together where they are not too many."""
    chunk: list[Seen] = []
    for file in files:
        here = (file.root, os.path.dirname(file.path))  # noqa: PTH120 - Arrow's paths
        if len(chunk) >= TOGETHER:
            last = (chunk[-1].root, os.path.dirname(chunk[-1].path))  # noqa: PTH120
            if here != last or len(chunk) >= TOGETHER_MOST:
                yield chunk
                chunk = []
        chunk.append(file)
    if chunk:
        yield chunk


def _mapped(
    executor: Executor, call: Callable[..., Looked], given: Iterable[tuple[Any, ...]]
) -> Iterator[Looked]:
    """Yield what `call` makes of each of `given`, as they are done; few are handed out at once."""
    waiting: set[Future[Looked]] = set()
    rest = iter(given)
    most = AHEAD * (getattr(executor, "_max_workers", None) or 1)
    try:
        while True:
            for arguments in islice(rest, most - len(waiting)):
                waiting.add(executor.submit(call, *arguments))
            if not waiting:
                return
            done, waiting = wait_for(waiting, return_when="FIRST_COMPLETED")
            for one in done:
                yield one.result()
    finally:
        with suppress(RuntimeError):
            for one in waiting:
                one.cancel()
