"""Stored samples into files of other formats, each with where it comes from."""

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ecgstream.analysis import filters
from ecgstream.archive.ordering import Order, check_calipers
from ecgstream.archive.whole_file import whole_file
from ecgstream.errors import BadField, ExportFailed, TooLarge
from ecgstream.formats import csv_file, edf_writing, pdf, pdf_sheet, wfdb_writing
from ecgstream.formats.pdf_traces import Filter, Traces
from ecgstream.formats.provenance import Making, facts
from ecgstream.model.annotation import Annotation
from ecgstream.model.block import MISSING, NUMPY, Column, Samples
from ecgstream.model.excerpt import Excerpt, Run
from ecgstream.model.record import Lead, Record
from ecgstream.storage import pieces
from ecgstream.storage.single import write_excerpt
from ecgstream.storage.source import SignalSource

ARCHIVE_VALUES: Final = 100_000_000
"""Values that the command line takes at once: 0.8 GB as doubles, a day of two leads at 500 Hz."""
ARCHIVE_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one export may come to."""

    values: int = ARCHIVE_VALUES
    pages: int = ARCHIVE_PAGES


@dataclass(frozen=True, slots=True)
class Reading:
    """What has to be read for an order: samples [start, stop) of `leads`."""

    leads: tuple[Lead, ...]
    start: int
    stop: int


def to_read(record: Record, order: Order, limits: Limits) -> Reading:
    """Return what an order needs: the leads that a page shows, and more around a filtered one.

    Raises LeadNotFound, BadField, TooLarge.
    """
    names: Sequence[str] = order.leads or [lead.name for lead in record.choose(None)]
    if order.format == "pdf":
        names = pdf_sheet.wanted(order.sheet, record, names)
    leads = record.choose(names)
    fs, length = leads[0].fs, record.length_at(leads[0].fs)
    if order.stop > length:
        raise BadField(f"stop: {order.stop} is not within 0 to {length}")
    check_calipers(order.sheet.calipers, record, length)
    values = (order.stop - order.start) * len(leads)
    if values > limits.values:
        raise TooLarge(
            f"{len(leads)} leads of {order.stop - order.start} samples are more than "
            f"{limits.values} values: ask for at most {limits.values // len(leads)} samples at "
            "once, or for fewer leads"
        )
    pad = round(filters.pad_s(order.filter) * fs)
    return Reading(leads, max(0, order.start - pad), min(length, order.stop + pad))


class Filling:
    """An excerpt on its way: blank samples, filled by columns as they are read."""

    def __init__(self, record: Record, reading: Reading) -> None:
        self.record = record
        self.reading = reading
        count = reading.stop - reading.start
        self.samples: list[Samples] = [
            np.full(count, MISSING[one.dtypes[0]], NUMPY[one.dtypes[0]]) for one in reading.leads
        ]
        self.corrupt: dict[str, list[Run]] = {}

    def take(self, span: Sequence[Sequence[Column]]) -> None:
        """Fill in the columns of each lead."""
        for lead, out, columns in zip(self.reading.leads, self.samples, span, strict=True):
            for column in columns:
                low, high = column.start - self.reading.start, column.stop - self.reading.start
                out[low:high] = column.cut(column.start, column.stop, lead.dtypes[0])
                if column.reason == "corrupt":
                    self.corrupt.setdefault(lead.name, []).append((column.start, column.stop))

    def excerpt(self, annotations: Mapping[str, Sequence[Annotation]]) -> Excerpt:
        """Return what was read."""
        read = self.reading
        return Excerpt(
            self.record,
            read.leads,
            read.start,
            read.stop,
            tuple(self.samples),
            self.corrupt,
            annotations,
        )


def annotations_of(
    source: SignalSource, record: str, order: Order, fs: float
) -> Mapping[str, Sequence[Annotation]]:
    """Return the stored annotations that an order names. Blocks. Raises BadField, SourceError."""
    found: dict[str, Sequence[Annotation]] = {}
    sets = {head.name: head for head in source.annotation_sets(record)}
    for name in order.annotations:
        if name not in sets:
            listed = ", ".join(sorted(sets)) or "none"
            raise BadField(f"annotations: no set {name!r} lies beside the record; it has {listed}")
        whole = source.annotations(record, name)
        at = whole.at(sets[name].fs, fs)
        inside = (at.sample >= order.start) & (at.sample < order.stop)
        found[name] = at.take(inside).listed()
    return found


def export(
    source: SignalSource,
    record: Record,
    order: Order,
    out: Path,
    *,
    version: str,
    limits: Limits | None = None,
) -> Excerpt:
    """Read what `order` asks of `record` and write it to `out`; return what was written.

    `out` is there only when it is whole. Raises LeadNotFound, BadField, TooLarge, ExtraMissing,
    ExportFailed, SourceError, OSError.
    """
    _fit(out)
    limits = limits or Limits()
    reading = to_read(record, order, limits)
    filling = Filling(record, reading)
    names = [lead.name for lead in reading.leads]
    for low, high in pieces.spans(source, record.record, names, reading.start, reading.stop):
        filling.take(pieces.read(source, record.record, names, low, high))
    fs = reading.leads[0].fs
    excerpt = filling.excerpt(annotations_of(source, record.record, order, fs))
    with whole_file(out) as unfinished:
        write(excerpt, order, unfinished, version, limits)
    return excerpt.cut(order.start, order.stop)


def write(excerpt: Excerpt, order: Order, out: Path, version: str, limits: Limits) -> None:
    """Write `excerpt`, which has what `to_read` says, to `out` as ordered.

    Raises BadField, TooLarge, ExtraMissing, ExportFailed, OSError.
    """
    making = Making(version, order.time)
    if order.format == "pdf":
        fs = excerpt.fs
        traces = Traces(excerpt, order.start, order.stop, _filter(excerpt, order))
        label = filters.label(order.filter, fs) if traces.filter is not None else pdf.NO_FILTER
        words = pdf.Words(making, label, excerpt.annotations)
        pdf.write(traces, order.sheet, words, out, most_pages=limits.pages)
        return
    if order.format == "parquet":
        write_excerpt(excerpt, facts(excerpt, making), out)
        return
    writers: dict[str, Callable[[Excerpt, Making, Path], Any]] = {
        "csv": csv_file.write,
        "wfdb": wfdb_writing.write,
        "edf": edf_writing.write,
    }
    writers[order.format](excerpt, making, out)


def _filter(excerpt: Excerpt, order: Order) -> Filter | None:
    preset = filters.parsed(order.filter)
    if not preset.on:
        return None
    ends = excerpt.start == 0, excerpt.stop == excerpt.record.length_at(excerpt.fs)
    return lambda values: filters.apply(values, excerpt.fs, preset, record_ends=ends)


def _fit(out: Path) -> None:
    """Raise ExportFailed where `out` cannot become a file, or would take something else's place.

    A finished file is renamed to its name: over `/dev/stdout` or a FIFO, too. Raises
    FileNotFoundError for a folder that is not there: it would name the unfinished file.
    """
    if str(out) == "-":
        raise ExportFailed("-: a file name is expected; nothing is written to standard output")
    if not out.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such folder; make it, or name another", str(out.parent)
        )
    if not out.name or (out.exists() and not out.is_file()):
        raise ExportFailed(f"{out}: is no plain file; name one that is to be written")
