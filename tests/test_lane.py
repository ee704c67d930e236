"""Viewers in step: the same frames at the same moments as by themselves, for less."""

import asyncio
import gc
import weakref

import pytest

from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.lane import slots_of
from tests.doubles import House, lead, one_lead, ramp, record, virtual

LATE = 0.0057
"""A slot of the wheel, and uvloop's timer."""


def in_lane(viewer, sid=1):
    return viewer.sub(sid).lane is not None


async def in_step(house, seconds=3.0, **how):
    """Return two viewers of one record, the second 1 s behind the first, both in lanes."""
    first = house.viewer()
    await first.ask("subscribe", sid=1, record="r", loop=True, **how)
    await asyncio.sleep(1.0)
    second = house.viewer()
    await second.ask("subscribe", sid=1, record="r", loop=True, **how)
    await asyncio.sleep(seconds)
    return first, second


@virtual
async def test_frames_leave_when_they_are_due_in_a_lane_as_out_of_it():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        viewers = await in_step(house)
        assert all(in_lane(viewer) for viewer in viewers)
        await asyncio.sleep(80)
        for viewer in viewers:
            account = viewer.client.sids[1]
            frames = viewer.client.of("frame")
            assert len(frames) >= 80 * 5
            for seen in frames:
                assert -1e-9 <= seen.at - account.due(seen["start"]) <= LATE


@virtual
async def test_who_follows_is_sent_the_very_bytes_of_who_went_first():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        first, second = await in_step(house)
        made = {seen["start"]: seen.raw for seen in first.client.of("frame")}
        followed = second.client.of("frame")
        assert len(followed) >= 15
        assert all(seen.raw is made[seen["start"]] for seen in followed)


@virtual
async def test_one_who_watches_alone_goes_in_a_lane_too():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", loop=True)
        await asyncio.sleep(31.0)
        assert in_lane(viewer)
        assert [seen["start"] for seen in viewer.client.of("frame")] == list(range(0, 11_160, 72))


@virtual
async def test_what_the_system_takes_only_in_part_is_written_to_its_end():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        first, second = await in_step(house)
        second.outlet.part = 100
        await asyncio.sleep(0.3)
        assert not in_lane(second)
        second.outlet.take()
        await asyncio.sleep(2)
        assert in_lane(second)
        made = {seen["start"]: seen.raw for seen in first.client.of("frame")}
        followed = second.client.of("frame")
        assert all(seen.raw == made[seen["start"]] for seen in followed)
        starts = [seen["start"] for seen in followed]
        assert starts == list(range(0, 72 * len(starts), 72))


@virtual
async def test_seats_that_were_left_are_taken_again_or_done_without():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        viewers = []
        for _ in range(8):
            viewer = house.viewer()
            await viewer.ask("subscribe", sid=1, record="r", loop=True)
            viewers.append(viewer)
        await asyncio.sleep(1)
        lane = viewers[0].sub().lane
        assert all(viewer.sub().lane is lane for viewer in viewers)
        await viewers[2].ask("pause", sid=1)
        assert lane._vacant == [2]
        await viewers[2].ask("play", sid=1)
        for viewer in viewers[3:7]:
            await viewer.ask("unsubscribe", sid=1)
        await asyncio.sleep(1)
        assert len(lane._riders) - len(lane._vacant) in {3, 4}
        assert lane._vacant == []
        for viewer in (viewers[0], viewers[1], viewers[7]):
            starts = [seen["start"] for seen in viewer.client.of("frame")]
            assert starts == list(range(0, 72 * len(starts), 72))


@virtual
async def test_frames_and_bytes_are_counted_in_a_lane_as_out_of_it():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        viewers = await in_step(house)
        sent = [seen for viewer in viewers for seen in viewer.client.of("frame")]
        assert house.around.counts.frames == len(sent)
        assert house.around.counts.sent_bytes == sum(len(seen.raw) for seen in sent)


@virtual
async def test_a_command_takes_its_subscription_out_and_nothing_is_lost_or_early():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        _, viewer = await in_step(house)
        for op, fields in [
            ("pause", {}),
            ("play", {}),
            ("seek", {"at": {"sample": 720}}),
            ("speed", {"speed": 2.0}),
            ("speed", {"speed": 1.0}),
            ("leads", {"leads": ["II"]}),
        ]:
            before = len(viewer.client.all)
            await viewer.ask(op, sid=1, **fields)
            assert not in_lane(viewer)
            await asyncio.sleep(2)
            account = viewer.client.sids[1]
            for seen in viewer.client.all[before:]:
                if seen.kind == "frame":
                    assert -1e-9 <= seen.at - account.due(seen["start"]) <= LATE


@virtual
async def test_a_line_that_refuses_a_frame_takes_all_its_subscriptions_out():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        first, second = await in_step(house)
        second.outlet.stuck = True
        await asyncio.sleep(0.3)
        assert in_lane(first)
        assert not in_lane(second)
        await asyncio.sleep(2)
        assert second.sub().held
        second.outlet.take()
        await asyncio.sleep(3)
        assert not second.sub().held
        assert in_lane(second)


