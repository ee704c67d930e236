"""Which columns of a file hold samples, and what is known of each. Pure."""

import re
from dataclasses import replace
from fractions import Fraction

from ecgstream.errors import LayoutError
from ecgstream.model.kinds import OTHER, kind_of
from ecgstream.model.record import ECG
from ecgstream.model.timebase import rate_of
from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.candidates import as_signal, candidates, clock_among, unfit
from ecgstream.storage.foreign.column_names import Signal, plain_word, signals_among
from ecgstream.storage.foreign.mapping import SignalSaid
from ecgstream.storage.foreign.plan import Said, SignalColumn
from ecgstream.storage.foreign.proposing import signals_said
from ecgstream.storage.foreign.scales.calibrating import measured, missing, number, telling
from ecgstream.storage.foreign.scales.lead_order import Order, listed, order_of
from ecgstream.storage.foreign.scales.scale_columns import Scales, scales_of
from ecgstream.storage.foreign.seen import Field, Seen, holds_samples, is_list, is_number
from ecgstream.storage.foreign.telling import Told, told_by_field
from ecgstream.storage.foreign.times.timing import rate_said, time_of
from ecgstream.storage.foreign.whose.identifying import Whose


def signal_columns(
    seen: Seen, owner: Whose, taken: frozenset[str | None]
) -> tuple[SignalColumn, ...]:
    """Return the columns of samples. Raises LayoutError where there are none, or no telling.

    `taken` are columns that say something else of the rows.
    """
    free = [f.name for f in seen.schema if f.name not in taken and holds_samples(f.type)]
    named = _named(seen, owner, free, taken)
    by_row = owner.lead is not None or owner.lead_column is not None
    ecg = [column for column, one in named.items() if one is None or one.kind == ECG]
    names = {column: _name(seen, owner, column, one, by_row) for column, one in named.items()}
    called = {column: _called(column, name) for column, name in names.items()}
    order = order_of(seen.told, called, ecg)
    scales = scales_of(seen, order, taken)
    return _numbered(
        [
            _described(seen, column, one, names[column], (order, scales), by_row=by_row)
            for column, one in named.items()
        ]
    )


def _named(
    seen: Seen, owner: Whose, free: list[str], taken: frozenset[str | None]
) -> dict[str, Signal | None]:
    """Return the columns of samples, with what their names say; None where that is nothing."""
    by_row = owner.lead is not None or owner.lead_column is not None
    if seen.said.signals is not None:
        return _mapped(seen, free, by_row=by_row)
    if by_row:
        return {_value_column(seen, free, taken): None}
    # Lists beside numbers: the lists are the samples, the numbers go with a whole row.
    lists = [column for column in free if is_list(seen.schema.field(column).type)]
    found: dict[str, Signal | None] = dict(signals_among(lists or free))
    if lists and not found and len(lists) == 1 and plain_word(lists[0]) in words.VALUE_COLUMNS:
        found = {lists[0]: Signal(lists[0], ECG, None)}
    if not found:
        raise _nothing(seen, free, taken)
    if len(found) == 1 and lists:
        _of_one_lead(seen, next(iter(found)))
    return found


def _of_one_lead(seen: Seen, column: str) -> None:
    """Raise LayoutError where the only column of lists is said to hold several leads."""
    if plain_word(column) not in words.VALUE_COLUMNS:
        return
    for told in (told_by_field(seen.schema.field(column).metadata), seen.told):
        shape = told.first(words.SHAPE_WORDS)
        if shape is not None and _table_like(shape.value):
            raise seen.refused(
                f"holds one list, and its shape is said to be {shape.value} ({shape.how}): how "
                "several leads lie in it is not read; store a column a lead",
                column,
            )
        said = told.first(words.LEADS_WORDS)
        if said is None:
            continue
        counted = len(said.value) if isinstance(said.value, list) else number(said.value)
        count = counted or listed(said.value) or 1
        if count > 1:
            raise seen.refused(
                f"holds one list, and {count:g} leads are said to be in it ({said.how}); how they "
                "lie in it nobody says: store a column a lead",
                column,
            )
    for word in (*words.LEADS_WORDS, *words.SHAPE_WORDS):
        field = seen.by_word.get(word)
        if field is not None and not _of_one(seen, field):
            raise seen.refused(
                f"holds one list, and its column {field.name} says how several leads lie in it, or "
                "how many: that is not read; store a column a lead, or name the lead where it is "
                "one",
                column,
                signals_said({column: 'name = "LEAD"'}),
            )


