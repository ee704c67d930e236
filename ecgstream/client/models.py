"""What a model says of a record, on its way to the server; and how far it agrees."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np

from ecgstream.wire.agreement import Disagreement, Rated

CSV = "text/csv"


class Published(msgspec.Struct, frozen=True):
    """What the server keeps now: `count` marks; `replaced`: in place of a set of that name."""

    record: str
    set: str
    count: int
    replaced: bool


class Agreement(msgspec.Struct, frozen=True):
    """How far two sets agree, as `rules` counts; `scores` by `QRS` and class.

    `counts` is a table, the reference's `classes` in rows and the test's in columns. For research
    and education.
    """

    record: str
    reference: str
    test: str
    threshold: float | None
    rules: str
    notice: str
    classes: tuple[str, ...]
    counts: list[list[int]]
    scores: dict[str, Rated]
    total: int
    disagreements: list[Disagreement]
    next: str | None


def rows(
    sample: Iterable[int],
    label: str | Iterable[str],
    stop: Iterable[int | None] | None,
    score: Iterable[float | None] | None,
    lead: str | Iterable[str | None] | None,
) -> bytes:
    """Return marks as CSV. Raises ValueError where columns are not of one length."""
    samples = [int(value) for value in sample]
    columns: dict[str, Sequence[Any]] = {
        "sample": samples,
        "label": [label] * len(samples) if isinstance(label, str) else list(label),
    }
    if stop is not None:
        columns["end"] = ["" if value is None else int(value) for value in stop]
    if score is not None:
        columns["score"] = [_decimal(value) for value in score]
    if lead is not None:
        columns["lead"] = [lead] * len(samples) if isinstance(lead, str) else list(lead)
    for name, column in columns.items():
        if len(column) != len(samples):
            raise ValueError(f"{name}: {len(column)} values for {len(samples)} samples")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _decimal(value: float | np.floating[Any] | None) -> str:
    """Return a number in the shortest decimals that give it again; nothing for none."""
    if value is None or math.isnan(value):
        return ""
    return str(value) if isinstance(value, np.floating) else repr(float(value))
