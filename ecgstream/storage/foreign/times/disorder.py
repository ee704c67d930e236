"""What the scan of an archive knows of a record's times: doubled, to and fro, of another rate."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from ecgstream.analysis.judgement import Judgement, Kind
from ecgstream.model.record import ECG
from ecgstream.storage.foreign.likely import LIKELY, UNFIT, pattern_of, told_of, unfit_told
from ecgstream.storage.foreign.plan import ONE_LEAD, WITHHELD
from ecgstream.storage.foreign.proposing import settling, signals_said, without_table
from ecgstream.storage.foreign.tables import abutting
from ecgstream.storage.foreign.tables.abutting import ABUTTING
from ecgstream.storage.foreign.times import start_doubts
from ecgstream.storage.foreign.times.start_doubts import UNSURE
from ecgstream.storage.foreign.times.unread_clocks import clock_remarks
from ecgstream.storage.foreign.whereabouts import placed_in
from ecgstream.storage.foreign.whose.unknown_names import doubtful
from ecgstream.storage.index.indexed import IndexedSource
from ecgstream.storage.parquet import ParquetSource
from ecgstream.storage.source import SignalSource
from ecgstream.storage.stored import StoredLead, StoredRecord

RATE: Final = re.compile(r"\bsays fs .* but its timestamps ")
"""As the builders of records word it where the rate that is said is not that of the times."""

TIMES: Final = re.compile(r"\brepeat |\bout of order\b")


Scanned = ParquetSource | IndexedSource
"""What files are scanned into: it knows what was left out, and what was put right."""

LEAD: Final = re.compile(r"lead '(?P<lead>[^']*)':? ")


def steps_back(lead: StoredLead) -> int:
    """Return how often, within a file, what is stored next is of an earlier time."""
    track, back = lead.track, 0
    for placement in {id(one): one for one in track.placements.values()}.values():
        samples = placement.samples[placement.samples >= 0]
        back += int((np.diff(samples) < 0).sum())
    for index in range(len(track.files)):
        here = np.flatnonzero(track.file == index)
        groups = track.group[here]
        # Pieces lie in the order of time: where they begin, in the order of the file.
        first = np.unique(groups, return_index=True)[1]
        back += int((np.diff(track.start[here[first]]) < 0).sum())
    return back


class Remarks:
    """What is to be said of the times of a source's records."""

    def __init__(self, source: SignalSource) -> None:
        self._source = source if isinstance(source, ParquetSource | IndexedSource) else None
        self._notes: dict[str, list[str]] = {}
        for note in self._source.notes if self._source else ():
            self._notes.setdefault(_whose(note), []).append(note)

    def of(self, record: str) -> Iterator[Judgement]:
        """Yield it, of one record. Blocks. Raises RecordNotFound."""
        if self._source is None:
            return
        for one in self._of(record, self._source):
            yield replace(one, detail=placed_in(self._source, record, one.detail, one.leads))

    def _of(self, record: str, source: Scanned) -> Iterator[Judgement]:
        stored = source.stored(record)
        # Never by its folder: others may lie in the same one.
        whose = f"record {record}"
        for note in self._notes.get(whose, ()):
            kind = kind_of(note)
            if kind is not None:
                leads, said = _without(note, whose, stored)
                yield Judgement(kind, leads, said, stored.record.fs)
        yield from _of_how(stored)
        yield from clock_remarks(stored, source.open_files)
        for said in doubtful(stored, source.open_files):
            yield Judgement("whose", (), said, stored.record.fs)
        # Leads that are stored side by side share a track.
        tracks = {id(lead.track): lead for lead in stored.leads.values()}
        of_track = {known: steps_back(lead) for known, lead in tracks.items()}
        back = {name: of_track[id(lead.track)] for name, lead in stored.leads.items()}
        names = tuple(name for name, count in back.items() if count)
        if names:
            most = max(back.values())
            yield Judgement(
                "times", names,
                f"its rows go back in time {'once' if most == 1 else f'{most:,} times'}; they are "
                "put in order by their times",
                stored.record.fs,
            )  # fmt: skip


def _one_lead(how: str, stored: StoredRecord) -> str:
    """Return what is to be said of lists that name no lead, with the line that names it."""
    column = next(iter(stored.leads.values())).column
    named = signals_said({column: 'name = "LEAD"'})
    return (
        f"{without_table(how)}; where several leads lie in it one after the other, what is shown "
        "is wrong, and no mapping parts them: store a column a lead. Where it is one, name it"
        + settling(how, pattern_of(stored), named)
    )


def _scaled(how: str, leads: Sequence[str], stored: StoredRecord) -> str:
    """Return why leads are not calibrated, with the lines that would say their scale."""
    why, _, asked = without_table(how).rpartition("; say ")
    unit = asked == "unit in a mapping"
    said = 'unit = "UNIT"' if unit else 'unit = "UNIT", gain = GAIN, baseline = BASELINE'
    if not unit and not asked.startswith("unit"):
        why = without_table(how)
    columns = {lead.column: "" for lead in stored.leads.values()}
    others = [one for one in stored.record.leads if one.kind == ECG and one.name not in leads]
    if others and len(columns) == len(stored.leads):
        # A mapping that names signals names all of them.
        columns |= {stored.leads[name].column: said for name in leads}
        said = signals_said(columns)
    return why + settling(how, pattern_of(stored), said)


def _of_how(stored: StoredRecord) -> Iterator[Judgement]:
    """Yield what is doubtful in how the things of a record were found."""
    for what, how in stored.record.found:
        if WITHHELD in how:
            listed = what.removeprefix("unit of ").split(", ")
            unknown = (lead.name for lead in stored.record.leads if lead.unit is None)
            leads = tuple(name for name in unknown if what == "unit" or name in listed)
            yield Judgement("no_unit", leads, _scaled(how, leads, stored), stored.record.fs)
        if ONE_LEAD in how:
            leads = tuple(lead.name for lead in stored.record.leads)
            yield Judgement("one_lead", leads, _one_lead(how, stored), stored.record.fs)
        if what == ABUTTING:
            yield Judgement("abutting", (), abutting.told_of(how, stored), stored.record.fs)
        if what == UNSURE:
            yield Judgement("start", (), start_doubts.told_of(how, stored), stored.record.fs)
        if what == LIKELY:
            yield Judgement("not_shown", (), told_of(how, stored), stored.record.fs)
        if what == UNFIT:
            yield Judgement("not_shown", (), unfit_told(how, stored), stored.record.fs)


def kind_of(said: str) -> Kind | None:
    """Return what a note, or a problem, of times is; None: it is of something else."""
    if RATE.search(said):
        return "rate"
    return "times" if TIMES.search(said) else None


def _without(note: str, whose: str, stored: StoredRecord) -> tuple[tuple[str, ...], str]:
    """Return the lead that a note is of, if it says one, and what it says of it.

    Without where on the server that is: whoever watches is told, too.
    """
    said = note.removeprefix(whose).lstrip(":, ").removeprefix(stored.folder).lstrip(":, ")
    found = LEAD.match(said)
    if found is None or found["lead"] not in stored.leads:
        return (), said
    return (found["lead"],), said[found.end() :]


def _whose(note: str) -> str:
    """Return what a note begins with: of a record, `record ID`."""
    ends = [place for mark in (", lead ", ": ") if (place := note.find(mark)) >= 0]
    return note[: min(ends, default=len(note))]
