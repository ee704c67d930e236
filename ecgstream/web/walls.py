"""The walls that are served: their file, read again when it changes, and what a screen is told."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import msgspec

from ecgstream.errors import BadWall, ConfigError, RecordNotFound, WallNotFound
from ecgstream.model.record import Lead, Record
from ecgstream.model.wall import Bed, Wall, demo, parse, placed, to_toml, tried
from ecgstream.storage.source import SignalSource
from ecgstream.web.beside import Stamp, stamp_of

VERSION_DIGITS: Final = 16

_log = logging.getLogger("ecgstream.walls")


class WallLead(msgspec.Struct, frozen=True):
    """A lead of a tile: `physical = (value - baseline) / gain` in `unit`."""

    name: str
    unit: str | None
    gain: float
    baseline: float
    kind: str


class WallBed(msgspec.Struct, frozen=True):
    """A tile: what to subscribe to, and what stands on it. `fs` in Hz.

    `missing` says what the archive has not, in words: then there are no `leads`, and no `fs`.
    """

    label: str
    pseudonym: str | None
    record: str
    kind: Literal["stored"]
    at: Literal["shared"]
    leads: list[WallLead]
    fs: float | None
    missing: str | None = None


class WallDim(msgspec.Struct, frozen=True):
    """Darker from HH:MM to HH:MM on the screen's own clock; `brightness` is of the full one."""

    brightness: float
    start: str = msgspec.field(name="from")
    stop: str = msgspec.field(name="to")


class Shown(msgspec.Struct, frozen=True):
    """A wall as a screen is told of it; `version` is another one for all other content."""

    name: str | None
    title: str
    version: str
    mm_per_s: float
    mm_per_mv: float
    privacy: bool
    dim: WallDim | None
    beds: list[WallBed]
    toml: str


class ListedWall(msgspec.Struct, frozen=True):
    """A wall as the list shows it; `beds` is how many."""

    name: str
    title: str
    beds: int


@dataclass(frozen=True, slots=True)
class Hung:
    """A wall with its records looked up. `body` is `shown` as JSON."""

    shown: Shown
    body: bytes
    leads: Mapping[str, frozenset[str]]
    """By record, the leads on it."""

    @property
    def etag(self) -> str:
        """What changes when it does."""
        return f'"{self.shown.version}"'


DEMO_OF: Final = 1_000
"""Records that the demo wall is chosen from: to look at 100,000 takes seconds."""


class Walls:
    """The walls by name. Belongs to one event loop; only `refresh` may be called on a thread."""

    def __init__(self, source: SignalSource, file: Path | None) -> None:
        """Read `file`; without one a demo wall over the records of `source` is served.

        Raises ConfigError naming file, wall, bed, and what was expected there.
        """
        self._source = source
        self._file = file
        self._stamp: Stamp = None
        self._said = ""
        self._hung: Mapping[str, Hung] = {}
        self._anew = False
        if file is None:
            self._hung = _of_demo(source)
            return
        try:
            self._stamp = stamp_of(file)
            self._hung = _read(file, source)
            self._warn()
        except OSError as error:
            raise ConfigError(
                f"{file}: {error.strerror}; docs/wall.md tells what stands in a file of walls"
            ) from error
        except BadWall as error:
            raise ConfigError(f"{file}: {error}") from None

    def refresh(self) -> bool:
        """Read the file again if it is another one than last time; say whether walls changed.

        One `stat` while it is the same. What cannot be read or understood changes nothing, and is
        logged once: a slip of an editor must not darken the screens.
        """
        anew, self._anew = self._anew, False
        if self._file is None:
            before = self._hung
            self._hung = _of_demo(self._source) if anew else before
            return self._hung != before
        try:
            stamp = stamp_of(self._file)
            if stamp is not None and stamp == self._stamp and not anew:
                return False
            hung = _read(self._file, self._source)
        except BadWall as error:
            self._stamp = stamp
            self._complain(str(error))
            return False
        except OSError as error:
            # Looked at again: rights are mended without the file being another one.
            self._complain(error.strerror or str(error))
            return False
        changed = hung != self._hung
        self._stamp, self._hung, self._said = stamp, hung, ""
        if changed:
            _log.info("%s: read again, %d walls", self._file, len(hung))
            self._warn()
        return changed

    def renew(self) -> None:
        """Have the next `refresh` look all records up again: some are new, others, or gone."""
        self._anew = True

    def _warn(self) -> None:
        """Say which beds have nothing to show."""
        for name, hung in self._hung.items():
            for number, bed in enumerate(hung.shown.beds, 1):
                if bed.missing is not None:
                    where = f"wall {name!r}: {placed(number, bed.label)}"
                    _log.warning("%s: %s: %s", self._file, where, bed.missing)

    def _complain(self, what: str) -> None:
        if what != self._said:
            self._said = what
            _log.error("%s: %s; the walls read before stay as they are", self._file, what)

    def listed(self) -> list[ListedWall]:
        """Return all walls, in the order of the file."""
        return [
            ListedWall(name, hung.shown.title, len(hung.shown.beds))
            for name, hung in self._hung.items()
        ]

    def named(self, name: str) -> Hung:
        """Return the wall of that name. Raises WallNotFound."""
        try:
            return self._hung[name]
        except KeyError:
            raise WallNotFound(name) from None

    def tried(self, beds: str, title: str) -> Hung:
        """Return a wall of `beds`: `record:lead,lead;record;...`. Raises BadWall naming the bed."""
        return _hung(tried(beds, title), self._source, whole=True)

    def permits(self, wall: str, record: str, leads: Sequence[str] | None) -> bool:
        """Say whether who may see `wall` alone may see `leads` of `record`.

        Without `leads`: any of them.
        """
        hung = self._hung.get(wall)
        there = hung.leads.get(record) if hung else None
        return there is not None and (leads is None or there.issuperset(leads))


