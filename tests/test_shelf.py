"""The pieces that viewers of the same leads share."""

import asyncio

import numpy as np
import pytest

from ecgstream.errors import SourceUnavailable
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.memory import MemorySource
from ecgstream.storage.shelf import Shelf
from tests.doubles import FaultySource, InlineReaders, lead, one_lead, ramp, record

pytestmark = pytest.mark.looptime

PIECE = 1_000


class Library:
    def __init__(self, source, leads=("II",), budget=1 << 30):
        self.source = FaultySource(source)
        self.readers = InlineReaders()
        self.cache = BlockCache(self.source, self.readers, budget)
        self.shelf = Shelf(self.cache, "r", leads)

    async def covers(self, cursor, start, stop, horizon=0):
        cursor.covers(start, stop, horizon)
        for _ in range(3):
            await asyncio.sleep(0)
        return cursor.covers(start, stop, horizon)


async def test_a_stripe_is_pinned_while_any_cursor_holds_it():
    library = Library(one_lead(length=10_000, piece=PIECE))
    one, other = library.shelf.cursor(lambda: None), library.shelf.cursor(lambda: None)
    assert await library.covers(one, 0, 100)
    assert await library.covers(other, 500, 600)
    assert library.cache.reads == 1
    assert one.stripe(0, 100) is other.stripe(500, 600)
    one.release()
    assert library.cache.pinned == 2 * PIECE
    other.release()
    assert library.cache.pinned == 0


async def test_all_who_wait_for_a_stripe_are_told_when_the_last_of_its_pieces_is_there():
    source = MemorySource(PIECE)
    source.add(
        record("r", lead("I", 5_000), lead("II", 5_000)), {"I": ramp(5_000), "II": ramp(5_000)}
    )
    library = Library(source, ("I", "II"))
    library.readers.held = True
    # One of the two is on its way already, for somebody else.
    alone = Shelf(library.cache, "r", ["I"]).cursor(lambda: None)
    alone.covers(0, 100, 0)
    told = []
    cursors = [library.shelf.cursor(lambda k=k: told.append(k)) for k in range(3)]
    assert [cursor.covers(0, 100, 0) for cursor in cursors] == [False] * 3
    library.readers.release(1)
    for _ in range(3):
        await asyncio.sleep(0)
    assert told == []
    library.readers.release()
    for _ in range(3):
        await asyncio.sleep(0)
    assert sorted(told) == [0, 1, 2]
    assert all(cursor.covers(0, 100, 0) for cursor in cursors)


async def test_a_failed_piece_is_read_again_once_for_all_who_wait():
    library = Library(one_lead(length=3_000, piece=PIECE))
    library.source.faults["II", 0] = SourceUnavailable("gone")
    one, other = library.shelf.cursor(lambda: None), library.shelf.cursor(lambda: None)
    assert not await library.covers(one, 0, 100)
    assert not await library.covers(other, 0, 100)
    assert isinstance(other.failed, SourceUnavailable)
    del library.source.faults["II", 0]
    reads = library.cache.reads
    for cursor in (one, other):
        cursor.retry()
    assert await library.covers(one, 0, 100)
    assert await library.covers(other, 0, 100)
    assert library.cache.reads == reads + 1
    assert other.failed is None


async def test_leads_whose_pieces_begin_elsewhere_have_stripes_between_all_edges():
    class Uneven(MemorySource):
        def edges(self, record, lead):
            step = {"I": 1_000, "II": 700}[lead]
            return np.append(np.arange(0, 3_000, step), 3_000)

        def empty(self, record, lead):
            return np.zeros(len(self.edges(record, lead)) - 1, np.bool_)

    source = Uneven(PIECE)
    source.add(
        record("r", lead("I", 3_000), lead("II", 3_000)), {"I": ramp(3_000), "II": -ramp(3_000)}
    )
    library = Library(source, ("I", "II"))
    assert library.shelf.edges.tolist() == [0, 700, 1000, 1400, 2000, 2100, 2800, 3000]
    cursor = library.shelf.cursor(lambda: None)
    assert await library.covers(cursor, 650, 1_450)
    one, other = cursor.columns(650, 1_450)
    assert [(c.start, c.stop) for c in one] == [(0, 1000), (1000, 2000)]
    assert [(c.start, c.stop) for c in other] == [(0, 700), (700, 1400), (1400, 2100)]
    views = cursor.stripe(1_000, 1_400).views("i2")
    assert np.frombuffer(views[0], "<i2").tolist() == list(range(1_000, 1_400))
    assert np.frombuffer(views[1], "<i2").tolist() == [-k for k in range(1_000, 1_400)]
    cursor.release()
    assert library.cache.pinned == 0


async def test_bytes_are_given_only_where_they_are_what_is_stored():
    source = MemorySource(PIECE)
    whole, holed = ramp(2_000), ramp(2_000, gaps=[(1_500, 1_510)])
    source.add(record("r", lead("I", 2_000), lead("II", 2_000)), {"I": whole, "II": holed})
    library = Library(source, ("I", "II"))
    cursor = library.shelf.cursor(lambda: None)
    assert await library.covers(cursor, 0, 2_000)
    assert cursor.stripe(0, 100).views("i2") is not None
    assert cursor.stripe(0, 100).views("i4") is None, "of another type"
    assert cursor.stripe(1_000, 1_100).views("i2") is None, "with a hole"
    assert cursor.stripe(950, 1_050) is None, "in two"