@virtual
async def test_one_whose_socket_raises_is_ended_and_the_others_of_its_lane_go_on():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        first, second = await in_step(house)
        # In the very same lane: a second one of the first viewer.
        third = house.viewer()
        await third.ask("subscribe", sid=1, record="r", loop=True)
        await asyncio.sleep(3)
        second.outlet.broken = RuntimeError("a transport that raises")
        await asyncio.sleep(2)
        assert second.session.subscriptions == 0
        for viewer in (first, third):
            assert viewer.client.of("error") == []
            assert viewer.client.all[-1].at > house.clock.monotonic() - 0.3


@virtual
async def test_a_lane_that_nobody_is_in_leaves_nothing_behind():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        for viewer in await in_step(house):
            assert in_lane(viewer)
            viewer.session.gone()
        assert (house.wheel.filed, house.cache.pinned) == (0, 0)
        assert house.around.lanes._lanes == {}


@virtual
async def test_a_lane_keeps_reading_ahead():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        _, viewer = await in_step(house, seconds=60.0)
        await asyncio.sleep(0)
        assert house.around.counts.held == {}
        assert house.around.counts.late_frames == 0
        assert in_lane(viewer)


@virtual
async def test_what_is_read_ahead_takes_nobody_out_of_a_lane():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        _, viewer = await in_step(house)
        lane, until = viewer.sub().lane, viewer.sub().until
        seats = list(lane._riders)
        await asyncio.sleep(40)
        assert house.cache.reads >= 4
        assert viewer.sub().lane is lane
        assert lane._riders == seats
        assert viewer.sub().until > until


@virtual
async def test_one_whose_next_piece_does_not_come_leaves_its_lane_and_its_clock_is_held():
    house = House(one_lead(length=36_000, piece=3_600))
    with house.open():
        first, second = await in_step(house)
        house.readers.held = True
        await asyncio.sleep(9)
        for viewer in (first, second):
            assert not in_lane(viewer)
            assert viewer.sub().held
            starts = [seen["start"] for seen in viewer.client.of("frame")]
            assert starts == list(range(0, 3_600, 72))
        house.readers.held = False
        house.readers.release()
        await asyncio.sleep(3)
        assert all(in_lane(viewer) for viewer in (first, second))


@virtual
async def test_the_end_of_a_record_is_said_when_it_is_due():
    house = House(one_lead(length=3_600 + 40, piece=3_600))
    with house.open():
        first, second = house.viewer(), house.viewer()
        for viewer in (first, second):
            await viewer.ask("subscribe", sid=1, record="r")
            await asyncio.sleep(0.5)
        await asyncio.sleep(12)
        for viewer in (first, second):
            (end,) = viewer.client.of("end")
            began = viewer.client.of("subscribed")[0]["clock"]["time"]
            assert 0 <= end.at - (began + 3_640 / 360) <= LATE


@pytest.mark.parametrize(
    ("seconds", "slots"),
    [(0.2, 40), (72 / 360, 40), (26 / 128, 0), (0.02, 4), (2.0, 0), (0.2 / 3, 0)],
)
def test_only_what_is_due_every_whole_slot_and_often_goes_in_a_lane(seconds, slots):
    assert slots_of(seconds) == slots


@virtual
async def test_who_has_left_a_lane_is_not_held_on_to_by_it():
    house = House(one_lead(length=3_600_000, piece=3_600_000))
    with house.open():
        first, second = await in_step(house)
        lane = second.sub().lane
        third = house.viewer()
        await third.ask("subscribe", sid=1, record="r", loop=True)
        await asyncio.sleep(1)
        gone = [weakref.ref(viewer.outlet) for viewer in (first, second)]
        assert all(in_lane(viewer) for viewer in (first, second, third))
        for viewer in (first, second):
            viewer.session.gone()
        del first, second, viewer
        gc.collect()
        assert [one() for one in gone] == [None, None]
        assert len(lane._asked) <= 1


@virtual
async def test_one_whose_frames_cannot_be_made_is_ended_and_the_others_of_its_lane_go_on():
    source = MemorySource(3_600)
    for name in ("r", "s"):
        source.add(record(name, lead("II", 36_000)), {"II": ramp(36_000)})
    house = House(source)
    with house.open():
        broken, other = house.viewer(), house.viewer()
        await broken.ask("subscribe", sid=1, record="r")
        await other.ask("subscribe", sid=1, record="s")
        await asyncio.sleep(1)
        assert in_lane(other)
        assert other.sub().lane is broken.sub().lane
        broken.sub().reel._run = None
        await asyncio.sleep(8)
        (error,) = broken.client.of("error")
        assert error["sid"] == 1
        assert other.client.of("error") == []
        starts = [seen["start"] for seen in other.client.of("frame")]
        assert starts == list(range(0, 72 * 45, 72)) + starts[45:]
        assert in_lane(other)
