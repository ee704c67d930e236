"""One record for one viewer: pace, tiling, holds, ends, loops, shared."""

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import SourceCorrupt, SourceUnavailable
from ecgstream.model.block import MISSING
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.subscription import GRACE_S, POLL_S, READ_AHEAD_S
from ecgstream.viewer.wheel import SLOT_S, TIMER_S
from tests.doubles import (
    STEADY,
    FaultySource,
    House,
    in_virtual_time,
    kinds,
    lead,
    one_lead,
    ramp,
    record,
    virtual,
    whys,
)

LATE = SLOT_S + TIMER_S + 1e-6
FS = 360


def playheads(seen, clock):
    """Where a clock's playhead was when each frame was sent."""
    return [clock["sample"] + (one.at - clock["time"]) * clock["rate"] for one in seen]


# Pace.


@pytest.mark.parametrize("speed", [0.1, 1, 32])
def test_an_hour_has_no_drift(speed, monkeypatch):
    length = round(FS * 3600 * speed)

    async def main():
        house = House(one_lead(length=length, piece=max(3_600, round(3_600 * speed))))
        with house.open():
            viewer = house.viewer()
            said = await viewer.ask("subscribe", sid=1, record="r", speed=speed)
            clock = said["clock"]
            await asyncio.sleep(1800)
            # A step of the wall clock by an hour changes nothing.
            monkeypatch.setattr("time.time", lambda: 3600.0)
            await asyncio.sleep(1801)
            frames = viewer.client.of("frame")
            assert sum(frame["count"] for frame in frames) == length
            for frame in frames:
                due = clock["time"] + frame["start"] / (FS * speed)
                assert due - 1e-6 <= frame.at <= due + LATE
            (end,) = viewer.client.of("end")
            assert end["sample"] == length
            assert clock["time"] + 3600 <= end.at <= clock["time"] + 3600 + LATE
            assert whys(viewer.client.all) == []

    in_virtual_time(main())


@virtual
async def test_the_clock_begins_when_the_first_frame_can_be_sent():
    house = House(one_lead())
    house.readers.held = True
    with house.open():
        viewer = house.viewer()
        asked = asyncio.create_task(viewer.ask("subscribe", sid=1, record="r", at={"sample": 100}))
        await asyncio.sleep(5)
        assert not asked.done()
        house.readers.release()
        said = await asked
        assert said["clock"] == {"sample": 100, "time": house.clock.monotonic(), "rate": 360.0}
        assert said["next"] == 100
        await asyncio.sleep(LATE)
        assert kinds(viewer.client.of("frame")) == ["frame"]


@virtual
async def test_a_changed_speed_begins_at_the_playhead_and_the_tiling_goes_on():
    house = House(one_lead(length=36_000))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1.3)
        before = viewer.client.sids[1].next
        said = await viewer.ask("speed", sid=1, speed=8)
        now = house.clock.monotonic()
        assert said["clock"]["sample"] == math.floor(360 * (now - 1000) + 1e-6)
        assert said["clock"] | {"sample": 0} == {"sample": 0, "time": now, "rate": 2880.0}
        assert (said["next"], said["frame"], said["speed"]) == (504, 576, 8.0)
        assert before <= said["next"]
        await asyncio.sleep(1.0)
        starts = [frame["start"] for frame in viewer.client.of("frame")]
        assert starts[-6:] == [504, 576, 1152, 1728, 2304, 2880]
        await viewer.ask("speed", sid=1, speed=0.1)
        await asyncio.sleep(20)
        last = viewer.client.of("frame")[-1]
        assert last["count"] == 72


@virtual
async def test_equal_subscriptions_get_the_very_same_bytes():
    house = House(one_lead())
    with house.open():
        viewers = [house.viewer() for _ in range(3)]
        for viewer in viewers:
            await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(11)
        first, *others = [viewer.client.of("frame") for viewer in viewers]
        assert len(first) == 50
        for other in others:
            for one, same in zip(first, other, strict=True):
                assert one.raw is same.raw


