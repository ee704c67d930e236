"""Long tables: a row a sample, and the rows say whose it is."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from tests.archives.kit import Lead, Record, ecg, layout, save

N = 2_000
rng = np.random.default_rng(7)


def rows_of(leads, fs=250, record=None, start=0):
    """Rows of {lead: values} with their times in whole milliseconds, one lead after the other."""
    columns = {"lead": [], "time_ms": [], "value_mv": []}
    for name, values in leads.items():
        columns["lead"] += [name] * len(values)
        columns["time_ms"] += (start + np.arange(len(values)) * 1000 // fs).tolist()
        columns["value_mv"] += values.tolist()
    if record is not None:
        columns = {"record_id": [record] * len(columns["lead"]), **columns}
    return columns


def in_order(columns, rows):
    return {name: pa.array(values).take(pa.array(rows)) for name, values in columns.items()}


@layout("long-lead-column", "leads are rows, and one ends sooner than the other")
def lead_column(folder):
    leads = {"II": ecg(N, 1), "V5": ecg(N - 500, 2)}
    save(folder / "r1.parquet", rows_of(leads))
    return {
        "r1": Record(
            {name: Lead(values, 250) for name, values in leads.items()},
            found={"record": "file name", "leads": "row column lead", "unit": "column value_mv"},
        )
    }


@layout("long-records-in-one-file", "records follow each other in a row group, ids keep zeros")
def one_file(folder):
    whole = {f"{k:04d}": {"I": ecg(N + 7 * k, k), "II": ecg(N + 7 * k, k + 9)} for k in range(1, 6)}
    every = [rows_of(leads, record=name) for name, leads in whole.items()]
    columns = {key: [v for one in every for v in one[key]] for key in every[0]}
    save(folder / "all.parquet", columns, group=3_333)
    return {
        name: Record(
            {lead: Lead(values, 250) for lead, values in leads.items()},
            found={"record": "row column record_id", "leads": "row column lead"},
        )
        for name, leads in whole.items()
    }


@layout("long-interleaved", "the rows of twelve leads and two records lie between each other")
def interleaved(folder):
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    whole = {
        r: {name: ecg(N, 20 * k + j) for j, name in enumerate(names)}
        for k, r in enumerate(("a", "b"))
    }
    every = [rows_of(leads, record=name) for name, leads in whole.items()]
    columns = {key: [v for one in every for v in one[key]] for key in every[0]}
    # By time, as a logger writes them.
    order = np.argsort(columns["time_ms"], kind="stable")
    columns = in_order(columns, order)
    columns["lead"] = columns["lead"].dictionary_encode()
    save(folder / "log.parquet", columns, group=5_000)
    return {
        name: Record({lead: Lead(values, 250) for lead, values in leads.items()})
        for name, leads in whole.items()
    }


@layout("long-shuffled", "rows in no order at all, some of them twice, and a gap", notes=1)
def shuffled(folder):
    held = ecg(N, 3)
    columns = rows_of({"II": held})
    rows = rng.permutation(np.delete(np.arange(N), range(700, 1_100)))
    rows = np.concatenate([rows, rows[:40]])
    save(folder / "r.parquet", in_order(columns, rows), group=150)
    expected = held.copy()
    expected[700:1_100] = np.nan
    return {"r": Record({"II": Lead(expected, 250)})}


@layout("long-lead-partition", "the lead is a folder, the record a column: files of one lead each")
def lead_partition(folder):
    whole = {r: {"II": ecg(N, k), "V1": ecg(N, k + 5)} for k, r in enumerate(("007", "7"))}
    for lead in ("II", "V1"):
        columns = {"record": [], "t": [], "value": []}
        for name, leads in whole.items():
            columns["record"] += [name] * N
            columns["t"] += (np.arange(N) / 500).tolist()
            columns["value"] += leads[lead].tolist()
        save(folder / f"lead={lead}" / "part-0.parquet", columns, fields={"value": {"unit": "mV"}})
    return {
        name: Record(
            {lead: Lead(values, 500) for lead, values in leads.items()},
            found={"record": "row column record", "leads": "partition lead"},
        )
        for name, leads in whole.items()
    }


@layout(
    "long-adc-counts",
    "counts with gain and baseline in the row, -32768 where nothing was, times with a zone",
)
def adc(folder):
    columns = {key: [] for key in ("record", "lead", "timestamp", "gain", "baseline", "unit")}
    values = []
    leads = {"I": (200.0, 1024), "II": (100.0, 0)}
    expected = {}
    start = 1_711_846_740_000  # a minute before the clocks go forward in Berlin
    for k, (name, (gain, baseline)) in enumerate(leads.items()):
        held = np.round(ecg(N * 10, k) * gain + baseline).astype(np.int16)
        held[500:600] = -32768
        columns["record"] += ["r"] * len(held)
        columns["lead"] += [name] * len(held)
        columns["timestamp"] += (start + np.arange(len(held)) * 8).tolist()
        columns["gain"] += [gain] * len(held)
        columns["baseline"] += [baseline] * len(held)
        columns["unit"] += ["mV"] * len(held)
        values.append(held)
        shown = held.astype(float)
        shown[500:600] = np.nan
        expected[name] = Lead(shown, 125, gain=gain, baseline=baseline)
    columns["timestamp"] = pa.array(columns["timestamp"], pa.timestamp("ms", tz="Europe/Berlin"))
    columns["value"] = pa.array(np.concatenate(values))
    save(folder / "r.parquet", columns)
    told = {"gain": "row column gain", "unit": "column unit"}
    # What a clock in Berlin showed before it was set forward.
    begun = start / 1000 + 3600
    record = Record(expected, start_time=begun, zone="Europe/Berlin", found=told)
    return {"r": record}


@layout(
    "long-decimals-of-a-sample-number",
    "decimals, and a sample number in place of a time: it begins at 1,000 and skips",
    mapping="""
