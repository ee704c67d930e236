"""Every record of `data/` over a real socket: what arrives is what the original holds.

The server's clock runs 100 times as fast and the records at 32x; nothing else is changed. The
digests come from the originals, read by their format's own package (tests/vectors).
"""

import asyncio
import hashlib
import json
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from numpy.typing import NDArray

from ecgstream.model.block import is_missing
from ecgstream.storage.catalog import scan
from ecgstream.storage.parquet import ParquetSource
from ecgstream.viewer.clock import SystemClock
from ecgstream.wire.frames import Frame
from tests.serving import DATA, Served, Viewer, serving, viewing

FACTOR = 100.0
DIGESTS = json.loads((Path(__file__).parent / "vectors/digests.json").read_text())
VECTORS, PLAIN = DIGESTS["records"], DIGESTS["plain"]
MISSING = np.iinfo(np.int64).min
# A record whose folder was taken out, for its licence, is no failure of the others.
RECORDS = sorted(name for name, about in VECTORS.items() if (DATA / about["folder"]).is_dir())

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def source() -> ParquetSource:
    return scan([DATA])


@pytest.fixture
async def served(source: ParquetSource):
    # Patience is for real things (this machine's disk and sockets): it does not run faster.
    async with serving(source, clock=SystemClock(FACTOR), patience_s=15 * FACTOR) as served:
        yield served


async def played(
    served: Served, viewer: Viewer, record: str
) -> tuple[dict[str, NDArray[np.float64]], list]:
    """Play all leads of a record to the end; return the samples of each lead, and the gaps."""
    about = f"{served.url}/api/v1/records/{record}"
    detail = json.loads(await asyncio.to_thread(lambda: urlopen(about).read()))
    rates = sorted({lead["fs"] for lead in detail["leads"]})
    got: dict[str, NDArray[np.float64]] = {}
    gaps = []
    for sid, fs in enumerate(rates, 1):
        leads = [lead["name"] for lead in detail["leads"] if lead["fs"] == fs]
        answer = await viewer.ask("subscribe", sid=sid, record=record, leads=leads, speed=32)
        assert answer["type"] == "subscribed", answer
        dtype = np.dtype("<" + answer["dtype"])
        samples = np.zeros((len(leads), answer["length"]), dtype)
        missing = np.ones(samples.shape, bool)
        while True:
            message = await viewer.receive()
            if isinstance(message, Frame):
                part = slice(message.start, message.start + message.count)
                samples[:, part] = message.samples
                missing[:, part] = is_missing(message.samples, answer["dtype"])
            elif message["type"] == "gap":
                assert (message["leads"], message["reason"]) == (None, "missing")
                gaps.append((message["start"], message["stop"]))
            elif message["type"] == "end":
                break
            else:
                # The test may be slower than 3,200 times real time: then the clock is held.
                assert message.get("why") in {"behind", "loading", "caught_up", None}, message
        assert viewer.next[sid] == answer["length"]
        for row, (name, about) in enumerate(zip(leads, answer["leads"], strict=True)):
            got[name] = (samples[row], missing[row], about)
    return got, gaps


@pytest.mark.parametrize("record", RECORDS)
async def test_what_arrives_is_what_the_original_holds(served: Served, record: str):
    async with viewing(served) as viewer:
        leads, gaps = await played(served, viewer, record)
    vectors = VECTORS[record]["leads"]
    assert set(leads) == set(vectors)
    for name, (samples, missing, about) in leads.items():
        expected = vectors[name]
        assert int(missing.sum()) == expected["missing"], name
        assert len(samples) == expected["length"], name
        if expected["digital"] is not None:
            digital = samples.astype("<i8")
            assert (digital == samples)[~missing].all(), name
            digital[missing] = MISSING
            assert hashlib.sha256(digital.tobytes()).hexdigest() == expected["digital"], name
        physical = (samples.astype("<f8") - about["baseline"]) / about["gain"]
        physical[missing] = np.nan
        assert hashlib.sha256(physical.tobytes()).hexdigest() == expected["physical"], name
    assert all(start < stop for start, stop in gaps)


async def test_two_viewers_of_one_record_get_identical_bytes(served: Served):
    async def heard() -> str:
        digest = hashlib.sha256()
        async with viewing(served) as viewer:
            await viewer.send("subscribe", sid=1, record=RECORDS[0], speed=32)
            while True:
                message = await viewer.connection.recv(decode=False)
                if message[0] == 0x94:
                    digest.update(message)
                elif b"\xa3end" in message:
                    return digest.hexdigest()

    first, second = await asyncio.gather(heard(), heard())
    assert first == second


async def test_the_lead_in_the_plain_layout_arrives_to_the_bit(served: Served):
    async with viewing(served) as viewer:
        leads, gaps = await played(served, viewer, "mitdb-100")
    samples, missing, about = leads["MLII"]
    assert not gaps
    assert not missing.any()
    assert (about["unit"], about["gain"], about["baseline"]) == ("mV", 1, 0)
    assert hashlib.sha256(samples.tobytes()).hexdigest() == PLAIN["physical"]
