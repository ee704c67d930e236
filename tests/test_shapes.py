"""Tables whose rows say whose they are, packets, windows and whole records: to the bit, or refused."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.errors import LayoutError
from ecgstream.model.block import NUMPY, is_missing
from ecgstream.storage import files
from ecgstream.storage.foreign.plan import Stride
from ecgstream.storage.foreign.tables import long_rows
from tests.planned import built, plan, signal


def write(path, columns, group=None, **how):
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, path, row_group_size=group or 1 << 20, **how)
    return path


def samples_of(source, record, lead):
    """All samples of a lead as float64, NaN for missing, read piece by piece and at once alike."""
    edges = source.edges(record, lead).tolist()
    parts = [source.read(record, [lead], a, b)[0] for a, b in pairwise(edges)]
    dtype = source.record(record).lead(lead).dtypes[0]
    whole = source.read(record, [lead], 0, edges[-1])[0].cut(0, edges[-1], dtype)
    one_by_one = np.concatenate([p.cut(p.start, p.stop, dtype) for p in parts])
    bits = f"u{NUMPY[dtype].itemsize}"
    assert (
        np.ascontiguousarray(one_by_one).view(bits) == np.ascontiguousarray(whole).view(bits)
    ).all()
    found = whole.astype(float)
    found[is_missing(whole, dtype)] = np.nan
    return found


LONG = {"record_column": "record", "lead_column": "lead", "time": ("t", "ms")}


def long_columns(signals, fs=250, order=None, rng=None):
    """Rows of {(record, lead): samples}, a row a sample; `order` is how they lie."""
    record, lead, t, value = [], [], [], []
    for (r, name), samples in signals.items():
        record += [r] * len(samples)
        lead += [name] * len(samples)
        t += (np.arange(len(samples)) * 1000 // fs).tolist()
        value += samples.tolist()
    rows = np.arange(len(t))
    if order == "interleaved":
        rows = np.lexsort((np.arange(len(t)), t))
    if order == "shuffled":
        rows = rng.permutation(rows)
    return {
        "record": pa.array(record).take(rows),
        "lead": pa.array(lead).take(rows),
        "t": pa.array(np.array(t)[rows]),
        "value": pa.array(np.array(value)[rows]),
    }


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    records=st.integers(1, 3),
    leads=st.integers(1, 4),
    order=st.sampled_from(["sorted", "interleaved", "shuffled"]),
    group=st.sampled_from([7, 60, 500, 1 << 20]),
    kind=st.sampled_from(["int16", "int32", "float32", "float64"]),
)
def test_a_long_table_of_many_records_comes_back_to_the_bit(  # noqa: PLR0917 - drawn
    tmp_path_factory, seed, records, leads, order, group, kind
):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("long")
    signals = {
        (f"00{r}", name): rng.integers(-2000, 2000, rng.integers(20, 150)).astype(kind)
        for r in range(records)
        for name in ("II", "V1", "I", "x")[:leads]
    }
    path = write(folder / "a.parquet", long_columns(signals, order=order, rng=rng), group)
    made, source = built((path, plan("samples", **LONG)))
    assert made.problems == ()
    assert [one.record for one in source.records()] == sorted({r for r, _ in signals})
    for (record, lead), samples in signals.items():
        described = source.record(record).lead(lead)
        assert (described.fs, described.length) == (250.0, len(samples))
        assert described.fs_source.startswith("inferred from ")
        assert samples_of(source, record, lead).tolist() == samples.astype(float).tolist()


PACKETS = {"record_column": "record", "time": ("t", "s"), "fs_column": "fs"}


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    order=st.sampled_from(["sorted", "shuffled"]),
    group=st.sampled_from([5, 64, 1 << 20]),
    kind=st.sampled_from([pa.int16(), pa.float32(), pa.decimal128(9, 3)]),
    by_lead=st.booleans(),
    lost=st.sampled_from([0.0, 0.2]),
    doubled=st.integers(0, 3),
    fs=st.sampled_from([128, 250, 257, 360]),
)
def test_packets_out_of_order_lost_and_doubled_come_back_to_the_bit(  # noqa: PLR0917 - drawn
    tmp_path_factory, seed, order, group, kind, by_lead, lost, doubled, fs
):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("packets")
    counts = rng.integers(20, 90, 60)
    starts = np.cumsum(counts) - counts
    kept = rng.random(60) >= lost
    kept[[0, -1]] = True
    rows = [k for k in range(60) if kept[k]]
    rows += rng.choice(rows, doubled).tolist()
    if order == "shuffled":
        rng.shuffle(rows)
    names = ["I", "II"] if by_lead else ["I"]
    whole = {name: rng.integers(-99, 99, int(counts.sum())) for name in names}
    held = {key: [] for key in ("record", "lead", "t", "fs", "value")}
    for k in rows:
        for name in names:
            some = whole[name][starts[k] : starts[k] + counts[k]]
            held["record"].append("r1")
            held["lead"].append(name)
            # As time.time() has it.
            held["t"].append(1_700_000_000.123456 + starts[k] / fs)
            held["fs"].append(fs)
            held["value"].append(some.tolist())
    table = pa.table({**held, "value": pa.array(held["value"], pa.list_(kind))})
    path = write(folder / "p.parquet", table, group)
    said = {**PACKETS, "lead_column": "lead"}
    made, source = built((path, plan("packets", **said)))
    assert made.problems == ()
    assert sum("repeat" in note for note in made.notes) == (len(names) if doubled else 0)
    gain = source.record("r1").leads[0].gain
    for name in names:
        expected = np.full(int(counts.sum()), np.nan)
        for k in rows:
            expected[starts[k] : starts[k] + counts[k]] = whole[name][starts[k] :][: counts[k]]
        found = samples_of(source, "r1", name) / gain
        assert np.array_equal(found, expected, equal_nan=True)
    assert source.record("r1").start_time == pytest.approx(1_700_000_000.123456, abs=1e-5)


WINDOWS = 18


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    group=st.sampled_from([3, 16, 1 << 20]),
    said=st.sampled_from(["samples", "seconds", "column"]),
    overlap=st.sampled_from([0, 50, 90]),
    order=st.sampled_from(["sorted", "shuffled"]),
)
def test_windows_that_overlap_come_back_to_the_bit(  # noqa: PLR0917 - drawn
    tmp_path_factory, seed, group, said, overlap, order
):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("windows")
    stride = 100 - overlap
    whole = {r: rng.normal(size=(2, WINDOWS * stride + 100)).astype(np.float32) for r in ("a", "b")}
    rows = [(r, k) for k in range(WINDOWS) for r in ("a", "b")]
    if order == "shuffled" and said == "column":
        rng.shuffle(rows)
    columns = {
        "id": [r for r, _ in rows],
        "start": [1_000 + k * stride for _, k in rows],
        "I": [whole[r][0, k * stride :][:100] for r, k in rows],
        "II": [whole[r][1, k * stride :][:100] for r, k in rows],
    }
    path = write(folder / "w.parquet", columns, group)
    stride_said = {
        "samples": Stride(samples=stride),
        "seconds": Stride(seconds=Fraction(stride, 100)),
        "column": Stride(column="start"),
    }[said]
    made, source = built(
        (
            path,
            plan(
                "records",
                *(signal("I", "I"), signal("II", "II")),
                record_column="id",
                fs=100,
                stride=stride_said,
            ),
        )
    )
    assert made.problems == ()
    for record, leads in whole.items():
        for name, samples in zip(("I", "II"), leads, strict=True):
            expected = samples[: (WINDOWS - 1) * stride + 100].astype(float)
            assert samples_of(source, record, name).tolist() == expected.tolist()


def test_windows_that_contradict_each_other_are_refused_naming_row_and_lead(tmp_path):
    values = [np.arange(k * 50, k * 50 + 100, dtype=np.float32) for k in range(6)]
    other = [one.copy() for one in values]
    other[4][10] += 1
    path = write(tmp_path / "w.parquet", {"I": values, "II": other}, 3)
    made, source = built(
        (
            path,
            plan(
                "records",
                *(signal("I", "I"), signal("II", "II")),
                record="r",
                fs=100,
                stride=Stride(samples=50),
            ),
        )
    )
    (problem,) = made.problems
    assert problem.column == "II"
    assert problem.path == str(path)
    assert "row 4 and another have sample 210 of lead 'II'" in str(problem)
    assert [one.name for one in source.record("r").leads] == ["I"]


def test_a_row_a_record_with_leads_of_other_lengths_and_labels(tmp_path):
    rng = np.random.default_rng(1)
    rows = [(f"{k:05d}", rng.integers(-9, 9, 50 + k), rng.integers(-9, 9, 20)) for k in range(9)]
    path = write(
        tmp_path / "r.parquet",
        {
            "id": [r for r, *_ in rows],
            "V1": pa.array([a for _, a, _ in rows], pa.list_(pa.int16())),
            "I": pa.array([b if k != 3 else None for k, (*_, b) in enumerate(rows)]),
            "rhythm": ["AF" if k % 2 else None for k in range(9)],
            "codes": [["x", "y"]] * 9,
        },
        4,
    )
    said = plan(
        "records",
        *(signal("V1", "V1"), signal("I", "I")),
        record_column="id",
        fs=100,
        labels=("rhythm", "codes"),
    )
    made, source = built((path, said))
    assert made.problems == ()
    for k, (record, a, b) in enumerate(rows):
        assert samples_of(source, record, "V1").tolist() == a.tolist()
        described = source.record(record)
        assert described.patient == record
        assert ("record", "row column id") in described.found
        # Row 3 has no lead I; elsewhere it comes first.
        assert [one.name for one in described.leads] == (["V1"] if k == 3 else ["I", "V1"])
        if k != 3:
            assert samples_of(source, record, "I").tolist() == b.tolist()
        sets = {head.name: head for head in source.annotation_sets(record)}
        assert sorted(sets) == (["codes", "rhythm"] if k % 2 else ["codes"])
        codes = source.annotations(record, "codes")
        assert [codes.label(i) for i in range(2)] == ["x", "y"]
        length = 50 + k
        assert (codes.sample.tolist(), codes.extras.stop.tolist()) == ([0, 0], [length] * 2)
    names = {source.version(record) for record, *_ in rows}
    assert len(names) == len(rows)


def test_rows_of_no_name_are_records_of_their_own(tmp_path):
    values = [np.arange(10) + k for k in range(12)]
    path = write(tmp_path / "set.parquet", {"ecg": values})
    made, source = built((path, plan("records", signal("ecg", "ecg"), record="set", fs=100)))
    assert made.problems == ()
    assert [one.record for one in source.records()] == [f"set.{k:02d}" for k in range(12)]
    assert samples_of(source, "set.07", "ecg").tolist() == values[7].tolist()


def test_two_rows_of_one_record_that_say_no_start_are_refused_with_the_remedy(tmp_path):
    path = write(tmp_path / "r.parquet", {"id": ["a", "a", "b"], "I": [[1, 2], [3, 4], [5, 6]]})
    made, source = built((path, plan("records", signal("I", "I"), record_column="id", fs=100)))
    (problem,) = made.problems
    assert isinstance(problem, LayoutError)
    assert "has 2 rows of lead 'I' of record 'a'" in str(problem)
    assert "stride" in str(problem)
    assert [one.record for one in source.records()] == ["b"]


def test_of_rows_out_of_order_nothing_is_kept_of_each(tmp_path):
    rng = np.random.default_rng(4)
    signals = {("r", name): np.arange(5_000) + 10_000 * k for k, name in enumerate(("I", "II"))}
    signals["r", "I"] = np.delete(signals["r", "I"], range(2_000, 2_600))
    columns = long_columns(signals, order="shuffled", rng=rng)
    # What is lost is told by the time.
    t, lead = columns["t"].to_numpy().copy(), np.array(columns["lead"].to_pylist())
    t[(lead == "I") & (t >= 8_000)] += 2_400
    path = write(tmp_path / "a.parquet", columns | {"t": t}, 1_000)
    made, source = built((path, plan("samples", **LONG)))
    assert made.problems == ()
    for stored in made.records[0].leads.values():
        assert stored.by_time is not None
        assert sum(one.rows.nbytes for one in stored.track.placements.values()) == 0
    found = samples_of(source, "r", "I")
    assert np.flatnonzero(np.isnan(found)).tolist() == list(range(2_000, 2_600))
    assert found[~np.isnan(found)].tolist() == signals["r", "I"].tolist()
    assert samples_of(source, "r", "II").tolist() == signals["r", "II"].tolist()


def test_rows_with_jitter_out_of_order_are_placed_as_they_count(tmp_path):
    rng = np.random.default_rng(4)
    # Nearly half a sample of jitter either way: the time alone is not sure to tell.
    t = np.arange(3_000) * 4_000 + rng.integers(-1_950, 1_950, 3_000)
    rows = rng.permutation(3_000)
    columns = {"t": t[rows], "value": np.arange(3_000)[rows], "record": ["a"] * 3_000}
    said = plan("samples", signal(name="I"), record_column="record", time=("t", "us"), fs=250)
    made, source = built((write(tmp_path / "a.parquet", columns, 500), said))
    assert made.problems == ()
    assert made.records[0].leads["I"].by_time is None
    assert samples_of(source, "a", "I").tolist() == list(range(3_000))


@pytest.mark.parametrize("order", ["sorted", "interleaved", "shuffled"])
def test_a_huge_row_group_is_read_in_pieces(tmp_path, monkeypatch, order):
    monkeypatch.setattr(long_rows, "SPLIT", 1_000)
    monkeypatch.setattr(files, "LARGE", 10_000)
    monkeypatch.setattr(files, "BLOCK", 4_000)
    rng = np.random.default_rng(4)
    signals = {
        (record, name): rng.integers(-900, 900, 4_000)
        for record in ("a", "b")
        for name in ("I", "II", "V1")
    }
    path = write(tmp_path / "a.parquet", long_columns(signals, order=order, rng=rng))
    made, source = built((path, plan("samples", **LONG)))
    assert made.problems == ()
    for (record, lead), samples in signals.items():
        assert samples_of(source, record, lead).tolist() == samples.tolist()
        if order != "shuffled":
            assert np.diff(source.edges(record, lead)).max() <= 1_000
