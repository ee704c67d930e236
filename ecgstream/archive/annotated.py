"""Where annotation sets come from that are compared: archives, WFDB files, Parquet and CSV.

A place is `PATH` or `PATH:SET`: an archive and a set in it (`data:atr`), a folder of WFDB files and
an annotator (`mitdb:atr`), one WFDB annotation file (`mitdb/100.atr`), or a Parquet or CSV file
with a row a mark. What is not said by a file is said by the other side: the rate of a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ecgstream.errors import AnnotationsNotFound, ImportFailed, RecordNotFound, printable
from ecgstream.formats import wfdb_header
from ecgstream.formats.wfdb_annotations import read_annotations
from ecgstream.model.annotation import Annotations
from ecgstream.storage.catalog import scan
from ecgstream.storage.source import SignalSource
from ecgstream.storage.written import overlay_files
from ecgstream.storage.written.overlay_files import SUFFIXES, About, Find


class Place(Protocol):
    """Annotation sets of records, one of each."""

    @property
    def shown(self) -> str:
        """The place as it was named."""
        ...

    def records(self) -> list[str] | None:
        """Return whose they are; None where that has to be asked of the other side."""
        ...

    def measures(self, record: str) -> About | None:
        """Return what is known of a record here."""
        ...

    def annotations(self, record: str, about: About) -> Annotations | None:
        """Return the marks of a record at its rate; None where there are none of it."""
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """A set of each record of an archive."""

    shown: str
    source: SignalSource
    name: str

    def records(self) -> list[str]:
        """Return the records that have the set."""
        return [
            one.record
            for one in self.source.records()
            if self.name in {head.name for head in self.source.annotation_sets(one.record)}
        ]

    def measures(self, record: str) -> About | None:
        """Return what the archive says of any record that it has."""
        try:
            about = self.source.record(record)
        except RecordNotFound:
            return None
        leads = tuple(lead.name for lead in about.leads)
        return About(about.fs, about.length, leads)

    def annotations(self, record: str, about: About) -> Annotations | None:
        """Return the set of a record."""
        try:
            head = next(one for one in self.source.annotation_sets(record) if one.name == self.name)
            found = self.source.annotations(record, self.name)
        except (RecordNotFound, AnnotationsNotFound, StopIteration):
            return None
        return _at(found, head.fs, about.fs)


@dataclass(frozen=True, slots=True)
class WfdbFiles:
    """Annotation files of one annotator, by the names of their records."""

    shown: str
    files: Mapping[str, Path]

    def records(self) -> list[str]:
        """Return the records that have such a file."""
        return list(self.files)

    def measures(self, record: str) -> About | None:
        """Return what the header beside the file says."""
        file = self.files.get(record)
        header = file and file.with_name(f"{record}.hea")
        if header is None or not header.is_file():
            return None
        try:
            said = wfdb_header.parse(header.read_bytes())
        except ImportFailed as error:
            raise ImportFailed(f"{header}: {error}") from error
        return About(said.fs, said.frames, None)

    def annotations(self, record: str, about: About) -> Annotations | None:
        """Return what is in its file."""
        if record not in self.files:
            return None
        found = read_annotations(self.files[record], about.fs)
        return _at(Annotations.of(found.annotations), found.fs, about.fs)


@dataclass(slots=True)
class Table:
    """A Parquet or CSV file; read when the rates of its records are known."""

    shown: str
    path: Path
    held: overlay_files.OverlayFile | None = field(default=None)

    def records(self) -> list[str] | None:
        """Return whose marks there are, once it is read."""
        return None if self.held is None else list(self.held.of)

    def measures(self, record: str) -> None:
        """Return that a table says nothing of records."""

    def read(self, find: Find, only: str | None) -> dict[str, int]:
        """Read the file; `only` is whose marks these are where it does not say.

        Return how many rows are of each record that `find` does not know.
        """
        self.held = overlay_files.read(self.path, find, only)
        return self.held.unknown

    def annotations(self, record: str, about: About) -> Annotations | None:  # noqa: ARG002
        """Return the marks of a record."""
        return None if self.held is None else self.held.of.get(record)


def place(said: str) -> Place:
    """Return what a place of the command line names. Raises ImportFailed, SourceError."""
    path, name = _split(said)
    if not path.exists():
        raise ImportFailed(
            f"{said}: not there; expected a WFDB annotation file, a Parquet or CSV file, or a "
            "folder and a set: data:atr"
        )
    if path.is_file():
        if path.suffix in SUFFIXES:
            return Table(said, path)
        return WfdbFiles(said, {path.name.removesuffix(path.suffix): path})
    return _folder(said, path, name)


def _split(said: str) -> tuple[Path, str | None]:
    path = Path(said)
    head, colon, tail = said.rpartition(":")
    return (Path(head), tail) if colon and not path.exists() else (path, None)


def _folder(said: str, path: Path, name: str | None) -> Place:
    """Return a folder of WFDB files, or an archive, whichever has the set."""
    if name is None:
        raise ImportFailed(f"{said}: is a folder; say which set of it, as {said}:atr")
    files = {
        file.name.removesuffix(f".{name}"): file
        for file in sorted(path.glob("*"))
        if file.name.endswith(f".{name}") and file.is_file()
    }
    if files and f".{name}" not in SUFFIXES:
        return WfdbFiles(said, files)
    source = scan([str(path)])
    archive = Archive(said, source, name)
    if not archive.records():
        sets = sorted(
            {head.name for one in source.records() for head in source.annotation_sets(one.record)}
        )
        has = f"its records have {', '.join(sets) or 'no sets'}"
        none = "there are no records and no WFDB annotation files in it"
        raise ImportFailed(
            f"{said}: no set {printable(name)!r} there; {has if source.records() else none}"
        )
    return archive


def _at(found: Annotations, fs: float, to: float) -> Annotations:
    """Return marks that count at `fs` Hz as they count at `to` Hz."""
    return found if fs == to else found.at(fs, to)
