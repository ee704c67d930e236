"""Records of other formats into our own layout: by several processes, each with its limits."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, Self

from rich.console import Console
from rich.progress import Progress

from ecgstream.archive.deidentifying import hidden_name
from ecgstream.archive.import_crew import Crew, Told
from ecgstream.archive.import_job import MAKER, ORIGIN, filled
from ecgstream.archive.import_mapping import MappingFile
from ecgstream.archive.import_messages import Done, Failed, Limits, Options, Step, Task
from ecgstream.archive.import_process import carry_out
from ecgstream.archive.import_sources import Failure, Found, Listing, PassedOver, Source
from ecgstream.archive.progress import bar
from ecgstream.errors import ImportFailed, printable
from ecgstream.formats.unread_csv import ENDINGS
from ecgstream.storage.hive import record_folder
from ecgstream.storage.staging import settled, writing

__all__ = ["MAKER", "ORIGIN", "Failure", "Imported", "Limits", "Options", "Report"]

PATIENCE_S: Final = 10.0
"""The processes of an import that was killed are gone within this, and their hold with them."""

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True, slots=True)
class Imported:
    """A record that stands in the archive; `changed` False: it stood there so before."""

    record: str
    patient: str
    path: Path
    changed: bool
    remarks: tuple[str, ...] = ()


TABLES: Final = 20
"""Tables of text that were passed over that are named on the screen."""


@dataclass(slots=True)
class Report:
    """What an import did. `exit_code` is 0 only where nothing failed."""

    imported: list[Imported] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or 1 where something failed."""
        return 1 if self.failed else 0

    def lines(self) -> Iterator[str]:
        """Yield it line by line, for a person."""
        for one in self.imported:
            done = "imported" if one.changed else "unchanged"
            said = f"{done} {one.record} (patient {one.patient}) from {one.path}"
            yield from (printable(line) for line in (said, *(f"  {r}" for r in one.remarks)))
        for failure in self.failed:
            yield printable(f"FAILED {failure.path}: {failure.reason}")
        changed = sum(one.changed for one in self.imported)
        tables = [one for one in self.passed_over if one.path.suffix.lower() in ENDINGS]
        for table in tables[:TABLES]:
            yield printable(f"passed over {table.path}: no table of samples, as far as can be seen")
        if len(tables) > TABLES:
            yield f"passed over {len(tables) - TABLES:,} more such tables: --report names all"
        count = len(self.passed_over)
        passed = f", {count} {'file' if count == 1 else 'files'} passed over" if count else ""
        yield (
            f"{changed} imported, {len(self.imported) - changed} unchanged, "
            f"{len(self.failed)} failed{passed}"
        )


def import_archive(
    sources: Sequence[Path],
    out: Path,
    *,
    options: Options | None = None,
    mapping: MappingFile | None = None,
    workers: int = 0,
    limits: Limits | None = None,
    report_to: Path | None = None,
    console: Console | None = None,
) -> Report:
    """Import records of every known format into the archive `out`, made where it is not there.

    A source is a file, a WFDB record's path without `.hea`, or a folder, taken with all below it.
    What fails is in the report, and the rest goes on; `report_to` gets a line of JSON for each as
    it comes. A record that is up to date is not touched. `workers` processes read, each within
    `limits`; with none it is done in this one, for files that are trusted. A progress bar is drawn
    on `console` where that is a terminal. Raises ImportFailed where nothing can be imported at
    all, `out` not to be written.
    """
    try:
        with (
            writing(out, PATIENCE_S if workers else 0.0) as held,
            bar(console) as progress,
            _Ledger(report_to) as ledger,
        ):
            listing = Listing(sources, out, mapping or MappingFile())
            importing = _Importing(listing, out, options or Options(), ledger, progress)
            if workers:
                crew = Crew(workers, out, importing.options, limits or Limits(), held)
                with crew:
                    importing.take_all(crew.run)
            else:
                importing.take_all(partial(_alone, out, importing.options))
            settled(out, importing.parents())
            return importing.report()
    except OSError as error:
        raise ImportFailed(
            f"{error.filename or out}: cannot be written to: {error.strerror}"
        ) from error


