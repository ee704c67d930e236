"""The open sessions of a process."""

import asyncio

from ecgstream.errors import SourceUnavailable
from ecgstream.viewer import registry
from ecgstream.viewer.registry import RETURN_MS, Registry
from ecgstream.viewer.session import Greeting, ViewerSession
from ecgstream.wire import events
from tests.doubles import Client, FakeOutlet, FaultySource, House, one_lead, virtual


class Guest:
    """A session that came with a login."""

    def __init__(self, house: House, registry: Registry, login: str | None) -> None:
        self.outlet = FakeOutlet(house.clock.monotonic)
        self.session = ViewerSession(
            self.outlet, house.source, house.reels, house.around, user="u", login=login
        )
        registry.add(self.session)
        self.session.open(Greeting("s", "b"))

    def bye(self):
        return Client(self.outlet).all[-1]


@virtual
async def test_it_counts_sessions_and_subscriptions():
    with House(one_lead()).open() as house:
        registry = Registry()
        viewers = [house.viewer() for _ in range(3)]
        for viewer in viewers:
            registry.add(viewer.session)
        await viewers[0].ask("subscribe", sid=1, record="r")
        await viewers[0].ask("subscribe", sid=2, record="r")
        await viewers[1].ask("subscribe", sid=1, record="r")
        assert (len(registry), registry.subscriptions) == (3, 3)
        registry.remove(viewers[0].session)
        registry.remove(viewers[0].session)
        assert (len(registry), registry.subscriptions) == (2, 1)
        assert registry.opened == 3


@virtual
async def test_the_number_of_subscriptions_is_kept_however_they_end():
    source = FaultySource(one_lead(piece=360))
    with House(source).open() as house:
        registry, counts = Registry(), house.around.counts
        viewers = [house.viewer() for _ in range(3)]
        for viewer in viewers:
            registry.add(viewer.session)
            for sid in (1, 2):
                await viewer.ask("subscribe", sid=sid, record="r")
        assert counts.subscriptions == registry.subscriptions == 6
        await viewers[0].ask("unsubscribe", sid=1)
        assert counts.subscriptions == registry.subscriptions == 5
        viewers[1].session.gone()
        viewers[1].session.gone()
        assert counts.subscriptions == registry.subscriptions == 3
        source.faults["II", 1_800] = SourceUnavailable("the disk is gone")
        await asyncio.sleep(30)
        assert counts.subscriptions == registry.subscriptions == 0


@virtual
async def test_it_counts_the_subscriptions_whose_viewer_is_slow():
    with House(one_lead()).open() as house:
        registry = Registry()
        slow, quick = house.viewer(), house.viewer()
        for viewer, sid, at in ((slow, 1, {"sample": 0}), (slow, 2, "shared"), (quick, 1, None)):
            registry.add(viewer.session)
            await viewer.ask("subscribe", sid=sid, record="r", at=at)
        assert house.around.slow() == 0
        slow.outlet.stuck = True
        await asyncio.sleep(2)
        assert house.around.slow() == 2, "one held, one that leaves out"
        slow.outlet.take()
        await asyncio.sleep(2)
        assert house.around.slow() == 0
        slow.outlet.stuck = True
        await asyncio.sleep(2)
        slow.session.gone()
        assert house.around.slow() == 0


@virtual
async def test_while_a_server_leaves_nobody_new_comes_but_nobody_is_sent_away():
    with House(one_lead()).open() as house:
        registry = Registry()
        guest = Guest(house, registry, None)
        registry.leave()
        assert registry.draining
        assert guest.outlet.closed is None


@virtual
async def test_the_end_of_a_login_closes_what_it_opened_and_nothing_else():
    with House(one_lead()).open() as house:
        registry = Registry()
        guests = [Guest(house, registry, login) for login in ("a", "b", "a", None)]
        asked = []
        registry.log_out(lambda login: asked.append(login) or login == "a")
        assert len(asked) == 3, "once of each login"
        codes = [guest.outlet.closed and guest.outlet.closed[0] for guest in guests]
        assert codes == [4401, None, 4401, None]
        assert guests[0].bye()["code"] == 4401


