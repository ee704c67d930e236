"""What tables with keys or lists cost: the scan once, then a read where somebody plays."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.figures import quantiles
from ecgstream.storage.catalog import scan

NAMES = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
FS = 500
HOURS = 2
READS = 100


def long_table(path: Path, *, by_time: bool) -> int:
    """Write twelve leads, a row a sample, one after the other or row by row; return the rows."""
    count, chunk = HOURS * 3600 * FS, 60 * FS
    rng = np.random.default_rng(1)
    names = pa.array(NAMES)
    schema = pa.schema(
        {"record": pa.string(), "lead": pa.string(), "time_ms": pa.int64(), "value": pa.int16()}
    )
    with pq.ParquetWriter(path, schema) as writer:
        pieces = (
            [(k, range(12)) for k in range(0, count, chunk)]
            if by_time
            else [(k, [lead]) for lead in range(12) for k in range(0, count, chunk)]
        )
        for first, leads in pieces:
            time_ms = np.arange(first, first + chunk) * 1000 // FS
            rows = len(time_ms) * len(leads)
            codes = np.tile(np.array(leads), chunk)
            writer.write_table(
                pa.table(
                    [
                        pa.array(["r"]).take(pa.array(np.zeros(rows, np.int8))),
                        names.take(pa.array(codes)),
                        np.repeat(time_ms, len(leads)),
                        rng.integers(-900, 900, rows).astype(np.int16),
                    ],
                    schema=schema,
                ),
                row_group_size=1 << 20,
            )
    return count * 12


def record_rows(path: Path, records: int, *, group: int) -> int:
    """Write a row a record, twelve lists of 10 s each; return the records."""
    rng = np.random.default_rng(2)
    lists = pa.list_(pa.float32())
    schema = pa.schema({"ecg_id": pa.string(), **dict.fromkeys(NAMES, lists)})
    schema = schema.with_metadata({"fs": str(FS), "unit": "mV"})
    with pq.ParquetWriter(path, schema, use_dictionary=["ecg_id"]) as writer:
        for first in range(0, records, group):
            count = min(group, records - first)
            flat = [rng.normal(size=count * 10 * FS).astype(np.float32) for _ in NAMES]
            edges = pa.array(np.arange(count + 1, dtype=np.int32) * 10 * FS)
            columns = [pa.ListArray.from_arrays(edges, pa.array(one)) for one in flat]
            ids = pa.array([f"{first + k:06d}" for k in range(count)])
            writer.write_table(pa.table([ids, *columns], schema=schema), row_group_size=group)
    return records


def windows(path: Path) -> int:
    """Write a day's part of twelve leads in windows of 10 s that overlap by half."""
    step, size = 5 * FS, 10 * FS
    count = HOURS * 3600 // 5
    rng = np.random.default_rng(3)
    whole = rng.normal(size=(12, step * (count - 1) + size)).astype(np.float32)
    columns = {
        name: list(np.lib.stride_tricks.sliding_window_view(whole[k], size)[::step])
        for k, name in enumerate(NAMES)
    }
    table = pa.table({"record": ["r"] * count, "start": np.arange(count) * step, **columns})
    table = table.replace_schema_metadata({"fs": str(FS)})
    pq.write_table(table, path, row_group_size=500)
    (path.parent / "mapping.toml").write_text(
        '[[table]]\nfiles = "*.parquet"\nstride = { column = "start" }\n'
    )
    return count


MADE: dict[str, Callable[[Path], int]] = {
    "long, lead after lead": lambda path: long_table(path, by_time=False),
    "long, sample by sample": lambda path: long_table(path, by_time=True),
    "2,000 records, 100 a row group": lambda path: record_rows(path, 2_000, group=100),
    "2,000 records in one row group": lambda path: record_rows(path, 2_000, group=2_000),
    "windows of 10 s, half overlapping": windows,
}


def measured(path: Path, what: str) -> None:
    """Print the figures of one file, in a process of its own."""
    from ecgstream.storage.foreign.mapping import reading_of  # noqa: PLC0415

    mapping = path.parent / "mapping.toml"
    began = time.perf_counter()
    source = scan([path], reading=reading_of(mapping if mapping.exists() else None, None))
    took = time.perf_counter() - began
    assert not source.problems, source.problems
    records = source.records()
    place = random.Random(1)
    reads, pieces = [], []
    for _ in range(READS):
        record = place.choice(records)
        leads = [lead.name for lead in record.leads]
        edges = source.edges(record.record, leads[0]).tolist()
        start, stop = place.choice(list(pairwise(edges)))
        began = time.perf_counter()
        source.read(record.record, leads, start, stop)
        reads.append(time.perf_counter() - began)
        pieces.append((stop - start) / FS)
    # What getrusage says is the maker's too, for this process began as a copy of it.
    status = Path("/proc/self/status").read_text()
    rss = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    size = path.stat().st_size >> 20
    print(f"  {what} ({size} MB): scan {took:.1f} s, {len(records)} records, peak {rss} MB")
    print(
        f"    read a piece of all leads ({np.median(pieces):.0f} s of signal): "
        f"{quantiles(reads, 'ms', 1000)}",
        flush=True,
    )


def main() -> bool:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (what, make) in enumerate(MADE.items()):
            path = Path(folder) / str(number) / "a.parquet"
            path.parent.mkdir()
            make(path)
            subprocess.run([sys.executable, "-m", "bench.shapes", str(path), what], check=True)
            path.unlink()
    return True


if __name__ == "__main__":
    measured(Path(sys.argv[1]), sys.argv[2])
