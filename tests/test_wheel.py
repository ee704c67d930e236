"""One timer wheel for all."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.viewer.clock import SystemClock
from ecgstream.viewer.wheel import EMPTY_SLOTS, LATE_SLOTS, SLOT_S, TIMER_S, Wheel
from tests.doubles import STEADY, HandClock, LoopClock, in_virtual_time


class Bell:
    """Rings when fired; `next` says when again."""

    def __init__(self, then: Callable[[float], float | None] = lambda _: None) -> None:
        self.slot: int | None = None
        self.rang: list[float] = []
        self.failed = 0
        self._then = then

    def fire(self, now: float) -> float | None:
        self.rang.append(now)
        return self._then(now)

    def fail(self) -> None:
        self.failed += 1


@pytest.fixture
def clock():
    return LoopClock()


@pytest.fixture
async def wheel(clock):
    wheel = Wheel(clock)
    wheel.start()
    yield wheel
    wheel.stop()


pytestmark = pytest.mark.looptime


async def test_it_fires_once_within_a_slot_of_the_moment(wheel, clock):
    start = clock.monotonic()
    bells = [Bell() for _ in range(50)]
    dues = [start + k * 0.0137 for k in range(50)]
    for bell, due in zip(bells, dues, strict=True):
        wheel.file(bell, due)
    await asyncio.sleep(1)
    for bell, due in zip(bells, dues, strict=True):
        assert len(bell.rang) == 1
        assert due - 1e-9 <= bell.rang[0] <= due + SLOT_S + TIMER_S
        assert bell.slot is None


async def test_what_is_due_far_away_does_not_wait_with_what_is_near(wheel, clock):
    far, near = Bell(), Bell()
    wheel.file(far, clock.monotonic() + 36_000)
    wheel.file(near, clock.monotonic() + 0.1)
    await asyncio.sleep(0.2)
    assert (len(far.rang), len(near.rang)) == (0, 1)
    await asyncio.sleep(36_000)
    assert len(far.rang) == 1


async def test_who_is_filed_anew_is_fired_only_there(wheel, clock):
    later, sooner = Bell(), Bell()
    now = clock.monotonic()
    for due in (0.1, 0.5, 0.3):
        wheel.file(later, now + due)
    for due in (0.5, 0.3, 0.1):
        wheel.file(sooner, now + due)
    await asyncio.sleep(1)
    assert [round(t - now, 1) for t in later.rang] == [0.3]
    assert [round(t - now, 1) for t in sooner.rang] == [0.1]


async def test_filing_twice_for_one_moment_fires_once(wheel, clock):
    bell = Bell()
    now = clock.monotonic()
    wheel.file(bell, now + 0.1)
    wheel.file(bell, now + 0.1)
    await asyncio.sleep(1)
    assert len(bell.rang) == 1


async def test_who_is_unfiled_is_not_fired(wheel, clock):
    bell = Bell()
    wheel.file(bell, clock.monotonic() + 0.1)
    wheel.unfile(bell)
    wheel.unfile(bell)
    await asyncio.sleep(1)
    assert bell.rang == []


async def test_one_that_unfiles_another_of_its_slot_keeps_it_from_firing(wheel, clock):
    other = Bell()
    one = Bell(lambda _: wheel.unfile(other))
    now = clock.monotonic()
    wheel.file(one, now + 0.1)
    wheel.file(other, now + 0.1)
    await asyncio.sleep(1)
    assert (len(one.rang), len(other.rang)) == (1, 0)


async def test_what_is_due_at_once_again_comes_a_slot_later_not_in_a_spin(wheel, clock):
    bell = Bell(lambda now: now)
    wheel.file(bell, clock.monotonic())
    await asyncio.sleep(1)
    assert 1 / (SLOT_S + TIMER_S) - 5 < len(bell.rang) < 2 / SLOT_S


async def test_one_that_files_itself_while_firing_keeps_that(wheel, clock):
    def then(now):
        if len(bell.rang) == 1:
            wheel.file(bell, now + 0.05)
        return now + 0.5

    bell = Bell(then)
    start = clock.monotonic()
    wheel.file(bell, start)
    await asyncio.sleep(0.3)
    assert len(bell.rang) == 2


async def test_a_fault_of_one_harms_none_of_its_slot(wheel, clock, caplog):
    def fault(_):
        raise RuntimeError("made by the test")

    class Worse(Bell):
        def fail(self):
            super().fail()
            raise RuntimeError("and again")

    before, faulty, worse, after = Bell(), Bell(fault), Worse(fault), Bell(lambda now: now + 0.1)
    now = clock.monotonic()
    for bell in (before, faulty, worse, after):
        wheel.file(bell, now + 0.1)
    with caplog.at_level(logging.CRITICAL):
        await asyncio.sleep(1)
    assert (faulty.failed, worse.failed, before.failed) == (1, 1, 0)
    assert len(faulty.rang) == len(worse.rang) == len(before.rang) == 1
    assert len(after.rang) == 9


async def test_refiling_leaves_nothing_behind_at_a_far_moment(wheel, clock):
    bell = Bell()
    for k in range(20_000):
        wheel.file(bell, clock.monotonic() + 36_000 + k)
    assert wheel.filed == 1
    assert len(wheel._slots) == 1
    assert len(wheel._order) <= EMPTY_SLOTS + 3
    wheel.unfile(bell)
    assert wheel.filed == 0


async def test_nothing_turns_before_the_start_and_after_the_stop(clock):
    wheel = Wheel(clock)
    bell = Bell(lambda now: now + 0.1)
    wheel.file(bell, clock.monotonic())
    await asyncio.sleep(1)
    assert bell.rang == []
    wheel.start()
    await asyncio.sleep(0.95)
    wheel.stop()
    rang = len(bell.rang)
    assert rang >= 9
    await asyncio.sleep(1)
    assert len(bell.rang) == rang


async def test_late_slots_are_capped_in_a_turn():
    clock = HandClock()
    loop = asyncio.get_running_loop()
    late: list[float] = []
    wheel = Wheel(clock, lambda late_s, _: late.append(late_s))
    bells = [Bell() for _ in range(20)]
    turns: list[int] = []
    for k, bell in enumerate(bells):
        wheel.file(bell, clock.now + 0.1 + k * SLOT_S)
    clock.now += 10  # the process stood still
    wheel.start()
    while any(not bell.rang for bell in bells):
        before = sum(len(bell.rang) for bell in bells)
        await asyncio.sleep(TIMER_S)
        turns.append(sum(len(bell.rang) for bell in bells) - before)
    wheel.stop()
    assert max(turns) == LATE_SLOTS
    assert [len(bell.rang) for bell in bells] == [1] * 20
    assert late[0] == pytest.approx(9.9, abs=SLOT_S)
    assert wheel.late_s == late[-1]
    assert loop.time() < 1


@STEADY
@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 3), st.booleans()), max_size=60))
def test_whatever_is_filed_fires_once_where_it_was_filed_last(steps):
    async def main():
        clock = LoopClock()
        wheel = Wheel(clock)
        wheel.start()
        bells = [Bell() for _ in range(6)]
        expected: dict[int, float] = {}
        now = clock.monotonic()
        for number, due, gone in steps:
            if gone:
                wheel.unfile(bells[number])
                expected.pop(number, None)
            else:
                wheel.file(bells[number], now + due)
                expected[number] = now + due
        await asyncio.sleep(4)
        wheel.stop()
        for number, bell in enumerate(bells):
            assert len(bell.rang) == (number in expected)
            if bell.rang:
                assert 0 <= bell.rang[0] - expected[number] + 1e-9 <= SLOT_S + TIMER_S + 1e-9

    in_virtual_time(main())


def test_a_step_of_the_wall_clock_changes_nothing(monkeypatch):
    clock = SystemClock()
    before, utc = clock.monotonic(), clock.utc()
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert 0 <= clock.monotonic() - before < 60
    assert 0 <= clock.utc() - utc < 60


def test_a_clock_may_run_faster(monkeypatch):
    now = [500.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.time", lambda: 1e9)
    clock = SystemClock(100.0)
    assert (clock.monotonic(), clock.utc()) == (500.0, 1e9)
    now[0] += 2
    assert (clock.monotonic(), clock.utc()) == (700.0, 1e9 + 200)
    assert clock.real(50.0) == 0.5