[[table]]
files = "*.parquet"
fs = "1000/3"
""",
)
def decimals(folder):
    held = np.round(ecg(N, 2) * 1000).astype(int)
    number = 1_000 + np.arange(N)
    number[900:] += 250
    save(
        folder / "r.parquet",
        {
            "record": ["r"] * N,
            "lead": ["II"] * (N - 1) + ["I"],
            "sample": np.append(number[:-1], 1_500),
            "value": pa.array([Decimal(int(v)) / 1000 for v in held], pa.decimal128(7, 3)),
        },
        fields={"value": {"unit": "mV"}},
    )
    values = np.full(N - 1 + 250, np.nan)
    values[number[:-1] - 1_000] = held[:-1]
    late = np.full(501, np.nan)
    late[500] = held[-1]
    return {
        "r": Record(
            {
                "II": Lead(values, Fraction(1000, 3), gain=1000.0),
                "I": Lead(late, Fraction(1000, 3), gain=1000.0),
            },
            found={"fs": "mapping"},
        )
    }


@layout("wide-records-in-one-file", "a column a lead, and a column says which record a row is of")
def wide_records(folder):
    whole = {f"s{k}": {"I": ecg(N - k, k), "II": ecg(N - k, k + 5)} for k in range(3)}
    columns = {"subject_id": [], "record": [], "time_s": [], "I": [], "II": []}
    for k, (name, leads) in enumerate(whole.items()):
        count = len(leads["I"])
        columns["subject_id"] += [f"0{k // 2}"] * count
        columns["record"] += [name] * count
        columns["time_s"] += (np.arange(count) / 360).tolist()
        columns["I"] += leads["I"].tolist()
        columns["II"] += leads["II"].tolist()
    save(folder / "all.parquet", columns, group=777)
    return {
        name: Record(
            {lead: Lead(values, 360, unit=None) for lead, values in leads.items()},
            patient=f"0{k // 2}",
            found={"patient": "row column subject_id"},
        )
        for k, (name, leads) in enumerate(whole.items())
    }
