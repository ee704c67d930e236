"""Columns that are not shown and are called nearly as leads are: `LII`, `II_raw`, `V10`, `ECG_MV`.

None is taken for a lead, for nobody knows that it is one: it is found fault with, and the mapping
that shows it is told. So it is with columns that are called as leads are, beside others, and hold
no numbers (texts, bools, nothing): no mapping shows those.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from ecgstream.model.record import ECG
from ecgstream.storage.foreign.column_names import is_plain_ecg, signals_among
from ecgstream.storage.foreign.finding import used_columns
from ecgstream.storage.foreign.mapping import quoted
from ecgstream.storage.foreign.plan import Plan
from ecgstream.storage.foreign.proposing import settling, signals_said, with_table, without_table
from ecgstream.storage.foreign.seen import holds_samples, is_list
from ecgstream.storage.stored import StoredRecord
from ecgstream.storage.survey import Found

LIKELY: Final = "not shown, likely leads"
"""What is found, in `Record.found`."""

UNFIT: Final = "not shown, leads without numbers"
"""The same of columns that are called as leads are."""

MOST: Final = 64
"""Columns that are named: more than these are no leads of one recording."""

CUT: Final = 48
"""Letters of a type that are told."""

_LEAD: Final = re.compile(
    r"I{1,3}|L(?:I{1,3}|[1-3])|D(?:I{1,3}|[1-3])"
    r"|(?i:av[rlf]|v\d{1,2}[rp]?|ml(?:i{1,3}|[1-6])|mcl[1-9])"
)
_ECG: Final = re.compile(r"[fm]?e[ck]g\d{0,2}", re.IGNORECASE)
_BESIDE: Final = frozenset(
    {
        "ecg", "ekg", "lead", "leads", "ch", "channel", "signal", "sig", "wave", "waveform", "data",
        "raw", "orig", "original", "clean", "cleaned", "filtered", "filt", "filter", "denoised",
        "notch", "smooth", "smoothed", "corrected", "resampled", "mv", "uv", "nv", "v", "volt",
        "volts", "millivolt", "millivolts", "microvolt", "microvolts", "adc", "digital", "physical",
        "einthoven", "goldberger", "wilson", "left", "right", "new", "old", "value", "values",
    }
)  # fmt: skip
"""Words beside a lead's name that leave it one; `II_mean` and `ECG_Rate` are numbers of it."""


def like_a_lead(column: str) -> bool:
    """Return whether a column is called nearly as a lead is."""
    parts = [part for part in re.split(r"[^0-9A-Za-z]+", column) if part]
    leads = [part for part in parts if _LEAD.fullmatch(part)]
    rest = [part for part in parts if not _LEAD.fullmatch(part)]
    if leads:
        return len(leads) == 1 and all(_beside(part) for part in rest)
    # Of an ECG that is called no lead every word has to be known.
    return any(_ECG.fullmatch(part) for part in rest) and all(_beside(part) for part in rest)


def _beside(part: str) -> bool:
    return part.lower() in _BESIDE or part.isdigit() or _ECG.fullmatch(part) is not None


def likely(schema: pa.Schema, plan: Plan, unused: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pair of `Record.found` with the columns among `unused` that may be leads.

    None where the rows or the path say the lead, or a mapping which columns are signals.
    """
    if not _by_columns(plan):
        return []
    lists = is_list(schema.field(plan.signals[0].column).type)
    found = [
        name
        for name in unused
        if like_a_lead(name)
        and name in schema.names
        and holds_samples(kind := schema.field(name).type)
        and is_list(kind) == lists
    ][:MOST]
    if not found:
        return []
    return [(LIKELY, with_table(f"columns {', '.join(found)}", plan.mapped))]


def unfit_in(parts: Iterable[Found]) -> list[tuple[str, str]]:
    """Return the pair of `Record.found` with the columns of `parts` that are leads by their names,
    of a type that can hold no samples.
    """
    kinds: dict[str, str] = {}
    mapped = None
    for found in parts:
        plan, schema = found.planned, found.schema
        if not _by_columns(plan):
            continue
        used = used_columns(plan)
        names = [f.name for f in schema if f.name not in used and not holds_samples(f.type)]
        among = signals_among([*(one.column for one in plan.signals), *names]) if names else {}
        for name in names:
            if name in among and among[name].kind == ECG and not is_plain_ecg(name):
                kinds.setdefault(name, str(schema.field(name).type)[:CUT])
                mapped = plan.mapped
    if not kinds:
        return []
    listed = ", ".join(f"{name} ({kind})" for name, kind in list(kinds.items())[:MOST])
    return [(UNFIT, with_table(f"columns {listed}", mapped))]


def unfit_told(how: str, stored: StoredRecord) -> str:
    """Return what is to be said of a pair `UNFIT`."""
    listed = without_table(how).removeprefix("columns ")
    one = "), " not in listed
    said = (
        f"column {listed} has a lead's name and holds no numbers, and is not shown"
        if one
        else f"columns {listed} have leads' names and hold no numbers, and are not shown"
    )
    what = "its values as integers, floats or decimals; where it is no lead"
    more = what if one else what.replace("its", "their").replace("it is no lead", "they are none")
    keys = signals_said(dict.fromkeys(_shown(stored), ""))
    return f"{said}; store {more}, name those that are" + settling(how, pattern_of(stored), keys)


def told_of(how: str, stored: StoredRecord) -> str:
    """Return what is to be said of a pair `LIKELY`, with the mapping that shows the columns too."""
    listed = without_table(how)
    columns = listed.removeprefix("columns ").split(", ")
    count = len(columns)
    said = (
        f"{listed.replace('columns ', 'column ', 1) if count == 1 else listed} may be "
        f"{'a lead' if count == 1 else 'leads'} by {'its name' if count == 1 else 'their names'}, "
        f"and {'is' if count == 1 else 'are'} not shown"
    )
    # A mapping that names signals names all of them: those that are shown already, too.
    signals = dict.fromkeys(_shown(stored), "")
    signals |= {one: f"name = {quoted(one)}, kind = {quoted(ECG)}" for one in columns}
    return said + settling(how, pattern_of(stored), signals_said(signals))


def pattern_of(stored: StoredRecord) -> str:
    """Return a pattern of the files of a record that a mapping takes.

    Without where on the server they lie: whoever watches is told, too.
    """
    return f"**/{stored.files()[0].place.path.rpartition('/')[2]}"


def _by_columns(plan: Plan) -> bool:
    """Return whether leads are what columns are called: nobody else says it, no mapping either."""
    chosen = plan.mapped is not None and "signals" in plan.mapped[1:]
    by_row = plan.lead is not None or plan.lead_column is not None
    return bool(plan.signals) and not chosen and not by_row


def _shown(stored: StoredRecord) -> Sequence[str]:
    return [lead.column for lead in stored.leads.values()]
