"""Wide tables: a column a lead, a row a sample."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.archives.kit import Lead, Record, ecg, layout, save

N = 3_000
SPELLED = ("I", "ii", "lead_III", "ECG_aVR", "AVL", "avf", "ecg_lead_V1", "MLII")
NAMES = ("I", "ii", "III", "aVR", "AVL", "avf", "V1", "MLII")


def leads(names, fs, **how):
    return {name: Lead(ecg(N, k), fs, **how) for k, name in enumerate(names)}


@layout("wide-names", "leads are spelled in every way, mixed, with prefixes and without")
def names(folder):
    columns = {"time_ms": np.arange(N) * 4}
    columns |= {column: ecg(N, k) for k, column in enumerate(SPELLED)}
    save(folder / "r1.parquet", columns)
    return {
        "r1": Record(
            leads(NAMES, 250, unit=None),
            patient="r1",
            found={
                "record": "file name",
                "time": "column time_ms",
                "unit": "nobody says: not calibrated",
                "fs": f"inferred from {N} timestamps",
            },
        )
    }


def clocked(name, trap, make, fs=360, *, start=None, zone=None, column="time", found=None):
    """Register a wide table whose only trap is its clock: `make` gives the column of N times."""

    @layout(name, trap)
    def write(folder):
        columns = {column: make(np.arange(N)), "II": ecg(N)}
        save(folder / "r.parquet", columns, fields={"II": {"unit": "mV"}})
        told = {"unit of II": "field metadata unit", "time": f"column {column}"} | (found or {})
        return {"r": Record({"II": Lead(ecg(N), fs)}, start_time=start, zone=zone, found=told)}


INFERRED = f"inferred from {N} timestamps"
S2704 = 23_173_000_000  # a day in the year 2704, in seconds
S2180 = 6_630_000_000

clocked(
    "time-float-seconds",
    "seconds as floats look like 360 kHz to who takes them for milliseconds",
    lambda n: n / 360,
    found={"unit of time": f"{INFERRED}: s"},
)
clocked(
    "time-int-milliseconds",
    "1/360 s in whole milliseconds is 2, 3, 3, 3, ...: jitter that is none",
    lambda n: n * 1000 // 360,
    found={"unit of time": f"{INFERRED}: ms"},
)
clocked(
    "time-int-microseconds",
    "microseconds without a word about it",
    lambda n: n * 1_000_000 // 360,
    found={"unit of time": f"{INFERRED}: us"},
)
clocked(
    "time-int-nanoseconds-named",
    "the unit is in the column's name only",
    lambda n: n * 1_000_000_000 // 360,
    column="time_ns",
)
clocked(
    "time-float32-seconds",
    "float32 seconds round to 30 us after 8 minutes",
    lambda n: (n / 360).astype(np.float32),
)
clocked(
    "time-int-seconds-named",
    "the file's column is a pulse: seconds that nobody would infer",
    lambda n: n * 2,
    fs=Fraction(1, 2),
    column="t_s",
)
clocked(
    "time-epoch-seconds",
    "seconds since 1970 as floats: rounded to 240 ns, and a date",
    lambda n: 1_588_589_040 + n / 360,
    start=1_588_589_040.0,
    zone="UTC",
    column="epoch",
)
clocked(
    "time-1970",
    "a device without a clock: the record starts in 1970, and that is a date",
    lambda n: pa.array(5_000_000 + n * 1_000_000 // 360, pa.timestamp("us")),
    start=5.0,
)
clocked(
    "time-2180",
    "dates moved to 2180",
    lambda n: pa.array(S2180 * 10**9 + n * 10**9 // 360, pa.timestamp("ns")),
    start=float(S2180),
)
clocked(
    "time-2704",
    "dates moved to 2704, which nanoseconds do not reach",
    lambda n: pa.array(S2704 * 10**6 + n * 10**6 // 360, pa.timestamp("us", "UTC")),
    start=float(S2704),
    zone="UTC",
)
clocked(
    "time-zone",
    "a zone: stored in UTC, its clock showed two hours more",
    lambda n: pa.array(1_588_589_040_000 + n * 4, pa.timestamp("ms", "Europe/Berlin")),
    fs=250,
    start=1_588_589_040.0 + 7200,
    zone="Europe/Berlin",
)
clocked(
    "time-dst",
    "the clocks go back within the record: an instant is no wall clock",
    lambda n: pa.array(1_603_587_595_000 + n * 4, pa.timestamp("ms", "Europe/Berlin")),
    fs=250,
    start=1_603_587_595.0 + 7200,
    zone="Europe/Berlin",
)
clocked(
    "time-duration",
    "a pandas Timedelta",
    lambda n: pa.array(n * 2_000_000, pa.duration("ns")),
    fs=500,
)


@layout("time-int96", "the oldest timestamps: read as nanoseconds, 2704 is another date")
def int96(folder):
    times = pa.array(S2704 * 10**6 + np.arange(N) * 4_000, pa.timestamp("us"))
    save(
        folder / "r.parquet",
        {"time": times, "II": ecg(N)},
        use_deprecated_int96_timestamps=True,
    )
    return {"r": Record({"II": Lead(ecg(N), 250, unit=None)}, start_time=float(S2704))}


@layout("sample-numbers", "samples are numbered from 1, with a hole; the rate is in the footer")
def sample_numbers(folder):
    n = np.concatenate([np.arange(1, 1_001), np.arange(1_501, N + 1)])
    held = {"sample": n, "V5": ecg(N)[n - 1]}
    save(folder / "r.parquet", held, metadata={"Sampling Rate": "360 Hz"})
    values = ecg(N)
    values[1_000:1_500] = np.nan
    return {
        "r": Record(
            {"V5": Lead(values, 360, unit=None)},
            found={
                "time": "column sample, sample numbers",
                "fs of V5": "footer metadata Sampling Rate",
            },
        )
    }


@layout("no-time-metadata", "no time column at all: pandas keeps the rate among its attributes")
def no_time(folder):
    frame = pd.DataFrame({"I": ecg(N), "II": ecg(N, 1)})
    frame.attrs = {"fs": 128, "units": ["mV", "uV"], "start_time": "2020-05-04T10:44:00+02:00"}
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(folder / "r.parquet")
    return {
        "r": Record(
            {"I": Lead(ecg(N), 128), "II": Lead(ecg(N, 1), 128, unit="uV")},
            start_time=1_588_589_040.0,
            zone="+02:00",
            found={
                "fs": "footer metadata PANDAS_ATTRS.fs",
                "unit": "footer metadata PANDAS_ATTRS.units, in the order of the columns",
                "time": "none: rows are counted",
            },
        )
    }


@layout("no-time-mapping", "nothing says the rate but a mapping", mapping=None, fs=250)
def no_time_flag(folder):
    save(folder / "r.parquet", {"II": ecg(N)})
    return {"r": Record({"II": Lead(ecg(N), 250, unit=None)}, found={"fs of II": "flag --fs"})}


@layout("pandas-datetime-index", "the time is the frame's index, in no column of its own name")
def datetime_index(folder):
    index = pd.to_datetime(1_588_589_040_000 + np.arange(N) * 4, unit="ms")
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"II": ecg(N)}, index=index).to_parquet(folder / "r.parquet")
    return {
        "r": Record(
            {"II": Lead(ecg(N), 250, unit=None)},
            start_time=1_588_589_040.0,
            found={"time": "column __index_level_0__"},
        )
    }


@layout("pandas-float-index", "an index of seconds without a name")
def float_index(folder):
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({"II": ecg(N)}, index=np.arange(N) / 500)
    frame.to_parquet(folder / "r.parquet")
    return {"r": Record({"II": Lead(ecg(N), 500, unit=None)})}


@layout("pandas-integer-index", "rows were dropped: the index still says which samples they are")
def integer_index(folder):
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({"II": ecg(N)}).drop(index=range(700, 800))
    frame.attrs = {"fs": 250}
    frame.to_parquet(folder / "r.parquet")
    values = ecg(N)
    values[700:800] = np.nan
    return {"r": Record({"II": Lead(values, 250, unit=None)})}


@layout("adc-field-metadata", "counts with gain and baseline, and WFDB's -32768 for missing")
def adc(folder):
    counts = np.rint(ecg(N) * 200 + 1024).astype(np.int16)
    counts[500:700] = -32768
    said = {"unit": "mV", "gain": "200", "baseline": "1024"}
    times = np.arange(N) / 360
    save(folder / "r.parquet", {"t": times, "MLII": counts}, fields={"MLII": said})
    values = counts.astype(float)
    values[500:700] = np.nan
    return {
        "r": Record(
            {"MLII": Lead(values, 360, gain=200.0, baseline=1024.0)},
            found={
                "gain of MLII": "field metadata gain",
                "baseline of MLII": "field metadata baseline",
                "missing of MLII": "convention: -32768",
            },
        )
    }


@layout("adc-footer-lists", "wfdb's own words in the footer: lists by sig_name, in another order")
def adc_footer(folder):
    counts = [np.rint(ecg(N, k) * 200).astype(np.int16) for k in range(2)]
    metadata = {
        "fs": "250",
        "sig_name": '["V5", "II"]',
        "units": '["uV", "mV"]',
        "adc_gain": "[0.2, 200.0]",
        "baseline": "[0, 7]",
    }
    save(folder / "r.parquet", {"II": counts[0], "V5": counts[1]}, metadata=metadata)
    return {
        "r": Record(
            {
                "II": Lead(counts[0].astype(float), 250, gain=200.0, baseline=7.0),
                "V5": Lead(counts[1].astype(float), 250, unit="uV", gain=0.2),
            }
        )
    }


@layout(
    "adc-mapping",
    "a real sample of -32768, another value for missing: only a person can know",
    mapping="""
