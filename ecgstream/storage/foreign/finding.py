"""How each thing in a record was found, for `Record.found`: pairs of what and how. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ecgstream.model.record import Lead
from ecgstream.storage.foreign.column_names import VALUE_COLUMNS, plain_word
from ecgstream.storage.foreign.plan import ONE_LEAD, Plan, Said, SignalColumn
from ecgstream.storage.foreign.proposing import with_table
from ecgstream.storage.foreign.scales.suspected import SUSPECTED
from ecgstream.storage.foreign.times import text_times

Pair = tuple[str, str]

MOST: Final = 16
"""Columns that are named one by one."""
INDEX: Final = re.compile(r"__index_level_\d+__")


def found_of(
    plan: Plan,
    leads: Sequence[tuple[Lead, SignalColumn]],
    *,
    unit_of_time: Said[Any] | None = None,
    unused: Sequence[str] = (),
    likely: Sequence[Pair] = (),
    suspects: Iterable[Pair] = (),
) -> tuple[Pair, ...]:
    """Return how the things of a record were found, in the order a person reads them.

    `leads` with the column each is stored in; `unused` are the columns that are not shown,
    `likely` what is said of those that may be leads (`likely.likely`), `suspects` of values by the
    name of their lead (`suspected.suspected`).
    """
    found: list[Pair] = []
    found += _whose("record", plan.record, plan.record_column)
    found += _whose("patient", plan.patient, plan.patient_column)
    found += _whose("leads", plan.lead, plan.lead_column) or _columns(plan, leads)
    found += _by_lead("fs", [(lead.name, lead.fs_source) for lead, _ in leads])
    found += _time(plan, unit_of_time)
    found += _calibration(plan, leads)
    found += _by_lead(
        "missing",
        [
            (lead.name, f"{column.missing_how}: {_listed(column)}")
            for lead, column in leads
            if column.missing
        ],
    )
    found += _by_lead(SUSPECTED, list(suspects))
    # What pandas calls an index without a name is nothing that anybody would look for.
    unused = [column for column in unused if not INDEX.fullmatch(column)]
    found += [("start", plan.start_time.how)] if plan.start_time else []
    found += [("zone", plan.zone.how)] if plan.zone else []
    found += likely
    if plan.labels and plan.shape == "samples":
        found.append(("labels", f"mapping: columns {', '.join(plan.labels)}"))
    if unused:
        more = f" and {len(unused) - MOST} more" if len(unused) > MOST else ""
        found.append(("not shown", f"columns {', '.join(unused[:MOST])}{more}"))
    return tuple(found)


def used_columns(plan: Plan) -> set[str]:
    """Return the columns of a file that say something of what is shown."""
    said: list[Said[Any] | None] = [plan.record, plan.patient, plan.lead, plan.fs]
    for one in plan.signals:
        said += [one.unit, one.gain, one.baseline]
    by_value = {one.how.removeprefix("column ") for one in said if one is not None}
    by_row = {plan.record_column, plan.patient_column, plan.lead_column, plan.fs_column}
    by_row |= {plan.unit_column, plan.gain_column, plan.baseline_column, *plan.labels}
    by_row |= {None if one is None else one.column for one in (plan.time, plan.stride)}
    shown = {one.column for one in plan.signals} | by_value | by_row
    return {column for column in shown if column is not None}


def _listed(column: SignalColumn) -> str:
    return ", ".join(f"{value:g}" for value in column.missing)


def _whose(what: str, said: Said[str] | None, column: str | None) -> list[Pair]:
    if column is not None:
        within = "" if said is None else f"{said.how} and "
        return [(what, f"{within}row column {column}")]
    return [] if said is None else [(what, said.how)]


def _columns(plan: Plan, leads: Sequence[tuple[Lead, SignalColumn]]) -> list[Pair]:
    if all(one.name is not None and one.name.how == "mapping" for _, one in leads):
        return [("leads", "mapping")]
    names = [one.column for _, one in leads]
    if plan.shape != "samples" and len(names) == 1 and plain_word(names[0]) in VALUE_COLUMNS:
        return [("leads", with_table(f"column {names[0]}: {ONE_LEAD}", plan.mapped))]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return [("leads", f"column {', '.join(names[:MOST])}{more}")]


def _time(plan: Plan, unit: Said[Any] | None) -> list[Pair]:
    if plan.index is not None:
        step = plan.index[1]
        return [("time", f"footer metadata pandas: sample numbers, in steps of {step}")]
    if plan.time is None:
        by = ", as a mapping says" if "time" in (plan.mapped or ())[1:] else ""
        return [("time", f"none: rows are counted{by}")]
    counts = ", sample numbers" if plan.time.counts == "sample" else ""
    by_convention = plan.time.how == "convention"
    how = f"column {plan.time.column}, convention" if by_convention else plan.time.how
    if plan.time.zoned is not None and plan.time.how in {"convention", "mapping"}:
        how = f"{how}: {text_times.how(plan.time.column)}"
    found = [("time", f"{how}{counts}")]
    if unit is not None and unit.how != plan.time.how:
        found.append(("unit of time", f"{unit.how}: {unit.value}"))
    return found


def _calibration(plan: Plan, leads: Sequence[tuple[Lead, SignalColumn]]) -> list[Pair]:
    units, gains, zeros = [], [], []
    for lead, column in leads:
        if column.unit is not None and column.withheld:
            told = f"not calibrated, {column.unit.how} in a mapping"
            units.append((lead.name, with_table(told, plan.mapped)))
        elif lead.unit is None:
            units.append((lead.name, "nobody says: not calibrated"))
        elif column.unit is not None:
            by_convention = column.unit.how == "convention"
            how = f"convention: {lead.unit}" if by_convention else column.unit.how
            units.append((lead.name, how))
        elif plan.unit_column is not None:
            units.append((lead.name, f"row column {plan.unit_column}"))
        if column.gain.how != "convention":
            gains.append((lead.name, column.gain.how))
        if column.baseline.how != "convention":
            zeros.append((lead.name, column.baseline.how))
    found = _by_lead("unit", units)
    found += _by_lead("gain", gains) or _whose("gain", None, plan.gain_column)
    return found + (_by_lead("baseline", zeros) or _whose("baseline", None, plan.baseline_column))


def _by_lead(what: str, said: Sequence[tuple[str, str]]) -> list[Pair]:
    """Return one pair where all leads say the same, else one for each way of finding it."""
    hows: dict[str, list[str]] = {}
    for name, how in said:
        hows.setdefault(how, []).append(name)
    if len(hows) == 1 and len(said) > 1:
        return [(what, how) for how in hows]
    return [(f"{what} of {', '.join(names)}", how) for how, names in hows.items()]
