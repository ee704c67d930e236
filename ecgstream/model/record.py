"""What a record is: its leads, its rates, its place in time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecgstream.errors import BadField, LeadNotFound
from ecgstream.model.block import DTYPES, Dtype

ECG = "ecg"
"""The `kind` of a lead that is an ECG; others are named after WFDB's signal classes."""


@dataclass(frozen=True, slots=True)
class Lead:
    """One signal of a record.

    `physical = (value - baseline) / gain` in `unit` (None = the source does not say).
    `fs` in Hz; `length` in samples; `dtypes` are the wire types that carry every stored
    sample exactly, best first, never empty. `fs_source` says where the rate comes from.
    """

    name: str
    unit: str | None
    gain: float
    baseline: float
    kind: str
    fs: float
    length: int
    dtypes: tuple[Dtype, ...]
    fs_source: str = "metadata"


@dataclass(frozen=True, slots=True)
class Record:
    """A recording of one patient. `leads` is never empty and names in it are unique.

    `start_time` is in seconds since 1970-01-01T00:00 in `zone`, also negative; None where the
    source has none. `zone` is `UTC`, an offset, an IANA name, or None: the source does not say.
    `dates_shifted`: its dates were moved to hide whose they are, and every screen says so.
    `found` tells of what was not plain how it was found: ("fs", "mapping"), ("unit of II",
    "field metadata"), in the order a person reads them. `dataset` is what it belongs to in its
    archive, "" where there are no parts.
    """

    record: str
    patient: str
    leads: tuple[Lead, ...]
    start_time: float | None
    zone: str | None
    source: str | None
    licence: str | None
    dates_shifted: bool = False
    found: tuple[tuple[str, str], ...] = ()
    dataset: str = ""

    @property
    def first(self) -> Lead:
        """The first ECG lead, or the first lead where none is one: it gives the record's rate."""
        return next((lead for lead in self.leads if lead.kind == ECG), self.leads[0])

    @property
    def fs(self) -> float:
        """The rate of the first ECG lead, in Hz."""
        return self.first.fs

    @property
    def fs_source(self) -> str:
        """Where that rate comes from, in words."""
        return self.first.fs_source

    @property
    def length(self) -> int:
        """Samples of the longest lead at the record's rate."""
        return self.length_at(self.fs)

    @property
    def seconds(self) -> float:
        """How long it is: its longest lead, in seconds."""
        return max(lead.length / lead.fs for lead in self.leads)

    def length_at(self, fs: float) -> int:
        """Return the samples of the longest lead at `fs` Hz."""
        return max((lead.length for lead in self.leads if lead.fs == fs), default=0)

    def lead(self, name: str) -> Lead:
        """Return the lead of that name. Raises LeadNotFound."""
        for lead in self.leads:
            if lead.name == name:
                return lead
        raise LeadNotFound(self.record, name, [lead.name for lead in self.leads])

    def choose(self, names: Sequence[str] | None, fs: float | None = None) -> tuple[Lead, ...]:
        """Return the leads of a subscription or window, all of one rate, in the order asked for.

        None means every ECG lead at the rate of the first (or at `fs`, where that is given).
        Raises LeadNotFound, and BadField for none, doubled names or two rates.
        """
        if names is None:
            rate = self.fs if fs is None else fs
            chosen = tuple(lead for lead in self.leads if lead.kind == ECG and lead.fs == rate)
            if not chosen:
                # A record of numerics alone is still worth watching: all at its first rate.
                chosen = tuple(lead for lead in self.leads if lead.fs == rate)
            return chosen
        if not names:
            raise BadField("leads: name at least one lead, or leave it out for all ECG leads")
        if len(set(names)) != len(names):
            raise BadField("leads: a lead is named twice")
        chosen = tuple(self.lead(name) for name in names)
        rates = {lead.fs for lead in chosen} | ({fs} if fs is not None else set())
        if len(rates) > 1:
            listed = ", ".join(f"{rate:g}" for rate in sorted(rates))
            raise BadField(f"leads: of different rates ({listed} Hz); subscribe to each rate alone")
        return chosen


def common_dtype(leads: Iterable[Lead]) -> Dtype:
    """Return the first wire type that carries every one of `leads` exactly."""
    wanted = [set(lead.dtypes) for lead in leads]
    for dtype in DTYPES:
        if all(dtype in dtypes for dtypes in wanted):
            return dtype
    raise BadField("leads: no one sample type carries them all exactly; subscribe to them apart")