@virtual
async def test_a_server_that_drains_sends_everybody_away_spread_in_time(monkeypatch):
    times = iter([600, 4_000, 700])
    monkeypatch.setattr("random.randint", lambda *_: next(times))
    with House(one_lead()).open() as house:
        registry = Registry()
        guests = [Guest(house, registry, None) for _ in range(3)]
        assert not registry.draining
        registry.drain()
        assert registry.draining
        assert [guest.outlet.closed[0] for guest in guests] == [1001] * 3
        assert {guest.bye()["retry_after_ms"] for guest in guests} == {600, 4_000, 700}
        assert {guest.bye().kind for guest in guests} == {"bye"}
        assert house.wheel.filed == 0


def test_viewers_come_back_within_seconds():
    assert 0 < RETURN_MS[0] < RETURN_MS[1] <= 30_000


class Screen:
    """A session that is a screen of a wall, or of none."""

    def __init__(self, house: House, registry: Registry, wall: str | None, user: str) -> None:
        self.outlet = FakeOutlet(house.clock.monotonic)
        self.session = ViewerSession(
            self.outlet, house.source, house.reels, house.around, user=user, wall=wall
        )
        registry.add(self.session)
        self.session.open(Greeting("s", "b"))

    @property
    def told(self):
        events = [one for one in Client(self.outlet).all if one.kind == "identify"]
        return [(one["name"], one["seconds"]) for one in events]


@virtual
async def test_the_screens_of_one_wall_show_their_names_and_nobody_else():
    with House(one_lead()).open() as house:
        registry = Registry()
        one, other, elsewhere, person = (
            Screen(house, registry, wall, user)
            for wall, user in (("icu-2", "s1"), ("icu-2", "s2"), ("er", "s3"), (None, "s1"))
        )
        assert registry.identify("icu-2", None) == 2
        assert (one.told, other.told) == ([("s1", 10.0)], [("s2", 10.0)])
        assert registry.identify("icu-2", "s2") == 1
        assert (len(one.told), len(other.told)) == (1, 2)
        assert registry.identify("icu-2", "s3") == registry.identify("nowhere", None) == 0
        assert elsewhere.told == person.told == []


@virtual
async def test_what_is_not_permitted_any_more_ends_in_every_session():
    permitted = {"r"}
    with House(one_lead()).open() as house:
        registry = Registry()
        free, bound = house.viewer(), house.viewer()
        bound.session._permits = lambda record, _leads: record in permitted
        for viewer in (free, bound):
            registry.add(viewer.session)
            await viewer.ask("subscribe", sid=1, record="r")
        registry.narrow()
        assert registry.subscriptions == 2
        permitted.clear()
        registry.narrow()
        assert (free.session.subscriptions, bound.session.subscriptions) == (1, 0)
        error = bound.client.all[-1]
        assert (error.kind, error["id"], error["sid"]) == ("error", None, 1)
        assert (error["code"], error["message"]) == ("not_found", "there is no record 'r'")


@virtual
async def test_an_event_reaches_who_watches_the_record_and_no_screen_of_a_wall(monkeypatch):
    # In several turns, so that frames go first.
    monkeypatch.setattr(registry, "TOLD_AT_ONCE", 2)
    with House(one_lead()).open() as house:
        here = Registry()
        watching = [house.viewer() for _ in range(5)]
        elsewhere = house.viewer()
        for viewer in (*watching, elsewhere):
            here.add(viewer.session)
        for viewer in watching:
            await viewer.ask("subscribe", sid=1, record="r", paused=True)
        watching[3].session.wall = "icu-2"
        watching[4].session._permits = lambda _record, _leads: True
        event = events.Annotation(record="r", change="set", set="notes", annotation=None)
        here.tell("r", event.encode())
        here.tell("other", event.encode())
        await asyncio.sleep(0.1)
        told = [len(viewer.client.of("annotation")) for viewer in (*watching, elsewhere)]
        assert told == [1, 1, 1, 0, 0, 0]
