"""What `ecgstream check` says of an archive: lines for a person, and JSON lines for a program."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ecgstream.analysis.facts import spoken_s
from ecgstream.archive.checking import UNUSED, Checked, Summary
from ecgstream.errors import SourceError
from ecgstream.model.figures import percent
from ecgstream.storage.derived.verdict import CHECKER, NOTICE, CheckFinding, LeadVerdict, Verdict
from ecgstream.storage.foreign.mapping import Unused
from ecgstream.storage.foreign.proposing import NEW, spelled
from ecgstream.storage.foreign.times.disorder import kind_of
from ecgstream.storage.index.left_out import count_of

PLACES: Final = 4
"""Of a finding that are told to a person; a program is told all."""

KINDS: Final = 20
"""Of sets of columns that are not shown that are told to a person: an archive has a few kinds."""


def object_of(one: SourceError | str | Unused | Checked | Summary) -> dict[str, Any]:
    """Return the JSON object of a line; `what` says what it is."""
    if isinstance(one, str):
        return {"what": "note", "text": one}
    if isinstance(one, Unused):
        about = {"table": one.number, "files": one.files, "text": str(one)}
        return {"what": "mapping", "level": UNUSED, **about}
    if isinstance(one, SourceError):
        about = {"path": one.path, "also": one.also, "column": one.column, "text": one.detail}
        return {"what": "problem", "kind": kind_of(one.detail) or "left_out", **about}
    if isinstance(one, Summary):
        levels = {"records": one.records, **one.levels, "failed": one.failed}
        left_out = {
            "problems": len(one.problems),
            "left_out": count_of(one.problems),
            "notes": len(one.notes),
            "mapping": one.unused,
        }
        return {"what": "summary", "checker": CHECKER, "notice": NOTICE, **levels, **left_out}
    about = {"record": one.record.record, "patient": one.record.patient}
    if one.verdict is None:
        return {"what": "failed", **about, "text": one.failure}
    found = {"found": dict(one.record.found)}
    return {"what": "record", **about, **msgspec.to_builtins(one.verdict), **found}


def json_line(one: SourceError | str | Unused | Checked | Summary) -> str:
    """Return a line of JSON."""
    return json.dumps(object_of(one), ensure_ascii=False)


def lines(
    one: SourceError | str | Unused | Checked | Summary, *, figures: bool = False
) -> Iterator[str]:
    """Yield the lines for a person; `figures`: with those of each lead."""
    if isinstance(one, str):
        yield f"NOTE {one}"
    elif isinstance(one, Unused):
        yield f"{UNUSED.upper()} {one}"
    elif isinstance(one, SourceError):
        yield f"LEFT OUT {spelled(str(one))}"
    elif isinstance(one, Summary):
        yield from _sum(one)
    elif one.verdict is None:
        yield f"FAILED {one.record.record}: {one.failure}"
    else:
        yield from _record(one.verdict, one, figures=figures)


def _record(verdict: Verdict, one: Checked, *, figures: bool) -> Iterator[str]:
    rate = f"{verdict.fs:g} Hz ({verdict.fs_source})"
    known = ", known already" if one.known else ""
    share = f"windows of {percent(verdict.windows)}" if verdict.windows else "no windows"
    count = len(verdict.findings)
    said = "clean" if not count else f"{count} finding{'s' * (count > 1)}"
    yield (
        f"{verdict.record}: {said}; {spoken_s(verdict.seconds)} at {rate}, "
        f"{len(verdict.leads)} signal{'s' * (len(verdict.leads) != 1)}, {share}{known}"
    )
    for found in verdict.findings:
        whose = f"{', '.join(found.leads)}: " if found.leads else ""
        # What may be pasted stands below it, where it is at and all.
        said, mark, rest = found.detail.partition(NEW)
        told = spelled(f"{said}{_places(found)}{mark}{rest}").replace("\n", "\n    ")
        yield f"  {found.level} {found.kind}: {whose}{told}"
    if figures:
        for name, lead in verdict.leads.items():
            yield f"  {name}: {_figures(lead)}"


def _places(found: CheckFinding) -> str:
    if not found.spans:
        return ""
    told = [f"{_clock(a / found.fs)}-{_clock(b / found.fs)}" for a, b in found.spans[:PLACES]]
    more = len(found.spans) + found.left_out - len(told)
    return f"; at {', '.join(told)}{f' and {more:,} more' if more else ''}"


def _clock(seconds: float) -> str:
    """Return a place in a record as a person types it: `1:02:03.5`."""
    tenths = int(seconds * 10)
    whole, tenth = divmod(tenths, 10)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"{clock}.{tenth}"


def _figures(lead: LeadVerdict) -> str:
    said = [f"{lead.fs:g} Hz", f"in {lead.unit}" if lead.unit else "unit unknown"]
    if lead.size_mv is not None:
        said.append(f"{lead.size_mv:.3g} mV")
    if lead.hum_mv is not None:
        said.append(f"hum {lead.hum_mv * 1000:.3g} µV at {lead.hum_hz:g} Hz")
    if lead.wander_mv is not None:
        said.append(f"wander {lead.wander_mv:.2g} mV")
    for what in ("missing", "unreadable", "infinite", "flat", "saturated"):
        share = getattr(lead, what)
        if share:
            said.append(f"{what} {percent(share)}")
    return ", ".join(said)


def _sum(one: Summary) -> Iterator[str]:
    for columns, count in one.not_shown.most_common(KINDS):
        yield f"not shown in {_records(count)}: {columns}"
    more = len(one.not_shown) - KINDS
    if more > 0:
        yield f"not shown: {more:,} more sets of columns; --json tells all (`found`)"
    worst = ", ".join(f"{count} {level}" for level, count in one.levels.items() if count)
    left = f", {count_of(one.problems)} left out" if one.problems else ""
    failed = f", {one.failed} failed" if one.failed else ""
    unused = f", {one.unused} of the mapping's tables unused" if one.unused else ""
    said = f"{': ' if worst else ''}{worst}{left}{failed}{unused}"
    yield f"{_records(one.records)}{said}; {CHECKER}, {NOTICE}"


def _records(count: int) -> str:
    return f"{count} record{'s' * (count != 1)}"
