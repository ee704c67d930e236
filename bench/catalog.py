"""100,000 records: the first index, the start from it, memory, and how long a search takes."""

import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.day import resident_mb
from bench.figures import at_least, quantiles, verdict
from bench.make_many import RECORDS, many
from tests.serving import ServerProcess

SEARCHES: Final = 400
SHORT: Final = 4_000
"""Records with BENCH_SHORT=1."""

WATCHED: Final = re.compile(r"(\d+) folders are watched")
"""What the server logs when it has listed all folders once."""
WATCHED_S: Final = 600


def indexed(archive: Path, cache: Path) -> tuple[float, float]:
    """Return the seconds that `ecgstream index` takes, by the clock and of all cores."""
    command = [sys.executable, "-m", "ecgstream", "index", str(archive), "--cache", str(cache)]
    began, cpu = time.perf_counter(), cpu_of_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began, cpu_of_children() - cpu


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process that runs."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_children() -> float:
    """Return the CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def queries(records: int) -> list[dict[str, Any]]:
    """Return what people ask for: words, filters, and any place of the list."""
    place = random.Random(1)
    found: list[dict[str, Any]] = []
    for _ in range(SEARCHES // 8):
        number = place.randrange(records)
        found += [
            {"query": f"{number:06}"},
            {"query": f"ptbxl p{number // 3:05}"[: place.randrange(5, 14)]},
            {"query": place.choice(["v5", "ii", "a", "0", "physionet", "goldberger"])},
            {"offset": number, "limit": 60},
            {"leads": "V1,V6", "fs_low": 200, "offset": place.randrange(20_000)},
            {"annotated": "true", "dataset": place.choice(["mitdb", "georgia", "ptbxl"])},
            {"query": "mlii", "s_low": 5, "s_high": 60, "limit": 60},
            {"patient": f"georgia-p{number // 3:05}"},
        ]
    return found


def asked(url: str, **query: Any) -> tuple[float, dict[str, Any]]:
    """Return the ms until an answer of the list is whole, and the answer."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"{url}/api/v1/records?{urllib.parse.urlencode(query)}") as answer:
        body = answer.read()
    return 1000 * (time.perf_counter() - began), json.loads(body)


def watched(log: Path) -> int:
    """Wait until a server watches all folders, by its log; return how many. Raises TimeoutError."""
    until = time.monotonic() + WATCHED_S
    while time.monotonic() < until:
        if found := WATCHED.search(log.read_text(encoding="utf-8")):
            return int(found[1])
        time.sleep(1)
    raise TimeoutError("the server does not say that it watches its folders")


def main() -> bool:
    """Print the figures; return whether all targets are met."""
    records = SHORT if os.environ.get("BENCH_SHORT") else RECORDS
    archive = many(records)
    files = sum(1 for _ in archive.rglob("*.parquet"))
    load = os.getloadavg()[0]
    print(f"  {files} files; load of the machine {load:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        first, cpu = indexed(archive, cache)
        met = [at_least("first index, files a second", files / first, 500, "")]
        again, cpu_again = indexed(archive, cache)
        print(f"  first index: {first:.0f} s, {cpu:.0f} s of a core: {files / cpu:.0f} files each")
        print(f"  nothing has changed: {again:.1f} s, {cpu_again:.1f} s of a core")
        size = sum(file.stat().st_size for file in cache.iterdir()) / 1e6
        print(f"  size of the index: {size:.0f} MB")
        began = time.perf_counter()
        log = cache / "server.log"
        with ServerProcess([archive], f"--cache={cache}", log=log) as server:
            listening = time.perf_counter() - began
            _, page = asked(server.url, limit=60)
            started = time.perf_counter() - began
            assert page["total"] == records, page["total"]
            spent = cpu_of(server.pid)
            print(
                f"  listens after {listening:.2f} s; has taken {spent:.2f} s of a core by the list"
            )
            met.append(verdict(f"start to a list of {records}", started, 2, "s"))
            met.append(verdict("memory after the start", resident_mb(server.pid), 300, "MB"))
            took = [asked(server.url, **query)[0] for query in queries(records)]
            print(f"  search over HTTP: {quantiles(took, 'ms')}")
            met.append(verdict("search, p95", float(np.percentile(took, 95)), 50, "ms"))
            met.append(verdict("memory after searches", resident_mb(server.pid), 300, "MB"))
            folders = watched(log)
            what = f"memory with all {folders} folders watched"
            met.append(verdict(what, resident_mb(server.pid), 300, "MB"))
    return all(met)
