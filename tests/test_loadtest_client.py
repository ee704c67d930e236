"""One viewer, without a socket: what it says and counts when it is told this or that."""

import socket
import struct
import time
from collections.abc import Callable

import msgpack
import numpy as np
import pytest
from websockets.frames import Frame, Opcode

from ecgstream.loadtest import handshake
from ecgstream.loadtest.client import SILENT_S, Viewer
from ecgstream.loadtest.clocks import Clocks, Offset
from ecgstream.loadtest.figures import Figures
from ecgstream.loadtest.line import Line, State
from ecgstream.loadtest.plan import Choice, Plan, Target
from ecgstream.loadtest.verify import Seen
from ecgstream.wire.frames import encode_frame
from tests.test_loadtest_messages import unmasked

FS = 500.0
FRAME = 100
LENGTH = 5_000
NOW = 1_000.0


class Stage:
    """A ground without a loop: what is to be done later is kept, with when."""

    def __init__(self, **said) -> None:
        target = Target("localhost", 8000, 2, ("127.0.0.1", 8000))
        choices = (Choice("a", LENGTH, ("I", "II"), ("I", "II")),)
        self.plan = Plan(target, choices, **{"at": "start", **said})
        self.figures = Figures()
        self.clocks = Clocks({"boot": Offset(-1.0, 1.0, 8)})
        self.seen = Seen() if self.plan.verify else None
        self.stopping = False
        self.laters: list[tuple[float, Callable[[], None]]] = []
        self.streaming = 0

    def watch(self, line: Line, sock: socket.socket, *, writing: bool) -> None:
        pass

    def unwatch(self, sock: socket.socket) -> None:
        pass

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.laters.append((seconds, call))

    def streams(self, *, now: float, up: bool) -> None:
        self.streaming += 1 if up else -1

    def source(self, number: int) -> None:
        return None


class Staged(Viewer):
    """Its socket is a list of what it said."""

    def __init__(self, **said) -> None:
        self.stage = Stage(**said)
        self.raw: list[bytes] = []
        super().__init__(0, self.stage)

    def dial(self, source: object) -> None:
        self._sock = socket.socket()
        self._sock.close()
        self._key = bytes(16)
        self._parts = []
        self.state = State.SHAKING
        self.heard = NOW

    def say(self, data: bytes) -> None:
        self.raw.append(data)

    def said(self) -> list[dict | tuple[int, bytes]]:
        """What was said since the last time: commands, and (opcode, payload) of all else."""
        raw, self.raw = self.raw, []
        read = [unmasked(one) for one in raw]
        return [
            msgpack.unpackb(body) if first == 0x82 else (first & 0xF, body) for first, body in read
        ]

    def hear(self, data: bytes, now: float = NOW) -> None:
        assert self.take(memoryview(data), now) == len(data)

    def event(self, kind: str, now: float = NOW, **fields) -> None:
        self.hear(
            Frame(Opcode.BINARY, msgpack.packb({"type": kind, **fields})).serialize(mask=False), now
        )

    def frame(self, start: int, count: int = FRAME, *, leads: int = 2, now: float = NOW) -> None:
        self.hear(encode_frame(1, start, count, [np.arange(count, dtype="<i2")] * leads), now)

    @property
    def totals(self):
        return self.account.totals()


def answered(**said) -> dict:
    leads = [{"name": name} for name in ("I", "II")]
    return {
        "id": None, "sid": 1, "next": 0, "leads": leads, "dtype": "i2", "frame": FRAME,
        "playing": True, "speed": 1.0, "clock": {"sample": 0, "time": NOW, "rate": FS}, **said,
    }  # fmt: skip


@pytest.fixture
def opened() -> Callable[..., Staged]:
    def make(**said) -> Staged:
        viewer = Staged(**said)
        viewer.connect()
        head = (
            f"HTTP/1.1 101 x\r\nSec-WebSocket-Accept: {handshake.accept_of(bytes(16))}\r\n"
            "Sec-WebSocket-Protocol: ecgstream.v1\r\n\r\n"
        )
        viewer.hear(head.encode())
        return viewer

    return make


