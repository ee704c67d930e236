"""Outlines and tiles over HTTP, before the pyramid is there and after."""

from concurrent.futures import ThreadPoolExecutor

import msgpack
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream.errors import SourceCorrupt, SourceUnavailable
from ecgstream.model.block import MISSING, NUMPY
from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.cache_folder import CacheFolder
from ecgstream.storage.derived.pyramid import FIRST, TILE, top, width
from ecgstream.storage.derived.pyramids import SUFFIX, Pyramids
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.memory import MemorySource
from ecgstream.web import faults, records, tiles
from ecgstream.web.building import Building
from ecgstream.wire.window import MSGPACK
from tests.doubles import FaultySource
from tests.stored import footer, timestamps, write_own, write_plain
from tests.test_pyramid import direct, floats, signal

LENGTH = 300_000
FS = 100.0
KEY = ("r1", FS)


def lead(name, length=LENGTH, dtype="i2", fs=FS, dtypes=None):
    return Lead(name, "mV", 200.0, 1024.0, "ecg", fs, length, dtypes or (dtype, "f8"))


@pytest.fixture(scope="module")
def held():
    rng = np.random.default_rng(9)
    finite = signal(rng, LENGTH, "f8", holes=3)
    finite[np.isinf(finite)] = 9.5
    return {
        "I": signal(rng, LENGTH, "i2", holes=4),
        "II": signal(rng, LENGTH, "i2", holes=0),
        "wide": finite,
        "short": signal(rng, 100_001, "i2", holes=1),
        "a,b": signal(rng, LENGTH, "i2", holes=0),
        "a/b": signal(rng, LENGTH, "i2", holes=0),
        "slow": signal(rng, 20_000, "i2", holes=0),
    }


@pytest.fixture
def source(held):
    source = FaultySource(MemorySource(5_000))
    leads = tuple(
        lead(name, len(array), array.dtype.str[1:], 1.0 if name == "slow" else FS)
        for name, array in held.items()
    )
    source._source.add(Record("r1", "p", leads, None, None, None, None), held)
    return source


class House:
    """Routes over a source; `made` makes the pyramid of a record, as the background does."""

    def __init__(self, source, folder, readers, small=0):
        self.source = source
        self.pyramids = Pyramids(source, CacheFolder(folder, SUFFIX, 1 << 30), small=small)
        self.building = Building(self.pyramids, readers)
        self.wishes = []
        self.building.wish = self.wishes.append
        routes = records.record_routes(source, readers, self.building)
        self.client = TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS))

    def made(self, key=KEY):
        for _ in self.pyramids.make(key):
            pass
        self.source.reads.clear()

    def get(self, path, status=200, **headers):
        answer = self.client.get(
            f"/api/v1/records/r1/{path}", headers={"accept": MSGPACK} | headers
        )
        assert answer.status_code == status, answer.text
        return answer

    def version(self):
        return self.source.version("r1")

    def tile(self, leads, level, n, status=200, **headers):
        return self.get(f"tiles/{self.version()}/{leads}/{level}/{n}", status, **headers)


@pytest.fixture
def house(source, tmp_path):
    with ThreadPoolExecutor(2) as readers:
        house = House(source, tmp_path / "cache", readers)
        with house.client:
            yield house


def opened(answer):
    """A tile with its `low` and `high` as floats of shape (leads, columns), NaN where nothing is."""
    said = msgpack.unpackb(answer.content)
    shape = (len(said["leads"]), -1)
    for name in ("low", "high"):
        values = np.frombuffer(said[name], NUMPY[said["dtype"]])
        said[name] = floats(values, said["dtype"]).reshape(shape)
    return said


WHOLE = {}
"""Extremes of all columns of a level, by the identity of the samples and level: dear to work out."""


def expected(samples, level, n):
    if (id(samples), level) not in WHOLE:
        dtype = samples.dtype.str[1:]
        padded = np.full(LENGTH, MISSING[dtype], samples.dtype)
        padded[: len(samples)] = samples
        WHOLE[id(samples), level] = direct(padded, width(level), dtype)
    return [extremes[n * TILE : (n + 1) * TILE] for extremes in WHOLE[id(samples), level]]


# Tiles


