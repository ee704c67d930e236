"""Records of other formats into our own layout, one at a time, in bounded memory."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ecgstream.errors import ImportFailed, SourceError
from ecgstream.formats import wfdb
from ecgstream.formats.recording import Recording, Signal
from ecgstream.storage.hive import (
    Footer,
    LeadColumn,
    SignalWriter,
    file_name,
    file_rows,
    record_folder,
    write_annotations,
)
from ecgstream.storage.pyramids import SMALL_VALUES, write_beside
from ecgstream.storage.staging import staged, writing

ORIGIN: Final = b"ecgstream.import"
"""The footer's second entry: what a file was made from, as JSON (see `_Job.origin`)."""

MAKER: Final = 1
"""Counted up when the same source would give other files: those of before are then made anew."""

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True, slots=True)
class Options:
    """What the importer is told.

    `patient`: for all records; None = the record's own name, for WFDB headers name no patient.
    `source`, `licence`: go into every footer. `prefix`: begins every record id. In `patient` and
    `source`, `{name}` stands for a record's own name and `{folder}` for that of its folder.
    `pyramids`: whether long records get their envelope pyramid beside them (`docs/tiles.md`).
    """

    patient: str | None = None
    source: str | None = None
    licence: str | None = None
    prefix: str = ""
    pyramids: bool = True


@dataclass(frozen=True, slots=True)
class Imported:
    """A record that stands in the archive; `changed` False: it stood there so before."""

    record: str
    patient: str
    path: Path
    changed: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that is not, or not whole, in the archive."""

    path: Path
    reason: str


@dataclass(slots=True)
class Report:
    """What an import did. `exit_code` is 0 only where nothing failed."""

    imported: list[Imported] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0, or 1 where something failed."""
        return 1 if self.failed else 0

    def lines(self) -> Iterator[str]:
        """Yield it line by line, for a person."""
        for one in self.imported:
            done = "imported" if one.changed else "unchanged"
            yield f"{done} {one.record} (patient {one.patient}) from {one.path}"
            yield from (f"  {remark}" for remark in one.remarks)
        for failure in self.failed:
            yield f"FAILED {failure.path}: {failure.reason}"
        changed = sum(one.changed for one in self.imported)
        yield (
            f"{changed} imported, {len(self.imported) - changed} unchanged, "
            f"{len(self.failed)} failed"
        )


def import_archive(
    sources: Sequence[Path],
    out: Path,
    *,
    options: Options | None = None,
    console: Console | None = None,
) -> Report:
    """Import WFDB records into the archive `out`, made where it is not there.

    A source is a header file, a record's path without `.hea`, or a folder, taken with all below
    it. What fails is in the report, and the rest goes on. A record that is up to date is not
    touched. A progress bar is drawn on `console` where that is a terminal. Raises ImportFailed
    where nothing can be imported at all: no wfdb package, `out` not to be written.
    """
    options = options or Options()
    wfdb.require()
    report = Report()
    try:
        with writing(out), _progress(console) as progress:
            headers = list(_headers(sources, report))
            overall = progress.add_task("records", total=len(headers))
            taken: dict[str, Path] = {}
            for header in headers:
                task = progress.add_task(header.stem, total=None)
                try:
                    job = _Job(header, out, options)
                    job.claim(taken)

                    def step(done: float, task: Any = task, total: float = job.seconds) -> None:
                        progress.update(task, completed=done, total=total)

                    report.imported.append(job.run(step, report.failed))
                except (ImportFailed, OSError, ValueError, pa.ArrowException) as error:
                    report.failed.append(Failure(header, str(error)))
                progress.remove_task(task)
                progress.advance(overall)
    except OSError as error:
        raise ImportFailed(f"{out}: cannot be written to: {error.strerror}") from error
    return report


