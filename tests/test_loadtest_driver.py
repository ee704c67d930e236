"""The loop, on real sockets to nowhere: whatever the pieces, the account is the same."""

import multiprocessing
import select
import socket
import time
from collections.abc import Iterator

import msgpack
import numpy as np
import pytest
from websockets.frames import Frame, Opcode

from ecgstream.loadtest.client import Viewer
from ecgstream.loadtest.driver import Driver
from ecgstream.loadtest.figures import Outages
from ecgstream.loadtest.line import State
from ecgstream.loadtest.plan import Choice, Plan, Target
from ecgstream.loadtest.verify import digest
from ecgstream.wire.frames import encode_frame
from tests.test_loadtest_client import answered

TARGET = Target("localhost", 8000, socket.AF_INET, ("127.0.0.1", 8000))
LENGTH = 5_000


def frame(start: int, count: int = 100) -> bytes:
    return encode_frame(1, start, count, [np.full(count, start, "<i2")] * 2)


class Rig:
    """A driver with one viewer that watches, and the server's end of its socket."""

    def __init__(self, **said) -> None:
        self.parent, child = multiprocessing.Pipe()
        choices = (Choice("a", LENGTH, None, ("I", "II")),)
        self.driver = Driver(Plan(TARGET, choices, at="start", **said), child)
        (self.viewer,) = self.driver._viewers
        ours, self.server = socket.socketpair()
        ours.setblocking(False)
        self.viewer._sock, self.viewer.receive = ours, ours.recv_into
        self.viewer.state = State.OPEN
        self.driver.watch(self.viewer, ours, writing=False)
        clock = {"sample": 0, "time": time.monotonic(), "rate": 500.0}
        said = {"type": "subscribed", "length": LENGTH, **answered(id=1, clock=clock)}
        self.send(Frame(Opcode.BINARY, msgpack.packb(said)).serialize(mask=False))

    def send(self, data: bytes) -> None:
        self.server.sendall(data)
        self.driver._turn()

    def close(self) -> None:
        self.viewer.hang_up()
        self.server.close()
        self.parent.close()
        self.driver._control.close()
        self.driver._epoll.close()

    @property
    def totals(self):
        return self.viewer.account.totals()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def test_frames_are_taken_by_the_loop_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    rig.send(frame(0))

    def slowly(*_: object) -> int:
        raise AssertionError("a whole frame went the slow way")

    monkeypatch.setattr(Viewer, "take", slowly)
    rig.send(frame(100))
    rig.send(frame(200) + frame(300))
    assert (rig.totals.delivered, rig.totals.faults) == (400, 0)
    assert len(rig.driver.figures.late) == 4


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 20, 24, 25, 26, 300, 424, 425, 426, 430, 600, 849])
def test_wherever_the_stream_is_cut_nothing_is_lost(rig: Rig, cut: int):
    rig.send(frame(0))
    stream = frame(100) + frame(200)
    rig.send(stream[:cut])
    rig.send(stream[cut:])
    rig.send(frame(300))
    assert (rig.totals.delivered, rig.totals.lost, rig.totals.faults) == (400, 0, 0)
    assert not rig.viewer.rest


def test_byte_by_byte_is_the_same(rig: Rig):
    for byte in frame(0) + frame(100):
        rig.send(bytes([byte]))
    assert (rig.totals.delivered, rig.totals.faults) == (200, 0)


@pytest.mark.parametrize(
    ("starts", "what"),
    [((0, 200), "holes"), ((0, 100, 100), "doubles"), ((0, 200, 100), "disorder")],
)
def test_the_fast_way_lets_no_fault_pass(rig: Rig, starts: tuple[int, ...], what: str):
    for start in starts:
        rig.send(frame(start))
    assert getattr(rig.totals, what) == 1


def test_other_widths_parts_and_events_between_frames_are_taken_too(rig: Rig):
    small = msgpack.packb([1, 100, 100, bytes(400)])
    heartbeat = msgpack.packb({"type": "heartbeat", "time": 1.0})
    rig.send(
        frame(0)
        + Frame(Opcode.BINARY, small).serialize(mask=False)
        + Frame(Opcode.BINARY, heartbeat).serialize(mask=False)
        + frame(200)
        + frame(300, 30)
        + frame(330, 70)
    )
    assert (rig.totals.delivered, rig.totals.faults) == (400, 0)


def test_digests_are_of_the_samples_alone():
    rig = Rig(verify=True)
    for start in (0, 100, 200):
        rig.send(frame(start))
    expected = {
        (start, 100, digest(np.full(200, start, "<i2").tobytes())): 1 for start in (0, 100, 200)
    }
    assert dict(rig.driver.seen.of(("a", ("I", "II"), "i2"))) == expected
    rig.close()


def test_a_socket_that_was_woken_for_nothing_is_not_cut(rig: Rig):
    rig.send(frame(0))
    rig.driver._read([(rig.viewer._sock.fileno(), select.EPOLLIN)])
    rig.send(frame(100))
    assert (rig.totals.delivered, rig.driver.figures.counts["closes"]) == (200, {})


def test_a_line_that_is_cut_is_noted_and_comes_back(rig: Rig):
    rig.send(frame(0))
    rig.server.close()
    rig.driver._turn()
    assert rig.driver.figures.counts["closes"] == {"1006": 1}
    assert rig.driver._timers
    assert rig.driver._outages.streaming == 0


def test_an_outage_lasts_from_the_first_who_is_gone_until_all_are_back():
    outages = Outages(2)
    outages.up(1.0)
    outages.up(2.0)
    outages.down(5.0)
    outages.down(5.5)
    outages.up(7.0)
    assert outages.spans == [(5.0, None)]
    outages.up(9.0)
    assert (outages.first_all, outages.spans) == (2.0, [(5.0, 9.0)])