def _of_one(seen: Seen, field: Field) -> bool:
    """Return whether a column that says how many leads there are says one in all rows."""
    value = seen.constants.get(field.name)
    if not is_text(field.type):
        # What is neither a number nor a list (of names, of lengths) says nothing of leads.
        return number(value) == 1 or not (is_number(field.type) or is_list(field.type))
    if value is None:
        return False
    counted = number(value)
    several = bool(re.search(r"[,;|\s]", value.strip())) if counted is None else counted != 1
    return not (_table_like(value) if plain_word(field.name) in words.SHAPE_WORDS else several)


def _table_like(shape: object) -> bool:
    """Return whether a shape that is said has several lengths over 1, as [12, 500] does."""
    listed = shape if isinstance(shape, list) else re.findall(r"\d+", str(shape))
    return sum((number(one) or 0) > 1 for one in listed) > 1


def _mapped(seen: Seen, free: list[str], *, by_row: bool) -> dict[str, Signal | None]:
    said = seen.said.signals or {}
    for column in said:
        kind = seen.schema.field(column).type
        if not holds_samples(kind):
            raise seen.refused(
                f"is {kind}; expected integers, floats or decimals, or lists of them", column
            )
    if by_row and len(said) > 1:
        raise seen.refused(
            "a lead is said of the file or of its rows, and the mapping names several columns of "
            f"samples ({', '.join(said)}): name one"
        )
    among = signals_among([*free, *(column for column in said if column not in free)])
    return {column: among.get(column) for column in said}


def _nothing(seen: Seen, free: list[str], taken: frozenset[str | None]) -> LayoutError:
    among = candidates(seen, free)
    wrong = unfit(seen, taken, among)
    if wrong is not None:
        return seen.refused(wrong[1], wrong[0])
    names = ", ".join(seen.schema.names[:12]) or "none"
    return seen.refused(
        f"has the columns {names}; expected leads by their names (I, MLII, lead_II, ECG_V1), "
        "`timestamp` and `voltage` with the lead in the path, or a file of ecgstream's own",
        say=_that_names(seen, free, among) if among else "",
    )


def _that_names(seen: Seen, free: list[str], among: list[str]) -> str:
    """Return the keys that would name the columns `among`, and how fast their samples were."""
    said = [signals_said({column: as_signal(column) for column in among})]
    if seen.said.time is None and time_of(seen) is None:
        clock = clock_among(seen, free)
        if clock is not None:
            said.insert(0, clock)
        elif rate_said(seen, None) is None and seen.fs_column is None:
            said.insert(0, "fs = RATE")
    return ", ".join(said)


def _value_column(seen: Seen, free: list[str], taken: frozenset[str | None]) -> str:
    """Return the column of samples where something else says of which lead they are."""
    known = [c for c in free if plain_word(words.unit_apart(c)[0]) in words.VALUE_COLUMNS]
    lists = [column for column in known if is_list(seen.schema.field(column).type)]
    known = lists or known or [c for c, one in signals_among(free).items() if one.kind == ECG]
    if len(known) == 1:
        return known[0]
    among = known or candidates(seen, free)
    wrong = None if known else unfit(seen, taken, among)
    if wrong is not None:
        raise seen.refused(wrong[1], wrong[0])
    what = "several columns of samples" if known else "no column of samples that is known"
    example = among[0] if len(among) == 1 else "COLUMN"
    unit_said = seen.unit_column is not None or seen.told.first(words.UNIT_WORDS) is not None
    raise seen.refused(
        f"has {what} ({', '.join(known or free) or 'none'}) beside its lead; expected one, such "
        "as `voltage`",
        say=signals_said({example: "" if unit_said else 'unit = "UNIT"'}) if among else "",
    )


