"""What is refused or put right in wide tables: never a guess, never a silence."""

import numpy as np
import pyarrow as pa
import pyarrow.fs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.column_names import moment_of, signals_among
from ecgstream.storage.foreign.mapping import Reading, parsed
from tests.archives.kit import ecg, save
from tests.contracts.source import physical, same

N = 1_000
T = np.arange(N) * 4


def whole(source, record, lead):
    (column,) = source.read(record, [lead], 0, source.record(record).lead(lead).length)
    return physical(column)


@pytest.mark.parametrize(
    ("columns", "leads"),
    [
        ("I", "I"),
        ("i", ""),
        ("i ii iii", "i ii iii"),
        ("x y z", ""),
        ("vx vy vz", ""),
        ("II vx", "II vx"),
        ("d1 d2", ""),
        ("lead_II ECG_V5 MDC_ECG_LEAD_aVR Lead-V9", "II V5 aVR V9"),
        ("ECG ecg_2 EKG ECG_Clean lead_1", "ECG ecg_2 EKG ECG_Clean lead_1"),
        ("lead_status ECG_Rate lead_off start stage index label age", ""),
        ("V", ""),
        ("V II", "V II"),
    ],
)
def test_only_what_a_name_says_beyond_doubt_is_an_ecg(columns, leads):
    found = signals_among(columns.split())
    assert [one.name for one in found.values() if one.kind == "ecg"] == leads.split()


def test_names_of_time_say_their_unit_or_none():
    units = {c: moment_of(c).unit for c in ("time", "Time (s)", "t_us", "timestamp_ns", "ms")}
    assert units == {"time": None, "Time (s)": "s", "t_us": "us", "timestamp_ns": "ns", "ms": "ms"}
    assert moment_of("sample_index").counts == "sample"
    assert moment_of("i") is None
    assert moment_of("II") is None


def test_a_rate_that_is_said_and_times_that_deny_it_are_both_told(tmp_path):
    save(tmp_path / "r.parquet", {"time_ms": T, "II": ecg(N)}, metadata={"fs": "360"})
    (problem,) = scan([tmp_path]).problems
    assert "it says fs 360 (footer metadata fs), but its timestamps make 250 Hz" in str(problem)
    assert problem.column == "time_ms"


def test_a_rate_that_is_said_decides_the_unit_of_time(tmp_path):
    metadata = {"sampling_frequency": "0.5"}
    save(tmp_path / "r.parquet", {"t": T / 2, "SpO2": ecg(N)}, metadata=metadata)
    (record,) = scan([tmp_path]).records()
    assert record.fs == 0.5
    assert dict(record.found)["unit of time"] == f"inferred from {N} timestamps: s"


def test_rows_that_are_there_twice_are_noted_and_others_of_one_time_are_refused(tmp_path):
    n = np.concatenate([np.arange(N), [10, 20]])
    held = {"time_ms": T[n], "I": ecg(N)[n], "II": ecg(N, 1)[n]}
    path = save(tmp_path / "r.parquet", held)
    source = scan([tmp_path])
    assert source.problems == ()
    assert all("2 rows repeat a timestamp" in note for note in source.notes)
    assert same(whole(source, "r", "II"), ecg(N, 1))
    held["II"] = held["II"].copy()
    held["II"][-1] += 1e-9
    save(path, held)
    source = scan([tmp_path])
    assert [lead.name for lead in source.record("r").leads] == ["I"]
    (problem,) = source.problems
    assert f"row {N + 1} repeats timestamp 80 of lead 'II' with another voltage" in str(problem)


def test_a_lead_that_one_part_lacks_is_missing_there(tmp_path):
    mapping = parsed(b'table = [{ files = "**", record = "r" }]', "m")
    held = {"time_ms": T, "I": ecg(N), "II": ecg(N, 1)}
    save(tmp_path / "a.parquet", held)
    save(tmp_path / "b.parquet", {"time_ms": T + 4 * N, "II": ecg(N, 2)})
    source = scan([tmp_path], reading=Reading(mapping))
    assert source.problems == ()
    assert same(whole(source, "r", "I"), np.concatenate([ecg(N), np.full(N, np.nan)]))
    assert same(whole(source, "r", "II"), np.concatenate([ecg(N, 1), ecg(N, 2)]))


def test_a_unit_that_changes_between_files_of_a_record_is_named(tmp_path):
    for part, unit in enumerate(["mV", "uV"]):
        path = tmp_path / f"record=r/{part}.parquet"
        held = {"time_ms": T + part * 4 * N, "II": ecg(N)}
        save(path, held, fields={"II": {"unit": unit}})
    (problem,) = scan([tmp_path]).problems
    assert problem.path == str(path)
    assert "lead 'II' is another one than in" in str(problem)


