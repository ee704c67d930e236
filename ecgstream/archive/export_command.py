"""`ecgstream export`: its options, and what they come to."""

import argparse
import difflib
import logging
import math
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ecgstream.archive.exporting import export
from ecgstream.archive.ordering import FORMATS, Order, begun, calipers
from ecgstream.archive.reading_options import add_reading, reading_said
from ecgstream.archive.whole import Whole
from ecgstream.errors import BadField, RecordNotFound, SourceError, installing, printable
from ecgstream.formats.pdf_sheet import GAINS, LAYOUTS, PAPERS, SPEEDS, Sheet
from ecgstream.model.moment import exact_rate
from ecgstream.model.record import Record
from ecgstream.storage.derived.cache_folder import default_folder
from ecgstream.storage.foreign.proposing import spelled
from ecgstream.storage.foreign.times.disorder import Scanned
from ecgstream.storage.source import SignalSource

_log = logging.getLogger("ecgstream.export")

PAGE_S: Final = 10
"""Seconds of a PDF where no stop is given: one page, not half an hour of them."""
NEAR: Final = 5
"""Ids of records in a message: it stays one line."""


def parser() -> argparse.ArgumentParser:
    """Return the options of the command."""
    words = argparse.ArgumentParser(
        prog="ecgstream export",
        description="Write samples of a record to a file. Samples leave as they are stored; only a "
        "PDF can be filtered. A file that is there already is replaced. Not for diagnosis.",
        epilog="--start and --stop are samples of the record (4320), or seconds with an s (12.5s); "
        "stop is excluded. WFDB, EDF+ and filters need an extra each: "
        f"{installing('wfdb,edf,filter')}.",
    )
    words.add_argument("record", metavar="RECORD", help="id of the record")
    words.add_argument(
        "--data", action="append", metavar="FOLDER", help="an archive; may be given often (data)"
    )
    add_reading(words)
    to = words.add_mutually_exclusive_group(required=True)
    for name, what in (
        ("pdf", "pages of calibrated ECG paper"),
        ("csv", "physical values, a row a sample"),
        ("parquet", "a record that ecgstream can open again"),
        ("wfdb", "a zip of header, signal file and annotations"),
        ("edf", "EDF+C, 16 bits"),
    ):
        to.add_argument(f"--{name}", type=Path, metavar="OUT", help=f"write {what}")
    words.add_argument("--start", default="0", help="first sample (0)")
    words.add_argument("--stop", help="the sample after the last (the end; PDF: 10 s after start)")
    words.add_argument("--leads", metavar="A,B", help="names with commas between (all ECG leads)")
    words.add_argument(
        "--annotations", default="", metavar="SET", help="stored sets, as atr, to be written too"
    )
    words.add_argument("--stamp", action="store_true", help="say when it was exported, too")
    page = words.add_argument_group("pages (PDF)")
    page.add_argument("--layout", choices=LAYOUTS, help="what suits the leads is chosen by itself")
    page.add_argument("--paper", choices=tuple(PAPERS), default="a4")
    page.add_argument("--speed", type=float, choices=SPEEDS, default=25.0, help="mm/s (25)")
    page.add_argument("--gain", type=float, choices=GAINS, default=10.0, help="mm/mV (10)")
    page.add_argument("--rhythm", default="", metavar="A,B", help="leads of the rhythm strips")
    page.add_argument(
        "--filter", default="none", help="none, diagnostic or monitor, and +notch50 or +notch60"
    )
    page.add_argument(
        "--caliper", metavar="JSON", help="a list of {lead, from, to, fromMv, toMv, text}"
    )
    return words


def run(said: argparse.Namespace, version: str) -> str:
    """Export what is asked for; return what was done.

    Raises RecordNotFound, LeadNotFound, BadField, TooLarge, ExtraMissing, ExportFailed,
    SourceError, OSError.
    """
    archive = Whole(tuple(said.data or ["data"]), default_folder(os.environ), reading_said(said))
    with archive.opened() as opened:
        problems = opened.source.problems
        some = _concerning(opened.source, said.record, problems)
        for problem in some:
            _log.warning("left out: %s", spelled(str(problem)))
        if len(some) < len(problems):
            # What is wrong with others is no matter here.
            more = f"{len(problems) - len(some):,} {'more ' if some else ''}left out"
            _log.info("%s of the archive: `ecgstream check` tells why", more)
        return _run(said, opened.source, version)