@pytest.fixture
def watching(opened) -> Callable[..., Staged]:
    def make(**said) -> Staged:
        viewer = opened(**said)
        viewer.event("welcome", boot="boot")
        viewer.event("subscribed", length=LENGTH, **answered(id=1))
        viewer.said()
        return viewer

    return make


def test_it_subscribes_when_it_is_welcome(opened):
    viewer = opened()
    viewer.event("welcome", boot="boot")
    (command,) = viewer.said()
    assert command == {
        "op": "subscribe", "id": 1, "sid": 1, "record": "a", "leads": ["I", "II"],
        "at": {"sample": 0}, "speed": 1.0, "loop": True,
    }  # fmt: skip


def test_of_a_clock_that_is_not_known_it_asks_first(opened):
    viewer = opened()
    viewer.event("welcome", boot="another")
    for _ in range(8):
        (ping,) = viewer.said()
        assert ping["op"] == "ping"
        viewer.event("pong", id=ping["id"], time=ping["time"], server_time=ping["time"] - 500)
    (command,) = viewer.said()
    assert command["op"] == "subscribe"


def test_lateness_is_counted_from_the_anchor_and_not_from_the_frame_before(watching):
    viewer = watching()
    for number in range(4):
        due = NOW + number * FRAME / FS
        viewer.frame(number * FRAME, now=due + 0.01 * (number + 1))
    assert viewer.stage.figures.late == pytest.approx([0.01, 0.02, 0.03, 0.04])


def test_the_servers_clock_is_turned_into_ours(opened):
    viewer = opened()
    viewer.stage.clocks = Clocks({"boot": Offset(499.0, 501.0, 8)})
    viewer.event("welcome", boot="boot")
    viewer.event("subscribed", length=LENGTH, **answered(id=1))
    viewer.frame(0, now=NOW + 500.25)
    assert viewer.stage.figures.late == pytest.approx([0.25])


def test_the_first_frame_lets_the_loop_read_the_next_by_itself(watching):
    viewer = watching()
    assert not viewer.fast
    viewer.frame(0)
    assert viewer.fast
    assert viewer.streaming
    assert viewer.stage.streaming == 1


def test_a_ping_is_answered_with_what_it_said(watching):
    viewer = watching()
    viewer.hear(Frame(Opcode.PING, b"abc").serialize(mask=False))
    assert viewer.said() == [(0xA, b"abc")]


def test_a_message_in_parts_with_a_ping_between_is_one_message(watching):
    viewer = watching()
    payload = msgpack.packb([1, 0, 2, bytes(8)])
    viewer.hear(
        Frame(Opcode.BINARY, payload[:3], fin=False).serialize(mask=False)
        + Frame(Opcode.PING, b"").serialize(mask=False)
        + Frame(Opcode.CONT, payload[3:]).serialize(mask=False)
    )
    assert (viewer.totals.delivered, viewer.totals.faults) == (2, 0)


@pytest.mark.parametrize(
    "payload",
    [[1, 0, 100, b"short"], [2, 0, 2, bytes(8)], [1, 0, 0, b""], {"type": "state"}, 7],
    ids=["size", "sid", "empty", "fields", "neither"],
)
def test_a_message_that_is_wrong_is_counted_and_ends_the_line(watching, payload):
    viewer = watching()
    viewer.frame(0)
    viewer.hear(Frame(Opcode.BINARY, msgpack.packb(payload)).serialize(mask=False))
    assert viewer.totals.malformed == 1
    assert viewer.said() == [(0x8, struct.pack(">H", 1002))]
    assert viewer.state is State.CLOSED
    assert len(viewer.stage.laters) == 1  # it comes back


def test_what_it_does_not_know_it_passes_over(watching):
    viewer = watching()
    viewer.event("from a later version", anything=1)
    viewer.event("gap", sid=1, start=3, stop=9, leads=["I"], reason="lead_off")
    assert viewer.totals.faults == 0
    assert viewer.totals.declared == 0


def test_a_whole_gap_takes_part_in_the_tiling(watching):
    viewer = watching()
    viewer.frame(0)
    viewer.event("gap", sid=1, start=100, stop=900, leads=None, reason="missing")
    viewer.frame(900)
    assert (viewer.totals.declared, viewer.totals.lost, viewer.totals.faults) == (800, 0, 0)


