"""Samples that leave: read again with another reader, they are the stored ones."""

import csv
import hashlib
import io
import json
import os
import warnings
import zipfile
from pathlib import Path

import edfio
import numpy as np
import pyarrow.parquet as pq
import pytest

from ecgstream.archive.exporting import Limits, export
from ecgstream.archive.ordering import FORMATS, Order
from ecgstream.errors import BadField, ExportFailed, ExtraMissing, LeadNotFound, TooLarge
from ecgstream.formats import wfdb_writing
from ecgstream.formats.provenance import Making
from ecgstream.model.annotation import Annotation
from ecgstream.model.excerpt import Excerpt
from ecgstream.model.record import Lead, Record
from ecgstream.storage.catalog import scan
from ecgstream.storage.memory import MemorySource
from ecgstream.storage.single import EXPORT
from tests.excerpts import exported, source_of
from tests.serving import DATA

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb

# The wfdb package's own warnings about what pandas will change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SAMPLES = ["csv", "parquet", "wfdb", "edf"]
ICU = "s25047-2704-05-04-10-44-pq"
NUMERICS = "s25047-2704-05-04-10-44n-pq"
RECORDS = ["100-pq", "s0010_re-pq", "data_92_4-pq", "a103l-pq", "A0001-pq", ICU]
BEGINS = {ICU: 56_900}
"""Where the ICU record has both signal and short gaps."""


@pytest.fixture(scope="module")
def archive():
    return scan([str(DATA)])


def stored(source, record, start, stop, leads=None):
    """Leads, stored values and physical values with NaN, straight from the source."""
    one = source.record(record)
    chosen = one.choose(leads)
    columns = source.read(record, [lead.name for lead in chosen], start, stop)
    raw = [column.cut(start, stop, column.dtype) for column in columns]
    physical = []
    for lead, part in zip(chosen, raw, strict=True):
        values = (part.astype(float) - lead.baseline) / lead.gain
        if lead.dtypes[0] == "i2":
            values[part == -(2**15)] = np.nan
        physical.append(values)
    return chosen, raw, physical


def digest(raw):
    return hashlib.sha256(b"".join(part.tobytes() for part in raw)).hexdigest()


def unpacked(path, folder):
    folder.mkdir()
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder)
        (header,) = [name for name in packed.namelist() if name.endswith(".hea")]
    return str(folder / header[:-4])


@pytest.mark.parametrize("record", RECORDS)
def test_a_csv_gives_every_physical_value_to_the_bit(tmp_path, archive, record):
    start = BEGINS.get(record, 300)
    stop = start + 2_000
    out = exported(archive, tmp_path / "a.csv", "csv", record=record, start=start, stop=stop)
    leads, raw, physical = stored(archive, record, start, stop)
    lines = out.read_text(encoding="utf-8").splitlines()
    said = dict(line[2:].split(": ", 1) for line in lines if line.startswith("#"))
    assert said["sha256_of_samples"] == digest(raw)
    assert said["made_by"] == "ecgstream 1.2.3"
    assert said["filter"] == "none: the samples as stored"
    assert said["interval"].startswith(f"samples {start} to {stop} (excluded) of")
    head, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    assert head == ["sample", "time_s", *(f"{lead.name} [{lead.unit}]" for lead in leads)]
    values = np.array([[float(cell or "nan") for cell in row] for row in rows]).T
    assert values[0].tolist() == list(range(start, stop))
    for read, there in zip(values[2:], physical, strict=True):
        assert np.array_equal(read, there, equal_nan=True)
    for lead in leads:
        assert f"gain {lead.gain!r}, baseline {lead.baseline!r}" in said[f"lead {lead.name}"]


