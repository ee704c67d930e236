"""What `ecgstream analyze` is told, and what it says."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from ecgstream.archive.analyzing import Report, analyse_archive
from ecgstream.archive.reading_options import add_reading, reading_said
from ecgstream.errors import ConfigError
from ecgstream.storage.derived.beat_book import beat_folder
from ecgstream.storage.derived.cache_folder import default_folder

CACHE_DISK_MB: Final = 4096
"""As of `ecgstream serve`."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of its arguments."""
    said = argparse.ArgumentParser(
        prog="ecgstream analyze",
        description="Find the beats of whole records, for research and education, and keep "
        "them where `ecgstream serve` finds them. What is known already is left alone.",
        epilog="Without it the server looks at what is watched, while it is. Exit code: 0 all "
        "analysed, 1 something failed, 2 could not begin.",
    )
    said.add_argument("data", metavar="DATA", nargs="+", help="a folder or pyarrow.fs address")
    said.add_argument(
        "--record", action="append", default=[], metavar="ID", help="this one only; may be repeated"
    )
    said.add_argument(
        "--lead",
        action="append",
        default=[],
        metavar="NAME",
        help="in this lead, may be repeated (default: in the best one of each minute)",
    )
    said.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes that share the work"
    )
    said.add_argument(
        "--cache", type=Path, help="the server's --cache (default: $XDG_CACHE_HOME/ecgstream)"
    )
    said.add_argument(
        "--cache-disk-mb", type=int, default=CACHE_DISK_MB, help="the server's --cache-disk-mb"
    )
    add_reading(said)
    return said


def run(said: argparse.Namespace, environ: Mapping[str, str], console: Console) -> Report:
    """Do it. Raises ConfigError where nothing could be kept, RecordNotFound."""
    cache = said.cache or default_folder(environ)
    if cache is None:
        raise ConfigError("cache: there is no home to keep beats in; name a folder by --cache")
    if said.workers < 1:
        raise ConfigError(f"workers: {said.workers} is none; give 1 or more")
    folder = beat_folder(cache, said.cache_disk_mb)
    return analyse_archive(
        said.data,
        folder,
        records=said.record,
        leads=said.lead,
        workers=said.workers,
        console=console,
        reading=reading_said(said),
        cache=cache,
    )
