"""`--mapping` and `--fs`: what a command is told of files that do not say it themselves."""

import argparse
from pathlib import Path

from ecgstream.storage.foreign.mapping import Reading, reading_of


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that reads an archive."""
    parser.add_argument(
        "--mapping", type=Path, metavar="FILE", help="the server's --mapping, TOML or YAML"
    )
    parser.add_argument(
        "--fs", metavar="HZ", help="rate of files that have no time column and say none"
    )


def reading_said(said: argparse.Namespace) -> Reading:
    """Return what they say. Raises ConfigError. Blocks."""
    return reading_of(said.mapping, said.fs)