@pytest.mark.parametrize("record", [*RECORDS, NUMERICS])
def test_a_parquet_file_is_a_record_that_is_opened_again(tmp_path, archive, record):
    start = BEGINS.get(record, 30)
    stop = min(start + 2_000, archive.record(record).length)
    out = exported(
        archive, tmp_path / "a.parquet", "parquet", record=record, start=start, stop=stop
    )
    leads, raw, _ = stored(archive, record, start, stop)
    again = scan([str(out)])
    assert not again.problems
    (one,) = again.records()
    assert one.record == f"{record}.{start}-{stop}"
    assert one.patient == archive.record(record).patient
    assert one.length == stop - start
    copied = [
        (lead.name, lead.unit, lead.gain, lead.baseline, lead.kind, lead.fs) for lead in one.leads
    ]
    assert copied == [(a.name, a.unit, a.gain, a.baseline, a.kind, a.fs) for a in leads]
    for lead, part in zip(leads, raw, strict=True):
        (column,) = again.read(one.record, [lead.name], 0, one.length)
        read = column.cut(0, one.length, lead.dtypes[0])
        assert np.array_equal(read, part, equal_nan=lead.dtypes[0] == "f8")
    began = archive.record(record).start_time
    if began is not None:
        assert one.start_time == pytest.approx(began + start / one.fs, abs=1e-6)


def test_pyarrow_alone_finds_the_provenance_in_the_footer(tmp_path, archive):
    out = exported(
        archive,
        tmp_path / "a.parquet",
        "parquet",
        record="100-pq",
        stop=3_600,
        annotations=("atr",),
    )
    said = json.loads(pq.read_schema(out).metadata[EXPORT])
    _, raw, _ = stored(archive, "100-pq", 0, 3_600)
    assert said["facts"]["sha256_of_samples"] == digest(raw)
    assert said["facts"]["record"] == "100-pq"
    assert [77, "N", ""] in said["annotations"]["atr"]
    assert pq.read_table(out)["MLII"].to_pylist() == raw[0].tolist()


@pytest.mark.parametrize("place", ["fifo", "folder", "", "/"])
def test_nothing_but_a_file_is_replaced_by_an_export(tmp_path, place):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    out = tmp_path / place if place.isalpha() else Path(place)
    with pytest.raises(ExportFailed, match="is no plain file"):
        exported(source_of({"II": np.arange(9)}), out, "csv")
    assert (tmp_path / "fifo").is_fifo()


@pytest.mark.parametrize("record", RECORDS)
def test_wfdb_has_the_digital_values_the_gain_and_the_baseline(tmp_path, archive, record):
    start = BEGINS.get(record, 300)
    stop = start + 2_000
    out = exported(archive, tmp_path / "a.zip", "wfdb", record=record, start=start, stop=stop)
    leads, raw, physical = stored(archive, record, start, stop)
    read = wfdb.rdrecord(unpacked(out, tmp_path / "x"), physical=False)
    assert read.fs == leads[0].fs
    assert read.sig_name == [lead.name for lead in leads]
    assert read.units == [lead.unit for lead in leads]
    comments = "\n".join(read.comments)
    assert f"sha256_of_samples: {digest(raw)}" in comments
    for k, lead in enumerate(leads):
        if lead.dtypes[0] == "i2":
            assert read.d_signal[:, k].tolist() == raw[k].tolist()
            assert read.adc_gain[k] == lead.gain
            assert read.baseline[k] == lead.baseline
    again = wfdb.rdrecord(str(tmp_path / "x" / read.record_name)).p_signal
    for k, lead in enumerate(leads):
        assert again[:, k] == pytest.approx(physical[k], rel=1e-9, abs=6e-9, nan_ok=True)
        assert ("stored as floats" in comments) == (lead.dtypes[0] == "f8")


def test_wfdb_calls_a_missing_sample_what_the_format_does(tmp_path):
    source = source_of({"II": np.arange(1_000)}, missing=[(100, 200)])
    out = exported(source, tmp_path / "a.zip", "wfdb")
    read = wfdb.rdrecord(unpacked(out, tmp_path / "x"))
    assert np.flatnonzero(np.isnan(read.p_signal[:, 0])).tolist() == list(range(100, 200))


