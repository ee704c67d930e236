"""Where each row of many samples begins in its lead: as it or its time says, or one by one."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import LayoutError
from ecgstream.model import packets
from ecgstream.model.record import ECG
from ecgstream.model.timebase import Unsteady
from ecgstream.storage.foreign.plan import Said, SignalColumn
from ecgstream.storage.foreign.proposing import that_would_do
from ecgstream.storage.foreign.tables.chunks import Chunks
from ecgstream.storage.foreign.tables.describing import Context, in_no_order, no_rate
from ecgstream.storage.foreign.tables.list_rows import Some
from ecgstream.storage.foreign.times import stamps, window_starts
from ecgstream.storage.foreign.times.stamps import SLOWEST, Rows
from ecgstream.storage.foreign.whose.splitting import Whose
from ecgstream.storage.survey import Found

LOST: Final = 0.1
"""The share of packets that may be lost where they are to show another rate than the one said."""

PACKET: Final = 5000.0
"""Milliseconds from one packet to the next at most, of devices."""


@dataclass(frozen=True, slots=True, eq=False)
class RowsOfLead:
    """A lead on its way: its rows in stored order, and what they say."""

    name: str
    signal: SignalColumn
    whose: Whose
    said: Said[Fraction] | None
    some: Sequence[Some]
    keys: tuple[tuple[str, str], ...]

    def all(self, name: str) -> Any:
        """Return a field of all its rows."""
        return np.concatenate([getattr(one, name) for one in self.some])

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return the samples of each row."""
        return np.concatenate([one.counts(self.signal.column) for one in self.some])

    @property
    def levels(self) -> NDArray[np.int64]:
        """Return where each row begins in its column chunk."""
        return np.concatenate([one.levels(self.signal.column) for one in self.some])

    @property
    def parts(self) -> list[int]:
        """Return the numbers of the files that have rows of it."""
        return list(dict.fromkeys(one.block.part for one in self.some))

    def found(self, context: Context) -> Found:
        """Return the first of these files."""
        return context.parts[self.some[0].block.part]

    def where(self, context: Context, row: int) -> tuple[Found, int]:
        """Return the file of row number `row` of the lead, and its number in it."""
        for one in self.some:
            if row < len(one):
                found = context.parts[one.block.part]
                return found, int(found.file.groups[one.block.group]) + int(one.row[row])
            row -= len(one)
        raise IndexError(row)


def chunks_of(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: RowsOfLead,
    rows: Rows | None,
    zero: Fraction,
    lowest: int,
    origins: dict[Fraction, float],
) -> tuple[Chunks, Said[Fraction]]:
    """Return where each row begins, and the rate. Raises LayoutError."""
    found = lead.found(context)
    plan = found.planned
    counts = lead.counts
    stride, time = plan.stride, plan.time
    by_time = rows is not None and time is not None and stride is None
    rate = lead.said
    if rate is None and by_time and time is not None and time.counts == "time":
        rate = _inferred(context, lead, rows, counts)
    if rate is None:
        raise no_rate(found, lead.name, lead.whose.record, lead.signal.column)
    files = lead.parts
    counted_on = stride is not None and stride.column is None
    counted_on |= rows is None and plan.shape == "packets"
    if counted_on and len(files) > 1 and not plan.in_order:
        raise in_no_order(found, context.parts[files[1]], lead.whose.record)
    if stride is not None and stride.column is not None:
        start = lead.all("starts") - lowest
    elif stride is not None:
        start = np.arange(len(counts)) * _stride(found, lead, rate)
    elif (by_time and len(counts) > 1) or (by_time and plan.shape == "packets"):
        start = _by_time(context, lead, rows, counts, rate, zero, origins)
    elif len(counts) == 1:
        start = np.zeros(1, np.int64)
    elif plan.shape == "packets":
        start = np.cumsum(counts) - counts
    else:
        raise LayoutError(
            f"has {len(counts)} rows of lead {lead.name!r} of record {lead.whose.record!r}, and "
            "nothing says where each begins; expected one, or windows and a column that says it"
            + window_starts.remedy(found, counts),
            path=found.shown,
            column=plan.record_column or lead.signal.column,
        )
    most = stamps.LONGEST * rate.value / 1000
    far = int(start.argmax())
    if int(start[far]) > most:
        in_file, row = lead.where(context, far)
        raise LayoutError(
            f"row {row} begins at sample {int(start[far])} of lead {lead.name!r}, and no record is "
            "longer than ten years; expected sample numbers: mend it",
            path=in_file.shown,
            column=None if stride is None else stride.column,
        )
    part = np.concatenate([np.full(len(one), one.block.part) for one in lead.some])
    group = np.concatenate([np.full(len(one), one.block.group) for one in lead.some])
    return Chunks(part, group, lead.all("row"), start, counts, lead.levels), rate


def _stride(found: Found, lead: RowsOfLead, rate: Said[Fraction]) -> int:
    """Return the samples from one window to the next. Raises LayoutError for a part of one."""
    stride = found.planned.stride
    if stride is not None and stride.samples is not None:
        return stride.samples
    seconds = Fraction(0) if stride is None or stride.seconds is None else stride.seconds
    samples = seconds * rate.value
    if samples.denominator != 1 or samples <= 0:
        raise LayoutError(
            f"the stride of {float(seconds):g} s is {float(samples):g} samples of lead "
            f"{lead.name!r} at {float(rate.value):g} Hz; expected whole ones: say it in samples, "
            "or name the column that says where each window begins",
            path=found.shown,
            column=lead.signal.column,
        )
    return int(samples)


def _kept(rows: Rows) -> NDArray[np.int64]:
    """Return which row each of the times in order is of."""
    return np.arange(rows.count) if rows.order is None else rows.order


