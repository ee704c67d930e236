"""A row a record, or a window of one: a list of samples per lead."""

import numpy as np
import pyarrow as pa

from tests.archives.kit import Lead, Record, ecg, layout, save

RECORDS = 25
FS = 100


@layout("rows-records", "a row a record: ids with zeros, leads of unlike lengths, one not there")
def records(folder):
    columns = {"ecg_id": [], "lead_I": [], "lead_II": [], "V1": [], "age": [], "label": []}
    expected = {}
    for k in range(RECORDS):
        leads = {"I": ecg(1_000, k), "II": ecg(1_000, k + 100), "V1": ecg(250 + k, k + 200)}
        leads = {name: values.astype(np.float32) for name, values in leads.items()}
        columns["ecg_id"].append(f"{k:05d}")
        columns["lead_I"].append(leads["I"])
        columns["lead_II"].append(leads["II"])
        columns["V1"].append(leads["V1"] if k % 5 else None)
        columns["age"].append(30 + k)
        columns["label"].append("AF" if k % 3 else "SR")
        if k % 5 == 0:
            del leads["V1"]
        expected[f"{k:05d}"] = Record(
            {name: Lead(values.astype(float), FS, unit="mV") for name, values in leads.items()},
            found={
                "record": "row column ecg_id",
                "fs": "footer metadata sampling_rate",
                "unit": "footer metadata units",
                "not shown": "columns age",
            },
        )
    save(
        folder / "set.parquet",
        columns,
        metadata={"sampling_rate": "100", "units": "mV"},
        group=10,
    )
    return expected


@layout("rows-records-in-a-few-files", "the second file has its leads in another order, and more")
def few_files(folder):
    expected = {}
    for number, names in enumerate((("I", "II"), ("V1", "II", "I"))):
        columns = {"record_id": [10 * number + k for k in range(4)]}
        for j, name in enumerate(names):
            held = [ecg(500, 40 * number + 10 * j + k) for k in range(4)]
            columns[name] = pa.array(held, pa.large_list(pa.float64()))
            for k, values in enumerate(held):
                record = expected.setdefault(f"{10 * number + k}", Record({}))
                record.leads[name] = Lead(values, FS, unit=None)
        save(folder / f"part-{number}.parquet", columns, metadata={"fs": "100"})
    return expected


@layout("rows-a-record-and-lead", "a row a lead: the record and the lead are columns")
def by_lead(folder):
    names = ("I", "II", "aVR")
    columns = {"record": [], "lead": [], "signal": []}
    expected = {}
    for k in range(6):
        held = {name: ecg(700 + k, 10 * k + j) for j, name in enumerate(names)}
        for name, values in held.items():
            columns["record"].append(f"p{k}")
            columns["lead"].append(name)
            columns["signal"].append(values)
        expected[f"p{k}"] = Record(
            {name: Lead(values, FS, unit=None) for name, values in held.items()},
            found={"leads": "row column lead"},
        )
    save(folder / "all.parquet", columns, metadata={"fs": "100"}, group=5)
    return expected


@layout("rows-no-name", "rows say nothing of themselves: each is a record, named by file and row")
def no_name(folder):
    held = [ecg(300, k) for k in range(12)]
    save(folder / "train.parquet", {"ecg": held}, metadata={"fs": "100"})
    return {
        f"train.{k:02d}": Record(
            {"ecg": Lead(values, FS, unit=None)}, found={"record": "file name and row number"}
        )
        for k, values in enumerate(held)
    }


def windows(overlap, count=30, size=200):
    """The start of each window and the record it is cut from, of two leads."""
    step = size - overlap
    whole = {name: ecg(step * (count - 1) + size, j) for j, name in enumerate(("I", "II"))}
    return [k * step for k in range(count)], whole, size


@layout(
    "windows-of-a-declared-stride",
    "windows overlap by three quarters: what is twice there is shown once",
    mapping="""
[[table]]
files = "*.parquet"
fs = 100
unit = "mV"
stride = { samples = 50 }
""",
)
def declared(folder):
    starts, whole, size = windows(150)
    columns = {"record": ["r"] * len(starts)}
    columns |= {name: [v[s : s + size] for s in starts] for name, v in whole.items()}
    save(folder / "w.parquet", columns, group=7)
    leads = {name: Lead(values, FS) for name, values in whole.items()}
    return {"r": Record(leads, found={"unit": "mapping", "fs": "mapping"})}


@layout(
    "windows-that-say-their-start",
    "windows in any order, of two patients, begin where a column says; labels beside",
    mapping="""
[[table]]
files = "*.parquet"
fs = 100
stride = { column = "begin" }
labels = ["rhythm"]
""",
    notes=4,
)
def said(folder):
    rng = np.random.default_rng(3)
    starts, whole, size = windows(100)
    rows = [(r, s) for r in ("p1", "p2") for s in starts]
    rng.shuffle(rows)
    sign = {"p1": 1.0, "p2": -1.0}
    rows = [(r, int(s)) for r, s in rows]
    columns = {"record": [r for r, _ in rows], "begin": [s + 5_000 for _, s in rows]}
    columns |= {name: [sign[r] * v[s : s + size] for r, s in rows] for name, v in whole.items()}
    columns["rhythm"] = ["AF" if s >= 1_000 else "SR" for _, s in rows]
    save(folder / "w.parquet", columns, group=16)
    return {
        r: Record({name: Lead(sign[r] * v, FS, unit=None) for name, v in whole.items()})
        for r in ("p1", "p2")
    }
