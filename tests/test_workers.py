"""The supervisor's decisions, in virtual time, over workers that do as the test says."""

import asyncio
import itertools
import logging
import math

import pytest

from ecgstream.web.orders import Drain, Leave
from ecgstream.web.workers import BACKOFF_MOST_S, GIVEN_UP, HEALTHY_S, TOTAL_S, TRIES, Supervisor
from tests.doubles import virtual

PIDS = itertools.count(1)


class FakeWorker:
    """Gets ready after `ready_s`, goes `drain_s` after it is asked to, `die_s` after its start."""

    def __init__(self, number, *, ready_s=1.0, drain_s=0.5, die_s=math.inf, log=None):
        self.number, self.pid = number, next(PIDS)
        self.ready, self.why = False, ""
        self.settled, self.gone = asyncio.Event(), asyncio.Event()
        self.orders, self.killed, self._drain_s = [], False, drain_s
        self._loop = asyncio.get_running_loop()
        self._log = log
        self._note("start")
        if die_s > ready_s:
            self._loop.call_later(ready_s, self._serve)
        if die_s < math.inf:
            self._loop.call_later(die_s, self._go, "died")

    def _note(self, what):
        self._log.append((self._loop.time(), self.number, what))

    def _serve(self):
        if not self.gone.is_set():
            self.ready = True
            self._note("ready")
            self.settled.set()

    def _go(self, why):
        if not self.gone.is_set():
            self.ready, self.why = False, why
            self._note(why)
            self.settled.set()
            self.gone.set()

    def tell(self, order):
        self.orders.append(order)
        if isinstance(order, Drain):
            self._note("drain")
            if self._drain_s < math.inf:
                self._loop.call_later(self._drain_s, self._go, "drained")

    def terminate(self):
        self._go("terminated")

    def kill(self):
        self.killed = True
        self._go("killed")


class Fleet:
    """A supervisor of `count` workers; `plans` says how each in turn behaves, by its number."""

    def __init__(self, count=2, plans=None, notice_s=0.0):
        self.plans = plans or {}
        self.log, self.made, self.announced = [], [], 0
        self.supervisor = Supervisor(self._start, count, self._announce, notice_s)
        self.task = asyncio.create_task(self.supervisor.run())

    def _start(self, number):
        plans = self.plans.get(number, [])
        plan = plans.pop(0) if plans else {}
        if isinstance(plan, Exception):
            raise plan
        worker = FakeWorker(number, log=self.log, **plan)
        self.made.append(worker)
        return worker

    def _announce(self):
        self.announced += 1

    def of(self, what, number=None):
        return [
            at for at, who, said in self.log if said == what and (number is None or who == number)
        ]

    def events(self):
        return [(number, what) for _, number, what in self.log]


async def ended(fleet):
    """Return the exit code, and how long it took (s)."""
    began = asyncio.get_running_loop().time()
    return await fleet.task, asyncio.get_running_loop().time() - began


@virtual
async def test_the_address_is_announced_once_when_all_serve():
    fleet = Fleet(2, {1: [{"ready_s": 5.0}, {}], 0: [{"die_s": 20.0}]})
    await asyncio.sleep(4.9)
    assert fleet.announced == 0
    await asyncio.sleep(0.2)
    assert fleet.announced == 1
    await asyncio.sleep(60)
    assert fleet.of("start", 0) != fleet.of("start", 1)
    assert fleet.announced == 1
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_a_worker_that_dies_is_named_and_started_again(caplog):
    fleet = Fleet(2, {1: [{"die_s": 10.0}]})
    await asyncio.sleep(15)
    assert len(fleet.of("start", 0)) == 1
    assert fleet.of("start", 1)[1] >= 10
    assert len(fleet.of("ready", 1)) == 2
    assert f"worker 1 (process {fleet.made[1].pid}) died: died" in caplog.text
    fleet.supervisor.stop()
    assert (await ended(fleet))[0] == 0


@virtual
async def test_one_that_dies_on_and_on_is_started_less_and_less_often():
    fleet = Fleet(2, {1: [{"die_s": 2.0}] * 50})
    await asyncio.sleep(300)
    starts = fleet.of("start", 1)
    pauses = [b - a - 2.0 for a, b in itertools.pairwise(starts)]
    assert pauses[:4] == pytest.approx([0.5, 1, 2, 4])
    assert max(pauses) == BACKOFF_MOST_S
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_one_that_served_for_long_is_started_again_at_once():
    fleet = Fleet(2, {1: [{"die_s": 2.0}, {"die_s": 2.0}, {"die_s": HEALTHY_S + 1}]})
    await asyncio.sleep(2 * HEALTHY_S)
    assert fleet.of("start", 1)[3] == pytest.approx(fleet.of("died", 1)[2])
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_workers_that_never_get_ready_end_it_with_the_reason(caplog):
    fleet = Fleet(2, {1: [{"die_s": 0.5}] * TRIES})
    code, _ = await ended(fleet)
    assert code == GIVEN_UP == 2
    assert len(fleet.of("start", 1)) == TRIES
    assert fleet.announced == 0
    assert f"worker 1 did not become ready {TRIES} times: died; giving up" in caplog.text
    assert all(worker.gone.is_set() for worker in fleet.made)


@virtual
async def test_once_it_serves_one_that_cannot_does_not_take_the_others_viewers_along():
    fleet = Fleet(2, {1: [{"die_s": 5.0}, *[{"die_s": 0.5}] * 20]})
    await asyncio.sleep(300)
    assert not fleet.task.done()
    assert fleet.made[0].ready
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_a_machine_that_has_no_process_to_spare_is_asked_again(caplog):
    fleet = Fleet(2, {1: [{"die_s": 5.0}, *[OSError("no memory")] * 2]})
    await asyncio.sleep(60)
    assert caplog.text.count("did not become ready: no memory") == 2
    assert len(fleet.of("ready", 1)) == 2
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_when_none_of_them_can_serve_any_more_it_ends():
    fleet = Fleet(2, {number: [{"die_s": 5.0}, *[{"die_s": 0.5}] * 20] for number in (0, 1)})
    assert (await ended(fleet))[0] == GIVEN_UP


