"""Recorded sessions over HTTP, with the samples that were seen."""

import io
import json
import uuid
import warnings
import zipfile
from contextlib import contextmanager

import numpy as np
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from ecgstream.config import Settings
from ecgstream.storage.catalog import scan
from ecgstream.web.app import create_app
from ecgstream.web.tokens import make_token
from tests.serving import DATA
from tests.session_logs import FS, note, view, whole

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb

# The wfdb package's own warnings about what pandas will change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

ID = "11111111-1111-4111-8111-111111111111"
PATH = f"/api/v1/sessions/{ID}"
RECORD = "100-pq"


@pytest.fixture(scope="module")
def archive():
    return scan([str(DATA)])


@contextmanager
def opened(archive, tmp_path, **settings):
    said = Settings(store=str(tmp_path / "store.db"), cache=tmp_path / "cache", **settings)
    with TestClient(create_app(said, archive), "http://localhost") as client:
        yield client


@pytest.fixture
def client(archive, tmp_path):
    with opened(archive, tmp_path) as client:
        yield client


def begun(client, *events, **said):
    answer = client.post("/api/v1/sessions", json={"session": ID, "record": RECORD} | said)
    assert answer.status_code == 201, answer.text
    if events:
        assert added(client, *events).status_code == 200
    return answer.json()


def added(client, *events, after=0, **said):
    body = {"events": list(events), **said}
    return client.post(f"{PATH}/events?after={after}", json=body)


def test_a_session_comes_back_as_it_was_written(client):
    events = [whole(moving=True), note(500), view(800, leads=["V5"])]
    head = begun(client, title="  first   look ")
    assert (head["title"], head["author"], head["mine"]) == ("first look", "anonymous", True)
    assert head["recording"]
    assert not head["ended"]
    assert not head["other_samples"]
    assert added(client, *events[:2], until=700).json() == {"events": 2}
    assert added(client, *events, until=900, ended=True).json() == {"events": 3}
    answer = client.get(f"{PATH}/log")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"].endswith(
        'filename="session_100-pq_11111111.jsonl"'
    )
    first, *rest = [json.loads(line) for line in answer.text.splitlines()]
    assert rest == events
    assert (first["kind"], first["session"], first["lasted_ms"]) == ("session", ID, 900)
    assert "Not for diagnosis" in first["notice"]
    listed = client.get(f"/api/v1/sessions?record={RECORD}").json()["sessions"]
    assert listed == [client.get(PATH).json()]
    assert listed[0]["ended"]
    assert [json.loads(line) for line in client.get(f"{PATH}/log?after=2").text.splitlines()][
        1:
    ] == events[2:]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([note(0)], "begins with a view"),
        ([whole(looks={})], "expected"),
        ([whole(t=-1)], "expected"),
        ([whole(), {"t": 1, "kind": "dance"}], "expected"),
        ([whole(), note(1) | {"extra": 1}], "expected"),
        ([whole(), note(9), note(8)], "event 2 is of 8 ms"),
        ([whole(), *([note(1)] * 2_000)], "at most 2000"),
    ],
)
def test_what_is_no_event_is_refused_and_nothing_of_it_kept(client, events, said):
    begun(client)
    answer = added(client, *events)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert client.get(PATH).json()["events"] == 0


def test_errors_say_what_is_wrong(client):
    assert client.get(PATH).status_code == 404
    assert (
        client.post("/api/v1/sessions", json={"session": "x", "record": RECORD}).status_code == 422
    )
    assert client.post("/api/v1/sessions", json={"session": ID, "record": "no"}).status_code == 404
    begun(client, whole())
    assert added(client, note(5), after=9).status_code == 409
    assert client.get("/api/v1/sessions?cursor=x").json()["field"] == "cursor"
    assert client.get(f"{PATH}/export?format=pdf").json()["field"] == "format"
    assert client.put(PATH, json={"title": "a" * 201}).json()["field"] == "title"
    assert client.delete(PATH).status_code == 204
    assert client.get(f"{PATH}/log").status_code == 404


