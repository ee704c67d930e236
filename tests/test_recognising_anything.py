"""Whatever a file says of itself: it is served, or left out by a problem that names it."""

import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import SourceError
from ecgstream.storage.catalog import scan

N = 12
NAMES = [
    "I",
    "II",
    "lead_III",
    "V1",
    "ECG",
    "ECG",
    "ecg",
    "time",
    "timestamp",
    "t_s",
    "t",
    "epoch",
    "sample",
    "index",
    "lead",
    "channel",
    "record_id",
    "ecg_id",
    "patient_id",
    "fs",
    "sampling_rate",
    "unit",
    "gain",
    "baseline",
    "SpO2",
    "ABP",
    "voltage",
    "value",
    "samples",
    "label",
    "i",
    "x",
    "a.b",
    "__index_level_0__",
    "#2",
    "ECG#2",
]
WORDS = [
    "360", "0", "-1", "nan", "inf", "1e400", "1e999999999", "9" * 40, "1/0", "1/3", "360 Hz", "mV", "adu", "",
    "200(1024)/mV", "1e-400", "{}", "[]", "[[", '{"II": "mV"}', '["a", 3, null]', "null", "true", "2704-01-01",
    "2020-01-01T00:00:00+99:00", "\x00", "\u202e", "x" * 400, "Europe/Nowhere", "../../etc",
]  # fmt: skip
KEYS = [
    "fs",
    "unit",
    "units",
    "gain",
    "adc_gain",
    "scale_factor",
    "baseline",
    "missing_value",
    "sig_name",
    "start_time",
    "zone",
    "record",
    "patient",
    "lead",
    "pandas",
    "PANDAS_ATTRS",
    "dates_shifted",
    "licence",
    "ecg",
]
COLUMNS = [
    pa.array(np.arange(N)),
    pa.array(np.arange(N) * 0.004),
    pa.array(np.arange(-32768, N - 32768).astype(np.int16)),
    pa.array(np.full(N, np.nan)),
    pa.array([None] * N, pa.float32()),
    pa.array([None] * N),
    pa.array([2**63 - 1, -(2**63)] * (N // 2)),
    pa.array([2**64 - 1, 0] * (N // 2), pa.uint64()),
    pa.array([float("inf"), -0.0] * (N // 2)),
    pa.array(["a"] * N),
    pa.array(["mV", None] * (N // 2)),
    pa.array(["II"] * N).dictionary_encode(),
    pa.array([True] * N),
    pa.array([b"\xff"] * N),
    pa.array([Decimal("1.25")] * N),
    pa.array([[1.0, 2.0]] * N),
    pa.array([[1], None, []] * (N // 3), pa.list_(pa.int16())),
    pa.array([[[1.0]]] * N),
    pa.array([{"a": 1}] * N),
    pa.array(np.arange(N) * 4, pa.timestamp("ms", "UTC")),
    pa.array([2**62, 0] * (N // 2), pa.timestamp("ns")),
    pa.array(np.arange(N), pa.duration("s")),
    pa.array(np.arange(N), pa.time64("us")),
    pa.array([0] * N, pa.date32()),
]

said = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(WORDS), max_size=3)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, len(COLUMNS) - 1), said), max_size=6),
    said,
    st.sampled_from(["r", "a=1/r", "patient=1/lead=II/part-0", "record=\u202e/0", "=/x", "a=/b"]),
    st.booleans(),
)
def test_a_file_that_says_anything_stops_nothing(tmp_path_factory, columns, metadata, path, nested):
    root = tmp_path_factory.mktemp("any")
    fields = [
        pa.field(name, COLUMNS[index].type, metadata=meta or None) for name, index, meta in columns
    ]
    if nested:
        metadata = {"PANDAS_ATTRS": json.dumps(metadata)}
    schema = pa.schema(fields).with_metadata(metadata or None)
    table = pa.Table.from_arrays([COLUMNS[index] for _, index, _ in columns], schema=schema)
    file = root / f"{path}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        pq.write_table(table, file)
    except (pa.ArrowException, OSError):
        return
    source = scan([root])
    assert source.records() or source.problems
    for problem in source.problems:
        assert isinstance(problem, SourceError)
        assert str(root) in str(problem)
    for record in source.records():
        for lead in record.leads:
            assert lead.fs > 0
            (column,) = source.read(record.record, [lead.name], 0, lead.length)
            assert column.stop == lead.length
            source.gaps(record.record, lead.name)
