"""Errors to HTTP status and close code."""

import logging

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ecgstream import errors
from ecgstream.web import faults
from ecgstream.wire.commands import Unreadable

RAISED = {
    "lead": errors.LeadNotFound("100", "V9", ["MLII", "V5"]),
    "field": errors.QueryError("start", "expected a whole number"),
    "limit": errors.LimitReached("full"),
    "corrupt": errors.SourceCorrupt("bad page", path="/srv/secret/100.parquet", column="MLII"),
    "mistake": ZeroDivisionError("secret"),
    "teapot": HTTPException(418),
    "unchanged": HTTPException(304),
}


@pytest.fixture
def client():
    async def fail(request):
        raise RAISED[request.path_params["what"]]

    app = Starlette(
        routes=[
            Route("/fine", lambda _: Response("fine")),
            Route("/{what}", fail),
        ],
        middleware=[Middleware(faults.LastResort)],
        exception_handlers=faults.HANDLERS,
    )
    with TestClient(app) as client:
        yield client


def test_every_answer_is_a_problem_document_with_its_code(client):
    answer = client.get("/lead")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "record '100' has no lead 'V9'; it has MLII, V5",
        "code": "lead_not_found",
    }


def test_a_bad_parameter_is_named(client):
    answer = client.get("/field")
    assert (answer.status_code, answer.json()["field"]) == (422, "start")


def test_who_may_come_back_is_told_when(client):
    answer = client.get("/limit")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["retry_after_ms"] == 5_000
    assert answer.json()["retryable"] is True


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/a/b", 404, "not_found"),
        ("POST", "/fine", 405, "method_not_allowed"),
        ("GET", "/teapot", 418, "bad_field"),
    ],
)
def test_what_starlette_refuses_is_a_problem_too(client, method, path, status, code):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    if status == 405:
        assert "GET" in answer.headers["allow"]


def test_not_modified_has_no_body(client):
    answer = client.get("/unchanged")
    assert (answer.status_code, answer.content) == (304, b"")


def test_our_own_mistake_is_logged_once_and_leaks_nothing(client, caplog):
    with caplog.at_level(logging.INFO):
        answer = client.get("/mistake")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert [
        record.exc_info is not None for record in caplog.records if "failed" in record.message
    ] == [True]
    assert "ZeroDivisionError: secret" in caplog.text


async def test_half_an_answer_is_not_ended_as_if_it_were_whole(caplog):
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ZeroDivisionError

    async def send(message):
        sent.append(message)

    await faults.LastResort(app)({"type": "http", "method": "GET", "path": "/"}, None, send)
    assert sent[-1]["more_body"] is True
    assert "ZeroDivisionError" in caplog.text


def test_the_path_of_a_file_is_for_the_log_not_for_the_client(client, caplog):
    answer = client.get("/corrupt")
    assert (answer.status_code, answer.json()["code"]) == (500, "corrupt")
    assert answer.json()["detail"] == "column 'MLII': bad page"
    assert "/srv/secret/100.parquet" in caplog.text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotLoggedIn("no session"), 4401),
        (errors.Forbidden("foreign"), 4403),
        (errors.LimitReached("full"), 4429),
        (errors.RateLimited(10, 1000), 4400),
        (Unreadable("text"), 4400),
        (ZeroDivisionError(), 1011),
        (errors.SourceCorrupt("bad"), 1011),
    ],
)
def test_an_error_that_ends_a_socket_has_its_close_code(error, code):
    assert faults.close_of(error) == code


def test_every_error_of_the_tree_has_a_status():
    def kinds(kind):
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    for kind in kinds(errors.EcgstreamError):
        assert faults.status_of(kind.__new__(kind)) in {
            400,
            401,
            403,
            404,
            406,
            409,
            413,
            422,
            429,
            500,
            501,
            503,
        }
