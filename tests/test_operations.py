"""Health, readiness, metrics."""

import asyncio
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from ecgstream.metrics import Metrics
from ecgstream.viewer.admission import LATENESS_S, Strain
from ecgstream.web.faults import HANDLERS
from ecgstream.web.operations import Measured, operation_routes


class Ticks:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 0.25
        return self.now


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def hindrances():
    return []


@pytest.fixture
def client(metrics, hindrances):
    async def broken(request):
        raise ZeroDivisionError

    app = Starlette(
        routes=[
            *operation_routes(metrics, lambda: hindrances, {"openapi": "3.1.0"}),
            Route("/records/{record}", lambda _: Response("x")),
            Route("/broken", broken),
        ],
        middleware=[Middleware(Measured, metrics=metrics, now=Ticks())],
        exception_handlers=HANDLERS,
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_it_lives(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_starts_no_thread(client, monkeypatch):
    client.get("/healthz")
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread was started"))
    assert client.get("/healthz").status_code == 200


def test_it_is_ready_until_something_stands_in_the_way(client, hindrances):
    assert client.get("/readyz").json() == {"status": "ready"}
    hindrances.extend(["draining", "no records"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["draining", "no records"])
    assert answer.json()["detail"] == "draining; no records"


def test_the_document_is_served(client):
    assert client.get("/openapi.json").json() == {"openapi": "3.1.0"}


def read(client):
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [s for family in text_string_to_metric_families(answer.text) for s in family.samples]
    return {(s.name, *sorted(s.labels.items())): s.value for s in samples}


def test_requests_are_counted_by_route_and_not_by_record(client):
    for record in ("100", "101"):
        client.get(f"/records/{record}")
    client.get("/nothing/at/all")
    client.get("/broken")
    client.request("BREW", "/healthz")
    said = read(client)

    def count(method, route, status):
        labels = (("method", method), ("route", route), ("status", status))
        return said["ecgstream_http_request_seconds_count", *labels]

    assert count("GET", "/records/{record}", "200") == 2
    assert count("GET", "none", "404") == 1
    assert count("other", "/healthz", "405") == 1
    assert not any("101" in str(key) for key in said)
    labels = (("method", "GET"), ("route", "/records/{record}"), ("status", "200"))
    assert said["ecgstream_http_request_seconds_sum", *labels] == 0.5


def test_numbers_kept_elsewhere_are_read_when_asked(client, metrics):
    kept = {"frames": 3, "viewers": 7}
    metrics.counted("ecgstream_frames", "Frames sent.", lambda: kept["frames"])
    metrics.gauged("ecgstream_viewers", "Open sockets.", lambda: kept["viewers"])
    assert read(client)["ecgstream_frames_total",] == 3
    kept.update(frames=5, viewers=6)
    said = read(client)
    assert (said["ecgstream_frames_total",], said["ecgstream_viewers",]) == (5, 6)


def test_the_process_is_measured_and_each_application_for_itself(client, metrics):
    strain = Strain()
    strain.observe(0.003, 1.0)
    metrics.spread(
        "ecgstream_wheel_lateness_seconds", "Late.", LATENESS_S, lambda: (strain.counts, strain.sum)
    )
    held = {"behind": 2}
    metrics.by("ecgstream_clocks_held", "Clocks held.", "why", lambda: held, ["loading", "behind"])
    said = read(client)
    assert said["process_resident_memory_bytes",] > 1e6
    assert said["ecgstream_wheel_lateness_seconds_bucket", ("le", "0.005")] == 1
    assert said["ecgstream_wheel_lateness_seconds_bucket", ("le", "0.002")] == 0
    assert said["ecgstream_wheel_lateness_seconds_count",] == 1
    assert said["ecgstream_wheel_lateness_seconds_sum",] == 0.003
    assert said["ecgstream_clocks_held_total", ("why", "behind")] == 2
    assert said["ecgstream_clocks_held_total", ("why", "loading")] == 0
    assert b"ecgstream_clocks_held" not in asyncio.run(Metrics().exposition())