[[table]]
files = "**/*.parquet"
fs = "1000/3"
unit = "µV"
gain = 0.5
missing = [9999]
[table.signals.ch1]
name = "II"
[table.signals.ch2]
name = "V5"
missing = []
unit = "mV"
gain = 1000.0
baseline = 5.0
""",
)
def adc_mapping(folder):
    counts = np.rint(ecg(N) * 200).astype(np.int16)
    counts[10], counts[20:30] = -32768, 9999
    save(folder / "a/r.parquet", {"ch1": counts, "ch2": counts, "acc": ecg(N)})
    values = counts.astype(float)
    gone = values.copy()
    gone[20:30] = np.nan
    return {
        "a.r": Record(
            {
                "II": Lead(gone, Fraction(1000, 3), unit="uV", gain=0.5),
                "V5": Lead(values, Fraction(1000, 3), gain=1000.0, baseline=5.0),
            },
            found={
                "fs": "mapping",
                "leads": "mapping",
                "missing of II": "mapping: 9999",
                "not shown": "columns acc",
            },
        )
    }


@layout("units-spelled", "mv, µV with both mus, V, nothing, adu, and one in the column's name")
def units(folder):
    spelled = {"I": "mv", "II": "µV", "III": "\u03bcV", "aVR": "V", "aVL": "adu", "V1": None}
    columns = {"ms": np.arange(N) * 2} | {name: ecg(N, k) for k, name in enumerate(spelled)}
    columns["V2_uV"] = ecg(N, 9)
    fields = {name: {"unit": unit} for name, unit in spelled.items() if unit}
    save(folder / "r.parquet", columns, fields=fields)
    told = {"mv": "mV", "µV": "uV", "\u03bcV": "uV", "V": "V"}
    held = {
        name: Lead(ecg(N, k), 500, unit=told.get(unit))
        for k, (name, unit) in enumerate(spelled.items())
    }
    return {
        "r": Record(
            held | {"V2": Lead(ecg(N, 9), 500, unit="uV")},
            found={
                "unit of aVL, V1": "nobody says: not calibrated",
                "unit of V2": "column V2_uV",
                "unit of I, II, III, aVR": "field metadata unit",
            },
        )
    }


@layout("slower-signals", "an SpO2 in every 500th row and a pressure in every 4th: no gaps")
def slower(folder):
    n = np.arange(N)
    spo2 = pa.array(np.where(n % 500 == 0, 97.0 + n / 1e4, 0), mask=n % 500 != 0)
    abp = np.where(n % 4 == 1, 80 + np.sin(n / 50), np.nan)
    held = {"t": n / 500, "II": ecg(N), "SpO2": spo2, "ABP": abp, "label": (n % 7).astype(str)}
    fields = {"II": {"unit": "mV"}, "ABP": {"unit": "mmHg"}, "SpO2": {"unit": "%"}}
    save(folder / "r.parquet", held, fields=fields)
    return {
        "r": Record(
            {
                "II": Lead(ecg(N), 500),
                "SpO2": Lead(97.0 + n[::500] / 1e4, 1, unit="%", kind="numeric"),
                "ABP": Lead(80 + np.sin(n[1::4] / 50), 125, unit="mmHg", kind="abp"),
            },
            found={
                "not shown": "columns label",
                "fs of SpO2": f"inferred from {N} timestamps, a value in every 500 rows",
            },
        )
    }


@layout("not-ecg", "columns of a toolbox that only sound like ECG, ids and labels")
def not_ecg(folder):
    n = np.arange(N)
    held = {
        "timestamp": n * 4,
        "ECG_Clean": ecg(N),
        "ECG_Rate": ecg(N) + 60,
        "ECG_Quality": ecg(N),
        "ECG_R_Peaks": n % 2,
        "patient_id": ["00042"] * N,
        "age": n,
        "x": ecg(N),
    }
    save(folder / "r.parquet", held)
    return {
        "r": Record(
            {"ECG_Clean": Lead(ecg(N), 250, unit=None)},
            patient="00042",
            found={
                "patient": "column patient_id",
                "not shown": "columns ECG_Rate, ECG_Quality, ECG_R_Peaks, age, x",
            },
        )
    }


@layout("two-of-one-name", "two columns are called ECG: Parquet allows it, most readers do not")
def doubled(folder):
    arrays = [pa.array(np.arange(N) * 4), pa.array(ecg(N)), pa.array(ecg(N, 1))]
    save(folder / "r.parquet", (["time_ms", "ECG", "ECG"], arrays))
    return {"r": Record(leads(["ECG", "ECG#2"], 250, unit=None))}


@layout("zero-padded", "stay 007 is not stay 7, and every file in its folder is a part of it")
def padded(folder):
    for patient, stay, seed in (("00001", "007", 0), ("1", "7", 1)):
        for part in range(2):
            n = np.arange(part * 1_500, part * 1_500 + 1_500)
            path = folder / f"patient={patient}/stay={stay}/{part}.parquet"
            order = ["I", "II"] if part else ["II", "I"]
            held = {"time": n / 250} | {name: ecg(N, seed + len(name))[n] for name in order}
            save(path, held, fields={"I": {"unit": "mV"}, "II": {"unit": "mV"}})
    return {
        f"{patient}.{stay}": Record(
            {name: Lead(ecg(N, seed + len(name)), 250) for name in ("I", "II")},
            patient=patient,
            found={"record": "partition patient, stay", "patient": "partition patient"},
        )
        for patient, stay, seed in (("00001", "007", 0), ("1", "7", 1))
    }


@layout(
    "file-names",
    "record and lead are in the file's name",
    mapping=r"""