def test_a_loop_has_to_reach_the_end_and_begins_at_0(watching):
    viewer = watching()
    viewer.frame(0, 4_900)
    viewer.event("state", **answered(why="looped"))
    assert viewer.totals.lost == 100
    assert viewer.totals.overdue == 1


def test_a_loop_that_begins_elsewhere_than_at_0_is_disorder(watching):
    viewer = watching()
    viewer.frame(0, LENGTH)
    viewer.event("state", **answered(why="looped", next=100))
    assert viewer.totals.disorder == 1


def test_a_seek_is_measured_to_the_first_frame_of_the_new_place(watching):
    viewer = watching(profile="review")
    viewer.frame(0)
    viewer._ask("seek", sid=1, at={"sample": 3_000})
    viewer.frame(100)  # of the old place still
    at = {"sample": 3_000, "time": NOW, "rate": FS}
    viewer.event("state", **answered(id=2, why=None, next=3_000, clock=at))
    assert "seek" not in viewer.stage.figures._small
    viewer.frame(3_000, now=time.monotonic() + 0.5)
    (took,) = viewer.stage.figures._small["seek"]
    assert 0.5 <= took < 5
    assert viewer.totals.faults == 0


def test_a_seek_that_is_answered_with_another_place_is_disorder(watching):
    viewer = watching()
    viewer._ask("seek", sid=1, at={"sample": 3_000})
    viewer.event("state", **answered(id=2, why=None, next=2_999))
    assert viewer.totals.disorder == 1


def test_after_a_pause_the_tiling_goes_on_where_it_stopped(watching):
    viewer = watching()
    viewer.frame(0)
    viewer._ask("pause", sid=1)
    stands = {"sample": 90, "time": NOW, "rate": 0}
    viewer.event("state", **answered(id=2, why=None, next=100, playing=False, clock=stands))
    viewer.heard = NOW + 9.5
    viewer.look(NOW + 10)
    assert viewer.stage.figures.counts["stale"] == {}
    viewer.event("state", **answered(id=None, why="loading", next=150, clock=stands))
    assert (viewer.totals.holes, viewer.totals.lost) == (1, 50)


def test_a_clock_that_was_held_enters_once_with_all_it_put_off(watching):
    viewer = watching()
    viewer.frame(0)
    stands = {"sample": 100, "time": NOW + 0.3, "rate": 0}
    viewer.event("state", NOW + 0.3, **answered(why="loading", next=100, clock=stands))
    runs = {"sample": 100, "time": NOW + 2.2, "rate": FS}
    viewer.event("state", NOW + 2.2, **answered(why="caught_up", next=100, clock=runs))
    viewer.frame(100, now=NOW + 2.2)
    figures = viewer.stage.figures
    figures.flush()
    assert figures.counts["held"] == {"loading": 1}
    # By the first anchor sample 100 was due at 0.2 s.
    assert figures.times["ramp_lateness"].most == pytest.approx(2.0)
    assert len(figures.times["ramp_lateness"]) == 3
    assert figures.times["held"].most == pytest.approx(1.9)


@pytest.mark.parametrize(
    ("code", "back"), [(1012, True), (1001, True), (4429, True), (4401, False)]
)
def test_a_close_is_answered_and_its_code_says_whether_to_come_back(watching, code, back):
    viewer = watching()
    viewer.frame(0)
    viewer.event("bye", code=code, reason="", retry_after_ms=700)
    viewer.hear(Frame(Opcode.CLOSE, struct.pack(">H", code)).serialize(mask=False))
    assert viewer.said() == [(0x8, struct.pack(">H", code))]
    assert viewer.stage.figures.counts["closes"] == {str(code): 1}
    assert [seconds for seconds, _ in viewer.stage.laters] == [0.7] * back
    assert viewer.given_up is not back
    assert viewer.stage.streaming == 0


