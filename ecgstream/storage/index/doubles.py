"""Records that are not served, for others have their ids: told once of a data set. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ecgstream.errors import LayoutError
from ecgstream.model.record import Record
from ecgstream.storage.foreign.mapping import matches, quoted
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.whose.identifying import stem_of

NAMED: Final = 3
"""Ids of a data set that are told one by one."""

ROW: Final = "row column "
"""How a record is found that rows say, in `Record.found`."""

_REMEDY: Final = "give one of the two another `record` (or `path`) in a mapping, or take it out"


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records of an id: its patient, the folder it lies in and its files, as shown."""

    patient: str
    folder: str
    files: tuple[str, ...]

    @property
    def where(self) -> str:
        """Where it is, for a person: the folder that is its own, else its first file."""
        own = "=" in self.folder.rpartition("/")[2]
        return self.folder if own or not self.files else self.files[0]

    @property
    def set(self) -> str:
        """The folder of the data set that it is in."""
        parts = self.where.split("/")[:-1]
        while parts and "=" in parts[-1]:
            parts.pop()
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Double:
    """A record that is left out, for `first` has its id. `how` it was found is asked of few."""

    record: str
    left_out: Side
    first: Side
    how: Callable[[], str]


def how_found(record: Record) -> str:
    """Return how a record's id was found."""
    return dict(record.found).get("record", "")


def told(doubles: Iterable[Double]) -> list[LayoutError]:
    """Return what is told of them: once of all records of a data set that another one has too."""
    alike: dict[tuple[str, str], list[Double]] = {}
    for one in doubles:
        pair = one.left_out.set, one.first.set
        if pair[0] == pair[1]:
            pair = one.left_out.where, one.first.where
        alike.setdefault(pair, []).append(one)
    return [_one(some[0]) if len(some) == 1 else _all(some) for some in alike.values()]


def _one(double: Double) -> LayoutError:
    """Return the error of one record."""
    record, here, first = double.record, double.left_out, double.first
    # Where nobody says the patient the record's id stands in for one: that is not told.
    patients = (here.patient, first.patient), (first.patient, here.patient)
    of, of_first = (
        f" of patient {one!r}" if one not in {other, record} else "" for one, other in patients
    )
    return LayoutError(
        f"record {record!r}{of} is left out here, for it is in {first.where}{of_first} already and "
        f"ids are unique over all data roots; {_REMEDY}{_proposal([double])}",
        path=here.where,
    )


def _all(some: Sequence[Double]) -> LayoutError:
    """Return the error of several records of one data set that another one has too."""
    listed = ", ".join(repr(one.record) for one in some[:NAMED])
    more = f" and {len(some) - NAMED:,} more" if len(some) > NAMED else ""
    wheres = list(dict.fromkeys(one.left_out.where for one in some))
    firsts = list(dict.fromkeys(one.first.where for one in some))
    return LayoutError(
        f"{len(some):,} records ({listed}{more}) are left out here, for records of these ids are "
        f"in {_place(firsts, some[0].first)} already and ids are unique over all data roots; "
        f"{_REMEDY}{_proposal(some)}",
        path=_place(wheres, some[0].left_out),
    )


def _place(wheres: Sequence[str], side: Side) -> str:
    return wheres[0] if len(wheres) == 1 else side.set


def _proposal(some: Sequence[Double]) -> str:
    """Return the mapping that gives all of them ids of their own; "" where none is known."""
    one = some[0]
    here = one.left_out
    files = list(dict.fromkeys(file for other in some for file in other.left_out.files))
    how = one.how()
    by_row = how.startswith(ROW)
    # Of our own files, of which nothing had to be found, no mapping says anything.
    if not files or not how or (not by_row and max(len(files), len(some)) > 1):
        return ""
    first = one.first.files[0] if one.first.files else ""
    path = files[0].removeprefix(f"{here.folder}/")
    folder, _, name = path.rpartition("/")
    parent = folder.rpartition("/")[2] or stem_of(name)
    pattern = path
    if by_row:
        keys = f"record = {quoted(parent)}, record_column = {quoted(how.removeprefix(ROW))}"
        if len(files) > 1:
            pattern = f"{folder}/*.parquet" if folder else f"{stem_of(name)}*.parquet"
    else:
        # Which of its folders the data root is, is not known: as few of them as tell it apart.
        above = files[0].rpartition("/")[0].rpartition("/")[2]
        alike = bool(above) and first.rpartition("/")[2] == name
        pattern = f"**/{above}/{name}" if alike else f"**/{name}"
        keys = f"record = {quoted(f'{above if alike else stem_of(name)}.{one.record}')}"
    # A mapping knows paths below the data roots, and not which root it is.
    if matches(pattern, first.removeprefix(f"{one.first.folder}/")):
        return "; where both are data roots, name the folder above them as the one data root"
    return that_would_do(pattern, keys)
