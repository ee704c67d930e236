"""Records, windows and envelopes over HTTP."""

import asyncio
import itertools
import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction

import msgpack
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from ecgstream.errors import LimitReached, SourceCorrupt, SourceUnavailable
from ecgstream.model.block import Column
from ecgstream.model.record import Lead, Record
from ecgstream.storage import pieces
from ecgstream.storage.memory import MemorySource
from ecgstream.web import faults, records
from ecgstream.web.negotiation import chosen, matches
from ecgstream.web.reading import BREATH_S, LARGE_MOST, LARGE_VALUES, Body, Reading
from ecgstream.wire.envelope import Envelope, bounds
from ecgstream.wire.window import ARROW, JSON, MSGPACK

LENGTH = 10_000
PIECE = 1_000
FS = 250.0


class Source(MemorySource):
    """Lead `bad` has a corrupt piece, [2000, 3000); lead `gone` is not to be had."""

    def __init__(self):
        super().__init__(PIECE)
        self.reads = []

    def read(self, record, leads, start, stop):
        self.reads.append((tuple(leads), start, stop))
        if "bad" in leads and start < 3000 and stop > 2000:
            raise SourceCorrupt("bad page", path="/srv/x.parquet", column="bad")
        if "gone" in leads:
            raise SourceUnavailable("no such file", path="/srv/x.parquet")
        return super().read(record, leads, start, stop)


def lead(name, dtype="i2", *, fs=FS, length=LENGTH, kind="ecg", dtypes=None):
    return Lead(name, "mV", 200.0, 1024.0, kind, fs, length, dtypes or (dtype, "f8"))


def signals():
    rng = np.random.default_rng(7)
    i = rng.integers(-3000, 3000, LENGTH).astype("<i2")
    ii = i.copy()
    ii[500:1700] = -(2**15)
    ii[9_999] = -(2**15)
    wide = rng.standard_normal(LENGTH).astype("<f8")
    wide[::7] = np.nan
    wide[1:4] = [-0.0, 5e-324, 0.1]
    single = rng.standard_normal(LENGTH).astype("<f4")
    return {"I": i, "II": ii, "a,b": i, "wide": wide, "single": single, "short": i[:4_321]}


@pytest.fixture(scope="module")
def source():
    source = Source()
    held = signals()
    i = held["I"]
    leads = (
        lead("I", dtypes=("i2", "i4", "f4", "f8")),
        lead("II", dtypes=("i2", "i4", "f4", "f8")),
        lead("a,b", kind="other"),
        lead("wide", dtypes=("f8",), kind="other"),
        lead("single", "f4", kind="other"),
        lead("short", length=4_321, kind="other"),
        lead("slow", fs=1.0, length=40, kind="other"),
        lead("bad", kind="other"),
        lead("gone", kind="other"),
    )
    record = Record("100", "P1", leads, -1.5, "UTC", "MIT-BIH Arrhythmia", "ODC-By 1.0")
    source.add(record, {**held, "slow": i[:40], "bad": i, "gone": i})
    for patient, name, names in [
        ("P1", "101", ["V5"]),
        ("P2", "a", ["V1"]),
        ("P10", "b", ["MLII"]),
    ]:
        kept = tuple(lead(one, length=10) for one in names)
        source.add(
            Record(name, patient, kept, None, None, None, None), dict.fromkeys(names, i[:10])
        )
    huge = tuple(Lead(f"L{n}", "mV", 1.0, 0.0, "ecg", FS, 400_001, ("i2",)) for n in range(10))
    zeros = np.zeros(400_001, "<i2")
    source.add(Record("huge", "Z", huge, None, None, None, None), {one.name: zeros for one in huge})
    return source


@pytest.fixture(scope="module")
def client(source):
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            yield client


def window(client, accept=JSON, **query):
    answer = client.get("/api/v1/records/100/window", params=query, headers={"accept": accept})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == accept
    return answer


