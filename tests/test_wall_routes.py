"""Walls over HTTP."""

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.web.access import Access, session_routes
from ecgstream.web.auth import COOKIE, RENEW_S, Attempts, Gate, Logins
from ecgstream.web.codes import CodeFile
from ecgstream.web.faults import HANDLERS
from ecgstream.web.origins import Hosts
from ecgstream.web.tokens import TokenFile, make_token, screen_token
from ecgstream.web.wall_routes import wall_routes
from ecgstream.web.walls import Walls

HOME = "http://localhost:8000"


class House:
    """A server of walls. `told` is what screens were told."""

    def __init__(self, folder, *, closed=False):
        leads = tuple(Lead(n, "mV", 200.0, 0.0, "ecg", 250.0, 500, ("i2",)) for n in ("I", "II"))
        source = MemorySource()
        for name in ("a", "b"):
            source.add(
                Record(name, name, leads, None, None, None, None),
                dict.fromkeys(("I", "II"), np.zeros(500, "<i2")),
            )
        self.file, self.tokens = folder / "walls.toml", folder / "tokens"
        self.write("ICU 2")
        self.walls = Walls(source, self.file)
        self.now = 1_740_000_000.0
        self.told = []
        logins = None
        if closed:
            self.token = make_token(self.tokens, "ward-3")
            codes = CodeFile(self.tokens)
            logins = Logins(TokenFile(self.tokens), lambda: self.now, codes=codes)
        self.gate = Gate(Hosts("127.0.0.1"), logins)

        async def tell(wall, screen):
            self.told.append((wall, screen))
            return 2

        self.app = Starlette(
            routes=[
                *wall_routes(self.walls, self.gate, tell),
                *session_routes(self.gate, lambda _: None, Attempts()),
            ],
            middleware=[Middleware(Access, gate=self.gate)],
            exception_handlers=HANDLERS,
        )

    def write(self, title):
        self.file.write_text(
            f'[walls.icu-2]\ntitle = "{title}"\n[[walls.icu-2.beds]]\nlabel = "1"\nrecord = "a"\n'
        )

    def client(self):
        return TestClient(self.app, HOME)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_the_list_says_how_many_beds(house):
    said = house.client().get("/api/v1/walls").json()
    assert said == {"walls": [{"name": "icu-2", "title": "ICU 2", "beds": 1}]}


def test_a_wall_is_asked_for_again_for_nothing_until_it_changes(house):
    client = house.client()
    first = client.get("/api/v1/walls/icu-2")
    assert first.status_code == 200
    assert first.headers["etag"] == f'"{first.json()["version"]}"'
    assert first.headers["cache-control"] == "private, no-cache"
    asked = {"if-none-match": first.headers["etag"]}
    again = client.get("/api/v1/walls/icu-2", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    house.write("ICU 3")
    assert house.walls.refresh()
    other = client.get("/api/v1/walls/icu-2", headers=asked)
    assert (other.status_code, other.json()["title"]) == (200, "ICU 3")


def test_a_wall_that_is_not_there_is_a_problem(house):
    for answer in (
        house.client().get("/api/v1/walls/er"),
        house.client().post("/api/v1/walls/er/identify", json={"screen": None}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer.json()["detail"] == "there is no wall 'er'"


def test_one_is_tried_out_by_its_beds(house):
    said = house.client().get("/api/v1/wall?beds=a:II;b&title=My%20ward").json()
    assert (said["name"], said["title"]) == (None, "My ward")
    leads = [(bed["record"], [one["name"] for one in bed["leads"]]) for bed in said["beds"]]
    assert leads == [("a", ["II"]), ("b", ["I"])]
    assert said["toml"].startswith("[walls.my-ward]\n")


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("", "beds", "missing"),
        ("?beds=", "beds", "missing"),
        ("?beds=a;x", "beds", "bed 2 ('Bed 2'): there is no record 'x'"),
        ("?beds=a;b:X", "beds", "bed 2 ('Bed 2'): record 'b' has no lead 'X'"),
        ("?beds=a;b:I,I", "beds", "bed 2 ('Bed 2'): leads: a lead is named twice"),
        ("?beds=a;b:", "beds", "bed 2: expected record or record:lead,lead"),
        ("?beds=" + "a;" * 36 + "a", "beds", "expected 1 to 36 beds"),
        ("?beds=a&title=%07", "title", "expected printable characters, got U+0007"),
        ("?beds=a&bed=b", "bed", "not known here"),
        ("?beds=a&beds=b", "beds", "given more than once"),
    ],
)
def test_one_that_cannot_be_says_which_bed(house, query, field, said):
    answer = house.client().get(f"/api/v1/wall{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["detail"].startswith(f"{field}: {said}")


@pytest.mark.parametrize("screen", ["screen-3", None])
def test_screens_are_told_to_show_their_names(house, screen):
    answer = house.client().post("/api/v1/walls/icu-2/identify", json={"screen": screen})
    assert answer.json() == {"screens": 2}
    assert house.told == [("icu-2", screen)]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"screen": 1}', "application/json", 422),
        (b'{"scren": "a"}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
        (b'{"screen": null}', "text/plain", 415),
        (b'{"screen": "' + b"x" * 4_096 + b'"}', "application/json", 413),
    ],
)
def test_a_bad_question_tells_nobody(house, body, kind, status):
    answer = house.client().post(
        "/api/v1/walls/icu-2/identify", content=body, headers={"content-type": kind}
    )
    assert answer.status_code == status
    assert house.told == []


def test_the_session_of_a_screen_is_renewed_when_it_asks_for_its_wall(tmp_path):
    house = House(tmp_path, closed=True)
    client = house.client()
    code = CodeFile(house.tokens).add(screen_token(house.tokens, "screen-3", "icu-2"), house.now)
    client.post("/api/v1/session", json={"code": code})
    first = client.cookies[COOKIE]
    asked = {"if-none-match": client.get("/api/v1/walls/icu-2").headers["etag"]}
    assert client.cookies[COOKIE] == first
    house.now += RENEW_S
    answer = client.get("/api/v1/walls/icu-2", headers=asked)
    assert answer.status_code == 304
    assert "max-age=34560000" in answer.headers["set-cookie"].lower()
    assert client.cookies[COOKIE] != first
    assert "set-cookie" not in client.get("/api/v1/walls/icu-2", headers=asked).headers


def test_the_session_of_a_person_is_not(tmp_path):
    house = House(tmp_path, closed=True)
    client = house.client()
    client.post("/api/v1/session", json={"token": house.token})
    house.now += 6 * 3600
    assert "set-cookie" not in client.get("/api/v1/walls/icu-2").headers
    house.now += 6 * 3600
    assert client.get("/api/v1/walls/icu-2").status_code == 401
