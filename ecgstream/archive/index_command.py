"""What `ecgstream index` is told, and what it does: the server's index made before it is needed."""

import argparse
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ecgstream.archive.away import nothing_in, roots_away
from ecgstream.archive.reading_options import add_reading, reading_said
from ecgstream.errors import ConfigError, SourceError
from ecgstream.model.figures import some
from ecgstream.storage.derived.cache_folder import default_folder
from ecgstream.storage.index.changes import Progress
from ecgstream.storage.index.index import Index

NICE: Final = 5
"""Behind who plays, when a server has it made."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is in the index now; `away` are data roots that are not to be had."""

    records: int
    problems: tuple[SourceError, ...]
    notes: tuple[str, ...]
    away: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return it in words."""
        return [
            *(f"left out: {problem}" for problem in self.problems),
            *(f"put right: {note}" for note in self.notes),
            f"{some(self.records, 'record')}, {some(len(self.problems), 'problem')}",
        ]

    @property
    def exit_code(self) -> int:
        """1 where something was left out, 2 where not all could be looked at."""
        if self.away:
            return 2
        return 1 if self.problems else 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of its arguments."""
    said = argparse.ArgumentParser(
        prog="ecgstream index",
        description="Look at the files of an archive and keep what `ecgstream serve` needs to know "
        "of them, so that a server has its records at once. What is known already and has not "
        "changed is left alone; broken off, it goes on where it was.",
        epilog="Without it the server does the same while it runs. Exit code: 0 all files are "
        "understood, 1 something was left out, 2 could not begin, a path of DATA is not there, or "
        "there is no record at all.",
    )
    said.add_argument(
        "data", metavar="DATA", nargs="+", help="the server's --data, all of them in that order"
    )
    said.add_argument(
        "--cache", type=Path, help="the server's --cache (default: $XDG_CACHE_HOME/ecgstream)"
    )
    # Of a server, which has the claim and hands it down.
    said.add_argument("--claimed", action="store_true", help=argparse.SUPPRESS)
    add_reading(said)
    return said


def run(said: argparse.Namespace, environ: Mapping[str, str], console: Console) -> Report:
    """Do it.

    Raises ConfigError where nothing could be kept, somebody else is at it, or nothing is there.
    """
    cache = said.cache or default_folder(environ)
    if cache is None:
        raise ConfigError("cache: there is no home to keep the index in; name a folder by --cache")
    index = Index(said.data, cache, reading_said(said))
    try:
        if index.file.path is None:
            raise ConfigError(f"cache: no index can be kept in {cache}")
        if said.claimed:
            with suppress(OSError):
                os.nice(NICE)
        elif not index.claim():
            raise ConfigError(
                "another process keeps the index of this archive up to date, maybe a server: "
                "there is nothing to be done"
            )
        _update(index, console, os.getppid() if said.claimed else None)
        index.keep()
        source = index.source()
        records, problems = len(source.records()), source.problems
        if said.claimed:
            # The server serves what there is, and waits for the rest.
            return Report(records, problems, source.notes)
        if not records and not problems:
            raise nothing_in(said.data)
        return Report(records, problems, source.notes, tuple(roots_away(said.data, problems)))
    finally:
        index.close()


def _update(index: Index, console: Console, parent: int | None) -> None:
    if parent is not None:
        # The server tells of it.
        console = Console(quiet=True)
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("files", total=None)

        def told(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)
            if parent is not None and os.getppid() != parent:
                # The server that wanted it is gone; the next one goes on.
                raise KeyboardInterrupt

        index.update(told)
