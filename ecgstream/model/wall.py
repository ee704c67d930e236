"""A wall: beds side by side on one screen, the same wherever it hangs.

    [walls.icu-2]
    title = "ICU 2"
    [[walls.icu-2.beds]]
    label = "Bed 1"
    record = "100-pq"
    leads = ["MLII"]

What is left out has a default; what is not known is refused, for a field that is misspelt and
passed over would be a privacy that is not kept.
"""

import heapq
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from ecgstream.errors import BadField, BadWall, LeadNotFound, printable
from ecgstream.model.record import ECG, Lead, Record, common_dtype
from ecgstream.model.unit import millivolts

MM_PER_S: Final = (12.5, 25.0, 50.0)
MM_PER_MV: Final = (5.0, 10.0, 20.0)
MOST_BEDS: Final = 36
MOST_LEADS: Final = 3
DIMMEST: Final = 0.3
"""Of full brightness. A screen that is darker looks like one that is off."""
DEMO: Final = "demo"
DEMO_BEDS: Final = 8

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLACE: Final = re.compile(r"(.+) - at `\$\.?(.+)`")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dim:
    """Night on the screen's own clock: from `start` to `stop`, both HH:MM, over midnight too.

    `brightness` is the part of the full one, DIMMEST to 1. Raises BadWall.
    """

    start: str
    stop: str
    brightness: float

    def __post_init__(self) -> None:
        """Check it."""
        for field, time in (("from", self.start), ("to", self.stop)):
            if not _TIME.fullmatch(time):
                raise BadWall(f'dim.{field}: expected a time such as "22:00", got {time[:40]!r}')
        if self.start == self.stop:
            raise BadWall("dim.to: the same as dim.from; leave dim out for a screen that never is")
        if not DIMMEST <= self.brightness <= 1:
            raise BadWall(
                f"dim.brightness: expected {DIMMEST:g} to 1, got {self.brightness:g}; "
                "a darker screen looks like one that is off"
            )


@dataclass(frozen=True, slots=True)
class Bed:
    """A tile. `leads` are 1 to MOST_LEADS names, none for the record's first ECG lead.

    Raises BadWall.
    """

    label: str
    record: str
    leads: tuple[str, ...] = ()
    pseudonym: str | None = None

    def __post_init__(self) -> None:
        """Check what needs no record."""
        _check_text("label", self.label, 40)
        if self.pseudonym is not None:
            _check_text("pseudonym", self.pseudonym, 40)
        if len(self.leads) > MOST_LEADS:
            raise BadWall(f"leads: expected 1 to {MOST_LEADS} names, got {len(self.leads)}")

    def choose(self, record: Record) -> tuple[Lead, ...]:
        """Return the leads of `record`, which is this bed's, in order, all of one rate.

        Raises BadWall where it has not got them.
        """
        try:
            leads = record.choose(self.leads or (record.first.name,))
            common_dtype(leads)
        except (LeadNotFound, BadField) as error:
            raise BadWall(printable(str(error))) from None
        for lead in leads:
            # An empty strip would be taken for a flat one.
            if not _drawn(lead):
                unit = "no unit" if lead.unit is None else f"unit {lead.unit!r}"
                what = printable(f"lead {lead.name!r} is {lead.kind} with {unit}")
                raise BadWall(f"{what}; a wall draws ECG in a unit of voltage")
        return leads


@dataclass(frozen=True, slots=True)
class Wall:
    """Beds on one screen; `name` is what it is opened by, None where it is only tried out.

    With `privacy` a screen shows labels only: no pseudonym, no patient, no record. Raises BadWall.
    """

    name: str | None
    title: str
    beds: tuple[Bed, ...]
    mm_per_s: float = 25.0
    mm_per_mv: float = 10.0
    privacy: bool = False
    dim: Dim | None = None

    def __post_init__(self) -> None:
        """Check it."""
        if self.name is not None:
            check_name(self.name)
        _check_text("title", self.title, 80)
        _check_one_of("mm_per_s", self.mm_per_s, MM_PER_S)
        _check_one_of("mm_per_mv", self.mm_per_mv, MM_PER_MV)
        if not 1 <= len(self.beds) <= MOST_BEDS:
            raise BadWall(f"beds: expected 1 to {MOST_BEDS}, got {len(self.beds)}")
        seen: dict[str, int] = {}
        for number, bed in enumerate(self.beds, 1):
            # Two tiles of one name are two patients that are taken for each other.
            first = seen.setdefault(_looks(bed.label), number)
            if first != number:
                raise BadWall(f"bed {number}: label {bed.label!r} looks like that of bed {first}")