class _Importing:
    """One import: its tasks, and what becomes of each."""

    def __init__(
        self, listing: Listing, out: Path, options: Options, ledger: "_Ledger", progress: Progress
    ) -> None:
        self.options = options
        self._listing = listing
        self._out = out
        self._standing = _standing(out)
        self._ledger = ledger
        self._progress = progress
        self._bar = progress.add_task("files", total=listing.files)
        self._looked_at = 0
        self._given: dict[int, tuple[Source, str]] = {}
        self._shares: dict[int, float] = {}
        self._imported: dict[int, Imported] = {}
        self._failed: list[tuple[int, Failure]] = []
        self._passed: list[PassedOver] = []
        self._taken: dict[str, Path] = {}
        self._waiting: list[Source] = []
        self._number = 0

    def take_all(self, run: Callable[[Iterator[Task], int], Iterator[Told]]) -> None:
        """Have `run` carry out all tasks, which it numbers from the number it is given."""
        self.take(run(self.tasks(self._listing), 0))
        # Whether an id is free is known when what came first under it is done, or has failed.
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            self._looked_at -= len(waiting)
            self._taken = {one.record: one.path for one in self._imported.values()}
            self.take(run(self.tasks(waiting), self._number))

    def tasks(self, sources: Iterable[Found]) -> Iterator[Task]:
        """Yield the tasks. Called from one thread at a time, and none is this one's for sure."""
        here: set[str] = set()
        for found in sources:
            self._looked_at += 1
            if isinstance(found, PassedOver):
                self._passed.append(found)
                self._ledger.passed(found)
                continue
            if isinstance(found, Failure):
                self._fail(self._number, found, None)
                continue
            try:
                task = self._task(found, here)
            except ImportFailed as error:
                self._fail(self._number, Failure(found.path, str(error)), found)
                continue
            if task is None:
                self._waiting.append(found)
                continue
            self._given[self._number] = found, task.record
            self._number += 1
            yield task

    def take(self, told: Iterator[Told]) -> None:
        """Write down what becomes of the tasks."""
        for one in told:
            answer = one.answer
            if isinstance(answer, Step):
                self._shares[one.number] = answer.done
                self._draw()
                continue
            self._shares.pop(one.number, None)
            source, record = self._given.pop(one.number)
            if isinstance(answer, Failed):
                self._fail(one.number, Failure(source.path, answer.reason), source)
            else:
                self._done(one.number, source, record, answer)
            self._draw()
        self._progress.update(self._bar, completed=self._listing.files)

    def parents(self) -> set[Path]:
        """Return the folders that something was written into."""
        return {
            record_folder(self._out, one.patient, one.record).parent
            for one in self._imported.values()
            if one.changed
        }

    def report(self) -> Report:
        """Return what was done, in the order of the sources."""
        failed = [failure for _, failure in sorted(self._failed, key=lambda pair: pair[0])]
        return Report([one for _, one in sorted(self._imported.items())], failed, self._passed)

    def _task(self, source: Source, here: set[str]) -> Task | None:
        """Return the task of a source; None: what comes `here` before it under its id may fail.

        Raises ImportFailed where a record in the archive has its id.
        """
        name, folder = source.name, source.path.absolute().parent.name
        if self.options.name_key is not None:
            name = hidden_name(self.options.name_key, name)
        said = {"{name}": name, "{folder}": folder, "{format}": source.format.name}
        record = record_id(f"{filled(self.options.prefix, said)}{name}")
        if record in here:
            return None
        if (other := self._taken.get(record)) is not None:
            apart = "{folder}-" if other.parent != source.path.parent else "{format}-"
            raise ImportFailed(
                f"its record id {record} is also that of {other}; import one of them with another "
                f"prefix, or all with --prefix '{apart}'"
            )
        here.add(record)
        standing = self._standing.get(record_folder(Path(), "", record).name, ())
        return Task(
            str(source.path),
            source.format.name,
            name,
            folder,
            record,
            tuple(standing),
            source.told,
            source.size,
        )

    def _done(self, number: int, source: Source, record: str, done: Done) -> None:
        one = Imported(record, done.patient, source.path, done.changed, done.remarks)
        self._imported[number] = one
        for name, reason in done.unreadable.items():
            # A file beside the source, or a set in it.
            beside = source.path.with_name(name) if source.format.several else source.path
            said = reason if source.format.several else f"annotations {name}: {reason}"
            self._fail(number, Failure(beside, said), source)

    def _fail(self, number: int, failure: Failure, source: Source | None) -> None:
        self._failed.append((number, failure))
        self._ledger.failed(failure, source)

    def _draw(self) -> None:
        # What waits in the hands of a process is looked at and not done.
        under_way = len(self._given) - sum(self._shares.values())
        done = max(0.0, self._looked_at - under_way)
        self._progress.update(self._bar, completed=round(done, 2))


class _Ledger:
    """The report as lines of JSON, each written as it comes: it outlives a killed import."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        # Sources are looked at on other threads than what becomes of them is heard on.
        self._lock = threading.Lock()
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def failed(self, failure: Failure, source: Source | None) -> None:
        """Add a failure."""
        format_ = source.format.name if source else None
        self._add("failed", failure.path, failure.reason, format_)

    def passed(self, one: PassedOver) -> None:
        """Add a file that is no record."""
        self._add("passed over", one.path, one.reason, None)

    def _add(self, status: str, path: Path, reason: str, format_: str | None) -> None:
        if self._file is not None:
            said = {"status": status, "path": str(path), "format": format_, "reason": reason}
            with self._lock:
                self._file.write(json.dumps(said) + "\n")
                self._file.flush()


def record_id(name: str) -> str:
    """Return the id of the record made from one named `name`: `name-pq`, letters made plain.

    PhysioNet asks that modified copies of its records do not bear their names. Where letters had
    to be replaced, or the name is too long, a digest of it keeps two such names apart.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    if plain != name or len(plain) > 120:
        plain = f"{plain[:110]}-{sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
    identity = f"{plain}-pq"
    if not _ID.fullmatch(identity):
        raise ImportFailed(f"no record id can be made of {name!r}")
    return identity


def _alone(out: Path, options: Options, tasks: Iterator[Task], first: int) -> Iterator[Told]:
    """Carry out tasks in this process, and yield what becomes of them."""
    for number, task in enumerate(tasks, first):
        yield Told(number, carry_out(task, out, options, "", lambda _: None))


def _standing(out: Path) -> dict[str, list[str]]:
    """Return by folder of a record those of the patients in which it is: mostly one.

    Looked at once: to look for each record would take the square of their number.
    """
    found: dict[str, list[str]] = {}
    with os.scandir(out) as patients:
        for patient in sorted(patients, key=lambda one: one.name):
            if patient.name.startswith("patient=") and patient.is_dir():
                with os.scandir(patient.path) as records:
                    for record in records:
                        if record.name.startswith("record="):
                            found.setdefault(record.name, []).append(patient.name)
    return found