def _times_kept(
    rows: Rows, counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the times in order, and how many samples each of them has."""
    kept = _kept(rows)
    if rows.order is None and len(rows.doubles):
        kept = np.setdiff1d(kept, rows.doubles[:, 1])
    return kept, counts[kept]


def _inferred(
    context: Context, lead: RowsOfLead, rows: Rows | None, counts: NDArray[np.int64]
) -> Said[Fraction] | None:
    """Return the rate at which packets follow each other. Raises LayoutError for none."""
    if rows is None:
        return None
    _, samples = _times_kept(rows, counts)
    try:
        rate = packets.infer(packets.Packets(rows.times, samples, rows.quantum))
    except Unsteady as error:
        found = lead.found(context)
        time = found.planned.time
        raise LayoutError(
            f"does not show the sampling rate of lead {lead.name!r} of record "
            f"{lead.whose.record!r}: {error}"
            + that_would_do(found.path, "fs = RATE", found.planned.mapped),
            path=found.shown,
            column=time.column if time else None,
        ) from error
    if rate < SLOWEST and lead.signal.kind == ECG:
        found = lead.found(context)
        time = found.planned.time
        raise LayoutError(
            f"begins rows of {float(np.median(samples)):.6g} samples every "
            f"{float(np.median(np.diff(rows.times))) / 1000:.6g} s, which is no ECG's rate "
            f"({float(rate):.4g} Hz) if one follows the other; expected somebody to say it, for "
            "what lies between windows is missing"
            + that_would_do(found.path, "fs = RATE", found.planned.mapped),
            path=found.shown,
            column=time.column if time else None,
        )
    return Said(rate, f"inferred from {len(samples)} timestamps")


def abuts(lead: RowsOfLead, rows: Rows | None, rate: Fraction) -> bool:
    """Return whether a lead's rate is that of rows which are but taken to follow each other."""
    if rows is None or lead.said is not None:
        return False
    _, samples = _times_kept(rows, lead.counts)
    return not packets.follow(packets.Packets(rows.times, samples, rows.quantum), rate)


def _by_time(  # noqa: PLR0917 - what all of it goes by
    context: Context,
    lead: RowsOfLead,
    rows: Rows | None,
    counts: NDArray[np.int64],
    rate: Said[Fraction],
    zero: Fraction,
    origins: dict[Fraction, float],
) -> NDArray[np.int64]:
    """Return the first sample of each row as its time says it. Raises LayoutError."""
    found = lead.found(context)
    time = found.planned.time
    if rows is None or time is None:
        return np.zeros(len(counts), np.int64)
    kept, samples = _times_kept(rows, counts)
    late = float(rows.base - zero)
    start = np.zeros(len(counts), np.int64)
    if time.counts == "sample":
        start[kept] = (rows.times + late).astype(np.int64)
    else:
        held = packets.Packets(rows.times + late, samples, rows.quantum)
        far = late > float(1000 / rate.value)
        at_zero = 0.0 if far and rate.value not in origins else origins.get(rate.value)
        try:
            numbered = packets.number(held, rate.value, at_zero)
        except Unsteady as error:
            raise _strays(found, lead, rate, rows, held, error) from error
        origins.setdefault(rate.value, numbered.zero)
        start[kept] = numbered.sample
        # Rows that overlap are no gaps: whether they have the same samples is looked at.
        if 2 * numbered.gaps > len(samples) and not _chosen(held):
            _note_rate(context, lead, rate, held)
    # A row of the same time is of the same samples: whether they are is looked at.
    start[rows.doubles[:, 1]] = start[rows.doubles[:, 0]]
    return start


def _strays(  # noqa: PLR0917 - what all of it goes by
    found: Found,
    lead: RowsOfLead,
    rate: Said[Fraction],
    rows: Rows,
    held: packets.Packets,
    error: Unsteady,
) -> LayoutError:
    time = found.planned.time
    steps = np.unique(np.diff(held.times))
    keys = "fs = RATE"
    otherwise = "; mend them, or say the rate"
    if len(steps) == 1 and rows.order is None:
        # Whole seconds may be rounded, so that windows of a steady overlap look like packets.
        otherwise = f"{otherwise} ({keys}); where they are windows that overlap"
        keys = f"stride = {{ seconds = {float(steps[0]) / 1000:.15g} }}"
    return LayoutError(
        f"says fs {float(rate.value):g} ({rate.how}){_made(held)}: the times of lead "
        f"{lead.name!r} of record {lead.whose.record!r}: {error}{otherwise}"
        + that_would_do(found.path, keys, found.planned.mapped),
        path=found.shown,
        column=time.column if time else None,
    )


def _made(held: packets.Packets) -> str:
    with suppress(Unsteady):
        return f", but its timestamps make {float(packets.infer(held)):.6g} Hz"
    return ""


def _chosen(held: packets.Packets) -> bool:
    """Return whether rows may well be windows that somebody chose: any distance is then right.

    Packets that come one after the other do so all at one rate, an ECG's, but for what was lost;
    and who cuts windows seldom lays them as near to each other as devices send.
    """
    with suppress(Unsteady):
        rate = packets.infer(held)
        if float(rate) < SLOWEST:
            return True
        many = packets.number(held, rate).breaks > LOST * len(held.times)
        return many or float(np.median(np.diff(held.times))) > PACKET
    return True


def _note_rate(
    context: Context, lead: RowsOfLead, rate: Said[Fraction], held: packets.Packets
) -> None:
    made = _made(held)
    if made and f"{float(rate.value):.6g} Hz" not in made:
        context.notes.append(
            f"record {lead.whose.id}: lead {lead.name!r} says fs {float(rate.value):g} "
            f"({rate.how}){made}; what is between its packets is shown as gaps"
        )