@pytest.mark.parametrize("ahead", [1, 10.0])
@virtual
async def test_ahead_sends_so_much_earlier_and_the_clock_is_the_same(ahead):
    house = House(one_lead(length=36_000))
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r", ahead=ahead, speed=2)
        assert said["clock"]["sample"] == 0
        await asyncio.sleep(60)
        frames = viewer.client.of("frame")
        for frame in frames:
            due = said["clock"]["time"] + frame["start"] / 720
            early = max(said["clock"]["time"], due - ahead)
            burst = (1 + frame["start"] // 72 // 16) * LATE if due - ahead < frame.at else 0
            assert early - 1e-6 <= frame.at <= early + LATE + burst
        assert frames[-1]["start"] + frames[-1]["count"] == 36_000
        (end,) = viewer.client.of("end")
        assert end.at == pytest.approx(said["clock"]["time"] + 50, abs=LATE)


# Reading.


@virtual
async def test_a_piece_is_read_before_it_is_needed_and_once():
    source = FaultySource(one_lead(length=36_000, piece=3_600))
    house = House(source)
    times = []
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        for _ in range(1000):
            await asyncio.sleep(0.1)
            times.extend([house.clock.monotonic()] * (len(source.reads) - len(times)))
        assert [read[2] for read in source.reads] == list(range(0, 36_000, 3_600))
        for at, (_, _, start, _) in zip(times[1:], source.reads[1:], strict=True):
            assert 1000 + start / 360 - at >= READ_AHEAD_S - 0.2


@virtual
async def test_after_a_long_gap_the_samples_are_there_in_time_and_nothing_was_held_meanwhile():
    source = FaultySource(one_lead(length=720_000, piece=3_600, gaps=[(720, 700_000)]))
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(60)
        assert house.cache.pinned == 0
        assert house.wheel.filed <= 2
        before = len(source.reads)
        await asyncio.sleep(699_984 / 360 - 60 - 1.5)
        assert len(source.reads) == before + 1
        await asyncio.sleep(10)
        (gap,) = viewer.client.of("gap")
        assert (gap["start"], gap["stop"], gap["leads"]) == (720, 699_984, None)
        assert gap.at == pytest.approx(1002, abs=LATE)
        frame = next(f for f in viewer.client.of("frame") if f["start"] == 699_984)
        assert frame.at == pytest.approx(1000 + 699_984 / 360, abs=LATE)
        assert whys(viewer.client.all) == []


@virtual
async def test_a_record_that_ends_in_a_long_gap_ends_when_it_is_due():
    house = House(one_lead(length=360_000, piece=3_600, gaps=[(720, 360_000)]))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(900)
        assert house.cache.pinned == 0
        await asyncio.sleep(101)
        (end,) = viewer.client.of("end")
        assert end.at == pytest.approx(2000, abs=LATE)


@virtual
async def test_late_data_within_the_grace_is_only_late():
    house = House(one_lead(length=7_200, piece=720))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(3.5)  # the piece from 1440 on was asked for
        house.readers.held = True
        await asyncio.sleep(6 - 3.5 + GRACE_S - 0.01)
        house.readers.held = False
        house.readers.release()
        await asyncio.sleep(1)
        assert whys(viewer.client.all) == []
        assert viewer.client.sids[1].next > 2160


@virtual
async def test_data_that_is_not_there_holds_the_clock_and_nothing_is_lost():
    house = House(one_lead(length=7_200, piece=720))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1)
        house.readers.held = True
        await asyncio.sleep(12)
        (loading,) = viewer.client.of("state")
        assert (loading["why"], loading["id"], loading["playing"]) == ("loading", None, True)
        assert loading["clock"]["rate"] == 0.0
        assert loading["next"] == viewer.client.sids[1].next == loading["clock"]["sample"]
        assert loading.at == pytest.approx(1000 + loading["next"] / 360 + GRACE_S, abs=2 * LATE)
        house.readers.held = False
        house.readers.release()
        await asyncio.sleep(30)
        assert whys(viewer.client.all) == ["loading", "caught_up"]
        caught = viewer.client.of("state")[1]
        assert caught["clock"] == {
            "sample": loading["next"], "time": caught.at, "rate": 360.0,
        }  # fmt: skip
        assert (caught["next"], caught["playing"]) == (loading["next"], True)
        assert viewer.client.of("end")
        frames = viewer.client.of("frame")
        assert [f["start"] for f in frames] == list(range(0, 7200, 72))


@virtual
async def test_data_not_to_be_had_for_15_s_ends_the_subscription_alone():
    source = FaultySource(one_lead(length=36_000, piece=720))
    source.faults["II", 2_000] = SourceUnavailable("it is gone", path="/srv/secret")
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await viewer.ask("subscribe", sid=2, record="r", at={"sample": 7_200})
        await asyncio.sleep(25)
        (error,) = viewer.client.of("error")
        assert (error["id"], error["sid"], error["code"]) == (None, 1, "unavailable")
        assert error["retryable"]
        assert "secret" not in error["message"]
        assert error.at == pytest.approx(1000 + 1440 / 360 + GRACE_S + 15, abs=2 * POLL_S)
        assert whys(viewer.client.all) == ["loading"]
        assert viewer.session.subscriptions == 1
        assert viewer.client.sids[2].next > 7_200 + 24 * 360
        # It was tried again and again, but not in a hurry, and nothing stays pinned of it.
        assert 10 <= sum(read[2] == 1440 for read in source.reads) <= 20
        source.faults.clear()
        assert (await viewer.ask("subscribe", sid=1, record="r", at={"sample": 1440}))[
            "next"
        ] == 1440
        await asyncio.sleep(5)
        assert viewer.client.sids[1].next >= 1440 + 5 * 360


@virtual
async def test_why_data_does_not_come_is_said_while_it_is_tried_again():
    source = FaultySource(one_lead(length=36_000, piece=720))
    source.faults["II", 2_000] = SourceUnavailable("it is gone", path="/srv/secret")
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1440 / 360 + 3)
        # Held: said beside the state, soon, and again with each attempt.
        told = viewer.client.of("waiting")
        assert [(one["sid"], one["message"]) for one in told] == [(1, "it is gone")] * len(told)
        assert 2 <= len(told) <= 4
        source.faults.clear()
        await asyncio.sleep(20)
        assert len(viewer.client.of("waiting")) <= 4
        # Before there is an answer: a place whose data is away from the start.
        source.faults["II", 30_000] = SourceUnavailable("the store is down")
        asked = asyncio.create_task(
            viewer.ask("subscribe", sid=2, record="r", at={"sample": 30_000})
        )
        await asyncio.sleep(3)
        assert not asked.done()
        said = [one["message"] for one in viewer.client.of("waiting") if one["sid"] == 2]
        assert 1 <= len(said) <= 3
        assert set(said) == {"the store is down"}
        source.faults.clear()
        assert (await asked)["next"] == 30_000


