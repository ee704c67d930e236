"""What an archive on an object store costs in round trips, each of them 30 ms.

A server that speaks S3 on loopback, which answers so much later.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from ecgstream.storage.catalog import scan
from tests.object_stores import BUCKET, s3
from tests.stored import footer, write_own

AWAY_S = 0.03
RECORDS = 64


def main() -> bool:
    """Print the figures; return whether no more is asked for than has to be."""
    with tempfile.TemporaryDirectory() as folder, s3(away_s=AWAY_S) as store:
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        samples = np.cumsum(np.random.default_rng(1).integers(-9, 10, 30_000)).astype(np.int16)
        leads = {f"L{k}": (samples, np.zeros(30_000, bool), {}) for k in range(12)}
        for number in range(RECORDS):
            file = write_own(
                Path(folder) / f"record=r{number}",
                footer(record=f"r{number}", length=30_000, fs=500.0),
                leads,
                group=15_000,
            )
            store.put(f"record=r{number}/{file.name}", file)
        store.asked.clear()
        began = time.monotonic()
        source = scan([f"s3://{BUCKET}?region=us-east-1"])
        took = time.monotonic() - began
        print(f"{RECORDS} records: {took:.2f} s, {len(store.asked)} requests")
        footers = len(store.asked)
        store.asked.clear()
        times = []
        for number in range(20):
            began = time.monotonic()
            source.read(f"r{number}", [f"L{k}" for k in range(12)], 0, 15_000)
            times.append(time.monotonic() - began)
        each = len(store.asked) / len(times)
        print(f"30 s of twelve leads: {1000 * sorted(times)[10]:.0f} ms, {each:g} requests")
    return footers <= RECORDS + 4 and each <= 3
