"""One socket: commands and their answers in order, heartbeats, cut-offs."""

import asyncio
import itertools
import math

import msgpack
import pytest

from ecgstream.errors import SourceUnavailable
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.line import ROOM_BYTES
from ecgstream.viewer.session import (
    FLOOD,
    MESSAGES_BURST,
    MESSAGES_PER_S,
    SILENCE_S,
    SUBSCRIPTIONS,
    WORDS,
)
from ecgstream.viewer.wheel import SLOT_S, TIMER_S
from tests.doubles import (
    START,
    FaultySource,
    House,
    kinds,
    lead,
    one_lead,
    ramp,
    record,
    virtual,
    whys,
)

LATE = SLOT_S + TIMER_S + 1e-6


def source():
    made = MemorySource(3_600)
    made.add(
        record(
            "r", lead("II", 36_000), lead("V5", 36_000), lead("slow", 500, fs=5.0), start_time=-1e9
        ),
        {"II": ramp(36_000), "V5": ramp(36_000), "slow": ramp(500)},
    )
    made.add(record("other", lead("II", 7_200)), {"II": ramp(7_200)})
    return made


def packed(op, id_, **fields):
    return msgpack.packb({"op": op, "id": id_, **fields})


# Its life.


@virtual
async def test_the_first_message_is_welcome():
    with House(source()).open() as house:
        (welcome,) = house.viewer().client.all
        said = welcome.said
        assert said["type"] == "welcome"
        assert said["protocol"] == 1
        assert (said["time"], said["utc"]) == (START, 1.7e9)
        assert (said["server"], said["boot"], said["user"]) == ("test", "boot", "somebody")
        assert said["limits"] == {
            "subscriptions": 64, "message_bytes": 65_536, "messages_per_s": 50.0, "speed": [0.1, 32.0],
        }  # fmt: skip


@virtual
async def test_no_socket_is_silent_for_more_than_800_ms():
    with House(source()).open() as house:
        idle, playing, slow, ended = (house.viewer() for _ in range(4))
        await playing.ask("subscribe", sid=1, record="r")
        await slow.ask("subscribe", sid=1, record="r", speed=0.1)
        await ended.ask("subscribe", sid=1, record="r", at={"sample": 35_000})
        await asyncio.sleep(60)
        for viewer in (idle, playing, slow, ended):
            times = [seen.at for seen in viewer.client.all] + [house.clock.monotonic()]
            assert max(b - a for a, b in itertools.pairwise(times)) < 0.8
        assert playing.client.of("heartbeat") == []
        beats = idle.client.of("heartbeat")
        assert all(beat["time"] == pytest.approx(beat.at) for beat in beats)
        assert len(beats) == pytest.approx(60 / SILENCE_S, abs=2)


@virtual
async def test_held_and_paused_are_not_silent_either():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1)
        house.readers.held = True
        await asyncio.sleep(12)
        await viewer.ask("pause", sid=1)
        await asyncio.sleep(10)
        times = [seen.at for seen in viewer.client.all]
        assert max(b - a for a, b in itertools.pairwise(times)) < 0.8


@virtual
async def test_who_takes_nothing_for_15_s_is_cut_off_and_the_others_are_not():
    with House(source()).open() as house:
        stuck, paused, fine = house.viewer(), house.viewer(), house.viewer()
        for viewer in (stuck, fine):
            await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1)
        stuck.outlet.stuck = paused.outlet.stuck = True
        await asyncio.sleep(14.5)
        assert stuck.outlet.closed is paused.outlet.closed is None
        await asyncio.sleep(2)
        for viewer in (stuck, paused):
            assert viewer.outlet.closed[0] == 4408
            (bye,) = viewer.client.of("bye")
            assert (bye["code"], viewer.client.all[-1]) == (4408, bye)
            assert viewer.session.subscriptions == 0
        assert fine.outlet.closed is None
        assert fine.client.sids[1].next >= 17 * 360
        assert whys(fine.client.all) == []


@virtual
async def test_who_takes_a_little_is_slow_but_not_cut_off():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        viewer.outlet.stuck = True
        for _ in range(60):
            await asyncio.sleep(1)
            viewer.outlet.take(20)
        assert viewer.outlet.closed is None
        assert whys(viewer.client.all) == ["behind"]
        viewer.outlet.take()
        await asyncio.sleep(5)
        assert whys(viewer.client.all) == ["behind", "caught_up"]