@pytest.mark.parametrize("made", [False, True])
def test_a_tile_has_the_extremes_of_its_columns_at_every_level(house, held, made):
    if made:
        house.made()
    for level in range(1, top(LENGTH) + 1):
        for n in range(-(-LENGTH // (TILE * width(level)))):
            said = opened(house.tile("I,short", level, n))
            for row, name in enumerate(("I", "short")):
                low, high = expected(held[name], level, n)
                np.testing.assert_array_equal(said["low"][row], low)
                np.testing.assert_array_equal(said["high"][row], high)


def test_a_tile_says_what_it_is(house):
    said = msgpack.unpackb(house.tile("II", 2, 1).content)
    low, high = said.pop("low"), said.pop("high")
    assert said == {
        "record": "r1", "version": house.version(), "fs": FS, "level": 2, "n": 1,
        "start": TILE * 16, "stop": 2 * TILE * 16, "dtype": "i2",
        "leads": [{"name": "II", "unit": "mV", "gain": 200.0, "baseline": 1024.0}],
    }  # fmt: skip
    assert len(low) == len(high) == 2 * TILE


def test_the_last_tile_ends_with_the_record(house):
    n = LENGTH // (TILE * 16)
    said = opened(house.tile("II", 2, n))
    assert said["stop"] == LENGTH
    assert said["low"].shape == (1, -(-(LENGTH - n * TILE * 16) // 16))


@pytest.mark.parametrize("level", [2, FIRST, FIRST + 1])
def test_leads_of_two_types_go_in_the_one_that_carries_both(house, held, level):
    house.made()
    said = opened(house.tile("I,wide", level, 0))
    assert said["dtype"] == "f8"
    np.testing.assert_array_equal(said["low"][0], expected(held["I"], level, 0)[0])
    np.testing.assert_array_equal(said["high"][1], expected(held["wide"], level, 0)[1])


def test_nothing_is_read_for_a_tile_of_the_pyramid(house):
    house.made()
    house.tile("I,II,wide", FIRST, 3)
    house.tile("I,II,wide", top(LENGTH), 0)
    assert house.source.reads == []


def test_a_tile_is_for_good_and_is_not_sent_twice(house):
    answer = house.tile("II", 1, 0)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["content-type"] == MSGPACK
    house.source.reads.clear()
    again = house.tile("II", 1, 0, 304, **{"if-none-match": answer.headers["etag"]})
    assert again.content == b""
    assert house.source.reads == []
    tags = {
        house.tile(*one).headers["etag"]
        for one in (("I", 1, 0), ("II", 2, 0), ("II", 1, 1), ("I,II", 1, 0))
    }
    assert len(tags | {answer.headers["etag"]}) == 5


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("I,II", ["I", "II"]),
        ("I%2CII", ["I", "II"]),
        ("a,b", ["a,b"]),
        ("a%2Cb", ["a,b"]),
        ("a%2Cb,I", ["a,b", "I"]),
        ("a%2Fb", ["a/b"]),
        ("I,a%2Fb,a%2Cb", ["I", "a/b", "a,b"]),
    ],
)
def test_leads_are_named_in_the_path_whatever_they_are_called(house, path, names):
    said = msgpack.unpackb(house.tile(path, 1, 0).content)
    assert [one["name"] for one in said["leads"]] == names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("II/0/0", 404), ("II/6/0", 404), ("II/1/74", 404), ("II/1/-1", 404), ("II/x/0", 404), ("II/1/1.0", 404),
        ("II/1/99999999999999999999", 404), ("V9/1/0", 404), ("I,slow/1/0", 422), ("I,I/1/0", 422), (",/1/0", 422),
    ],
)  # fmt: skip
def test_what_is_no_tile_is_not_found(house, path, status):
    answer = house.get(f"tiles/{house.version()}/{path}", status)
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_version_is_not_found(house):
    old = house.version()
    house.get(f"tiles/{old}/II/1/0")
    record = house.source.record("r1")
    house.source._source.add(record, {one.name: np.zeros(one.length) for one in record.leads})
    assert house.get(f"tiles/{old}/II/1/0", 404).json()["code"] == "not_found"
    assert opened(house.tile("II", 1, 0))["high"].max() == 0


def test_only_msgpack_is_given(house):
    house.tile("II", 1, 0, 406, accept="application/json")
    house.get("outline?leads=II", 406, accept="text/html")
    house.tile("II", 1, 0, accept="*/*")


def test_a_tile_too_dear_is_made_in_the_background(house, monkeypatch):
    monkeypatch.setattr(tiles, "AT_ONCE_VALUES", 100_000)
    answer = house.tile("II", FIRST + 1, 0, 503)
    assert (answer.headers["retry-after"], answer.json()["code"]) == ("1", "unavailable")
    assert house.source.reads == []
    assert house.wishes == [KEY]
    house.tile("I,II", 2, 0)
    assert house.wishes == [KEY], "a fine tile needs no pyramid"
    house.made()
    house.tile("II", FIRST + 1, 0)


