"""What a file of another's making holds: columns, metadata, path and a mapping to a `Plan`. Pure.

Nothing is guessed. What a file does not say, and nobody says of it, is refused with the file, the
column, what was expected and the mapping that would do; a unit alone may stay unknown, and is then
told so on every screen.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import pyarrow.types as pt

from ecgstream.storage.carriers import is_text
from ecgstream.storage.foreign import column_names as words
from ecgstream.storage.foreign.column_names import plain_word
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan, Said, Shape, SignalColumn, TimeColumn
from ecgstream.storage.foreign.proposing import mapped_by
from ecgstream.storage.foreign.scales import scale_columns
from ecgstream.storage.foreign.scales.calibrating import number
from ecgstream.storage.foreign.seen import Seen, is_list
from ecgstream.storage.foreign.signal_columns import signal_columns
from ecgstream.storage.foreign.times.timing import rate_said, start_said, starts_of, time_of
from ecgstream.storage.foreign.times.untaken import no_time
from ecgstream.storage.foreign.whose.identifying import Whose, names_of, whose
from ecgstream.storage.foreign.whose.keyed import is_loose_key, named


def recognise(seen: Seen) -> Plan:
    """Return what a file holds. Raises LayoutError."""
    _columns_there(seen)
    said, told = seen.said, seen.told
    owner = whose(seen.place, _namers(seen), told, seen.table)
    _one_patient(seen, owner)
    _names_are_names(seen, owner)
    time = time_of(seen)
    fs = rate_said(seen, time)
    signals = signal_columns(seen, owner, _taken(seen, owner, time))
    shape = _shape(seen, signals, time)
    _paced(seen, time, fs, signals)
    start, zone = start_said(seen)
    shifted = told.text(("dates_shifted",))
    source, licence = told.text(("source",)), told.text(("licence", "license"))
    return Plan(
        shape=shape,
        signals=signals,
        time=time,
        fs=fs,
        record=owner.record,
        patient=owner.patient,
        lead=owner.lead,
        record_column=owner.record_column,
        patient_column=owner.patient_column,
        lead_column=owner.lead_column,
        fs_column=_unless_constant(seen, seen.fs_column),
        unit_column=_unless_constant(seen, seen.unit_column),
        gain_column=_unless_constant(seen, seen.gain_column),
        baseline_column=_unless_constant(seen, seen.baseline_column),
        stride=said.pitch(),
        apart=said.stride == "none",
        labels=_labels(seen, shape),
        start_time=start,
        zone=zone,
        in_order=said.order is not None,
        source=said.source or (None if source is None else source.value),
        licence=said.licence or (None if licence is None else licence.value),
        dates_shifted=said.dates_shifted
        if said.dates_shifted is not None
        else shifted is not None and shifted.value.lower() in {"true", "1", "yes"},
        mapped=mapped_by(seen.table),
        starts=() if shape == "samples" else starts_of(seen, time),
    )


def _one_patient(seen: Seen, owner: Whose) -> None:
    """Raise LayoutError where folders and a column, or the footer, say another patient each."""
    said = owner.patient
    if said is None or not said.how.startswith(("partition ", "column ", "footer ")):
        return
    how, _, key = said.how.partition(" ")
    if how == "partition" and key.lower() not in words.PATIENT_COLUMNS:
        return
    others = [
        Said(value, f"column {field.name}")
        for field in seen.schema
        if plain_word(field.name) in words.PATIENT_COLUMNS
        and (value := names_of(seen.constants.get(field.name))) is not None
    ]
    footer = seen.told.text(words.PATIENT_COLUMNS)
    others += [] if footer is None else [footer]
    for other in others:
        # Readers of such folders make the number 7 of `patient=007`.
        same = number(other.value) is not None and number(other.value) == number(said.value)
        if other.value != said.value and not same:
            raise seen.refused(
                f"says two patients: {said.value!r} ({said.how}) and {other.value!r} "
                f"({other.how}); expected one",
                say=f"patient = {quoted(said.value)}",
            )


def _names_are_names(seen: Seen, owner: Whose) -> None:
    """Raise LayoutError for a column that is called as names are, and holds others than these.

    To pass it over would make one record of several. A float may be a whole number (`splitting`).
    """
    for what, known in (
        ("record", words.RECORD_NAMERS),
        ("patient", words.PATIENT_NAMERS),
        ("lead", words.LEAD_COLUMNS),
    ):
        said: Said[str] | None = getattr(owner, what)
        settled = said is not None and said.how.startswith(("mapping", "partition"))
        if settled or getattr(seen.said, f"{what}_column") is not None:
            continue
        for field in seen.schema:
            kind = field.type
            number = what == "lead" and is_loose_key(kind)
            raw = pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_fixed_size_binary(kind)
            if (number or raw) and plain_word(field.name) in known:
                raise seen.refused(
                    f"is {kind}; expected texts or whole numbers that say the {what}: store it so, "
                    f"name another column in a mapping (`{what}_column`), or the one (`{what}`)",
                    field.name,
                )


def names_wanted(seen: Seen) -> list[str]:
    """Return the columns of which `Seen.constants` is to say what they have in all rows."""
    by_row = (seen.fs_column, seen.unit_column, seen.gain_column, seen.baseline_column)
    said = seen.said
    named = {said.record_column, said.patient_column, said.lead_column, *by_row}
    known = {*words.LEAD_COLUMNS, *words.RECORD_NAMERS, *words.PATIENT_NAMERS}
    known |= {*words.LEADS_WORDS, *words.SHAPE_WORDS}
    names = seen.schema.names
    named |= {*scale_columns.wanted(seen)}
    # Of a list its footer knows the elements alone.
    return [
        name
        for name in names
        if (name in named or plain_word(name) in known)
        and not is_list(seen.schema.field(name).type)
    ]


def _unless_constant(seen: Seen, column: str | None) -> str | None:
    return None if column in seen.constants else column


def _namers(seen: Seen) -> dict[str, str | None]:
    """Return the columns that may hold names, with the one that they have in all rows."""
    loose = names_loose(seen)
    found: dict[str, str | None] = {}
    for field in seen.schema:
        name, kind = field.name, field.type
        value = seen.constants.get(name)
        if is_text(kind) or pt.is_integer(kind):
            found[name] = names_of(value)
        elif name in loose:
            found[name] = None if value is None else named(value, kind)
    return found


def names_loose(seen: Seen) -> list[str]:
    """Return the columns of floats and decimals that are names: known ones, or in the mapping."""
    said = seen.said
    namers = {said.record_column, said.patient_column}
    samples = {*(said.signals or ()), *words.signals_among(seen.schema.names)}
    return [
        field.name
        for field in seen.schema
        if is_loose_key(field.type)
        and field.name not in samples
        and (field.name in namers or plain_word(field.name) in _LOOSE)
    ]


_LOOSE: Final = frozenset({*words.RECORD_NAMERS, *words.PATIENT_NAMERS})
"""Columns whose floats are names: whole numbers, of which one may be missing."""


def _taken(seen: Seen, owner: Whose, time: TimeColumn | None) -> frozenset[str | None]:
    """Return the columns that are no signals, for they say something else."""
    stride = seen.said.windows
    return frozenset(
        {
            None if time is None else time.column,
            owner.record_column,
            owner.patient_column,
            owner.lead_column,
            seen.fs_column,
            seen.unit_column,
            seen.gain_column,
            seen.baseline_column,
            None if stride is None else stride.column,
            *(seen.said.labels or ()),
        }
    )


def _columns_there(seen: Seen) -> None:
    """Raise LayoutError for a column that the mapping names and the file has not."""
    for key, column in _columns_said(seen).items():
        if column is not None and column not in seen.schema.names:
            raise seen.refused(
                f"is not there, and the mapping ({key}) names it; the columns are "
                f"{', '.join(seen.schema.names[:24])}",
                column,
            )


def _columns_said(seen: Seen) -> Mapping[str, str | None]:
    said = seen.said
    found: dict[str, Any] = {
        f"{one}_column": getattr(said, f"{one}_column")
        for one in ("record", "patient", "lead", "fs", "unit", "gain", "baseline")
    }
    if said.time is not None and said.time != "none":
        found["time.column"] = said.time.column
    if said.windows is not None:
        found["stride.column"] = said.windows.column
    found |= {f"signals.{column}": column for column in said.signals or {}}
    return found | {f"labels: {column}": column for column in said.labels or ()}


def _paced(
    seen: Seen,
    time: TimeColumn | None,
    fs: Said[Fraction] | None,
    signals: tuple[SignalColumn, ...],
) -> None:
    """Raise LayoutError where nothing says how fast the samples were taken."""
    if fs is not None or (time is not None and time.counts == "time"):
        return
    if seen.fs_column is not None or all(one.fs is not None for one in signals):
        return
    what, keys = ("counts samples", "") if time is not None else no_time(seen, signals)
    raise seen.refused(
        f"{what}, and nothing says its sampling rate; expected `fs` in its metadata, a mapping or "
        "--fs",
        None if time is None else time.column,
        keys or "fs = RATE",
    )


def _shape(seen: Seen, signals: tuple[SignalColumn, ...], time: TimeColumn | None) -> Shape:
    lists = [is_list(seen.schema.field(one.column).type) for one in signals]
    if any(lists) and not all(lists):
        raise seen.refused(
            f"is no list, and {signals[lists.index(True)].column!r} is one; expected lists in all "
            "columns of samples, or in none",
            signals[lists.index(False)].column,
        )
    said = seen.said.shape
    if said is not None and (said == "samples") == any(lists):
        kind = seen.schema.field(signals[0].column).type
        raise seen.refused(f"is {kind}, and the mapping says shape {said}", signals[0].column)
    if said is not None or not any(lists):
        return said or "samples"
    return "records" if time is None or seen.said.stride is not None else "packets"


def _labels(seen: Seen, shape: Shape) -> tuple[str, ...]:
    if seen.said.labels is not None or shape == "samples":
        return seen.said.labels or ()
    return tuple(
        field.name
        for field in seen.schema
        if plain_word(field.name) in words.LABEL_COLUMNS and not is_list(field.type)
    )