@virtual
async def test_who_asks_on_but_takes_no_answer_waits_on_its_own_socket():
    with House(source()).open() as house:
        viewer = house.viewer()
        viewer.outlet.stuck = True
        viewer.outlet.left = ROOM_BYTES + 1
        asking = asyncio.create_task(viewer.session.handle(packed("ping", 1, time=1)))
        await asyncio.sleep(5)
        assert not asking.done()
        assert "pong" not in kinds(viewer.client.all)
        viewer.outlet.take()
        await asyncio.sleep(1)
        assert asking.done()
        assert viewer.client.answer(1)["type"] == "pong"


@virtual
async def test_who_never_takes_the_answers_is_cut_off_while_it_waits():
    with House(source()).open() as house:
        viewer = house.viewer()
        viewer.outlet.stuck = True
        viewer.outlet.left = ROOM_BYTES + 1
        await viewer.session.handle(packed("ping", 1, time=1))
        assert viewer.outlet.closed[0] == 4408


@virtual
async def test_one_who_reads_nothing_of_the_little_it_is_sent_is_held_and_then_cut_off():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", loop=True)
        while viewer.outlet.pings == 0:
            await asyncio.sleep(1)
        viewer.outlet.pongs = 1
        stopped = house.clock.monotonic()
        while not viewer.sub().held:
            await asyncio.sleep(1)
        assert house.clock.monotonic() - stopped < 15
        assert viewer.outlet.left == 0, "its system took all of it"
        while viewer.outlet.closed is None:
            await asyncio.sleep(1)
        assert viewer.outlet.closed[0] == 4408
        assert house.clock.monotonic() - stopped < 30


@virtual
async def test_a_session_that_is_gone_says_and_fires_nothing():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        viewer.session.gone()
        said = len(viewer.outlet.messages)
        await viewer.session.handle(packed("ping", 9, time=1))
        viewer.session.close(1001, "again")
        assert viewer.session.fire(house.clock.monotonic()) is None
        await asyncio.sleep(20)
        assert len(viewer.outlet.messages) == said
        assert viewer.outlet.closed is None
        assert (house.cache.pinned, house.wheel.filed) == (0, 0)


@virtual
async def test_a_fault_in_one_viewer_ends_that_one_alone(caplog):
    with House(source()).open() as house:
        broken, fine = house.viewer(), house.viewer()
        for viewer in (broken, fine):
            await viewer.ask("subscribe", sid=1, record="r")
            await viewer.ask("subscribe", sid=2, record="other")
        broken.sub(1)._pacer = None  # a mistake of ours
        await asyncio.sleep(5)
        (error,) = broken.client.of("error")
        assert (error["id"], error["sid"], error["code"]) == (None, 1, "internal")
        assert broken.session.subscriptions == 1
        assert broken.client.sids[2].next >= 5 * 360
        assert fine.client.sids[1].next >= 5 * 360
        broken.outlet.broken = RuntimeError("a transport that raises")
        await asyncio.sleep(5)
        assert fine.client.sids[1].next >= 10 * 360
        assert fine.client.of("error") == []
        # The session of the other, and the lane of its two subscriptions.
        assert house.wheel.filed == 2, "nothing of the broken one goes on"


@virtual
async def test_a_fault_of_a_session_closes_it_with_1011():
    with House(source()).open() as house:
        viewer = house.viewer()
        viewer.session.fail()
        assert viewer.outlet.closed[0] == 1011
        assert kinds(viewer.client.all)[-1] == "bye"


# Commands.


@pytest.mark.parametrize(
    "message",
    [None, b"", b"\x81", msgpack.packb([1]), b"\x91" * 200_000, packed("ping", 1, time=1)[:-1]],
    ids=["text", "empty", "cut map", "array", "deep", "cut ping"],
)
@virtual
async def test_what_cannot_be_read_closes_with_4400(message):
    with House(source()).open() as house:
        viewer, other = house.viewer(), house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await viewer.session.handle(message)
        assert viewer.outlet.closed[0] == 4400
        bye = viewer.client.all[-1]
        assert (bye.kind, bye["code"], bye["retry_after_ms"]) == ("bye", 4400, None)
        assert house.cache.pinned == 0
        assert (await other.ask("ping", time=1))["type"] == "pong"