def test_files_without_a_time_want_somebody_to_say_their_order(tmp_path):
    for part in range(2):
        save(tmp_path / f"record=r/part-{part}.parquet", {"II": ecg(N, part)}, metadata={"fs": "9"})
    (problem,) = scan([tmp_path]).problems
    assert "is one of 2 files of a record without a time column" in str(problem)
    text = str(problem).partition("say in a mapping: ")[2]
    source = scan([tmp_path], reading=Reading(parsed(text.encode(), "m")))
    assert same(whole(source, "r", "II"), np.concatenate([ecg(N), ecg(N, 1)]))


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({"gain": "none"}, "its metadata says a gain of 'none'; expected a number other than 0"),
        ({"gain": "0"}, "its metadata says a gain of '0'"),
        ({"baseline": "x"}, "its metadata says a baseline of 'x'; expected a number"),
        ({"fs": "-1"}, "its metadata says a rate of '-1'; expected Hz, above 0"),
    ],
)
def test_metadata_that_is_no_number_names_file_and_column(tmp_path, meta, words):
    path = save(tmp_path / "r.parquet", {"time_ms": T, "II": ecg(N)}, fields={"II": meta})
    (problem,) = scan([tmp_path]).problems
    assert (problem.path, problem.column) == (str(path), "II")
    assert words in str(problem)


def test_wfdbs_own_words_of_a_gain_are_understood(tmp_path):
    counts = np.arange(N, dtype=np.int16)
    meta = {"adc_gain": "200(1024)/mV"}
    save(tmp_path / "r.parquet", {"time_ms": T, "II": counts}, fields={"II": meta})
    (lead,) = scan([tmp_path]).record("r").leads
    assert (lead.gain, lead.baseline, lead.unit) == (200.0, 1024.0, "mV")


def test_a_slower_signal_is_told_from_one_with_holes(tmp_path):
    n = np.arange(N)
    holes = pa.array(ecg(N), mask=(n % 97 < 60))
    grid = pa.array(ecg(N), mask=n % 50 != 3)
    said = {"ABP": {"fs": "25"}}
    declared = pa.array(ecg(N), mask=(n % 10 != 0) | (n > 500))
    held = {"time_ms": T, "II": ecg(N), "RESP": grid, "PPG": holes, "ABP": declared}
    save(tmp_path / "r.parquet", held, fields=said, group=130)
    source = scan([tmp_path])
    assert source.problems == ()
    rates = {lead.name: (lead.fs, lead.length) for lead in source.record("r").leads}
    assert rates == {"II": (250, N), "RESP": (5, 20), "PPG": (250, N), "ABP": (25, 51)}
    assert same(whole(source, "r", "RESP"), ecg(N)[3::50])
    assert same(whole(source, "r", "ABP"), ecg(N)[:501:10])
    assert source.gaps("r", "RESP").tolist() == []


