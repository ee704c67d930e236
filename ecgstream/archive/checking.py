"""A whole archive looked over: what the scan says of it, and a verdict on each record.

Several processes share the records. What is known already is not looked at again.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final, Self

from rich.console import Console
from rich.progress import Progress

from ecgstream.analysis.judgement import LEVELS
from ecgstream.archive.away import Away, nothing_in, roots_away
from ecgstream.archive.copies import Copies
from ecgstream.archive.progress import bar
from ecgstream.archive.whole import Whole
from ecgstream.errors import SourceError
from ecgstream.model.record import Record
from ecgstream.storage.derived.examining import examined
from ecgstream.storage.derived.verdict import CLEAN, Verdict
from ecgstream.storage.derived.verdicts import Verdicts, verdict_key
from ecgstream.storage.foreign.mapping import Unused
from ecgstream.storage.foreign.times.disorder import Remarks, Scanned
from ecgstream.storage.index.changes import Progress as Indexed
from ecgstream.storage.source import SignalSource

UNUSED: Final = "warning"
"""The level of a table of the mapping that matches no file."""

AHEAD: Final = 4
"""Records a process that are handed out before they are asked for."""

WORTH_RECORDS: Final = 500
WORTH_VALUES: Final = 500_000_000
"""Of records or of values in them, from which on processes are worth the seconds they begin in."""

_source: SignalSource
_remarks: Remarks
"""In a process of the pool: what it reads, and what the scan says of it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A record and the verdict on it, or why there is none. `known`: it was not looked at again."""

    record: Record
    verdict: Verdict | None
    failure: str = ""
    known: bool = False


@dataclass(slots=True)
class Summary:
    """What an archive comes to. `levels` counts records by the level of their verdict, `not_shown`
    those of which columns are not shown, by these; `away` are data roots that are not to be had,
    `unused` counts tables of the mapping that match no file.
    """

    problems: list[SourceError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=lambda: dict.fromkeys((CLEAN, *LEVELS), 0))
    failed: int = 0
    away: list[str] = field(default_factory=list)
    unused: int = 0
    not_shown: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        """How many there are, those that failed too."""
        return sum(self.levels.values()) + self.failed

    def exit_code(self, least: str) -> int:
        """Return 0, 1 where something of `least` level or worse was found, 2 where not all could
        be looked at. A file that the scan left out is an error.
        """
        if self.failed or self.away:
            return 2
        bad = LEVELS[: LEVELS.index(least) + 1]
        unused = self.unused and UNUSED in bad
        return int(bool(self.problems or unused) or any(self.levels[level] for level in bad))


def check(
    archive: Whole,
    *,
    records: Sequence[str] = (),
    workers: int = 1,
    kept: Verdicts | None = None,
    again: bool = False,
    console: Console | None = None,
) -> Iterator[SourceError | str | Unused | Checked | Summary]:
    """Yield the problems and notes of a scan, then each of `records` (none: all), last a summary.

    In the order of the archive. `again`: what is known is looked at anew. Raises RecordNotFound,
    and ConfigError where there is nothing at all.
    """
    verdicts = kept or Verdicts(None)
    with bar(console) as progress, archive.opened(_telling(progress)) as opened:
        source = opened.source
        # Not a list of all: each record is decoded when it is taken.
        chosen = [source.record(one) for one in records] or source.records()
        # Of some records alone the whole archive's troubles are no matter.
        summary = Summary() if records else Summary(list(source.problems), list(source.notes))
        summary.away = roots_away(archive.roots, summary.problems)
        if not chosen and not summary.problems:
            raise nothing_in(archive.roots)
        yield from summary.problems
        yield from summary.notes
        if not records:
            summary.unused = len(opened.unused)
            yield from opened.unused
        alone = workers == 1 or not opened.shared or not _worth(chosen)
        hands = _Hands(source, archive, 0 if alone else workers)
        yield from _each(
            source, chosen, hands, verdicts, again=again, summary=summary, progress=progress
        )
    yield summary


def _each(
    source: Scanned, chosen: Sequence[Record], hands: "_Hands", verdicts: Verdicts, *,
    again: bool, summary: Summary, progress: Progress,
) -> Iterator[Checked]:  # fmt: skip
    """Yield what is said of each record, counted in `summary`."""
    task = progress.add_task("records", total=len(chosen))
    copies = Copies(source)
    with hands:
        for found in _looked_at(source, chosen, hands, None if again else verdicts):
            if found.verdict is not None and not found.known:
                verdicts.keep(verdict_key(source, found.record.record), found.verdict)
            # Of no record alone: so it is kept with none.
            one = _among(found, copies)
            progress.advance(task)
            if one.verdict is None:
                summary.failed += 1
            else:
                summary.levels[one.verdict.level] += 1
            columns = dict(one.record.found).get("not shown")
            if columns is not None:
                summary.not_shown[columns] += 1
            yield one


def _among(found: Checked, copies: Copies) -> Checked:
    """Return what is said of a record, with what it is among others."""
    if found.verdict is None:
        return found
    more = list(copies.findings(found.record.record))
    return replace(found, verdict=found.verdict.having(more)) if more else found


def _worth(records: Sequence[Record]) -> bool:
    if len(records) >= WORTH_RECORDS:
        return True
    values = sum(lead.length for record in records for lead in record.leads)
    return len(records) > 1 and values >= WORTH_VALUES


class _Hands:
    """Who looks: this process where `workers` is 0, else so many others."""

    def __init__(self, source: Scanned, archive: Whole, workers: int) -> None:
        self._source = source
        self._remarks = Remarks(source)
        self.most = max(1, workers * AHEAD)
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers, spawn, _begin, (archive,)) if workers else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def look(self, record: str) -> "Future[Verdict]":
        """Return the verdict on a record, to be waited for."""
        if self._pool is not None:
            return self._pool.submit(_look, record)
        done: Future[Verdict] = Future()
        try:
            done.set_result(examined(self._source, record, self._remarks.of(record)))
        except SourceError as error:
            done.set_exception(error)
        return done


def _begin(archive: Whole) -> None:
    """Be a process of the pool."""
    # What a process of a pool is started with it has nowhere else.
    global _source, _remarks  # noqa: PLW0603
    _source = archive.shared()
    _remarks = Remarks(_source)


def _look(record: str) -> Verdict:
    return examined(_source, record, _remarks.of(record))


def _looked_at(
    source: Scanned, records: Iterable[Record], hands: _Hands, kept: Verdicts | None
) -> Iterator[Checked]:
    """Yield what is said of each record, in order; so many are under way as there are hands."""
    away = Away(source)
    waiting: list[tuple[Record, Verdict | SourceError | Future[Verdict]]] = []
    for record in records:
        known: Verdict | SourceError | None = away.why(record.record)
        if kept is not None and known is None:
            known = kept.get(verdict_key(source, record.record), record, source)
        waiting.append((record, known or hands.look(record.record)))
        if len(waiting) >= hands.most:
            yield _done(*waiting.pop(0))
    for one in waiting:
        yield _done(*one)


def _done(record: Record, found: "Verdict | SourceError | Future[Verdict]") -> Checked:
    if isinstance(found, Verdict):
        return Checked(record, found, known=True)
    if isinstance(found, SourceError):
        return Checked(record, None, f"cannot be looked at now: {found}")
    try:
        return Checked(record, found.result())
    except SourceError as error:
        return Checked(record, None, str(error))


def _telling(progress: Progress) -> Callable[[Indexed], None]:
    """Return who shows how far the files of an archive were looked at."""
    task = progress.add_task("files", total=None)

    def tell(now: Indexed) -> None:
        progress.update(task, total=now.total, completed=now.done)

    return tell