# The list


def names(page):
    return [record["record"] for record in page["records"]]


def test_the_list_is_sorted_by_patient_then_record(client):
    page = client.get("/api/v1/records").json()
    assert names(page) == ["100", "101", "b", "a", "huge"]
    assert page["next"] is None


def test_a_page_says_where_in_all_that_was_asked_for_it_is(client):
    page = client.get("/api/v1/records?query=p1&limit=1&offset=1").json()
    assert (names(page), page["first"], page["total"]) == (["101"], 1, 3)
    page = client.get(f"/api/v1/records?query=p1&cursor={page['next']}").json()
    assert (names(page), page["first"], page["total"], page["next"]) == (["b"], 2, 3, None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("leads=v5", ["101"]),
        ("leads=I,II", ["100"]),
        ("fs_low=250.5", []),
        ("s_low=1&s_high=41", ["100"]),
        ("s_low=1600", ["huge"]),
        ("annotated=true", []),
        ("annotated=false&patient=P2", ["a"]),
        ("dataset=nowhere", []),
        ("quality=unknown&query=v1", ["a"]),
    ],
)
def test_the_list_is_narrowed_down(client, query, expected):
    page = client.get(f"/api/v1/records?{query}").json()
    assert (names(page), page["total"]) == (expected, len(expected))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("annotated=yes", "annotated"),
        ("fs_low=fast", "fs_low"),
        ("s_high=-1", "s_high"),
        ("offset=-1", "offset"),
        ("leads=" + ",".join("abcdefghijklmnopq"), "leads"),
        ("query=" + "+".join("abcdefghijklmnopq"), "query"),
    ],
)
def test_a_filter_that_is_not_understood_is_named(client, query, field):
    answer = client.get(f"/api/v1/records?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_facets_say_what_the_list_can_be_narrowed_down_to(client):
    facets = client.get("/api/v1/facets").json()
    assert (facets["total"], facets["annotated"]) == (5, 0)
    assert facets["rates"] == [[250.0, 5]]
    for value, count in facets["leads"]:
        if "," not in value:
            assert client.get(f"/api/v1/records?leads={value}").json()["total"] == count


def test_a_listed_record_says_what_it_is(client):
    record = client.get("/api/v1/records?patient=P1").json()["records"][0]
    assert record["leads"][0] == {
        "name": "I", "unit": "mV", "gain": 200.0, "baseline": 1024.0, "kind": "ecg", "fs": 250.0,
    }  # fmt: skip
    del record["leads"]
    assert record == {
        "record": "100",
        "patient": "P1",
        "fs": 250.0,
        "length": LENGTH,
        "start_time": -1.5,
        "zone": "UTC",
        "fs_source": "metadata",
        "source": "MIT-BIH Arrhythmia",
        "licence": "ODC-By 1.0",
        "dates_shifted": False,
        "found": {},
        "dataset": "",
    }


def test_pages_go_on_where_the_last_one_stopped(client):
    seen, cursor = [], None
    for _ in range(3):
        page = client.get("/api/v1/records", params={"limit": 2, "cursor": cursor or ""}).json()
        seen.append(names(page))
        cursor = page["next"]
    assert seen == [["100", "101"], ["b", "a"], ["huge"]]
    assert cursor is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mlii", ["b"]),
        ("ARRHYTH mit", ["100"]),
        ("p1", ["100", "101", "b"]),
        ("p1 v5", ["101"]),
        ("nobody", []),
        ("  ", ["100", "101", "b", "a", "huge"]),
    ],
)
def test_a_search_finds_what_has_all_its_words(client, query, found):
    assert names(client.get("/api/v1/records", params={"query": query}).json()) == found