@virtual
async def test_on_sigterm_all_refuse_then_one_after_the_other_drains():
    fleet = Fleet(3, notice_s=1.0)
    await asyncio.sleep(5)
    fleet.supervisor.stop()
    await asyncio.sleep(0.5)
    assert [worker.orders for worker in fleet.made] == [[Leave()]] * 3
    code, _ = await ended(fleet)
    assert code == 0
    assert fleet.events()[6:] == [
        *((0, "drain"), (0, "drained"), (1, "drain"), (1, "drained"), (2, "drain"), (2, "drained"))
    ]
    assert fleet.of("drain", 0)[0] == pytest.approx(6.0)


@pytest.mark.parametrize("count", [1, 2, 16])
def test_all_are_gone_in_time_though_every_one_hangs(count, caplog):
    @virtual
    async def check():
        plans = {number: [{"drain_s": math.inf}] for number in range(count)}
        fleet = Fleet(count, plans, notice_s=1.0)
        await asyncio.sleep(5)
        fleet.supervisor.stop()
        code, took = await ended(fleet)
        assert (code, took) == (0, pytest.approx(TOTAL_S))
        for worker in fleet.made:
            assert worker.killed
            assert f"worker {worker.number} (process {worker.pid}) hangs: killed" in caplog.text
            assert 0 < worker.orders[-1].grace_s < TOTAL_S - 1

    check()


@virtual
async def test_one_that_hangs_does_not_shorten_the_time_of_the_others():
    fleet = Fleet(2, {0: [{"drain_s": math.inf}], 1: [{"drain_s": 3.9}]}, notice_s=1.0)
    await asyncio.sleep(5)
    fleet.supervisor.stop()
    await fleet.task
    assert [worker.killed for worker in fleet.made] == [True, False]


@virtual
async def test_one_that_is_not_ready_yet_is_ended_at_once():
    fleet = Fleet(2, {1: [{"ready_s": 100.0}]})
    await asyncio.sleep(5)
    fleet.supervisor.stop()
    assert (await ended(fleet))[1] < 1
    assert fleet.of("terminated", 1)
    assert fleet.of("drained", 0)


@virtual
async def test_ctrl_c_waits_for_nobody_and_twice_ends_by_force():
    fleet = Fleet(2, {0: [{"drain_s": math.inf}]}, notice_s=3.0)
    await asyncio.sleep(5)
    fleet.supervisor.stop(hurry=True)
    await asyncio.sleep(0.1)
    assert fleet.of("drain", 0) == [pytest.approx(5.0)]
    fleet.supervisor.stop(hurry=True)
    assert (await ended(fleet))[1] < 1
    assert fleet.made[0].killed


@virtual
async def test_a_rolling_restart_takes_one_at_a_time_and_waits_for_its_successor():
    fleet = Fleet(3)
    await asyncio.sleep(5)
    seen = len(fleet.log)
    fleet.supervisor.roll()
    await asyncio.sleep(30)
    one = ["drain", "drained", "start", "ready"]
    assert fleet.events()[seen:] == [(number, what) for number in range(3) for what in one]
    # No backoff: it was asked to go.
    assert fleet.of("start", 0)[1] == fleet.of("drained", 0)[0]
    fleet.supervisor.roll()
    await asyncio.sleep(30)
    assert len(fleet.made) == 9
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_a_rolling_restart_kills_one_that_hangs():
    fleet = Fleet(2, {0: [{"drain_s": math.inf}]})
    await asyncio.sleep(5)
    fleet.supervisor.roll()
    await asyncio.sleep(30)
    assert fleet.made[0].killed
    assert len(fleet.of("ready", 1)) == 2
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_a_rolling_restart_stops_at_the_first_that_does_not_come_back(caplog):
    fleet = Fleet(2, {0: [{}, {"die_s": 0.5}]})
    await asyncio.sleep(5)
    fleet.supervisor.roll()
    await asyncio.sleep(30)
    assert "rolling restart stopped: worker 0 is not ready again" in caplog.text
    assert not fleet.of("drain", 1)
    assert len(fleet.of("ready", 0)) == 2, "it is tried again nevertheless"
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_a_second_rolling_restart_waits_for_another_time(caplog):
    caplog.set_level(logging.INFO)
    fleet = Fleet(2)
    fleet.supervisor.roll()
    await asyncio.sleep(5)
    fleet.supervisor.roll()
    fleet.supervisor.roll()
    await asyncio.sleep(30)
    assert len(fleet.made) == 4
    assert caplog.text.count("no rolling restart now") == 2
    fleet.supervisor.stop()
    await fleet.task


@virtual
async def test_it_can_be_stopped_in_the_middle_of_a_rolling_restart():
    fleet = Fleet(2, {0: [{}, {"ready_s": 50.0}]})
    await asyncio.sleep(5)
    fleet.supervisor.roll()
    await asyncio.sleep(3)
    fleet.supervisor.stop()
    code, took = await ended(fleet)
    assert code == 0
    assert took < TOTAL_S
    assert all(worker.gone.is_set() for worker in fleet.made)


@virtual
async def test_one_that_dies_when_it_is_stopped_anyway_is_not_started_again():
    fleet = Fleet(2)
    await asyncio.sleep(5)
    fleet.supervisor.stop()
    fleet.made[1].kill()
    await fleet.task
    assert len(fleet.made) == 2
