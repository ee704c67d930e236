"""Events have the fields that the protocol says, all of them, nil where there is nothing."""

import msgpack
import msgspec
import pytest

from ecgstream.wire import events
from ecgstream.wire.frames import payload_of
from tests.doubles import lead

CLOCK = events.Clock(360, 1000.5, 0.0)
INFO = events.LeadInfo.of(lead("II"))

FIELDS = {
    "welcome": "protocol server boot time utc limits user notice",
    "subscribed": "id sid record kind fs leads dtype frame next length start_time zone playing speed clock",
    "unsubscribed": "id sid",
    "state": "id sid why next leads dtype frame speed playing clock",
    "waiting": "sid message",
    "gap": "sid start stop leads reason",
    "beats": "sid samples symbols source",
    "numeric": "sid name sample value unit method reason",
    "end": "sid sample",
    "heartbeat": "time",
    "pong": "id time server_time",
    "error": "id sid code message retryable retry_after_ms",
    "identify": "name seconds",
    "bye": "code reason retry_after_ms",
}

EVENTS = {
    "welcome": events.Welcome(
        server="s", boot="b", time=1.0, utc=2.0, limits={}, user="u", notice="n"
    ),
    "subscribed": events.Subscribed(
        id=None, sid=1, record="r", kind="stored", fs=360.0, leads=[INFO], dtype="i2", frame=72,
        next=0, length=1, start_time=None, zone=None, playing=True, speed=1.0, clock=CLOCK,
    ),
    "unsubscribed": events.Unsubscribed(id=1, sid=1),
    "state": events.State(
        id=None, sid=1, why="behind", next=0, leads=[INFO], dtype="i2", frame=72, speed=1.0,
        playing=True, clock=CLOCK,
    ),
    "waiting": events.Waiting(sid=1, message="m"),
    "gap": events.Gap(sid=1, start=0, stop=1, reason="missing"),
    "beats": events.Beats(sid=1, samples=[7], symbols=["Q"], source="ecgstream-1 II"),
    "numeric": events.Numeric(
        sid=1, name="hr", sample=7, value=None, unit="/min", method="m", reason="noise"
    ),
    "end": events.End(sid=1, sample=1),
    "heartbeat": events.Heartbeat(time=1.0),
    "pong": events.Pong(id=1, time=7, server_time=1.0),
    "error": events.Error(
        id=None, sid=None, code="internal", message="m", retryable=False, retry_after_ms=None
    ),
    "identify": events.Identify(name="screen-3", seconds=10.0),
    "bye": events.Bye(code=1001, reason="r", retry_after_ms=None),
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
def test_an_event_has_the_fields_of_the_protocol(kind):
    said = msgpack.unpackb(payload_of(EVENTS[kind].encode()))
    assert said.pop("type") == kind
    assert set(said) == set(FIELDS[kind].split())


def test_dates_that_were_moved_are_said_to_be_and_others_not():
    moved = msgspec.structs.replace(EVENTS["subscribed"], dates_shifted=True)
    assert msgpack.unpackb(payload_of(moved.encode()))["dates_shifted"] is True
    assert "dates_shifted" not in msgpack.unpackb(payload_of(EVENTS["subscribed"].encode()))


def test_a_clock_says_floats_even_where_they_are_whole():
    said = msgpack.unpackb(payload_of(EVENTS["state"].encode()))["clock"]
    assert said == {"sample": 360, "time": 1000.5, "rate": 0.0}
    assert [type(value) for value in said.values()] == [int, float, float]


def test_a_lead_says_how_its_values_become_physical():
    said = msgpack.unpackb(payload_of(EVENTS["state"].encode()))["leads"]
    assert said == [{"name": "II", "unit": "mV", "gain": 200.0, "baseline": 1024.0}]


def test_a_pong_gives_the_client_its_own_number_back():
    for number in (7, 7.25, -(2**40), 1e300):
        pong = events.Pong(id=1, time=number, server_time=1.0)
        assert msgpack.unpackb(payload_of(pong.encode()))["time"] == number
