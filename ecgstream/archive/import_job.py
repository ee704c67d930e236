"""One record on its way: from a file of any format into our own layout."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.archive.deidentifying import DAY_S, Scrubber, days_back, mark_of, tells, whose
from ecgstream.archive.import_messages import Done, Options, Task
from ecgstream.errors import ImportFailed, SourceError
from ecgstream.formats.recording import AnnotationSet, Recording, Signal, unique
from ecgstream.formats.registry import FORMATS, Format
from ecgstream.storage import hive
from ecgstream.storage.derived import pyramids
from ecgstream.storage.hive import Footer, LeadColumn, SignalWriter
from ecgstream.storage.staging import staged

ORIGIN: Final = b"ecgstream.import"
"""The footer's second entry: what a file was made from, as JSON (see `Job.origin`)."""

MAKER: Final = 2
"""Counted up when the same source would give other files: those of before are then made anew.

1 kept the free text of WFDB headers. 2 leaves it out; what 1 made is as `keep_identity` makes it.
"""


NOBODY: Final = "the source names no patient: its dates moved by a number of days of their own"


NAMED: Final = (
    "the name of its file, by which it is called, says whose it is or when: see --hide-names"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A record that is up to date where it stands; `values`: of all its leads."""

    patient: str
    remarks: tuple[str, ...]
    unreadable: Mapping[str, str]
    values: int


class Job:
    """Imports one source. Made and used in a process that reads for an import."""

    def __init__(self, task: Task, out: Path, options: Options, mark: str = "") -> None:
        self._task = task
        self._path = Path(task.path)
        self._out = out
        self._options = options
        self._mark = mark
        self._format: Format = FORMATS[task.format]
        self._said = {
            "{name}": task.name,
            "{folder}": task.folder,
            "{format}": task.format,
        }
        default = f"{self._format.words} record {{name}}"
        self._source = filled(options.source or default, self._said)

    def run(self, step: Callable[[float], None]) -> Done:
        """Write the record where it is not up to date; `step` is told the share that is done.

        Raises ImportFailed and whatever else a bad source is good for.
        """
        digest = self._digest()
        target = self._out / self._task.standing[0] if len(self._task.standing) == 1 else None
        if target is not None:
            target /= hive.record_folder(self._out, "", self._task.record).name
            standing = self._standing(target, digest)
            if standing:
                made = self._pyramids(target, standing.values)
                return Done(standing.patient, made, standing.remarks, standing.unreadable)
        return self._make(digest, step)

    @cached_property
    def _recording(self) -> Recording:
        told = self._task.told
        try:
            said = self._format.told_of(told) if self._format.told and told is not None else None
        except ValueError as error:
            raise ImportFailed(f"mapping: {error}") from error
        return self._format.open_file(self._path, said)

    def _make(self, digest: str, step: Callable[[float], None]) -> Done:
        recording = self._recording
        patient = self._patient(recording)
        target = hive.record_folder(self._out, patient, self._task.record)
        for folder in self._task.standing:
            if folder != target.parent.name:
                raise ImportFailed(
                    f"record {self._task.record} is in {self._out} already as {folder}; "
                    "remove that folder, or import with another prefix"
                )
        # Four waits for the disk a record would be twice the time of it all; see `settled`.
        with staged(self._out, target, self._mark, settle=False) as stage:
            making = _Making(self, recording, patient, digest)
            unreadable = making.write(stage, step)
            self._pyramids(stage, sum(signal.length for signal in recording.signals))
        return Done(patient, True, making.remarks, unreadable)

    def _patient(self, recording: Recording) -> str:
        told = self._options.patient
        if told is None and self._options.keep_identity and recording.identity.patient:
            return recording.identity.patient.strip() or self._task.name
        patient = filled(told or "{name}", self._said).strip()
        if not patient:
            raise ImportFailed("the patient's name is empty")
        return patient

    def shifted(self, recording: Recording, patient: str) -> tuple[float | None, str | None]:
        """Return the start of a recording as it is to be written, and a remark about it."""
        key, start = self._options.shift_key, recording.start_time
        if key is None or start is None:
            return start, None
        if self._options.patient is not None:
            name, known = f"patient {patient}", True
        else:
            name, known = whose(recording.identity, self._task.record)
        return start - days_back(key, name) * DAY_S, None if known else NOBODY

    def _pyramids(self, folder: Path, values: int) -> bool:
        """Write the pyramids that are wanted and not there; return whether that was any."""
        if not self._options.pyramids or values <= pyramids.SMALL_VALUES:
            return False
        # Not at the top: Arrow's dataset loads pandas where that is installed.
        from ecgstream.storage.catalog import scan  # noqa: PLC0415

        source = scan([folder])
        record = self._task.record
        if all(one.record != record for one in source.records()):
            return False  # a server says why it leaves it out
        try:
            return bool(list(pyramids.write_beside(source, record, small=pyramids.SMALL_VALUES)))
        except SourceError as error:
            raise ImportFailed(f"what was written cannot be read: {error}") from error

    def _digest(self) -> str:
        """Return what must be equal for a record that stands there to be left as it is."""
        options = self._options
        key = mark_of(options.shift_key)
        said: list[Any] = [self._task.record, self._source, options.licence]
        if self._format.name == "wfdb" and options.keep_identity and key is None:
            # As version 1 made it, byte for byte.
            patient = filled(options.patient or "{name}", self._said).strip()
            said = [1, said[0], patient, *said[1:]]
        else:
            patient = filled(options.patient or "", self._said).strip()
            said = [MAKER, *said, patient, options.keep_identity, key]
            said += [self._format.name, self._format.maker, self._task.told]
        total = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode())
        for file in self._recording.files if self._format.several else (self._path,):
            total.update(file.name.encode() + b"\0")
            with file.open("rb") as opened:
                total.update(hashlib.file_digest(opened, "sha256").digest())
        return total.hexdigest()

    def _standing(self, target: Path, digest: str) -> Standing | None:
        """Return what is known of the record at `target`; None: it is not up to date."""
        files = sorted(target.glob("*.parquet"))
        found: Standing | None = None
        lengths: dict[float, int] = {}
        for file in files:
            try:
                schema = pq.read_schema(file)
                said = json.loads((schema.metadata or {})[ORIGIN])
                footer = Footer.decode(schema.metadata)
                if said["digest"] != digest or said["files"] != [one.name for one in files]:
                    return None
                if footer is None:
                    return None
                if footer.content == "signal":
                    lengths[footer.fs] = footer.length * len(schema.names)
                values = sum(lengths.values())
                remarks = tuple(str(one) for one in said["remarks"])
                found = Standing(footer.patient, remarks, dict(said["unreadable"]), values)
            except (KeyError, TypeError, ValueError, OSError, pa.ArrowException):
                return None
        return found

    def footer(self, recording: Recording, patient: str, start_time: float | None) -> Footer:
        """Return what all footers of the record have in common."""
        shifted = self._options.shift_key is not None and start_time is not None
        return Footer(
            content="signal",
            record=self._task.record,
            patient=patient,
            fs=recording.signals[0].fs,
            start=0,
            length=0,
            start_time=start_time,
            zone=recording.zone,
            source=self._source,
            licence=self._options.licence,
            fs_source=recording.fs_source,
            dates_shifted=shifted,
        )

    def origin(
        self,
        recording: Recording,
        digest: str,
        files: Sequence[str],
        remarks: Sequence[str],
        unreadable: Mapping[str, str],
    ) -> bytes:
        """Return the footer's second entry. Whose it is stands there only where that is wanted."""
        keep, identity = self._options.keep_identity, recording.identity
        said: dict[str, Any] = {
            "format": self._format.name,
            "name": self._task.name,
            "files": sorted(files),
            "digest": digest,
            "comments": recording.comments if keep else (),
            "remarks": remarks,
            "unreadable": unreadable,
        }
        if keep and (identity.patient or identity.name or identity.birth_date):
            said["identity"] = {
                "patient": identity.patient,
                "name": identity.name,
                "birth_date": identity.birth_date,
            }
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()

    def named_after(self, scrub: Scrubber) -> bool:
        """Return whether the record's name has what must not stand in its texts."""
        return self._options.name_key is None and tells(scrub, self._task.name)

    def scrubber(self, recording: Recording) -> Scrubber:
        """Return what takes names, and dates where these move, out of texts."""
        options = self._options
        identity = None if options.keep_identity else recording.identity
        hidden = () if options.name_key is None else (recording.name, self._path.name)
        return Scrubber.of(identity, dates=options.shift_key is not None, also=hidden)


class _Making:
    """The files of one record, written into a stage."""

    def __init__(self, job: Job, recording: Recording, patient: str, digest: str) -> None:
        self._job = job
        self._recording = recording
        self._digest = digest
        self._scrub = job.scrubber(recording)
        start_time, remark = job.shifted(recording, patient)
        self._footer = job.footer(recording, patient, start_time)
        remarks = [*recording.remarks, *([remark] if remark else [])]
        self.remarks = tuple(self._scrub.text(one) for one in remarks)
        if job.named_after(self._scrub):
            self.remarks += (NAMED,)
        names = [self._scrub.text(signal.name) for signal in recording.signals]
        self._columns = [
            _column(signal, name)
            for signal, name in zip(recording.signals, unique(names), strict=True)
        ]

    def write(self, stage: Path, step: Callable[[float], None]) -> dict[str, str]:
        """Write all files; return what of the source could not be read."""
        recording = self._recording
        annotated = recording.annotations()
        sets = [self._scrub.annotations(one) for one in annotated.sets]
        unreadable = {name: self._scrub.text(why) for name, why in annotated.unreadable.items()}
        members = list(self._by_rate())
        names = [hive.annotations_name(one.annotator) for one in sets]
        for fs, length, inside in members:
            rows = hive.file_rows(fs, hive.row_values([self._columns[i] for i in inside]))
            names += [hive.file_name(fs, n) for n in range(-(-length // rows))]
        shown = {self._scrub.text(name): why for name, why in unreadable.items()}
        origin = self._job.origin(recording, self._digest, names, self.remarks, shown)
        extra = {ORIGIN: origin}
        self._signals(stage, members, extra, step)
        for one in sets:
            self._annotations(stage, one, extra)
        return unreadable

    def _by_rate(self) -> Iterator[tuple[float, int, list[int]]]:
        """Yield each rate with its length in samples and the places of its signals."""
        signals = self._recording.signals
        for fs in dict.fromkeys(signal.fs for signal in signals):
            inside = [i for i, signal in enumerate(signals) if signal.fs == fs]
            yield fs, signals[inside[0]].length, inside

    def _signals(
        self,
        stage: Path,
        members: Sequence[tuple[float, int, list[int]]],
        extra: Mapping[bytes, bytes],
        step: Callable[[float], None],
    ) -> None:
        writers = [
            SignalWriter(
                stage,
                replace(self._footer, fs=fs, length=length),
                [self._columns[i] for i in inside],
                extra,
            )
            for fs, length, inside in members
        ]
        done, total = 0, sum(signal.length for signal in self._recording.signals)
        for chunk in self._recording.chunks():
            for writer, (_, _, inside) in zip(writers, members, strict=True):
                writer.write([chunk[i].values for i in inside], [chunk[i].missing for i in inside])
            done += sum(len(piece.values) for piece in chunk)
            step(done / total)
        for writer in writers:
            writer.close()

    def _annotations(self, stage: Path, one: AnnotationSet, extra: Mapping[bytes, bytes]) -> None:
        footer = replace(
            self._footer,
            content="annotations",
            fs=one.fs,
            length=round(self._recording.seconds * one.fs),
            annotator=one.annotator,
        )
        hive.write_annotations(stage, footer, one.annotations, extra)


def filled(text: str, said: Mapping[str, str]) -> str:
    """Return `text` with the marks of `said` filled in."""
    for mark, value in said.items():
        text = text.replace(mark, value)
    return text


def _column(signal: Signal, name: str) -> LeadColumn:
    return LeadColumn(
        name=name,
        unit=signal.unit,
        gain=signal.gain,
        baseline=signal.baseline,
        kind=signal.kind,
        type=signal.type,
    )
