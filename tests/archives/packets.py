"""A row a packet: a list of samples in each, placed by its time."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa

from tests.archives.kit import Lead, Record, ecg, layout, save

PACKETS = 120
rng = np.random.default_rng(8)
EPOCH = 1_700_000_000.25


def packets(values, counts):
    """Return (first sample, samples) of each packet."""
    edges = np.append(0, np.cumsum(counts))
    return [(int(a), values[a:b]) for a, b in pairwise(edges)]


@layout(
    "packets-of-floats",
    "packets of unlike lengths, out of order, three twice, five lost, epoch seconds as floats",
    notes=4,
)
def floats(folder):
    counts = rng.integers(200, 300, PACKETS)
    columns = {key: [] for key in ("channel", "time", "sampling_rate", "unit", "samples")}
    expected = {}
    for k, name in enumerate(("I", "II")):
        whole = ecg(int(counts.sum()), k)
        cut = packets(whole, counts)
        lost = {40, 41, 60, 61, 62}
        kept = [i for i in range(PACKETS) if i not in lost] + [3, 50, 100]
        rng.shuffle(kept)
        for i in kept:
            first, samples = cut[i]
            columns["channel"].append(name)
            columns["time"].append(EPOCH + first / 250)
            columns["sampling_rate"].append(250)
            columns["unit"].append("uV")
            columns["samples"].append(samples.tolist())
        shown = whole.copy()
        for i in lost:
            shown[cut[i][0] : cut[i][0] + len(cut[i][1])] = np.nan
        expected[name] = Lead(shown, 250, unit="uV")
    save(folder / "r7.parquet", columns, group=50)
    return {
        "r7": Record(
            expected,
            start_time=EPOCH,
            found={"leads": "row column channel", "fs": "column sampling_rate"},
        )
    }


@layout("packets-of-int16", "counts with the gain in each row; two records between each other")
def ints(folder):
    columns = {key: [] for key in ("device_id", "record", "epoch_ms", "fs", "gain", "ecg")}
    expected = {}
    for k, (name, gain) in enumerate((("a", 200.0), ("b", 400.0))):
        whole = np.round(ecg(PACKETS * 128, k) * gain).astype(np.int16)
        for i in range(PACKETS):
            columns["device_id"].append(f"d{k}")
            columns["record"].append(name)
            columns["epoch_ms"].append(1_600_000_000_000 + i * 1000)
            columns["fs"].append(128.0)
            columns["gain"].append(gain)
            columns["ecg"].append(whole[i * 128 :][:128])
        lead = Lead(whole.astype(float), 128, unit="mV", gain=gain)
        expected[name] = Record({"ecg": lead}, start_time=1_600_000_000.0, zone="UTC")
    rows = np.arange(2 * PACKETS).reshape(2, -1).T.ravel()
    held = {key: [values[i] for i in rows] for key, values in columns.items()}
    held["ecg"] = pa.array(held["ecg"], pa.list_(pa.int16()))
    save(folder / "all.parquet", held, group=100, fields={"ecg": {"unit": "mV"}})
    return expected


@layout(
    "packets-of-decimals",
    "decimals in large lists, the rate inferred from packets of a second, nulls among them",
)
def decimal(folder):
    held = np.round(ecg(PACKETS * 250, 4) * 1000).astype(int)
    missing = rng.random(len(held)) < 0.01
    lists = [
        [None if gone else Decimal(int(v)) / 1000 for v, gone in zip(a, b, strict=True)]
        for a, b in zip(held.reshape(-1, 250), missing.reshape(-1, 250), strict=True)
    ]
    lists[30] = None
    kind = pa.large_list(pa.decimal128(9, 3))
    when = pa.array(np.arange(PACKETS) * 1_000_000, pa.timestamp("us", tz="UTC"))
    save(
        folder / "lead=V2" / "r.parquet",
        {"timestamp": when, "samples": pa.array(lists, kind)},
        fields={"samples": {"unit": "mV"}},
    )
    values = held.astype(float)
    values[missing] = np.nan
    values[30 * 250 : 31 * 250] = np.nan
    lead = Lead(values, 250, gain=1000.0)
    how = {"fs of V2": f"inferred from {PACKETS} timestamps", "leads": "partition lead"}
    return {"r": Record({"V2": lead}, start_time=0.0, zone="UTC", found=how)}


@layout("packets-of-unlike-rates", "two channels of their own rates in one table, fixed-size lists")
def rates(folder):
    columns = {key: [] for key in ("channel", "time_s", "fs", "samples")}
    fast, slow = ecg(PACKETS * 100, 1), ecg(PACKETS * 100, 2)
    for i in range(PACKETS):
        for name, whole, fs in (("II", fast, 500), ("V1", slow, 125)):
            columns["channel"].append(name)
            columns["time_s"].append(i * 100 / fs)
            columns["fs"].append(fs)
            columns["samples"].append(whole[i * 100 :][:100])
    columns["samples"] = pa.array(columns["samples"], pa.list_(pa.float64(), 100))
    save(folder / "r.parquet", columns)
    how = {"fs": "row column fs", "leads": "row column channel"}
    leads = {"II": Lead(fast, 500, unit=None), "V1": Lead(slow, 125, unit=None)}
    return {"r": Record(leads, found=how)}