class _Job:
    """One record on its way."""

    def __init__(self, header: Path, out: Path, options: Options) -> None:
        self._header = header
        self._out = out
        self._recording: Recording = wfdb.open_record(header)
        self._options = options
        name = header.name.removesuffix(".hea")
        self.record = record_id(f"{options.prefix}{name}")
        said = {"{name}": name, "{folder}": header.absolute().parent.name}
        self.patient = _filled(options.patient or "{name}", said).strip()
        self._source = _filled(options.source or "WFDB record {name}", said)
        if not self.patient:
            raise ImportFailed("the patient's name is empty")
        self.seconds = self._recording.seconds

    def claim(self, taken: dict[str, Path]) -> None:
        """Take the record id. Raises ImportFailed where another record has it."""
        other = taken.setdefault(self.record, self._header)
        if other != self._header:
            raise ImportFailed(
                f"its record id {self.record} is also that of {other}; "
                "import one of them with another prefix"
            )
        target = record_folder(self._out, self.patient, self.record)
        for folder in self._out.glob(f"patient=*/{target.name}"):
            if folder != target:
                raise ImportFailed(
                    f"record {self.record} is in {self._out} already as {folder.parent.name}; "
                    "remove that folder, or import with another prefix"
                )

    def run(self, step: Callable[[float], None], failed: list[Failure]) -> Imported:
        """Write the record where it is not up to date; `step` is told the seconds done."""
        target = record_folder(self._out, self.patient, self.record)
        digest = self._digest()
        unreadable = self._standing(target, digest)
        if changed := unreadable is None:
            with staged(self._out, target) as stage:
                unreadable = self._write(stage, digest, step)
                self._pyramids(stage)
        elif self._options.pyramids:
            changed = self._pyramids(target)
        for name, reason in (unreadable or {}).items():
            failed.append(Failure(self._header.with_name(name), reason))
        return Imported(self.record, self.patient, self._header, changed, self._recording.remarks)

    def _pyramids(self, folder: Path) -> bool:
        """Write the pyramids that are wanted and not there; return whether that was any."""
        values = sum(signal.length for signal in self._recording.signals)
        if not self._options.pyramids or values <= SMALL_VALUES:
            return False
        # Not at the top: Arrow's dataset loads pandas where that is installed.
        from ecgstream.storage.catalog import scan  # noqa: PLC0415

        source = scan([folder])
        if all(record.record != self.record for record in source.records()):
            return False  # a server says why it leaves it out
        try:
            return bool(list(write_beside(source, self.record, small=SMALL_VALUES)))
        except SourceError as error:
            raise ImportFailed(f"what was written cannot be read: {error}") from error

    def _digest(self) -> str:
        """Return what must be equal for a record that stands there to be left as it is."""
        said = [MAKER, self.record, self.patient, self._source, self._options.licence]
        total = hashlib.sha256(json.dumps(said).encode())
        for file in self._recording.files:
            total.update(file.name.encode() + b"\0")
            with file.open("rb") as opened:
                total.update(hashlib.file_digest(opened, "sha256").digest())
        return total.hexdigest()

    def _standing(self, target: Path, digest: str) -> dict[str, str] | None:
        """Return the unreadable sources of the record at `target`; None: it is not up to date."""
        files = sorted(target.glob("*.parquet"))
        unreadable: dict[str, str] | None = None
        for file in files:
            try:
                said = json.loads((pq.read_schema(file).metadata or {})[ORIGIN])
                if said["digest"] != digest or said["files"] != [one.name for one in files]:
                    return None
                unreadable = dict(said["unreadable"])
            except (KeyError, TypeError, ValueError, OSError, pa.ArrowException):
                return None
        return unreadable

    def _write(self, stage: Path, digest: str, step: Callable[[float], None]) -> dict[str, str]:
        recording = self._recording
        annotated = recording.annotations()
        sets, unreadable = annotated.sets, dict(annotated.unreadable)
        rates = list(dict.fromkeys(signal.fs for signal in recording.signals))
        members = [[i for i, s in enumerate(recording.signals) if s.fs == fs] for fs in rates]
        names = [f"annotations-{one.annotator}.parquet" for one in sets]
        for fs, inside in zip(rates, members, strict=True):
            length = recording.signals[inside[0]].length
            names += [file_name(fs, n) for n in range(-(-length // file_rows(fs, len(inside))))]
        extra = {ORIGIN: self._origin(digest, sorted(names), unreadable)}
        writers = [
            SignalWriter(
                stage,
                self._footer("signal", fs, recording.signals[inside[0]].length),
                [_column(recording.signals[i]) for i in inside],
                extra,
            )
            for fs, inside in zip(rates, members, strict=True)
        ]
        done = 0
        first = recording.signals[0]
        for chunk in recording.chunks():
            for writer, inside in zip(writers, members, strict=True):
                writer.write([chunk[i].values for i in inside], [chunk[i].missing for i in inside])
            done += len(chunk[0].values)
            step(done / first.fs)
        for writer in writers:
            writer.close()
        for one in sets:
            length = round(recording.seconds * one.fs)
            footer = self._footer("annotations", one.fs, length, one.annotator)
            write_annotations(stage, footer, one.annotations, extra)
        return unreadable

    def _footer(self, content: str, fs: float, length: int, annotator: str | None = None) -> Footer:
        return Footer(
            content=content,
            record=self.record,
            patient=self.patient,
            fs=fs,
            start=0,
            length=length,
            start_time=self._recording.start_time,
            zone=self._recording.zone,
            source=self._source,
            licence=self._options.licence,
            fs_source=self._recording.fs_source,
            annotator=annotator,
        )

    def _origin(self, digest: str, files: list[str], unreadable: dict[str, str]) -> bytes:
        said = {
            "format": "wfdb",
            "name": self._recording.name,
            "files": files,
            "digest": digest,
            "comments": self._recording.comments,
            "remarks": self._recording.remarks,
            "unreadable": unreadable,
        }
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def record_id(name: str) -> str:
    """Return the id of the record made from one named `name`: `name-pq`, letters made plain.

    PhysioNet asks that modified copies of its records do not bear their names. Where letters had
    to be replaced, or the name is too long, a digest of it keeps two such names apart.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    if plain != name or len(plain) > 120:
        plain = f"{plain[:110]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    identity = f"{plain}-pq"
    if not _ID.fullmatch(identity):
        raise ImportFailed(f"no record id can be made of {name!r}")
    return identity


def _filled(text: str, said: dict[str, str]) -> str:
    for mark, value in said.items():
        text = text.replace(mark, value)
    return text


def _column(signal: Signal) -> LeadColumn:
    return LeadColumn(
        name=signal.name,
        unit=signal.unit,
        gain=signal.gain,
        baseline=signal.baseline,
        kind=signal.kind,
        type=signal.type,
    )


def _headers(sources: Sequence[Path], report: Report) -> Iterator[Path]:
    """Yield the header files of the records that `sources` name, each once."""
    seen: set[Path] = set()
    for source in sources:
        if source.is_dir():
            found = _records_below(source)
            reason = "no WFDB records (.hea files) in this folder"
        else:
            header = source if source.suffix == ".hea" else source.with_name(f"{source.name}.hea")
            found = [header] if header.exists() else []
            reason = f"no such folder, and no WFDB header {header.name} there"
        if not found:
            report.failed.append(Failure(source, reason))
        for header in found:
            if (identity := header.resolve()) not in seen:
                seen.add(identity)
                yield header


def _records_below(folder: Path) -> list[Path]:
    """Return the headers below `folder` that are records of their own, not segments of others."""
    headers = sorted(
        path
        for path in folder.rglob("*.hea")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    segments = {path.with_name(f"{n}.hea") for path in headers for n in wfdb.segment_names(path)}
    return [path for path in headers if path not in segments]


def _progress(console: Console | None) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=console is None or not console.is_terminal,
    )