[[table]]
files = "holter/*.parquet"
path = 'holter/(?P<patient>P\d+)_(?P<record>[^_]+)_(?P<lead>[^_.]+)\.parquet'
unit = "mV"
fs = 200
order = "file name"
""",
)
def file_names(folder):
    for name, seed in (("II", 0), ("V5", 1)):
        save(folder / f"holter/P07_day1_{name}.parquet", {"value": ecg(N, seed)})
    return {
        "day1": Record(
            {"II": Lead(ecg(N), 200), "V5": Lead(ecg(N, 1), 200)},
            patient="P07",
            found={"record": "mapping", "leads": "mapping", "patient": "mapping"},
        )
    }


@layout("dataset-parts", "a writer of datasets made a folder of the record's name, parts in it")
def parts(folder):
    for part in range(3):
        n = np.arange(part * 1_000, part * 1_000 + 1_000)
        path = folder / f"rec01.parquet/part-{2 - part}-4f0c.snappy.parquet"
        save(path, {"timestamp": n * 4, "II": ecg(N)[n]})
    return {"rec01": Record({"II": Lead(ecg(N), 250, unit=None)})}


@layout("rates-in-files", "leads of two rates and lengths in two files of one record")
def rates(folder):
    held = {"record_id": ["r9"] * N, "t": np.arange(N) / 500, "II": ecg(N)}
    save(folder / "fast.parquet", held)
    held = {"record_id": ["r9"] * 700, "t_s": np.arange(700) / 125, "RESP": ecg(700, 3)}
    save(folder / "slow.parquet", held)
    return {
        "r9": Record(
            {
                "II": Lead(ecg(N), 500, unit=None),
                "RESP": Lead(ecg(700, 3), 125, unit=None, kind="resp"),
            },
            found={"record": "column record_id"},
        )
    }


@layout("gaps-and-nan", "a gap in time, NaN, null, and rows out of order, in one file")
def gaps(folder):
    n = np.concatenate([np.arange(0, 1_000), np.arange(1_800, N)])
    values = ecg(N)
    values[200:210] = np.nan
    mask = np.zeros(N, bool)
    mask[300:320] = True
    order = np.random.default_rng(5).permutation(n)
    held = {"time_us": order * 4_000, "II": pa.array(values[order], mask=mask[order])}
    save(folder / "r.parquet", held)
    values[mask] = np.nan
    values[1_000:1_800] = np.nan
    return {"r": Record({"II": Lead(values, 250, unit=None)})}


@layout("decimals", "decimals: digits, not floats", mapping=None)
def decimals(folder):
    digits = np.rint(ecg(N) * 1_000).astype(np.int64)
    held = pa.array(digits, pa.int64()).cast(pa.decimal128(19, 0))
    scaled = pa.Array.from_buffers(pa.decimal128(19, 3), N, held.buffers())
    times = np.arange(N) * 4
    save(folder / "r.parquet", {"time_ms": times, "II": scaled}, fields={"II": {"unit": "mV"}})
    return {"r": Record({"II": Lead(digits.astype(float), 250, gain=1_000.0)})}


@layout(
    "shifted",
    "a mapping says that the dates are shifted, and whose the data is",
    mapping="""