def _looks(label: str) -> str:
    """Return what is the same for labels that nobody could tell apart on a screen."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def check_name(name: str) -> None:
    """Raise BadWall where `name` cannot be one of a wall: it stands in addresses."""
    if not _NAME.fullmatch(name):
        raise BadWall(
            f"name {name[:64]!r}: 1 to 64 of A-Z a-z 0-9 . _ - are expected, the first of them a "
            "letter or digit"
        )


def placed(number: int, label: str | None = None) -> str:
    """Return how an error names bed `number`, counted from 1."""
    return f"bed {number}" if label is None else f"bed {number} ({label[:40]!r})"


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Have a BadWall that is raised meanwhile say where: at `place`."""
    try:
        yield
    except BadWall as error:
        raise BadWall(f"{place}: {error}") from None


# As a file says it.


class _SaidDim(msgspec.Struct, forbid_unknown_fields=True):
    brightness: float
    start: str = msgspec.field(name="from")
    stop: str = msgspec.field(name="to")


class _SaidBed(msgspec.Struct, forbid_unknown_fields=True):
    label: str
    record: str
    pseudonym: str | None = None
    leads: list[str] | None = None


class _SaidWall(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    beds: list[Any]
    mm_per_s: float = 25.0
    mm_per_mv: float = 10.0
    privacy: bool = False
    dim: _SaidDim | None = None


class _SaidFile(msgspec.Struct, forbid_unknown_fields=True):
    walls: dict[str, Any]


def parse(text: str) -> dict[str, Wall]:
    """Return the walls of a file by name, in its order.

    Raises BadWall naming wall, bed and field. No wall at all is refused too: an editor that
    empties a file before it writes it must not take the walls off all screens.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadWall(f"not TOML: {error}") from None
    except RecursionError:
        raise BadWall("not TOML that can be read: nested too deep") from None
    walls = _converted(said, _SaidFile).walls if said else {}
    if not walls:
        raise BadWall("expected at least one wall, which begins with [walls.NAME]")
    return {name: _wall(name, raw) for name, raw in walls.items()}


def _wall(name: str, raw: Any) -> Wall:
    with naming(f"wall {name[:64]!r}"):
        said = _converted(raw, _SaidWall)
        dim = said.dim
        return Wall(
            name,
            said.title,
            tuple(_bed(number, bed) for number, bed in enumerate(said.beds, 1)),
            said.mm_per_s,
            said.mm_per_mv,
            said.privacy,
            None if dim is None else Dim(dim.start, dim.stop, dim.brightness),
        )


def _bed(number: int, raw: Any) -> Bed:
    label = raw.get("label") if isinstance(raw, dict) else None
    with naming(placed(number, label if isinstance(label, str) else None)):
        said = _converted(raw, _SaidBed)
        if said.leads is not None and not said.leads:
            raise BadWall(
                f"leads: expected 1 to {MOST_LEADS} names; leave it out for the first ECG lead"
            )
        return Bed(said.label, said.record, tuple(said.leads or ()), said.pseudonym)


def _converted(raw: Any, kind: type[T]) -> T:
    """Return `raw` as a `kind`. Raises BadWall that begins with the field."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        words, place = (found[1], f"{found[2]}: ") if found else (str(error), "")
        raise BadWall(f"{place}{words[0].lower()}{words[1:]}") from None


def _check_text(field: str, text: str, most: int) -> None:
    if not text.strip():
        raise BadWall(f"{field}: expected 1 to {most} characters, got {text[:most]!r}")
    if len(text) > most:
        raise BadWall(f"{field}: expected 1 to {most} characters, got {len(text)}")
    # Joiners belong to letters of Persian, Indic and others, and make one sign of several.
    bad = next((c for c in text if not (c.isprintable() or c in "\u200c\u200d")), None)
    if bad is not None:
        name = unicodedata.name(bad, f"U+{ord(bad):04X}")
        raise BadWall(f"{field}: expected printable characters, got {name}")


def _check_one_of(field: str, value: float, known: Sequence[float]) -> None:
    if value not in known:
        listed = ", ".join(f"{one:g}" for one in known)
        raise BadWall(f"{field}: expected one of {listed}, got {value:g}")


# As an address says it.


def tried(beds: str, title: str) -> Wall:
    """Return the wall that `record:lead,lead;record;...` asks for. Raises BadWall naming the bed.

    A lead with a comma or semicolon in its name can be asked for in a file only.
    """
    parts = beds.split(";") if beds else []
    if not 1 <= len(parts) <= MOST_BEDS:
        raise BadWall(f"expected 1 to {MOST_BEDS} beds with semicolons between, got {len(parts)}")
    return Wall(None, title, tuple(_tried(number, part) for number, part in enumerate(parts, 1)))


def _tried(number: int, part: str) -> Bed:
    with naming(placed(number)):
        record, colon, leads = part.partition(":")
        if not record or (colon and not leads):
            raise BadWall(f"expected record or record:lead,lead, got {part[:80]!r}")
        return Bed(f"Bed {number}", record, tuple(leads.split(",")) if leads else ())


# As it is written.


def to_toml(wall: Wall) -> str:
    """Return `wall` as it would stand in a file. One without a name is given one by its title."""
    name = wall.name or _slug(wall.title)
    key = name if _BARE.fullmatch(name) else _quoted(name)
    lines = [
        f"[walls.{key}]",
        f"title = {_quoted(wall.title)}",
        f"mm_per_s = {wall.mm_per_s:g}",
        f"mm_per_mv = {wall.mm_per_mv:g}",
        f"privacy = {str(wall.privacy).lower()}",
    ]
    if wall.dim is not None:
        dim = wall.dim
        lines.append(
            f'dim = {{ from = "{dim.start}", to = "{dim.stop}", brightness = {dim.brightness!r} }}'
        )
    for bed in wall.beds:
        lines += ["", f"[[walls.{key}.beds]]", f"label = {_quoted(bed.label)}"]
        if bed.pseudonym is not None:
            lines.append(f"pseudonym = {_quoted(bed.pseudonym)}")
        lines.append(f"record = {_quoted(bed.record)}")
        if bed.leads:
            lines.append(f"leads = [{', '.join(map(_quoted, bed.leads))}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # What JSON writes is a TOML string too, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _slug(title: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:64].rstrip("-")
    return plain or "wall"


# One that comes by itself.


def demo(records: Sequence[Record]) -> Wall | None:
    """Return a wall over `records`, always the same of the same ones; None without an ECG lead.

    The longest recordings, which begin anew the least often; a patient's second one only where
    there are fewer than DEMO_BEDS patients.
    """
    longest: dict[str, Record] = {}
    for record in records:
        other = longest.get(record.patient)
        if _can_hang(record) and (other is None or _by_length(record) < _by_length(other)):
            longest[record.patient] = record
    chosen = heapq.nsmallest(DEMO_BEDS, longest.values(), key=_by_length)
    if len(chosen) < DEMO_BEDS:
        taken = {record.record for record in chosen}
        rest = (r for r in records if _can_hang(r) and r.record not in taken)
        chosen += heapq.nsmallest(DEMO_BEDS - len(chosen), rest, key=_by_length)
    if not chosen:
        return None
    chosen.sort(key=lambda record: (record.patient, record.record))
    beds = [
        Bed(f"Bed {number}", record.record, (record.first.name,))
        for number, record in enumerate(chosen, 1)
    ]
    return Wall(DEMO, "Demo wall", tuple(beds))


def _can_hang(record: Record) -> bool:
    return _drawn(record.first) and record.first.length > 0


def _drawn(lead: Lead) -> bool:
    """Say whether a wall can draw `lead`: on ECG paper only a voltage has a place."""
    return lead.kind == ECG and millivolts(lead.unit) is not None


def _by_length(record: Record) -> tuple[float, str, str]:
    """Return what puts the longest first, and of equally long ones always the same."""
    return -record.length / record.fs, record.patient, record.record