@virtual
async def test_data_that_comes_back_within_15_s_goes_on():
    source = FaultySource(one_lead(length=36_000, piece=720))
    source.faults["II", 2_000] = SourceUnavailable("it is gone")
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(16)
        source.faults.clear()
        await asyncio.sleep(5)
        assert whys(viewer.client.all) == ["loading", "caught_up"]
        assert viewer.client.of("error") == []
        assert viewer.client.sids[1].next > 1440


@virtual
async def test_a_gap_whose_end_cannot_be_read_is_loading():
    source = FaultySource(one_lead(length=36_000, piece=720, gaps=[(1_440, 20_000)]))
    source.faults["II", 15_000] = SourceUnavailable("it is gone")
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(10)
        assert whys(viewer.client.all) == ["loading"]
        source.faults.clear()
        await asyncio.sleep(3)
        assert whys(viewer.client.all) == ["loading", "caught_up"]
        assert [g["stop"] for g in viewer.client.of("gap")] == [20_000 // 72 * 72]


@virtual
async def test_corrupt_pieces_are_a_gap_or_a_remark_before_the_first_frame_they_touch():
    source = MemorySource(720)
    source.add(record("r", lead("a", 7_200), lead("b", 7_200)), {n: ramp(7_200) for n in "ab"})
    source = FaultySource(source)
    source.faults |= {
        ("a", 1_500): SourceCorrupt("bad page"),
        ("a", 3_000): SourceCorrupt("bad page"),
        ("b", 3_000): SourceCorrupt("bad page"),
    }
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", speed=4)
        await asyncio.sleep(6)
        remark, gap = viewer.client.of("gap")
        assert [remark[f] for f in ("start", "stop", "leads", "reason")] == [
            1440,
            2160,
            ["a"],
            "corrupt",
        ]
        assert [gap[f] for f in ("start", "stop", "leads", "reason")] == [
            2880,
            3600,
            None,
            "corrupt",
        ]
        seen = viewer.client.all
        first = next(k for k, s in enumerate(seen) if s.kind == "frame" and s["start"] == 1440)
        assert seen[first - 1] is remark
        assert viewer.client.of("end")
        # After a seek it is said again.
        await viewer.ask("seek", sid=1, at={"sample": 1_600})
        await viewer.ask("play", sid=1)
        await asyncio.sleep(1)
        again = viewer.client.of("gap")[2]
        assert [again[f] for f in ("start", "stop", "leads")] == [1600, 2160, ["a"]]


# The viewer.


@virtual
async def test_a_slow_viewer_holds_its_own_clock_and_loses_nothing():
    house = House(one_lead(length=7_200))
    with house.open():
        slow, quick = house.viewer(), house.viewer()
        for viewer in (slow, quick):
            await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(2)
        slow.outlet.stuck = True
        await asyncio.sleep(8)
        (behind,) = slow.client.of("state")
        assert (behind["why"], behind["playing"], behind["clock"]["rate"]) == ("behind", True, 0.0)
        assert behind["next"] == slow.client.sids[1].next
        slow.outlet.take()
        await asyncio.sleep(30)
        assert whys(slow.client.all) == ["behind", "caught_up"]
        assert [f["start"] for f in slow.client.of("frame")] == list(range(0, 7200, 72))
        assert slow.client.of("end")
        assert whys(quick.client.all) == []
        assert quick.client.of("end")[0].at == pytest.approx(1020, abs=LATE)


@virtual
async def test_with_ahead_a_short_trouble_holds_nothing():
    house = House(one_lead(length=7_200))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", ahead=5)
        await asyncio.sleep(1)
        viewer.outlet.stuck = True
        await asyncio.sleep(4)
        viewer.outlet.take()
        await asyncio.sleep(20)
        assert whys(viewer.client.all) == []
        assert viewer.client.of("end")[0].at == pytest.approx(1020, abs=LATE)


@virtual
async def test_a_slow_shared_viewer_drops_to_the_newest_and_is_told_what_it_missed():
    house = House(one_lead(length=36_000))
    with house.open():
        slow, quick = house.viewer(), house.viewer()
        for viewer in (slow, quick):
            await viewer.ask("subscribe", sid=1, record="r", at="shared")
        await asyncio.sleep(2.03)
        slow.outlet.stuck = True
        await asyncio.sleep(8)
        sent = len(slow.client.of("frame"))
        slow.outlet.take()
        await asyncio.sleep(3)
        (gap,) = [g for g in slow.client.of("gap") if g["reason"] == "slow_viewer"]
        assert gap["leads"] is None
        assert gap["stop"] - gap["start"] > 6 * 360
        assert whys(slow.client.all) == []
        frames = slow.client.of("frame")
        assert len(frames) - sent <= 3 * 5 + 2
        assert frames[-1].raw is quick.client.of("frame")[-1].raw
        assert frames[-1].at == quick.client.of("frame")[-1].at


@virtual
async def test_a_slow_shared_viewer_comes_back_in_a_later_lap():
    house = House(one_lead(length=1_000))
    with house.open():
        slow, quick = house.viewer(), house.viewer()
        for viewer in (slow, quick):
            await viewer.ask("subscribe", sid=1, record="r", at="shared")
        await asyncio.sleep(1)
        slow.outlet.stuck = True
        await asyncio.sleep(14)
        slow.outlet.take()
        await asyncio.sleep(3)
        assert whys(slow.client.all).count("looped") <= 3
        assert slow.client.of("frame")[-1].raw is quick.client.of("frame")[-1].raw
        one, other = slow.client.sids[1].clock, quick.client.sids[1].clock
        assert one["time"] - one["sample"] / 360 == pytest.approx(
            other["time"] - other["sample"] / 360, abs=1e-6
        )


# Commands.


@virtual
async def test_pause_stops_at_the_playhead_and_play_goes_on_there():
    house = House(one_lead(length=7_200))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1.3)
        paused = await viewer.ask("pause", sid=1)
        sample = paused["clock"]["sample"]
        assert sample == math.floor(360 * (house.clock.monotonic() - 1000) + 1e-6)
        assert (paused["playing"], paused["clock"]["rate"], paused["next"]) == (False, 0.0, 504)
        assert house.cache.pinned == 0
        frames = len(viewer.client.of("frame"))
        await asyncio.sleep(100)
        assert len(viewer.client.of("frame")) == frames
        assert (await viewer.ask("pause", sid=1))["clock"]["sample"] == sample
        played = await viewer.ask("play", sid=1)
        assert played["clock"] == {
            "sample": sample, "time": house.clock.monotonic(), "rate": 360.0,
        }  # fmt: skip
        assert played["next"] == 504
        assert (await viewer.ask("play", sid=1))["clock"] == played["clock"]
        await asyncio.sleep(30)
        assert [f["start"] for f in viewer.client.of("frame")] == list(range(0, 7200, 72))


