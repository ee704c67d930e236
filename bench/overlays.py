"""From mark to mark, and from error to error, over a set of a million rows on one record.

A real server over a record of ten days, asked one question after the other, as a person with a
key does; the first question after a new threshold waits for the comparison, and is told apart.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bench.figures import verdict
from ecgstream.model.annotation import Annotation
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.storage.written.overlays import Overlays
from ecgstream.web.faults import HANDLERS
from ecgstream.web.records import record_routes

ROWS = 1_000_000
FS = 128.0
STEP = 110
"""Samples from beat to beat: 70 a minute."""
QUESTIONS = 200
MOST_MS = 200.0


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    dice = np.random.default_rng(6)
    length = ROWS * STEP + STEP
    lead = Lead("I", "mV", 200.0, 0.0, "ecg", FS, length, ("i2",))
    source = MemorySource()
    source.add(Record("long", "P", (lead,), None, None, None, None), {"I": np.zeros(length, "<i2")})
    beats = STEP * np.arange(1, ROWS + 1)
    wrong = dice.random(ROWS)
    source.annotate("long", "atr", [Annotation(int(at), "N") for at in beats])
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as readers:
        file = Path(folder) / "model.parquet"
        label = np.where(wrong < 0.01, "V", np.where(wrong < 0.02, "AFIB", "N"))
        pq.write_table(
            pa.table(
                {
                    "record": np.full(ROWS, "long"),
                    "sample": beats + dice.integers(-5, 5, ROWS) + np.where(wrong > 0.995, 50, 0),
                    "label": label,
                    "score": dice.random(ROWS),
                }
            ),
            file,
        )
        began = time.perf_counter()
        overlays = Overlays(source, [file], None)
        overlays.load()
        print(f"  {ROWS:,} rows read in {time.perf_counter() - began:.2f} s")
        routes = record_routes(source, readers, overlays=overlays)
        with TestClient(Starlette(routes=routes, exception_handlers=HANDLERS)) as client:
            return _asked(client, dice, length)


def _asked(client: TestClient, dice: np.random.Generator, length: int) -> bool:
    met = True
    path = "/api/v1/records/long/overlays/model/next"
    kinds = {
        "next of a label": {"labels": "V,AFIB", "threshold": "0.5"},
        "next error": {"errors_against": "atr"},
        "next error of one cell, over a threshold": {
            "errors_against": "atr", "cells": "N/V", "threshold": "0.25",
        },
    }  # fmt: skip
    for what, query in kinds.items():
        took = []
        for number in range(QUESTIONS + 1):
            way = "next" if number % 2 else "previous"
            asked = {"from": int(dice.integers(0, length)), "way": way, **query}
            began = time.perf_counter()
            answer = client.get(path, params=asked)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.text
            assert answer.json()["count"] > 1_000
        print(f"  {what}: the first {took[0]:.0f} ms")
        met &= verdict(
            f"{what}, p95 of {QUESTIONS}", float(np.percentile(took[1:], 95)), MOST_MS, "ms"
        )
    return met
