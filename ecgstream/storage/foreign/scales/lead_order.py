"""In which order a file's metadata names its leads, for lists of values are in that order. Pure.

The words that writers have for such a list are known, and where one is there a list of gains goes
by it. A list of names under any other word orders nothing; but where it has the leads in another
order than the columns are in, nobody knows which of the two a list of values follows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ecgstream.model.record import ECG
from ecgstream.storage.foreign.column_names import (
    ORDER_WORDS,
    plain_word,
    signals_among,
    unit_apart,
    without_prefix,
)
from ecgstream.storage.foreign.plan import Said
from ecgstream.storage.foreign.telling import Told

BY_COLUMNS: Final = "in the order of the columns"
"""How a list of values was given to leads that nothing names."""

_NAMES: Final = ("name", "label", "lead", "channel", "lead_name", "channel_name", "sig_name")
"""What the name of a lead is called where each lead is an object of its own."""
_ENTRIES: Final = 64
"""Names in a list: more are no leads of one recording."""

_LONGEST: Final = 4_096
"""Letters of a list of names; longer texts are reports."""
_BETWEEN: Final = r"[,;|]"

Called = Mapping[str, tuple[str, str, str]]
"""The columns of samples in their order: as they are called in the file, here, and without `#2`."""


def names_in(value: Any) -> tuple[str, ...]:
    """Return the names that an entry of metadata lists: one for a single text, () for none.

    `["II", "V5"]`, `II,V5`, `II; V5`, `II V5`, `[{"name": "II"}, {"name": "V5"}]`.
    """
    if isinstance(value, list):
        listed = [_name(one) for one in value[:_ENTRIES]]
        return tuple(listed) if all(listed) else ()
    if not isinstance(value, str) or len(value) > _LONGEST or not re.search(r"[^\W\d_]", value):
        return ()
    parts = re.split(_BETWEEN if re.search(_BETWEEN, value) else r"\s+", value.strip("[](){} "))
    stripped = (part.strip("'\" ") for part in parts[:_ENTRIES])
    return tuple(part for part in stripped if part)


def listed(value: Any) -> int:
    """Return how many leads a text names: 0 for one that names one, or none, in its own words."""
    names = names_in(value) if isinstance(value, str) else ()
    leads = [name for name, one in signals_among(names).items() if one.kind == ECG]
    # `Lead II` is a name, and so is `Lead II, modified`.
    enough = len(leads) > 1 if re.search(_BETWEEN, str(value)) else len(leads) == len(names)
    return len(names) if enough and len(names) > 1 else 0


def _name(one: Any) -> str:
    said = next((one[key] for key in _NAMES if key in one), "") if isinstance(one, dict) else one
    return said.strip() if isinstance(said, str) else ""


@dataclass(frozen=True, slots=True)
class _Naming:
    """A list of names: the column that each is, None for what is none, and who says it.

    `more`: some of the others are called as leads, which this file has not.
    """

    columns: tuple[str | None, ...]
    told: str
    key: str
    more: bool

    @property
    def known(self) -> tuple[str, ...]:
        """The columns that it names, in its order."""
        return tuple(one for one in self.columns if one is not None)


@dataclass(frozen=True, slots=True)
class Order:
    """Where in lists of values a column is; `doubt` says why that is not known of any.

    `called` are all columns of samples, `leads` those of ECG leads. `objects` is what the footer
    says of each in an object of its own, by word.
    """

    called: Called
    leads: tuple[str, ...]
    namings: tuple[_Naming, ...] = ()
    doubt: str = ""
    objects: Mapping[str, Mapping[str, Said[Any]]] = field(default_factory=dict)

    def own(self, column: str, told: Told) -> Told:
        """Return what a column's own metadata says (`told`), with what its object says else."""
        return Told({**self.objects.get(column, {}), **told.entries})

    def alike(self, values: Sequence[Any]) -> bool:
        """Return whether a list has one value for all columns of leads: in whichever order."""
        return len(values) == len(self.leads) and all(one == values[0] for one in values)

    def place(self, column: str, count: int) -> tuple[int, str] | None:
        """Return the place of a column in a list of `count` values, and what says it, or None."""
        if self.doubt:
            return None
        for naming in self.namings:
            # Names of the time, or of rows, are no leads to have values.
            for some in (naming.columns, () if naming.more else naming.known):
                if len(some) == count and column in some:
                    return some.index(column), f"in the order of {naming.key}"
        if self.namings or column not in self.leads or count != len(self.leads):
            return None
        return self.leads.index(column), BY_COLUMNS

    def seats(self, column: str) -> tuple[tuple[int, int], ...]:
        """Return how long lists may be that say something of a column, and where in each."""
        counts = {len(self.leads), *(len(one.columns) for one in self.namings)}
        some = ((count, self.place(column, count)) for count in sorted(counts))
        return tuple((count, place[0]) for count, place in some if place is not None)

    def why(self, column: str, count: int) -> str:
        """Return why a list of `count` values says nothing of a column that is one of leads."""
        if self.doubt:
            return self.doubt
        for naming in self.namings:
            other = "" if column in naming.columns else f" without {column!r}"
            return f"says nothing of it: {naming.told} names {len(naming.columns)} leads{other}"
        plural = "value" if count == 1 else "values"
        columns = "1 column" if len(self.leads) == 1 else f"{len(self.leads)} columns"
        return f"says nothing of it: {count} {plural} for {columns} of leads"


