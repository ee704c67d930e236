"""Records as the server lists them (PROTOCOL section 3)."""

from typing import TypeVar

import msgspec

from ecgstream.client.errors import BadAnswer


class Lead(msgspec.Struct, frozen=True):
    """One lead: `physical = (value - baseline) / gain` in `unit` (None: unknown), `fs` in Hz."""

    name: str
    unit: str | None
    gain: float
    baseline: float
    kind: str
    fs: float


class Quality(msgspec.Struct, frozen=True):
    """`missing` is the part of a lead's samples that is not there, 0 to 1."""

    missing: float


class Record(msgspec.Struct, frozen=True):
    """A recording. `record` is its id; `fs` (Hz) and `length` (samples) are of its ECG.

    `start_time` is in seconds since 1970-01-01T00:00 in `zone`; `dates_shifted` says that it was
    moved. `found` tells how what was not plain was found. `dataset` is the part of the
    archive that it belongs to. `gaps` and `quality`, by lead, are
    there when one record was asked for: runs [start, stop) of missing samples; None for a lead
    whose samples cannot be read.
    """

    record: str
    patient: str
    leads: tuple[Lead, ...]
    fs: float
    length: int
    start_time: float | None
    zone: str | None
    fs_source: str
    source: str | None
    licence: str | None
    dates_shifted: bool = False
    found: dict[str, str] | None = None
    dataset: str = ""
    gaps: dict[str, list[tuple[int, int]] | None] | None = None
    quality: dict[str, Quality | None] | None = None


class Page(msgspec.Struct, frozen=True):
    """Some records, and the cursor of the next ones."""

    records: list[Record]
    next: str | None


T = TypeVar("T")


def read(body: bytes, kind: type[T]) -> T:
    """Return a JSON answer as a value of `kind`. Raises BadAnswer."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadAnswer(f"not the answer of an ecgstream server: {error}") from None