def test_wfdb_carries_wide_integers_and_missing_ones_beside_narrow(tmp_path):
    leads = (
        Lead("A", "uV", 4.0, 7.0, "ecg", 250.0, 50, ("i4",)),
        Lead("B", None, 1.0, 0.0, "other", 250.0, 50, ("i2",)),
    )
    wide = np.arange(50, dtype="<i4") * 1_000_003
    narrow = np.arange(50, dtype="<i2")
    wide[3], narrow[4] = -(2**31), -(2**15)
    source = MemorySource()
    source.add(Record("r1", "p", leads, None, None, None, None), {"A": wide, "B": narrow})
    out = exported(source, tmp_path / "a.zip", "wfdb", leads=("A", "B"))
    read = wfdb.rdrecord(unpacked(out, tmp_path / "x"), physical=False, return_res=32)
    assert read.d_signal[:, 0].tolist() == wide.tolist()
    assert np.flatnonzero(read.d_signal[:, 1] == -(2**31)).tolist() == [4]
    assert read.units == ["uV", "NU"]
    assert any("B: the unit is not known" in one for one in read.comments)


@pytest.mark.parametrize("steps", [1, 49, 200, 7247])
def test_wfdb_finds_the_steps_that_floats_were_made_of(tmp_path, steps):
    values = np.arange(-500, 500) / steps
    source = source_of({"II": values}, dtype="f8", gain=1.0)
    out = exported(source, tmp_path / "a.zip", "wfdb")
    read = wfdb.rdrecord(unpacked(out, tmp_path / "x"))
    assert read.p_signal[:, 0].tolist() == values.tolist()
    assert any("give the stored values to the bit" in one for one in read.comments)


def test_wfdb_says_how_far_floats_without_steps_are_off(tmp_path):
    values = np.random.default_rng(3).normal(0, 1, 1_000)
    out = exported(source_of({"II": values}, dtype="f8", gain=1.0), tmp_path / "a.zip", "wfdb")
    read = wfdb.rdrecord(unpacked(out, tmp_path / "x"))
    off = np.abs(read.p_signal[:, 0] - values).max()
    (said,) = [one for one in read.comments if "they give the stored values to" in one]
    assert 0 < off <= float(said.split()[-2]) * 1.01 < 1e-8


@pytest.mark.parametrize(
    "names", [("pu0", "pu1"), ("q1c", "q2c"), ("a-b", "ab"), ("A", "a"), ("dat", "hea", "Dat")]
)
def test_wfdb_gives_each_set_of_annotations_a_file_of_its_own(tmp_path, names):
    source = source_of({"II": np.arange(500)})
    sets = {name: [Annotation(10 + at, "N")] for at, name in enumerate(names)}
    one = source.record("r1")
    samples = (np.arange(500, dtype="<i2"),)
    excerpt = Excerpt(one, one.leads, 0, 500, samples, annotations=sets)
    wfdb_writing.write(excerpt, Making("1"), tmp_path / "a.zip")
    base = unpacked(tmp_path / "a.zip", tmp_path / "x")
    assert wfdb.rdrecord(base, physical=False).d_signal[:, 0].tolist() == list(range(500))
    told = [line.split(" is annotation set ") for line in wfdb.rdheader(base).comments]
    renamed = {line[1]: line[0] for line in told if len(line) == 2}
    for at, name in enumerate(names):
        assert wfdb.rdann(base, renamed.get(name, name)).sample.tolist() == [10 + at]


def test_wfdb_says_how_many_infinite_samples_it_has_as_missing(tmp_path):
    values = np.round(np.sin(np.arange(500) / 9) * 200) / 200
    values[[3, 40, 41]] = [np.inf, -np.inf, np.inf]
    out = exported(source_of({"II": values}, dtype="f8", gain=1.0), tmp_path / "a.zip", "wfdb")
    comments = wfdb.rdheader(unpacked(out, tmp_path / "x")).comments
    assert (
        "II: 3 samples are infinite, which the format has not: they are written as missing"
        in comments
    )


