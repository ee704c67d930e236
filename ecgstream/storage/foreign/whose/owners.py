"""Whose the files and rows of one record id are: two patients never become one record. Pure.

Of two patients whose records have one id the first is served, in the order of paths; the other is
refused with both named, and with the mapping that makes it a record of its own.
"""

from collections.abc import Sequence
from typing import Final

from ecgstream.errors import LayoutError, SourceError
from ecgstream.storage.foreign import layouts
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import that_would_do_alone
from ecgstream.storage.foreign.whose.identifying import stem_of
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import Found

SPREAD_KEYS: Final = frozenset(
    {"date", "day", "month", "year", "hour", "week", "part", "chunk", "segment", "bucket"}
)
"""Keys of a path by which the rows of one record are spread over folders."""

BY_NAME: Final = ("column ", "footer ", "field ", "file name")
"""How a record id is said that others may have too: not by who knows all of the archive."""


def folder_of(found: Found) -> str:
    """Return the folder of a file without what parts of one record may differ in."""
    spread = {*layouts.LEAD_KEYS, *SPREAD_KEYS}
    folders = found.file.place.path.split("/")[:-1]
    kept = (one for one in folders if one.partition("=")[0].lower() not in spread or "=" not in one)
    return "/".join(kept)


def patient_of(plan: Plan) -> str | None:
    """Return the patient that is said of a file; None where its record stands in for one."""
    if plan.patient is None or plan.patient == plan.record:
        return None
    return plan.patient.value


def apart(parts: Sequence[Found]) -> list[list[Found]]:
    """Return the files of one record id, in path order, by whose they are.

    Files are of one patient where they say the same one. Who says none is of the patient of the
    folder; else of another in each folder, unless a mapping or folders' keys say the record.
    """
    folders: dict[str, set[str]] = {}
    for found in parts:
        patient = patient_of(found.planned)
        if patient is not None:
            folders.setdefault(folder_of(found), set()).add(patient)
    everybody = set().union(*folders.values())
    owners: dict[tuple[str, str, int], list[Found]] = {}
    for found in parts:
        patient, record = patient_of(found.planned), found.planned.record
        by_name = record is not None and record.how.startswith(BY_NAME)
        if patient is None:
            near = folders.get(folder_of(found), set()) if by_name else everybody
            patient = next(iter(near)) if len(near) == 1 else None
        if patient is not None:
            owner = ("patient", patient)
        else:
            owner = ("folder", folder_of(found) if by_name else "")
        number = 0
        while any(_of_others(found, one) for one in owners.get((*owner, number), ())):
            number += 1
        owners.setdefault((*owner, number), []).append(found)
    return list(owners.values())


def _of_others(one: Found, other: Found) -> bool:
    """Return whether a column that is called as people's names are has another in each file."""
    there = dict(other.planned.persons)
    return any(there.get(column, name) != name for column, name in one.planned.persons)


def others_refused(owners: Sequence[Sequence[Found]]) -> list[SourceError]:
    """Return what is wrong with the files of all owners but the first (`apart`)."""
    (first, *_), *others = owners
    refused: list[SourceError] = []
    for found, *more in others:
        plan = found.planned
        assert plan.record is not None, "records that rows say are put together elsewhere"
        patient, before = patient_of(plan), patient_of(first.planned)
        # All of its folders: those of one name elsewhere may be another patient's.
        owner = patient or ".".join(found.path.split("/")[:-1]) or stem_of(found.path)
        also = f" (and {len(more)} more of its files)" if more else ""
        refused.append(
            LayoutError(
                f"record {plan.record.value!r}{_of(patient)} is left out here{also}, for it is in "
                f"{first.shown}{_of(before)} already"
                + _why(patient, before)
                + that_would_do_alone(
                    found.path, f"record = {quoted(f'{owner}.{plan.record.value}')}", plan.mapped
                ),
                path=found.shown,
            )
        )
    return refused


def _of(patient: str | None) -> str:
    return "" if patient is None else f" of patient {patient!r}"


def _why(one: str | None, other: str | None) -> str:
    if one is not None and other is not None:
        return ", and two patients are never one record"
    return (
        ", and nothing says that both are one patient's: where they are, say the same `patient` of "
        "both in a mapping, else another record"
    )


def rows_unique(
    records: Sequence[StoredRecord], parts: Sequence[Found], problems: list[SourceError]
) -> list[StoredRecord]:
    """Return the first record of each id where rows of `parts` say it of two patients.

    The others become problems; those of one patient stay, and are told apart by who calls.
    """
    by_file = {id(found.file): found for found in parts}
    held: dict[str, int] = {}
    of_patient: dict[str, int] = {}
    for stored in records:
        of_patient[stored.record.patient] = of_patient.get(stored.record.patient, 0) + 1
        for file in stored.files():
            held[file.place.path] = held.get(file.place.path, 0) + 1
    kept: dict[str, StoredRecord] = {}
    chosen: list[StoredRecord] = []
    for stored in records:
        first = kept.setdefault(stored.record.record, stored)
        if first.record.patient == stored.record.patient:
            chosen.append(stored)
            continue
        file = stored.files()[0]
        found = by_file[id(file)]
        alone = held[file.place.path] == 1 and found.planned.record_column is None
        single = all(of_patient[one.record.patient] == 1 for one in (first, stored))
        problems.append(_two(first, stored, found, _key(found, stored, alone, single)))
    return chosen


def _key(found: Found, stored: StoredRecord, alone: bool, single: bool) -> str:  # noqa: FBT001
    """Return the keys of a mapping that make a record its own: `alone` in its file, or the
    `single` one of its patient; "" where none does.
    """
    column = found.planned.patient_column
    if column is not None and single:
        return f"record_column = {quoted(column)}"
    if alone:
        return f"record = {quoted(f'{stored.record.patient}.{stored.record.record}')}"
    return ""


def _two(first: StoredRecord, stored: StoredRecord, found: Found, keys: str) -> LayoutError:
    patient, before = _said(stored), _said(first)
    return LayoutError(
        f"record {stored.record.record!r}{_of(patient)} is left out here, for it is in "
        f"{first.files()[0].shown}{_of(before)} already"
        + _why(patient, before)
        + (
            that_would_do_alone(found.path, keys, found.planned.mapped)
            if keys
            else "; give the rows of each patient record ids of their own"
        ),
        path=found.shown,
    )


def _said(stored: StoredRecord) -> str | None:
    """Return the patient of a record; None where the record stands in for one."""
    return None if stored.record.patient == stored.record.record else stored.record.patient
