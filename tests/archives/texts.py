"""Times as texts, in every shape: what CSV files that somebody converted have."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.archives.kit import Lead, Record, ecg, layout, save

N = 3_000
BEGAN = datetime(2021, 3, 4, 5, 6, 7, 8_000, UTC)
TOLD = "text column {}, ISO 8601 to the microsecond"


def told(column):
    return {"time": TOLD.format(column)}


def wide(folder, texts, start, *, zone=None, column="ts", fs=250, values=None):
    held = ecg(N) if values is None else values[~np.isnan(values)]
    save(folder / "r.parquet", {column: texts, "II": held})
    lead = Lead(ecg(N) if values is None else values, fs, unit=None)
    return {"r": Record({"II": lead}, start_time=start, zone=zone, found=told(column))}


@layout("text-naive", "Python writes no fraction at a whole second, and no zone")
def naive(folder):
    begins = BEGAN.replace(microsecond=0)
    texts = [str((begins + timedelta(milliseconds=4 * k)).replace(tzinfo=None)) for k in range(N)]
    assert len({len(one) for one in texts}) > 1
    return wide(folder, texts, begins.timestamp())


@layout("text-zoned", "nine digits, an offset that changes with summer time, and lost samples")
def zoned(folder):
    begins = pd.Timestamp("2021-03-28 00:59:58.008Z")
    at = begins + pd.to_timedelta(np.arange(N) * 1_000_000_000 // 360, unit="ns")
    texts = np.array(
        [f"{one.isoformat(timespec='nanoseconds')}" for one in at.tz_convert("Europe/Berlin")]
    )
    assert {one[-6:] for one in texts} == {"+01:00", "+02:00"}
    values = ecg(N)
    values[500:520] = np.nan
    values[1_700] = np.nan
    texts = texts[~np.isnan(values)]
    return wide(folder, texts, begins.timestamp(), zone="UTC", fs=360, values=values)


def at_year(year):
    begins = np.datetime64(f"{year}-11-30T12:00:00", "us")
    texts = (begins + np.arange(N) * 4_000).astype(str)
    return texts, float(begins.astype("datetime64[s]").astype(int))


@layout(
    "text-2704", "in nanoseconds the year 2704 would be another one; texts that are a dictionary"
)
def far(folder):
    texts, start = at_year(2704)
    return wide(folder, pa.array(texts).dictionary_encode(), start, column="datetime")


@layout("text-2180", "dates moved to 2180, in texts that are long ones for Arrow")
def moved(folder):
    texts, start = at_year(2180)
    return wide(folder, pa.array(texts, pa.large_string()), start, column="timestamp")


@layout("text-before-1970", "a device without a clock, before all time")
def before(folder):
    texts, start = at_year(1969)
    return wide(folder, texts, start)


@layout("text-long-shuffled", "rows of two leads in no order: where each belongs its text says")
def long(folder):
    texts, start = at_year(2021)
    leads = {"II": ecg(N, 1), "V5": ecg(N, 2)}
    table = pd.DataFrame({"lead": np.repeat(["II", "V5"], N), "ts": np.tile(texts, 2)})
    table["value_mv"] = np.concatenate(list(leads.values()))
    table = table.sample(frac=1, random_state=3)
    save(folder / "r.parquet", {name: table[name].to_numpy() for name in table})
    of = {name: Lead(values, 250) for name, values in leads.items()}
    return {"r": Record(of, start_time=start, found=told("ts"))}


@layout("text-packets", "packets out of order and one lost, placed by their texts", notes=1)
def packets(folder):
    whole = ecg(50 * 100)
    kept = np.random.default_rng(5).permutation(np.delete(np.arange(50), 20))
    texts = [(BEGAN + timedelta(milliseconds=400 * int(k))).isoformat() for k in kept]
    rows = [whole[100 * k : 100 * k + 100] for k in kept]
    save(folder / "r.parquet", {"record_id": ["r"] * 49, "time": texts, "II": rows}, group=10)
    shown = whole.copy()
    shown[2_000:2_100] = np.nan
    lead = Lead(shown, 250, unit=None)
    return {"r": Record({"II": lead}, start_time=BEGAN.timestamp(), zone="UTC", found=told("time"))}


@layout("text-records", "a row a record, with the text of its date")
def records(folder):
    texts = ["1984-11-09 09:17:34", "1984-11-14T12:55:37"]
    columns = {"ecg_id": [7, 8], "fs": [500, 500], "recording_date": texts, "datetime": texts}
    save(folder / "all.parquet", columns | {"II": [ecg(5_000, 1), ecg(4_000, 2)]})
    return {
        str(7 + k): Record(
            {"II": Lead(ecg(5_000 - 1_000 * k, 1 + k), 500, unit=None)},
            start_time=datetime.fromisoformat(f"{texts[k]}+00:00").timestamp(),
            found=told("datetime") | {"fs of II": "column fs"},
        )
        for k in range(2)
    }
