"""Every layout that people have, with its trap: served, told how it was found, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed, reading_of
from ecgstream.storage.foreign.times import loading
from tests.archives import long, packets, rows, texts, wide  # noqa: F401 - register
from tests.archives.kit import LAYOUTS, ecg, save
from tests.contracts.source import physical, same


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_served_bit_for_bit_and_says_how_it_was_found(tmp_path, name):
    layout = LAYOUTS[name]
    expected = layout.write(tmp_path)
    mapping = layout.mapping and parsed(layout.mapping.encode(), "mapping.toml")
    reading = Reading(mapping or None, reading_of(None, layout.fs).fs)
    source = scan([tmp_path], reading=reading)
    assert [str(one) for one in source.problems] == []
    assert len(source.notes) == layout.notes
    assert {one.record for one in source.records()} == set(expected)
    for record in source.records():
        wanted = expected[record.record]
        told = dict(record.found)
        assert {what: told.get(what) for what in wanted.found} == wanted.found
        assert (record.start_time, record.zone) == (wanted.start_time, wanted.zone)
        assert record.patient == (wanted.patient or record.record)
        assert record.dates_shifted == wanted.dates_shifted
        assert {lead.name for lead in record.leads} == set(wanted.leads)
        for lead in record.leads:
            of = wanted.leads[lead.name]
            said = (lead.fs, lead.unit, lead.gain, lead.baseline, lead.kind)
            assert said == (float(of.fs), of.unit, of.gain, of.baseline, of.kind), lead.name
            assert lead.length == len(of.values)
            (column,) = source.read(record.record, [lead.name], 0, lead.length)
            assert same(physical(column), of.values)
            middle = lead.length // 3
            (column,) = source.read(record.record, [lead.name], middle, middle + 100)
            assert same(physical(column), of.values[middle : middle + 100])
            gaps = source.gaps(record.record, lead.name)
            missing = np.flatnonzero(np.isnan(of.values))
            assert sum(stop - start for start, stop in gaps.tolist()) == len(missing)


@pytest.mark.parametrize("name", LAYOUTS)
def test_times_gone_over_in_passing_come_to_the_same(tmp_path, monkeypatch, name):
    layout = LAYOUTS[name]
    layout.write(tmp_path)
    mapping = layout.mapping and parsed(layout.mapping.encode(), "mapping.toml")
    reading = Reading(mapping or None, reading_of(None, layout.fs).fs)
    whole = scan([tmp_path], reading=reading)
    monkeypatch.setattr(loading, "MANY", 500)
    passed = scan([tmp_path], reading=reading)
    for record in whole.records():
        # How many of the times were looked at for their unit is told, and is another number.
        assert replace(passed.record(record.record), found=()) == replace(record, found=())
        assert passed.version(record.record) == whole.version(record.record)


@pytest.mark.parametrize("lost", [[700], [999], [1_000], [1_500, 1_501]])
@pytest.mark.parametrize("fs", [1000, 500, 360])
def test_a_sample_that_is_lost_in_passing_is_a_gap(tmp_path, monkeypatch, fs, lost):
    n = np.delete(np.arange(3_000), lost)
    save(tmp_path / "r.parquet", {"time_ms": n * 1_000 // fs, "II": ecg(3_000)[n]})
    monkeypatch.setattr(loading, "MANY", 500)
    source = scan([tmp_path])
    assert source.record("r").fs == fs
    assert source.gaps("r", "II").tolist() == [[lost[0], lost[-1] + 1]]


def test_a_doubt_that_later_rows_settle_is_none_in_passing(tmp_path, monkeypatch):
    n = np.arange(4_000)
    n[700:] += 100
    save(tmp_path / "r.parquet", {"time_ms": n, "II": ecg(4_000)}, group=900)
    whole = scan([tmp_path]).record("r")
    assert whole.leads[0].fs_source == "inferred from 4000 timestamps"
    monkeypatch.setattr(loading, "MANY", 500)
    assert scan([tmp_path]).record("r") == whole


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_gaps_of_any_place_are_the_same_in_passing(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("gaps")
    fs = data.draw(st.sampled_from([125, 250, 360, 500, 1000]))
    n = np.arange(4_000)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(600, 3_900))
        n[at:] += data.draw(st.sampled_from([1, 2, 5, 100, 5_000]))
    per_s = data.draw(st.sampled_from([10**3, 10**6, 10**9]))
    name = {10**3: "time_ms", 10**6: "time_us", 10**9: "time_ns"}[per_s]
    clock = data.draw(st.sampled_from([name, "sample"]))
    times = n if clock == "sample" else n * per_s // fs
    said = {"fs": str(fs)} if clock == "sample" or data.draw(st.booleans()) else None
    group = data.draw(st.integers(100, 900))
    save(root / "r.parquet", {clock: times, "II": ecg(4_000)}, metadata=said, group=group)
    whole = scan([root])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "MANY", 500)
        passed = scan([root])
    assert [str(one) for one in passed.problems] == [str(one) for one in whole.problems]
    for record in whole.records():
        assert passed.record("r") == record
        assert passed.version("r") == whole.version("r")
