"""Frames and gaps, cut once for all."""

import asyncio
import gc
import itertools
from weakref import ref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import BadField, SourceCorrupt
from ecgstream.model.block import MISSING, NUMPY
from ecgstream.storage.blocks import BlockCache
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.reel import RUN, RUN_BYTES, Reels, Remark, Tiles
from ecgstream.wire.frames import decode, payload_of
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

pytestmark = pytest.mark.looptime


class Cinema:
    def __init__(self, source, names=None):
        self.source = FaultySource(source)
        self.readers = InlineReaders()
        self.cache = BlockCache(self.source, self.readers, 1 << 30)
        self.reels = Reels(self.cache)
        found = source.record("r")
        self.reel = self.reels.reel(found, found.choose(names))

    async def tile(self, start, frame=None, *, sid=1, reel=None, cursor=None):
        reel = reel or self.reel
        cursor = cursor or reel.cursor(lambda: None)
        for _ in range(10):
            tile = reel.tile(cursor, sid, start, frame or reel.cell, 0)
            if tile is not None:
                return tile
            await asyncio.sleep(0)
        raise AssertionError("no tile came")

    def said(self, tile):
        return decode(payload_of(tile.message), {1: self.reel.dtype, 2: self.reel.dtype})


async def test_viewers_of_the_same_leads_get_the_very_same_bytes():
    cinema = Cinema(one_lead())
    tiles = [await cinema.tile(720) for _ in range(3)]
    assert tiles[0].message is tiles[1].message is tiles[2].message
    record = cinema.source.record("r")
    assert cinema.reels.reel(record, record.choose(["II"])) is cinema.reel


async def test_another_sid_is_another_frame_of_the_same_samples():
    cinema = Cinema(one_lead())
    one, other = await cinema.tile(720, sid=1), await cinema.tile(720, sid=2)
    assert one.message != other.message
    assert (cinema.said(one).samples == cinema.said(other).samples).all()


async def test_encoded_frames_are_kept_within_their_bytes_and_the_oldest_go_first():
    cinema = Cinema(one_lead(length=36_000, piece=36_000))
    size = len((await cinema.tile(0, sid=2)).message)
    cinema.reel._tiles = tiles = Tiles(budget=2 * RUN * size)
    kept = [await cinema.tile(72 * k) for k in range(3 * RUN)]
    assert tiles.held <= 2 * RUN * size
    assert await cinema.tile(72 * (3 * RUN - 1)) is kept[-1]
    assert await cinema.tile(72 * (2 * RUN)) is kept[2 * RUN]
    assert await cinema.tile(0) is not kept[0]
    assert tiles.held <= 2 * RUN * size


async def test_frames_go_with_the_reel_that_nobody_holds_any_more():
    cinema = Cinema(one_lead(length=36_000, piece=36_000))
    gone = cinema.reels.tiles
    await cinema.tile(0)
    size = gone.held
    made = ref(cinema.reel.strip(1, cinema.reel.cell))
    cinema.reel = None
    gc.collect()
    assert made() is None
    found = cinema.source.record("r")
    cinema.reel = cinema.reels.reel(found, found.choose(None))
    await cinema.tile(0)
    assert gone.held == size, "those of before are not counted beside them"


async def test_frames_are_made_some_at_a_time_but_only_where_all_is_simple():
    cinema = Cinema(one_lead(length=1_000, piece=500, gaps=[(800, 810)]))
    made = cinema.reel.strip(1, 72)
    await cinema.tile(100)
    assert sorted(made) == [100], "off the grid"
    await cinema.tile(144)
    assert sorted(made) == [100, *range(144, 432, 72)], "up to the end of the piece"
    assert all(made[at].plain for at in range(144, 432, 72))
    await cinema.tile(504)
    assert 576 not in made, "the piece has a gap"


async def test_of_large_frames_fewer_are_made_at_a_time():
    cinema = Cinema(one_lead(length=400_000, piece=400_000, fs=50_000.0))
    size = len((await cinema.tile(0)).message)
    assert len(cinema.reel.strip(1, 10_000)) == RUN_BYTES // size < RUN
    assert len((await cinema.tile(0, 200_000)).message) > RUN_BYTES
    assert list(cinema.reel.strip(1, 200_000)) == [0]


async def test_the_last_frame_is_not_one_of_many():
    cinema = Cinema(one_lead(length=720, piece=720))
    await cinema.tile(0)
    made = cinema.reel.strip(1, 72)
    assert max(made) == 576
    assert not (await cinema.tile(648)).plain


