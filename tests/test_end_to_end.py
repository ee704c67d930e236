"""Every record of `data/` over a real socket: what arrives is what the original holds.

The server's clock runs 100 times as fast and the records at 32x; nothing else is changed. The
digests come from the originals, read by their format's own package (tests/vectors).
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecgstream.client import Client, Gap, Remark, State, connect
from ecgstream.storage.catalog import scan
from ecgstream.storage.parquet import ParquetSource
from ecgstream.viewer.clock import SystemClock
from ecgstream.wire.events import LeadInfo
from tests.serving import DATA, Served, serving, viewing

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


@pytest.fixture
async def client(served: Served):
    async with connect(served.url) as client:
        yield client


@dataclass
class Held:
    """One lead as it arrived: `missing` says where nothing did."""

    samples: NDArray[Any]
    missing: NDArray[np.bool_]
    about: LeadInfo


async def rates(client: Client, record: str) -> list[list[str]]:
    """Return the leads of each rate of a record."""
    leads: dict[float, list[str]] = {}
    for lead in (await client.record(record)).leads:
        leads.setdefault(lead.fs, []).append(lead.name)
    return list(leads.values())


async def played(client: Client, record: str) -> dict[str, Held]:
    """Play all leads of a record to the end."""
    got: dict[str, Held] = {}
    for leads in await rates(client, record):
        async with client.stream(record, leads=leads, speed=32) as stream:
            about = stream.about
            samples = np.zeros((len(leads), about.length), "<" + about.dtype)
            missing = np.ones(samples.shape, bool)
            stop = 0
            async for item in stream:
                # The test may be slower than 3,200 times real time: then the clock is held.
                if isinstance(item, State):
                    assert item.why in {"behind", "loading", "caught_up"}, item
                    continue
                assert not isinstance(item, Remark)
                assert item.start == stop
                stop = item.stop
                if isinstance(item, Gap):
                    assert item.reason == "missing"
                else:
                    samples[:, item.start : stop] = item.samples
                    missing[:, item.start : stop] = item.missing
            assert stop == about.length
        for row, lead in enumerate(about.leads):
            got[lead.name] = Held(samples[row], missing[row], lead)
    return got


async def asked(client: Client, record: str) -> dict[str, Held]:
    """Ask for all leads of a record as windows."""
    got: dict[str, Held] = {}
    for leads in await rates(client, record):
        window = await client.window(record, leads)
        for row, lead in enumerate(window.leads):
            got[lead.name] = Held(window.samples[row], window.missing[row], lead)
    return got


@pytest.mark.parametrize("how", [played, asked], ids=["stream", "window"])
@pytest.mark.parametrize("record", RECORDS)
async def test_what_arrives_is_what_the_original_holds(client: Client, record: str, how):
    leads = await how(client, record)
    vectors = VECTORS[record]["leads"]
    assert set(leads) == set(vectors)
    for name, held in leads.items():
        expected, samples, missing = vectors[name], held.samples, held.missing
        assert int(missing.sum()) == expected["missing"], name
        assert len(samples) == expected["length"], name
        if expected["digital"] is not None:
            digital = samples.astype("<i8")
            assert (digital == samples)[~missing].all(), name
            digital[missing] = MISSING
            assert hashlib.sha256(digital.tobytes()).hexdigest() == expected["digital"], name
        physical = (samples.astype("<f8") - held.about.baseline) / held.about.gain
        physical[missing] = np.nan
        assert hashlib.sha256(physical.tobytes()).hexdigest() == expected["physical"], name


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


@pytest.mark.parametrize("how", [played, asked], ids=["stream", "window"])
async def test_the_lead_in_the_plain_layout_arrives_to_the_bit(client: Client, how):
    lead = (await how(client, "mitdb-100"))["MLII"]
    assert not lead.missing.any()
    assert lead.about == LeadInfo("MLII", "mV", 1, 0)
    assert hashlib.sha256(lead.samples.tobytes()).hexdigest() == PLAIN["physical"]
