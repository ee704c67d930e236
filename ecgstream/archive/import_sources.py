"""What there is to import: files by their content, WFDB records by their headers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecgstream.archive.import_mapping import MappingFile
from ecgstream.errors import EcgstreamError, ImportFailed
from ecgstream.formats import wfdb
from ecgstream.formats.registry import FORMATS, SUFFIXES, Format, head_of, recognise, stem
from ecgstream.formats.unread_csv import ENDINGS, unread

RECORDINGS: Final = SUFFIXES - {".txt", ".dat", ".asc"}
"""Endings of recordings alone: a file of such a name without a byte is one that was lost."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is a record, or names one; `size` in bytes, of all its files."""

    path: Path
    format: Format
    told: dict[str, object] | None
    size: int

    @property
    def name(self) -> str:
        """What its record is called."""
        return self.path.name.removesuffix(".hea") if self.format.several else stem(self.path)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that is not, or not whole, in the archive."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file in a folder that is no record, as far as anybody can see."""

    path: Path
    reason: str


Found = Source | Failure | PassedOver


class Listing:
    """All that `sources` name, each once, in an order that is always the same.

    A source is a file, a WFDB record's path without `.hea`, or a folder, taken with all below it
    but dotted names and `out`. `files` is how many will be looked at.
    """

    def __init__(self, sources: Sequence[Path], out: Path, mapping: MappingFile) -> None:
        self._mapping = mapping
        self._seen: set[str] = set()
        self._missing: dict[Format, str | None] = {}
        self._folders: list[tuple[Path, Path, list[str]]] = []
        self._named = [source for source in sources if not source.is_dir()]
        self._empty: list[Path] = []
        self._closed: list[Failure] = []
        for root in sources:
            if root.is_dir():
                below = list(_below(root, out.absolute(), self._closed))
                self._folders += below
                if not self._closed and not any(names for _, _, names in below):
                    self._empty.append(root)
        self.files = len(self._named) + sum(len(names) for _, _, names in self._folders)

    def __iter__(self) -> Iterator[Found]:
        for path in self._named:
            yield from self._file(path)
        yield from self._closed
        for path in self._empty:
            yield Failure(path, "there are no files in this folder")
        for root, folder, names in self._folders:
            yield from self._folder(root, folder, names)

    def _file(self, path: Path) -> Iterator[Found]:
        header = path.with_name(f"{path.name}.hea")
        if not path.exists():
            if not header.exists():
                yield Failure(path, f"no such file or folder, and no WFDB header {header.name}")
                return
            path = header
        if not self._new(path.parent, path.name):
            return
        found = self._known(path, path.name, {})
        if isinstance(found, PassedOver):
            beside = path.with_suffix(".hea")
            hint = f"; its record may be that of {beside.name}" if beside.exists() else ""
            yield Failure(path, f"{found.reason}{hint}")
        else:
            yield found

    def _folder(self, root: Path, folder: Path, names: list[str]) -> Iterator[Found]:
        # Headers first, to know which files are theirs and no records of their own.
        needs = {n: wfdb.needed_files(folder / n) for n in names if n.endswith(".hea")}
        needed = {file for files in needs.values() for file in files}
        stems = {name.removesuffix(".hea") for name in needs}
        for name in sorted(names, key=_header_first):
            if name in needed or not self._new(folder, name):
                continue
            path = folder / name
            found = self._known(path, path.relative_to(root).as_posix(), needs)
            # What lies beside a header under its name, an annotation file mostly, goes with it.
            beside = name.rpartition(".")[0] in stems and Path(name).suffix not in SUFFIXES
            if not (isinstance(found, PassedOver) and beside):
                yield found

    def _known(self, path: Path, relative: str, needs: Mapping[str, set[str]]) -> Found:
        """Return what a file is; `needs`: by the headers beside it what each is made of."""
        try:
            str(path).encode()
            entry = self._mapping.entry(relative)
            if path.suffix.lower() in RECORDINGS and path.is_file() and not path.stat().st_size:
                return Failure(path, "an empty file")
            kind = recognise(path) if entry is None else FORMATS[entry.format]
            if kind is None:
                return _unknown(path)
            if (missing := self._lacks(kind)) is not None:
                return Failure(path, missing)
            size = _size(path)
            if kind.several:
                size += sum(_size(path.with_name(name)) for name in _parts(path, needs))
        except UnicodeEncodeError:
            return Failure(path, "its name, or that of its folder, is not UTF-8: rename it")
        except ImportFailed as error:
            return Failure(path, str(error))
        return Source(path, kind, None if entry is None else entry.told, size)

    def _lacks(self, kind: Format) -> str | None:
        """Return what to install for a format; None: it can be read."""
        if kind not in self._missing:
            try:
                kind.require()
                self._missing[kind] = None
            except EcgstreamError as error:
                self._missing[kind] = str(error)
        return self._missing[kind]

    def _new(self, folder: Path, name: str) -> bool:
        """Return whether a file comes for the first time, under whatever name."""
        path = folder / name
        real = path.resolve() if path.is_symlink() else folder.resolve() / name
        if (identity := str(real)) in self._seen:
            return False
        self._seen.add(identity)
        return True


def _unknown(path: Path) -> Failure | PassedOver:
    """Return what a file of no known format is: a table that nobody can read is no stranger."""
    why = unread(head_of(path)) if path.suffix.lower() in ENDINGS else None
    if why is not None:
        return Failure(path, why)
    return PassedOver(path, f"{path.name}: not of a known format, by its first bytes")


def _header_first(name: str) -> tuple[str, bool, str]:
    """Return a key by which a WFDB header comes before what was exported under its name.

    A record has annotations in WFDB that most exports lack.
    """
    plain, _, ending = name.rpartition(".")
    return plain or name, ending != "hea", name


def _below(root: Path, out: Path, closed: list[Failure]) -> Iterator[tuple[Path, Path, list[str]]]:
    """Yield the folders below `root`, with the names of the files in them; add the `closed`."""

    def refused(error: OSError) -> None:
        closed.append(Failure(Path(error.filename), f"cannot be looked into: {error.strerror}"))

    for place, folders, names in os.walk(root, onerror=refused):
        folder = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and (folder / name).absolute() != out
        )
        yield root, folder, sorted(name for name in names if not name.startswith("."))


def _parts(header: Path, needs: Mapping[str, set[str]]) -> set[str]:
    """Return the files that a record is made of, those of its segments too."""
    own = needs.get(header.name) or wfdb.needed_files(header)
    return own.union(*(needs.get(name, ()) for name in own))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