STANDING = [
    ("subscribe", {"record": "r"}, "illegal_state"),
    ("subscribe", {"record": "r", "sid": 2, "leads": ["X"]}, "lead_not_found"),
    ("subscribe", {"record": "r", "sid": 2, "leads": []}, "bad_field"),
    ("subscribe", {"record": "r", "sid": 2, "leads": ["II", "slow"]}, "bad_field"),
    ("subscribe", {"record": "nobody", "sid": 2}, "not_found"),
    ("subscribe", {"record": "", "sid": 2}, "not_found"),
    ("subscribe", {"record": "../r", "sid": 2}, "not_found"),
    ("subscribe", {"record": "\x00" * 60_000, "sid": 2}, "not_found"),
    ("subscribe", {"record": "r", "sid": 0}, "out_of_range"),
    ("subscribe", {"record": "r", "sid": 128}, "out_of_range"),
    ("subscribe", {"record": "r", "sid": 2, "at": "live"}, "not_live"),
    ("subscribe", {"record": "r", "sid": 2, "at": "end"}, "bad_field"),
    ("subscribe", {"record": "r", "sid": 2, "at": {"sample": 36_001}}, "out_of_range"),
    ("subscribe", {"record": "r", "sid": 2, "at": {"sample": -1}}, "out_of_range"),
    ("subscribe", {"record": "r", "sid": 2, "ahead": 11}, "out_of_range"),
    ("subscribe", {"record": "r", "sid": 2, "speed": 33}, "out_of_range"),
    ("subscribe", {"record": "r", "sid": 2, "speed": math.nan}, "bad_field"),
    ("subscribe", {"record": "r", "sid": 2, "colour": "red"}, "bad_field"),
    ("seek", {"at": {"sample": 2**64 - 1}}, "out_of_range"),
    ("seek", {"at": {"sample": -(2**63)}}, "out_of_range"),
    ("seek", {"at": {"seconds": 100.01}}, "out_of_range"),
    ("seek", {"at": {"seconds": 1e308}}, "out_of_range"),
    ("seek", {"at": {"seconds": -1e308}}, "out_of_range"),
    ("seek", {"at": {"time": 1e308}}, "out_of_range"),
    ("seek", {"at": {"time": 0}}, "out_of_range"),
    ("seek", {"at": {"seconds": math.inf}}, "bad_field"),
    ("seek", {"at": None}, "bad_field"),
    ("seek", {}, "bad_field"),
    ("seek", {"at": "live"}, "not_live"),
    ("seek", {"at": "shared"}, "illegal_state"),
    ("speed", {"speed": 0}, "out_of_range"),
    ("speed", {"speed": -1}, "out_of_range"),
    ("speed", {"speed": math.inf}, "bad_field"),
    ("speed", {"speed": "fast"}, "bad_field"),
    ("leads", {"leads": ["X"]}, "lead_not_found"),
    ("leads", {"leads": ["slow"]}, "bad_field"),
    ("leads", {"leads": "II"}, "bad_field"),
    ("play", {"sid": 9}, "not_found"),
    ("pause", {"sid": 9}, "not_found"),
    ("seek", {"sid": 9, "at": {"sample": 1}}, "not_found"),
    ("speed", {"sid": 9, "speed": 1}, "not_found"),
    ("leads", {"sid": 9, "leads": ["II"]}, "not_found"),
    ("unsubscribe", {"sid": 9}, "not_found"),
    ("unsubscribe", {"sid": "1"}, "bad_field"),
    ("fly", {}, "unknown_op"),
]


