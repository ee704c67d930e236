"""Screens of walls on a real server: who they are, what they see, what ends them."""

import asyncio
import json
import threading
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.web.auth import Logins
from ecgstream.web.codes import CodeFile
from ecgstream.web.tokens import make_token, screen_token
from ecgstream.web.walls import Walls
from tests.serving import HANGS_S, Served, Viewer, serving

LENGTH = 3_600
LOOK_S = 0.02


def bed(wall: str, number: int, record: str, lead: str) -> str:
    return (
        f'[[walls.{wall}.beds]]\nlabel = "Bed {number}"\nrecord = "{record}"\nleads = ["{lead}"]\n'
    )


ICU = '[walls.icu-2]\ntitle = "ICU 2"\n' + bed("icu-2", 1, "a", "II") + bed("icu-2", 2, "b", "II")
ER = '[walls.er]\ntitle = "ER"\n' + bed("er", 1, "c", "II")


class House:
    """A server with tokens and walls, and its files."""

    def __init__(self, folder: Path) -> None:
        self.walls, self.tokens = folder / "walls.toml", folder / "tokens"
        self.walls.write_text(ICU + ER)
        self.person = make_token(self.tokens, "ward-3")
        self.served: Served

    def ask(self, path: str, body=None, **headers: str):
        """Return status, answer and headers. Blocks."""
        data = None if body is None else json.dumps(body).encode()
        said = {"Content-Type": "application/json", **headers}
        try:
            with urlopen(Request(self.served.url + path, data, said), timeout=HANGS_S) as answer:
                return answer.status, json.load(answer), answer.headers
        except HTTPError as error:
            with error:
                return error.code, json.load(error), error.headers

    async def asked(self, path: str, body=None, **headers: str):
        return await asyncio.to_thread(self.ask, path, body, **headers)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person}"}

    async def screen(self, name: str, wall: str = "icu-2") -> dict[str, str]:
        """Log a screen in by a code; return the headers of its browser."""
        code = CodeFile(self.tokens).add(screen_token(self.tokens, name, wall), time.time())
        status, said, headers = await self.asked("/api/v1/session", {"code": code})
        assert (status, said["user"]) == (200, name)
        return {"Cookie": headers["Set-Cookie"].partition(";")[0]}

    def viewer(self, query: str = "", *, browser: bool = True, **headers: str):
        origin = self.served.url if browser else None
        return self.served.viewer(query, origin=origin, additional_headers=headers)


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ecgstream.web.app.WALLS_S", LOOK_S)
    monkeypatch.setattr("ecgstream.web.app.LOGINS_S", LOOK_S)
    source = MemorySource()
    names = ("II", "V5")
    for name in "abc":
        leads = tuple(Lead(n, "mV", 200.0, 0.0, "ecg", 360.0, LENGTH, ("i2",)) for n in names)
        samples = dict.fromkeys(names, np.zeros(LENGTH, "<i2"))
        source.add(Record(name, name, leads, None, None, None, None), samples)
    house = House(tmp_path)
    settings = Settings(max_lateness_ms=0, token_file=house.tokens, walls=house.walls)
    async with serving(source, settings=settings) as house.served:
        yield house


async def welcomed(connection) -> Viewer:
    viewer = Viewer(connection)
    assert (await viewer.receive())["type"] == "welcome"
    return viewer


async def closing(connection) -> int:
    async with asyncio.timeout(HANGS_S):
        with pytest.raises(ConnectionClosed):
            while True:
                await connection.recv()
    return connection.close_code


async def test_a_screen_gets_its_wall_and_its_beds_on_one_socket(house: House):
    browser = await house.screen("screen-3")
    status, wall, _ = await house.asked("/api/v1/walls/icu-2", **browser)
    assert status == 200
    async with house.viewer(**browser) as connection:
        viewer = Viewer(connection)
        assert (await viewer.receive())["user"] == "screen-3"
        for number, one in enumerate(wall["beds"], 1):
            leads = [lead["name"] for lead in one["leads"]]
            said = await viewer.ask(
                "subscribe", sid=number, record=one["record"], leads=leads, at=one["at"], ahead=0
            )
            assert (said["type"], said["sid"]) == ("subscribed", number)


