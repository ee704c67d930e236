"""The plain layout that people have: right, or a clear problem."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.layouts import is_record_id, record_id
from tests.contracts.source import physical, same
from tests.stored import timestamps, write_plain

N = 3_600
MV = np.random.default_rng(7).normal(0, 0.4, N)
MS = timestamps(np.arange(N), 360)


def lead_folder(root, lead="II", patient="P001"):
    return root / f"patient_id={patient}/lead={lead}"


def only(source):
    """The one record of a source without problems."""
    assert source.problems == ()
    (record,) = source.records()
    return record


def whole(source, lead="II", record="P001"):
    length = source.record(record).lead(lead).length
    (column,) = source.read(record, [lead], 0, length)
    return column


def problem(source):
    (found,) = source.problems
    return found


def test_a_plain_record_is_read_to_the_bit(tmp_path):
    write_plain(lead_folder(tmp_path), MS, MV)
    source = scan([tmp_path])
    record = only(source)
    (lead,) = record.leads
    assert (record.record, record.patient) == ("P001", "P001")
    assert (lead.name, lead.unit, lead.gain, lead.baseline) == ("II", "mV", 1.0, 0.0)
    assert (lead.fs, lead.length, lead.dtypes) == (360.0, N, ("f8",))
    assert lead.fs_source == "inferred from 3600 timestamps"
    assert (record.start_time, record.zone) == (None, None)
    assert whole(source).samples.tobytes() == MV.tobytes()
    assert source.notes == ()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_order_of_rows_over_any_files_reads_the_same(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("any")
    count = data.draw(st.integers(40, 400))
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    kept = np.arange(count)
    if data.draw(st.booleans()):
        kept = np.concatenate([kept[: count // 3], kept[count // 2 :]])
    rows = kept
    if data.draw(st.booleans()):
        rows = rng.permutation(rows)
    cuts = np.sort(rng.integers(0, len(rows), data.draw(st.integers(0, 4))))
    extra = data.draw(st.integers(0, 10))
    for number, part in enumerate(np.split(rows, cuts)):
        # Some rows stand in another file once more.
        held = np.concatenate([part, rng.choice(rows, extra)])
        write_plain(
            lead_folder(root),
            timestamps(held, 250),
            MV[held],
            name=f"{number}.parquet",
            group=data.draw(st.integers(1, 200)),
        )
    source = scan([root])
    expected = np.full(count, np.nan)
    expected[kept] = MV[kept]
    assert only(source).fs == 250
    assert same(physical(whole(source)), expected)
    for _ in range(5):
        start, stop = sorted(rng.integers(0, count + 1, 2).tolist())
        (column,) = source.read("P001", ["II"], start, stop)
        assert same(physical(column), expected[start:stop])
    assert len(source.notes) == (1 if extra else 0)


def test_a_row_that_is_left_out_before_sample_0_is_not_taken_for_it(tmp_path):
    folder = lead_folder(tmp_path)
    write_plain(folder, timestamps(np.arange(1, 40), 250), MV[1:40], name="a.parquet")
    # The second file repeats sample 5, and has sample 0 behind it.
    write_plain(folder, timestamps(np.array([5, 0]), 250), MV[[5, 0]], name="b.parquet")
    source = scan([tmp_path])
    assert only(source).leads[0].length == 40
    assert whole(source).samples.tobytes() == MV[:40].tobytes()


@pytest.mark.parametrize(
    ("values", "dtypes"),
    [
        (np.float32([0.1, -2.5, 3]), ("f4", "f8")),
        (np.float16([0.1, -2.5, 3]), ("f4", "f8")),
        (np.int8([-128, 127, 3]), ("i2", "i4", "f4", "f8")),
        (np.uint8([255, 0, 3]), ("i2", "i4", "f4", "f8")),
        (np.int16([-32767, 32767, 3]), ("i2", "i4", "f4", "f8")),
        (np.int16([-32768, 32767, 3]), ("i4", "f4", "f8")),
        (np.uint16([65535, 0, 3]), ("i4", "f4", "f8")),
        (np.int32([5, -7, 3]), ("i2", "i4", "f4", "f8")),
        (np.int32([2**24 + 1, 0, 3]), ("i4", "f8")),
        (np.int32([-(2**31), 0, 3]), ("f8",)),
        (np.int64([2**31, 0, 3]), ("f8",)),
        (np.uint64([2**53, 0, 3]), ("f8",)),
        (np.int64([2**40, -(2**40), 3]), ("f8",)),
    ],
)
@pytest.mark.parametrize("statistics", [True, False])
def test_every_number_type_is_carried_exactly(tmp_path, values, dtypes, statistics):
    held = pa.array(np.tile(values, 4), mask=np.arange(12) == 5)
    write_plain(lead_folder(tmp_path), MS[:12], held, write_statistics=statistics, group=5)
    source = scan([tmp_path])
    (lead,) = only(source).leads
    assert lead.dtypes == dtypes
    expected = np.tile(values, 4).astype(float)
    expected[5] = np.nan
    column = whole(source)
    assert column.dtype == dtypes[0]
    assert same(physical(column), expected)


@pytest.mark.parametrize("kind", [pa.decimal128(9, 3), pa.decimal256(50, 3), pa.decimal32(6, 3)])
def test_decimals_are_their_integers_with_a_gain_of_a_power_of_ten(tmp_path, kind):
    held = pa.array([Decimal("-1.250"), None, Decimal("123.456"), Decimal("0.001")], kind)
    write_plain(lead_folder(tmp_path), MS[:4], held, group=3)
    source = scan([tmp_path])
    (lead,) = only(source).leads
    assert (lead.gain, lead.dtypes[0]) == (1000.0, "i4")
    assert same(physical(whole(source)), [-1250, np.nan, 123456, 1])


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (pa.array([1, 2**53 + 2], pa.uint64()), "holds 1 to 9007199254740994"),
        (pa.array(["0.1", "0.2"]), "is string; expected integers, floats or decimals"),
        (pa.array([True, False]), "is bool; expected"),
        (pa.array([[1.0], [2.0]]), "is list<"),
    ],
)
def test_a_voltage_that_nothing_carries_is_a_problem_naming_the_column(tmp_path, held, words):
    path = write_plain(lead_folder(tmp_path), MS[:2], held)
    source = scan([tmp_path])
    assert source.records() == ()
    assert problem(source).column == "voltage"
    assert problem(source).path == str(path)
    assert words in str(problem(source))


def test_nan_and_null_voltages_are_missing(tmp_path):
    held = MV.copy()
    held[100:200] = np.nan
    write_plain(lead_folder(tmp_path), MS, pa.array(held, mask=np.arange(N) >= N - 3))
    source = scan([tmp_path])
    assert source.gaps("P001", "II").tolist() == [[100, 200], [N - 3, N]]


def test_row_groups_that_overlap_in_time_have_no_edge_between_them(tmp_path):
    rows = np.random.default_rng(1).permutation(2_000)
    rows = np.concatenate([rows, np.arange(2_000, N)])
    write_plain(lead_folder(tmp_path), MS[rows], MV[rows], group=500)
    source = scan([tmp_path])
    assert source.edges("P001", "II").tolist() == [0, 2_000, 2_500, 3_000, 3_500, N]
    assert whole(source).samples.tobytes() == MV.tobytes()


# Timestamps


@pytest.mark.parametrize("fs", [128, 200, 250, 257, 360, 500, 1000])
@pytest.mark.parametrize("how", ["int64", "int32", "float64", "ms", "us", "ns"])
def test_every_timestamp_type_gives_the_rate(tmp_path, fs, how):
    whole_ms = timestamps(np.arange(fs * 10), fs)
    held = {
        "ms": lambda: pa.array(whole_ms, pa.timestamp("ms")),
        "us": lambda: pa.array(whole_ms * 1_000, pa.timestamp("us")),
        "ns": lambda: pa.array(whole_ms * 1_000_000, pa.timestamp("ns")),
    }.get(how, lambda: whole_ms.astype(how))()
    write_plain(lead_folder(tmp_path), held, np.arange(fs * 10.0))
    source = scan([tmp_path])
    record = only(source)
    assert record.fs == fs
    assert record.start_time == (0.0 if how in {"ms", "us", "ns"} else None)
    assert (whole(source).samples == np.arange(fs * 10.0)).all()


@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_exact_float_timestamps_give_the_rate(tmp_path, kind):
    write_plain(lead_folder(tmp_path), (np.arange(N) * 1000 / 360).astype(kind), MV)
    source = scan([tmp_path])
    assert only(source).fs == pytest.approx(360, abs=1e-9)
    assert whole(source).samples.tobytes() == MV.tobytes()


def test_float_timestamps_of_three_places_give_the_rate(tmp_path):
    write_plain(lead_folder(tmp_path), np.round(np.arange(N) * 1000 / 360, 3), MV)
    assert only(scan([tmp_path])).fs == 360


@pytest.mark.parametrize(
    ("kind", "start_time", "zone"),
    [
        (pa.int64(), 1_700_000_000.123, None),
        (pa.float64(), 1_700_000_000.123, None),
        (pa.timestamp("ms"), 1_700_000_000.123, None),
        (pa.timestamp("ms", "UTC"), 1_700_000_000.123, "UTC"),
        (pa.timestamp("ms", "+02:00"), 1_700_007_200.123, "+02:00"),
        (pa.timestamp("ms", "-09:30"), 1_699_965_800.123, "-09:30"),
        (pa.timestamp("ms", "Europe/Berlin"), 1_700_003_600.123, "Europe/Berlin"),
    ],
)
def test_a_date_gives_the_start_and_only_arrow_gives_a_zone(tmp_path, kind, start_time, zone):
    held = pa.array(MS + 1_700_000_000_123)
    held = held.cast(pa.float64() if kind == pa.float64() else pa.int64()).cast(kind)
    write_plain(lead_folder(tmp_path), held, MV)
    record = only(scan([tmp_path]))
    assert (record.start_time, record.zone) == (start_time, zone)
    assert record.fs == 360


def test_a_date_in_2704_is_exact(tmp_path):
    held = pa.array(MS + 23_173_469_058_529, pa.timestamp("ms"))
    write_plain(lead_folder(tmp_path), held, MV)
    assert only(scan([tmp_path])).start_time == 23_173_469_058.529


def test_jitter_of_whole_milliseconds_is_no_gap_and_a_hole_is_one(tmp_path):
    rows = np.concatenate([np.arange(1_200), np.arange(1_500, N)])
    write_plain(lead_folder(tmp_path), MS[rows], MV[rows])
    source = scan([tmp_path])
    assert only(source).length == N
    assert source.gaps("P001", "II").tolist() == [[1_200, 1_500]]
    # The second row group holds samples of both sides.
    assert source.edges("P001", "II").tolist() == [0, 1_000, 2_300, 3_300, N]
    assert same(physical(whole(source))[1_500:], MV[1_500:])


def test_the_files_metadata_says_the_rate(tmp_path):
    for key, value in [("fs", "360"), ("sampling_rate", "360.0")]:
        write_plain(lead_folder(tmp_path / key), MS, MV, metadata={key: value})
        (lead,) = only(scan([tmp_path / key])).leads
        assert (lead.fs, lead.fs_source) == (360.0, "file metadata")


@pytest.mark.parametrize("value", ["fast", "0", "-360", "nan", "1/0", "inf"])
def test_a_rate_in_the_metadata_that_is_none_is_a_problem(tmp_path, value):
    path = write_plain(lead_folder(tmp_path), MS, MV, metadata={"fs": value})
    assert f"its metadata says fs = '{value}'; expected" in str(problem(scan([tmp_path])))
    assert problem(scan([tmp_path])).path == str(path)


def test_a_rate_in_the_metadata_that_the_timestamps_deny_is_a_problem(tmp_path):
    write_plain(lead_folder(tmp_path), MS, MV, metadata={"fs": "250"})
    assert "leave 250 Hz by more than 1.5 samples" in str(problem(scan([tmp_path])))


def test_files_that_say_two_rates_are_a_problem(tmp_path):
    write_plain(lead_folder(tmp_path), MS[:100], MV[:100], metadata={"fs": "360"})
    write_plain(lead_folder(tmp_path), MS[100:], MV[100:], metadata={"fs": "361"}, name="b.parquet")
    assert "say several rates: 360, 361 Hz" in str(problem(scan([tmp_path])))


def test_timestamps_of_no_one_rate_name_the_file_the_column_and_the_place(tmp_path):
    write_plain(lead_folder(tmp_path), np.arange(2_000) * 4, MV[:2_000])
    path = write_plain(
        lead_folder(tmp_path), 8_000 + np.arange(1_500) * 7, MV[:1_500], name="part-1.parquet"
    )
    found = problem(scan([tmp_path]))
    assert found.column == "timestamp"
    assert found.path in {str(path), str(path.with_name("part-0.parquet"))}
    assert "no one rate fits" in str(found)
    assert "near row" in str(found)


def test_microseconds_are_refused(tmp_path):
    write_plain(lead_folder(tmp_path), MS * 1_000 + 1_700_000_000_000_000, MV)
    assert "look like microseconds" in str(problem(scan([tmp_path])))


def test_seconds_are_refused(tmp_path):
    write_plain(lead_folder(tmp_path), np.arange(N) / 360, MV)
    assert "expected milliseconds" in str(problem(scan([tmp_path])))


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (pa.array([0, 4, None, 12]), "row 2 has no timestamp"),
        (pa.array([0.0, 4.0, 8.0, np.nan]), "row 3 has no finite timestamp"),
        (pa.array([0.0, np.inf, 8.0, 12.0]), "row 1 has no finite timestamp"),
        (pa.array(["0", "4", "8", "12"]), "is string; expected milliseconds"),
    ],
)
def test_a_timestamp_that_is_none_is_a_problem(tmp_path, held, words):
    path = write_plain(lead_folder(tmp_path), held, MV[:4], group=2)
    found = problem(scan([tmp_path]))
    assert (found.path, found.column) == (str(path), "timestamp")
    assert words in str(found)


def test_files_of_one_lead_with_other_clocks_are_a_problem(tmp_path):
    write_plain(lead_folder(tmp_path), MS, MV)
    write_plain(lead_folder(tmp_path), pa.array(MS, pa.timestamp("ms")), MV, name="part-1.parquet")
    assert "disagree on its type (int64, timestamp[ms])" in str(problem(scan([tmp_path])))


def test_integer_and_float_files_of_one_lead_go_together(tmp_path):
    write_plain(lead_folder(tmp_path), MS[:1_000], MV[:1_000])
    write_plain(lead_folder(tmp_path), MS[1_000:].astype(float), MV[1_000:], name="part-1.parquet")
    source = scan([tmp_path])
    assert only(source).fs == 360
    assert whole(source).samples.tobytes() == MV.tobytes()


# Doubled rows


def test_a_row_that_is_there_twice_is_left_out_and_noted(tmp_path):
    write_plain(lead_folder(tmp_path), MS[:2_000], MV[:2_000])
    write_plain(lead_folder(tmp_path), MS[1_990:], MV[1_990:], name="part-1.parquet")
    source = scan([tmp_path])
    (lead,) = only(source).leads
    assert whole(source).samples.tobytes() == MV.tobytes()
    assert "10 rows repeat a timestamp with the same voltage" in source.notes[0]
    assert lead.fs_source == "inferred from 3610 timestamps, 10 of them doubled"


def test_a_timestamp_with_two_voltages_names_file_column_and_timestamp(tmp_path):
    write_plain(lead_folder(tmp_path), MS[:2_000], MV[:2_000])
    held = MV[1_990:].copy()
    held[3] = np.nextafter(held[3], 9)
    path = write_plain(lead_folder(tmp_path), MS[1_990:], held, name="part-1.parquet")
    source = scan([tmp_path])
    assert source.records() == ()
    found = problem(source)
    assert (found.path, found.column) == (str(path), "timestamp")
    assert f"row 3 repeats timestamp {MS[1_993]} of lead 'II' with another voltage" in str(found)
    assert "1 such rows" in str(found)


def test_a_rate_too_high_for_whole_milliseconds_is_a_problem(tmp_path):
    write_plain(lead_folder(tmp_path), timestamps(np.arange(N), 2000), MV)
    assert "with another voltage" in str(problem(scan([tmp_path])))


# Leads


def test_leads_of_another_start_and_length_stand_where_they_belong(tmp_path):
    write_plain(lead_folder(tmp_path, "V1"), MS[700:], MV[700:])
    write_plain(lead_folder(tmp_path, "II"), MS[:3_000], MV[:3_000])
    source = scan([tmp_path])
    record = only(source)
    assert [(x.name, x.length) for x in record.leads] == [("II", 3_000), ("V1", N)]
    assert source.gaps("P001", "V1").tolist() == [[0, 700]]
    assert source.edges("P001", "V1").tolist()[:3] == [0, 700, 1_700]
    (column,) = source.read("P001", ["V1"], 690, 710)
    assert np.isnan(column.samples[:10]).all()
    assert (column.samples[10:] == MV[700:710]).all()


def test_leads_come_in_the_usual_order(tmp_path):
    for lead in ("aVF", "V10", "V2", "III", "I", "V1", "MLII"):
        write_plain(lead_folder(tmp_path, lead), MS, MV)
    names = [lead.name for lead in only(scan([tmp_path])).leads]
    assert names == ["I", "III", "aVF", "V1", "V2", "MLII", "V10"]


def test_leads_of_two_rates_keep_theirs(tmp_path):
    write_plain(lead_folder(tmp_path, "II"), MS, MV)
    write_plain(lead_folder(tmp_path, "V1"), timestamps(np.arange(1_250), 125), MV[:1_250])
    rates = {lead.name: lead.fs for lead in only(scan([tmp_path])).leads}
    assert rates == {"II": 360.0, "V1": 125.0}


def test_a_short_lead_has_the_rate_of_the_long_one(tmp_path):
    write_plain(lead_folder(tmp_path, "II"), MS, MV)
    write_plain(lead_folder(tmp_path, "V1"), MS[100:107], MV[:7])
    source = scan([tmp_path])
    assert {lead.fs for lead in only(source).leads} == {360.0}
    assert source.gaps("P001", "V1").tolist() == [[0, 100]]


def test_one_sample_alone_has_no_rate_but_beside_others_it_has_theirs(tmp_path):
    write_plain(lead_folder(tmp_path / "a"), MS[5:6], MV[5:6])
    assert "one timestamp alone has no rate" in str(problem(scan([tmp_path / "a"])))
    write_plain(lead_folder(tmp_path / "a", "V1"), MS, MV)
    source = scan([tmp_path / "a"])
    assert only(source).lead("II").fs_source == "the record's other leads"
    assert source.read("P001", ["II"], 5, 6)[0].samples.tolist() == [MV[5]]
    write_plain(lead_folder(tmp_path / "b"), MS[5:6], MV[5:6], metadata={"fs": "360"})
    assert only(scan([tmp_path / "b"])).length == 1


def test_a_lead_without_rows_is_a_problem_and_the_others_are_served(tmp_path):
    path = write_plain(lead_folder(tmp_path, "V1"), MS[:0], MV[:0])
    write_plain(lead_folder(tmp_path, "II"), MS, MV)
    source = scan([tmp_path])
    assert [lead.name for lead in source.record("P001").leads] == ["II"]
    assert "lead 'V1' has no rows" in str(problem(source))
    assert problem(source).path == str(path)


def test_an_empty_file_beside_a_full_one_is_no_matter(tmp_path):
    write_plain(lead_folder(tmp_path), MS[:0], MV[:0], name="part-0.parquet")
    write_plain(lead_folder(tmp_path), MS, MV, name="part-1.parquet")
    assert only(scan([tmp_path])).length == N


def test_a_bad_lead_leaves_the_good_ones_alone(tmp_path):
    write_plain(lead_folder(tmp_path, "V1"), MS, pa.array(["x"] * N))
    write_plain(lead_folder(tmp_path, "II"), MS, MV)
    source = scan([tmp_path])
    assert [lead.name for lead in source.record("P001").leads] == ["II"]
    assert problem(source).column == "voltage"


def test_voltages_of_two_types_go_on_the_type_that_carries_both(tmp_path):
    write_plain(lead_folder(tmp_path), MS[:9], np.arange(9, dtype=np.int16))
    write_plain(lead_folder(tmp_path), MS[9:], MV[9:], name="part-1.parquet")
    source = scan([tmp_path])
    assert only(source).leads[0].dtypes == ("f8",)
    assert same(whole(source).samples, np.concatenate([np.arange(9), MV[9:]]))


def test_a_decimal_file_beside_a_float_one_is_a_problem(tmp_path):
    held = pa.array([Decimal("0.1")] * 9, pa.decimal128(4, 1))
    write_plain(lead_folder(tmp_path), MS[:9], held)
    write_plain(lead_folder(tmp_path), MS[9:], MV[9:], name="part-1.parquet")
    assert "types that no one sample type carries" in str(problem(scan([tmp_path])))


# Folders


@pytest.mark.parametrize(
    ("folders", "record", "patient"),
    [
        ("patient_id=P001/lead=II", "P001", "P001"),
        ("lead=II/patient=P001", "P001", "P001"),
        ("site=Bonn/patient=00001/day=2/lead_name=II", "Bonn.00001.2", "00001"),
        ("archive/2024/subject=7/visits/visit=b/channel=II/more", "7.b", "7"),
        ("case=x/lead=II", "x", "x"),
        ("Subject_ID=a b/Lead=II", "a_b-c8687a08", "a b"),
        ("patient=M%C3%BCller/lead=II", "M_ller-8c1e2a4c", "Müller"),
        ("patient=..%2Fetc/lead=II", None, "../etc"),
    ],
)
def test_keys_of_any_depth_and_order_name_the_record(tmp_path, folders, record, patient):
    write_plain(tmp_path / folders, MS, MV)
    found = only(scan([tmp_path]))
    assert is_record_id(found.record)
    assert found.patient == patient
    assert [lead.name for lead in found.leads] == ["II"]
    if record and "-" not in record:
        assert found.record == record


def test_ids_are_safe_distinct_and_always_the_same():
    assert record_id(["P001", "b"]) == "P001.b"
    assert record_id(["a b"]) == "a_b-c8687a08"
    assert record_id(["a b"]) != record_id(["a/b"]) != record_id(["a_b"])
    for values in (["x" * 300], [".."], ["."], ["Ä" * 200], ["/"]):
        assert is_record_id(record_id(values))
    assert record_id(["x" * 300 + "1"]) != record_id(["x" * 300 + "2"])


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ("lead=II", "do not say whose it is"),
        ("patient=1", "do not say whose it is"),
        ("", "do not say whose it is"),
        ("patient=1/patient=2/lead=II", "stands twice"),
        ("patient=1/lead=__HIVE_DEFAULT_PARTITION__", "'lead' in its path has no value"),
        ("patient=/lead=II", "'patient' in its path has no value"),
    ],
)
def test_folders_that_do_not_name_patient_and_lead_are_a_problem(tmp_path, folders, words):
    path = write_plain(tmp_path / folders, MS, MV)
    found = problem(scan([tmp_path]))
    assert found.path == str(path)
    assert words in str(found)
