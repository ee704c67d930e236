"""`ecgstream check`: its options, and what they come to."""

import argparse
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from ecgstream.analysis.judgement import LEVELS
from ecgstream.archive.check_words import json_line, lines
from ecgstream.archive.checking import Summary, check
from ecgstream.archive.reading_options import add_reading, reading_said
from ecgstream.archive.whole import Whole
from ecgstream.archive.whole_file import whole_file
from ecgstream.errors import ConfigError, SourceError
from ecgstream.storage.derived.cache_folder import default_folder
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.foreign.drafting import draft

CODES: Final = (
    "Exit code: 0 nothing of the level of --fail-on was found, 1 something was, 2 not all could be "
    "looked at. What each finding means: docs/check.md. For research and education."
)


def parser() -> argparse.ArgumentParser:
    """Return the options of the command."""
    words = argparse.ArgumentParser(
        prog="ecgstream check",
        description="Look an archive over before somebody trusts it: what was left out and why, "
        "and of each record its rate, gaps, units, noise, and whether its leads agree. Verdicts "
        "are kept where `ecgstream serve` finds them.",
        epilog=CODES,
    )
    words.add_argument("data", metavar="DATA", nargs="+", help="a folder or pyarrow.fs address")
    words.add_argument(
        "--record", action="append", default=[], metavar="ID", help="this one only; may be repeated"
    )
    add_reading(words)
    words.add_argument(
        "--write-mapping", type=Path, metavar="FILE",
        help="write a mapping of the files that are not ecgstream's own, as they are understood "
        "now, with what is not known left open",
    )  # fmt: skip
    words.add_argument("--json", action="store_true", help="a JSON object a line")
    words.add_argument("--figures", action="store_true", help="the figures of each lead, too")
    words.add_argument(
        "--fail-on", choices=LEVELS, default="warning", metavar="LEVEL",
        help=f"end with 1 where this or worse is found: {', '.join(LEVELS)} (warning)",
    )  # fmt: skip
    words.add_argument("--again", action="store_true", help="look at what is known already as well")
    words.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes that share the work"
    )
    words.add_argument(
        "--cache", type=Path, help="the server's --cache (default: $XDG_CACHE_HOME/ecgstream)"
    )
    return words


class Told:
    """What to print, line by line; `exit_code` is known when all is."""

    def __init__(
        self, said: argparse.Namespace, environ: Mapping[str, str], console: Console
    ) -> None:
        """Raises ConfigError."""
        if said.workers < 1:
            raise ConfigError(f"workers: {said.workers} is none; give 1 or more")
        self._said = said
        self._console = console
        self._folder = said.cache or default_folder(environ)
        self._reading = reading_said(said)
        if said.write_mapping is not None and said.write_mapping.exists():
            raise ConfigError(
                f"write-mapping: {said.write_mapping} is there already; name another file"
            )
        self.exit_code = 2

    def lines(self) -> Iterator[str]:
        """Yield them as they are known. Raises RecordNotFound, ConfigError, OSError."""
        said = self._said
        problems: list[SourceError] = []
        drafted = said.write_mapping is None
        kept = Verdicts(self._folder)
        found = check(
            Whole(tuple(said.data), self._folder, self._reading),
            records=said.record,
            workers=said.workers,
            kept=kept,
            again=said.again,
            console=self._console,
        )
        for one in found:
            if isinstance(one, SourceError):
                problems.append(one)
            elif not drafted:
                # They come first; where some records alone are looked at, not at all.
                text = draft(said.data, self._reading, None if said.record else problems)
                with whole_file(said.write_mapping) as unfinished:
                    unfinished.write_text(text, encoding="utf-8")
                drafted = True
            if isinstance(one, Summary):
                self.exit_code = one.exit_code(said.fail_on)
            if said.json:
                yield json_line(one)
            else:
                yield from lines(one, figures=said.figures)
        kept.close()