@pytest.mark.parametrize("ahead", [0, 8])
@virtual
async def test_a_pause_after_the_last_frame_is_not_the_end(ahead):
    house = House(one_lead(length=3_600))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", ahead=ahead)
        await asyncio.sleep(9.9 - ahead)
        paused = await viewer.ask("pause", sid=1)
        assert paused["next"] == 3_600
        assert paused["clock"]["sample"] < 3_600
        for op, fields in [("speed", {"speed": 2}), ("speed", {"speed": 1})]:
            assert not (await viewer.ask(op, sid=1, **fields))["playing"]
        await asyncio.sleep(20)
        assert viewer.client.of("end") == []
        house.readers.held = True  # nothing has to be read for what is left
        assert (await viewer.ask("play", sid=1))["playing"]
        await asyncio.sleep(0.1 + ahead + LATE)
        assert kinds(viewer.client.of("end")) == ["end"]


@virtual
async def test_a_seek_begins_at_its_place_and_keeps_playing():
    house = House(one_lead(length=36_000))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(3)
        said = await viewer.ask("seek", sid=1, at={"sample": 20_000})
        assert (said["next"], said["playing"]) == (20_000, True)
        assert said["clock"] == {
            "sample": 20_000, "time": house.clock.monotonic(), "rate": 360.0,
        }  # fmt: skip
        await asyncio.sleep(LATE)
        frame = viewer.client.of("frame")[-1]
        assert (frame["start"], frame["count"]) == (20_000, 20_016 - 20_000)
        await viewer.ask("pause", sid=1)
        said = await viewer.ask("seek", sid=1, at={"sample": 0})
        assert (said["next"], said["playing"], said["clock"]["rate"]) == (0, False, 0.0)


@virtual
async def test_the_old_place_plays_on_until_the_new_one_is_there():
    house = House(one_lead(length=36_000))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        house.readers.held = True
        seeking = asyncio.create_task(viewer.ask("seek", sid=1, at={"sample": 30_000}))
        await asyncio.sleep(3)
        assert viewer.client.sids[1].next >= 3 * 360
        house.readers.release()
        assert (await seeking)["next"] == 30_000
        await asyncio.sleep(1)
        assert 30_360 <= viewer.client.sids[1].next <= 30_432
        assert whys(viewer.client.all) == []


@virtual
async def test_a_seek_whose_data_is_not_to_be_had_changes_nothing():
    source = FaultySource(one_lead(length=36_000))
    source.faults["II", 30_000] = SourceUnavailable("gone")
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        error = await viewer.ask("seek", sid=1, at={"sample": 30_000})
        assert (error["type"], error["code"], error["sid"]) == ("error", "unavailable", 1)
        assert house.clock.monotonic() - 1000 == pytest.approx(15, abs=2)
        assert house.cache.pinned == 2 * 3600 * 2 or house.cache.pinned == 3600 * 2
        await asyncio.sleep(1)
        assert viewer.client.sids[1].next >= 15 * 360
        assert whys(viewer.client.all) == []