def test_wfdb_makes_no_flat_line_of_a_signal_far_from_zero(tmp_path):
    values = 1e15 + np.sin(np.arange(500) / 9) * 1_000.0
    source = source_of({"II": values}, dtype="f8", gain=1.0)
    with pytest.raises(ExportFailed, match="lead 'II' lies around 1e"):
        exported(source, tmp_path / "a.zip", "wfdb")
    flat = source_of({"II": np.full(500, 0.1 + 1e12)}, dtype="f8", gain=1.0)
    exported(flat, tmp_path / "b.zip", "wfdb")


def test_wfdb_keeps_annotations_counted_from_the_excerpt(tmp_path, archive):
    out = exported(
        archive, tmp_path / "a.zip", "wfdb", record="100-pq", start=300, stop=3_600,
        annotations=("atr",),
    )  # fmt: skip
    read = wfdb.rdann(unpacked(out, tmp_path / "x"), "atr")
    assert read.sample[:2].tolist() == [370 - 300, 662 - 300]
    assert "A" in read.symbol


@pytest.mark.parametrize("record", RECORDS)
def test_edf_read_again_is_within_what_it_says_it_lost(tmp_path, archive, record):
    start = BEGINS.get(record, 300)
    stop = start + 2_000
    out = exported(archive, tmp_path / "a.edf", "edf", record=record, start=start, stop=stop)
    leads, raw, physical = stored(archive, record, start, stop)
    read = edfio.read_edf(out)
    said = "".join(one.text for one in read.annotations)
    assert f"sha256_of_samples: {digest(raw)}" in said
    assert [signal.label for signal in read.signals] == [lead.name for lead in leads]
    for lead, signal, part, there in zip(leads, read.signals, raw, physical, strict=True):
        assert signal.sampling_frequency == pytest.approx(lead.fs, rel=1e-12)
        assert signal.physical_dimension == lead.unit
        if lead.dtypes[0] == "i2":
            assert np.array_equal(signal.digital[:2_000], part)
        else:
            assert (
                f"{lead.name}: stored as f8, written in steps of" in said or np.isnan(there).all()
            )
        step = (signal.physical_max - signal.physical_min) / (
            signal.digital_max - signal.digital_min
        )
        known = ~np.isnan(there)
        # Of stored integers the digital values are exact, so that only the scale can be off.
        allowed = 1e-5 if lead.dtypes[0] == "i2" else step * 0.51
        assert signal.data[:2_000][known] == pytest.approx(there[known], abs=allowed)


def test_a_scale_with_short_decimals_is_exact_in_edf(tmp_path, archive):
    out = exported(archive, tmp_path / "a.edf", "edf", record="100-pq", stop=3_600)
    read = edfio.read_edf(out)
    said = "".join(one.text for one in read.annotations)
    assert "off by" not in said
    _, _, physical = stored(archive, "100-pq", 0, 3_600)
    assert read.signals[0].data == pytest.approx(physical[0], abs=1e-12)


def test_a_scale_that_no_eight_letters_hold_says_what_is_lost(tmp_path, archive):
    out = exported(archive, tmp_path / "a.edf", "edf", record="data_92_4-pq", stop=2_000)
    said = "".join(one.text for one in edfio.read_edf(out).annotations)
    assert "digital values exact, scale rounded in the header: off by up to" in said


def test_edf_says_where_it_has_filled_a_gap_and_how_long_it_is(tmp_path):
    source = source_of({"II": np.arange(1_100)}, missing=[(100, 200)])
    read = edfio.read_edf(exported(source, tmp_path / "a.edf", "edf", start=50))
    (gap,) = [one for one in read.annotations if one.text.startswith("gap in II")]
    assert (gap.onset, gap.duration) == (0.1, 0.2)
    (signal,) = read.signals
    filled = np.flatnonzero(signal.digital == signal.digital_min)
    assert filled.tolist() == [*range(50, 150), *range(1_050, 1_500)]
    assert any("the last 450 samples are padding" in one.text for one in read.annotations)