async def test_a_reel_goes_with_the_last_who_holds_it():
    cinema = Cinema(one_lead())
    assert len(cinema.reels._reels) == 1
    cinema.reel = None
    gc.collect()
    assert len(cinema.reels._reels) == 0


async def test_a_frame_stops_on_the_grid_and_with_the_record():
    cinema = Cinema(one_lead(length=1_000))
    assert [(await cinema.tile(at)).stop for at in (0, 5, 71, 72, 936, 999)] == [
        72, 72, 72, 144, 1000, 1000,
    ]  # fmt: skip
    assert (await cinema.tile(100, frame=576)).stop == 576


async def test_a_frame_spans_pieces():
    cinema = Cinema(one_lead(length=1_000, piece=100))
    frame = cinema.said(await cinema.tile(72))
    assert frame.samples.tolist() == [list(range(72, 144))]


@pytest.mark.parametrize(
    ("types", "dtype"),
    [
        ((("i2", "i4", "f4", "f8"), ("i4", "f4", "f8")), "i4"),
        ((("i2", "i4", "f4", "f8"), ("f4", "f8")), "f4"),
        ((("i4", "f8"), ("f4", "f8")), "f8"),
        ((("f8",), ("i2", "i4", "f4", "f8")), "f8"),
    ],
)
async def test_leads_of_several_types_go_out_in_one_that_carries_all(types, dtype):
    source = MemorySource(100)
    given = {
        name: ramp(500, f"<{kinds[0]}", gaps=[(100 + 50 * k, 300)])
        for k, (name, kinds) in enumerate(zip("ab", types, strict=True))
    }
    source.add(record("r", *(lead(n, 500, t) for n, t in zip("ab", types, strict=True))), given)
    cinema = Cinema(source)
    assert cinema.reel.dtype == dtype
    for start in (72, 144, 288):
        frame = cinema.said(await cinema.tile(start))
        for samples, name, kinds in zip(frame.samples, "ab", types, strict=True):
            stored = given[name][frame.start : frame.start + frame.count]
            expected = stored.astype(NUMPY[dtype])
            expected[stored == MISSING[kinds[0]]] = MISSING[dtype]
            expected[np.isnan(stored.astype(float))] = MISSING[dtype]
            assert samples.tobytes() == expected.tobytes()


async def test_the_lowest_integer_as_a_real_sample_is_carried_one_type_up():
    source = MemorySource()
    samples = np.array([-32768, 5, -(2**31), 7], "<i4")
    source.add(record("r", lead("a", 4, ("i4", "f8"))), {"a": samples})
    cinema = Cinema(source)
    frame = cinema.said(await cinema.tile(0))
    assert cinema.reel.dtype == "i4"
    assert frame.samples.tolist() == [[-32768, 5, MISSING["i4"], 7]]


async def test_leads_that_no_type_carries_together_have_no_reel():
    source = MemorySource()
    source.add(
        record("r", lead("a", 4, ("i4",)), lead("b", 4, ("f4",))), {"a": ramp(4), "b": ramp(4)}
    )
    with pytest.raises(BadField):
        Cinema(source)


async def test_a_shorter_lead_is_missing_at_its_end():
    source = MemorySource(100)
    source.add(record("r", lead("a", 150), lead("b", 500)), {"a": ramp(150), "b": ramp(500)})
    cinema = Cinema(source)
    assert cinema.reel.length == 500
    frame = cinema.said(await cinema.tile(144))
    assert frame.samples[0].tolist() == [144, 145, 146, 147, 148, 149] + [-32768] * 66
    assert frame.samples[1].tolist() == list(range(144, 216))
    frame = cinema.said(await cinema.tile(432))
    assert (frame.samples[0] == -32768).all()
    alone = cinema.reels.reel(source.record("r"), source.record("r").choose(["a"]))
    end = await cinema.tile(216, reel=alone)
    assert (cinema.said(end)["start"], cinema.said(end)["stop"]) == (216, 500)


async def test_cells_without_a_sample_are_one_gap_and_never_sent():
    cinema = Cinema(one_lead(length=3_600, piece=500, gaps=[(100, 1_000)]))
    first = await cinema.tile(72)
    assert cinema.said(first).samples.tolist() == [list(range(72, 100)) + [-32768] * 44]
    assert first.broken
    gap = cinema.said(await cinema.tile(144))
    assert gap == {
        "type": "gap", "sid": 1, "start": 144, "stop": 936, "leads": None, "reason": "missing",
    }  # fmt: skip
    last = cinema.said(await cinema.tile(936))
    assert last.samples.tolist() == [[-32768] * 64 + list(range(1000, 1008))]