def test_a_patient_is_not_part_of_another(client):
    assert names(client.get("/api/v1/records?patient=P1").json()) == ["100", "101"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"), ("limit=1.5", "limit"),
     ("cursor=!", "cursor"), ("cursor=AAAA", "cursor"), ("qery=x", "qery"), ("limit=1&limit=2", "limit")],
)  # fmt: skip
def test_a_bad_list_query_names_its_field(client, query, field):
    answer = client.get(f"/api/v1/records?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


# One record


def test_a_record_tells_its_gaps_and_how_much_is_missing(client):
    record = client.get("/api/v1/records/100").json()
    assert record["gaps"]["I"] == []
    assert record["gaps"]["II"] == [[500, 1700], [9999, 10000]]
    assert record["quality"]["II"] == {"missing": 1201 / LENGTH}


def test_a_lead_that_cannot_be_read_does_not_hide_the_record(client):
    record = client.get("/api/v1/records/100").json()
    assert record["gaps"]["gone"] is None
    assert record["quality"]["gone"] is None
    assert record["patient"] == "P1"


@pytest.mark.parametrize("path", ["", "/window", "/envelope"])
def test_an_unknown_record_is_not_found(client, path):
    answer = client.get(f"/api/v1/records/nothing{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["beats"])
def test_what_comes_later_is_not_there(client, path):
    answer = client.get(f"/api/v1/records/100/{path}")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


# Windows


def test_a_window_left_out_is_all_ecg_leads_from_end_to_end(client):
    said = window(client).json()
    assert [one["name"] for one in said["leads"]] == ["I", "II"]
    assert (said["start"], said["stop"], said["fs"], said["dtype"]) == (0, LENGTH, FS, "i2")
    assert list(said) == ["record", "fs", "start", "stop", "dtype", "leads", "samples"]


def test_json_gives_the_stored_values_and_null_where_missing(client):
    held = signals()
    said = window(client, leads="II,I", start=490, stop=2100).json()["samples"]
    assert list(said) == ["II", "I"]
    assert said["I"] == held["I"][490:2100].tolist()
    assert said["II"] == [None if v == -(2**15) else v for v in held["II"][490:2100].tolist()]


def test_doubles_and_singles_come_back_from_json_to_the_bit(client):
    said = window(client, leads="wide,single").json()["samples"]
    wide = np.array([np.nan if v is None else v for v in said["wide"]])
    held = signals()["wide"]
    there = ~np.isnan(held)
    assert (np.isnan(wide) == ~there).all()
    assert wide[there].tobytes() == held[there].tobytes()
    assert np.array(said["single"], "<f4").tobytes() == signals()["single"].tobytes()


def test_msgpack_is_one_bin_as_in_a_frame(client):
    said = msgpack.unpackb(window(client, MSGPACK, leads="I,II", start=400, stop=1_900).content)
    assert said["dtype"] == "i2"
    assert said["leads"][1] == {"name": "II", "unit": "mV", "gain": 200.0, "baseline": 1024.0}
    samples = np.frombuffer(said["samples"], "<i2").reshape(2, 1_500)
    assert (samples == [signals()["I"][400:1900], signals()["II"][400:1900]]).all()


def test_leads_of_two_types_are_widened_to_the_one_that_carries_both(client):
    said = msgpack.unpackb(window(client, MSGPACK, leads="II,wide", start=400, stop=1_900).content)
    assert said["dtype"] == "f8"
    two = np.frombuffer(said["samples"], "<f8").reshape(2, 1_500)
    held = signals()["II"][400:1900].astype("f8")
    held[held == -(2**15)] = np.nan
    np.testing.assert_array_equal(two[0], held)
    np.testing.assert_array_equal(two[1], signals()["wide"][400:1900])


def test_arrow_has_a_column_a_lead_in_its_stored_type(client):
    content = window(client, ARROW, leads="I,II,wide,single").content
    table = pa.ipc.open_stream(content).read_all()
    assert [str(kind) for kind in table.schema.types] == ["int16", "int16", "double", "float"]
    assert table.schema.field("I").metadata == {
        b"unit": b"mV",
        b"gain": b"200.0",
        b"baseline": b"1024.0",
    }
    assert table.schema.metadata[b"fs"] == b"250.0"
    assert table["II"].null_count == 1_201
    assert table["II"].drop_null().to_numpy().tolist() == [
        v for v in signals()["II"].tolist() if v != -(2**15)
    ]
    assert table["wide"].null_count == int(np.isnan(signals()["wide"]).sum())
    assert table["I"].to_numpy().tolist() == signals()["I"].tolist()


def test_a_shorter_lead_is_missing_at_its_end(client):
    said = window(client, leads="I,short", start=4_300, stop=4_350).json()["samples"]
    assert said["short"] == [*signals()["I"][4300:4321].tolist(), *[None] * 29]


def test_a_name_with_a_comma_is_found(client):
    assert list(window(client, leads="a,b", stop=2).json()["samples"]) == ["a,b"]
    answer = client.get("/api/v1/records/100/window?leads=a,b&leads=I&stop=2")
    assert list(answer.json()["samples"]) == ["a,b", "I"]


@pytest.mark.parametrize("accept", [JSON, MSGPACK, ARROW])
def test_an_empty_window_is_empty(client, accept):
    answer = window(client, accept, leads="I", start=LENGTH, stop=LENGTH)
    if accept == JSON:
        assert answer.json()["samples"] == {"I": []}
    elif accept == MSGPACK:
        assert msgpack.unpackb(answer.content)["samples"] == b""
    else:
        assert pa.ipc.open_stream(answer.content).read_all().num_rows == 0


def test_a_slow_lead_has_its_own_span(client):
    said = window(client, leads="slow").json()
    assert (said["fs"], said["stop"]) == (1.0, 40)


def test_a_corrupt_piece_is_missing_and_named_and_takes_no_other_along(client):
    said = window(client, leads="bad,I").json()
    i = signals()["I"].tolist()
    assert said["samples"]["I"] == i
    assert said["samples"]["bad"] == [*i[:2000], *[None] * 1000, *i[3000:]]
    assert said["corrupt"] == {"bad": [[2000, 3000]]}
    packed = msgpack.unpackb(window(client, MSGPACK, leads="bad").content)
    assert packed["corrupt"] == {"bad": [[2000, 3000]]}
    schema = pa.ipc.open_stream(window(client, ARROW, leads="bad").content).schema
    assert json.loads(schema.metadata[b"corrupt"]) == {"bad": [[2000, 3000]]}


def test_infinity_is_no_json_but_is_carried_by_the_others():
    source = Source()
    held = np.array([1.0, np.inf, 2.0])
    one = lead("x", length=3, dtypes=("f8",))
    source.add(Record("inf", "Z", (one,), None, None, None, None), {"x": held})
    with ThreadPoolExecutor(1) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            for what in ("window", "envelope?columns=1"):
                answer = client.get(f"/api/v1/records/inf/{what}")
                assert (answer.status_code, answer.json()["code"]) == (422, "bad_field")
                assert "application/msgpack" in answer.json()["detail"]
            packed = client.get("/api/v1/records/inf/window", headers={"accept": MSGPACK})
    samples = np.frombuffer(msgpack.unpackb(packed.content)["samples"], "<f8")
    assert samples.tolist() == held.tolist()


def test_what_is_gone_may_come_back(client):
    answer = client.get("/api/v1/records/100/window?leads=gone")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "/srv" not in answer.text


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("start=-1", 422, "start"),
        ("start=1.0", 422, "start"),
        ("start=1_0", 422, "start"),
        ("start=99999999999999999999", 422, "start"),
        ("stop=10001", 422, "stop"),
        ("start=5&stop=4", 422, "stop"),
        ("leads=I,I", 422, "leads"),
        ("leads=I,slow", 422, "leads"),
        ("leads=,", 422, "leads"),
        ("leads=V9", 404, None),
        ("lead=I", 422, "lead"),
    ],
)
@pytest.mark.parametrize("what", ["window", "envelope"])
def test_a_bad_span_or_lead_names_its_field(client, what, query, status, field):
    answer = client.get(f"/api/v1/records/100/{what}?{query}")
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"


