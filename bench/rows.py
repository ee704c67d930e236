"""100,000 records that are rows: of one row group of one file, and of ten files.

The first index, the start from it, memory, search, and how soon somebody sees one of them.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from websockets.asyncio.client import connect

from bench.catalog import asked, cpu_of
from bench.day import resident_mb
from bench.figures import quantiles, verdict
from bench.make_day import ROOT
from ecgstream.storage.catalog import scan
from tests.serving import ServerProcess, Viewer

RECORDS: Final = 100_000
SHORT: Final = 2_000
"""Records with BENCH_SHORT=1."""
NAMES: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
FS: Final = 100
SAMPLES: Final = 10 * FS
AT_ONCE: Final = 5_000
LABELS: Final = ("NORM", "MI", "STTC", "CD", "HYP")
WATCHED: Final = 60
SEARCHES: Final = 200


def real() -> NDArray[np.int16]:
    """Return what rows are cut out of: half an hour of two leads, and ten seconds of twelve."""
    source = scan([ROOT / "data"])
    parts = []
    for name in ("100-pq", "105-pq", "00001_lr-pq"):
        record = source.record(name)
        leads = [lead.name for lead in record.leads if lead.dtypes[0] == "i2"]
        read = source.read(name, leads, 0, record.length)
        parts += [one.cut(0, record.length, "i2") for one in read]
    whole = np.concatenate(parts)
    return whole[whole > -32_768]


def write(path: Path, rows: range, *, group: int, ecg: NDArray[np.int16]) -> None:
    """Write records of these numbers, `group` in a row group."""
    place = np.random.default_rng(rows.start)
    schema = pa.schema(
        {"ecg_id": pa.string(), "patient_id": pa.string(), "label": pa.string()}
        | dict.fromkeys(NAMES, pa.list_(pa.int16()))
    ).with_metadata({"fs": str(FS), "unit": "uV"})
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(rows.start, rows.stop, group):
            stop = min(first + group, rows.stop)
            parts = [
                _table(range(k, min(k + AT_ONCE, stop)), place, ecg, schema)
                for k in range(first, stop, AT_ONCE)
            ]
            writer.write_table(pa.concat_tables(parts), row_group_size=group)


def _table(
    rows: range, place: np.random.Generator, ecg: NDArray[np.int16], schema: pa.Schema
) -> pa.Table:
    count = len(rows)
    edges = pa.array(np.arange(count + 1, dtype=np.int32) * SAMPLES)
    lists = []
    for _ in NAMES:
        begins = place.integers(0, len(ecg) - SAMPLES, count)
        flat = ecg[(begins[:, None] + np.arange(SAMPLES)).ravel()]
        lists.append(pa.ListArray.from_arrays(edges, pa.array(flat)))
    ids = pa.array([f"{row:06d}" for row in rows])
    patients = pa.array([f"p{row // 2:05d}" for row in rows])
    labels = pa.array([LABELS[row % len(LABELS)] for row in rows])
    return pa.table([ids, patients, labels, *lists], schema=schema)


def indexed(archive: Path, cache: Path) -> str:
    """Bring the index up to date; return what that took."""
    command = [sys.executable, "-m", "ecgstream", "index", str(archive), "--cache", str(cache)]
    began = time.perf_counter()
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        # What the system tells at the end is of this process too, which the child began as.
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            said = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
            most = max(most, int((said.partition("VmHWM:")[2].split() or ["0"])[0]) >> 10)
            time.sleep(0.05)
        _, status, used = ended
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    took = time.perf_counter() - began
    cpu = used.ru_utime + used.ru_stime
    return f"{took:.0f} s, {cpu:.1f} s of a core, {most} MB at most"


async def watched(url: str, records: list[str]) -> list[float]:
    """Return the seconds from `subscribe` to the first frame of each record."""
    took = []
    async with connect(url, subprotocols=["ecgstream.v1"], compression=None) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        for sid, record in enumerate(records, 1):
            began = time.perf_counter()
            await viewer.ask("subscribe", sid=sid, record=record)
            await viewer.ask("seek", sid=sid, at={"sample": 0})
            frame = await viewer.frame()
            took.append(time.perf_counter() - began)
            assert frame.start == 0
            await viewer.ask("unsubscribe", sid=sid)
            await asyncio.sleep(0.1)  # within what a viewer may ask in a second
    return took


def queries(records: int) -> list[dict[str, Any]]:
    """Return what people ask for."""
    place = random.Random(1)
    found: list[dict[str, Any]] = []
    for _ in range(SEARCHES // 4):
        number = place.randrange(records)
        found += [
            {"query": f"{number:06}"},
            {"query": f"p{number // 2:05}"[: place.randrange(3, 7)]},
            {"offset": number, "limit": 60},
            {"leads": "V1,V6", "fs_low": 100, "offset": number, "limit": 60},
        ]
    return found


def served(archive: Path, cache: Path, records: int) -> list[bool]:
    """Print the figures of a server whose index is made; return which targets are met."""
    place = random.Random(3)
    began = time.perf_counter()
    with ServerProcess([archive], f"--cache={cache}") as server:
        _, page = asked(server.url, limit=60)
        started, cpu = time.perf_counter() - began, cpu_of(server.pid)
        assert page["total"] == records, page["total"]
        print(f"  start to a list: {cpu:.1f} s of a core")
        met = [verdict(f"start to a list of {records}", started, 2, "s")]
        met.append(verdict("memory after the start", resident_mb(server.pid), 300, "MB"))
        took = [asked(server.url, **query)[0] for query in queries(records)]
        print(f"  search over HTTP: {quantiles(took, 'ms')}")
        met.append(verdict("search, p95", float(np.percentile(took, 95)), 50, "ms"))
        url = server.url.replace("http", "ws") + "/api/v1/stream"
        numbers = [records - 1, *(place.randrange(records) for _ in range(WATCHED))]
        used = cpu_of(server.pid)
        frames = asyncio.run(watched(url, [f"{number:06}" for number in numbers]))
        used = 1000 * (cpu_of(server.pid) - used) / len(frames)
        print(f"  subscribe to first frame, the last record: {1000 * frames[0]:.0f} ms")
        print(f"  any other: {quantiles(frames[1:], 'ms', 1000)}, {used:.0f} ms of a core each")
        met.append(verdict("memory after that", resident_mb(server.pid), 300, "MB"))
    return met


def main() -> bool:
    """Print the figures; return whether all targets are met."""
    records = SHORT if os.environ.get("BENCH_SHORT") else RECORDS
    ecg = real()
    print(f"  load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    met: list[bool] = []
    for files, group in ((1, records), (10, records // 100)):
        with tempfile.TemporaryDirectory() as folder:
            archive, cache = Path(folder) / "archive", Path(folder) / "cache"
            archive.mkdir()
            each = records // files
            for k in range(files):
                span = range(k * each, (k + 1) * each)
                write(archive / f"part-{k}.parquet", span, group=group, ecg=ecg)
            size = sum(file.stat().st_size for file in archive.iterdir()) >> 20
            print(f"  {records} rows in {files} files ({size} MB), {group} in a row group")
            print(f"  first index: {indexed(archive, cache)}", flush=True)
            if files > 1:
                write(archive / "part-0.parquet", range(each), group=group, ecg=ecg[::-1])
                print(f"  one file replaced: {indexed(archive, cache)}")
            met += served(archive, cache, records)
    return all(met)
