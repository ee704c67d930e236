"""What `ecgstream import` is told."""

import argparse
import os
from pathlib import Path

from rich.console import Console

from ecgstream.archive import import_mapping
from ecgstream.archive.importing import Limits, Options, Report, import_archive
from ecgstream.archive.key_file import secret_key
from ecgstream.errors import ConfigError
from ecgstream.formats.registry import FORMATS


def parser() -> argparse.ArgumentParser:
    """Return the parser of its arguments."""
    words = ", ".join(dict.fromkeys(one.words for one in FORMATS.values()))
    said = argparse.ArgumentParser(
        prog="ecgstream import",
        description=f"Import recordings into an archive of our own layout: {words}. What a file is "
        "is seen from its content. Samples are kept to the bit; a rerun changes nothing, and goes "
        "on where one was ended; a bad file is named and the rest goes on. Names, dates of birth, "
        "ids and free text of headers stay out.",
        epilog="In --patient, --source and --prefix {name} stands for a record's own name, "
        "{folder} for that of its folder, {format} for that of its format. Exit code: 0 all "
        "imported, 1 something failed, 2 could not begin. More: docs/import.md",
    )
    said.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        type=Path,
        help="a file, a WFDB record's path without .hea, or a folder with all below it",
    )
    said.add_argument("--out", required=True, type=Path, help="folder of the archive")
    said.add_argument(
        "--patient",
        help="patient of all records (default: the record's name; with --keep-identity the id in "
        "the header)",
    )
    said.add_argument("--source", help="what the records were made from, to be kept with them")
    said.add_argument("--licence", help="the licence of the records, to be kept with them")
    said.add_argument("--prefix", default="", help="begins the id of every record")
    said.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="TOML or YAML: what CSV, text and MATLAB files do not say themselves",
    )
    said.add_argument(
        "--keep-identity",
        action="store_true",
        help="keep names, dates of birth, patient ids and free text of headers in the archive",
    )
    said.add_argument(
        "--shift-dates",
        type=Path,
        metavar="KEYFILE",
        help="move the dates of each patient back by a number of whole days that hangs on this "
        "key; made where it is not there. Keep it secret, and use it again",
    )
    said.add_argument(
        "--hide-names",
        type=Path,
        metavar="KEYFILE",
        help="call records by a number that hangs on this key, and not by their files; it may be "
        "the same key",
    )
    said.add_argument(
        "--report", type=Path, metavar="FILE", help="a line of JSON for each file that failed"
    )
    said.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        help="processes that read (default: one a processor)",
    )
    said.add_argument(
        "--memory-mb",
        type=int,
        default=Limits().memory_mb,
        help="memory of each of them, at most (default: %(default)s)",
    )
    said.add_argument(
        "--time-limit",
        type=float,
        metavar="SECONDS",
        help="for one file (default: 120, and 2 a megabyte)",
    )
    said.add_argument(
        "--no-pyramids",
        action="store_true",
        help="leave out the envelope pyramids of long records, a tenth of their size; the server "
        "makes them when they are asked for",
    )
    return said


def run(said: argparse.Namespace, console: Console) -> Report:
    """Do it. Raises ConfigError, and ImportFailed where nothing can be imported at all."""
    if said.workers < 1:
        raise ConfigError(f"workers: {said.workers} is none; give 1 or more")
    if said.memory_mb < 200:
        raise ConfigError(f"memory-mb: {said.memory_mb} is less than a reader takes; give 200")
    if said.time_limit is not None and said.time_limit <= 0:
        raise ConfigError(f"time-limit: {said.time_limit:g} is none; give seconds")
    options = Options(
        said.patient,
        said.source,
        said.licence,
        said.prefix,
        pyramids=not said.no_pyramids,
        keep_identity=said.keep_identity,
        shift_key=secret_key(said.shift_dates, said.out) if said.shift_dates else None,
        name_key=secret_key(said.hide_names, said.out, "hide-names") if said.hide_names else None,
    )
    return import_archive(
        said.sources,
        said.out,
        options=options,
        mapping=import_mapping.load(said.mapping) if said.mapping else None,
        workers=said.workers,
        limits=Limits(said.memory_mb, said.time_limit),
        report_to=said.report,
        console=console,
    )