@virtual
async def test_other_leads_begin_at_the_playhead():
    source = MemorySource()
    source.add(
        record("r", lead("a", 7_200), lead("b", 7_200, ("f8",))),
        {"a": ramp(7_200), "b": ramp(7_200, "<f8") / 3},
    )
    house = House(source)
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r", leads=["a"])
        assert said["dtype"] == "i2"
        await asyncio.sleep(1.3)
        said = await viewer.ask("leads", sid=1, leads=["b", "a"])
        assert [one["name"] for one in said["leads"]] == ["b", "a"]
        assert said["dtype"] == "f8"
        playhead = math.floor(360 * (house.clock.monotonic() - 1000) + 1e-6)
        assert said["next"] == said["clock"]["sample"] == playhead
        await asyncio.sleep(1)
        got = viewer.client.rebuilt(1, "b", playhead, playhead + 200)
        assert got.tobytes() == (ramp(7_200, "<f8") / 3)[playhead : playhead + 200].tobytes()
        said = await viewer.ask("leads", sid=1)
        assert [one["name"] for one in said["leads"]] == ["a", "b"]
        for wrong, code in [
            (["x"], "lead_not_found"),
            ([], "bad_field"),
            (["a", "a"], "bad_field"),
        ]:
            assert (await viewer.ask("leads", sid=1, leads=wrong))["code"] == code


@virtual
async def test_leads_of_another_rate_are_a_subscription_of_their_own():
    source = MemorySource()
    source.add(
        record("r", lead("a", 7_200), lead("b", 2_500, fs=125.0)),
        {"a": ramp(7_200), "b": ramp(2_500)},
    )
    house = House(source)
    with house.open():
        viewer = house.viewer()
        assert (await viewer.ask("subscribe", sid=1, record="r", leads=["a", "b"]))[
            "code"
        ] == "bad_field"
        said = await viewer.ask("subscribe", sid=1, record="r")
        assert ([x["name"] for x in said["leads"]], said["length"]) == (["a"], 7_200)
        said = await viewer.ask("subscribe", sid=2, record="r", leads=["b"])
        assert (said["fs"], said["length"], said["frame"]) == (125.0, 2_500, 25)
        assert (await viewer.ask("leads", sid=2, leads=["a"]))["code"] == "bad_field"
        assert [x["name"] for x in (await viewer.ask("leads", sid=2))["leads"]] == ["b"]


# Ends.


@virtual
async def test_the_end_stands_paused_and_only_a_seek_leads_away():
    house = House(one_lead(length=1_000))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(3)
        (end,) = viewer.client.of("end")
        assert end.at == pytest.approx(1000 + 1000 / 360, abs=LATE)
        assert (await viewer.ask("play", sid=1))["code"] == "illegal_state"
        for op, fields in [("pause", {}), ("speed", {"speed": 2}), ("leads", {})]:
            said = await viewer.ask(op, sid=1, **fields)
            assert (said["next"], said["playing"]) == (1_000, False)
            assert said["clock"]["sample"] == 1_000
            assert said["clock"]["rate"] == 0.0
        assert len(viewer.client.of("end")) == 1
        said = await viewer.ask("seek", sid=1, at={"sample": 500})
        assert (said["next"], said["playing"]) == (500, False)
        await asyncio.sleep(5)
        assert (await viewer.ask("play", sid=1))["playing"]
        await asyncio.sleep(3)
        assert len(viewer.client.of("end")) == 2


@pytest.mark.parametrize("paused", [False, True])
@virtual
async def test_a_seek_to_the_length_gives_the_state_and_then_the_end(paused):
    house = House(one_lead(length=1_000))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", paused=paused)
        said = await viewer.ask("seek", sid=1, at={"sample": 1_000})
        assert (said["next"], said["playing"], said["clock"]["rate"]) == (1_000, False, 0.0)
        assert kinds(viewer.client.all)[-2:] == ["state", "end"]
        assert (await viewer.ask("seek", sid=1, at={"sample": 1_001}))["code"] == "out_of_range"
        assert (await viewer.ask("play", sid=1))["code"] == "illegal_state"


@virtual
async def test_to_subscribe_at_the_length_is_to_be_at_the_end():
    house = House(one_lead(length=1_000))
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r", at={"sample": 1_000})
        assert (said["next"], said["playing"]) == (1_000, False)
        assert kinds(viewer.client.all)[-2:] == ["subscribed", "end"]


@pytest.mark.parametrize(
    "fields", [{}, {"loop": True}, {"at": "shared"}, {"paused": True}], ids=str
)
@virtual
async def test_a_record_without_samples_is_at_its_end(fields):
    house = House(one_lead(length=0))
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r", **fields)
        assert (said["length"], said["next"], said["playing"]) == (0, 0, False)
        await asyncio.sleep(1)
        assert kinds(viewer.client.all)[:3] == ["welcome", "subscribed", "end"]
        assert (await viewer.ask("play", sid=1))["code"] == "illegal_state"
        assert house.cache.pinned == 0


@virtual
async def test_a_loop_goes_from_the_end_to_the_start_without_losing_time():
    source = FaultySource(one_lead(length=1_000, piece=500))
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", loop=True)
        await asyncio.sleep(1000.1)
        looped = viewer.client.of("state")
        assert len(looped) == 360
        for lap, state in enumerate(looped, 1):
            assert (state["why"], state["next"], state["id"]) == ("looped", 0, None)
            over = 1000 + lap * 1000 / 360
            assert state["clock"]["time"] == pytest.approx(over, abs=1e-6)
            assert state["clock"]["sample"] == 0
            assert over - 1e-6 <= state.at <= over + LATE
        assert viewer.client.of("end") == []
        assert len(source.reads) == 2


@virtual
async def test_a_loop_from_the_length_goes_round_at_once():
    house = House(one_lead(length=1_000))
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r", loop=True, at={"sample": 1_000})
        assert (said["playing"], said["next"]) == (True, 1_000)
        await asyncio.sleep(0.1)
        assert kinds(viewer.client.all)[:4] == ["welcome", "subscribed", "state", "frame"]


