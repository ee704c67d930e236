"""What a client is sent, read by it."""

import struct

import msgpack
import pytest

from ecgstream.wire import events
from ecgstream.wire.frames import payload_of
from ecgstream.wire.messages import BadMessage, event, message

SAID = {"type": "gap", "sid": 1, "start": 5, "stop": 9, "reason": "missing", "leads": None}


def test_a_frame_in_other_widths_is_the_same_frame():
    assert message(msgpack.packb([1, 5, 2, b"abcd"])) == (1, 5, 2, b"abcd")
    wide = b"\x94\xcd\x00\x01\xcf" + struct.pack(">Q", 5) + b"\xd3" + struct.pack(">q", 2)
    assert message(wide + b"\xc4\x04abcd") == (1, 5, 2, b"abcd")


@pytest.mark.parametrize(
    "value", [[1, 2, 3], [1, 2, 3, "text"], [1.0, 2, 3, b""], {"op": 1}, 7, [True, 1, 1, b""]]
)
def test_what_is_neither_event_nor_frame_is_refused(value: object):
    with pytest.raises(BadMessage):
        message(msgpack.packb(value))


def test_two_values_in_one_message_are_refused():
    with pytest.raises(BadMessage):
        message(msgpack.packb({"type": "end"}) * 2)


def test_an_event_comes_back_as_it_was_sent():
    gap = events.Gap(sid=1, start=5, stop=9, reason="missing")
    said = message(payload_of(gap.encode()))
    assert isinstance(said, dict)
    assert event(said) == gap


def test_fields_and_events_of_a_later_server_are_passed_over():
    assert event(SAID | {"colour": "red"}) == event(SAID)
    assert event({"type": "weather", "sid": 1}) is None


@pytest.mark.parametrize("field", [{"start": 5.0}, {"sid": "1"}, {"reason": None}])
def test_an_event_with_a_field_of_another_type_is_refused(field: dict):
    with pytest.raises(BadMessage, match="gap"):
        event(SAID | field)


def test_an_event_that_lacks_a_field_is_refused():
    with pytest.raises(BadMessage, match="stop"):
        event({name: value for name, value in SAID.items() if name != "stop"})
