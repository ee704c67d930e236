"""What a viewer asks, and every way of asking wrong."""

import contextlib
import math

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.wire.commands import At, BadCommand, Ping, Report, Unreadable, decode, place
from tests.doubles import STEADY

GOOD = {
    "subscribe": {"op": "subscribe", "id": 1, "sid": 2, "record": "r"},
    "unsubscribe": {"op": "unsubscribe", "id": 1, "sid": 2},
    "play": {"op": "play", "id": 1, "sid": 2},
    "pause": {"op": "pause", "id": 1, "sid": 2},
    "seek": {"op": "seek", "id": 1, "sid": 2, "at": {"sample": 5}},
    "speed": {"op": "speed", "id": 1, "sid": 2, "speed": 2.0},
    "leads": {"op": "leads", "id": 1, "sid": 2, "leads": ["II"]},
    "ping": {"op": "ping", "id": 1, "time": 0.5},
}
FULL = GOOD["subscribe"] | {
    "leads": ["II"], "at": {"seconds": 1}, "speed": 2, "paused": True, "loop": True, "ahead": 10,
}  # fmt: skip


def refused(command, *, raw=False):
    with pytest.raises(BadCommand) as refusal:
        decode(command if raw else msgpack.packb(command))
    return refusal.value.cause.code, refusal.value.id, refusal.value.sid


@pytest.mark.parametrize("command", [*GOOD.values(), FULL], ids=[*GOOD, "all of subscribe"])
def test_a_command_is_read(command):
    read = decode(msgpack.packb(command))
    for name, value in command.items():
        if name != "op":
            assert getattr(read, name) == value


@pytest.mark.parametrize("op", GOOD)
def test_a_nil_field_counts_as_left_out(op):
    plain = decode(msgpack.packb(GOOD[op]))
    assert decode(msgpack.packb(GOOD[op] | {"nonsense": None})) == plain
    nils = dict.fromkeys(["leads", "at", "speed", "paused", "loop", "ahead"])
    assert decode(msgpack.packb(GOOD["subscribe"] | nils)) == decode(
        msgpack.packb(GOOD["subscribe"])
    )


@pytest.mark.parametrize(
    ("op", "field"), [(op, field) for op, command in GOOD.items() for field in command]
)
def test_a_missing_field_is_named(op, field):
    if (op, field) == ("leads", "leads"):
        return  # nil means all
    command = {name: value for name, value in GOOD[op].items() if name != field}
    code, id_, sid = refused(command)
    assert code == "bad_field"
    assert id_ == (None if field == "id" else 1)
    assert sid == (None if field in {"id", "sid"} or op == "ping" else 2)


@pytest.mark.parametrize("op", GOOD)
def test_an_unknown_field_is_refused(op):
    assert refused(GOOD[op] | {"colour": 1})[:2] == ("bad_field", 1)


@pytest.mark.parametrize("op", ["fly", "", "PLAY", "subscribed", "x" * 60_000])
def test_an_unknown_op_is_refused(op):
    assert refused({"op": op, "id": 9, "sid": 3}) == ("unknown_op", 9, 3)


@pytest.mark.parametrize("op", [None, 5, b"ping", ["ping"], {"a": 1}, True])
def test_an_op_that_is_no_text_is_a_bad_field(op):
    assert refused({"op": op, "id": 9}) == ("bad_field", 9, None)


WRONG = ["x", b"x", 1.5, True, [1], {"sample": 1}, math.nan, math.inf]


@pytest.mark.parametrize("wrong", ["x", b"x", 1.0, True, [1], {"a": 1}])
@pytest.mark.parametrize("op", GOOD)
def test_an_id_that_is_no_whole_number_is_not_sent_back(op, wrong):
    assert refused(GOOD[op] | {"id": wrong}) == ("bad_field", None, None)


@pytest.mark.parametrize("id_", [-1, 2**53, 2**64 - 1, -(2**63)])
def test_an_id_beyond_2_53_is_not_sent_back(id_):
    assert refused(GOOD["ping"] | {"id": id_}) == ("out_of_range", None, None)
    assert decode(msgpack.packb(GOOD["ping"] | {"id": 2**53 - 1})).id == 2**53 - 1


@pytest.mark.parametrize("op", [op for op in GOOD if op != "ping"])
def test_a_sid_is_1_to_127(op):
    for sid in (0, -1, 128, 2**53, 2**64 - 1):
        assert refused(GOOD[op] | {"sid": sid}) == ("out_of_range", 1, None)
    for sid in WRONG:
        assert refused(GOOD[op] | {"sid": sid}) == ("bad_field", 1, None)
    for sid in (1, 127):
        assert decode(msgpack.packb(GOOD[op] | {"sid": sid})).sid == sid


@pytest.mark.parametrize(
    ("op", "field", "wrong"),
    [
        *(("subscribe", "record", wrong) for wrong in [1, b"r", 1.5, True, ["r"], {}]),
        *(("subscribe", "leads", wrong) for wrong in ["II", 1, [1], [b"II"], [None], {"II": 1}]),
        *(("leads", "leads", wrong) for wrong in ["II", 1, [1], [b"II"], [None], {"II": 1}]),
        *(("subscribe", "paused", wrong) for wrong in [0, 1, "true", [], 1.0]),
        *(("subscribe", "loop", wrong) for wrong in [0, 1, "true", [], 1.0]),
        *(("subscribe", "speed", wrong) for wrong in ["1", True, [1], {}, math.nan, -math.inf]),
        *(("speed", "speed", wrong) for wrong in ["1", True, [1], {}, math.nan, math.inf]),
        *(("subscribe", "ahead", wrong) for wrong in ["1", True, [1], {}, math.nan, math.inf]),
        *(("ping", "time", wrong) for wrong in ["1", True, [1], {}, math.nan, math.inf]),
    ],
)
def test_a_field_of_a_wrong_type_is_a_bad_field(op, field, wrong):
    assert refused(GOOD[op] | {field: wrong})[:2] == ("bad_field", 1)


