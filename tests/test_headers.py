"""What every answer tells the browser."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ecgstream.web.faults import HANDLERS, LastResort
from ecgstream.web.headers import DOCUMENT, SECURITY, Headers


@pytest.fixture
def client():
    async def plain(request):
        return Response("x")

    async def kept(request):
        return Response(
            "x", headers={"Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
        )

    async def broken(request):
        raise ZeroDivisionError

    async def part(request):
        return Response("x", media_type=f"text/{request.path_params['kind']}")

    app = Starlette(
        routes=[
            Route("/static/part.{kind}", part),
            Route("/plain", plain),
            Route("/static/x", plain),
            Route("/kept", kept),
            Route("/broken", broken),
        ],
        middleware=[Middleware(Headers), Middleware(LastResort)],
        exception_handlers=HANDLERS,
    )
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("path", ["/plain", "/nothing", "/broken", "/static/x"])
def test_every_answer_is_guarded_errors_too(client, path):
    headers = client.get(path).headers
    for name, value in (SECURITY | DOCUMENT).items():
        assert headers[name.decode()] == value.decode()
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("kind", "document"), [("javascript", False), ("css", False), ("html", True), ("plain", True)]
)
def test_the_many_parts_of_a_page_say_only_what_a_part_obeys(client, kind, document):
    names = set(client.get(f"/static/part.{kind}").headers)
    assert {name.decode() for name in SECURITY} <= names
    assert ({name.decode() for name in DOCUMENT} & names != set()) == document


@pytest.mark.parametrize(
    ("path", "cache"),
    [("/plain", "no-store"), ("/nothing", "no-store"), ("/broken", "no-store"),
     ("/static/x", "no-cache"), ("/kept", "private, no-cache")],
)  # fmt: skip
def test_nothing_is_stored_unless_the_answer_says_so(client, path, cache):
    assert client.get(path).headers.get_list("cache-control") == [cache]


def test_what_an_answer_says_itself_stands(client):
    assert client.get("/kept").headers.get_list("referrer-policy") == ["no-referrer"]