@pytest.mark.parametrize(
    ("values", "how"),
    [
        ([1e308, -1e308, 0.0], {"dtype": "f8", "gain": 1.0}),
        ([1e15, 1e15 + 1e3, 1e15], {"dtype": "f8", "gain": 1.0}),
        ([1, 2, 3], {"gain": 5e-324}),
        ([1, 2, 3], {"gain": 1e300}),
    ],
)
def test_edf_refuses_what_no_header_of_it_holds(tmp_path, values, how):
    with pytest.raises(ExportFailed, match="EDF"):
        exported(source_of({"II": values}, **how), tmp_path / "a.edf", "edf")


@pytest.mark.parametrize(
    ("gain", "baseline"),
    [(50, -5), (225, 1024), (400, -5), (785, 17.5), (820, 0), (925, 1024), (-400, 5), (1e6, 0)],
)
def test_edf_that_says_nothing_of_its_scale_has_it_exactly(tmp_path, gain, baseline):
    how = {"gain": float(gain), "baseline": float(baseline)}
    out = exported(source_of({"II": [-500, 0, 500] * 200}, **how), tmp_path / "a.edf", "edf")
    read = edfio.read_edf(out)
    assert not [one.text for one in read.annotations if "scale rounded" in one.text]
    (signal,) = read.signals
    for digital, physical in zip(signal.digital_range, signal.physical_range, strict=True):
        assert physical == (digital - baseline) / gain


def test_edf_keeps_annotations_counted_from_the_excerpt(tmp_path, archive):
    out = exported(
        archive, tmp_path / "a.edf", "edf", record="100-pq", start=360, stop=3_600,
        annotations=("atr",),
    )  # fmt: skip
    beats = [one for one in edfio.read_edf(out).annotations if one.text == "atr: N"]
    assert beats[0].onset == pytest.approx((370 - 360) / 360)


@pytest.mark.parametrize("fs", [360.0, 500.0, 200 / 3, 0.0166666666667, 128.25, 20_000.0])
def test_edf_keeps_the_rate(tmp_path, fs):
    source = source_of({"II": np.arange(700)}, fs=fs)
    (signal,) = edfio.read_edf(exported(source, tmp_path / "a.edf", "edf")).signals
    assert signal.sampling_frequency == pytest.approx(fs, rel=1e-9)
    assert signal.digital[:700].tolist() == list(range(700))


