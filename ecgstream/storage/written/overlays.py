"""Overlays of records: files beside the archive or named to us, and predictions published to us.

A file is a set of its name (`af-net.csv` is `af-net`) on all records that it names. What is
published is a file for each set and record below one folder, so that a set is replaced record by
record, whole or not at all, and other workers see it at once. All of it blocks and is safe on any
thread; files are looked at with each question and read again when they have changed.
"""

import logging
import os
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ecgstream.errors import (
    AnnotationsNotFound,
    RecordNotFound,
    SourceError,
    SourceUnavailable,
)
from ecgstream.model.annotation import (
    COMMENT,
    POINT,
    AnnotationHead,
    Annotations,
    Extras,
)
from ecgstream.model.figures import some
from ecgstream.storage.source import SignalSource
from ecgstream.storage.staging import synced
from ecgstream.storage.written import overlay_files
from ecgstream.storage.written.overlay_files import SUFFIXES, About, OverlayFile
from ecgstream.storage.written.reserved import reserved
from ecgstream.storage.written.store import default_store, file_of

FOLDER: Final = "_overlays"
"""The folder below the root of an archive in which overlays are looked for."""

PUBLISHED: Final = "predictions"

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a set may be called: it stands in addresses and is the name of a file."""

KEPT_ROWS: Final = 5_000_000
"""Rows of published files that are kept in memory, the ones used last."""

BY: Final = b"ecgstream.published_by"
AT: Final = b"ecgstream.published_at"

_log = logging.getLogger("ecgstream.overlays")

Stamp = tuple[int, int, int]

NOWHERE: Final[Stamp] = (-1, -1, -1)
"""In place of the stamp of a file that is not there."""


def default_folder(environ: Mapping[str, str], store: str | None) -> Path | None:
    """Return where predictions are kept: beside the store, where that is a file.

    None where it is none and there is no home. Raises ConfigError.
    """
    place = None if store is None else file_of(store)
    place = place or default_store(environ)
    return None if place is None else Path(place).absolute().parent / PUBLISHED


def beside(roots: Iterable[str]) -> list[Path]:
    """Return the overlays beside archives: those in their folder of that name, local ones only."""
    folders = [Path(root) / FOLDER for root in roots if "://" not in root]
    return [
        file
        for folder in folders
        if folder.is_dir()
        for file in sorted(folder.iterdir())
        if file.suffix in SUFFIXES and not file.name.startswith((".", "_"))
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A file as it was read; `source` says in words where it is from."""

    stamp: Stamp
    held: OverlayFile
    source: str