@pytest.mark.parametrize(("op", "fields", "code"), STANDING, ids=lambda x: str(x)[:40])
@virtual
async def test_a_bad_command_is_answered_and_changes_nothing_else(op, fields, code):
    with House(source()).open() as house:
        viewer, other = house.viewer(), house.viewer()
        for one in (viewer, other):
            await one.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1)
        said = await viewer.ask(op, **{"sid": 1} | fields)
        assert (said["type"], said["code"]) == ("error", code)
        assert len(said["message"]) <= WORDS
        assert said["retryable"] == (code in {"limit", "rate_limited", "unavailable"})
        assert viewer.session.subscriptions == 1
        await asyncio.sleep(3)
        # It plays on as the other does, who asked nothing.
        mine, theirs = viewer.client.of("frame"), other.client.of("frame")
        assert [(f.at, f.raw) for f in mine] == [(f.at, f.raw) for f in theirs]
        assert viewer.client.of("state") == []


@virtual
async def test_places_in_seconds_and_in_time_are_rounded_to_the_nearest_sample():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r", paused=True)
        for at, sample in [
            ({"seconds": 10}, 3600),
            ({"seconds": 10.0014}, 3601),  # 3600.504
            ({"seconds": 10.0013}, 3600),  # 3600.468
            ({"seconds": 0.5 / 360}, 1),
            ({"seconds": -0.4 / 360}, 0),
            ({"time": -1e9 + 2}, 720),
            ({"sample": 35_999}, 35_999),
        ]:
            assert (await viewer.ask("seek", sid=1, at=at))["next"] == sample
        await viewer.ask("subscribe", sid=2, record="other", paused=True)
        said = await viewer.ask("seek", sid=2, at={"time": 5})
        assert said["code"] == "bad_field"
        assert "no start time" in said["message"]


@virtual
async def test_subscribed_says_all_about_the_record():
    with House(source()).open() as house:
        viewer = house.viewer()
        said = await viewer.ask(
            "subscribe", sid=5, record="r", leads=["V5"], at={"sample": 72}, speed=4.5, paused=True
        )
        assert said == {
            "type": "subscribed", "id": 1, "sid": 5, "record": "r", "kind": "stored", "fs": 360.0,
            "leads": [{"name": "V5", "unit": "mV", "gain": 200.0, "baseline": 1024.0}],
            "dtype": "i2", "frame": 576, "next": 72, "length": 36_000, "start_time": -1e9, "zone": None,
            "playing": False, "speed": 4.5, "clock": {"sample": 72, "time": START, "rate": 0.0},
            "version": said["version"],
            }  # fmt: skip


@virtual
async def test_a_sid_is_free_once_unsubscribed_was_sent():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        await asyncio.sleep(1)
        assert await viewer.ask("unsubscribe", sid=1) == {"type": "unsubscribed", "id": 2, "sid": 1}
        frames = len(viewer.client.of("frame"))
        assert house.cache.pinned == 0
        await asyncio.sleep(5)
        assert len(viewer.client.of("frame")) == frames
        said = await viewer.ask("subscribe", sid=1, record="other")
        assert (said["type"], said["record"], said["next"]) == ("subscribed", "other", 0)


@virtual
async def test_a_socket_has_64_subscriptions_and_no_more():
    with House(source()).open() as house:
        viewer = house.viewer()
        for sid in range(1, SUBSCRIPTIONS + 1):
            assert (await viewer.ask("subscribe", sid=sid, record="r"))["type"] == "subscribed"
        said = await viewer.ask("subscribe", sid=100, record="r")
        assert (said["code"], said["retryable"]) == ("limit", True)
        await viewer.ask("unsubscribe", sid=7)
        assert (await viewer.ask("subscribe", sid=100, record="r"))["type"] == "subscribed"
        assert viewer.session.subscriptions == 64
        await asyncio.sleep(10.1)
        assert {account.next for account in viewer.client.sids.values()} == {3_600 + 72}
        assert whys(viewer.client.all) == []


@virtual
async def test_a_ping_gives_both_times():
    with House(source()).open() as house:
        viewer = house.viewer()
        await asyncio.sleep(2)
        assert await viewer.ask("ping", time=-7.5) == {
            "type": "pong", "id": 1, "time": -7.5, "server_time": START + 2,
        }  # fmt: skip