def _concerning(source: Scanned, record: str, problems: Sequence[SourceError]) -> list[SourceError]:
    """Return those of what is left out that say something of a record, or why it is not there."""
    try:
        stored = source.stored(record)
    except RecordNotFound:
        called = re.compile(rf"(?<![\w.-]){re.escape(record)}(?![\w-])")
        return [
            one for one in problems if called.search(one.path or "") or repr(record) in one.detail
        ]
    own = {stored.folder} if "=" in stored.folder.rpartition("/")[2] else set()
    places = {printable(one) for one in own | {file.shown for file in stored.files()}}
    inside = tuple(f"{printable(one)}/" for one in own)
    return [
        one
        for one in problems
        if one.path in places or (one.path or "").startswith(inside) or repr(record) in one.detail
    ]


def _run(said: argparse.Namespace, source: SignalSource, version: str) -> str:
    record = _record(source, said.record)
    if said.leads == "":
        raise BadField(
            "leads: expected names with commas between, got ''; leave --leads out for all ECG leads"
        )
    kind, out = next((name, getattr(said, name)) for name in FORMATS if getattr(said, name))
    leads = _named(said.leads, [lead.name for lead in record.leads])
    fs = record.choose(leads or None)[0].fs
    length = record.length_at(fs)
    start = begun(_sample(said.start, "start", fs), length)
    last = min(length, start + math.ceil(PAGE_S * fs)) if kind == "pdf" else length
    order = Order(
        kind,
        start,
        last if said.stop is None else _sample(said.stop, "stop", fs),
        leads,
        annotations=_named(said.annotations, ()),
        filter=said.filter,
        sheet=Sheet(
            said.layout,
            said.paper,
            said.speed,
            said.gain,
            _named(said.rhythm, [lead.name for lead in record.leads]),
            calipers(said.caliper),
        ),
        time=datetime.now(UTC).isoformat(timespec="seconds") if said.stamp else None,
    )
    excerpt = export(source, record, order, out, version=version)
    return _done(record, order, out, excerpt.digest())


def _done(record: Record, order: Order, out: Path, digest: str) -> str:
    return (
        f"wrote {out}: record {record.record}, samples {order.start} to {order.stop} (excluded), "
        f"sha256 of the samples {digest}"
    )


def _record(source: SignalSource, name: str) -> Record:
    """Return a record by its id. Raises RecordNotFound, which says what there is."""
    try:
        return source.record(name)
    except RecordNotFound:
        raise RecordNotFound(
            name, _there_is([one.record for one in source.records()], name)
        ) from None


def _there_is(names: Sequence[str], name: str) -> str:
    """Return which of `names` may be meant by `name`, or how they are found."""
    if not names:
        return "there are no records at all: name their folder by --data"
    near = [one for one in names if name and name in one][:NEAR]
    near = near or difflib.get_close_matches(name, names, NEAR)
    if near:
        return f"near it: {printable(', '.join(near))}"
    more = f" and {len(names) - NEAR} more" if len(names) > NEAR else ""
    return (
        f"there are {printable(', '.join(names[:NEAR]))}{more}; "
        "the records page of `ecgstream serve` lists them all"
    )


def _named(text: str | None, known: Sequence[str]) -> tuple[str, ...]:
    """Return names with commas between; one that has a comma in it is found if it is alone."""
    if not text:
        return ()
    return (text,) if text in known else tuple(text.split(","))


def _sample(text: str, name: str, fs: float) -> int:
    """Return a position in samples: `4320`, or `12s` in seconds. Raises BadField."""
    try:
        if text.endswith("s"):
            seconds = float(text[:-1])
            return math.ceil(round(seconds * float(exact_rate(fs)), 6))
        return int(text)
    except (ValueError, OverflowError):
        raise BadField(
            f"{name}: expected a sample, or seconds with an s, got {text[:40]!r}"
        ) from None