def test_more_than_four_million_values_are_too_many(client):
    answer = client.get("/api/v1/records/huge/window")
    assert (answer.status_code, answer.json()["code"]) == (413, "limit")
    assert "at most 400000 samples" in answer.json()["detail"]
    assert (
        client.get(
            "/api/v1/records/huge/window?stop=400000", headers={"accept": MSGPACK}
        ).status_code
        == 200
    )


def test_an_unchanged_window_is_not_sent_again(client):
    first = window(client, leads="I", stop=1_000)
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "accept"
    headers = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
    again = client.get("/api/v1/records/100/window?leads=I&stop=1000", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_an_etag_is_of_the_samples_and_the_representation(client):
    def etag(accept=JSON, **query):
        return window(client, accept, **query).headers["etag"]

    tags = {
        etag(leads="I"),
        etag(leads="II"),
        etag(leads="I", stop=9_999),
        etag(leads="I", start=1),
        etag(MSGPACK, leads="I"),
        etag(leads="bad"),
    }
    assert len(tags) == 6
    assert etag(leads="I") in tags


def test_head_has_no_body(client):
    answer = client.head("/api/v1/records/100/window?leads=I")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"]


@pytest.mark.parametrize(
    ("accept", "offer"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("application/msgpack", MSGPACK),
        ("application/json;q=0.5, application/msgpack", MSGPACK),
        ("application/*;q=0.2, application/vnd.apache.arrow.stream;q=0.3", ARROW),
        ("application/json;q=0, */*", MSGPACK),
        ("APPLICATION/MSGPACK", MSGPACK),
    ],
)
def test_the_client_gets_the_type_it_likes_best(accept, offer):
    assert chosen(accept, (JSON, MSGPACK, ARROW)) == offer


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json;q=0", "application/json;q=x", ";;,"]
)
def test_a_type_that_is_not_there_is_not_acceptable(client, accept):
    answer = client.get("/api/v1/records/100/window?stop=1", headers={"accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_etags_are_compared_whole():
    assert matches('"a", "b"', '"b"')
    assert matches("*", '"b"')
    assert not matches('"bb"', '"b"')
    assert not matches(None, '"b"')


# Envelopes


def test_an_envelope_has_the_lowest_and_highest_of_every_column(client):
    query = "leads=I,II&start=100&stop=9100&columns=90"
    answer = client.get(f"/api/v1/records/100/envelope?{query}")
    said = answer.json()
    assert (said["columns"], said["start"], said["stop"]) == (90, 100, 9100)
    i = signals()["I"][100:9100].reshape(90, 100)
    assert said["samples"]["I"] == {"low": i.min(1).tolist(), "high": i.max(1).tolist()}
    ii = said["samples"]["II"]["low"]
    assert [k for k, low in enumerate(ii) if low is None] == list(range(4, 16))


def test_an_envelope_may_be_kept_by_nobody(client):
    # no-store is the default of the headers middleware: the route must not say otherwise.
    assert "cache-control" not in client.get("/api/v1/records/100/envelope?leads=I").headers


def test_an_envelope_of_nothing_is_null(client):
    said = client.get("/api/v1/records/100/envelope?leads=I&start=7&stop=7&columns=3").json()
    assert said["samples"]["I"] == {"low": [None] * 3, "high": [None] * 3}


def test_an_envelope_names_what_is_corrupt(client):
    said = client.get("/api/v1/records/100/envelope?leads=bad&columns=10").json()
    assert said["corrupt"] == {"bad": [[2000, 3000]]}
    assert [low is None for low in said["samples"]["bad"]["low"]] == [k == 2 for k in range(10)]


@pytest.mark.parametrize("columns", ["0", "8193", "-1", "x"])
def test_columns_are_bounded(client, columns):
    answer = client.get(f"/api/v1/records/100/envelope?columns={columns}")
    assert (answer.status_code, answer.json()["field"]) == (422, "columns")


def test_a_long_envelope_is_read_in_pieces(client, source, monkeypatch):
    monkeypatch.setattr(pieces.spans, "__kwdefaults__", {"most": 2_000})
    source.reads.clear()
    whole = client.get("/api/v1/records/100/envelope?leads=I&columns=7").json()["samples"]["I"]
    assert [read[1:] for read in source.reads] == [(n, n + 2000) for n in range(0, LENGTH, 2000)]
    edges = [int(k * LENGTH / 7) for k in range(8)]
    i = signals()["I"]
    assert whole["low"] == [int(i[a:b].min()) for a, b in itertools.pairwise(edges)]


@given(
    st.tuples(st.integers(0, 50), st.integers(0, 300)),
    st.integers(1, 60),
    st.sampled_from(["i2", "i4", "f4", "f8"]),
    st.integers(1, 70),
    st.randoms(),
)
@settings(max_examples=150)
def test_no_sample_is_lost_however_the_span_is_cut(span, columns, dtype, piece, random):
    start, n = span
    missing = {"i2": -(2**15), "i4": -(2**31)}.get(dtype, np.nan)
    values = [
        missing if random.random() < 0.4 else random.randint(-100, 100)
        for _ in range(start + n + 9)
    ]
    samples = np.array(values, f"<{dtype}")
    envelope = Envelope(bounds(start, start + n, columns), dtype)
    cuts = list(range(0, len(samples), piece))
    random.shuffle(cuts)
    for low in cuts:
        envelope.add(Column.of(low, samples[low : low + piece], dtype))
    said = envelope.as_json()
    for k in range(columns):
        low, high = (start + int(Fraction(j * n, columns)) for j in (k, k + 1))
        there = [v for v in values[low:high] if not (v == missing or math.isnan(v))]
        assert said["low"][k] == (min(there) if there else None)
        assert said["high"][k] == (max(there) if there else None)


def test_leads_are_read_together_as_far_as_their_pieces_are_small(client, source, monkeypatch):
    leads = [lead(name) for name in ("I", "II", "a,b")]
    runs = [[one.name for one in some] for some in pieces.together(source, "100", leads)]
    assert runs == [["I", "II", "a,b"]]
    monkeypatch.setattr(pieces, "PIECE_VALUES", 2 * PIECE)
    runs = [[one.name for one in some] for some in pieces.together(source, "100", leads)]
    assert runs == [["I", "II"], ["a,b"]]
    monkeypatch.setattr(pieces, "PIECE_VALUES", 1)
    source.reads.clear()
    answer = client.get("/api/v1/records/100/envelope?leads=II,I&columns=3").json()
    assert {leads for leads, _, _ in source.reads} == {("II",), ("I",)}
    assert list(answer["samples"]) == ["II", "I"]


# Reading


@pytest.mark.parametrize("accept", [JSON, MSGPACK, ARROW])
def test_an_answer_is_the_same_however_small_the_pieces_it_is_made_of(client, accept, monkeypatch):
    query = {"leads": "II,I,single" if accept != MSGPACK else "II,wide", "start": 3, "stop": 9_000}
    whole = window(client, accept, **query).content
    monkeypatch.setattr("ecgstream.wire.window.PART_VALUES", 7)
    assert window(client, accept, **query).content == whole


async def test_large_answers_take_turns_and_small_ones_pass_them(source):
    going_on, other, order = threading.Event(), threading.Event(), []
    with ThreadPoolExecutor(3) as readers:
        reading = Reading(source, readers)
        with reading.lane(LARGE_VALUES) as one, reading.lane(LARGE_VALUES) as two:
            first = asyncio.create_task(one.run(going_on.wait, 60))
            second = asyncio.create_task(two.run(other.set))
            with reading.lane(LARGE_VALUES - 1) as small:
                # Behind the second one, if that were on a thread already.
                await small.run(order.append, "small")
            assert not other.is_set()
            going_on.set()
            await asyncio.gather(first, second)
    assert order == ["small"]
    assert other.is_set()


async def test_too_many_large_answers_are_told_to_come_back(source):
    with ThreadPoolExecutor(1) as readers, ExitStack() as under_way:
        reading = Reading(source, readers)
        for _ in range(LARGE_MOST):
            under_way.enter_context(reading.lane(LARGE_VALUES))
        with pytest.raises(LimitReached) as refused, reading.lane(LARGE_VALUES):
            pass
        with reading.lane(1):
            pass
        answer = faults.problem_of(refused.value)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        under_way.close()
        with reading.lane(LARGE_VALUES):
            pass


async def test_a_body_leaves_the_interpreter_to_others_between_its_pieces(source, monkeypatch):
    rests = []
    monkeypatch.setattr(time, "sleep", rests.append)

    async def send(_):
        pass

    with ThreadPoolExecutor(1) as readers:
        reading = Reading(source, readers)
        body = Body(reading, reading.quick, [b"a", b"b", b"c"], 3, headers={}, media_type="x/y")
        await body({"type": "http", "method": "GET"}, None, send)
    assert rests == [BREATH_S] * 3


def test_spans_keep_to_the_edges_and_the_bound(source):
    def cut(start, stop, most, leads=("I",)):
        return list(pieces.spans(source, "100", leads, start, stop, most=most))

    assert cut(0, 3_500, 1_000) == [(0, 1000), (1000, 2000), (2000, 3000), (3000, 3500)]
    assert cut(500, 3_500, 2_500) == [(500, 3000), (3000, 3500)]
    assert cut(0, 3_000, 2_500, ("I", "II")) == [(0, 1000), (1000, 2000), (2000, 3000)]
    assert cut(10, 20, 1) == [(10, 20)]
    assert cut(10, 10, 1) == []
    assert cut(9_900, 10_000, 1) == [(9_900, 10_000)]


class Request:
    def __init__(self, gone_after):
        self.asked = 0
        self.gone_after = gone_after

    async def is_disconnected(self):
        self.asked += 1
        return self.asked > self.gone_after


async def test_nothing_more_is_read_for_a_client_that_is_gone(source, monkeypatch):
    monkeypatch.setattr(pieces.spans, "__kwdefaults__", {"most": 1_000})
    source.reads.clear()
    with ThreadPoolExecutor(1) as readers:
        reading = Reading(source, readers)
        with pytest.raises(ClientDisconnect):
            await reading.each(reading.quick, Request(2), ("100", ["I"], 0, LENGTH), lambda _: None)
    assert len(source.reads) == 2


async def test_answers_hold_no_more_than_the_budget_together(source):
    with ThreadPoolExecutor(1) as readers:
        reading = Reading(source, readers, budget=100)
        with reading.holding(60):
            with pytest.raises(LimitReached), reading.holding(41):
                pass
            with reading.holding(40):
                pass
        with reading.holding(100):
            pass


async def test_a_client_that_takes_nothing_is_cut_off_and_frees_what_it_held(source):
    sent = []

    async def send(message):
        sent.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    with ThreadPoolExecutor(1) as readers:
        reading = Reading(source, readers, budget=10)
        body = Body(
            reading,
            reading.quick,
            [b"x" * 300_000, b"y"],
            10,
            headers={},
            media_type="x/y",
            send_s=0.0,
        )
        await body({"type": "http", "method": "GET"}, None, send)
        with reading.holding(10):
            pass
    assert sent[-1]["more_body"] is True
