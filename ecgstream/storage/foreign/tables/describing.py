"""Leads and records out of what a plan and the rows say: shared by all tables that have keys."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError, SourceError
from ecgstream.model.block import Dtype, Samples
from ecgstream.model.record import ECG, Lead, Record
from ecgstream.storage.carriers import Carrier
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign import layouts
from ecgstream.storage.foreign.finding import Pair, found_of, used_columns
from ecgstream.storage.foreign.likely import likely, unfit_in
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan, Said, SignalColumn, Unit
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.scales.calibrating import said_unit
from ecgstream.storage.foreign.scales.row_scales import baseline_in, gain_in, rate_in
from ecgstream.storage.foreign.scales.scaling import CLOSE
from ecgstream.storage.foreign.scales.suspected import suspected
from ecgstream.storage.foreign.spellings import is_said, otherwise_spelled
from ecgstream.storage.foreign.times.stamps import Rows, began
from ecgstream.storage.foreign.times.start_doubts import start_pair
from ecgstream.storage.foreign.times.unread_clocks import unread
from ecgstream.storage.foreign.whose.identifying import is_part, stem_of
from ecgstream.storage.foreign.whose.splitting import Whose
from ecgstream.storage.stored import StoredLead, StoredRecord, Track, extremes_of
from ecgstream.storage.survey import Found, Surveyed, common_carrier, survey, unknown

BY_MAPPING: Final = "mapping"
"""How a thing was found that a person says."""

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
    carriers: dict[tuple[str | int, ...], Carrier] = field(default_factory=dict)
    leads: dict[Lead, Lead] = field(default_factory=dict)
    nothing: dict[tuple[Dtype, bytes], tuple[Samples, NDArray[np.bool_]]] = field(
        default_factory=dict
    )
    found: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = field(
        default_factory=dict
    )

    def over(self, part: int, signal: SignalColumn, *, lists: bool) -> Surveyed:
        """Return the survey of a signal in file number `part`. Raises as `survey` does."""
        key = (part, signal.column)
        if key not in self.surveys:
            self.surveys[key] = survey(
                self.parts[part], signal.column, self.files, signal.missing, lists=lists
            )
        return self.surveys[key]

    def carrier(self, parts: Sequence[int], signal: SignalColumn, *, lists: bool) -> Carrier:
        """Return how a signal that is spread over some files goes to the wire."""
        key: tuple[str | int, ...] = (signal.column, *parts)
        if key not in self.carriers:
            some = [(self.parts[part], self.over(part, signal, lists=lists)) for part in parts]
            self.carriers[key] = common_carrier(some, signal.column)
        return self.carriers[key]

    def extremes(
        self, track: Track, over: Mapping[int, Surveyed], dtype: Dtype, *, alone: bool
    ) -> tuple[Samples, NDArray[np.bool_]]:
        """Return the extremes of the pieces of a lead, and which of them hold nothing.

        `over` are the surveys of the track's files. What footers say is of all rows of a row
        group: of a part of it, or where rows of others lie between (not `alone`), not known.
        """
        groups = zip(track.file.tolist(), track.group.tolist(), strict=True)
        empty = np.array([over[file].empty[group] for file, group in groups], np.bool_)
        parted = [k for k, one in track.placements.items() if one.within is not None]
        if not alone or len(parted) == len(empty):
            # The same two for all leads that are alike in that: records are many.
            known = dtype, empty.tobytes()
            return self.nothing.setdefault(known, (unknown(len(empty), dtype), empty))
        found = extremes_of(track, over, dtype)
        found[:, parted] = unknown(1, dtype)
        return found, empty

    def same(self, lead: Lead) -> Lead:
        """Return the one value for all leads that are described alike: records are many."""
        return self.leads.setdefault(lead, lead)


def rate_said(found: Found, whose: Whose, signal: SignalColumn) -> Said[Fraction] | None:
    """Return the rate that is said of a lead, the row first. Raises LayoutError for none."""
    plan, otherwise = found.planned, signal.fs or found.planned.fs
    if whose.fs is None or (signal.fs is not None and signal.fs.how == BY_MAPPING):
        return otherwise
    rate = rate_in(whose.fs, signal)
    if rate is None:
        raise LayoutError(
            f"says {whose.fs!r} for record {whose.record!r}; expected the sampling rate in Hz, "
            "above 0",
            path=found.shown,
            column=plan.fs_column,
        )
    if otherwise is not None and otherwise.value != rate and _in_file(otherwise):
        said = f"{float(rate):g} Hz", f"{float(otherwise.value):g} Hz ({otherwise.how})"
        raise _contradiction(found, whose, "fs_column", plan.fs_column, said)
    return Said(rate, f"row column {plan.fs_column}")


def _in_file(said: Said[Any]) -> bool:
    """Return whether it is the file that says it, and no person."""
    return not said.how.startswith((BY_MAPPING, "flag", "convention"))


def _contradiction(
    found: Found, whose: Whose, key: str, column: str | None, said: tuple[str, str]
) -> LayoutError:
    """Return the error of rows that say the first, and a file that says the second."""
    return LayoutError(
        f"says {said[0]} in rows of record {whose.record!r}, and the file {said[1]}; expected one; "
        f"where the rows are right"
        + that_would_do(found.path, f"{key} = {quoted(column or '')}", found.planned.mapped),
        path=found.shown,
        column=column,
    )


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
    gain = _number(found, whose, "gain", signal.gain, signal)
    baseline = _number(found, whose, "baseline", signal.baseline, signal)
    if not gain:
        raise LayoutError(
            f"has gain 0 for lead {name!r}; expected another number",
            path=found.shown,
            column=plan.gain_column if whose.gain else signal.column,
        )
    return Lead(
        name=name,
        unit=_unit(found, whose, signal),
        gain=gain * carrier.gain,
        baseline=baseline * carrier.gain,
        kind=signal.kind,
        fs=float(rate.value),
        length=length,
        dtypes=carrier.dtypes,
        fs_source=rate.how,
    )


def _unit(found: Found, whose: Whose, signal: SignalColumn) -> str | None:
    """Return the unit of a lead, None for none. Raises LayoutError where two are said."""
    said = signal.unit
    by_row = None if whose.unit is None else said_unit(whose.unit)
    if said is None or said.how == BY_MAPPING or signal.withheld or whose.unit is None:
        return by_row if said is None else said.value
    # Of counts beside a unit the one is of what is stored, the other of what is meant by it.
    if None not in {by_row, said.value} and by_row != said.value and _in_file(said):
        both = str(by_row), f"{said.value} ({said.how})"
        raise _contradiction(found, whose, "unit_column", found.planned.unit_column, both)
    return by_row or said.value


def _number(
    found: Found, whose: Whose, what: str, said: Said[float], signal: SignalColumn
) -> float:
    """Return the gain or the baseline of a lead. Raises LayoutError for none, or two."""
    text: str | None = getattr(whose, what)
    column: str | None = getattr(found.planned, f"{what}_column")
    if text is None or said.how == BY_MAPPING or signal.withheld:
        return said.value
    plan = found.planned
    value = gain_in(plan, text, signal) if what == "gain" else baseline_in(text, signal)
    if value is None:
        raise LayoutError(
            f"says {text!r}; expected a finite number", path=found.shown, column=column
        )
    if _in_file(said) and not math.isclose(value, said.value, rel_tol=float(CLOSE)):
        both = f"{what} {value:g}", f"{said.value:g} ({said.how})"
        raise _contradiction(found, whose, f"{what}_column", column, both)
    return value


def in_no_order(found: Found, other: Found, record: str) -> LayoutError:
    """Return the error of rows in two files that nothing puts in order."""
    return LayoutError(
        f"holds rows of record {record!r}, as {other.shown} does, and nothing says which come "
        "first" + that_would_do(found.path, 'order = "file name"', found.planned.mapped),
        path=found.shown,
    )


def no_rate(found: Found, lead: str, record: str, column: str) -> LayoutError:
    """Return the error of a lead whose sampling rate nothing says, and that nothing tells of."""
    return LayoutError(
        f"nothing says the sampling rate of lead {lead!r} of record {record!r}"
        + that_would_do(found.path, "fs = RATE", found.planned.mapped),
        path=found.shown,
        column=column,
    )


def counted(rows: int) -> str:
    """Return so many rows as what repeats something."""
    return "1 row repeats" if rows == 1 else f"{rows} rows repeat"


def order_of(name: str) -> int:
    """Return the place of a lead among the usual twelve, behind them for another."""
    upper = name.upper()
    return ORDER.index(upper) if upper in ORDER else len(ORDER)


def name_of(found: Found, signal: SignalColumn, whose: Whose, taken: set[str]) -> str:
    """Return the name of a lead, and take it. Raises LayoutError for none, and for one twice."""
    name = whose.lead if whose.lead is not None else signal.name and signal.name.value
    if not name:
        raise LayoutError(
            "says nowhere which lead its rows are of"
            + that_would_do(found.path, 'lead = "LEAD"', found.planned.mapped),
            path=found.shown,
            column=signal.column,
        )
    other = None if is_said(signal) else otherwise_spelled(name, taken)
    if other is not None:
        raise LayoutError(
            f"calls a lead of record {whose.record!r} {name!r} and {other!r}: whether they are one "
            "lead nobody says, and the second is left out; store one name",
            path=found.shown,
            column=found.planned.lead_column or signal.column,
        )
    if name in taken:
        raise LayoutError(
            f"is a second lead {name!r} of record {whose.record!r}; give it another name in a "
            "mapping (signals)",
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


def rows_alone(found: Found) -> bool:
    """Return whether each row is a record of its own, for nothing says whose it is but the file."""
    plan = found.planned
    # One id in all rows of a column says that they are one record's: not that each is one.
    said = plan.record is not None and plan.record.how.startswith(("column ", "footer "))
    keyed = plan.keyed() or plan.stride is not None or said
    if plan.apart:
        return plan.shape != "samples"
    return plan.shape == "records" and not keyed and int(found.file.groups[-1]) > 1


def name_of_rows(found: Found) -> str:
    """Return what the names of records begin with that are the rows of a file (`rows_alone`)."""
    record = found.planned.record
    assert record is not None, "what the file is called stands in for a record"
    if not is_part(found.path):
        return record.value
    # Other parts have rows of these numbers too.
    return layouts.record_id([record.value, stem_of(found.path)])


Shown = tuple[StoredLead, SignalColumn]
"""A lead, and the column that it is stored in."""

Start = tuple[Rows | None, Fraction, Said[Unit] | None]
"""The times of some lead, when sample 0 was (ms), and how the unit of times was found."""


def finished(
    context: Context,
    found: Found,
    whose: Whose,
    shown: Sequence[Shown],
    start: Start,
    *,
    more: Sequence[Pair] = (),
) -> StoredRecord:
    """Put a record together out of its leads, at least one; `more` is found of its rows, too."""
    plan = found.planned
    # Of all the tables that the record is in, not of the first alone.
    own = {id(file) for stored, _ in shown for file in stored.track.files}
    parts = [part for part in context.parts if id(part.file) in own]
    names = list(dict.fromkeys(s.column for part in parts for s in part.planned.signals))

    def rank(one: Shown) -> tuple[bool, float, int, int]:
        lead = one[0].lead
        return lead.kind != ECG, -lead.fs, order_of(lead.name), names.index(one[1].column)

    ordered = sorted(shown, key=rank)
    rows, zero, unit = start
    counted = plan.time is None or plan.time.counts == "sample"
    start_time, zone, plan = began(None if counted else rows, zero, plan)
    if rows_alone(found) and plan.record is not None:
        said = Said(plan.record.value, f"{plan.record.how} and row number")
        alike = _named_alike(plan) and not plan.apart
        plan = replace(plan, record=said, patient=said if alike else plan.patient)
    unused = _unused(found)
    told = found_of(
        plan,
        [(stored.lead, signal) for stored, signal in ordered],
        unit_of_time=unit,
        unused=unused,
        likely=[
            *likely(found.schema, plan, unused),
            *unfit_in(parts),
            *unread(found.schema, plan, unused),
        ],
        suspects=suspected(stored for stored, _ in ordered),
    )
    told = _of_rows(plan, told, [*more, *start_pair(plan)])
    record = Record(
        record=whose.id,
        patient=patient_of_rows(found, whose),
        leads=tuple(context.same(stored.lead) for stored, _ in ordered),
        start_time=start_time,
        zone=zone,
        source=plan.source,
        licence=plan.licence,
        dates_shifted=plan.dates_shifted,
        found=context.found.setdefault(told, told),
    )
    named = {
        stored.lead.name: replace(stored, lead=context.same(stored.lead)) for stored, _ in ordered
    }
    return StoredRecord(record, found.folder, named)


def patient_of_rows(found: Found, whose: Whose) -> str:
    """Return the patient of a record; its own name where nobody says one."""
    # A file's name is no patient's where each of its rows is somebody's.
    plan = found.planned
    if rows_alone(found) and _named_alike(plan) and not plan.apart:
        return whose.name
    return whose.patient or whose.name


def _named_alike(plan: Plan) -> bool:
    """Return whether patient and record are said by one and the same name."""
    return (
        plan.record is not None and plan.patient is not None and plan.patient.how == plan.record.how
    )


def _of_rows(plan: Plan, told: tuple[Pair, ...], more: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return how things were found, with what is said of rows that hold many samples."""
    rows: list[Pair] = [*more]
    stride = plan.stride
    if stride is not None and stride.column is not None:
        rows.append(("windows", f"mapping: begin where column {stride.column} says"))
    elif stride is not None:
        step = f"{float(stride.seconds):g} s" if stride.seconds else f"{stride.samples} samples"
        rows.append(("windows", f"mapping: begin every {step}"))
    if plan.apart:
        rows.append(("windows", "mapping: each row is a record of its own"))
    if plan.labels and plan.shape != "samples":
        rows.append(("labels", f"columns {', '.join(plan.labels)}"))
    if plan.shape == "records" and plan.time is not None and plan.stride is None:
        rows.append(("rows", "a record each: most do not begin where another ends"))
    if plan.shape == "records" and plan.time is None:
        # Rows are no samples here: that these are counted goes without saying.
        told = tuple(pair for pair in told if pair[0] != "time")
    last = told[-1:] if told and told[-1][0] == "not shown" else ()
    return (*told[: len(told) - len(last)], *rows, *last)


def _unused(found: Found) -> list[str]:
    """Return the columns that nothing is taken from."""
    plan = found.planned
    used = used_columns(plan)
    return [name for name in found.schema.names if name not in used]