async def test_a_screen_gets_nothing_else_over_http_or_on_its_socket(house: House):
    browser = await house.screen("screen-3")
    for path, status in (
        ("/api/v1/walls/er", 404),
        ("/api/v1/records/a", 404),
        ("/api/v1/records/nobody", 404),
        ("/api/v1/records", 403),
        ("/api/v1/walls", 403),
        ("/api/v1/wall?beds=a", 403),
        ("/", 403),
    ):
        assert (await house.asked(path, **browser))[0] == status, path
    assert (await house.asked("/api/v1/walls/icu-2/identify", {}, **browser))[0] == 403
    async with house.viewer(**browser) as connection:
        viewer = await welcomed(connection)
        for record, leads in (("c", ["II"]), ("a", ["V5"]), ("a", None), ("nobody", ["II"])):
            said = await viewer.ask("subscribe", sid=1, record=record, leads=leads)
            assert (said["type"], said["code"]) == ("error", "not_found")
            assert said["message"] == f"there is no record {record!r}"
    # Nor by the address.
    async with house.viewer("?record=c&leads=II", **browser) as connection:
        assert (await (await welcomed(connection)).event("error"))["code"] == "not_found"


async def test_a_screen_of_one_wall_is_none_of_another_that_is_there_or_not(house: House):
    browser = await house.screen("screen-3")
    for query in ("?wall=er", "?wall=nowhere", "?wall=icu-2&wall=er"):
        async with house.viewer(query, **browser) as connection:
            assert await closing(connection) == 4403
        with pytest.raises(InvalidStatus) as refused:
            async with house.viewer(query, browser=False, **browser):
                pass
        assert refused.value.response.status_code == 404
    async with house.viewer("?wall=icu-2", **browser) as connection:
        await welcomed(connection)


async def test_only_the_screens_that_are_meant_show_their_names(house: House):
    one, other = await house.screen("screen-1"), await house.screen("screen-2")
    elsewhere = await house.screen("screen-3", "er")
    async with (
        house.viewer(**one) as a,
        house.viewer("?wall=icu-2", **other) as b,
        house.viewer("?wall=icu-2", browser=False, **house.bearer) as c,
        # No screens: another wall's, a person at the viewer, a program with a screen's token.
        house.viewer(**elsewhere) as d,
        house.viewer(**house.bearer) as e,
        house.viewer(browser=False, **one) as f,
    ):
        viewers = [await welcomed(connection) for connection in (a, b, c, d, e, f)]

        async def told(screen: str | None) -> int:
            path = "/api/v1/walls/icu-2/identify"
            status, said, _ = await house.asked(path, {"screen": screen}, **house.bearer)
            assert status == 200
            return said["screens"]

        assert await told(None) == 3
        for viewer, name in zip(viewers, ("screen-1", "screen-2", "ward-3"), strict=False):
            said = await viewer.event("identify")
            assert said == {"type": "identify", "name": name, "seconds": 10.0}
        assert await told("screen-2") == 1
        assert (await viewers[1].event("identify"))["name"] == "screen-2"
        assert await told("screen-3") == 0
        for viewer in (viewers[0], *viewers[2:]):
            await viewer.send("ping", time=1)
            message = await viewer.receive()
            while message["type"] == "heartbeat":
                message = await viewer.receive()
            assert message["type"] == "pong", "and nothing else"


async def test_a_revoked_token_closes_its_screens_with_4401_and_no_others(house: House):
    gone, stays = await house.screen("screen-1"), await house.screen("screen-2")
    async with house.viewer(**gone) as one, house.viewer(**stays) as other:
        await welcomed(one)
        viewer = await welcomed(other)
        lines = house.tokens.read_text().splitlines(keepends=True)
        house.tokens.write_text("".join(line for line in lines if "screen-1" not in line))
        assert await closing(one) == 4401
        assert (await viewer.ask("ping", time=1))["type"] == "pong"
    assert (await house.asked("/api/v1/walls/icu-2", **gone))[0] == 401
    async with house.viewer(**gone) as again:
        assert await closing(again) == 4401