async def test_a_fast_frame_is_cut_at_a_gap_and_only_there():
    cinema = Cinema(one_lead(length=3_600, piece=500, gaps=[(700, 1_000)]))
    frames = [await cinema.tile(at, frame=576) for at in (576, 720, 936, 1152)]
    assert [tile.stop for tile in frames] == [720, 936, 1152, 1728]
    assert [tile.gap for tile in frames] == [None, "missing", None, None]


async def test_a_gap_begins_at_the_place_that_was_asked_for_inside_a_cell():
    cinema = Cinema(one_lead(length=3_600, piece=500, gaps=[(110, 1_000)]))
    gap = cinema.said(await cinema.tile(120))
    assert (gap["start"], gap["stop"]) == (120, 936)
    # but not where another sample of its cell is still to come
    frame = cinema.said(await cinema.tile(950))
    assert (frame.start, frame.count) == (950, 58)


async def test_a_short_gap_costs_no_second_read():
    cinema = Cinema(one_lead(length=3_600, piece=3_600, gaps=[(720, 1_440)]))
    assert (await cinema.tile(720)).stop == 1440
    assert len(cinema.source.reads) == 1


async def test_a_long_gap_is_whole_and_looked_for_on_a_reader_thread():
    cinema = Cinema(one_lead(length=360_000, piece=3_600, gaps=[(720, 300_000)]))
    assert (await cinema.tile(720)).stop == 300_000 // 72 * 72


async def test_a_gap_that_a_second_read_denies_still_moves_on():
    # A file that was being copied: corrupt at the first read, whole at the second.
    cinema = Cinema(one_lead(length=36_000, piece=72))
    cursor = cinema.reel.cursor(lambda: None)
    cinema.source.faults["II", 750] = SourceCorrupt("cut short")
    cinema.reel.tile(cursor, 1, 720, 72, 721)
    cinema.source.faults.clear()
    tile = await cinema.tile(720, cursor=cursor)
    assert (tile.stop, tile.gap) == (792, "corrupt")


async def test_a_corrupt_piece_of_every_lead_is_a_gap_that_says_so():
    cinema = Cinema(one_lead(length=3_600, piece=720))
    cinema.source.faults["II", 1_000] = SourceCorrupt("bad page")
    assert (await cinema.tile(648)).gap is None
    gap = await cinema.tile(720)
    assert (gap.stop, gap.gap) == (1440, "corrupt")
    assert (await cinema.tile(1440)).gap is None


async def test_a_corrupt_piece_of_one_lead_is_a_remark_on_the_frames_it_touches():
    source = MemorySource(720)
    source.add(record("r", lead("a"), lead("b")), {"a": ramp(3_600), "b": ramp(3_600)})
    cinema = Cinema(source)
    cinema.source.faults["b", 1_000] = SourceCorrupt("bad page")
    assert (await cinema.tile(648)).remarks == ()
    tile = await cinema.tile(720)
    assert tile.remarks == (Remark("b", 720, 1440, "corrupt"),)
    frame = cinema.said(tile)
    assert frame.samples[0].tolist() == list(range(720, 792))
    assert (frame.samples[1] == -32768).all()
    # Who begins inside is told of what is left of it.
    assert (await cinema.tile(1000)).remarks == (Remark("b", 1000, 1440, "corrupt"),)
    assert (await cinema.tile(1440)).remarks == ()


# At random: whatever is stored, the tiles of any start and frame are the samples, each once.


@st.composite
def recordings(draw):
    length = draw(st.integers(1, 700))
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    leads, samples = [], {}
    for name in names:
        own = draw(st.sampled_from([length, draw(st.integers(0, length))]))
        if name == names[0]:
            own = length
        kinds = draw(st.sampled_from([("i2", "i4", "f4", "f8"), ("i4", "f8"), ("f8",)]))
        gaps = [
            (start, start + count)
            for start, count in draw(
                st.lists(st.tuples(st.integers(0, 700), st.integers(1, 300)), max_size=4)
            )
        ]
        leads.append(lead(name, own, kinds, fs=50.0))
        samples[name] = ramp(own, f"<{kinds[0]}", gaps=gaps)
    source = MemorySource(draw(st.integers(1, 300)))
    source.add(record("r", *leads), samples)
    faults = draw(st.lists(st.tuples(st.sampled_from(names), st.integers(0, 699)), max_size=2))
    return source, samples, faults


