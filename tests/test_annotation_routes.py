"""Annotations over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import msgpack
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream.errors import SourceCorrupt
from ecgstream.model.annotation import Annotation, Annotations, resampled
from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.memory import MemorySource
from ecgstream.web import faults, records
from ecgstream.wire.window import MSGPACK
from tests.serving import DATA

FS = 250.0
BEATS = [Annotation(100 * n, "V" if n % 10 == 0 else "N") for n in range(25)]
MARKS = [Annotation(125, "+", chan=1, aux_note="(AFIB"), Annotation(125, "~", 3, 7, -1)]


class Source(MemorySource):
    def annotations(self, record, name):
        if name == "bad":
            raise SourceCorrupt("annotation set 'bad': is string", path="/data/x", column="sample")
        return super().annotations(record, name)


def lead(name, fs=FS, length=2_500):
    return Lead(name, "mV", 200.0, 0.0, "ecg", fs, length, ("i2",))


@pytest.fixture(scope="module")
def source():
    source = Source()
    samples = np.zeros(2_500, "<i2")
    for name, leads in [
        ("100", (lead("I"), lead("V5"))),
        ("two", (lead("I"), lead("slow", 1.0, 10))),
        ("bare", (lead("I"),)),
        ("none", (lead("I"),)),
        ("broken", (lead("I"),)),
    ]:
        record = Record(name, "P", leads, None, None, None, None)
        source.add(record, {one.name: samples[: one.length] for one in leads})
    source.annotate("100", "qrs", BEATS, source="a detector")
    # At twice the rate of the record.
    marks = [
        Annotation(2 * m.sample + 1, m.symbol, m.subtype, m.chan, m.num, m.aux_note) for m in MARKS
    ]
    source.annotate("100", "atr", marks, fs=500.0)
    source.annotate("two", "atr", MARKS)
    source.annotate("broken", "atr", MARKS)
    source.annotate("broken", "bad", MARKS)
    return source


@pytest.fixture(scope="module")
def client(source):
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            yield client


def ask(client, record="100", accept="application/json", **query):
    answer = client.get(
        f"/api/v1/records/{record}/annotations", params=query, headers={"accept": accept}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == accept
    assert answer.headers["vary"] == "accept"
    return answer.json() if accept != MSGPACK else msgpack.unpackb(answer.content)


def test_all_sets_come_by_name_with_what_is_known_of_them(client):
    said = ask(client)
    assert (said["record"], said["fs"], said["length"], said["next"]) == ("100", FS, 2_500, None)
    atr, qrs = said["sets"]
    assert {name: atr[name] for name in atr if name != "annotations"} == {
        "name": "atr", "fs": 500.0, "source": None, "read_only": True, "count": 2,
    }  # fmt: skip
    assert (qrs["name"], qrs["fs"], qrs["source"], qrs["count"]) == ("qrs", FS, "a detector", 25)
    assert [one["sample"] for one in qrs["annotations"]] == [one.sample for one in BEATS]


def test_a_set_of_another_rate_is_counted_in_samples_of_the_record(client):
    (atr,) = ask(client, set="atr")["sets"]
    # 251 at 500 Hz lies halfway between 125 and 126 at 250 Hz.
    assert atr["annotations"] == [
        {
            "sample": 126,
            "symbol": "+",
            "subtype": 0,
            "chan": 1,
            "num": 0,
            "aux_note": "(AFIB",
            "lead": "V5",
        },
        {"sample": 126, "symbol": "~", "subtype": 3, "chan": 7, "num": -1, "aux_note": ""},
    ]


def test_the_lead_is_not_guessed_where_signals_of_two_rates_lie_apart(client):
    (atr,) = ask(client, "two")["sets"]
    assert all("lead" not in one for one in atr["annotations"])


def test_a_span_is_half_open(client):
    (qrs,) = ask(client, set="qrs", start=100, stop=300)["sets"]
    assert [one["sample"] for one in qrs["annotations"]] == [100, 200]
    assert qrs["count"] == 2
    (qrs,) = ask(client, set="qrs", start=300, stop=300)["sets"]
    assert qrs["annotations"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 26, 27])
@pytest.mark.parametrize("span", [{}, {"start": 120, "stop": 2_000}])
def test_pages_one_after_the_other_are_the_whole(client, limit, span):
    whole = {s["name"]: s["annotations"] for s in ask(client, **span)["sets"]}
    found = {name: [] for name in whole}
    query = {"limit": limit, **span}
    for _ in range(40):
        said = ask(client, **query)
        assert sum(len(s["annotations"]) for s in said["sets"]) <= limit
        for one in said["sets"]:
            assert one["count"] == len(whole[one["name"]])
            found[one["name"]] += one["annotations"]
        if said["next"] is None:
            break
        query["cursor"] = said["next"]
    assert found == whole


def test_columns_say_the_same_as_objects(client):
    said = ask(client, accept=MSGPACK)
    assert said["leads"] == ["I", "V5"]
    for columns, plain in zip(said["sets"], ask(client)["sets"], strict=True):
        count = len(plain["annotations"])
        assert columns["sample_dtype"] == "i4"
        sample = np.frombuffer(columns["sample"], "<i4").tolist()

        def column(name, columns=columns, count=count):
            held = columns[name]
            return [held] * count if isinstance(held, int) else np.frombuffer(held, "<i4").tolist()

        for number, one in enumerate(plain["annotations"]):
            assert one["sample"] == sample[number]
            assert one["symbol"] == columns["symbols"][column("symbol")[number]]
            assert one["aux_note"] == columns["aux_notes"][column("aux_note")[number]]
            for name in ("subtype", "chan", "num"):
                assert one[name] == column(name)[number]
    assert said["sets"][1]["num"] == 0


def test_a_sample_number_too_large_for_32_bits_is_not_cut(client, source):
    source.annotate("bare", "far", [Annotation(5, "N"), Annotation(2**40 + 1, "N")])
    (far,) = ask(client, "bare", accept=MSGPACK)["sets"]
    assert far["sample_dtype"] == "f8"
    assert np.frombuffer(far["sample"], "<f8").tolist() == [5, 2**40 + 1]


def test_a_day_of_beats_is_one_answer_in_columns_and_pages_of_objects(client, source):
    beats = Annotations.of([Annotation(n, "N") for n in range(150_000)])
    source.annotate("two", "day", [])
    head, _ = source._annotations["two"]["day"]
    source._annotations["two"]["day"] = (type(head)("day", FS, 150_000, None), beats)
    (day,) = ask(client, "two", accept=MSGPACK, set="day")["sets"]
    assert len(day["sample"]) == 150_000 * 4
    said = ask(client, "two", set="day")
    assert len(said["sets"][0]["annotations"]) == 1_000
    assert said["sets"][0]["count"] == 150_000
    answer = client.get("/api/v1/records/two/annotations?limit=10001")
    assert (answer.status_code, answer.json()["field"]) == (422, "limit")


def test_a_record_without_annotations_has_no_set(client):
    assert ask(client, "none") == {
        "record": "none", "fs": FS, "length": 2_500, "sets": [], "next": None,
    }  # fmt: skip


def test_an_unknown_record_is_not_found(client):
    assert client.get("/api/v1/records/nothing/annotations").json()["code"] == "not_found"


def test_a_set_that_is_not_there_is_not_found(client):
    answer = client.get("/api/v1/records/100/annotations?set=ann")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "it has atr, qrs" in answer.json()["detail"]


def test_a_bad_file_is_an_error_that_names_its_set_and_not_its_place(client):
    answer = client.get("/api/v1/records/broken/annotations")
    assert (answer.status_code, answer.json()["code"]) == (500, "corrupt")
    assert "annotation set 'bad'" in answer.json()["detail"]
    assert "/data" not in answer.text
    assert ask(client, "broken", set="atr")["sets"][0]["count"] == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=2501", "start"),
        ("start=5&stop=4", "stop"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=0-99999999", "cursor"),
        ("leads=I", "leads"),
    ],
)
def test_a_query_that_is_not_understood_is_refused(client, query, field):
    answer = client.get(f"/api/v1/records/100/annotations?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("cursor", ["0-9999999", "999-0"])
def test_a_cursor_behind_the_end_finds_nothing(client, cursor):
    said = ask(client, cursor=cursor, set="qrs")
    assert said["sets"][0]["annotations"] == []
    assert said["next"] is None


def test_the_sets_of_a_real_record_come_whole(tmp_path):
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(scan([str(DATA / "mitdb")]), readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            (atr,) = ask(client, "203-pq", limit=10_000)["sets"]
    assert (atr["name"], atr["count"], len(atr["annotations"])) == ("atr", 3_108, 3_108)
    rhythms = [one for one in atr["annotations"] if one["symbol"] == "+"]
    assert [one["aux_note"] for one in rhythms[:3]] == ["(AFIB", "(VT", "(AFIB"]
    assert rhythms[0]["lead"] == "MLII"


def test_halves_are_mapped_upwards_and_equal_rates_change_nothing():
    at = np.array([0, 1, 2, 3], np.int64)
    assert resampled(at, 500.0, 250.0).tolist() == [0, 1, 1, 2]
    assert resampled(at, 250.0, 1000.0).tolist() == [0, 4, 8, 12]
    assert resampled(at, 360.0, 360.0) is at
