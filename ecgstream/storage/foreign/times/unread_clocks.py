"""Columns of a table with a row a sample that nothing is read from, and that count as clocks do.

`Zeit`, `seq`, a second time: what they say of lost samples, or of the rate, is said by nobody else.
None is taken for a clock, for nobody knows that it is one; where its values and the record do not
agree it is found fault with, with the line of a mapping that takes it. Blocks: values are read.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.types as pt

from ecgstream.analysis.judgement import Judgement
from ecgstream.errors import SourceCorrupt
from ecgstream.model.figures import plain
from ecgstream.storage.carriers import is_text
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.column_names import moment_of
from ecgstream.storage.foreign.likely import pattern_of
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan, Unit
from ecgstream.storage.foreign.proposing import settling, with_table
from ecgstream.storage.foreign.seen import is_number
from ecgstream.storage.foreign.tables.beside_rows import rows_of, steps_of
from ecgstream.storage.foreign.times import text_times
from ecgstream.storage.foreign.times.stamps import FASTEST, GUESSED, SLOWEST, UNITS
from ecgstream.storage.foreign.times.steps import Steps
from ecgstream.storage.foreign.times.time_names import counts_rows, is_no_time, like_time
from ecgstream.storage.stored import StoredLead, StoredRecord

NEAR: Final = 0.01
"""So far two clocks of one recording may be apart: a device's own is nearer to the right time."""

UNREAD: Final = "not read"
"""What is found, in `Record.found`."""

MOST: Final = 16
"""Columns that are named."""


def clock_remarks(stored: StoredRecord, files: OpenFiles) -> Iterator[Judgement]:
    """Yield what columns that nothing is read from say against the times of a record. Blocks.

    Raises SourceUnavailable.
    """
    how = dict(stored.record.found).get("time")
    if how is None or "mapping" in how:
        # Of our own making; or a person has said what the time is.
        return
    taken = _time_of(how)
    used = {lead.column for lead in stored.leads.values()}
    used |= {key for lead in stored.leads.values() for key, _ in lead.keys}
    seen: set[str] = set()
    for lead in sorted(stored.leads.values(), key=lambda one: -one.lead.fs):
        mine = {file.shown for file in lead.track.files}
        if mine & seen or not len(lead.track.start):
            continue
        seen |= mine
        yield from _of_lead(stored, lead, used, taken, files)


def _of_lead(
    stored: StoredRecord, lead: StoredLead, used: set[str], taken: str, files: OpenFiles
) -> Iterator[Judgement]:
    rows = rows_of(lead)
    file = lead.track.files[lead.track.file[0]]
    schema = files.schema(file)
    if schema.names.count(lead.column) != 1 or not _is_sample(schema.field(lead.column).type):
        return
    for field in schema:
        name = str(field.name)
        if name in used or schema.names.count(name) > 1:
            continue
        if name == taken or is_no_time(name) or not _may_count(field.type):
            continue
        try:
            steps = steps_of(rows, name, files, loose=_is_loose(field))
        except SourceCorrupt:
            continue
        if steps is not None:
            yield from _judged(stored, lead, field, steps, taken)


def _is_sample(kind: pa.DataType) -> bool:
    return is_number(kind) or bool(pt.is_decimal(kind))


def _may_count(kind: pa.DataType) -> bool:
    return _is_temporal(kind) or is_number(kind) or bool(pt.is_decimal(kind))


def _is_loose(field: Any) -> bool:
    """Return whether a column may say one and the same in several rows, and count all the same."""
    return _is_temporal(field.type) or counts_rows(field.name)


def _time_of(how: str) -> str:
    """Return the column that the times of a record are read from; "" for none."""
    for begin in ("column ", "text column "):
        if how.startswith(begin):
            return how.removeprefix(begin).partition(",")[0]
    return ""


