"""`ecgstream compare`: its options, and what they come to."""

import argparse
import json
import math
from collections.abc import Iterator
from typing import Final

from ecgstream.analysis.agreement import LEARNING_S, WINDOW_S
from ecgstream.archive.annotated import place
from ecgstream.archive.comparing import Comparison, Terms, compared, figures, lines

PLACES: Final = (
    "A and B are each a WFDB annotation file (mitdb/100.atr), a folder of WFDB files and an "
    "annotator (mitdb:atr), an archive and a set in it (data:atr), or a Parquet or CSV file with "
    "the columns record, sample or time, label, and score if there is one. Records are matched by "
    "their ids."
)


def parser() -> argparse.ArgumentParser:
    """Return the options of the command."""
    words = argparse.ArgumentParser(
        prog="ecgstream compare",
        description="Tell how far the beats of two annotators agree: sensitivity, positive "
        "predictivity and F1 of each record, of each class, of all beats and of all records. The "
        "numbers are those of WFDB's bxb with the options that the second line names. For "
        "research and education.",
        epilog=PLACES,
    )
    words.add_argument("reference", metavar="A", help="the reference")
    words.add_argument("test", metavar="B", help="what is measured against it")
    words.add_argument(
        "--start", type=_positive, default=0.0, metavar="S",
        help=f"second from which beats count (0; bxb without -f: {LEARNING_S:g})",
    )  # fmt: skip
    words.add_argument(
        "--window", type=_positive, default=WINDOW_S * 1000, metavar="MS",
        help=f"how far apart two marks of one beat may be ({WINDOW_S * 1000:g})",
    )  # fmt: skip
    words.add_argument(
        "--threshold", type=float, metavar="SCORE", help="leave out marks of a lower score"
    )
    words.add_argument(
        "--fs", type=_positive, metavar="HZ", help="rate of records of which neither side says it"
    )
    words.add_argument("--json", action="store_true", help="all of it as one JSON object")
    return words


def run(said: argparse.Namespace) -> tuple[Comparison, Iterator[str]]:
    """Compare, and return what to print. Raises ImportFailed, SourceError, OSError."""
    terms = Terms(said.window / 1000, said.start, said.fs or None, said.threshold)
    comparison = compared(place(said.reference), place(said.test), terms)
    if said.json:
        return comparison, iter([json.dumps(figures(comparison))])
    return comparison, lines(comparison)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more")
    return value
