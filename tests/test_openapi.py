"""The OpenAPI document says what the server does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from ecgstream.config import Settings
from ecgstream.metrics import Metrics
from ecgstream.model.annotation import Annotation
from ecgstream.model.record import Lead, Record
from ecgstream.storage.derived.beat_book import BeatBook
from ecgstream.storage.memory import MemorySource
from ecgstream.storage.written.sessions import Sessions
from ecgstream.storage.written.store import Store
from ecgstream.web.access import session_routes
from ecgstream.web.analysing import Analysing
from ecgstream.web.annotations import Imported, Sets
from ecgstream.web.app import create_app
from ecgstream.web.auth import Attempts, Gate, Logins
from ecgstream.web.beats import beat_routes
from ecgstream.web.ecg import ecg_routes
from ecgstream.web.exports import Exports, export_routes
from ecgstream.web.faults import HANDLERS
from ecgstream.web.note_files import NoteFiles
from ecgstream.web.notes import Notes
from ecgstream.web.openapi import document
from ecgstream.web.operations import operation_routes
from ecgstream.web.origins import Hosts
from ecgstream.web.reading import Reading
from ecgstream.web.records import record_routes
from ecgstream.web.session_exports import recorded_routes
from ecgstream.web.tokens import TokenFile, make_token
from ecgstream.web.wall_routes import wall_routes
from ecgstream.web.walls import Walls

DOCUMENT = document("1.2.3")
PAGES = {
    *("/favicon.ico", "/static/{path}", "/", "/review", "/compare", "/disclosure"),
    *("/wall", "/wall/{name}"),
}
KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


@pytest.fixture
def source():
    source = MemorySource()
    leads = (Lead("I", "mV", 200.0, 0.0, "ecg", 250.0, 1_000, ("i2",)),)
    samples = np.arange(1_000, dtype="<i2")
    samples[10:20] = -(2**15)
    source.add(Record("100", "P1", leads, None, None, None, None), {"I": samples})
    source.annotate("100", "atr", [Annotation(5, "N"), Annotation(9, "+", aux_note="(N")])
    return source


@pytest.fixture
def routes(source, tmp_path):
    token = make_token(tmp_path / "tokens", "a")
    gate = Gate(Hosts("127.0.0.1"), Logins(TokenFile(tmp_path / "tokens")))
    store = Store(str(tmp_path / "store.db"))
    with ThreadPoolExecutor(1) as readers:
        exports = Exports(source, readers, "1.2.3")
        yield (
            token,
            [
                *ecg_routes(source, readers),
                *record_routes(source, readers, sets=Sets(source, [Imported(source)], store)),
                *NoteFiles(
                    Reading(source, readers),
                    Sets(source, [Imported(source)], store),
                    store,
                    lambda *_: None,
                ).routes(),
                *Notes(Sets(source, [Imported(source)], store), store, lambda *_: None).routes(),
                *beat_routes(source, readers, Analysing(BeatBook(source), readers)),
                *export_routes(exports),
                *recorded_routes(Sessions(store), source, exports),
                *wall_routes(Walls(source, None), gate, tell),
                *session_routes(gate, lambda _: None, Attempts()),
                *operation_routes(Metrics(), list, DOCUMENT),
            ],
        )
    asyncio.run(store.close())


def test_what_people_write_is_as_it_says(routes):
    path = "/api/v1/records/{record}/annotations"
    one = path + "/{id}"
    fields = {"stop": 9, "lead": "I", "tags": ["x"]}
    with TestClient(Starlette(routes=routes[1], exception_handlers=HANDLERS)) as client:
        made = client.post(path.format(record="100"), json={"sample": 5, **fields})
        place = one.format(record="100", id=made.json()["id"])
        changed = client.put(place, json={"version": 1, "aux_note": "x"})
        stale = client.put(place, json={"version": 1, "aux_note": "y"})
        gone = client.delete(f"{place}?version=2")
        versions = client.get(f"{place}/history")
        client.post(path.format(record="100"), json={"sample": 5})
        read_in = client.post(
            path.format(record="100") + "/import?format=csv",
            content=b"sample\n7\n",
            headers={"content-type": "text/csv"},
        )
        listed = client.get(path.format(record="100"))
    for answer, where, method, status in [
        (made, path, "post", 201), (changed, one, "put", 200), (stale, one, "put", 409),
        (gone, one, "delete", 200), (versions, one + "/history", "get", 200),
        (listed, path, "get", 200), (read_in, path + "/import", "post", 201),
    ]:  # fmt: skip
        assert answer.status_code == status, answer.text
        said = DOCUMENT["paths"][where][method]["responses"][str(status)]["content"]
        kind = answer.headers["content-type"]
        conforms(answer.json(), said[kind]["schema"])
    written = listed.json()["sets"][1]
    assert (written["name"], len(written["annotations"])) == ("notes", 2)
    conforms(written, DOCUMENT["components"]["schemas"]["NoteSet"])


async def tell(_wall, _screen):
    return 2


def conforms(value, schema, where="$"):
    """Check `value` against the part of JSON Schema that the document uses."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        conforms(value, DOCUMENT["components"]["schemas"][name], where)
    for part in schema.get("allOf", ()):
        conforms(value, part, where)
    if "anyOf" in schema:
        kinds = [part.get("type") for part in schema["anyOf"]]
        assert any(kind is None or isinstance(value, KINDS[kind]) for kind in kinds), where
    if "enum" in schema:
        assert value in schema["enum"], where
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        assert any(isinstance(value, KINDS[kind]) for kind in kinds), (where, value, kinds)
    for name in schema.get("required", ()):
        assert name in value, f"{where}.{name}"
    for name, part in schema.get("properties", {}).items():
        if name in value:
            conforms(value[name], part, f"{where}.{name}")
    if isinstance(schema.get("additionalProperties"), dict):
        for name in set(value) - set(schema.get("properties", {})):
            conforms(value[name], schema["additionalProperties"], f"{where}.{name}")
    if isinstance(schema.get("items"), dict):
        for number, item in enumerate(value):
            conforms(item, schema["items"], f"{where}[{number}]")