def _of_demo(source: SignalSource) -> dict[str, Hung]:
    wall = demo(source.records()[:DEMO_OF])
    return {} if wall is None else {str(wall.name): _hung(wall, source)}


def _read(file: Path, source: SignalSource) -> dict[str, Hung]:
    """Return the walls of a file. Raises OSError, BadWall. Blocks.

    What the archive has not leaves one tile empty: a disk that is not there when the server starts
    must not darken all screens.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadWall(f"not UTF-8 at byte {error.start}") from None
    return {name: _hung(wall, source) for name, wall in parse(text).items()}


def _hung(wall: Wall, source: SignalSource, *, whole: bool = False) -> Hung:
    """Return `wall` with what the records say of its leads.

    A bed that the archive has not says so; if it has to be `whole`, BadWall naming it is raised.
    """
    beds, shown = [], []
    leads: dict[str, frozenset[str]] = {}
    for number, bed in enumerate(wall.beds, 1):
        try:
            chosen, missing = bed.choose(_record(bed, source)), None
        except BadWall as error:
            if whole:
                raise BadWall(f"{placed(number, bed.label)}: {error}") from None
            chosen, missing = (), str(error)
        names = tuple(lead.name for lead in chosen)
        beds.append(replace(bed, leads=names) if names else bed)
        shown.append(_bed(bed, chosen, missing))
        if names:
            leads[bed.record] = leads.get(bed.record, frozenset()) | set(names)
    named = replace(wall, beds=tuple(beds))
    dim = wall.dim
    said = Shown(
        named.name,
        named.title,
        "",
        named.mm_per_s,
        named.mm_per_mv,
        named.privacy,
        None if dim is None else WallDim(dim.brightness, dim.start, dim.stop),
        shown,
        to_toml(named),
    )
    version = hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:VERSION_DIGITS]
    said = msgspec.structs.replace(said, version=version)
    return Hung(said, msgspec.json.encode(said), leads)


def _record(bed: Bed, source: SignalSource) -> Record:
    try:
        return source.record(bed.record)
    except RecordNotFound as error:
        raise BadWall(str(error)) from None


def _bed(bed: Bed, leads: Sequence[Lead], missing: str | None) -> WallBed:
    return WallBed(
        bed.label,
        bed.pseudonym,
        bed.record,
        "stored",
        "shared",
        [WallLead(one.name, one.unit, one.gain, one.baseline, one.kind) for one in leads],
        leads[0].fs if leads else None,
        missing,
    )
