"""Clocks and counters that nothing is read from: what they say against a record is told."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream import cli
from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from ecgstream.storage.foreign.proposing import proposed
from ecgstream.storage.foreign.times.disorder import Remarks
from tests.archives import long, packets, rows, texts, wide  # noqa: F401 - register
from tests.archives.kit import LAYOUTS

FS = 360
WHOLE = np.arange(7_200)
KEPT = np.delete(WHOLE, np.r_[1_000:1_360, 3_000:4_000])
WAVE = np.sin(WHOLE / 40)
US = KEPT * 1_000_000 // FS
DAY = datetime(2021, 1, 1, tzinfo=UTC)

CLOCKS = {
    "Zeit": (KEPT / FS, 'time = { column = "Zeit", unit = "s" }'),
    "offset_s": (KEPT / FS, 'time = { column = "offset_s", unit = "s" }'),
    "tick_ms": (KEPT * 1000 / FS, 'time = { column = "tick_ms", unit = "ms" }'),
    "unixms": (1.6e12 + KEPT * 1000 // FS, 'time = { column = "unixms", unit = "ms" }'),
    "charttime": (
        [(DAY + timedelta(microseconds=int(us))).isoformat() for us in US],
        'time = { column = "charttime" }',
    ),
    "seq": (KEPT, 'time = { column = "seq", counts = "sample" }'),
    "n": (KEPT, 'time = { column = "n", counts = "sample" }'),
    "Uhrzeit": (pa.array(US, pa.time64("us")), 'time = { column = "Uhrzeit" }'),
    "packet_no": (KEPT // 10, None),
    "datenum": (738_000 + KEPT / FS / 86_400, None),
}


def stored(folder, columns, *, fs=FS, **writing):
    metadata = {"unit": "mV"} | ({"fs": str(fs)} if fs else {})
    pq.write_table(pa.table(columns, metadata=metadata), folder / "t.parquet", **writing)


def read(folder, mapping=""):
    said = Reading(parsed(mapping.encode(), "m.toml")) if mapping else AS_IT_IS
    source = scan([folder], reading=said)
    assert [str(one) for one in source.problems] == []
    return source


def findings(source, record="t"):
    return [one for one in Remarks(source).of(record) if one.kind == "clock"]


@pytest.mark.parametrize("group", [None, 700], ids=["one row group", "many"])
@pytest.mark.parametrize("name", CLOCKS)
def test_lost_samples_that_a_column_knows_of_are_told_with_the_line_that_takes_it(
    tmp_path, name, group
):
    values, keys = CLOCKS[name]
    stored(tmp_path, {name: values, "II": WAVE[KEPT]}, row_group_size=group)
    source = read(tmp_path)
    assert source.record("t").length == len(KEPT)
    (one,) = findings(source)
    assert (one.level, one.leads) == ("warning", ())
    assert f"column {name} rises by " in one.detail
    assert " and jumps 2 times (first by " in one.detail
    assert one.spans == ((999, 1_000), (2_639, 2_640))
    assert proposed(one.detail) == (() if keys is None else (keys,))
    table = '[[table]]\nfiles = "**/t.parquet"\n'
    if keys is None:
        assert "store when each row was as an Arrow timestamp or in s" in one.detail
    else:
        told = read(tmp_path, f"{table}fs = 360\n{keys}\n")
        assert told.record("t").length == len(WHOLE)
        assert np.array_equal(told.gaps("t", "II"), [[1_000, 1_360], [3_000, 4_000]])
        assert findings(told) == []
    # Who says that rows are counted has said it against any such column.
    assert findings(read(tmp_path, f'{table}time = "none"\nfs = 360\n')) == []


def test_check_ends_with_a_finding(tmp_path):
    stored(tmp_path, {"seq": KEPT, "II": WAVE[KEPT]})
    assert cli.main(["check", str(tmp_path)]) == 1


def test_how_a_record_was_found_names_what_is_called_as_a_clock_is(tmp_path):
    stored(tmp_path, {"Zeit": WHOLE / FS, "packet_no": WHOLE // 10, "age": WHOLE * 0, "II": WAVE})
    found = dict(read(tmp_path).record("t").found)
    said = "columns Zeit, packet_no, called as a clock or a counter is: rows are counted"
    assert found["not read"] == said


RISING = {
    "no jump": WHOLE / FS,
    "a number of the row": np.arange(len(WHOLE)),
    "signal": np.cumsum(np.abs(np.random.default_rng(1).normal(size=len(WHOLE)))),
    "label": np.repeat([0, 1, 7, 9], len(WHOLE) // 4),
    "beat_no": WHOLE // 300 + (WHOLE > 3_000) * 2,
    "birth_time": pa.array(US[0] + np.delete(np.arange(8_560), KEPT[:1_360]), pa.timestamp("s")),
    "text": ["N"] * len(WHOLE),
    "falls": -WHOLE,
}


@pytest.mark.parametrize("name", RISING)
def test_what_loses_nothing_or_is_no_clock_is_no_finding(tmp_path, name):
    stored(tmp_path, {name: RISING[name], "II": WAVE})
    assert findings(read(tmp_path)) == []


def test_a_counter_that_jumps_where_the_times_do_is_no_finding(tmp_path):
    stored(tmp_path, {"time_ms": KEPT * 1000 / FS, "seq": KEPT, "II": WAVE[KEPT]}, fs=None)
    source = read(tmp_path)
    assert source.record("t").length == len(WHOLE)
    assert findings(source) == []


def test_a_counter_that_jumps_where_the_times_go_on_is_told(tmp_path):
    stored(tmp_path, {"time_ms": WHOLE[: len(KEPT)] * 1000 / FS, "seq": KEPT, "II": WAVE[KEPT]})
    (one,) = findings(read(tmp_path))
    assert "by column time_ms there is no gap" in one.detail
    assert "else name column time_ms so" in one.detail


@pytest.mark.parametrize(
    ("columns", "taken", "other"),
    [
        ({"timestamp": WHOLE * 4.0, "time": WHOLE / FS}, ("timestamp", 250), ("time", FS, "s")),
        ({"time_s": WHOLE / 250, "time_ms": WHOLE * 1000 / FS}, ("time_s", 250),
         ("time_ms", FS, "ms")),
        ({"time_ms": WHOLE * 4, "epoch": 1.6e9 + WHOLE / FS}, ("time_ms", 250),
         ("epoch", FS, "s")),
        ({"time": pa.array(WHOLE * 4, pa.timestamp("ms")), "device_time": pa.array(
            WHOLE * 2, pa.timestamp("ms"))}, ("time", 250), ("device_time", 500, "ms")),
    ],
    ids=["two numbers", "two units", "whole", "timestamps"],
)  # fmt: skip
def test_two_clocks_that_disagree_are_named_with_both_rates(tmp_path, columns, taken, other):
    stored(tmp_path, columns | {"II": WAVE}, fs=None)
    source = read(tmp_path)
    assert source.record("t").fs == taken[1]
    (one,) = findings(source)
    assert one.detail.startswith(
        f"two clocks disagree: column {other[0]} makes {other[1]} Hz (in {other[2]}), and column "
        f"{taken[0]} {taken[1]} Hz, which is taken"
    )
    (line,) = proposed(one.detail)
    named = read(tmp_path, f'[[table]]\nfiles = "**/t.parquet"\n{line}\n')
    assert round(named.record("t").fs, 6) == other[1]
    assert findings(named) == []


def test_two_clocks_of_one_rate_are_no_finding(tmp_path):
    whole = pa.array(WHOLE * 1000 // FS, pa.timestamp("ms"))
    both = {"timestamp": whole, "t_ms": WHOLE * (1000.0003 / FS), "clock": WHOLE // FS * 1.0}
    stored(tmp_path, both | {"II": WAVE}, fs=None)
    assert findings(read(tmp_path)) == []


def test_rows_of_several_records_are_looked_at_each_by_itself(tmp_path):
    mixed = {
        "record_id": np.repeat(["a", "b"], len(KEPT)),
        "seq": np.concatenate([KEPT, np.arange(len(KEPT))]),
        "II": np.tile(WAVE[KEPT], 2),
    }
    order = np.random.default_rng(5).permutation(2 * len(KEPT))
    order = np.concatenate([order[order < len(KEPT)], order[order >= len(KEPT)]])
    order.sort()
    stored(tmp_path, {name: column[order] for name, column in mixed.items()})
    source = read(tmp_path)
    assert len(findings(source, "a")) == 1
    assert findings(source, "b") == []


@pytest.mark.parametrize(("name", "seconds"), [("time_min", 60), ("elapsed_h", 3_600)])
def test_minutes_and_hours_are_read_as_times(tmp_path, name, seconds):
    stored(tmp_path, {name: KEPT / FS / seconds, "II": WAVE[KEPT]})
    source = read(tmp_path)
    assert np.array_equal(source.gaps("t", "II"), [[1_000, 1_360], [3_000, 4_000]])
    assert dict(source.record("t").found)["time"] == f"column {name}"
    assert findings(source) == []


def test_the_lowest_time_of_a_window_is_not_in_minutes(tmp_path):
    lists = {"ecg_id": ["a", "b"], "time_min": [1.0, 2.0], "II": [WAVE, WAVE]}
    stored(tmp_path, lists)
    assert ("not shown", "columns time_min") in read(tmp_path).record("a").found


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_layout_that_people_have_has_another_clock(tmp_path, name):
    layout = LAYOUTS[name]
    layout.write(tmp_path)
    mapping = layout.mapping and parsed(layout.mapping.encode(), "mapping.toml")
    source = scan([tmp_path], reading=Reading(mapping or None, layout.fs))
    remarks = Remarks(source)
    for record in source.records():
        kinds = {one.kind for one in remarks.of(record.record)}
        assert not kinds & {"clock", "start"}, list(remarks.of(record.record))