def said(route):
    """The path of a route as OpenAPI writes it."""
    return route.path.replace(":path}", "}")


def test_every_route_is_in_it_and_every_operation_is_a_route(routes):
    served = {
        (said(route), method.lower()) for route in routes[1] for method in route.methods - {"HEAD"}
    }
    known = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    elsewhere = {("/api/v1/stream", "get"), ("/docs", "get"), ("/login", "get")}
    assert known - elsewhere == served


def test_the_app_serves_nothing_that_is_not_in_it(source):
    routes = create_app(Settings(data=[]), source).routes
    served = {said(route) for route in routes if isinstance(route, Route)} - PAGES
    assert served
    assert served <= set(DOCUMENT["paths"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/ecg", "?record=100&lead=I&duration=1"),
        ("/api/v1/records", "?limit=1"),
        ("/api/v1/records/{record}", ""),
        ("/api/v1/records/{record}/window", "?stop=50"),
        ("/api/v1/records/{record}/envelope", "?columns=8"),
        ("/api/v1/records/{record}/annotations", ""),
        ("/api/v1/records/{record}/beats", ""),
        ("/api/v1/records/{record}/beats", "?columns=4"),
        ("/api/v1/records/{record}/agreement", "?a=atr&b=atr&cells=N/N"),
        ("/api/v1/records/{record}/overlays/{set}/next", "?errors_against=atr&cells=N/N"),
        ("/api/v1/records/{record}/overlays/{set}/next", "?labels=V"),
        ("/api/v1/records/{record}/overlays", ""),
        ("/api/v1/records/{record}/quality", ""),
        ("/api/v1/walls", ""),
        ("/api/v1/walls/{name}", ""),
        ("/api/v1/wall", "?beds=100"),
        ("/healthz", ""),
        ("/readyz", ""),
        ("/openapi.json", ""),
    ],
)
def test_answers_are_as_it_says(routes, path, query):
    with TestClient(Starlette(routes=routes[1], exception_handlers=HANDLERS)) as client:
        answer = client.get(path.format(record="100", name="demo", set="atr") + query)
    assert answer.status_code == 200
    said = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]
    conforms(answer.json(), said["application/json"]["schema"])


def test_how_many_screens_were_told_is_as_it_says(routes):
    path = "/api/v1/walls/{name}/identify"
    with TestClient(Starlette(routes=routes[1], exception_handlers=HANDLERS)) as client:
        answer = client.post(path.format(name="demo"), json={"screen": None})
    said = DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]
    conforms(answer.json(), said["application/json"]["schema"])


def test_a_login_is_as_it_says(routes):
    token, served = routes
    with TestClient(Starlette(routes=served), "http://localhost") as client:
        answer = client.post("/api/v1/session", json={"token": token})
    said = DOCUMENT["paths"]["/api/v1/session"]["post"]["responses"]["200"]["content"]
    conforms(answer.json(), said["application/json"]["schema"])


def test_sessions_are_as_it_says(routes):
    path = "/api/v1/sessions"
    begun = {"session": "11111111-1111-4111-8111-111111111111", "record": "100"}
    with TestClient(Starlette(routes=routes[1], exception_handlers=HANDLERS)) as client:
        answers = {
            (path, "post", "201"): client.post(path, json=begun),
            (path, "get", "200"): client.get(f"{path}?record=100"),
            ("/api/v1/sessions/{session}/events", "post", "200"): client.post(
                f"{path}/{begun['session']}/events?after=0", json={"events": [], "until": 5}
            ),
            ("/api/v1/sessions/{session}", "put", "200"): client.put(
                f"{path}/{begun['session']}", json={"title": "t"}
            ),
        }
    for (where, method, status), answer in answers.items():
        assert answer.status_code == int(status), answer.text
        said = DOCUMENT["paths"][where][method]["responses"][status]["content"]
        conforms(answer.json(), said["application/json"]["schema"])


def test_errors_are_as_it_says(routes):
    with TestClient(Starlette(routes=routes[1], exception_handlers=HANDLERS)) as client:
        for path in ("/api/ecg", "/nothing", "/api/v1/records?limit=0"):
            conforms(client.get(path).json(), DOCUMENT["components"]["schemas"]["Problem"])


@pytest.mark.parametrize(
    "wrong", [{"record": 1}, {"leads": "I"}, {"samples": {"I": ["1"]}}, {"fs": None}]
)
def test_the_check_itself_would_see_a_wrong_answer(routes, wrong):
    with TestClient(Starlette(routes=routes[1])) as client:
        window = client.get("/api/v1/records/100/window?stop=5").json()
    with pytest.raises(AssertionError):
        conforms(window | wrong, DOCUMENT["components"]["schemas"]["Window"])


def test_every_reference_leads_somewhere():
    schemas = DOCUMENT["components"]["schemas"]

    def references(value):
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in references(DOCUMENT):
        _, _, kind, name = reference.split("/")
        assert name in (schemas if kind == "schemas" else DOCUMENT["components"][kind])


def test_every_parameter_in_a_path_is_required_and_named():
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            for parameter in operation["parameters"]:
                assert (parameter["in"] == "path") == (f"{{{parameter['name']}}}" in path)
                assert parameter["in"] != "path" or parameter["required"]