@virtual
async def test_a_loop_of_one_sample_floods_nobody():
    house = House(one_lead(length=1))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", loop=True, speed=32)
        await asyncio.sleep(1)
        assert len(viewer.client.of("frame", "state")) <= 2 / SLOT_S + 2


# Shared.


@virtual
async def test_everybody_who_asks_for_shared_sees_the_same_sample_at_the_same_time():
    house = House(one_lead(length=1_000))
    with house.open():
        early, late = house.viewer(), house.viewer()
        await early.ask("subscribe", sid=1, record="r", at="shared")
        await asyncio.sleep(1.2345)
        said = await late.ask("subscribe", sid=1, record="r", at="shared")
        utc = house.clock.utc()
        assert said["next"] == said["clock"]["sample"] == math.floor(utc * 360) % 1000
        assert (said["playing"], said["speed"]) == (True, 1.0)
        for hours in (0, 1):
            await asyncio.sleep(hours * 3600 + 5)
            one, other = early.client.of("frame")[-1], late.client.of("frame")[-1]
            assert one.raw is other.raw
            assert one.at == other.at
            for viewer in (early, late):
                clock = viewer.client.sids[1].clock
                now = house.clock.monotonic()
                playhead = clock["sample"] + (now - clock["time"]) * clock["rate"]
                # The very sample that the UTC says, after more than a thousand laps.
                off = (playhead - house.clock.utc() * 360) % 1000
                assert min(off, 1000 - off) < 1e-3
        # And so is who comes later still.
        third = house.viewer()
        await third.ask("subscribe", sid=1, record="r", at="shared")
        await asyncio.sleep(2)
        assert third.client.of("frame")[-1].raw is early.client.of("frame")[-1].raw


@pytest.mark.parametrize(
    ("op", "fields"),
    [
        ("pause", {}),
        ("seek", {"at": {"sample": 0}}),
        ("seek", {"at": "shared"}),
        ("speed", {"speed": 2}),
    ],
    ids=str,
)
@virtual
async def test_a_shared_subscription_is_neither_sought_nor_paused_nor_of_another_speed(op, fields):
    house = House(one_lead())
    with house.open():
        viewer = house.viewer()
        clock = (await viewer.ask("subscribe", sid=1, record="r", at="shared"))["clock"]
        assert (await viewer.ask(op, sid=1, **fields))["code"] == "illegal_state"
        said = await viewer.ask("play", sid=1)
        assert (said["playing"], said["clock"]) == (True, clock)
        said = await viewer.ask("speed", sid=1, speed=1)
        assert said["clock"]["rate"] == 360.0


@pytest.mark.parametrize("fields", [{"paused": True}, {"speed": 2}])
@virtual
async def test_shared_is_neither_paused_nor_of_another_speed_from_the_start(fields):
    house = House(one_lead())
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r", at="shared", **fields)
        assert said["code"] == "illegal_state"
        assert viewer.session.subscriptions == 0
        assert (await viewer.ask("subscribe", sid=1, record="r"))["type"] == "subscribed"
        assert (await viewer.ask("seek", sid=1, at="shared"))["code"] == "illegal_state"


@virtual
async def test_shared_leads_keep_the_phase():
    source = MemorySource()
    source.add(record("r", lead("a", 7_200), lead("b", 7_200)), {n: ramp(7_200) for n in "ab"})
    house = House(source)
    with house.open():
        one, other = house.viewer(), house.viewer()
        for viewer in (one, other):
            await viewer.ask("subscribe", sid=1, record="r", at="shared", leads=["a"])
            await asyncio.sleep(0.777)
        await one.ask("leads", sid=1, leads=["b"])
        await asyncio.sleep(1.111)
        await one.ask("leads", sid=1, leads=["a"])
        await asyncio.sleep(2)
        mine, theirs = one.client.of("frame")[-1], other.client.of("frame")[-1]
        assert mine.raw is theirs.raw
        # Anchors may differ in the last bit, and a moment on a slot's edge then falls either way.
        assert abs(mine.at - theirs.at) <= SLOT_S + 1e-6


@virtual
async def test_shared_data_that_is_late_is_sent_late_and_the_clock_runs_on():
    house = House(one_lead(length=36_000, piece=720))
    with house.open():
        viewer = house.viewer()
        clock = (await viewer.ask("subscribe", sid=1, record="r", at="shared"))["clock"]
        await asyncio.sleep(1)
        house.readers.held = True
        await asyncio.sleep(8)
        house.readers.held = False
        house.readers.release()
        await asyncio.sleep(3)
        assert whys(viewer.client.all) in ([], ["looped"])
        account = viewer.client.sids[1]
        due = clock["sample"] + (house.clock.monotonic() - clock["time"]) * 360
        assert (account.next - due) % 36_000 <= 72
        # but not for ever
        house.readers.held = True
        await asyncio.sleep(25)
        (error,) = viewer.client.of("error")
        assert (error["code"], error["id"], error["sid"]) == ("unavailable", None, 1)


# The budget.