@STEADY
@given(recordings(), st.integers(0, 699), st.sampled_from([10, 80]))
def test_tiles_are_the_stored_samples_each_once(recording, start, frame):
    source, samples, faults = recording

    async def main():
        cinema = Cinema(source)
        cinema.source.faults.update({fault: SourceCorrupt("made") for fault in faults})
        reel = cinema.reel
        cursor = reel.cursor(lambda: None)
        at = start % reel.length
        first = at
        hurt = {name: np.zeros(reel.length, bool) for name in reel.names}
        for name, sample in faults:
            edges = source.edges("r", name).tolist()
            for low, high in itertools.pairwise(edges):
                hurt[name][low:high] |= low <= sample < high
        any_there = np.zeros(reel.length, bool)
        expected = {}
        for one in reel.leads:
            column = np.full(reel.length, MISSING[reel.dtype], NUMPY[reel.dtype])
            stored = samples[one.name]
            there = ~np.isnan(stored.astype(float)) & (stored != MISSING[one.dtypes[0]])
            there &= ~hurt[one.name][: len(stored)]
            column[: len(stored)][there] = stored[there]
            any_there[: len(stored)] |= there
            expected[one.name] = column
        last = None
        remarked = {name: np.zeros(reel.length, bool) for name in reel.names}
        while at < reel.length:
            tile = await cinema.tile(at, frame, cursor=cursor)
            assert at < tile.stop <= reel.length
            for remark in tile.remarks:
                remarked[remark.lead][remark.start : remark.stop] = True
            if tile.gap:
                assert last != "gap", "a run of empty cells is one gap"
                assert not any_there[at : tile.stop].any()
                assert tile.stop % reel.cell == 0 or tile.stop == reel.length
                assert at % reel.cell == 0 or at == first
                assert not tile.remarks
                touched = any(hurt[name][at : tile.stop].any() for name in reel.names)
                assert tile.gap == ("corrupt" if touched else "missing")
            else:
                for name, values in zip(reel.names, cinema.said(tile).samples, strict=True):
                    assert values.tobytes() == expected[name][at : tile.stop].tobytes()
                    assert remarked[name][at : tile.stop][hurt[name][at : tile.stop]].all()
                edges = [at, *range((at // 10 + 1) * 10, tile.stop, 10), tile.stop]
                for low, high in itertools.pairwise(edges):
                    assert any_there[low:high].any(), "a cell without a sample is never sent"
                if tile.stop % frame and tile.stop != reel.length:
                    assert not any_there[tile.stop : (tile.stop // 10 + 1) * 10].any()
            last = "gap" if tile.gap else "frame"
            at = tile.stop

    in_virtual_time(main())


async def test_frames_of_a_run_follow_one_another_and_the_run_before():
    cinema = Cinema(one_lead(length=36_000, piece=36_000))
    cursor = cinema.reel.cursor(lambda: None)
    frame = 2 * cinema.reel.cell
    first = tile = await cinema.tile(0, frame, cursor=cursor)
    seen = [tile.stop]
    while tile.after is not None:
        tile = tile.after
        seen.append(tile.stop)
    assert seen == [frame * (k + 1) for k in range(RUN)]
    following = await cinema.tile(tile.stop, frame, cursor=cursor)
    assert tile.after is following
    # A run that comes to what is made already goes on with that.
    later = await cinema.tile(90 * frame, frame, cursor=cursor)
    tile = await cinema.tile(85 * frame, frame, cursor=cursor)
    while tile.stop < 90 * frame:
        tile = tile.after
    assert tile.after is later
    assert first.plain
    assert later.plain


async def test_frames_that_are_let_go_hold_on_to_none_of_another_run():
    cinema = Cinema(one_lead(length=36_000, piece=36_000))
    cursor = cinema.reel.cursor(lambda: None)
    frame = 2 * cinema.reel.cell
    held = await cinema.tile(0, frame, cursor=cursor)
    cinema.reel._tiles._budget = 3 * RUN * len(held.message)
    for start in range(0, 8 * RUN * frame, frame):
        await cinema.tile(start, frame, cursor=cursor)
    assert held is not await cinema.tile(0, frame, cursor=cursor)
    followed = []
    while held is not None:
        followed.append(held.stop)
        held = held.after
    assert followed == [frame * (k + 1) for k in range(RUN)]