[[table]]
files = "**"
dates_shifted = true
licence = "CC0-1.0"
start_time = "2180-01-02T03:04:05"
zone = "America/New_York"
fs = 100
""",
)
def shifted(folder):
    save(folder / "r.parquet", {"I": ecg(N)})
    return {
        "r": Record(
            {"I": Lead(ecg(N), 100, unit=None)},
            start_time=6_627_063_845.0,
            zone="America/New_York",
            dates_shifted=True,
            found={"start": "mapping", "zone": "mapping"},
        )
    }


@layout("rate-by-row", "a column says the rate and the unit, and no footer that they never change")
def rate_by_row(folder):
    held = {"II": ecg(N), "fs": [360] * N, "units": ["mV"] * N}
    save(folder / "r.parquet", held, write_statistics=False)
    return {"r": Record({"II": Lead(ecg(N), 360)}, found={"fs of II": "row column fs"})}


DST = """
[[table]]
files = "**"
zone = "Europe/Berlin"
"""
AUTUMN = 1_603_584_000  # 2020-10-25T00:00Z: Berlin's clocks show 02:00 to 03:00 twice
SPRING = 1_585_440_000  # 2020-03-29T00:00Z: they skip 02:00 to 03:00


def naive(folder, begin, change, before):
    """A wall clock of Berlin from `begin` to three hours later, at 2 Hz."""
    n = np.arange(3 * 3_600 * 2)
    utc = begin * 1_000 + n * 500
    wall = utc + np.where(utc < change * 1_000, before, 3 - before) * 3_600_000
    values = ecg(len(n))
    save(folder / "r.parquet", {"time": pa.array(wall, pa.timestamp("ms")), "II": values})
    start = begin + before * 3_600
    found = {"zone": "mapping"}
    lead = Lead(values, 2, unit=None)
    return {"r": Record({"II": lead}, start_time=start, zone="Europe/Berlin", found=found)}


@layout("wall-clock-autumn", "an hour is there twice: rows of one time are two", mapping=DST)
def autumn(folder):
    return naive(folder, AUTUMN - 1_800, AUTUMN + 3_600, 2)


@layout("wall-clock-spring", "an hour that never was is no gap", mapping=DST)
def spring(folder):
    return naive(folder, SPRING, SPRING + 3_600, 1)


@layout(
    "pandas-range-index", "parts of one frame, out of order, one of them lost: pandas counted on"
)
def range_index(folder):
    frame = pd.DataFrame({"II": ecg(N)})
    frame.attrs = {"fs": 250}
    for number, part in enumerate([range(2_000, N), range(1_000)]):
        path = folder / f"record=r/part-{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.iloc[part.start : part.stop].to_parquet(path)
    values = ecg(N)
    values[1_000:2_000] = np.nan
    return {"r": Record({"II": Lead(values, 250, unit=None)})}