@virtual
async def test_a_report_has_no_answer_and_is_kept():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        said = len(viewer.client.all)
        await viewer.session.handle(msgpack.packb({"op": "report", "sid": 1, "shown": 70}))
        await viewer.session.handle(msgpack.packb({"op": "report", "sid": 9, "shown": 70}))
        assert len(viewer.client.all) == said
        assert viewer.sub(1).shown == 70
        # A bad one must not look like the end of the subscription.
        await viewer.session.handle(msgpack.packb({"op": "report", "sid": 1, "shown": -9}))
        error = viewer.client.all[-1]
        assert (error["id"], error["sid"], error["code"]) == (None, None, "out_of_range")


@virtual
async def test_answers_come_in_the_order_of_the_commands_even_where_one_waits():
    with House(source()).open() as house:
        viewer = house.viewer()
        house.readers.held = True
        commands = [
            packed("subscribe", 1, sid=1, record="r"),
            packed("ping", 2, time=1),
            packed("seek", 3, sid=1, at={"sample": 20_000}),
            packed("subscribe", 4, sid=1, record="r"),
            packed("fly", 5),
            packed("pause", 6, sid=1),
            packed("unsubscribe", 7, sid=1),
        ]

        async def receiving():
            for command in commands:
                await viewer.session.handle(command)

        task = asyncio.create_task(receiving())
        await asyncio.sleep(3)
        assert kinds(viewer.client.of("subscribed", "pong")) == []
        house.readers.held = False
        house.readers.release()
        await task
        answers = [s for s in viewer.client.all if s.kind != "frame" and s.said.get("id")]
        assert [answer["id"] for answer in answers] == [1, 2, 3, 4, 5, 6, 7]
        assert kinds(answers) == [
            "subscribed", "pong", "state", "error", "error", "state", "unsubscribed",
        ]  # fmt: skip


@virtual
async def test_a_subscribe_whose_data_is_not_to_be_had_stands_for_nothing():
    faulty = FaultySource(source())
    faulty.faults["II", 100] = SourceUnavailable("no answer", path="/srv/secret.parquet")
    with House(faulty).open() as house:
        viewer = house.viewer()
        said = await viewer.ask("subscribe", sid=1, record="r")
        assert (said["code"], said["id"], said["sid"]) == ("unavailable", 1, 1)
        assert said["retryable"]
        assert "secret" not in said["message"]
        assert 14 < house.clock.monotonic() - START < 17
        assert viewer.session.subscriptions == 0
        assert "no answer" in said["message"]
        await asyncio.sleep(0.1)
        assert house.cache.pinned == house.cache.held == 0
        faulty.faults.clear()
        assert (await viewer.ask("subscribe", sid=1, record="r"))["type"] == "subscribed"


@virtual
async def test_a_dead_disk_keeps_no_other_bed_of_a_wall_waiting():
    made = source()
    made.add(record("dead", lead("V1", 36_000)), {"V1": ramp(36_000)})
    faulty = FaultySource(made)
    for sample in range(0, 36_000, 100):
        faulty.faults["V1", sample] = SourceUnavailable("no answer")
    with House(faulty).open() as house:
        viewer = house.viewer()
        dead = await viewer.ask("subscribe", sid=1, record="dead", at="shared")
        good = await viewer.ask("subscribe", sid=2, record="other", at="shared")
        assert house.clock.monotonic() - START < 1
        assert (dead["type"], good["type"]) == ("subscribed", "subscribed")
        await asyncio.sleep(17)
        (said,) = viewer.client.of("error")
        assert (said.said["code"], said.said["sid"]) == ("unavailable", 1)
        assert all(frame.said.sid == 2 for frame in viewer.client.of("frame"))


# A screen, which may watch what is on its wall.


def bound(house, wall):
    """A viewer who may watch {record: leads}, which the test may change."""
    viewer = house.viewer()
    viewer.session._permits = lambda record, leads: (
        record in wall and (leads is None or wall[record].issuperset(leads))
    )
    return viewer


@virtual
async def test_a_screen_watches_what_is_on_its_wall():
    with House(source()).open() as house:
        viewer = bound(house, {"r": {"II", "V5"}})
        for sid, leads in enumerate((["II"], ["V5", "II"], None), 1):
            answer = await viewer.ask("subscribe", sid=sid, record="r", leads=leads, at="shared")
            assert answer["type"] == "subscribed"
        assert (await viewer.ask("leads", sid=1, leads=["V5"]))["leads"][0]["name"] == "V5"


