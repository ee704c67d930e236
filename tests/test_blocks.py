"""Pieces in memory: bounded, shared, read once, pinned while in use."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import LimitReached, SourceCorrupt, SourceUnavailable
from ecgstream.storage import shelf as stored
from ecgstream.storage.blocks import GATHERED, RETRY_S, BlockCache
from ecgstream.storage.memory import MemorySource
from tests.doubles import (
    STEADY,
    FaultySource,
    InlineReaders,
    in_virtual_time,
    lead,
    one_lead,
    ramp,
    record,
)

PIECE = 1_000
BYTES = 2 * PIECE

pytestmark = pytest.mark.looptime


def two_leads(length=10_000, *, piece=PIECE):
    source = MemorySource(piece)
    source.add(
        record("r", lead("I", length), lead("II", length)),
        {"I": ramp(length), "II": ramp(length)[::-1].copy()},
    )
    return source


class Shelf:
    """A cache over a source that fails as told, and reader threads that wait."""

    def __init__(self, source=None, budget=1 << 30):
        self.source = FaultySource(source or one_lead(length=10_000, piece=PIECE))
        self.readers = InlineReaders()
        self.cache = BlockCache(self.source, self.readers, budget)

    def cursor(self, leads=("II",), told=None):
        shelf = stored.Shelf(self.cache, "r", leads)
        return shelf.cursor((lambda: None) if told is None else told)

    async def settle(self):
        """Let what was read arrive."""
        for _ in range(3):
            await asyncio.sleep(0)

    async def got(self, cursor, start, stop, horizon=0):
        cursor.columns(start, stop, horizon)
        await self.settle()
        columns = cursor.columns(start, stop, horizon)
        assert columns is not None
        return columns


def values(columns, start, stop):
    (column,) = [c for c in columns if c.start <= start and c.stop >= stop]
    return column.cut(start, stop, column.dtype).tolist()


async def test_a_piece_is_read_once_however_many_wait():
    shelf = Shelf()
    shelf.readers.held = True
    told = []
    cursors = [shelf.cursor(told=lambda k=k: told.append(k)) for k in range(5)]
    assert [cursor.columns(100, 200, 0) for cursor in cursors] == [None] * 5
    assert shelf.readers.waiting == 1
    shelf.readers.release()
    await shelf.settle()
    assert sorted(told) == [0, 1, 2, 3, 4]
    for cursor in cursors:
        assert values(cursor.columns(100, 200, 0)[0], 100, 200) == list(range(100, 200))
    assert shelf.source.reads == [("r", ("II",), 0, 1000)]


async def test_a_piece_on_its_way_is_not_read_again_when_who_waited_leaves():
    shelf = Shelf()
    shelf.readers.held = True
    first, second = shelf.cursor(), shelf.cursor()
    assert first.columns(0, 100, 0) is None
    first.release()
    assert second.columns(0, 100, 0) is None
    assert shelf.readers.waiting == 1
    shelf.readers.release()
    await shelf.settle()
    assert second.columns(0, 100, 0) is not None
    second.release()
    assert (shelf.cache.reads, shelf.cache.pinned, shelf.cache.held) == (1, 0, BYTES)


async def test_what_arrives_when_nobody_waits_any_more_is_kept_within_the_budget():
    shelf = Shelf(budget=3 * BYTES)
    shelf.readers.held = True
    cursor = shelf.cursor()
    for k in range(6):
        cursor.columns(k * PIECE, k * PIECE + 10, 0)
        cursor.release()
    shelf.readers.release()
    await shelf.settle()
    assert (shelf.cache.pinned, shelf.cache.held) == (0, 3 * BYTES)


async def test_leads_with_the_same_edges_are_read_in_one_go():
    shelf = Shelf(two_leads())
    one, other = await shelf.got(shelf.cursor(("I", "II")), 500, 1500)
    assert shelf.source.reads == [("r", ("I", "II"), 0, 1000), ("r", ("I", "II"), 1000, 2000)]
    assert values(one, 500, 1000) == list(range(500, 1000))
    assert values(other, 1000, 1500) == list(range(8999, 8499, -1))


async def test_only_leads_that_are_not_there_yet_are_read():
    shelf = Shelf(two_leads())
    await shelf.got(shelf.cursor(("I",)), 0, 100)
    await shelf.got(shelf.cursor(("II", "I")), 0, 100)
    assert shelf.source.reads == [("r", ("I",), 0, 1000), ("r", ("II",), 0, 1000)]


async def test_reading_ahead_begins_before_it_is_needed():
    shelf = Shelf()
    cursor = shelf.cursor()
    await shelf.got(cursor, 0, 100, 999)
    assert len(shelf.source.reads) == 1
    await shelf.got(cursor, 100, 200, 1001)
    assert shelf.source.reads[-1] == ("r", ("II",), 1000, 2000)
    reads = len(shelf.source.reads)
    assert cursor.columns(900, 1100, 2000) is not None
    assert len(shelf.source.reads) == reads


async def test_what_lies_behind_is_let_go_but_kept_while_there_is_room():
    shelf = Shelf(budget=2 * BYTES)
    cursor = shelf.cursor()
    for start in range(0, 5_000, 100):
        await shelf.got(cursor, start, start + 100)
        assert shelf.cache.pinned == BYTES
        assert shelf.cache.held <= 2 * BYTES
    await shelf.got(shelf.cursor(), 3_500, 3_600)
    assert shelf.cache.reads == 5


async def test_pinned_pieces_are_never_evicted_and_the_least_recently_used_go_first():
    shelf = Shelf(budget=3 * BYTES)
    stays = shelf.cursor()
    await shelf.got(stays, 0, 100)
    walks = shelf.cursor()
    for piece in (1, 2, 1, 3):
        await shelf.got(walks, piece * PIECE, piece * PIECE + 10)
    # 2 went, as 1 was used after it.
    assert {key[2] for key in shelf.cache._entries} == {0, 1, 3}
    assert values(stays.columns(0, 100, 0)[0], 0, 100) == list(range(100))
    assert [read[2] for read in shelf.source.reads] == [0, 1000, 2000, 3000]


async def test_what_would_pin_more_than_the_budget_is_refused():
    shelf = Shelf(budget=2 * BYTES)
    first, second, third = shelf.cursor(), shelf.cursor(), shelf.cursor()
    await shelf.got(first, 0, 10)
    second.admit(1000, 1010)
    await shelf.got(second, 1000, 1010)
    with pytest.raises(LimitReached, match=r"2,000 bytes more are needed, 0 of 4,000 are free"):
        third.admit(2000, 2010)
    third.admit(0, 10)  # what is pinned already costs nothing
    assert third.columns(2000, 2010, 0) is None
    assert third.crowded
    assert shelf.cache.pinned == 2 * BYTES
    first.release()
    await shelf.got(third, 2000, 2010)
    assert not third.crowded


async def test_what_is_needed_now_goes_before_what_is_read_ahead():
    shelf = Shelf(two_leads(), budget=2 * BYTES)
    cursor = shelf.cursor(("I", "II"))
    columns = await shelf.got(cursor, 0, 100, 5_000)
    assert [len(lead) for lead in columns] == [1, 1]
    assert not cursor.crowded
    assert shelf.cache.pinned == shelf.cache.held == 2 * BYTES


async def test_a_failed_read_is_told_and_tried_again_when_asked():
    shelf = Shelf()
    shelf.source.faults["II", 50] = SourceUnavailable("gone", path="/secret")
    told = []
    cursor = shelf.cursor(told=lambda: told.append(1))
    assert cursor.columns(0, 100, 0) is None
    await shelf.settle()
    assert told == [1]
    assert cursor.columns(0, 100, 0) is None
    assert isinstance(cursor.failed, SourceUnavailable)
    assert shelf.cache.reads == 1
    cursor.retry()
    assert cursor.columns(0, 100, 0) is None
    await shelf.settle()
    assert shelf.cache.reads == 2
    shelf.source.faults.clear()
    cursor.columns(0, 100, 0)
    cursor.retry()
    await shelf.got(cursor, 0, 100)
    assert cursor.failed is None
    assert shelf.cache.reads == 3


async def test_two_who_wait_for_a_failed_piece_try_again_with_one_read():
    shelf = Shelf()
    shelf.source.faults["II", 50] = SourceUnavailable("gone")
    cursors = [shelf.cursor(), shelf.cursor()]
    for cursor in cursors:
        cursor.columns(0, 100, 0)
    await shelf.settle()
    shelf.readers.held = True
    for cursor in cursors:
        cursor.columns(0, 100, 0)
        cursor.retry()
        cursor.columns(0, 100, 0)
    assert shelf.readers.waiting == 1
    assert shelf.cache.reads == 2


@pytest.mark.parametrize("retried", [False, True])
async def test_a_failed_piece_that_nobody_wants_any_more_leaves_nothing_behind(retried):
    shelf = Shelf()
    shelf.source.faults["II", 50] = SourceUnavailable("gone")
    cursor = shelf.cursor()
    cursor.columns(0, 100, 0)
    await shelf.settle()
    if retried:
        cursor.retry()
    cursor.release()
    assert (shelf.cache.held, shelf.cache.pinned, len(shelf.cache._entries)) == (0, 0, 0)
    shelf.source.faults.clear()
    await shelf.got(shelf.cursor(), 0, 100)


async def test_a_corrupt_piece_is_a_hole_with_its_reason_and_takes_no_other_along():
    shelf = Shelf(two_leads())
    shelf.source.faults["II", 1500] = SourceCorrupt("bad page")
    one, other = await shelf.got(shelf.cursor(("I", "II")), 0, 3000)
    assert all(column.complete for column in one)
    assert [(c.start, c.reason) for c in other] == [
        (0, "missing"), (1000, "corrupt"), (2000, "missing"),
    ]  # fmt: skip
    assert shelf.cache.held == shelf.cache.pinned == 5 * BYTES


async def test_a_mistake_of_ours_is_not_hidden_and_hangs_nobody():
    shelf = Shelf(two_leads())
    shelf.source.faults["II", 50] = ZeroDivisionError("/secret/path")
    said = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: said.append(context["exception"]))
    told = []
    cursor = shelf.cursor(("I", "II"), told=lambda: told.append(1))
    assert cursor.columns(0, 100, 0) is None
    await shelf.settle()
    assert told == [1]
    assert cursor.columns(0, 100, 0) is None
    assert "secret" not in str(cursor.failed)
    assert [type(error) for error in said] == [ZeroDivisionError]


async def test_readers_that_are_shut_down_harm_nobody():
    shelf = Shelf()
    shelf.readers.held = True
    cursor = shelf.cursor()
    cursor.columns(0, 100, 0)
    shelf.readers._jobs[0][0].cancel()
    await shelf.settle()
    assert cursor.columns(0, 100, 0) is None


async def test_a_shorter_lead_has_columns_up_to_its_end_only():
    source = MemorySource(PIECE)
    source.add(
        record("r", lead("I", 3_500), lead("II", 1_200), lead("V", 0)),
        {"I": ramp(3_500), "II": ramp(1_200), "V": ramp(0)},
    )
    shelf = Shelf(source)
    columns = await shelf.got(shelf.cursor(("I", "II", "V")), 1_000, 3_500)
    assert [[(c.start, c.stop) for c in lead] for lead in columns] == [
        [(1000, 2000), (2000, 3000), (3000, 3500)], [(1000, 1200)], [],
    ]  # fmt: skip


# Where a gap ends.


def gap(start, cell=72, leads=("II",)):
    return ("r", leads, start, cell)


async def found(shelf, key, length):
    told = []
    key = (*key, shelf.cache.version("r"))
    first = shelf.cache.gap_stop(key, length, lambda: told.append(1))
    if first is not None:
        return first
    await shelf.settle()
    assert told == [1]
    return shelf.cache.gap_stop(key, length, lambda: None)


async def test_a_gap_ends_at_the_edge_of_the_first_cell_with_a_sample():
    shelf = Shelf(one_lead(length=20_000, piece=PIECE, gaps=[(720, 15_000)]))
    assert await found(shelf, gap(720), 20_000) == (15_000 // 72 * 72, "missing")
    assert await found(shelf, gap(0), 20_000) == (0, "missing")


async def test_a_gap_to_the_end_ends_with_the_record():
    shelf = Shelf(one_lead(length=20_000, piece=PIECE, gaps=[(720, 20_000)]))
    assert await found(shelf, gap(720), 20_000) == (20_000, "missing")


async def test_a_gap_of_hours_is_never_in_memory():
    shelf = Shelf(one_lead(length=200_000, piece=PIECE, gaps=[(720, 150_000)]), budget=BYTES)
    await found(shelf, gap(720), 200_000)
    assert shelf.cache.held == 0


async def test_a_gap_is_looked_for_once_however_many_wait():
    shelf = Shelf(one_lead(length=20_000, piece=PIECE, gaps=[(720, 15_000)]))
    shelf.readers.held = True
    told = []
    for k in range(5):
        assert (
            shelf.cache.gap_stop(
                (*gap(720), shelf.cache.version("r")), 20_000, lambda k=k: told.append(k)
            )
            is None
        )
    assert shelf.readers.waiting == 1
    shelf.readers.release()
    await shelf.settle()
    assert sorted(told) == [0, 1, 2, 3, 4]
    assert shelf.readers.waiting == 0


async def test_all_leads_must_be_missing_for_a_gap_to_go_on():
    source = MemorySource(PIECE)
    source.add(
        record("r", lead("I", 10_000), lead("II", 4_000)),
        {
            "I": ramp(10_000, gaps=[(1_000, 9_000)]),
            "II": ramp(4_000, gaps=[(0, 3_000), (3_001, 4_000)]),
        },
    )
    shelf = Shelf(source)
    assert await found(shelf, gap(1008, leads=("I", "II")), 10_000) == (2952, "missing")
    assert await found(shelf, gap(3024, leads=("I", "II")), 10_000) == (9_000, "missing")


async def test_a_gap_is_corrupt_where_part_of_it_is_and_not_where_only_what_follows_is():
    shelf = Shelf(one_lead(length=20_000, piece=PIECE, gaps=[(720, 5_000)]))
    shelf.source.faults["II", 3500] = SourceCorrupt("bad page")
    assert await found(shelf, gap(720), 20_000) == (4968, "corrupt")
    source = two_leads()
    source._samples["r", "I"][1_000:4_000] = -32768
    source._samples["r", "II"][1_000:6_000] = -32768
    shelf = Shelf(source)
    shelf.source.faults["II", 4_500] = SourceCorrupt("bad page")
    assert await found(shelf, gap(1000, 100, ("I", "II")), 10_000) == (4000, "missing")


async def test_a_search_that_fails_is_begun_again_after_a_while_and_not_hurried():
    shelf = Shelf(one_lead(length=20_000, piece=PIECE, gaps=[(720, 15_000)]))
    shelf.source.faults["II", 7_000] = SourceUnavailable("gone")
    told = []

    def ask():
        return shelf.cache.gap_stop(
            (*gap(720), shelf.cache.version("r")), 20_000, lambda: told.append(1)
        )

    assert ask() is None
    await shelf.settle()
    reads = len(shelf.source.reads)
    for _ in range(9):
        await asyncio.sleep(RETRY_S / 10)
        assert ask() is None
    assert len(shelf.source.reads) == reads
    assert told == []
    shelf.source.faults.clear()
    await asyncio.sleep(RETRY_S / 10)
    assert told
    assert ask() is None
    await shelf.settle()
    assert ask() == (15_000 // 72 * 72, "missing")


# At random.

SPANS = st.tuples(
    st.integers(0, 3), st.integers(0, 9_990), st.integers(1, 1_500), st.integers(0, 3_000)
)


@STEADY
@given(st.lists(SPANS | st.integers(0, 3), max_size=30), st.integers(0, 8), st.booleans())
def test_the_budget_holds_and_what_is_had_is_right(steps, pieces, held):
    async def main():
        shelf = Shelf(two_leads(), budget=pieces * BYTES)
        cursors = [shelf.cursor(leads) for leads in [("I",), ("II",), ("I", "II"), ("II", "I")]]
        for step in steps:
            shelf.readers.held = held
            if isinstance(step, int):
                cursors[step].release()
            else:
                number, start, count, ahead = step
                stop = min(start + count, 10_000)
                columns = cursors[number].columns(start, stop, stop + ahead)
                if columns is not None:
                    names = [("I",), ("II",), ("I", "II"), ("II", "I")][number]
                    for name, lead_columns in zip(names, columns, strict=True):
                        got = np.full(stop - start, -1)
                        for c in lead_columns:
                            low, high = max(start, c.start), min(stop, c.stop)
                            if low < high:
                                got[low - start : high - start] = c.cut(low, high, "i2")
                        stored = shelf.source.read("r", [name], start, stop)[0].samples
                        assert (got == stored).all()
            assert shelf.cache.pinned <= shelf.cache.budget
            if held:
                shelf.readers.release(1)
            await shelf.settle()
            assert shelf.cache.pinned <= shelf.cache.budget
            if not held:
                assert shelf.cache.held <= shelf.cache.budget
        shelf.readers.release()
        await shelf.settle()
        for cursor in cursors:
            cursor.release()
        assert shelf.cache.pinned == 0
        assert shelf.cache.held <= shelf.cache.budget
        entries = shelf.cache._entries
        assert shelf.cache.held == sum(entry.nbytes for entry in entries.values())
        assert set(entries) == set(shelf.cache._idle)

    in_virtual_time(main())


async def test_how_long_each_read_took_is_told_when_it_arrives(monkeypatch):
    shelf, seen = Shelf(), []
    shelf.cache = BlockCache(shelf.source, shelf.readers, 1 << 30, seen.append)
    times = iter([10.0, 10.25])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    shelf.readers.held = True
    shelf.cursor().columns(0, 10, 0)
    assert seen == []
    shelf.readers.release()
    await shelf.settle()
    assert seen == [0.25]


async def test_what_is_read_ahead_waits_for_more_and_is_read_in_one_go():
    shelf = Shelf()
    shelf.cache._gather_s = 0.5
    one, other = shelf.cursor(), shelf.cursor()
    await shelf.got(one, 0, 100)
    await shelf.got(other, 2_000, 2_100)
    shelf.readers.held = True
    assert one.columns(900, 950, 1_050) is not None
    await asyncio.sleep(0.3)
    assert other.columns(2_900, 2_950, 3_050) is not None
    assert shelf.readers.waiting == 0
    await asyncio.sleep(0.3)
    assert shelf.readers.waiting == 1
    shelf.readers.release()
    await shelf.settle()
    assert [read[2] for read in shelf.source.reads[2:]] == [1_000, 3_000]
    assert one.covers(1_000, 1_100, 0)
    assert other.covers(3_000, 3_100, 0)


async def test_what_somebody_waits_for_is_read_at_once_and_brings_along_what_waited():
    shelf = Shelf()
    shelf.cache._gather_s = 0.5
    one, other = shelf.cursor(), shelf.cursor()
    await shelf.got(one, 0, 100)
    shelf.readers.held = True
    one.columns(900, 950, 1_050)
    assert shelf.readers.waiting == 0
    # The very piece that waits to be read ahead of somebody else's place.
    assert other.columns(1_000, 1_100, 0) is None
    assert shelf.readers.waiting == 1
    shelf.readers.release()
    await shelf.settle()
    assert other.columns(1_000, 1_100, 0) is not None
    assert len(shelf.source.reads) == 2


async def test_no_more_than_some_are_gathered():
    shelf = Shelf(one_lead(length=20 * PIECE, piece=PIECE))
    shelf.cache._gather_s = 0.5
    cursor = shelf.cursor()
    await shelf.got(cursor, 0, 100)
    shelf.readers.held = True
    cursor.columns(900, 950, (GATHERED + 1) * PIECE)
    assert shelf.readers.waiting == 1


async def test_a_mistake_in_one_read_takes_none_of_those_along_that_waited_with_it(caplog):
    shelf = Shelf()
    shelf.cache._gather_s = 0.5
    one, other = shelf.cursor(), shelf.cursor()
    await shelf.got(one, 0, 100)
    await shelf.got(other, 2_000, 2_100)
    shelf.source.faults["II", 1_000] = ZeroDivisionError("ours")
    one.columns(900, 950, 1_050)
    other.columns(2_900, 2_950, 3_050)
    await asyncio.sleep(0.6)
    await shelf.settle()
    assert other.covers(3_000, 3_100, 0)
    assert not one.covers(1_000, 1_100, 0)
    assert isinstance(one.failed, SourceUnavailable)
    assert "ours" in caplog.text


async def test_what_takes_long_to_read_does_not_wait_for_more(monkeypatch):
    shelf = Shelf()
    shelf.cache._gather_s = 0.5
    times = iter([10.0, 10.1, 11.0, 11.001])
    monkeypatch.setattr("time.perf_counter", lambda: next(times))
    cursor = shelf.cursor()
    await shelf.got(cursor, 0, 100)
    cursor.columns(900, 950, 1_050)
    await shelf.settle()
    assert cursor.covers(1_000, 1_100, 0)
    shelf.readers.held = True
    cursor.columns(1_900, 1_950, 2_050)
    assert shelf.readers.waiting == 0, "the last one was quick again"


async def test_one_who_fails_when_told_keeps_no_other_read_from_arriving():
    def told():
        raise ZeroDivisionError

    shelf = Shelf()
    one, other = shelf.cursor(told=told), shelf.cursor()
    await shelf.got(one, 0, 100)
    await shelf.got(other, 2_000, 2_100)
    shelf.cache._gather_s = 0.5
    one.columns(900, 950, 1_050)
    other.columns(2_900, 2_950, 3_050)
    await asyncio.sleep(0.6)
    await shelf.settle()
    assert one.covers(1_000, 1_100, 0)
    assert other.covers(3_000, 3_100, 0)
