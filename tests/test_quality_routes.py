"""Quality findings over HTTP."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream.errors import SourceCorrupt
from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.memory import MemorySource
from ecgstream.web import faults, quality, records
from tests.serving import DATA

FS = 100.0
LENGTH = 4_000
PIECE = 1_000


class Source(MemorySource):
    """Lead `bad` has a corrupt piece, [1000, 2000)."""

    def __init__(self):
        super().__init__(PIECE)
        self.reads = []

    def read(self, record, leads, start, stop):
        self.reads.append((tuple(leads), start, stop))
        if "bad" in leads and start < 2000 and stop > 1000:
            raise SourceCorrupt("made up", path="/data/x.parquet", column="bad")
        return super().read(record, leads, start, stop)


def lead(name, length=LENGTH, *, fs=FS, kind="ecg"):
    return Lead(name, "mV", 100.0, 0.0, kind, fs, length, ("i2",))


@pytest.fixture
def source():
    source = Source()
    flat = (np.arange(LENGTH) % 9).astype("<i2")
    flat[1_500:2_600] = 4
    gappy = (np.arange(LENGTH) % 9).astype("<i2")
    gappy[10:20] = -(2**15)
    leads = (lead("I"), lead("II"), lead("bad"), lead("HR", 40, fs=1.0, kind="numeric"))
    record = Record("r", "P", leads, None, None, None, None)
    source.add(record, {"I": flat, "II": gappy, "bad": flat, "HR": flat[:40] * 0})
    source.reads.clear()
    return source


@pytest.fixture
def client(source):
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            yield client


def ask(client, query="", record="r"):
    answer = client.get(f"/api/v1/records/{record}/quality{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_lead_has_its_findings_at_its_own_rate(client):
    said = ask(client)
    assert said["record"] == "r"
    assert list(said["leads"]) == ["I", "II", "bad", "HR"]
    assert said["leads"]["I"] == {
        "fs": FS,
        "findings": [{"start": 1_500, "stop": 2_600, "kind": "flat", "detail": "11 s at 0.04 mV"}],
        "left_out": 0,
    }
    (gap,) = said["leads"]["II"]["findings"]
    assert (gap["kind"], gap["start"], gap["stop"]) == ("missing", 10, 20)
    assert said["leads"]["HR"] == {"fs": 1.0, "findings": [], "left_out": 0}


def test_a_piece_that_cannot_be_read_is_a_finding_and_hides_nothing_else(client):
    found = ask(client, "?leads=bad")["leads"]["bad"]["findings"]
    assert [(one["kind"], one["start"], one["stop"]) for one in found] == [
        ("unreadable", 1_000, 2_000),
        ("flat", 2_000, 2_600),
    ]


def test_a_lead_is_read_once_and_then_known(client, source):
    ask(client, "?leads=I")
    assert {names for names, *_ in source.reads} == {("I",)}
    source.reads.clear()
    ask(client, "?leads=I,II")
    assert {names for names, *_ in source.reads} == {("II",)}
    source.reads.clear()
    first = ask(client, "?leads=II,I")
    assert list(first["leads"]) == ["II", "I"]
    assert source.reads == []


def test_what_could_not_be_read_is_looked_at_again(client, source, monkeypatch):
    def kinds():
        said = client.get("/api/v1/records/r/quality", params={"leads": "bad"}).json()
        return {found["kind"] for found in said["leads"]["bad"]["findings"]}

    assert "unreadable" in kinds()
    monkeypatch.setattr(Source, "read", MemorySource.read)
    assert kinds() == {"flat"}


def test_two_who_ask_at_once_have_it_looked_for_once(client, source):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(client, "?leads=I"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * 4
    assert len(source.reads) == 1


def test_what_was_asked_for_longest_ago_is_forgotten_first(client, source, monkeypatch):
    monkeypatch.setattr(quality, "KEPT", 1)
    ask(client, "?leads=I")
    ask(client, "?leads=II")
    source.reads.clear()
    ask(client, "?leads=II")
    assert source.reads == []
    ask(client, "?leads=I")
    assert source.reads


def test_of_very_many_findings_the_first_are_told_and_the_rest_counted(client, monkeypatch):
    monkeypatch.setattr(quality, "MOST", 1)
    said = ask(client, "?leads=bad")["leads"]["bad"]
    assert [one["kind"] for one in said["findings"]] == ["unreadable"]
    assert said["left_out"] == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nothing/quality", 404, "not_found"),
        ("r/quality?leads=V9", 404, "lead_not_found"),
        ("r/quality?start=1", 422, "bad_field"),
    ],
)
def test_what_is_not_there_is_named(client, path, status, code):
    answer = client.get(f"/api/v1/records/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_real_monitor_record_has_its_flat_stretches():
    source = scan([str(DATA / "mimic2")])
    name = "s25047-2704-05-04-10-44-pq"
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            said = ask(client, record=name)
    for one in source.record(name).leads:
        found = said["leads"][one.name]["findings"]
        missing = [[f["start"], f["stop"]] for f in found if f["kind"] == "missing"]
        assert missing == source.gaps(name, one.name).tolist()
    flat = [f["detail"] for f in said["leads"]["II"]["findings"] if f["kind"] == "flat"]
    assert flat == ["33.3 s at 0 mV"]


def test_the_verdict_is_there_when_it_was_asked_for_once(client, source):
    assert ask(client, "?leads=I")["checks"] is None
    checks = ask(client, "?leads=I&checks=1")["checks"]
    assert (checks["record"], checks["checker"], checks["level"]) == (
        "r",
        "ecgstream-check-7",
        "error",
    )
    assert checks["notice"] == "for research and education"
    kinds = {(one["kind"], *one["leads"]) for one in checks["findings"]}
    assert {("unreadable", "bad"), ("flat", "I"), ("missing", "II")} <= kinds
    # A piece that cannot be read may be read another time: that verdict is no verdict for later.
    assert ask(client, "?leads=I")["checks"] is None


def test_a_verdict_is_kept_for_all_who_ask_later(tmp_path):
    with ThreadPoolExecutor(2) as readers:

        def served(source):
            routes = records.record_routes(source, readers, verdicts=Verdicts(tmp_path))
            return TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS))

        with served(scan([DATA])) as one:
            first = ask(one, "?leads=MLII&checks=1", "203-pq")["checks"]
        with served(scan([DATA])) as other:
            again = ask(other, "?leads=V1", "203-pq")["checks"]
    assert first == again
    (wander,) = first["findings"]
    assert (wander["kind"], wander["leads"], wander["fs"]) == ("wander", ["MLII"], 360.0)
    assert len(wander["spans"]) > 10
    assert first["leads"]["V1"]["hum_hz"] == 60.0


def test_checks_is_0_or_1(client):
    refused = client.get("/api/v1/records/r/quality?checks=2")
    assert refused.status_code == 422
    assert "checks" in refused.json()["detail"]


def test_what_was_replaced_has_findings_of_its_own(client, source, monkeypatch):
    before = ask(client, "?leads=I")["leads"]["I"]["findings"]
    assert before
    monkeypatch.setattr(source, "version", lambda _record: "ab" * 12)
    moving = (np.arange(LENGTH) % 9).astype("<i2")
    source.add(source.record("r"), dict.fromkeys(("I", "II", "bad"), moving) | {"HR": moving[:40]})
    assert ask(client, "?leads=I")["leads"]["I"]["findings"] == []