@virtual
async def test_whatever_else_a_screen_asks_for_is_not_there():
    """Each answer is that of an unknown record, also where the record is there but not the lead."""
    with House(source()).open() as house:
        viewer = bound(house, {"r": {"II"}})
        unknown = await viewer.ask("subscribe", sid=1, record="nobody")
        for record, leads in (
            ("other", None),
            ("other", ["II"]),
            ("other", ["X"]),
            ("other", []),
            ("r", ["V5"]),
            ("r", ["II", "V5"]),
            ("r", ["X"]),
            ("r", None),
        ):
            said = await viewer.ask("subscribe", sid=1, record=record, leads=leads)
            assert said["message"] == unknown["message"].replace("nobody", record)
            assert {k: said[k] for k in said if k not in {"id", "message"}} == {
                k: unknown[k] for k in unknown if k not in {"id", "message"}
            }
        await viewer.ask("subscribe", sid=1, record="r", leads=["II"])
        for leads in (["V5"], ["X"], None):
            assert (await viewer.ask("leads", sid=1, leads=leads))["code"] == "not_found"
        assert [one.name for one in viewer.sub().reel.leads] == ["II"]


@virtual
async def test_what_is_taken_off_the_wall_ends_on_its_screen_and_the_rest_goes_on():
    wall = {"r": {"II", "V5"}, "other": {"II"}}
    with House(source()).open() as house:
        viewer = bound(house, wall)
        await viewer.ask("subscribe", sid=1, record="r", leads=["II"])
        await viewer.ask("subscribe", sid=2, record="r", leads=["V5"])
        await viewer.ask("subscribe", sid=3, record="other")
        await asyncio.sleep(1)
        wall["r"].remove("V5")
        del wall["other"]
        viewer.session.narrow()
        ended = [(one["sid"], one["code"], one["id"]) for one in viewer.client.of("error")]
        assert ended == [(2, "not_found", None), (3, "not_found", None)]
        await asyncio.sleep(1)
        assert viewer.client.all[-1].kind == "frame"
        assert viewer.client.all[-1]["sid"] == 1
        assert viewer.session.subscriptions == 1


@virtual
async def test_what_is_taken_off_while_it_is_opened_is_not_opened():
    wall = {"r": {"II"}}
    with House(source()).open() as house:
        viewer = bound(house, wall)
        house.readers.held = True
        asked = asyncio.ensure_future(viewer.ask("subscribe", sid=1, record="r", leads=["II"]))
        await asyncio.sleep(0.5)
        wall.clear()
        viewer.session.narrow()
        house.readers.held = False
        house.readers.release()
        said = await asked
        assert (said["code"], said["sid"]) == ("not_found", 1)
        assert viewer.session.subscriptions == 0
        await asyncio.sleep(1)
        assert not viewer.client.of("frame")
        assert house.cache.pinned == 0


@virtual
async def test_leads_that_are_taken_off_while_they_are_read_end_with_the_rest():
    wall = {"r": {"II", "V5"}}
    with House(source()).open() as house:
        viewer = bound(house, wall)
        await viewer.ask("subscribe", sid=1, record="r", leads=["II"])
        await asyncio.sleep(0.5)
        house.readers.held = True
        asked = asyncio.ensure_future(viewer.ask("leads", sid=1, leads=["V5"]))
        await asyncio.sleep(0.5)
        wall["r"].remove("V5")
        viewer.session.narrow()
        house.readers.held = False
        house.readers.release()
        assert (await asked)["code"] == "not_found"
        assert viewer.session.subscriptions == 0


@virtual
async def test_a_screen_is_told_to_show_its_name():
    with House(source()).open() as house:
        viewer = house.viewer()
        viewer.session.identify(10.0)
        said = viewer.client.all[-1]
        assert (said.kind, said["name"], said["seconds"]) == ("identify", "somebody", 10.0)


# Too much.