AT_WRONG = [
    {}, "end", "LIVE", 5, [5], True, {"sample": 1.0}, {"sample": True}, {"sample": "1"},
    {"sample": 1, "seconds": 1}, {"seconds": math.nan}, {"time": math.inf}, {"beat": 1},
    {"sample": None}, {"sample": [1]}, {1: 1}, {"seconds": -math.inf},
]  # fmt: skip


@pytest.mark.parametrize("at", AT_WRONG, ids=str)
@pytest.mark.parametrize("op", ["subscribe", "seek"])
def test_a_place_that_is_none_is_a_bad_field(op, at):
    assert refused(GOOD[op] | {"at": at}) == ("bad_field", 1, 2)


def test_a_place_has_one_scale():
    assert place(None) == At("sample", 0)
    assert place({"sample": 3, "seconds": None}) == At("sample", 3)
    assert place({"seconds": 3}) == At("seconds", 3)
    assert place({"time": -1.5}) == At("time", -1.5)
    assert (place("live").scale, place("shared").scale) == ("live", "shared")


@pytest.mark.parametrize("speed", [0.0999, 0, -1, 32.01, 1e300, 2**63, -(2**63)])
def test_a_speed_is_a_tenth_to_32(speed):
    assert refused(GOOD["speed"] | {"speed": speed}) == ("out_of_range", 1, 2)
    assert refused(GOOD["subscribe"] | {"speed": speed}) == ("out_of_range", 1, 2)


@pytest.mark.parametrize("speed", [0.1, 1, 32, 32.0])
def test_where_a_float_is_meant_an_int_will_do(speed):
    assert decode(msgpack.packb(GOOD["speed"] | {"speed": speed})).speed == speed


@pytest.mark.parametrize("ahead", [-0.1, 10.01, 1e300, 2**64 - 1])
def test_ahead_is_0_to_10(ahead):
    assert refused(GOOD["subscribe"] | {"ahead": ahead}) == ("out_of_range", 1, 2)


def test_a_bad_report_names_neither_command_nor_subscription():
    # An error with a `sid` alone would end that subscription.
    assert decode(msgpack.packb({"op": "report", "sid": 1, "shown": 9})) == Report(1, 9)
    for wrong in ({"shown": 1.0}, {"shown": -2}, {"shown": 2**53}, {"shown": 1, "x": 2}, {}):
        assert refused({"op": "report", "sid": 1} | wrong)[1:] == (None, None)
    assert refused({"op": "report", "sid": 0, "shown": 1})[1:] == (None, None)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        b"\x81",
        b"\x05",
        msgpack.packb([1]),
        msgpack.packb("ping"),
        msgpack.packb(None),
        msgpack.packb(GOOD["ping"])[:-1],
        msgpack.packb(GOOD["ping"]) + b"\x00",
        b"\x91" * 200_000,
        b"\x81\xa1a" * 200_000,
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa2op\xdb\xff\xff\xff\xff",
        b"\x82\xa2op\xa4ping\xa2id" + b"\x91" * 200_000 + b"\x01",
        b"\x84\xa2op\xa4ping\xa2id\x01\xa4time\x01\xa1\xff\x01",
        b"\x83\xa2op\xa4ping\xa2id\x01\xa4time\xa1\xff",
        msgpack.packb({"op": "ping", "id": 1, "x": [[[[[[[[1]]]]]]]]}),
        b"\x81" + b"\x91" * 9 + b"\x01\x01",
    ],
    ids=lambda message: message[:12].hex(),
)
def test_what_is_not_one_map_of_depth_eight_is_unreadable(message):
    with pytest.raises(Unreadable):
        decode(message)


def test_depth_eight_is_read_and_nine_is_not():
    nested = 1
    for _ in range(7):
        nested = [nested]
    assert refused({"op": "ping", "id": 1, "time": nested}) == ("bad_field", 1, None)
    with pytest.raises(Unreadable, match="deeper than 8"):
        decode(msgpack.packb({"op": "ping", "id": 1, "time": [nested]}))


def test_any_width_of_an_int_will_do():
    for id_ in (
        b"\x05",
        b"\xcc\x05",
        b"\xcd\x00\x05",
        b"\xce\0\0\0\x05",
        b"\xd3" + bytes(7) + b"\x05",
    ):
        message = b"\x83\xa2op\xa4ping\xa4time\x01\xa2id" + id_
        assert decode(message) == Ping(5, 1)


@STEADY
@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(message):
    with contextlib.suppress(Unreadable, BadCommand):
        decode(message)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["sample", "seconds", "time", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@STEADY
@given(
    st.sampled_from([*GOOD, "report"]),
    st.dictionaries(
        st.sampled_from(
            [
                "op",
                "id",
                "sid",
                "record",
                "leads",
                "at",
                "speed",
                "paused",
                "loop",
                "ahead",
                "shown",
                "time",
            ]
        ),
        values,
    ),
)
def test_no_map_does_more_than_be_refused(op, changes):
    command = GOOD.get(op, {"op": "report", "sid": 1, "shown": 2}) | changes
    refusal = None
    with contextlib.suppress(Unreadable):
        try:
            decode(msgpack.packb(command))
        except BadCommand as error:
            refusal = error
    if refusal is not None:
        assert refusal.cause.code in {"unknown_op", "bad_field", "out_of_range"}
    if refusal is not None and "report" not in [op, command["op"]]:
        id_ = command["id"]
        readable = type(id_) is int and 0 <= id_ < 2**53
        assert refusal.id == (id_ if readable else None)