@virtual
async def test_a_subscription_that_would_pin_too_much_is_refused_and_the_rest_play_on():
    house = House(one_lead(length=36_000, piece=3_600), budget=2 * 7_200)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", at={"sample": 0})
        await viewer.ask("subscribe", sid=2, record="r", at={"sample": 7_200})
        said = await viewer.ask("subscribe", sid=3, record="r", at={"sample": 14_400})
        assert (said["code"], said["retryable"]) == ("limit", True)
        assert said["retry_after_ms"] > 0
        # What is pinned already costs nothing.
        said = await viewer.ask("subscribe", sid=3, record="r", at={"sample": 100})
        assert said["type"] == "subscribed"
        assert house.cache.held <= 2 * 7_200
        await viewer.ask("unsubscribe", sid=2)
        said = await viewer.ask("subscribe", sid=2, record="r", at={"sample": 14_400})
        assert said["type"] == "subscribed"


@virtual
async def test_two_who_need_the_last_room_at_once_say_limit_and_not_unavailable():
    # A frame over the edge of two pieces needs both: 3,600 is no multiple of 100.
    house = House(one_lead(length=36_000, piece=3_650), budget=2 * 7_300)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", at={"sample": 0})
        await viewer.ask("subscribe", sid=2, record="r", at={"sample": 7_300})
        await asyncio.sleep(40)
        errors = viewer.client.of("error")
        assert {e["code"] for e in errors} == {"limit"}
        # The one that is left has the room and plays on.
        assert len(errors) == 1
        (left,) = viewer.client.sids
        assert whys([s for s in viewer.client.all if s.kind == "state" and s["sid"] == left]) == [
            "loading", "caught_up",
        ]  # fmt: skip


@virtual
async def test_a_frame_larger_than_a_message_is_refused():
    source = MemorySource()
    leads = [lead(f"L{k}", 100, ("f8",), fs=50_000.0) for k in range(30)]
    source.add(record("r", *leads), {one.name: ramp(100, "<f8") for one in leads})
    house = House(source)
    with house.open():
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r")
        assert said["code"] == "bad_field"
        assert "fewer leads" in said["message"]
        said = await viewer.ask("subscribe", sid=1, record="r", leads=["L1", "L2"], paused=True)
        assert said["type"] == "subscribed"
        assert (await viewer.ask("leads", sid=1))["code"] == "bad_field"
        for _ in range(2):
            said = await viewer.ask("leads", sid=1, leads=[f"L{k}" for k in range(2, 10)])
            assert said["type"] == "state"
            assert (await viewer.ask("speed", sid=1, speed=8))["code"] == "bad_field"


# A command that waits while its subscription ends.


@pytest.mark.parametrize(
    ("op", "fields"), [("seek", {"at": {"sample": 30_000}}), ("leads", {"leads": ["b"]})]
)
@virtual
async def test_a_command_that_waits_while_its_subscription_fails_has_one_answer(op, fields):
    source = MemorySource(720)
    source.add(record("r", lead("a", 36_000), lead("b", 36_000)), {n: ramp(36_000) for n in "ab"})
    source = FaultySource(source)
    house = House(source)
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", leads=["a"])
        await asyncio.sleep(1)
        house.readers.held = True
        await asyncio.sleep(10)  # it is held: loading
        waiting = asyncio.create_task(viewer.ask(op, sid=1, **fields))
        await asyncio.sleep(10)
        house.readers.held = False
        house.readers.release()
        said = await waiting
        # `leads` of a held subscription need not wait; it may be answered before the end.
        assert said["type"] == ("error" if op == "seek" else "state")
        if op == "seek":
            assert said["code"] == "not_found"
            (end,) = [e for e in viewer.client.of("error") if e["id"] is None]
            assert (end["sid"], end["code"]) == (1, "unavailable")
            assert viewer.session.subscriptions == 0
            sent = len(viewer.client.of("frame"))
            await asyncio.sleep(5)
            assert len(viewer.client.of("frame")) == sent, "nothing more comes of a dead sid"
            assert house.cache.pinned == 0
            assert (await viewer.ask("subscribe", sid=1, record="r"))["type"] == "subscribed"


@pytest.mark.parametrize("op", ["subscribe", "seek", "play", "leads"])
@virtual
async def test_a_socket_that_closes_while_a_command_waits_leaves_nothing_pinned(op):
    source = MemorySource(720)
    source.add(record("r", lead("a", 36_000), lead("b", 36_000)), {n: ramp(36_000) for n in "ab"})
    house = House(source)
    with house.open():
        viewer = house.viewer()
        if op != "subscribe":
            await viewer.ask("subscribe", sid=1, record="r", leads=["a"])
        if op == "play":
            await viewer.ask("pause", sid=1)
            await viewer.ask("seek", sid=1, at={"sample": 20_000})
        house.readers.held = True
        fields = {
            "subscribe": {"record": "r"},
            "seek": {"at": {"sample": 30_000}},
            "leads": {"leads": ["b"]},
        }.get(op, {})
        import msgpack

        message = msgpack.packb({"op": op, "id": 99, "sid": 1, **fields})
        waiting = asyncio.create_task(viewer.session.handle(message))
        await asyncio.sleep(1)
        assert not waiting.done()
        viewer.session.gone()
        await asyncio.sleep(0.1)
        assert waiting.done()
        await waiting
        house.readers.release()
        await asyncio.sleep(1)
        assert house.cache.pinned == 0
        sent = len(viewer.outlet.messages)
        await asyncio.sleep(5)
        assert len(viewer.outlet.messages) == sent


