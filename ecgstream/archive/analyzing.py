"""The beats of whole records, found beforehand by several processes and kept for the server."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from ecgstream.analysis.beats import DETECTOR, NOTICE
from ecgstream.analysis.rate import METHOD
from ecgstream.archive.progress import bar
from ecgstream.archive.whole import Whole
from ecgstream.errors import ConfigError, LeadNotFound, SourceError
from ecgstream.storage.derived.beat_book import BeatBook, Key
from ecgstream.storage.derived.beat_pieces import Found, Window, analyse, candidates
from ecgstream.storage.derived.cache_folder import CacheFolder
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading
from ecgstream.storage.source import SignalSource

CHUNK: Final = 60
"""Pieces that a process is handed at once: an hour, half a second of it; a day keeps many busy."""

BUSY_S: Final = 0.2
"""How often it is tried to keep what was found while a server keeps something else."""

BUSY_MOST_S: Final = 60.0

_source: SignalSource
"""In a process of the pool: what it reads."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """A record that is known whole. `leads` were looked at; `new` False: it was known before."""

    record: str
    beats: int
    leads: tuple[str, ...]
    pauses: int
    new: bool


@dataclass(slots=True)
class Report:
    """What was done. `exit_code` is 0 only where nothing failed."""

    analysed: list[Analysed] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or 1 where something failed."""
        return 1 if self.failed else 0

    def lines(self) -> Iterator[str]:
        """Yield it line by line, for a person."""
        for one in self.analysed:
            known = "" if one.new else " (known already)"
            leads = ", ".join(one.leads)
            yield f"{one.record}: {one.beats:,} beats in {leads}, {one.pauses} pauses{known}"
        for record in self.passed_over:
            yield f"{record}: passed over, it has no ECG in a unit of voltage"
        for record, reason in self.failed:
            yield f"FAILED {record}: {reason}"
        yield (
            f"{len(self.analysed)} analysed, {len(self.passed_over)} passed over, "
            f"{len(self.failed)} failed; {DETECTOR}, {METHOD}, {NOTICE}"
        )


def analyse_archive(
    roots: Sequence[str],
    folder: CacheFolder | None,
    *,
    records: Sequence[str] = (),
    leads: Sequence[str] = (),
    workers: int = 1,
    console: Console | None = None,
    reading: Reading = AS_IT_IS,
    cache: Path | None = None,
) -> Report:
    """Find the beats of `records` (of none: of all) under `roots`, and keep them in `folder`.

    The archive is read through its index in `cache`, as the server has it.

    In the best lead of each minute, or in each of `leads`. Work is shared by `workers` processes.
    What fails is in the report, and the rest goes on. Raises RecordNotFound.
    """
    archive = Whole(tuple(roots), cache, reading)
    with archive.opened() as opened:
        source = opened.source
        chosen = [source.record(one).record for one in records]
        chosen = chosen or [one.record for one in source.records()]
        if not chosen:
            raise ConfigError(f"data: there is no record in {', '.join(roots)}")
        report = Report()
        book = BeatBook(source, folder)
        keys = list(_keys(source, chosen, leads or [None], report))
        spawn = multiprocessing.get_context("spawn")
        # Where nothing could be kept each process looks for itself.
        given = archive if opened.shared else replace(archive, folder=None)
        with (
            bar(console) as progress,
            ProcessPoolExecutor(workers, spawn, _begin, (given,)) as pool,
        ):
            _Work(book, report, pool, progress).run(keys)
    return report


def _keys(
    source: SignalSource, records: Sequence[str], leads: Sequence[str | None], report: Report
) -> Iterator[Key]:
    """Yield what can be looked at; the rest goes into the report."""
    for record in records:
        for lead in leads:
            try:
                fit = candidates(source.record(record), lead)
            except LeadNotFound as error:
                report.failed.append((record, str(error)))
                continue
            if fit:
                yield record, lead
            else:
                report.passed_over.append(record)


def _begin(archive: Whole) -> None:
    """Be a process of the pool."""
    global _source  # noqa: PLW0603 - what a process of a pool is started with it has nowhere else
    _source = archive.opened().source if archive.folder is None else archive.shared()


def _chunk(key: Key, first: int, stop: int) -> list[Found]:
    """Return what pieces [first, stop) have."""
    record = _source.record(key[0])
    window = Window(_source, key[0], candidates(record, key[1]))
    out = []
    for k in range(first, stop):
        steps = analyse(window, k)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                out.append(done.value)
                break
    return out


class _Work:
    """The chunks of all records, handed out and put together."""

    def __init__(
        self, book: BeatBook, report: Report, pool: ProcessPoolExecutor, progress: Progress
    ) -> None:
        self._book = book
        self._report = report
        self._pool = pool
        self._progress = progress

    def run(self, keys: Sequence[Key]) -> None:
        """Find the beats of all of `keys`, a record's in the order they are given."""
        task = self._progress.add_task("pieces", total=None)
        total = 0
        waiting: dict[Key, list[Future[list[Found]]]] = {}
        whose: dict[Future[list[Found]], Key] = {}
        for key in keys:
            if self._book.load(key):
                self._tell(key, new=False)
                continue
            count = self._book.about(key)[2]
            total += count
            waiting[key] = [
                self._pool.submit(_chunk, key, low, min(low + CHUNK, count))
                for low in range(0, count, CHUNK)
            ]
            whose |= dict.fromkeys(waiting[key], key)
        self._progress.update(task, total=total)
        for future in as_completed(whose):
            key = whose[future]
            error = future.exception()
            if error is None:
                self._progress.advance(task, len(future.result()))
            elif not isinstance(error, SourceError):
                raise error
            if key in waiting and all(one.done() for one in waiting[key]):
                self._whole(key, waiting.pop(key))

    def _whole(self, key: Key, parts: Sequence[Future[list[Found]]]) -> None:
        try:
            found = [one for part in parts for one in part.result()]
            self._book.take(key, found)
            until = time.monotonic() + BUSY_MOST_S
            while not self._book.keep(key) and time.monotonic() < until:
                time.sleep(BUSY_S)
        except SourceError as error:
            self._report.failed.append((key[0], str(error)))
        else:
            self._tell(key, new=True)

    def _tell(self, key: Key, *, new: bool) -> None:
        whole = self._book.whole(key)
        assert whole is not None
        names = dict.fromkeys(name for _, _, name in whole.leads if name is not None)
        told = Analysed(key[0], len(whole.sample), tuple(names), len(whole.rate.pauses), new)
        self._report.analysed.append(told)