def test_pages_of_sessions_join(client):
    ids = [str(uuid.UUID(int=n)) for n in range(5)]
    for id_ in ids:
        begun(client, session=id_)
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/sessions?limit=2&cursor={cursor}").json()
        found += [one["session"] for one in page["sessions"]]
        cursor = page["next"]
    assert sorted(found) == ids
    assert len(found) == 5


def test_another_login_reads_and_does_not_change(archive, tmp_path):
    tokens = tmp_path / "tokens"
    anna, bert = make_token(tokens, "anna"), make_token(tokens, "bert")
    screen = make_token(tokens, "ward-1", wall="ward")
    with opened(archive, tmp_path, token_file=tokens) as client:
        assert client.get(PATH).status_code == 401
        client.headers["authorization"] = f"Bearer {anna}"
        assert begun(client, whole())["author"] == "anna"
        client.headers["authorization"] = f"Bearer {bert}"
        assert client.get(PATH).json()["mine"] is False
        assert len(client.get(f"{PATH}/log").text.splitlines()) == 2
        for answer in (
            added(client, note(5), after=1),
            client.put(PATH, json={"title": "b"}),
            client.delete(PATH),
        ):
            assert answer.status_code == 403
        client.headers["authorization"] = f"Bearer {screen}"
        assert client.get(PATH).status_code == 403
        assert (
            client.post("/api/v1/sessions", json={"session": ID, "record": RECORD}).status_code
            == 403
        )


SEEN = [
    whole(sample=3_600, sight={"start": None, "window_s": 5, "drawn": "samples"}),
    view(1_000, sample=36_000, leads=["V5", "MLII"]),
    view(2_000, sight={"start": 0, "window_s": 1_800, "drawn": "envelope"}),
]


def test_the_samples_that_were_seen_leave_as_parquet_with_where_they_come_from(client):
    begun(client, *SEEN)
    answer = client.get(f"{PATH}/export?format=parquet")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith('filename="session_100-pq_11111111.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        account = json.loads(packed.read("seen.json"))
        log = [json.loads(line) for line in packed.read("session.jsonl").splitlines()]
        tables = {
            n: pq.read_table(io.BytesIO(packed.read(n)))
            for n in packed.namelist()
            if n.endswith("parquet")
        }
    assert log[0]["session"] == ID
    assert log[1:] == SEEN
    assert [(one["start"], one["stop"], one["drawn"]) for one in account["seen"]] == [
        (1_800, 3_600, "samples"), (34_200, 36_000, "samples"), (0, 648_000, "envelope"),
    ]  # fmt: skip
    assert account["same_samples"] is True
    assert account["author"] == "anonymous"
    assert account["seen"][2]["file"] is None
    names = [one["file"] for one in account["seen"][:2]]
    assert names == ["01_100-pq_1800-3600.parquet", "02_100-pq_34200-36000.parquet"]
    window = client.get(f"/api/v1/records/{RECORD}/window?leads=MLII&start=1800&stop=3600").json()
    stored = tables[names[0]].column("MLII").to_pylist()
    assert stored == window["samples"]["MLII"]
    assert b"sha256_of_samples" in tables[names[0]].schema.metadata[b"ecgstream.export"]


def test_the_samples_that_were_seen_leave_as_wfdb_records(client, tmp_path):
    begun(client, *SEEN)
    answer = client.get(f"{PATH}/export?format=wfdb")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        packed.extractall(tmp_path)
    (header,) = (tmp_path / "01_100-pq_1800-3600").rglob("*.hea")
    record = wfdb.rdrecord(str(header.with_suffix("")), physical=False)
    window = client.get(f"/api/v1/records/{RECORD}/window?leads=MLII&start=1800&stop=3600").json()
    assert record.fs == FS
    assert np.array_equal(record.d_signal[:, 0], window["samples"]["MLII"])


def test_a_session_in_which_nothing_was_seen_sample_by_sample_is_no_file(client):
    begun(client, whole(sight={"start": 0, "window_s": 1_800, "drawn": "envelope"}))
    answer = client.get(f"{PATH}/export?format=parquet")
    assert answer.status_code == 422
    assert "envelopes" in answer.json()["detail"]