def _name(
    seen: Seen,
    owner: Whose,
    column: str,
    named: Signal | None,
    by_row: bool,  # noqa: FBT001
) -> Said[str] | None:
    """Return the name of a column's lead; None where each row says its own."""
    said = (seen.said.signals or {}).get(column, SignalSaid())
    if said.name is not None:
        return Said(said.name, "mapping")
    return owner.lead if by_row else Said(named.name if named else column, f"column {column}")


def _called(column: str, name: Said[str] | None) -> tuple[str, str, str]:
    # The second of a name is called as the first one in what a writer says of it.
    return column, column if name is None else name.value, re.sub(r"#\d+$", "", column)


def _described(
    seen: Seen,
    column: str,
    named: Signal | None,
    name: Said[str] | None,
    by: tuple[Order, Scales],
    *,
    by_row: bool,
) -> SignalColumn:
    said = (seen.said.signals or {}).get(column, SignalSaid())
    field = seen.schema.field(column)
    order, scales = by
    own = order.own(column, told_by_field(field.metadata))
    shown = column if name is None else name.value
    tells = scales.with_metadata(column, telling(seen, own, column, order))
    by_metadata = measured(seen, column, named, said, tells, order, scales)
    sentinels, how = missing(seen, field, said, own, tells)
    return SignalColumn(
        column=column,
        name=name,
        unit=by_metadata.unit,
        gain=by_metadata.gain,
        baseline=by_metadata.baseline,
        missing=sentinels,
        missing_how=how,
        kind=said.kind or _kind(named, shown, by_metadata.unit, by_row=by_row),
        fs=_rate(seen, column, said, own),
        seats=order.seats(column),
    )


def _kind(named: Signal | None, name: str, unit: Said[str | None] | None, *, by_row: bool) -> str:
    if named is not None:
        return named.kind
    kind = kind_of(name, None if unit is None else unit.value, 250)
    # A table by leads holds leads, whatever they are called; one of a known kind is that.
    return ECG if by_row and kind == OTHER else kind


def _rate(seen: Seen, column: str, said: SignalSaid, own: Told) -> Said[Fraction] | None:
    found = None if seen.said.fs_column is not None else own.first(words.RATE_WORDS)
    how = "mapping" if said.fs is not None else "" if found is None else found.how
    value = said.fs if said.fs is not None else None if found is None else found.value
    if value is None:
        return None
    rate = rate_of(value)
    if rate is None:
        raise seen.refused(f"its metadata says a rate of {value!r}; expected Hz, above 0", column)
    return Said(rate, how)


def _numbered(signals: list[SignalColumn]) -> tuple[SignalColumn, ...]:
    """Return the signals with names of their own: a second `ECG` is `ECG#2`, in any case.

    Names that differ in case alone are two only where a person says both.
    """
    taken = {one.name.value.casefold() for one in signals if one.name is not None}
    first: set[str] = set()
    found: list[SignalColumn] = []
    for one in signals:
        name = one.name
        if name is not None and _like(name) in first:
            like = name.value.casefold()
            number = next(n for n in range(2, 1 << 16) if f"{like}#{n}" not in taken)
            taken.add(f"{like}#{number}")
            name = Said(f"{name.value}#{number}", name.how)
        if name is not None:
            first.add(_like(name))
        found.append(replace(one, name=name))
    return tuple(found)


def _like(name: Said[str]) -> str:
    """Return what is the same for names that are one, as far as anybody knows."""
    return name.value if name.how == "mapping" else name.value.casefold()