def test_a_rate_that_edf_cannot_say_is_refused(tmp_path):
    with pytest.raises(ExportFailed, match="Hz is not to be written exactly"):
        exported(source_of({"II": np.arange(9)}, fs=np.pi), tmp_path / "a.edf", "edf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("year", [2024, 2704])
def test_edf_has_the_date_where_its_header_can(tmp_path, year):
    began = float(np.datetime64(f"{year}-05-04T10:44:18.5", "ms").astype("int64")) / 1000
    source = source_of({"II": np.arange(1_000)}, start_time=began, zone="UTC")
    read = edfio.read_edf(exported(source, tmp_path / "a.edf", "edf"))
    assert f"start_time: {year}-05-04T10:44:18.500Z" in [one.text for one in read.annotations]
    if year == 2024:
        assert read.startdatetime.isoformat() == "2024-05-04T10:44:18.500000"
    else:
        with pytest.raises(edfio.AnonymizedDateError):
            read.recording.startdate  # noqa: B018


def test_wfdb_has_the_date(tmp_path, archive):
    out = exported(archive, tmp_path / "a.zip", "wfdb", record=ICU, stop=1_000)
    read = wfdb.rdheader(unpacked(out, tmp_path / "x"))
    assert read.base_date.isoformat() == "2704-05-04"
    assert read.base_time.strftime("%H:%M:%S") == "10:44:18"


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_same_samples_give_the_same_bytes(tmp_path, archive, kind):
    made = [
        exported(archive, tmp_path / name, kind, record="100-pq", stop=3_600, annotations=("atr",))
        for name in ("a", "b")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()


@pytest.mark.parametrize("kind", SAMPLES)
def test_samples_are_never_filtered(kind):
    with pytest.raises(BadField, match="exported as stored"):
        Order(kind, 0, 10, (), filter="monitor")


@pytest.mark.parametrize("kind", [*SAMPLES, "pdf"])
def test_odd_names_and_words_get_through(tmp_path, kind):
    names = {"=II\N{GREEK SMALL LETTER MU} \u4e2d, x": np.arange(600), "a" * 30: np.arange(600)}
    out = exported(source_of(names, unit="\N{MICRO SIGN}V", gain=2.0), tmp_path / "a", kind)
    assert out.stat().st_size > 500
    if kind == "csv":
        head = next(csv.reader(io.StringIO(out.read_text().split("\n# ")[-1].partition("\n")[2])))
        assert head[2].startswith("'=II")


@pytest.mark.parametrize("kind", [*SAMPLES, "pdf"])
def test_a_lead_with_nothing_in_it_is_exported_as_nothing(tmp_path, kind):
    source = source_of({"II": np.arange(600), "V": np.arange(600)}, missing=[(0, 600)])
    assert exported(source, tmp_path / "a", kind).stat().st_size


def test_what_cannot_be_read_is_missing_and_named(tmp_path):
    class Bad(MemorySource):
        def read(self, record, leads, start, stop):
            from ecgstream.errors import SourceCorrupt

            if start < 3_600:
                raise SourceCorrupt("bad page")
            return super().read(record, leads, start, stop)

    source = Bad()
    one = Lead("II", "mV", 1.0, 0.0, "ecg", 500.0, 7_200, ("i2",))
    source.add(Record("r1", "p", (one,), None, None, None, None), {"II": np.ones(7_200, "<i2")})
    text = exported(source, tmp_path / "a.csv", "csv").read_text()
    assert "# unreadable II: samples 0 to 3600: there, but could not be read" in text
    assert "\n0,0,\n" in text


def test_more_than_the_limit_is_refused_with_what_would_fit(tmp_path, archive):
    order = Order("csv", 0, 3_600, ())
    record = archive.record("100-pq")
    with pytest.raises(TooLarge, match="ask for at most 500 samples"):
        export(archive, record, order, tmp_path / "a", version="1", limits=Limits(values=1_000))
    assert not list(tmp_path.iterdir())


def test_a_set_of_annotations_that_is_not_there_is_named(tmp_path, archive):
    with pytest.raises(BadField, match="no set 'qrs' lies beside the record; it has atr"):
        exported(archive, tmp_path / "a", "csv", record="100-pq", stop=9, annotations=("qrs",))


def test_an_unknown_lead_and_an_empty_span_are_refused(tmp_path, archive):
    with pytest.raises(LeadNotFound):
        exported(archive, tmp_path / "a", "csv", record="100-pq", stop=9, leads=("X",))
    with pytest.raises(BadField, match="nothing lies between"):
        exported(archive, tmp_path / "a", "csv", record="100-pq", start=9, stop=9)
    with pytest.raises(BadField, match="before the record"):
        exported(archive, tmp_path / "a", "csv", record="100-pq", start=-9, stop=9)
    with pytest.raises(BadField, match="is not within 0 to 650000"):
        exported(archive, tmp_path / "a", "csv", record="100-pq", stop=650_001)


@pytest.mark.parametrize(("kind", "package"), [("wfdb", "wfdb"), ("edf", "edfio")])
def test_without_its_package_a_format_names_the_way_out(tmp_path, monkeypatch, kind, package):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ExtraMissing, match=rf"pip install 'ecgstream\[{kind}\]'"):
        exported(source_of({"II": np.arange(100)}), tmp_path / "a", kind)
    assert not list(tmp_path.iterdir())


def test_every_format_has_a_suffix_and_a_media_type():
    assert set(FORMATS) == {"pdf", *SAMPLES}
    assert len({suffix for suffix, _ in FORMATS.values()}) == len(FORMATS)
