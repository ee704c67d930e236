"""The records of the source contract as Parquet files, in both layouts."""

import numpy as np
import pyarrow as pa

from tests.contracts.source import LENGTH, contents
from tests.stored import footer, timestamps, write_own, write_plain


def small(values):
    """(int16 values, missing) of float samples with NaN."""
    missing = np.isnan(values)
    return np.where(missing, 0, values).astype(np.int16), missing


def own_archive(root, *, gaps=True):
    """Write `contents(padded=True)` in our own layout; return `root`."""
    whole = contents(padded=True)
    for name in ("P1", "P10", "P2"):
        leads = {lead: values for (record, lead), values in whole.items() if record == name}
        length = len(next(iter(leads.values())))
        # Files of an hour in small, with a hole where nothing was stored.
        spans = [(0, 3_000), (6_000, 9_000), (9_000, LENGTH)] if name == "P1" else [(0, length)]
        if name == "P1":
            spans[1:1] = [(3_000, 5_000)]
        for number, (a, b) in enumerate(spans):
            part = {
                lead: (*(small(x[a:b]) if lead != "II" else (x[a:b], np.isnan(x[a:b]))), {})
                for lead, x in leads.items()
            }
            write_own(
                root / f"patient={name}/record={name}",
                footer(record=name, patient=name, length=length, start=a),
                part,
                name=f"100Hz-{number:04d}.parquet",
                gaps=gaps,
            )
    return root


def plain_archive(root, *, ordered=True):
    """Write `contents()` in the plain layout; return `root`."""
    rng = np.random.default_rng(5)
    for (name, lead), values in contents().items():
        rows = np.arange(len(values))
        # The long run is not stored at all; the others are null, and NaN at the start.
        if (name, lead) == ("P1", "I"):
            rows = np.concatenate([rows[:3_000], rows[6_000:]])
        parts = [rows]
        if not ordered:
            rows = rng.permutation(rows)
            # Lead I in halves that overlap, so that some rows are there twice.
            parts = [rows[: len(rows) // 2 + 40], rows[len(rows) // 2 :]]
        for number, part in enumerate(parts):
            held = values[part]
            voltage = pa.array(*small(held)[:1], mask=np.isnan(held))
            write_plain(
                root / f"patient={name}/lead={lead}",
                timestamps(part, 100),
                pa.array(held) if lead == "II" else voltage,
                name=f"part-{number}.parquet",
            )
    return root
