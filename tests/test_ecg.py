"""`/api/ecg`: what clients of such archives poll."""

import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream.errors import SourceCorrupt
from ecgstream.model.record import Lead, Record
from ecgstream.model.unit import millivolts
from ecgstream.storage.memory import MemorySource
from ecgstream.web import ecg, faults

FS = 360.0
DECIMALS = np.array([0.005, -0.145, 0.1, 0.3, 1e-9, -0.0, 2.675, 1 / 3])


def lead(name, unit, gain, baseline, dtype, *, fs=FS, length=3600):
    return Lead(name, unit, gain, baseline, "ecg", fs, length, (dtype,))


class Source(MemorySource):
    def read(self, record, leads, start, stop):
        if leads == ["bad"]:
            raise SourceCorrupt("page 3 fails its checksum", path="/srv/x.parquet", column="bad")
        return super().read(record, leads, start, stop)


@pytest.fixture(scope="module")
def client():
    source = Source()
    counts = (np.arange(3600) % 2000).astype("<i2")
    holed = counts.copy()
    holed[100:200] = -(2**15)
    plain = np.resize(DECIMALS, 3600)
    leads = {
        lead("adc", "mV", 200.0, 1024.0, "i2"): counts,
        lead("holed", "mV", 200.0, 1024.0, "i2"): holed,
        lead("plain", "mV", 1.0, 0.0, "f8"): plain,
        lead("micro", "\u00b5V", 1.0, 0.0, "i2"): counts,
        lead("volt", "V", 1000.0, 0.0, "i2"): counts,
        lead("adu", "adu", 1.0, 0.0, "i2"): counts,
        lead("none", None, 1.0, 0.0, "i2"): counts,
        lead("bad", "mV", 1.0, 0.0, "i2"): counts,
        lead("infinite", "mV", 1.0, 0.0, "f8"): np.full(3600, np.inf),
    }
    record = Record("100", "P1", tuple(leads), None, None, None, None)
    source.add(record, {one.name: samples for one, samples in leads.items()})
    with ThreadPoolExecutor(1) as readers:
        app = Starlette(routes=ecg.ecg_routes(source, readers), exception_handlers=faults.HANDLERS)
        with TestClient(app) as client:
            yield client


def got(client, **query):
    answer = client.get("/api/ecg", params={"record": "100", "lead": "adc", **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_span_is_times_and_millivolts(client):
    samples = got(client, start="1", duration="0.01")
    assert samples == [
        {"timestamp": 1000.0, "voltage": (360 - 1024) / 200},
        {"timestamp": 1002.778, "voltage": (361 - 1024) / 200},
        {"timestamp": 1005.556, "voltage": (362 - 1024) / 200},
        {"timestamp": 1008.333, "voltage": (363 - 1024) / 200},
    ]


def test_left_out_it_is_the_first_fifteen_seconds_or_what_there_is(client):
    assert len(got(client)) == 3600
    assert len(got(client, start="", duration="")) == 3600


def test_behind_the_end_there_is_nothing(client):
    assert len(got(client, start="9.5")) == 180
    assert got(client, start="10") == []
    assert got(client, start="1e30") == []
    assert got(client, duration="0") == []


def test_missing_is_null(client):
    voltages = [sample["voltage"] for sample in got(client, lead="holed", duration="1")]
    assert [n for n, voltage in enumerate(voltages) if voltage is None] == list(range(100, 200))


def test_a_voltage_stored_as_a_double_comes_back_to_the_bit(client):
    voltages = np.array([sample["voltage"] for sample in got(client, lead="plain", duration="1")])
    assert voltages.tobytes() == np.resize(DECIMALS, 360).tobytes()


def test_units_become_millivolts(client):
    assert got(client, lead="micro", start="1", duration="0.001")[0]["voltage"] == 0.36
    assert got(client, lead="volt", start="1", duration="0.001")[0]["voltage"] == 360.0


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"lead": "adu"}, 422, "bad_field", "lead"),
        ({"lead": "none"}, 422, "bad_field", "lead"),
        ({"lead": ""}, 422, "bad_field", "lead"),
        ({"record": ""}, 422, "bad_field", "record"),
        ({"duration": "60.001"}, 422, "bad_field", "duration"),
        ({"duration": "-1"}, 422, "bad_field", "duration"),
        ({"duration": ["1", "2"]}, 422, "bad_field", "duration"),
        ({"start": "-0.001"}, 422, "bad_field", "start"),
        ({"start": "nan"}, 422, "bad_field", "start"),
        ({"start": "1e999"}, 422, "bad_field", "start"),
        ({"start": "inf"}, 422, "bad_field", "start"),
        ({"start": "1/3"}, 422, "bad_field", "start"),
        ({"start": "1_0"}, 422, "bad_field", "start"),
        ({"start": "9" * 50}, 422, "bad_field", "start"),
        ({"record": "../../etc/passwd"}, 404, "not_found", None),
        ({"lead": "V9"}, 404, "lead_not_found", None),
        ({"lead": "bad"}, 500, "corrupt", None),
        ({"lead": "infinite"}, 422, "bad_field", "lead"),
    ],
)
def test_what_cannot_be_answered_says_why(client, query, status, code, field):
    answer = client.get("/api/ecg", params={"record": "100", "lead": "adc", **query})
    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (
        status,
        code,
        field,
    )
    assert "/srv" not in answer.text