class Overlays:
    """The overlays of the records of `source`."""

    def __init__(self, source: SignalSource, files: Iterable[Path], published: Path | None) -> None:
        self._source = source
        self._files: dict[str, Path] = {}
        self._folder = published
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()
        self._bad: dict[Path, Stamp] = {}
        self._lock = threading.Lock()
        for file in files:
            name = file.name.removesuffix(file.suffix)
            if (what := reserved(name)) is not None:
                _log.warning(
                    "left out: overlay %s: the name %s is kept for %s: call the file otherwise",
                    file, name, what,
                )  # fmt: skip
            elif not NAME.fullmatch(name):
                _log.warning(
                    "left out: overlay %s: expected a name of A-Z a-z 0-9 . _ - before its ending",
                    file,
                )
            elif name in self._files:
                _log.warning(
                    "left out: overlay %s: %s is a set of that name already", file,
                    self._files[name],
                )  # fmt: skip
            else:
                self._files[name] = file

    def load(self) -> None:
        """Read the files named to us, so that what is wrong with them is in the log at once."""
        for name, path in self._files.items():
            kept = self._of(path, None)
            if kept is None:
                continue
            held = kept.held
            counts = some(len(held), "mark"), some(len(held.of), "record")
            _log.info("overlay %s: %s on %s", name, *counts)
            if kept.held.unknown:
                first = next(iter(kept.held.unknown))
                _log.warning(
                    "overlay %s: not here: %s of %s, as %r",
                    path, some(sum(kept.held.unknown.values()), "row"),
                    some(len(kept.held.unknown), "record"), first,
                )  # fmt: skip

    def renew(self) -> None:
        """Read all again when it is asked for: records are others now, and lengths with them."""
        with self._lock:
            self._kept.clear()
            self._bad.clear()

    def heads(self, record: str) -> list[AnnotationHead]:
        """Return the overlays of a record, sorted by name. Raises RecordNotFound."""
        about = self._source.record(record)
        stored = {head.name for head in self._source.annotation_sets(record)}
        found: dict[str, AnnotationHead] = {}
        for name, path in self._places(record):
            kept = self._of(path, record)
            if kept is not None and record in kept.held.of and name not in stored:
                count = len(kept.held.of[record])
                found.setdefault(name, AnnotationHead(name, about.fs, count, kept.source))
        return [found[name] for name in sorted(found)]

    def annotations(self, record: str, name: str) -> Annotations:
        """Return one of them, the same object as long as nothing has changed.

        Raises RecordNotFound and AnnotationsNotFound.
        """
        for known, path in self._places(record):
            kept = self._of(path, record) if known == name else None
            if kept is not None and record in kept.held.of:
                return kept.held.of[record]
        raise AnnotationsNotFound(record, name, [head.name for head in self.heads(record)])

    def publish(self, record: str, name: str, marks: Annotations, by: str, at: str) -> bool:
        """Keep a set of a record in place of the one before; return whether there was none.

        `by` and `at` say who gave it and when. Raises SourceUnavailable where it cannot be kept.
        """
        path = self._published(record, name)
        fresh = not path.exists()
        table = _table(marks).replace_schema_metadata({BY: by.encode(), AT: at.encode()})
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _replacing(path) as part:
                pq.write_table(table, part, compression="zstd")
        except OSError as error:
            raise SourceUnavailable(
                f"cannot keep predictions: {error.strerror or error}", path=str(path)
            ) from error
        return fresh

    def withdraw(self, record: str, name: str) -> None:
        """Take a published set away from a record. Raises AnnotationsNotFound."""
        try:
            self._published(record, name).unlink()
        except FileNotFoundError:
            published = [known for known, _ in self._published_of(record)]
            raise AnnotationsNotFound(record, name, published) from None

    def taken(self, record: str, name: str) -> str | None:
        """Return what else has that name on a record: nothing may be published over it."""
        if name in {head.name for head in self._source.annotation_sets(record)}:
            return "a stored set"
        path = self._files.get(name)
        kept = self._of(path, record) if path else None
        return "an overlay file" if kept is not None and record in kept.held.of else None

    def _places(self, record: str) -> Iterator[tuple[str, Path]]:
        yield from self._files.items()
        yield from self._published_of(record)

    def _published_of(self, record: str) -> Iterator[tuple[str, Path]]:
        if self._folder is None:
            return
        try:
            folders = sorted(entry.name for entry in os.scandir(self._folder) if entry.is_dir())
        except OSError:
            return
        for name in folders:
            path = self._folder / name / f"{record}.parquet"
            if path.exists():
                yield name, path

    def _published(self, record: str, name: str) -> Path:
        if self._folder is None:
            raise SourceUnavailable("there is no folder for predictions: name one by --predictions")
        return self._folder / name / f"{record}.parquet"

    def _of(self, path: Path, record: str | None) -> _Kept | None:
        """Return what is in a file now; None, and a line in the log, where that is no overlay."""
        with self._lock:
            try:
                status = path.stat()
                stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
                kept = self._kept.get(path)
                if kept is not None and kept.stamp == stamp:
                    self._kept.move_to_end(path)
                    return kept
                if self._bad.get(path) == stamp:
                    return None
            except OSError as error:
                # Told once: it is looked for with each question, for it may come yet.
                if self._bad.get(path) != NOWHERE:
                    _log.warning("left out: overlay %s: %s", path, error.strerror or error)
                self._bad[path] = NOWHERE
                self._kept.pop(path, None)
                return None
            try:
                held = overlay_files.read(path, self._about, record)
                source = self._said(path)
            except SourceError as error:
                _log.warning("left out: overlay: %s", error)
                self._bad[path] = stamp
                self._kept.pop(path, None)
                return None
            kept = self._kept[path] = _Kept(stamp, held, source)
            self._kept.move_to_end(path)
            self._trim()
            return kept

    def _about(self, record: str) -> About | None:
        try:
            about = self._source.record(record)
        except RecordNotFound:
            return None
        return About(about.fs, about.length, tuple(lead.name for lead in about.leads))

    def _said(self, path: Path) -> str:
        """Return in words where a set is from."""
        if path in self._files.values():
            return f"overlay file {path.name}"
        said = pq.read_metadata(path).metadata or {}
        by, at = (said.get(key, b"").decode() for key in (BY, AT))
        return f"published by {by or 'nobody known'}, {at}"

    def _trim(self) -> None:
        named = set(self._files.values())
        published = [path for path in self._kept if path not in named]
        rows = sum(len(self._kept[path].held) for path in published)
        for path in published[:-1]:
            if rows <= KEPT_ROWS:
                return
            rows -= len(self._kept.pop(path).held)


def _table(marks: Annotations) -> pa.Table:
    """Return the columns of a file that says the same."""
    extras = marks.extras or _plain(len(marks))
    symbols = np.array(marks.symbols, object)[marks.symbol]
    notes = np.array(marks.aux_notes, object)[marks.aux_note]
    leads = np.array([*extras.leads, None], object)
    return pa.table(
        {
            "sample": pa.array(marks.sample),
            "end": pa.array(extras.stop, mask=extras.stop == POINT),
            "label": pa.array(np.where(symbols == COMMENT, notes, symbols), pa.string()),
            "score": pa.array(extras.score, mask=np.isnan(extras.score)),
            "lead": pa.array(leads[extras.lead], pa.string()),
        }
    )


def _plain(count: int) -> Extras:
    nowhere = np.full(count, -1)
    return Extras(nowhere, np.full(count, np.nan), nowhere, ())


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Offer a name beside `path` whose file takes its place at the end, whole and on the disk."""
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield part
        part.chmod(0o600)
        synced(part)
        part.replace(path)
        synced(path.parent)
    finally:
        part.unlink(missing_ok=True)