def test_a_rate_of_a_column_that_its_values_deny_is_refused(tmp_path):
    grid = pa.array(ecg(N), mask=np.arange(N) % 5 != 0)
    held = {"time_ms": T, "II": ecg(N), "RESP": grid}
    save(tmp_path / "r.parquet", held, fields={"RESP": {"fs": "25"}})
    (problem,) = scan([tmp_path]).problems
    assert problem.column == "RESP"
    assert "has a value every 5 samples, but its rate (field metadata fs) makes it every 10" in str(
        problem
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_signal_in_any_wide_table_comes_back_bit_for_bit(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("any")
    count = data.draw(st.integers(40, 400))
    fs = data.draw(st.sampled_from([100, 125, 250, 360, 500, 1000]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    kept = np.arange(count)
    if data.draw(st.booleans()):
        kept = np.concatenate([kept[: count // 3], kept[count // 2 :]])
    kind = data.draw(st.sampled_from(["f4", "f8", "i2", "i4"]))
    names = data.draw(st.permutations(["I", "lead_II", "ECG_V5"]))[: data.draw(st.integers(1, 3))]
    values = {
        name: rng.integers(-32767, 32768, count).astype(kind)
        if kind[0] == "i"
        else rng.normal(0, 1, count).astype(kind)
        for name in names
    }
    gone = rng.random(count) < 0.1
    clock = data.draw(st.sampled_from(["sample", "t_s", "time_us", "timestamp", "t"]))
    times = {
        "sample": kept,
        "t_s": kept / fs,
        "time_us": kept * 10**6 // fs,
        "timestamp": pa.array(kept * 10**9 // fs, pa.timestamp("ns")),
        "t": kept / fs,
    }[clock]
    rows = np.arange(len(kept))
    if data.draw(st.booleans()):
        rows = rng.permutation(rows)
    cuts = np.sort(rng.integers(0, len(rows), data.draw(st.integers(0, 3))))
    times = times if isinstance(times, pa.Array) else pa.array(times)
    for number, part in enumerate(np.split(rows, cuts)):
        held = {clock: times.take(pa.array(part))}
        for name in data.draw(st.permutations(names)):
            mask = gone[kept[part]]
            stored = values[name][kept[part]]
            if kind == "i2" and data.draw(st.booleans()):
                held[name] = np.where(mask, np.int16(-32768), stored)
            else:
                held[name] = pa.array(stored, mask=mask)
        path = root / f"record=r1/{number}.parquet"
        save(path, held, metadata={"fs": str(fs)}, group=data.draw(st.integers(7, 200)))
    source = scan([root])
    assert [str(one) for one in source.problems] == []
    for name in names:
        expected = np.full(count, np.nan)
        expected[kept] = np.where(gone, np.nan, values[name])[kept]
        lead = name.removeprefix("lead_").removeprefix("ECG_")
        assert same(whole(source, "r1", lead), expected[: kept[-1] + 1])
        start, stop = sorted(rng.integers(0, count + 1, 2).tolist())
        (column,) = source.read("r1", [lead], start, stop)
        assert same(physical(column), expected[start:stop])


def test_a_file_alone_and_a_file_system_of_ones_own_are_roots_too(tmp_path):
    path = save(tmp_path / "a/r.parquet", {"time_ms": T, "II": ecg(N)})
    for root, name in (
        (path, "r"),
        (tmp_path / "a", "r"),
        (f"{tmp_path}/", "a.r"),
        (path.as_uri(), "r"),
        ((pa.fs.LocalFileSystem(), str(tmp_path)), "a.r"),
    ):
        source = scan([root])
        assert [str(one) for one in source.problems] == []
        assert same(whole(source, name, "II"), ecg(N))


def test_a_table_without_rows_is_named(tmp_path):
    path = save(tmp_path / "r.parquet", {"time_ms": T[:0], "I": ecg(0), "II": ecg(0)})
    (problem,) = scan([tmp_path]).problems
    assert problem.path == str(path)
    assert "leads I, II have no rows; there is nothing to show" in str(problem)


@pytest.mark.parametrize(
    ("paths", "records"),
    [
        (["rec=A/0", "rec=A/1"], ["A"]),
        (["patient_id=1/visit=2/x", "patient_id=1/visit=2/y"], ["1.2"]),
        (["patient_id=1/night=2/x", "patient_id=1/night=2/y"], ["1.2"]),
        (["patient_id=1/x", "patient_id=1/y"], ["1.x", "1.y"]),
        (["patient_id=1/part-0", "patient_id=1/part-1"], ["1"]),
        (["tape=7/00000", "tape=7/00001"], ["7"]),
        (["tape=7/am", "tape=7/pm"], ["7.am", "7.pm"]),
        (["dataset=mitdb/100", "dataset=mitdb/101"], ["mitdb.100", "mitdb.101"]),
        (["split=train/patient=3/a", "split=train/patient=3/b"], ["train.3.a", "train.3.b"]),
        (["a/b/100", "a/b/101"], ["a.b.100", "a.b.101"]),
        (["r1.parquet/part-0", "r1.parquet/part-1"], ["r1"]),
        (["r1.snappy", "r2.gz"], ["r1", "r2"]),
    ],
)
def test_paths_say_which_files_are_one_record(tmp_path, paths, records):
    for number, path in enumerate(paths):
        held = {"sample": np.arange(N) + number * N, "II": ecg(2 * N)[number * N :][:N]}
        order = list(held) if number else list(held)[::-1]
        save(tmp_path / f"{path}.parquet", {k: held[k] for k in order}, metadata={"fs": "250"})
    source = scan([tmp_path])
    assert [str(one) for one in source.problems] == []
    assert [one.record for one in source.records()] == records
    if len(records) == 1:
        assert same(whole(source, records[0], "II"), ecg(2 * N))


def test_two_recordings_in_a_records_folder_are_named_with_what_to_do(tmp_path):
    for number in range(2):
        save(tmp_path / f"record=A/{number}.parquet", {"time_ms": T, "II": ecg(N, number)})
    (problem,) = scan([tmp_path]).problems
    assert "or tell two records apart by `path` in a mapping" in str(problem)