async def test_a_changed_wall_is_taken_over_while_screens_watch(house: House):
    browser = await house.screen("screen-3")
    _, wall, headers = await house.asked("/api/v1/walls/icu-2", **browser)
    async with house.viewer(**browser) as bound, house.viewer(**house.bearer) as free:
        screen, person = await welcomed(bound), await welcomed(free)
        for viewer in (screen, person):
            for sid, record in enumerate("ab", 1):
                await viewer.ask("subscribe", sid=sid, record=record, leads=["II"], at="shared")
        house.walls.write_text(ICU.replace('"b"', '"c"') + ER)
        error = await screen.event("error")
        assert (error["sid"], error["id"], error["code"]) == (2, None, "not_found")
        status, now, _ = await house.asked(
            "/api/v1/walls/icu-2", **browser, **{"If-None-Match": headers["ETag"]}
        )
        assert status == 200
        assert now["version"] != wall["version"]
        assert [one["record"] for one in now["beds"]] == ["a", "c"]
        said = await screen.ask("subscribe", sid=2, record="c", leads=["II"], at="shared")
        assert said["type"] == "subscribed"
        assert (await person.ask("leads", sid=2, leads=["V5"]))["type"] == "state"
        # The wall is gone: what was on it ends, and its screens are not let in.
        house.walls.write_text(ER)
        assert {(await screen.event("error"))["sid"] for _ in range(2)} == {1, 2}
    assert (await house.asked("/api/v1/walls/icu-2", **browser))[0] == 404
    async with house.viewer(**browser) as connection:
        assert await closing(connection) == 4403


async def test_a_slip_in_the_file_changes_nothing_on_the_screens(house: House, caplog):
    browser = await house.screen("screen-3")
    async with house.viewer(**browser) as connection:
        viewer = await welcomed(connection)
        await viewer.ask("subscribe", sid=1, record="a", leads=["II"], at="shared")
        house.walls.write_text("[walls")
        async with asyncio.timeout(HANGS_S):
            while "not TOML" not in caplog.text:
                await viewer.ask("ping", time=1)
        await viewer.frame()
        assert (await house.asked("/api/v1/walls/icu-2", **browser))[0] == 200
        house.walls.write_text(ICU)
    assert caplog.text.count("not TOML") == 1


async def test_the_page_of_a_wall_is_there_before_the_login_and_holds_no_name(house: House):
    def page(path: str) -> bytes:
        with urlopen(house.served.url + path, timeout=HANGS_S) as answer:
            assert answer.headers["Content-Type"].startswith("text/html")
            assert answer.headers["Referrer-Policy"] == "same-origin"
            return answer.read()

    there, nowhere = [await asyncio.to_thread(page, f"/wall/{name}") for name in ("icu-2", "x")]
    assert there == nowhere
    assert b"icu-2" not in there
    assert (await house.asked("/wall"))[0] == 401


async def test_no_disk_is_waited_for_on_the_event_loop(house: House, monkeypatch):
    """Files are looked at on threads: of walls, of tokens, of codes."""
    on: dict[str, set[int]] = {"refresh": set(), "redeem": set()}
    seen = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watched(kind: type, name: str) -> None:
        real = getattr(kind, name)

        def call(*args: object) -> object:
            on[name].add(threading.get_ident())
            loop.call_soon_threadsafe(seen.set)
            return real(*args)

        monkeypatch.setattr(kind, name, call)

    watched(Walls, "refresh")
    watched(Logins, "redeem")
    async with asyncio.timeout(HANGS_S):
        await seen.wait()
    await house.screen("screen-3")
    assert on["refresh"]
    assert on["redeem"]
    assert threading.get_ident() not in on["refresh"] | on["redeem"]
