"""Sessions days apart in one file: what lies between them takes no memory, and plays."""

import asyncio
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest

from ecgstream.errors import LimitReached
from ecgstream.model.block import joined
from ecgstream.storage import pieces
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.catalog import scan
from ecgstream.storage.shelf import Shelf
from tests.contracts.source import physical, same
from tests.doubles import FaultySource, InlineReaders, one_lead
from tests.stored import timestamps, write_plain

N = 40_000
HALF = N // 2
FS = 360
DAY = 86_400_000
MV = np.random.default_rng(11).normal(0, 0.4, N)
MB = 1 << 20


def two_sessions(root, days, *, order=None, group=N):
    """One file with `days` between its halves; returns the source and the second one's sample."""
    times = timestamps(np.arange(N), FS)
    times[HALF:] += days * DAY
    order = np.arange(N) if order is None else order
    write_plain(root / "patient_id=P/lead=II", times[order], MV[order], group=group)
    source = scan([root])
    assert source.problems == ()
    return source, HALF + days * 86_400 * FS


@pytest.fixture
def traced():
    """Return the peak of what was allocated since the test began, in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("days", [3, 10])
@pytest.mark.parametrize("how", ["sorted", "shuffled", "shuffled, many groups"])
def test_days_between_two_sessions_take_no_memory(tmp_path, traced, days, how):
    order = None if how == "sorted" else np.random.default_rng(3).permutation(N)
    group = 1_000 if how.endswith("groups") else N
    source, second = two_sessions(tmp_path, days, order=order, group=group)
    length = second + HALF
    assert source.record("P").lead("II").length == length
    edges = source.edges("P", "II")
    assert edges.tolist() == [0, HALF, second, length]
    assert source.empty("P", "II").tolist() == [False, True, False]
    columns = [source.read("P", ["II"], int(a), int(b))[0] for a, b in pairwise(edges)]
    assert columns[1].samples is None
    assert (columns[1].start, columns[1].stop) == (HALF, second)
    assert same(physical(columns[0]), MV[:HALF])
    assert same(physical(columns[2]), MV[HALF:])
    (inside,) = source.read("P", ["II"], HALF + 5, second - 5)
    assert inside.samples is None
    assert source.gaps("P", "II").tolist() == [[HALF, second]]
    # What an overview of the whole record reads.
    total = 0
    for low, high in pieces.spans(source, "P", ["II"], 0, length):
        for column in pieces.read(source, "P", ["II"], low, high)[0]:
            total += 0 if column.samples is None else len(column.samples)
    assert total == N
    assert traced() < 50 * MB


def test_a_span_over_an_edge_of_the_hole_is_whole(tmp_path):
    source, second = two_sessions(tmp_path, 3)
    (column,) = source.read("P", ["II"], second - 100, second + 100)
    assert same(physical(column), np.concatenate([np.full(100, np.nan), MV[HALF : HALF + 100]]))
    (column,) = source.read("P", ["II"], HALF - 100, HALF + 100)
    assert same(physical(column), np.concatenate([MV[HALF - 100 : HALF], np.full(100, np.nan)]))


def test_many_sessions_in_one_row_group_hold_no_more_than_is_stored(tmp_path):
    rng = np.random.default_rng(5)
    samples = np.arange(N) + np.repeat(np.cumsum(rng.integers(1, 40_000, N // 50)), 50)
    write_plain(
        tmp_path / "patient_id=P/lead=II",
        timestamps(samples, FS),
        MV,
        group=N,
        metadata={"fs": "360"},
    )
    source = scan([tmp_path])
    assert source.problems == ()
    edges, bare = source.edges("P", "II"), source.empty("P", "II")
    held = np.diff(edges)[~bare]
    assert held.sum() <= 4 * N
    columns = [
        source.read("P", ["II"], int(a), int(b))[0] for a, b in list(pairwise(edges))[: 2 * 50]
    ]
    stop = int(edges[2 * 50])
    expected = np.full(stop, np.nan)
    zero = samples - samples[0]
    expected[zero[zero < stop]] = MV[zero < stop]
    assert same(joined(columns, 0, stop, "f8"), expected)


@pytest.mark.looptime
async def test_a_record_with_a_hole_plays_within_a_small_budget(tmp_path):
    source, second = two_sessions(tmp_path, 10)
    cache = BlockCache(source, InlineReaders(), 2 * MB)
    cursor = Shelf(cache, "P", ["II"]).cursor(lambda: None)
    for start in (0, HALF - 10, HALF + 10, second - 10, second + 10):
        cursor.admit(start, start + 90)
        cursor.columns(start, start + 90, start + 3_600)
        await _settled()
        (columns,) = cursor.columns(start, start + 90, start + 3_600)
        got = joined(columns, start, start + 90, "f8")
        (expected,) = source.read("P", ["II"], start, start + 90)
        assert same(got, physical(expected))
        assert not cursor.crowded
    cursor.release()


async def _settled():
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.mark.looptime
async def test_one_piece_beyond_the_whole_budget_is_refused_for_good():
    source = FaultySource(one_lead(length=10_000, piece=1_000))
    cache = BlockCache(source, InlineReaders(), 1_999)
    with pytest.raises(LimitReached, match="2,000 bytes") as refused:
        Shelf(cache, "r", ["II"]).cursor(lambda: None).admit(0, 90)
    assert (refused.value.retryable, refused.value.retry_after_ms) == (False, None)
    assert LimitReached("now").retryable


@pytest.mark.parametrize("stray", [0, -1])
def test_a_stray_timestamp_is_named(tmp_path, stray):
    times = timestamps(np.arange(N), FS) + 1_700_000_000_000
    times[stray] = 0 if stray == 0 else 9 * 10**12
    write_plain(tmp_path / "patient_id=P/lead=II", times, MV)
    (problem,) = scan([tmp_path]).problems
    row = 0 if stray == 0 else N - 1
    assert "part-0.parquet, column 'timestamp'" in str(problem)
    assert f"row {row})" in str(problem)
    assert f"{times[stray]} " in str(problem)
    assert "ten years" in str(problem)


def test_timestamps_at_both_ends_of_int64_are_a_problem(tmp_path):
    times = np.array([-(2**63), 0, 2**63 - 1])
    write_plain(tmp_path / "patient_id=P/lead=II", times, MV[:3])
    (problem,) = scan([tmp_path]).problems
    assert "ten years" in str(problem)


def test_leads_of_two_clocks_are_a_problem(tmp_path):
    times = timestamps(np.arange(N), FS)
    write_plain(tmp_path / "patient_id=P/lead=I", times, MV)
    write_plain(tmp_path / "patient_id=P/lead=II", times + 1_700_000_000_000, MV)
    source = scan([tmp_path])
    (problem,) = source.problems
    assert "lead=II/part-0.parquet, column 'timestamp': begins at 1700000000000 ms" in str(problem)
    assert [lead.name for lead in source.record("P").leads] == ["I"]