def test_a_parameter_against_caches_is_let_pass(client):
    assert len(got(client, duration="1", _="1718000000")) == 360


RATES = st.one_of(
    st.sampled_from(
        [128.0, 200 / 3, 360.0, 500.0, 1000.0, 12.4, 0.0166667, 249.99, 257.0, 1000 / 3]
    ),
    st.floats(0.01, 10_000),
)
SECONDS = st.decimals(0, 100_000, places=4).map(lambda d: Fraction(str(d)))


@given(RATES, SECONDS, st.decimals(0, 60, places=4).map(lambda d: Fraction(str(d))))
def test_the_samples_are_those_of_the_span_and_no_other(fs, start, duration):
    one = lead("x", "mV", 1.0, 0.0, "i2", fs=fs, length=10**12)
    low, high = ecg.span(one, start, start + duration)
    rate = ecg.exact_rate(fs)
    assert (low - 1) / rate < start <= low / rate
    assert (high - 1) / rate < start + duration <= high / rate or high == low


@given(RATES, SECONDS, st.lists(st.decimals(0, 60, places=3), min_size=1, max_size=5))
def test_spans_that_adjoin_in_time_adjoin_in_samples(fs, start, durations):
    one = lead("x", "mV", 1.0, 0.0, "i2", fs=fs, length=10**12)
    reach = ecg.span(one, start, start)[0]
    for duration in durations:
        low, high = ecg.span(one, start, start + Fraction(str(duration)))
        assert low == reach
        start, reach = start + Fraction(str(duration)), high


@given(RATES, st.integers(0, 10**8))
def test_a_timestamp_is_the_exact_time_to_three_places(fs, sample):
    rate = ecg.exact_rate(fs)
    (timestamp,) = ecg.timestamps(sample, sample + 1, fs)
    assert timestamp == float(Fraction(round(Fraction(10**6 * sample) / rate), 1000))


def test_a_timestamp_far_out_does_not_overflow():
    fs = 9973.123456789
    assert ecg.timestamps(10**12, 10**12 + 1, fs) == [round(Fraction(10**18) / Fraction(fs)) / 1000]


def test_a_third_of_a_hertz_is_meant_exactly():
    # 66.66666666666667 lies above 200/3: sample 200 would be just before its own second.
    one = lead("x", "mV", 1.0, 0.0, "i2", fs=200 / 3)
    assert ecg.span(one, Fraction(3), Fraction(6)) == (200, 400)
    assert ecg.timestamps(200, 201, 200 / 3) == [3000.0]


@pytest.mark.parametrize(
    ("unit", "mv"),
    [
        ("mV", 1),
        ("mv", 1),
        (" uV", Fraction(1, 1000)),
        ("\u03bcV", Fraction(1, 1000)),
        ("V", 1000),
        ("MV", None),
        ("mmHg", None),
        ("", None),
        (None, None),
    ],
)
def test_units_of_voltage(unit, mv):
    assert millivolts(unit) == mv


@given(st.integers(-(10**6), 10**6), st.sampled_from([10, 100, 1000, 10_000]))
def test_a_decimal_kept_as_an_integer_comes_back_as_it_was_written(value, gain):
    one = lead("x", "mV", float(gain), 0.0, "i4")
    (mv,) = ecg.voltages(np.array([value], "<i4"), one, Fraction(1)).tolist()
    assert mv == float(f"{value}e-{round(math.log10(gain))}")