def order_of(told: Told, called: Called, leads: Sequence[str]) -> Order:
    """Return the order in which the footer names columns; `leads` are those of ECG leads."""
    known, others = _namings(told, called, leads)
    order = Order(called, tuple(leads), objects=_objects(told, called))
    some = tuple(one for one in known if one.known)
    if known and not some:
        return replace(order, doubt=f"cannot be matched: {known[0].told} names none of the columns")
    for one in some[1:]:
        if _unlike(some[0].known, one.known):
            both = f"{some[0].told} and {one.told}"
            return replace(order, doubt=f"cannot be matched: {both} are in another order each")
    for one in () if some else others:
        if _unlike(tuple(called), one.known):
            doubt = f"cannot be matched: {one.told} has them in another order than the columns are"
            return replace(order, doubt=doubt)
    return replace(order, namings=some)


def _namings(
    told: Told, called: Called, leads: Sequence[str]
) -> tuple[list[_Naming], list[_Naming]]:
    """Return the lists of names under known words, the first first, and those of all leads else."""
    known, others = {}, []
    for word, said in told.entries.items():
        names = names_in(said.value)
        key = said.how.removeprefix("footer metadata ")
        columns = _resolved(names, called)
        rest = [name for name, one in zip(names, columns, strict=True) if one is None]
        more = bool(signals_among(rest))
        naming = _Naming(columns, f"{said.how} = {str(said.value)[:40]}", key, more)
        if word in ORDER_WORDS:
            # A single text names a lead, or says what they all are: `channels = ECG`.
            several = isinstance(said.value, list) or re.search(_BETWEEN, str(said.value))
            if naming.known or (several and len(names) > 1):
                known[word] = naming
        elif len(naming.known) == len(names) > 1 or {*leads} <= {*naming.known}:
            others.append(naming)
    return [known[word] for word in ORDER_WORDS if word in known], others


def _objects(told: Told, called: Called) -> dict[str, dict[str, Said[Any]]]:
    """Return what the footer says of each column in objects: a list of them, or one by name."""
    found: dict[str, dict[str, Said[Any]]] = {}
    for said in told.entries.values():
        value = said.value
        if isinstance(value, list):
            named = [(_name(one), one) for one in value[:_ENTRIES] if isinstance(one, dict)]
        elif isinstance(value, dict):
            named = [(name, one) for name, one in value.items() if isinstance(one, dict)]
        else:
            continue
        columns = _resolved([name for name, _ in named], called)
        for column, (name, one) in zip(columns, named, strict=True):
            own = found.setdefault(column, {}) if column is not None else {}
            for key, inner in one.items():
                # What is `missing` may be a number of samples.
                if isinstance(inner, str | int | float) and plain_word(key) != "missing":
                    own.setdefault(plain_word(key), Said(inner, f"{said.how}.{name}.{key}"))
    return found


def _resolved(names: Sequence[str], called: Called) -> tuple[str | None, ...]:
    """Return the column that each name is: as it is written, else in any case, without a prefix."""
    plain: dict[str, set[str]] = {}
    for column, own in called.items():
        for name in own:
            plain.setdefault(_plain(name), set()).add(column)
    # What a column is called in the file goes before what it is called here.
    exact = {own[rank]: column for rank in (2, 1, 0) for column, own in reversed([*called.items()])}
    taken: set[str] = set()
    found: list[str | None] = []
    for name in _numbered(names):
        loosely = plain.get(_plain(name), set())
        which = exact.get(name) or (min(loosely) if len(loosely) == 1 else None)
        found.append(None if which in taken else which)
        if which is not None:
            taken.add(which)
    return tuple(found)


def _numbered(names: Sequence[str]) -> Iterator[str]:
    """Yield names, the second of one as columns have it: `ECG#2`."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        yield name if counts[name] == 1 else f"{name}#{counts[name]}"


def _plain(name: str) -> str:
    return without_prefix(unit_apart(name)[0]).lower()


def _unlike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two lists have what is in both in another order each."""
    return [a for a in one if a in other] != [b for b in other if b in one]
