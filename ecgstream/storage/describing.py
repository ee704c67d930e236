"""Leads and records out of what a plan and the rows say: shared by all tables that have keys."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.record import Lead, Record
from ecgstream.storage import layouts
from ecgstream.storage.carriers import Carrier
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.plan import Plan, Said, SignalColumn
from ecgstream.storage.splitting import Whose
from ecgstream.storage.stored import StoredLead, StoredRecord
from ecgstream.storage.survey import Found, Surveyed, common_carrier, survey

ORDER: Final = ("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The usual order of the twelve leads; rows and folders come in any."""


@dataclass(slots=True, eq=False)
class Context:
    """The files of a group while records are made of them; what is told of them in the end."""

    parts: Sequence[Found]
    files: OpenFiles
    records: list[StoredRecord] = field(default_factory=list)
    problems: list[SourceError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    surveys: dict[tuple[int, str], Surveyed] = field(default_factory=dict)
    leads: dict[Lead, Lead] = field(default_factory=dict)

    def over(self, part: int, signal: SignalColumn, *, lists: bool) -> Surveyed:
        """Return the survey of a signal in file number `part`. Raises as `survey` does."""
        key = (part, signal.column)
        if key not in self.surveys:
            self.surveys[key] = survey(
                self.parts[part], signal.column, self.files, signal.missing, lists=lists
            )
        return self.surveys[key]

    def carrier(self, parts: Iterable[int], signal: SignalColumn, *, lists: bool) -> Carrier:
        """Return how a signal that is spread over some files goes to the wire."""
        some = [(self.parts[part], self.over(part, signal, lists=lists)) for part in parts]
        return common_carrier(some, signal.column)

    def same(self, lead: Lead) -> Lead:
        """Return the one value for all leads that are described alike: records are many."""
        return self.leads.setdefault(lead, lead)


def rate_said(found: Found, whose: Whose, signal: SignalColumn) -> Said[Fraction] | None:
    """Return the rate that is said of a lead, the row first. Raises LayoutError for none."""
    plan = found.planned
    if whose.fs is None:
        return signal.fs or plan.fs
    try:
        rate = Fraction(whose.fs)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise LayoutError(
            f"says {whose.fs!r} for record {whose.record!r}; expected the sampling rate in Hz, "
            "above 0",
            path=found.shown,
            column=plan.fs_column,
        )
    return Said(rate, f"row column {plan.fs_column}")


def described(  # noqa: PLR0917 - what all of it goes by
    found: Found,
    whose: Whose,
    signal: SignalColumn,
    name: str,
    rate: Said[Fraction],
    length: int,
    carrier: Carrier,
) -> Lead:
    """Return a lead as the rows, or the column, say it is. Raises LayoutError."""
    plan = found.planned
    gain = _number(found, whose.gain, plan.gain_column, signal.gain.value)
    baseline = _number(found, whose.baseline, plan.baseline_column, signal.baseline.value)
    if not gain:
        raise LayoutError(
            f"has gain 0 for lead {name!r}; expected another number",
            path=found.shown,
            column=plan.gain_column if whose.gain else signal.column,
        )
    said = None if signal.unit is None else signal.unit.value
    return Lead(
        name=name,
        unit=said if whose.unit is None else unit_of(whose.unit),
        gain=gain * carrier.gain,
        baseline=baseline * carrier.gain,
        kind=signal.kind,
        fs=float(rate.value),
        length=length,
        dtypes=carrier.dtypes,
        fs_source=rate.how,
    )


def _number(found: Found, text: str | None, column: str | None, otherwise: float) -> float:
    if text is None:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise LayoutError(
            f"says {text!r}; expected a finite number", path=found.shown, column=column
        )
    return value


def unit_of(text: str) -> str | None:
    """Return a unit as a row says it, spelled as others are; None for an empty one."""
    text = text.strip().replace("\u00b5", "u").replace("\u03bc", "u")
    spelled = {"mv": "mV", "uv": "uV", "v": "V"}
    return spelled.get(text.lower(), text) or None


def order_of(name: str) -> int:
    """Return the place of a lead among the usual twelve, behind them for another."""
    upper = name.upper()
    return ORDER.index(upper) if upper in ORDER else len(ORDER)


def name_of(found: Found, signal: SignalColumn, whose: Whose, taken: set[str]) -> str:
    """Return the name of a lead, and take it. Raises LayoutError for none, and for one twice."""
    name = whose.lead if whose.lead is not None else signal.name and signal.name.value
    if not name:
        raise LayoutError(
            "says nowhere which lead its rows are of; name it in a mapping",
            path=found.shown,
            column=signal.column,
        )
    if name in taken:
        raise LayoutError(
            f"is a second lead {name!r} of record {whose.record!r}; name it in a mapping",
            path=found.shown,
            column=signal.column,
        )
    taken.add(name)
    return name


def one_value(found: Found, whose: Sequence[Whose], name: str) -> Whose:
    """Return what all rows of a lead say alike. Raises LayoutError where they do not."""
    first = whose[0]
    for other in whose[1:]:
        for field_name, one, two in zip(Whose._fields, first, other, strict=True):
            if one != two:
                column = getattr(found.planned, f"{field_name}_column")
                raise LayoutError(
                    f"says {one!r} and {two!r} for lead {name!r} of record {first.record!r}; "
                    f"expected one {field_name} of all its rows: give what differs another lead's "
                    "or record's name",
                    path=found.shown,
                    column=column,
                )
    return first


def finished(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    found: Found,
    whose: Whose,
    stored: Sequence[StoredLead],
    start: tuple[float | None, str | None],
    found_how: Sequence[tuple[str, str]],
) -> StoredRecord:
    """Put a record together out of its leads, at least one; `start` is (start_time, zone)."""
    plan = found.planned
    ordered = sorted(stored, key=lambda one: order_of(one.lead.name))
    start_time, zone = start
    record = Record(
        record=layouts.record_id([whose.record]),
        patient=whose.patient or whose.record,
        leads=tuple(context.same(one.lead) for one in ordered),
        start_time=plan.start_time.value if plan.start_time else start_time,
        zone=plan.zone.value if plan.zone else zone,
        source=plan.source,
        licence=plan.licence,
        dates_shifted=plan.dates_shifted,
        found=tuple(dict.fromkeys((*_how(plan), *found_how))),
    )
    named = {one.lead.name: replace(one, lead=context.same(one.lead)) for one in ordered}
    return StoredRecord(record, found.folder, named)


def _how(plan: Plan) -> list[tuple[str, str]]:
    """Return how what a plan says of the whole was found."""
    told: list[tuple[str, str]] = []
    by_row: list[str] = []
    for name in ("record", "patient", "lead", "unit", "gain", "baseline"):
        column, said = getattr(plan, f"{name}_column"), getattr(plan, name, None)
        if column is not None:
            told.append((name, f"row column {column}"))
            by_row.append(name)
        elif said is not None:
            told.append((name, said.how))
    for signal in plan.signals:
        of = f" of {signal.name.value}" if signal.name and len(plan.signals) > 1 else ""
        told += [(f"{name}{of}", how) for name, how in _how_measured(signal) if name not in by_row]
    if plan.time is not None:
        told.append(("time", plan.time.how or f"column {plan.time.column}"))
    return told


def _how_measured(signal: SignalColumn) -> list[tuple[str, str]]:
    told = [] if signal.unit is None else [("unit", signal.unit.how)]
    if signal.gain.how != "convention":
        told.append(("gain", signal.gain.how))
    if signal.missing:
        told.append(("missing", signal.missing_how))
    return told