def test_after_a_cut_it_asks_for_the_first_sample_it_has_not(watching):
    viewer = watching()
    viewer.frame(0)
    viewer.cut()
    assert viewer.stage.figures.counts["closes"] == {"1006": 1}
    viewer.stage.laters[-1][1]()
    head = (
        f"HTTP/1.1 101 x\r\nSec-WebSocket-Accept: {handshake.accept_of(bytes(16))}\r\n"
        "Sec-WebSocket-Protocol: ecgstream.v1\r\n\r\n"
    )
    viewer.hear(head.encode())
    viewer.event("welcome", boot="boot")
    (command,) = viewer.said()
    assert command["at"] == {"sample": 100}
    clock = {"sample": 100, "time": NOW + 3, "rate": FS}
    viewer.event("subscribed", length=LENGTH, **answered(id=2, next=100, clock=clock))
    viewer.frame(100, now=NOW + 3)
    assert (viewer.totals.expected, viewer.totals.lost, viewer.totals.faults) == (200, 0, 0)
    assert len(viewer.stage.figures._small["outage"]) == 1


@pytest.mark.parametrize(("status", "back"), [(503, True), (429, True), (401, False), (403, False)])
def test_a_denied_handshake_is_counted_and_its_wait_kept(status, back):
    viewer = Staged()
    viewer.connect()
    body = b'{"retry_after_ms": 2500}'
    head = f"HTTP/1.1 {status} x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    viewer.hear(head + body)
    assert viewer.stage.figures.counts["refused"] == {str(status): 1}
    assert [seconds for seconds, _ in viewer.stage.laters] == [2.5] * back
    assert viewer.given_up is not back


def test_a_subscription_that_ends_by_an_error_is_taken_up_again(watching):
    viewer = watching()
    viewer.event("error", id=None, sid=1, code="unavailable", message="", retryable=True, retry_after_ms=900)  # fmt: skip
    assert viewer.stage.figures.counts["errors"] == {"unavailable": 1}
    assert viewer.said() == [(0x8, struct.pack(">H", 1000))]
    assert [seconds for seconds, _ in viewer.stage.laters] == [0.9]


def test_it_reports_within_30_s_and_at_once_when_it_lags(watching):
    viewer = watching()
    viewer.frame(0)
    began, viewer.heard = viewer._began, time.monotonic() + 1e6
    viewer.base = began  # all is in time for a while
    viewer.look(began + 0.1)
    assert viewer.said() == []
    viewer.look(began + 1.3)  # sample 100 was due at 0.2 s
    assert viewer.said() == [{"op": "report", "sid": 1, "shown": 99}]
    viewer.look(began + 1.4)
    assert viewer.said() == []
    viewer.base = began + 31.3
    viewer.look(began + 31.2)
    assert viewer.said() == []
    viewer.look(began + 31.4)
    assert viewer.said() == [{"op": "report", "sid": 1, "shown": 99}]


def test_a_stale_picture_is_counted_once(watching):
    viewer = watching()
    viewer.frame(0)
    viewer.heard = NOW
    for seconds in (1.0, 1.9, 2.5):
        viewer.look(NOW + seconds)
    assert viewer.stage.figures.counts["stale"] == {"silent": 1}


def test_a_line_that_is_silent_for_long_is_given_up_and_comes_back(watching):
    viewer = watching()
    viewer.frame(0)
    viewer.heard = NOW
    viewer.look(NOW + SILENT_S + 1)
    assert viewer.stage.figures.counts["closes"] == {"silent": 1}
    assert len(viewer.stage.laters) == 1


def test_who_leaves_says_so_waits_for_the_answer_and_may_come_back(watching):
    viewer = watching()
    viewer.frame(0)
    viewer.base = time.monotonic()
    viewer.leave(returns=True)
    assert viewer.said() == [(0x8, struct.pack(">H", 1000))]
    viewer.frame(700)  # what was on its way is not looked at
    assert viewer.state is State.LEAVING
    viewer.hear(Frame(Opcode.CLOSE, struct.pack(">H", 1000)).serialize(mask=False))
    assert viewer.state is State.CLOSED
    assert len(viewer.stage.laters) == 1
    assert (viewer.totals.faults, viewer.stage.figures.counts["closes"]) == (0, {})


def test_frames_that_never_came_though_they_were_due_are_lost_when_it_leaves(watching):
    viewer = watching()
    viewer.frame(0)
    viewer.base = time.monotonic() - 4.8  # 3 s and a stale picture's 1.8 s
    viewer.leave(returns=False)
    assert viewer.totals.lost == pytest.approx(3 * FS - FRAME, abs=FS / 2)
    assert viewer.totals.overdue == 1
