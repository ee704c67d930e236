"""A viewer who shares nothing: read, decode and encode of each 200 ms of twelve leads (CPU).

All threads of this process are counted. Once as storage and wire do it, a row group at a time; and
once as a subscription asks for it, through the cache and the reel, on an event loop.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from bench.figures import verdict
from bench.make_day import FS, RECORD, day
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.catalog import scan
from ecgstream.viewer.reel import Reel, Tile, Tiles
from ecgstream.wire.frames import encode_frame

FRAME: Final = FS // 5
FRAMES: Final = 5 * 3600
"""An hour's."""
ROUNDS: Final = 5
MOST_US: Final = 12.0


def straight(archive: Path) -> float:
    """Return the CPU time of a frame (us): row groups read, frames cut out of them."""
    source = scan([archive])
    leads = [lead.name for lead in source.record(RECORD).leads]
    edges = source.edges(RECORD, leads[0]).tolist()
    made = 0
    began = time.process_time()
    for low, high in pairwise(edges):
        columns = source.read(RECORD, leads, low, high)
        # As the bytes of each lead, like a stripe of the shelf's.
        views = [column.cut(low, high, "i2").data.cast("B") for column in columns]
        for at in range(0, 2 * (high - low), 2 * FRAME):
            cut = [view[at : at + 2 * FRAME] for view in views]
            made += len(encode_frame(1, low + at // 2, FRAME, cut)) > 0
        if made >= FRAMES:
            break
    return 1e6 * (time.process_time() - began) / made


async def through_the_reel(archive: Path) -> float:
    """Return the CPU time of a frame (us) as a subscription has it made."""
    source = scan([archive])
    record = source.record(RECORD)
    arrived = asyncio.Event()
    with ThreadPoolExecutor(1) as readers:
        cache = BlockCache(source, readers, 64 << 20)
        reel = Reel(cache, Tiles(), record, record.choose(None))
        cursor = reel.cursor(arrived.set)
        at = made = 0
        after: Tile | None = None
        began = time.process_time()
        while made < FRAMES:
            # As a lane goes on: it asks for more where what was made in one go is through.
            tile = after or reel.tile(cursor, 1, at, FRAME, 2 * FS)
            if tile is None:
                await arrived.wait()
                arrived.clear()
                continue
            at, after = tile.stop, tile.after
            made += 1
        took = 1e6 * (time.process_time() - began) / made
        cursor.release()
    return took


def main() -> bool:
    """Print the figures; return whether the target is met."""
    archive = day()
    bare = float(np.median([straight(archive) for _ in range(ROUNDS)]))
    met = verdict(f"read, decode and encode, median of {ROUNDS} hours", bare, MOST_US, "us")
    reel = float(np.median([asyncio.run(through_the_reel(archive)) for _ in range(ROUNDS)]))
    return verdict("the same through cache and reel", reel, MOST_US, "us") and met