def test_a_pyramid_that_will_never_be_is_not_promised(house, monkeypatch):
    monkeypatch.setattr(tiles, "AT_ONCE_VALUES", 100_000)
    house.pyramids._given_up.add(house.pyramids._kept(KEY))
    answer = house.tile("II", FIRST + 1, 0, 503)
    assert "retry-after" not in answer.headers


def test_a_short_record_needs_no_pyramid(source, tmp_path, held, monkeypatch):
    monkeypatch.setattr(tiles, "AT_ONCE_VALUES", 0)
    with ThreadPoolExecutor(2) as readers:
        house = House(source, tmp_path / "cache", readers, small=10 * LENGTH)
        with house.client:
            assert msgpack.unpackb(house.get("outline?leads=I").content)["built"] is True
            said = opened(house.tile("I", top(LENGTH), 0))
    np.testing.assert_array_equal(said["low"][0], expected(held["I"], top(LENGTH), 0)[0])
    assert house.wishes == []
    assert not (tmp_path / "cache").exists()


def test_a_damaged_pyramid_is_not_shown_but_made_anew(house, held, tmp_path):
    house.made()
    (path,) = (tmp_path / "cache").glob(f"*{SUFFIX}")
    whole = bytearray(path.read_bytes())
    for at in range(20, len(whole) // 2, 100):
        whole[at] ^= 1
    path.write_bytes(whole)
    house.pyramids._open.clear()
    said = opened(house.tile("I", FIRST, 0))
    np.testing.assert_array_equal(said["low"][0], expected(held["I"], FIRST, 0)[0])
    assert house.wishes == [KEY]
    assert not path.exists()


@pytest.mark.parametrize("made", [False, True])
def test_what_is_corrupt_is_named_and_not_kept_for_good(house, made):
    house.source.faults["I", 7_500] = SourceCorrupt("bad page")
    if made:
        house.made()
    for level in (2, FIRST):
        answer = house.tile("I,II", level, 0)
        said = opened(answer)
        assert said["corrupt"] == {"I": [[5_000, 10_000]]}
        assert answer.headers["cache-control"] == "no-store"
        assert np.isnan(said["low"][0][7_500 // width(level)])
        assert not np.isnan(said["low"][1]).any()
    assert "corrupt" not in opened(house.tile("I,II", 2, 1))


def test_what_cannot_be_had_now_may_be_asked_again(house):
    house.source.faults["I", 7_500] = SourceUnavailable("gone", path="/srv/x")
    answer = house.tile("I", 2, 0, 503)
    assert answer.headers["retry-after"] == "5"
    assert "/srv" not in answer.text


# Outlines


def outline(house, query="", **headers):
    answer = house.get(f"outline{query}", **headers)
    said = msgpack.unpackb(answer.content)
    for group in said["groups"]:
        shape = (len(group["leads"]), len(group["edges"]) - 1)
        for name in ("low", "high"):
            group[name] = floats(
                np.frombuffer(group[name], NUMPY[said["dtype"]]), said["dtype"]
            ).reshape(shape)
        group["known"] = np.frombuffer(group["known"], np.uint8).reshape(shape)
    return said


@pytest.fixture
def stored(tmp_path):
    """A record in files: two leads of our own layout, 10 s pieces, the second half of I missing."""
    rng = np.random.default_rng(4)
    one, two = (rng.integers(-900, 900, 9_500).astype("<i2") for _ in range(2))
    missing = np.arange(9_500) >= 5_000
    leads = {"I": (one, missing, {}), "II": (two, np.zeros(9_500, bool), {})}
    write_own(tmp_path / "data", footer(length=9_500), leads)
    with ThreadPoolExecutor(2) as readers:
        house = House(scan([tmp_path / "data"]), tmp_path / "cache", readers)
        with house.client:
            yield house, one, two


def test_an_outline_has_the_extremes_of_every_row_group_and_reads_none(stored, monkeypatch):
    house, one, two = stored

    def table(*_):
        raise AssertionError("a row group was decoded")

    monkeypatch.setattr(OpenFiles, "table", table)
    said = outline(house)
    (group,) = said.pop("groups")
    assert said == {
        "record": "r1", "version": house.version(), "built": False, "fs": 100.0, "length": 9_500,
        "leads": [{"name": name, "unit": "mV", "gain": 1.0, "baseline": 0.0} for name in ("I", "II")], "dtype": "i2",
    }  # fmt: skip
    assert (group["leads"], group["edges"]) == (["I", "II"], [*range(0, 9_001, 1_000), 9_500])
    pieces = [slice(n, n + 1_000) for n in range(0, 9_500, 1_000)]
    assert group["low"][1].tolist() == [two[p].min() for p in pieces]
    assert group["high"][0][:5].tolist() == [one[p].max() for p in pieces[:5]]
    assert np.isnan(group["low"][0][5:]).all()
    assert group["known"].all()
    assert house.wishes == [KEY]


def test_an_outline_says_when_the_pyramid_is_there(house):
    assert outline(house, "?leads=I")["built"] is False
    house.made()
    said = outline(house, "?leads=I")
    assert said["built"] is True
    assert house.wishes == [KEY]
    opened(house.tile("I", top(said["length"]), 0))


def test_what_nobody_said_is_flagged_and_not_guessed(house):
    (group,) = outline(house, "?leads=I,II")["groups"]
    assert not group["known"].any()
    assert np.isnan(group["low"]).all()


def test_leads_of_other_pieces_are_a_group_of_their_own(house):
    said = outline(house, "?leads=I,short,II")
    assert [group["leads"] for group in said["groups"]] == [["I", "II"], ["short"]]
    assert [group["edges"][-1] for group in said["groups"]] == [LENGTH, 100_001]
    assert [one["name"] for one in said["leads"]] == ["I", "short", "II"]


def test_too_many_pieces_are_joined_and_what_is_unknown_stays_so(tmp_path, monkeypatch):
    monkeypatch.setattr(tiles, "PIECES_MOST", 3)
    values = np.linspace(-1, 1, 1_000)
    values[:100] = np.nan
    write_plain(
        tmp_path / "patient_id=r1/lead=II", timestamps(np.arange(1_000), 100), values, group=100
    )
    with ThreadPoolExecutor(1) as readers:
        house = House(scan([tmp_path]), tmp_path / "cache", readers)
        with house.client:
            (group,) = outline(house)["groups"]
    assert group["edges"] == [0, 400, 800, 1_000]
    assert group["known"].tolist() == [[0, 1, 1]]
    assert group["low"][0].tolist()[1:] == [values[400], values[800]]
    assert np.isnan(group["high"][0][0])
    assert group["high"][0][2] == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [("?leads=V9", 404), ("?leads=I,slow", 422), ("?lead=I", 422), ("?leads=I,I", 422)],
)
def test_a_bad_outline_query_is_refused(house, query, status):
    house.get(f"outline{query}", status)


def test_an_unchanged_outline_is_not_sent_again(house):
    first = house.get("outline?leads=I")
    assert first.headers["cache-control"] == "private, no-cache"
    house.get("outline?leads=I", 304, **{"if-none-match": first.headers["etag"]})
    house.made()
    house.get("outline?leads=I", **{"if-none-match": first.headers["etag"]})


@pytest.mark.parametrize("path", ["outline", "tiles/1/I/1/0"])
def test_an_unknown_record_is_not_found(house, path):
    answer = house.client.get(f"/api/v1/records/nothing/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# Envelopes out of the pyramid


def envelope(house, query, accept="application/json"):
    return house.get(f"envelope?{query}", accept=accept)


@pytest.mark.parametrize(
    "query", ["leads=I,short,wide&columns=7", "leads=wide,I&start=123&stop=299999&columns=200"]
)
def test_an_envelope_is_the_same_with_and_without_the_pyramid(house, query):
    house.source.faults["I", 7_500] = SourceCorrupt("bad page")
    before = envelope(house, query).json()
    assert house.wishes == [KEY]
    house.made()
    reads = len(house.source.reads)
    after = envelope(house, query).json()
    assert after == before
    assert after["corrupt"] == {"I": [[5_000, 10_000]]}
    assert len(house.source.reads) - reads < 60


def test_an_envelope_as_msgpack_is_two_bins(house, held):
    query = "leads=I,short&start=0&stop=300000&columns=300"
    said = opened(envelope(house, query, MSGPACK))
    text = envelope(house, query).json()
    assert (said["columns"], said["dtype"]) == (300, "i2")
    for row, name in enumerate(("I", "short")):
        for extreme in ("low", "high"):
            listed = [None if np.isnan(value) else value for value in said[extreme][row]]
            assert listed == text["samples"][name][extreme]


def test_a_damaged_pyramid_does_not_spoil_an_envelope(house, tmp_path):
    query = "leads=I&columns=9"
    before = envelope(house, query).json()
    house.made()
    (path,) = (tmp_path / "cache").glob(f"*{SUFFIX}")
    path.write_bytes(bytes(20) + path.read_bytes()[20:40] + bytes(path.stat().st_size - 40))
    house.pyramids._open.clear()
    house.wishes.clear()
    assert envelope(house, query).json() == before
    assert house.wishes == [KEY]
