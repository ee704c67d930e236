"""Whole records at 32x in real time: all of `data/` at once, each held against its original.

The digests are those of tests/vectors, taken from the originals by their format's own package.
"""

import asyncio
import hashlib
import json
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from websockets.asyncio.client import connect

from bench.figures import quantiles
from ecgstream.model.block import is_missing
from ecgstream.wire.frames import Frame
from tests.serving import ServerProcess, Viewer

ROOT = Path(__file__).parent.parent
VECTORS = json.loads((ROOT / "tests/vectors/digests.json").read_text())["records"]
SPEED = 32.0


async def play(base: str, record: str, late: list[float], held: list[str]) -> int:
    """Play one record to the end; return how many of its leads differ from the original."""
    about = json.loads(
        await asyncio.to_thread(lambda: urlopen(f"{base}/api/v1/records/{record}").read())
    )
    names = [lead["name"] for lead in about["leads"]]
    url = base.replace("http", "ws") + "/api/v1/stream"
    async with connect(url, subprotocols=["ecgstream.v1"], compression=None) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        answer = await viewer.ask("subscribe", sid=1, record=record, leads=names, speed=SPEED)
        clock = answer["clock"]
        samples = np.zeros((len(names), answer["length"]), "<" + answer["dtype"])
        missing = np.ones(samples.shape, bool)
        while True:
            message = await viewer.receive()
            if isinstance(message, Frame):
                due = clock["time"] + (message.start - clock["sample"]) / clock["rate"]
                late.append(time.monotonic() - due)
                part = slice(message.start, message.start + message.count)
                samples[:, part] = message.samples
                missing[:, part] = is_missing(message.samples, answer["dtype"])
            elif message["type"] == "state":
                held.append(message["why"])
                clock = message["clock"]
            elif message["type"] == "end":
                break
    return sum(
        not _same(row, gone, lead, VECTORS[record]["leads"][lead["name"]])
        for row, gone, lead in zip(samples, missing, answer["leads"], strict=True)
    )


def _same(samples: Any, missing: Any, lead: dict[str, Any], expected: dict[str, Any]) -> bool:
    physical = (samples.astype("<f8") - lead["baseline"]) / lead["gain"]
    physical[missing] = np.nan
    return hashlib.sha256(physical.tobytes()).hexdigest() == expected["physical"]


async def run(base: str, late: list[float], held: list[str]) -> int:
    """Play all records at once; return how many leads differ."""
    differing = await asyncio.gather(*(play(base, record, late, held) for record in VECTORS))
    return sum(differing)


def main() -> bool:
    """Print the figures; return whether every lead arrived as it is stored."""
    late: list[float] = []
    held: list[str] = []
    began = time.monotonic()
    with ServerProcess() as server:
        wrong = asyncio.run(run(server.url, late, held))
    leads = sum(len(about["leads"]) for about in VECTORS.values())
    print(
        f"  {len(VECTORS)} records, {leads} leads at {SPEED:g}x: {time.monotonic() - began:.1f} s"
    )
    print(f"  {len(late):,} frames, lateness on arrival: {quantiles(late, 'ms', 1000)}")
    print(f"  clocks held: {len(held)}")
    print(f"  leads whose digest differs from the original's: {wrong} (target 0)")
    return wrong == 0
