"""Whether one more may come, as it is decided; how it is refused, on real sockets."""

import asyncio
import contextlib
from urllib.error import HTTPError
from urllib.request import urlopen

import msgpack
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ecgstream.config import Settings
from ecgstream.errors import Refused, TooManyFromAddress
from ecgstream.viewer.admission import BURST_S, LATENESS_S, RETURN_MS, Admission, Limits, Strain
from ecgstream.web.app import _limits
from tests.doubles import one_lead
from tests.serving import serving, viewing


def admission(**limits):
    return Admission(Limits(**limits), Strain())


def reason(entrance, address="a", now=0.0):
    with pytest.raises(Refused) as refused:
        entrance.enter(address, now)
    assert RETURN_MS[0] <= refused.value.retry_after_ms <= RETURN_MS[1]
    assert refused.value.retryable
    return refused.value.reason


def test_places_are_taken_and_given_back():
    entrance = admission(viewers=2)
    entrance.enter("a", 0.0)
    entrance.enter("b", 0.0)
    assert reason(entrance) == "full"
    assert entrance.hindrance(0.0) is not None
    entrance.leave("b")
    assert entrance.hindrance(0.0) is None
    entrance.enter("c", 0.0)
    assert entrance.taken == 2


def test_an_address_has_places_of_its_own_and_takes_no_other():
    entrance = admission(per_address=2)
    for address in ("a", "a", "b"):
        entrance.enter(address, 0.0)
    assert reason(entrance, "a") == "address"
    with pytest.raises(TooManyFromAddress):
        entrance.enter("a", 0.0)
    entrance.enter("b", 0.0)
    entrance.leave("a")
    entrance.enter("a", 0.0)
    assert entrance.hindrance(0.0) is None, "others may come"


def test_no_more_come_in_a_second_than_may():
    entrance = admission(per_s=100)
    for k in range(3_000):
        with contextlib.suppress(Refused):
            entrance.enter("a", k / 1000)
    with contextlib.suppress(Refused):
        entrance.enter("a", 3.0)
    assert reason(entrance, now=3.0) == "pace"
    came = entrance.taken
    assert came == pytest.approx(3 * 100 + 100 * BURST_S, abs=2)


def test_a_wheel_that_stays_late_closes_the_door_and_a_pause_does_not():
    strain = Strain()
    entrance = Admission(Limits(late_s=0.02), strain)
    for slot in range(200):
        strain.observe(0.004, slot * 0.005)
    strain.observe(0.2, 1.0)  # one pause, and the slots that it made late
    for k in range(40):
        strain.observe(max(0.0, 0.2 - k * 0.005), 1.0 + k * 1e-4)
    for slot in range(200):
        strain.observe(0.004, 1.2 + slot * 0.005)
    entrance.enter("a", 2.2)
    for slot in range(400):
        strain.observe(0.03, 2.2 + slot * 0.005)
    assert reason(entrance, now=4.2) == "late"
    # Nobody is left, and nothing is fired any more: what was is not held against who comes.
    entrance.enter("b", 10.0)


def test_who_stood_still_for_long_lets_viewers_in_again_within_3_s():
    strain = Strain()
    strain.observe(0.004, 1.0)
    # A minute in SIGSTOP: all slots of it are fired at once.
    for k in range(12_000):
        strain.observe(60.0 - k * 0.005, 61.0 + k * 1e-6)
    assert strain.at(61.1) > 0.1
    for slot in range(600):
        strain.observe(0.004, 61.1 + slot * 0.005)
    assert strain.at(64.1) < 0.02


def test_lateness_is_counted_in_its_bounds():
    strain = Strain()
    for late in (0.0, 0.001, 0.0011, 7.0):
        strain.observe(late, 0.0)
    assert strain.counts[0] == 2
    assert strain.counts[1] == 1
    assert strain.counts[len(LATENESS_S)] == 1
    assert strain.sum == pytest.approx(7.0021)


async def test_who_is_refused_is_told_so_and_when_to_come_back():
    settings = Settings(max_viewers=1, max_lateness_ms=0)
    async with serving(one_lead(), settings=settings) as served:
        async with viewing(served) as inside:
            # A tool sees the denial of its handshake.
            with pytest.raises(InvalidStatus) as denied:
                await served.viewer().__aenter__()
            answer = denied.value.response
            assert answer.status_code == 503
            assert 2 <= int(answer.headers["Retry-After"]) <= 6
            assert b"retry_after_ms" in answer.body
            # A browser could not: it is let in to be told, and sent away.
            origin = f"http://127.0.0.1:{served.port}"
            async with served.viewer(additional_headers={"Origin": origin}) as connection:
                bye = msgpack.unpackb(await connection.recv())
                assert (bye["type"], bye["code"]) == ("bye", 4429)
                assert RETURN_MS[0] <= bye["retry_after_ms"] <= RETURN_MS[1]
                with pytest.raises(ConnectionClosed):
                    await connection.recv()
                assert connection.close_code == 4429
            assert (await inside.ask("ping", time=1))["type"] == "pong"
        async with viewing(served):
            pass  # the place is free again


async def test_one_address_with_all_its_places_is_429():
    settings = Settings(max_viewers_per_address=1, max_lateness_ms=0)
    async with serving(one_lead(), settings=settings) as served, viewing(served):
        with pytest.raises(InvalidStatus) as denied:
            await served.viewer().__aenter__()
        assert denied.value.response.status_code == 429


async def test_readyz_says_that_all_places_are_taken():
    settings = Settings(max_viewers=1, max_lateness_ms=0)
    async with serving(one_lead(), settings=settings) as served, viewing(served):
        with pytest.raises(HTTPError) as refused:
            await asyncio.to_thread(urlopen, f"{served.url}/readyz")
        with refused.value as answer:
            assert answer.status == 503
            assert b"all 1 places are taken" in answer.read()


def test_no_more_viewers_than_there_are_descriptors_for(monkeypatch, caplog):
    monkeypatch.setattr("ecgstream.web.app.viewer_descriptors", lambda: 50)
    assert _limits(Settings(max_viewers=5_000)).viewers == 50
    assert "ulimit -n" in caplog.text
    caplog.clear()
    monkeypatch.setattr("ecgstream.web.app.viewer_descriptors", lambda: 500)
    assert _limits(Settings(max_viewers=200)).viewers == 200
    assert _limits(Settings()).viewers == 500
    assert not caplog.text
