"""Tokens, sessions and who is let in, before any endpoint."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse

from ecgstream.errors import NotLoggedIn, TooManyLogins
from ecgstream.web.access import Access, local_path, session_routes
from ecgstream.web.auth import (
    ANONYMOUS,
    COOKIE,
    RENEW_S,
    SCREEN_LIFETIME_S,
    Attempts,
    Gate,
    Logins,
)
from ecgstream.web.codes import LIFETIME_S as CODE_S
from ecgstream.web.codes import CodeFile
from ecgstream.web.endings import EndedFile
from ecgstream.web.faults import HANDLERS
from ecgstream.web.origins import Hosts
from ecgstream.web.tokens import TokenFile, make_token, screen_token

HOME = "http://localhost:8000"
AWAY = "https://ecg.ward.example"


class Time:
    def __init__(self, now=1_740_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


class House:
    """An app with a door, its parts in reach."""

    def __init__(self, path, *, closed=True):
        self.path = path
        self.token = make_token(path, "ward-3")
        self.time = Time()
        self.ended = []
        self.restart(closed)

    def restart(self, closed=True):
        self.logins = None
        if closed:
            codes, ended = CodeFile(self.path), EndedFile(self.path)
            self.logins = Logins(TokenFile(self.path), self.time, ended=ended, codes=codes)
        self.gate = Gate(Hosts("127.0.0.1", ["ecg.ward.example"]), self.logins)
        self.attempts = Attempts(self.time)

        async def who(request):
            identity = request.scope.get("identity")
            return JSONResponse(identity and identity.user)

        async def socket(websocket):
            await websocket.accept()
            await websocket.close()

        self.app = Starlette(
            routes=[
                *session_routes(self.gate, self.ended.append, self.attempts),
                *(Route(path, who) for path in ("/", "/review", "/healthz", "/login", "/metrics")),
                Route("/api/v1/records", who),
                Route("/api/v1/records/{record}", who),
                Route("/api/v1/walls", who),
                Route("/api/v1/walls/{name}", who),
                Route("/api/v1/walls/{name}/identify", who, methods=["POST"]),
                Route("/api/v1/wall", who),
                Route("/wall", who),
                Route("/wall/{name}", who),
                Route("/static/style.css", who),
                WebSocketRoute("/api/v1/stream", socket),
            ],
            middleware=[Middleware(Access, gate=self.gate)],
            exception_handlers=HANDLERS,
        )

    def client(self, base=HOME):
        return TestClient(self.app, base, follow_redirects=False)

    def code(self, name="screen-3", wall="icu-2"):
        """Return a one-time code, made by another process."""
        return CodeFile(self.path).add(screen_token(self.path, name, wall), self.time())

    def screen(self, client=None):
        """Return a client that was logged in by a code."""
        client = client or self.client()
        assert client.post("/api/v1/session", json={"code": self.code()}).status_code == 200
        return client

    def revoke(self, name):
        lines = self.path.read_text().splitlines(keepends=True)
        self.path.write_text("".join(line for line in lines if not line.startswith(name)))
        assert self.logins.refresh()

    def log_in(self, client, token=None, **options):
        return client.post("/api/v1/session", json={"token": token or self.token}, **options)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path / "tokens")


def bearer(token):
    return {"authorization": f"Bearer {token}"}


def test_without_a_login_the_api_says_401_and_how(house):
    answer = house.client().get("/api/v1/records")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_bearer_token_is_let_in(house):
    answer = house.client().get("/api/v1/records", headers=bearer(house.token))
    assert (answer.status_code, answer.json()) == (200, "ward-3")


@pytest.mark.parametrize(
    "said", ["Bearer x", "Bearer", "Basic {}", "{}", "Bearer {}x", "Bearer \u00e4"]
)
def test_another_authorization_is_not(house, said):
    headers = {"authorization": said.format(house.token).encode("latin-1")}
    assert house.client().get("/api/v1/records", headers=headers).status_code == 401


def test_a_token_in_the_query_string_counts_for_nothing(house):
    answer = house.client().get(f"/api/v1/records?token={house.token}&access_token={house.token}")
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/login", "/static/style.css", "/wall/icu-2"])
def test_some_paths_need_no_login(house, path):
    assert house.client().get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/healthz/",
        "/static",
        "/login/x",
        "/nothing",
        "/disclosure",
        "/wall",
        "/api/v1/walls",
        "/api/v1/walls/icu-2",
    ],
)
def test_all_others_do_even_those_that_are_not_there(house, path):
    assert house.client().get(path).status_code == 401


def test_a_browser_is_sent_to_the_login_page_which_leads_back(house):
    accept = {"accept": "text/html,*/*;q=0.8"}
    answer = house.client().get("/review?record=100&lead=I%2FII", headers=accept)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/review%3Frecord%3D100%26lead%3DI%252FII"
    assert house.client().get("/api/v1/records", headers=accept).status_code == 401
    assert house.client().post("/review", headers=accept).status_code == 401


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "\\/x", "evil", "", "/\t/x", "https://x"]
)
def test_the_way_back_never_leads_away(path):
    assert local_path(path) == "/"


def test_a_local_path_is_kept():
    assert local_path("/review?record=100#x") == "/review?record=100#x"


def test_a_token_is_traded_for_a_session(house):
    client = house.client()
    answer = house.log_in(client)
    assert answer.status_code == 200
    assert answer.json() == {"user": "ward-3", "expires": 1_740_000_000 + 12 * 3600}
    assert client.get("/api/v1/records").json() == "ward-3"
    assert house.token not in str(answer.headers)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house):
    said = house.log_in(house.client()).headers["set-cookie"]
    kinds = {part.strip().lower() for part in said.split(";")[1:]}
    assert kinds == {"httponly", "samesite=strict", "path=/", "max-age=43200"}
    said = house.log_in(house.client(AWAY)).headers["set-cookie"]
    assert "secure" in {part.strip().lower() for part in said.split(";")[1:]}


def test_a_session_survives_a_restart(house):
    client = house.client()
    cookie = house.log_in(client).cookies[COOKIE]
    house.restart()
    assert (
        house.client().get("/api/v1/records", headers={"cookie": f"{COOKIE}={cookie}"}).status_code
        == 200
    )


def test_a_session_dies_with_its_token(house):
    client = house.client()
    house.log_in(client)
    make_token(house.path, "other")
    assert house.logins.refresh()
    assert client.get("/api/v1/records").status_code == 200
    lines = house.path.read_text().splitlines(keepends=True)
    house.path.write_text("".join(line for line in lines if not line.startswith("ward-3")))
    assert house.logins.refresh()
    assert client.get("/api/v1/records").status_code == 401


def test_a_new_token_of_the_old_name_does_not_revive_it(house):
    client = house.client()
    house.log_in(client)
    login = house.logins.of_token(house.token).login
    house.path.unlink()
    make_token(house.path, "ward-3")
    assert house.logins.stands(login)
    house.logins.refresh()
    assert not house.logins.stands(login)
    assert client.get("/api/v1/records").status_code == 401


def test_a_session_ends_by_itself(house):
    client = house.client()
    cookie = house.log_in(client).cookies[COOKIE]
    login = house.logins.of_cookie(cookie).login
    house.time.now += 12 * 3600 - 1
    assert house.gate.stands(login)
    house.time.now += 1
    assert not house.gate.stands(login)
    with pytest.raises(NotLoggedIn):
        house.logins.of_cookie(cookie)


def test_logging_out_ends_the_session_and_tells_its_sockets(house):
    client = house.client()
    cookie = house.log_in(client).cookies[COOKIE]
    login = house.logins.of_cookie(cookie).login
    answer = client.delete("/api/v1/session")
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert house.ended == [login]
    assert not house.gate.stands(login)
    kept = house.client().get("/api/v1/records", headers={"cookie": f"{COOKIE}={cookie}"})
    assert kept.status_code == 401


def test_one_session_ends_alone(house):
    one, other = house.client(), house.client()
    house.log_in(one)
    house.log_in(other)
    one.delete("/api/v1/session")
    assert other.get("/api/v1/records").status_code == 200


def test_logging_out_without_a_session_is_fine(house):
    assert house.client().delete("/api/v1/session").status_code == 204
    assert house.client().delete("/api/v1/session", headers=bearer(house.token)).status_code == 204
    assert house.ended == []
    assert house.gate.stands(house.logins.of_token(house.token).login)


def test_ended_sessions_are_forgotten_when_they_would_have_expired(house):
    for _ in range(3):
        house.logins.end(house.logins.open(house.token).identity.login)
    assert len(house.logins._ended) == 3
    house.time.now += 12 * 3600 + 1
    house.logins.end(house.logins.open(house.token).identity.login)
    assert len(house.logins._ended) == 1


def forged(cookie):
    name, session, expiry, signature = cookie.split(":")
    yield f"{name}:{session}:{int(expiry) + 1}:{signature}"
    yield f"{name}:{session[:-1]}0x:{expiry}:{signature}"
    yield f"other:{session}:{expiry}:{signature}"
    yield f"{name}:{session}:{expiry}:{signature[:-1]}"
    yield f"{name}:{session}:{expiry}:"
    yield f"{name}:{session}:{expiry}:{'0' * 64}"
    yield f"{name}:{session}:{expiry}:\u00e4"
    yield f"{name}:{session}::{signature}"
    yield f"{name}:{session}:\u00b2:{signature}"
    yield f"{name}:{session}:-1:{signature}"
    yield from ("", ":", ":::", "::::::", name, "x" * 5000)


def test_no_forged_cookie_is_let_in(house):
    cookie = house.log_in(house.client()).cookies[COOKIE]
    assert house.logins.of_cookie(cookie).user == "ward-3"
    for wrong in forged(cookie):
        with pytest.raises(NotLoggedIn):
            house.logins.of_cookie(wrong)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"token": "ecgs_wrong"}', "application/json", 401),
        (b'{"token": 1}', "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"token": "x", "more": 1}', "application/json", 422),
        (b'{"code": "x"}', "application/json", 401),
        (b'{"code": 1}', "application/json", 422),
        (b'{"code": null, "token": null}', "application/json", 422),
        (b'{"code": "x", "token": "x"}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{", "application/json", 422),
        (b"\xff", "application/json", 422),
        (b"[" * 4_000, "application/json", 422),
        (b'{"token": "\\ud800"}', "application/json; charset=utf-8", 422),
        (b"x" * 4_097, "application/json", 413),
        (b"token=x", "application/x-www-form-urlencoded", 415),
        (b'{"token": "x"}', "text/plain", 415),
    ],
)  # fmt: skip
def test_a_bad_login_is_refused(house, body, kind, status):
    answer = house.client().post("/api/v1/session", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "set-cookie" not in answer.headers


def test_failed_logins_are_slowed_down_for_their_address_only(house):
    client = house.client()
    statuses = [house.log_in(client, "wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = house.log_in(client, "wrong")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "6")
    elsewhere = TestClient(house.app, HOME, client=("10.0.0.9", 1))
    assert house.log_in(elsewhere, "wrong").status_code == 401
    house.time.now += 6
    assert house.log_in(client, "wrong").status_code == 401


def test_who_has_a_token_is_not_kept_out_by_a_neighbour_who_has_none(house):
    client = house.client()
    for _ in range(20):
        house.log_in(client, "wrong")
    assert house.log_in(client).status_code == 200


def test_an_ipv6_network_counts_as_one_address(house):
    for number in range(10):
        house.log_in(TestClient(house.app, HOME, client=(f"2001:db8::{number}", 1)), "wrong")
    near = TestClient(house.app, HOME, client=("2001:db8::ff", 1))
    far = TestClient(house.app, HOME, client=("2001:db8:1::", 1))
    assert house.log_in(near, "wrong").status_code == 429
    assert house.log_in(far, "wrong").status_code == 401


def test_only_so_many_addresses_are_remembered():
    attempts = Attempts(Time())
    attempts.ADDRESSES = 3
    for address in "abcd":
        for _ in range(10):
            attempts.failed(address)
    attempts.check("a")
    with pytest.raises(TooManyLogins):
        attempts.check("b")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_a_foreign_origin_or_host_is_403_whoever_asks(house, method):
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "evil.example"},
    ):
        answer = house.client().request(
            method, "/api/v1/session", headers=headers | bearer(house.token)
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_our_own_origin_is_welcome(house):
    assert house.log_in(house.client(), headers={"origin": HOME}).status_code == 200


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_a_foreign_handshake_is_denied_before_any_accept(house, headers):
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        house.client().websocket_connect("/api/v1/stream", headers=headers | bearer(house.token)),
    ):
        pass
    assert denied.value.status_code == 403


def test_any_other_handshake_is_for_the_endpoint_to_judge(house):
    with house.client().websocket_connect(f"{HOME.replace('http', 'ws')}/api/v1/stream"):
        pass


async def test_a_server_that_knows_no_denials_closes(house):
    sent = []

    async def send(message):
        sent.append(message)

    await Access(None, house.gate)({"type": "websocket", "headers": [], "path": "/"}, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_where_nobody_logs_in_everybody_is_anonymous(tmp_path):
    house = House(tmp_path / "tokens", closed=False)
    client = house.client()
    assert client.get("/api/v1/records").json() == "anonymous"
    assert client.get("/review", headers={"accept": "text/html"}).status_code == 200
    assert house.log_in(client).status_code == 404
    assert client.delete("/api/v1/session").status_code == 204
    assert house.gate.identify({"headers": []}) == ANONYMOUS
    assert house.gate.stands(ANONYMOUS.login)
    assert client.get("/review", headers={"host": "evil.example"}).status_code == 403


# Screens.


def test_a_code_is_traded_for_a_session_of_400_days_once(house):
    client, code = house.client(), house.code()
    answer = client.post("/api/v1/session", json={"code": code})
    assert answer.json() == {"user": "screen-3", "expires": 1_740_000_000 + SCREEN_LIFETIME_S}
    assert "max-age=34560000" in answer.headers["set-cookie"].lower()
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert client.get("/api/v1/walls/icu-2").json() == "screen-3"
    again = house.client().post("/api/v1/session", json={"code": code})
    assert (again.status_code, again.json()["code"]) == (401, "unauthorized")
    assert code not in str(answer.headers) + answer.text + again.text


def test_a_code_is_good_on_one_of_two_servers(house, tmp_path):
    code = house.code()
    here = house.client()
    house.restart()
    there = house.client()
    assert there.post("/api/v1/session", json={"code": code}).status_code == 200
    assert here.post("/api/v1/session", json={"code": code}).status_code == 401
    assert here.post("/api/v1/session", json={"code": house.code()}).status_code == 200


def test_a_code_is_not_good_for_longer_than_a_quarter_of_an_hour(house):
    code = house.code()
    house.time.now += CODE_S
    assert house.client().post("/api/v1/session", json={"code": code}).status_code == 401


def test_a_code_is_no_token_and_a_token_no_code(house):
    client = house.client()
    assert client.post("/api/v1/session", json={"token": house.code()}).status_code == 401
    assert client.post("/api/v1/session", json={"code": house.token}).status_code == 401
    assert client.get("/api/v1/walls/icu-2", headers=bearer(house.code())).status_code == 401


def test_who_guesses_codes_is_not_even_heard_after_ten(house):
    client = house.client()

    def tries(code):
        return client.post("/api/v1/session", json={"code": code}).status_code

    assert [tries("AAAA-AAAA-AAAA") for _ in range(11)] == [401] * 10 + [429]
    code = house.code()
    assert tries(code) == 429
    elsewhere = TestClient(house.app, HOME, client=("10.0.0.9", 1))
    assert elsewhere.post("/api/v1/session", json={"code": code}).status_code == 200
    house.time.now += 6
    assert tries(house.code()) == 200


def test_guesses_of_codes_and_of_tokens_are_counted_together(house):
    client = house.client()
    for _ in range(10):
        house.log_in(client, "wrong")
    assert client.post("/api/v1/session", json={"code": "x"}).status_code == 429


def test_right_codes_do_not_count(house):
    client = house.client()
    for _ in range(30):
        assert client.post("/api/v1/session", json={"code": house.code()}).status_code == 200
    assert [house.log_in(client, "wrong").status_code for _ in range(11)] == [401] * 10 + [429]


def test_a_code_that_cannot_be_taken_out_of_its_file_is_503_and_logged(house, monkeypatch, caplog):
    client, code = house.client(), house.code()

    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(house.path))

    with monkeypatch.context() as patched:
        patched.setattr("ecgstream.web.beside.os.open", refuse)
        answer = client.post("/api/v1/session", json={"code": code})
    assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)
    assert str(house.path) not in answer.text
    assert "Permission denied; a code cannot be used" in caplog.text
    assert code not in caplog.text
    assert client.post("/api/v1/session", json={"code": code}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/walls/icu-2", 200),
        ("HEAD", "/api/v1/walls/icu-2", 200),
        ("GET", "/wall/icu-2", 200),
        ("GET", "/static/style.css", 200),
        ("GET", "/healthz", 200),
        ("GET", "/", 403),
        ("GET", "/review", 403),
        ("GET", "/wall", 403),
        ("GET", "/metrics", 403),
        ("GET", "/nothing", 403),
        ("GET", "/api/v1/wall?beds=100", 403),
        ("GET", "/api/v1/walls", 403),
        ("GET", "/api/v1/walls/", 403),
        ("GET", "/api/v1/walls/icu-2/", 403),
        ("GET", "/api/v1/walls/icu-3", 404),
        ("GET", "/api/v1/walls/icu-3/identify", 404),
        ("POST", "/api/v1/walls/icu-3/identify", 404),
        ("POST", "/api/v1/walls/icu-2/identify", 403),
        ("POST", "/api/v1/walls/icu-2", 403),
        ("GET", "/api/v1/records", 403),
        ("GET", "/api/v1/records/100-pq", 404),
        ("GET", "/api/v1/records/100-pq/window", 404),
        ("GET", "/api/v1/records/100-pq/outline", 404),
        ("GET", "/api/v1/records/100-pq/tiles/1/II/1/0", 404),
        ("GET", "/api/v1/records/nobody", 404),
        ("GET", "/api/v1/records/100-pq/annotations", 404),
        ("GET", "/api/v1/records/100-pq/annotations/export?set=notes&format=json", 404),
        ("POST", "/api/v1/records/100-pq/annotations", 403),
        ("POST", "/api/v1/records/nobody/annotations", 403),
        ("PUT", "/api/v1/records/100-pq/annotations/1", 403),
        ("DELETE", "/api/v1/records/100-pq/annotations/1", 403),
    ],
)
def test_a_screen_may_ask_for_its_wall_and_nothing_else(house, method, path, status):
    """Not even a record that its wall shows: the stream alone has those."""
    answer = house.screen().request(method, path, headers={"accept": "text/html"})
    assert answer.status_code == status
    if status >= 400 and method != "HEAD":
        assert answer.json()["code"] == {403: "forbidden", 404: "not_found"}[status]


def test_a_bearer_with_the_token_of_a_screen_is_as_narrow(house):
    token = make_token(house.path, "screen-9", wall="icu-2")
    house.logins.refresh()
    client = house.client()
    assert client.get("/api/v1/walls/icu-2", headers=bearer(token)).status_code == 200
    assert client.get("/api/v1/records", headers=bearer(token)).status_code == 403
    assert house.log_in(client, token).json()["expires"] == 1_740_000_000 + SCREEN_LIFETIME_S
    assert client.get("/api/v1/records").status_code == 403


def test_a_record_that_is_there_and_one_that_is_not_are_answered_alike(house):
    client = house.screen()
    answers = [client.get(f"/api/v1/records/{record}").json() for record in ("100", "999")]
    assert answers[0] | {"detail": "there is no record '999'"} == answers[1]


def test_the_session_of_a_screen_dies_with_its_token(house):
    client = house.screen()
    login = house.logins.of_cookie(client.cookies[COOKIE]).login
    assert house.gate.stands(login)
    house.revoke("screen-3")
    assert not house.gate.stands(login)
    assert client.get("/api/v1/walls/icu-2").status_code == 401


def test_a_token_that_is_given_another_wall_or_none_takes_no_session_along(house):
    client = house.screen()
    login = house.logins.of_cookie(client.cookies[COOKIE]).login
    text = house.path.read_text()
    for bound in (" wall=icu-3", ""):
        house.path.write_text(text.replace(" wall=icu-2", bound))
        assert house.logins.refresh()
        assert not house.gate.stands(login)
        assert client.get("/api/v1/walls/icu-2").status_code == 401
        assert client.get("/api/v1/records").status_code == 401


def test_a_session_is_renewed_when_it_is_a_day_old_and_not_before(house):
    screen, person = house.screen(), house.client()
    identity = house.logins.of_cookie(screen.cookies[COOKIE])
    assert house.logins.renewed(identity) is None
    house.time.now += RENEW_S
    opened = house.logins.renewed(identity)
    assert opened.expiry == house.time.now + SCREEN_LIFETIME_S
    assert house.logins.of_cookie(opened.cookie) == opened.identity
    assert house.logins.renewed(opened.identity) is None
    house.time.now += SCREEN_LIFETIME_S - 1
    assert house.gate.stands(opened.identity.login)
    assert not house.gate.stands(identity.login)
    house.log_in(person)
    assert house.logins.renewed(house.logins.of_cookie(person.cookies[COOKIE])) is None
    assert house.logins.renewed(ANONYMOUS) is None


def test_a_logout_ends_every_cookie_that_a_session_was_renewed_to_everywhere(house):
    screen = house.screen()
    first = house.logins.of_cookie(screen.cookies[COOKIE])
    house.time.now += RENEW_S
    renewed = house.logins.renewed(first)
    assert screen.delete("/api/v1/session").status_code == 204
    house.time.now += SCREEN_LIFETIME_S - 1
    # Another logout sweeps out what has expired by now, here and in the file.
    person = house.client()
    house.log_in(person)
    person.delete("/api/v1/session")
    assert not house.gate.stands(renewed.identity.login)
    house.restart()
    assert not house.gate.stands(renewed.identity.login)


def test_a_long_ending_does_not_keep_the_short_ones_in_mind(house):
    house.screen().delete("/api/v1/session")
    house.logins.end(house.logins.open(house.token).identity.login)
    assert len(house.logins._ended) == 2
    house.time.now += 12 * 3600 + 1
    house.logins.end(house.logins.open(house.token).identity.login)
    assert len(house.logins._ended) == 2