@virtual
async def test_an_end_that_comes_while_a_seek_waits_gives_way_to_the_seek():
    house = House(one_lead(length=7_200, piece=720))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", at={"sample": 7_000})
        house.readers.held = True
        seeking = asyncio.create_task(viewer.ask("seek", sid=1, at={"sample": 0}))
        await asyncio.sleep(3)
        assert kinds(viewer.client.of("end")) == ["end"]
        house.readers.release()
        said = await seeking
        assert (said["playing"], said["next"]) == (True, 0)
        await asyncio.sleep(1)
        assert viewer.client.sids[1].next >= 360


# At random: whatever is stored and whatever is asked, what came is what is stored.


@st.composite
def stories(draw):
    length = draw(st.integers(1, 1_500))
    gaps = [
        (start, start + count)
        for start, count in draw(
            st.lists(st.tuples(st.integers(0, 1_499), st.integers(1, 600)), max_size=4)
        )
    ]
    shorter = draw(st.integers(0, length))
    piece = draw(st.integers(50, 800))
    steps = draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("wait"), st.floats(0, 8)),
                st.tuples(st.just("seek"), st.integers(0, length)),
                st.tuples(st.just("speed"), st.sampled_from([0.1, 0.5, 1, 3.3, 4, 5, 32])),
                st.tuples(st.just("leads"), st.sampled_from([["a"], ["b"], ["b", "a"], None])),
                st.tuples(st.just("pause"), st.none()),
                st.tuples(st.just("play"), st.none()),
                st.tuples(st.just("stuck"), st.none()),
                st.tuples(st.just("taken"), st.none()),
                st.tuples(st.just("disk stops"), st.none()),
                st.tuples(st.just("disk works"), st.none()),
            ),
            max_size=14,
        )
    )
    options = draw(
        st.fixed_dictionaries(
            {
                "at": st.integers(0, length).map(lambda n: {"sample": n}),
                "loop": st.booleans(),
                "paused": st.booleans(),
                "ahead": st.sampled_from([0, 0.5, 3]),
                "speed": st.sampled_from([0.5, 1, 4.5, 32]),
            }
        )
    )
    return length, shorter, gaps, piece, options, steps


@STEADY
@given(stories())
def test_whatever_is_asked_the_samples_received_are_the_stored_ones(story):
    length, shorter, gaps, piece, options, steps = story
    fs = 50.0
    source = MemorySource(piece)
    samples = {"a": ramp(length, gaps=gaps), "b": ramp(shorter, "<i4", gaps=gaps[:2])}
    source.add(
        record("r", lead("a", length, fs=fs), lead("b", shorter, ("i4", "f4", "f8"), fs=fs)),
        samples,
    )

    def stored(name, dtype):
        out = np.full(length, MISSING[dtype], f"<{dtype}")
        own = samples[name]
        there = own != MISSING["i2" if name == "a" else "i4"]
        out[: len(own)][there] = own[there]
        return out

    async def main():
        house = House(source)
        with house.open():
            viewer = house.viewer()
            await viewer.ask("subscribe", sid=1, record="r", **options)
            trouble = 0.0
            for step, what in steps:
                if trouble > 5:
                    # Short of the 15 s after which it is over.
                    viewer.outlet.take()
                    house.readers.held = False
                    house.readers.release()
                    await asyncio.sleep(0.5)
                    trouble = 0.0
                trouble += 1 + (what if step == "wait" else 0)
                match step:
                    case "wait":
                        await asyncio.sleep(what)
                    case "stuck":
                        viewer.outlet.stuck = True
                    case "taken":
                        viewer.outlet.take()
                    case "disk stops":
                        house.readers.held = True
                    case "disk works":
                        house.readers.held = False
                        house.readers.release()
                    case _:
                        fields = {"seek": {"at": {"sample": what}}, "speed": {"speed": what},
                                  "leads": {"leads": what}}.get(step, {})  # fmt: skip
                        task = asyncio.create_task(viewer.ask(step, sid=1, **fields))
                        await asyncio.sleep(1)
                        house.readers.held = False
                        house.readers.release()
                        said = await task
                        if said["type"] == "error":
                            assert said["code"] == "illegal_state"
                            assert step == "play"
                            assert viewer.client.sids[1].ended
                        elif step == "seek":
                            assert said["next"] == what == said["clock"]["sample"]
                viewer.client.read()  # fails where it does not tile
                account = viewer.client.sids[1]
                for name in account.leads:
                    whole = stored(name, account.dtype)
                    for start, values in account.samples[name].items():
                        assert values.tobytes() == whole[start : start + len(values)].tobytes()
            # In the end it goes on to the end.
            viewer.outlet.take()
            house.readers.held = False
            house.readers.release()
            start = await viewer.ask("leads", sid=1, leads=["b", "a"])
            if not viewer.client.sids[1].ended:
                await viewer.ask("speed", sid=1, speed=32)
                await viewer.ask("play", sid=1)
                await asyncio.sleep(15 + length / fs / 32)
            if not options["loop"]:
                assert viewer.client.sids[1].ended
                for name in ("a", "b"):
                    got = viewer.client.rebuilt(1, name, start["next"], length)
                    assert got.tobytes() == stored(name, start["dtype"])[start["next"] :].tobytes()
            assert all(error["code"] == "illegal_state" for error in viewer.client.of("error"))
            viewer.session.gone()
            assert house.cache.pinned == 0
            assert house.wheel.filed == 0

    in_virtual_time(main())