def _judged(
    stored: StoredRecord, lead: StoredLead, field: Any, steps: Steps, taken: str
) -> Iterator[Judgement]:
    """Yield what jumps that a column has alone, or another rate than the lead's, come to."""
    name, fs = str(field.name), lead.lead.fs
    rates: dict[Unit, float] = {
        unit: 1000 / (steps.usual * float(UNITS[unit])) for unit in _units(field, steps)
    }
    fits = [unit for unit, rate in rates.items() if abs(rate / fs - 1) <= NEAR + steps.doubt]
    if steps.jumps:
        count = "once" if steps.jumps == 1 else f"{steps.jumps:,} times"
        no_gap = "rows are counted, and no gap is shown"
        said = (
            f"column {name} rises by {plain(steps.usual, 6)} a sample and jumps {count} (first by "
            f"{plain(steps.by, 6)}), as a clock or a counter does where samples are lost: "
            f"{f'by column {taken} there is no gap' if taken else no_gap}"
        )
        keys = _key(field, steps, fits)
        places = tuple(steps.places)
        yield Judgement("clock", (), said + _settled(stored, keys, taken), fs, places)
        return
    if fits or steps.loose or not (like_time(name) or _is_temporal(field.type)):
        return
    made = {u: r for u, r in rates.items() if SLOWEST <= r <= FASTEST or len(rates) == 1}
    if len(made) == 1:
        ((unit, rate),) = made.items()
        said = (
            f"two clocks disagree: column {name} makes {rate:.6g} Hz (in {unit}), and "
            f"{f'column {taken}' if taken else 'what is said of the rate'} {fs:.6g} Hz, which is "
            "taken"
        )
        yield Judgement("clock", (), said + _settled(stored, _key(field, steps, [unit]), taken), fs)


def _settled(stored: StoredRecord, keys: str | None, taken: str) -> str:
    """Return words with what to say in a mapping, to take a column for the time or to leave it."""
    if keys is None:
        return (
            "; where it is one, store when each row was as an Arrow timestamp or in s; else say "
            'time = "none" in a mapping, and the rate'
        )
    how = dict(stored.record.found).get(UNREAD, "")
    other = f"name column {taken} so" if taken else 'say time = "none" and the rate'
    said = f"; where it is right, take it, else {other}"
    return said + settling(how, pattern_of(stored), keys)


def _units(field: Any, steps: Steps) -> list[Unit]:
    """Return the units in which a column may count time."""
    kind, name = field.type, str(field.name)
    if pt.is_timestamp(kind) or pt.is_time(kind) or pt.is_duration(kind):
        return [kind.unit]
    if is_text(kind):
        return [text_times.UNIT]
    said = moment_of(name)
    if said is not None and said.unit is not None:
        return [said.unit]
    counter = counts_rows(name) or (said is not None and said.counts == "sample")
    return [] if counter or (steps.whole and not like_time(name)) else [*GUESSED]


def _key(field: Any, steps: Steps, fits: Sequence[Unit]) -> str | None:
    """Return the key of a mapping that takes a column for the time; None where none does."""
    name = quoted(str(field.name))
    if _is_temporal(field.type):
        return f"time = {{ column = {name} }}"
    if fits:
        return f'time = {{ column = {name}, unit = "{fits[0]}" }}'
    if steps.whole and steps.usual == 1:
        return f'time = {{ column = {name}, counts = "sample" }}'
    return None


def _is_temporal(kind: pa.DataType) -> bool:
    dated = pt.is_timestamp(kind) or pt.is_time(kind) or pt.is_duration(kind)
    return bool(dated) or is_text(kind)


def unread(schema: pa.Schema, plan: Plan, unused: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pair of `Record.found` with the columns among `unused` that are called as clocks.

    Where rows are counted: these may say otherwise. Whether they do, only their values tell.
    """
    if plan.shape != "samples" or plan.time is not None or "time" in (plan.mapped or ())[1:]:
        return []
    found = [
        name
        for name in unused
        if name in schema.names
        and (_may_count(kind := schema.field(name).type))
        and not is_no_time(name)
        and ((_is_temporal(kind) and not is_text(kind)) or like_time(name) or counts_rows(name))
    ][:MOST]
    listed = f"column{'s' if len(found) > 1 else ''} {', '.join(found)}"
    said = f"{listed}, called as a clock or a counter is: rows are counted"
    return [(UNREAD, with_table(said, plan.mapped))] if found else []
