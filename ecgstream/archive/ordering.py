"""What is to be exported, and how: checked before anything is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from ecgstream.analysis import filters
from ecgstream.errors import BadField
from ecgstream.formats.pdf_sheet import Caliper, Sheet
from ecgstream.model.record import Record
from ecgstream.model.twelve import has

Format = Literal["pdf", "csv", "parquet", "wfdb", "edf"]

FORMATS: Final[dict[Format, tuple[str, str]]] = {
    "pdf": ("pdf", "application/pdf"),
    "csv": ("csv", "text/csv; charset=utf-8"),
    "parquet": ("parquet", "application/vnd.apache.parquet"),
    "wfdb": ("zip", "application/zip"),
    "edf": ("edf", "application/vnd.edf"),
}
"""The suffix and media type of each."""

CALIPERS: Final = "a list of {lead, from, to, fromMv, toMv, text}"
CALIPERS_MOST: Final = 50
TEXT_MOST: Final = 200
"""Letters of the text of a caliper."""
FARTHEST: Final = 2**53
"""Sample numbers are below this, for every client."""
MV_MOST: Final = 1e6
"""No heart and no converter comes near; what draws pages cannot word what a double can hold."""


@dataclass(frozen=True, slots=True)
class Order:
    """An export: samples [start, stop) of `leads`, at most of one rate.

    `filter` and `sheet` are for a PDF alone: every other format has the samples as stored.
    `annotations` are names of stored sets. `time` is the moment of the export, if it is to be said.
    Raises BadField.
    """

    format: Format
    start: int
    stop: int
    leads: tuple[str, ...]
    annotations: tuple[str, ...] = ()
    filter: str = "none"
    sheet: Sheet = field(default_factory=Sheet)
    time: str | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise BadField(f"format: {self.format!r} is none of {', '.join(FORMATS)}")
        if self.start < 0:
            raise BadField(f"start: {self.start} lies before the record")
        if self.stop <= self.start:
            raise BadField(f"stop: nothing lies between sample {self.start} and {self.stop}")
        filters.parsed(self.filter)
        if self.format != "pdf" and self.filter != "none":
            raise BadField("filter: samples are exported as stored; only a PDF may be filtered")


def begun(start: int, length: int) -> int:
    """Return `start`, which lies before the end of a record of `length`. Raises BadField."""
    if start >= length:
        raise BadField(
            f"start: {start} lies at or beyond the end of the record, which ends at sample {length}"
        )
    return start


def file_name(record: Record, order: Order) -> str:
    """Return a good name for the file: record, samples, suffix."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", record.record)
    return f"{plain}_{order.start}-{order.stop}.{FORMATS[order.format][0]}"


class _Said(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A caliper as it comes over the line; `from` is no name for a Python field."""

    lead: str
    first: float = msgspec.field(name="from")
    last: float = msgspec.field(name="to")
    from_mv: float | None = None
    to_mv: float | None = None
    text: str = ""


def check_calipers(chosen: Iterable[Caliper], record: Record, length: int) -> None:
    """Raise BadField for a caliper of what `record`, of `length` samples, has not.

    A page lists it as measured. A lead derived from stored ones will do; one that a modified lead
    has the place of will not: what was measured is the modified one.
    """
    names = [lead.name for lead in record.leads]
    for one in chosen:
        if not has(one.lead, names):
            raise BadField(
                f"caliper: record {record.record!r} has no lead {one.lead[:64]!r}; "
                f"it has {', '.join(names)}"
            )
        for at in (one.first, one.last):
            if not 0 <= at <= length:
                raise BadField(f"caliper: {at:.16g} is not within the record, sample 0 to {length}")


def calipers(text: str | None) -> tuple[Caliper, ...]:
    """Return the calipers in JSON, as `CALIPERS` says. Raises BadField.

    `from` and `to` are samples of the record, `fromMv` and `toMv` mV.
    """
    if text is None:
        return ()
    try:
        # By itself: a type is checked while it is read, before it shows that this is no JSON.
        plain = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadField(f"caliper: is no JSON ({error}); expected {CALIPERS}") from None
    try:
        said = msgspec.convert(plain, list[_Said])
    except msgspec.ValidationError as error:
        raise BadField(f"caliper: {error}; expected {CALIPERS}") from None
    if len(said) > CALIPERS_MOST:
        raise BadField(f"caliper: at most {CALIPERS_MOST}")
    if any(len(one.text) > TEXT_MOST for one in said):
        raise BadField(f"caliper: a text has at most {TEXT_MOST} letters")
    if not all(abs(at) < FARTHEST for one in said for at in (one.first, one.last)):
        raise BadField("caliper: from and to are samples of the record")
    if not all(abs(mv or 0.0) <= MV_MOST for one in said for mv in (one.from_mv, one.to_mv)):
        raise BadField(f"caliper: fromMv and toMv are at most {MV_MOST:,.0f} mV")
    return tuple(
        Caliper(one.lead, one.first, one.last, one.from_mv, one.to_mv, one.text) for one in said
    )