@virtual
async def test_more_than_the_rate_is_refused_and_what_is_within_it_is_not():
    with House(source()).open() as house:
        viewer = house.viewer()
        answered = 0
        for id_ in range(1, 1201):
            await viewer.session.handle(packed("ping", id_, time=1))
            await asyncio.sleep(0.01)  # twice the rate, for 12 s
        answers = viewer.client.of("pong", "error")
        assert [answer["id"] for answer in answers] == list(range(1, 1201))
        answered = len(viewer.client.of("pong"))
        assert answered == pytest.approx(MESSAGES_BURST + 12 * MESSAGES_PER_S, abs=3)
        error = viewer.client.of("error")[0]
        assert (error["code"], error["retryable"]) == ("rate_limited", True)
        assert error["retry_after_ms"] > 0
        assert viewer.outlet.closed is None
        await asyncio.sleep(1)
        await viewer.session.handle(packed("ping", 1201, time=1))
        assert viewer.client.answer(1201)["type"] == "pong"


@pytest.mark.parametrize("message", ["good", "bad"])
@virtual
async def test_a_flood_closes_with_4400(message):
    with House(source()).open() as house:
        viewer, other = house.viewer(), house.viewer()
        await other.ask("subscribe", sid=1, record="r")
        sent = 0
        while viewer.outlet.closed is None:
            sent += 1
            assert sent < 10_000
            op = "ping" if message == "good" else "fly"
            await viewer.session.handle(packed(op, sent, time=1))
            await asyncio.sleep(0.001)
        assert viewer.outlet.closed[0] == 4400
        assert sent > FLOOD
        assert kinds(viewer.client.all)[-2:] == ["error", "bye"]
        assert viewer.client.all[-2]["code"] == "rate_limited"
        await asyncio.sleep(1)
        assert whys(other.client.all) == []


@virtual
async def test_in_a_flood_the_others_have_their_turns():
    with House(source()).open() as house:
        viewer = house.viewer()
        turns = []

        async def other():
            while viewer.outlet.closed is None:
                turns.append(len(viewer.outlet.messages))
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        for id_ in range(1, 2 * FLOOD):
            await viewer.session.handle(packed("ping", id_, time=1))
        await task
        assert max(b - a for a, b in itertools.pairwise(turns)) <= MESSAGES_BURST + 1


# By address.


@virtual
async def test_an_address_is_a_subscribe_with_id_nil():
    from ecgstream.wire.commands import Subscribe

    with House(one_lead()).open() as house:
        viewer = house.viewer()
        await viewer.session.open_with(Subscribe(id=0, sid=1, record="r"))
        assert viewer.client.all[-1]["id"] is None
        assert viewer.client.all[-1].kind == "subscribed"
        other = house.viewer()
        await other.session.open_with(Subscribe(id=0, sid=1, record="x"))
        error = other.client.all[-1]
        assert (error["id"], error["sid"], error["code"]) == (None, 1, "not_found")
        await asyncio.sleep(1.1)
        assert viewer.client.sids[1].next == 432


@virtual
async def test_a_report_is_noted_without_waking_the_task_that_answers():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        assert viewer.session.note(msgpack.packb({"op": "report", "sid": 1, "shown": 77}))
        assert viewer.sub().shown == 77
        assert viewer.session.note(msgpack.packb({"op": "report", "sid": 9, "shown": 1}))
        assert viewer.client.of("error") == []


@virtual
async def test_whatever_else_is_left_to_be_handled_in_its_order():
    with House(source()).open() as house:
        viewer = house.viewer()
        await viewer.ask("subscribe", sid=1, record="r")
        said = len(viewer.outlet.messages)
        for message in [
            packed("ping", 7, time=1),
            packed("pause", 8, sid=1),
            msgpack.packb({"op": "report", "sid": 1, "shown": 2.5}),
            msgpack.packb({"op": "report", "sid": 1, "shown": 1, "more": 2}),
            msgpack.packb({"op": "subscribe", "id": 1, "sid": 2, "record": "report"}),
            b"report",
            b"",
        ]:
            assert not viewer.session.note(message)
        assert len(viewer.outlet.messages) == said
        assert viewer.sub().shown is None
        viewer.session._allowance = 0.0
        assert not viewer.session.note(msgpack.packb({"op": "report", "sid": 1, "shown": 5}))
        viewer.session.gone()
        assert not viewer.session.note(msgpack.packb({"op": "report", "sid": 1, "shown": 5}))
