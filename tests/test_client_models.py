"""Predictions by the client, against a real server."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from ecgstream.client import BadRequest, Client, NotFound, connect
from ecgstream.client.models import rows
from ecgstream.model.annotation import Annotation
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from tests.serving import serving

pytestmark = pytest.mark.end_to_end

LENGTH = 400_000


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    source = MemorySource()
    lead = Lead("II", "mV", 200.0, 0.0, "ecg", 100.0, LENGTH, ("i2",))
    record = Record("r1", "P", (lead,), None, None, None, None)
    source.add(record, {"II": np.zeros(LENGTH, "<i2")})
    source.annotate("r1", "atr", [Annotation(100 * n, "N") for n in range(1, 3_000)])
    async with serving(source) as served, connect(served.url) as client:
        yield client


async def test_a_set_is_published_compared_replaced_and_withdrawn(client: Client) -> None:
    first = await client.publish("r1", "model", np.arange(100, 1_000, 100), "N")
    again = await client.publish(
        "r1", "model", [100, 200, 350], ["N", "V", "AFIB"],
        stop=[None, None, 400], score=[0.1 + 0.2, np.float32(0.1), None], lead=["II", None, "II"],
    )  # fmt: skip

    assert (first.count, first.replaced) == (9, False)
    assert (again.count, again.replaced) == (3, True)
    said = await client.agreement("r1", "atr", "model", cells=["N/V"])
    assert (said.scores["QRS"].found, said.total) == (2, 1)
    (wrong,) = said.disagreements
    assert wrong.test is not None
    assert wrong.test.score == 0.1
    sure = await client.agreement("r1", "atr", "model", threshold=0.1 + 0.2)
    assert sure.scores["QRS"].found == 1

    await client.withdraw("r1", "model")
    with pytest.raises(NotFound, match="no annotation set 'model'; it has atr"):
        await client.agreement("r1", "atr", "model")


async def test_all_disagreements_come_page_by_page(client: Client) -> None:
    await client.publish("r1", "model", [100], "N")

    found = [one.sample async for one in client.disagreements("r1", "atr", "model")]

    assert found == [100 * n for n in range(2, 3_000)]


async def test_a_row_that_cannot_be_is_refused_by_its_number(client: Client) -> None:
    with pytest.raises(BadRequest, match="body, column sample: row 2 lies outside its record"):
        await client.publish("r1", "model", [100, LENGTH + 1], "N")


def test_columns_of_two_lengths_are_refused_before_they_are_sent() -> None:
    with pytest.raises(ValueError, match="score: 1 values for 2 samples"):
        rows([1, 2], "N", None, [0.5], None)


def test_numbers_are_written_so_that_they_are_read_as_the_same() -> None:
    score = [0.1 + 0.2, np.float64(1) / 3, np.nan, None, 1]

    written = rows(range(5), ["N", 'a "b", c', "x", "y", "z"], None, score, "II").decode()

    assert written.splitlines() == [
        "sample,label,score,lead",
        "0,N,0.30000000000000004,II",
        '1,"a ""b"", c",0.3333333333333333,II',
        "2,x,,II",
        "3,y,,II",
        "4,z,1.0,II",
    ]
