"""Tables of numbers as text, in every spelling that programs have for them."""

import contextlib
import csv
import io
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import csv_lines, csv_table, registry
from ecgstream.formats.csv_reading import Told, open_file
from tests.excerpts import exported, source_of
from tests.samples_of import whole


def read(tmp_path, text, told=None, encoding="utf-8", **said):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return open_file(path, told or (Told(**said) if said else None))


def held(recording):
    """{name: physical values, None where missing}."""
    out = {}
    for signal in recording.signals:
        values, missing = whole(recording)[signal.name]
        physical = (values - signal.baseline) / signal.gain
        out[signal.name] = [
            None if gone else value for value, gone in zip(physical.tolist(), missing, strict=True)
        ]
    return out


WANTED = {"II": [0.125, -0.25, None, 1.0], "V5": [-3.0, 4.0, 5.5, 0.0]}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (
            "time [s],II [mV],V5 [uV]\n0.000,0.125,-3\n0.004,-0.25,4\n0.008,,5.5\n0.012,1,0\n",
            "utf-8",
        ),
        ("time_ms;II [mV];V5 [uV]\r\n0;0,125;-3\r\n4;-0,25;4\r\n8;;5,5\r\n12;1;0\r\n", "utf-8"),
        ("\ufeffms\tII [mV]\tV5 [uV]\n0\t0.125\t-3\n4\t-.25\t4\n8\tNaN\t5.5\n12\t1\t0", "utf-8"),
        ("ms\tII [mV]\tV5 [uV]\n0\t0.125\t-3\n4\t-.25\t4\n8\tNaN\t5.5\n12\t1\t0", "utf-16"),
        (
            "# by hand\n\n  t_ms   II   V5\n 0  0.125  -3\n# again\n 4 -0.25 4\n8 nan 5.5\n12\t1 0",
            "utf-8",
        ),
        (
            (
                "'Elapsed time','II','V5'\n'hh:mm:ss.mmm','mV','uV'\n'0:00.000',0.125,-3\n"
                "'0:00.004',-0.25,4.0\n'0:00.008',-,5.500\n'0:00.012',1,0\n"
            ),
            "utf-8",
        ),
        (
            (
                "when,II [mV],V5 [uV],label\n2020-05-04 10:44:00.000,0.125,-3,N\n"
                "2020-05-04 10:44:00.004,-0.25,4,N\n2020-05-04 10:44:00.008,NA,5.5,V\n"
                "2020-05-04 10:44:00.012,1,0,N\n"
            ),
            "utf-8",
        ),
        (
            (
                "timestamp,II [mV],V5 [\N{MICRO SIGN}V]\n1588589040.000,0.125,-3\n1588589040.004,-0.25,4\n"
                "1588589040.008,null,5.5\n1588589040.012,1,0\n"
            ),
            "latin-1",
        ),
    ],
)
def test_one_table_is_read_alike_however_it_is_spelled(tmp_path, text, encoding):
    opened = read(tmp_path, text, encoding=encoding)
    assert held(opened) == WANTED
    assert {signal.fs for signal in opened.signals} == {250.0}
    assert [signal.type for signal in opened.signals] == ["int16", "int16"]
    assert opened.signals[0].gain == 1000
    assert opened.fs_source == "inferred from 4 timestamps"
    if "[mV]" in text or "'mV'" in text:
        assert opened.signals[0].unit == "mV"
    else:
        assert opened.signals[0].unit is None
    dated = "2020" in text or "1588" in text
    # 4 May 2020, 10:44:00.
    assert opened.start_time == (1_588_589_040.0 if dated else None)
    assert opened.zone == ("UTC" if "1588" in text else None)


WATCH = (
    'Name,Jane Roe\nDate of Birth,"Jan 1, 1980"\nRecorded Date,2020-05-04 10:44:00 +0200\n'
    'Classification,Sinus Rhythm\nSymptoms,\nSoftware Version,1.90\nDevice,"Watch6,1"\n'
    "Sample Rate,{rate}\n\n\nLead,Lead I\nUnit,\N{MICRO SIGN}V\n\n"
)


def test_what_a_watch_says_before_its_one_column_is_understood(tmp_path):
    cells = [f"{n % 7 - 3}.{n % 10}25" for n in range(60)]
    text = WATCH.replace("{rate}", "512 hertz") + "\n".join(cells) + "\n"
    opened = read(tmp_path, text)
    (signal,) = opened.signals
    assert (signal.name, signal.unit, signal.kind) == ("Lead I", "\N{MICRO SIGN}V", "ecg")
    assert (signal.fs, opened.fs_source) == (512.0, "Sample Rate in the head of the file")
    assert held(opened) == {"Lead I": [float(cell) for cell in cells]}
    assert (opened.start_time, opened.zone) == (1_588_589_040.0, "+02:00")
    assert (opened.identity.name, opened.identity.birth_date) == ("Jane Roe", "Jan 1, 1980")
    assert registry.recognise(tmp_path / "table.csv").name == "csv"
    with pytest.raises(ImportFailed, match="neither a sampling rate"):
        read(tmp_path, text.replace("Sample Rate", "Taktfrequenz"))


def test_lines_before_a_table_of_several_columns_are_no_heading_of_it(tmp_path):
    text = "Patient ID;77\nSampling frequency (Hz);250\nUnits;mV\n\nII;V5\n0,5;1\n0,25;2\n1;3\n"
    opened = read(tmp_path, text)
    assert held(opened) == {"II": [0.5, 0.25, 1.0], "V5": [1.0, 2.0, 3.0]}
    assert {(s.fs, s.unit) for s in opened.signals} == {(250.0, "mV")}
    assert opened.identity.patient == "77"


def test_a_heading_in_a_remark_is_one_where_it_names_a_time_or_a_lead(tmp_path):
    path = tmp_path / "saved.csv"
    rows = np.column_stack([np.arange(5) / 250, np.arange(5), -np.arange(5)])
    np.savetxt(path, rows, fmt="%.3f", delimiter=",", header="by hand\ntime_s,II [mV],V5 [mV]")
    opened = open_file(path)
    assert held(opened) == {"II": [0, 1, 2, 3, 4], "V5": [0, -1, -2, -3, -4]}
    assert {(s.fs, s.unit) for s in opened.signals} == {(250.0, "mV")}
    np.savetxt(path, rows[:, 1:], header="made today")
    assert list(held(open_file(path, Told(fs=250)))) == ["column 1", "column 2"]


def test_an_empty_line_in_a_table_of_one_column_is_a_missing_sample(tmp_path):
    opened = read(tmp_path, "II\n1\n\n3\n", fs=100)
    assert held(opened) == {"II": [1.0, None, 3.0]}


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 60_000 + "b,c\n1,2\n3,4\n",
        "1 " + " " * 60_000 + "2\n" * 3 + "3 4\n" * 9 + " " * 3_000_000 + "x\n",
        "sampl" + "_" * 60_000 + ",1\n1\n2\n3\n4\n",
        "# made_by: ecgstream 1\n# lead " + ": unit , gain " * 4_000 + "\nII,V5\n1,2\n3,4\n",
        "1" * 60_000 + "x,2\n3,4\n5,6\n",
        "Sample Rate,1e999999999\nII,V5\n1,2\n3,4\n",
        "[" * 30_000 + "]" * 30_000 + ",b\n1,2\n3,4\n",
    ],
    ids=["blanks", "long blanks", "key", "own", "digits", "rate", "brackets"],
)
def test_lines_made_to_be_slow_are_read_or_refused_at_once(tmp_path, text):
    began = time.process_time()
    path = tmp_path / "table.csv"
    path.write_text(text)
    registry.recognise(path)
    with contextlib.suppress(ImportFailed):
        whole(open_file(path, Told(fs=100)))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_another_reader_finds_is_found_to_the_last_bit(tmp_path, delimiter, data):
    cell = st.one_of(
        st.integers(-(2**40), 2**40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.decimals(-5, 5, places=4, allow_nan=False),
    )
    width = data.draw(st.integers(2, 4))
    rows = data.draw(
        st.lists(st.lists(cell, min_size=width, max_size=width), min_size=2, max_size=9)
    )
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([[f"lead {n}" for n in range(width)], *rows])
    text = written.getvalue()
    again = list(csv.reader(io.StringIO(text), delimiter=delimiter))[1:]
    opened = read(tmp_path, text, fs="1000/3")
    assert opened.signals[0].fs == float(1000 / 3)
    for number, values in enumerate(held(opened).values()):
        theirs = [float(row[number]) for row in again]
        assert values == theirs
        assert opened.signals[number].type == "float64" or all(abs(v) < 2**31 for v in theirs)


def test_adc_counts_of_a_mapping_are_kept_as_whole_numbers(tmp_path):
    told = registry.FORMATS["csv"].told_of(
        {
            "fs": 360,
            "unit": "mV",
            "gain": 200,
            "baseline": 1024,
            "missing": [-32768],
            "signals": {
                "1": {"name": "MLII"},
                "3": {"unit": "uV", "gain": 0.5, "baseline": 0, "kind": "ecg"},
            },
        }
    )
    opened = read(tmp_path, "1224 7 10\n1024 7 20\n-32768 7 30\n824 7 40\n", told)
    first, third = opened.signals
    assert (first.name, first.unit, first.gain, first.baseline, first.type) == (
        "MLII", "mV", 200, 1024, "int16",
    )  # fmt: skip
    assert (third.name, third.unit, third.kind) == ("column 3", "uV", "ecg")
    assert held(opened) == {"MLII": [1.0, 0.0, None, -1.0], "column 3": [20.0, 40.0, 60.0, 80.0]}
    assert opened.fs_source == "mapping"


def test_gaps_are_where_the_times_or_the_sample_numbers_say(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_table, "BLOCK", 7)
    places = [*range(20), *range(25, 40), *range(1000, 1030)]
    whole_ = [None] * 1030
    for at in places:
        whole_[at] = float(at % 13)
    # 360 Hz in whole milliseconds: steps of 2 and 3.
    timed = "ms,II\n" + "".join(f"{round(at * 1000 / 360)},{at % 13}\n" for at in places)
    numbered = "sample,II\n" + "".join(f"{at + 77},{at % 13}\n" for at in places)
    one = read(tmp_path, timed, fs=360)
    assert held(one)["II"] == whole_
    other = read(tmp_path, numbered, fs=360)
    assert held(other)["II"] == whole_
    # A gap of a million samples is handed on in pieces.
    far = read(tmp_path, "sample,II\n0,1\n3000000,2\n", fs=360)
    assert max(len(piece[0].values) for piece in far.chunks()) <= 1 << 20
    assert far.signals[0].length == 3_000_001


def test_a_rate_is_inferred_over_the_edges_of_blocks_without_drift(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_table, "BLOCK", 50)
    count = 2000
    rows = "".join(f"{at / 360:.3f},{at % 13}\n" for at in range(count))
    opened = read(tmp_path, "time (s),II\n" + rows)
    assert opened.signals[0].fs == 360
    assert opened.signals[0].length == count
    assert None not in held(opened)["II"]


def test_our_own_export_comes_back_as_it_was_stored(tmp_path):
    rng = np.random.default_rng(4)
    samples = {
        "I": rng.integers(-3000, 3000, 900),
        "V5": rng.integers(-3000, 3000, 900),
    }
    for how in (
        {"gain": 200.0, "baseline": 1024.0, "fs": 360.0},
        {"gain": 83697.31800766283, "baseline": -17.0, "unit": None},
        {"gain": 1.0, "dtype": "f8", "unit": "furlongs"},
    ):
        source = source_of(samples, missing=[(10, 20), (300, 700)], **how)
        path = exported(source, tmp_path / "export.csv", "csv", start=5, stop=850)
        opened = open_file(path)
        back = whole(opened)
        assert list(back) == ["I", "V5"]
        for lead, signal in zip(source.record("r1").leads, opened.signals, strict=True):
            values, missing = back[lead.name]
            wanted = samples[lead.name][5:850]
            assert np.flatnonzero(missing).tolist() == [*range(5, 15), *range(295, 695)]
            assert values[~missing].tolist() == wanted[~missing].tolist()
            assert (signal.unit, signal.fs) == (lead.unit, lead.fs)
            assert (signal.gain, signal.baseline) == (lead.gain, lead.baseline)
            assert signal.type == "int16"
        assert not opened.comments


def test_an_export_of_ours_that_somebody_has_edited_is_read_as_it_is_now(tmp_path):
    source = source_of({"I": [1, 2, 3, 4]}, gain=200.0, baseline=7.0)
    path = exported(source, tmp_path / "export.csv", "csv")
    text = path.read_text()
    assert ",-0.02\n" in text
    opened = read(tmp_path, text.replace(",-0.02\n", ",12.3456\n"))
    assert held(opened)["I"] == [-0.03, -0.025, 12.3456, -0.015]


@pytest.mark.parametrize(
    ("text", "said", "reason"),
    [
        ("II,V5\n1,2\n3,4\n", {}, r"neither a sampling rate nor a column of times; say in a mapping"),
        ("time,II\n0,1\n1,2\n2,3\n", {}, r"column 'time' counts on by 1: sample numbers, or a time\?"),
        ("time,II\n0,1\n60,2\n120,3\n", {}, r"column 'time': steps of 60, and the unit is not said"),
        ("ms,II\n0,1\n4,2\n4,3\n", {}, r"column 'ms', row 3: 4 after 4: sorted rows"),
        ("ms,II\n0,1\n8,2\n4,3\n", {}, r"column 'ms', row 3: 4 after 8"),
        ("ms,II\n0,1\n,2\n8,3\n", {}, r"column 'ms', row 2: no time"),
        ("sample,II\n0,1\n0.5,2\n", {"fs": 1}, r"column 'sample', row 2: expected a sample number"),
        ("sample,II\n5,1\n5,2\n", {"fs": 1}, r"column 'sample', row 2: sample 5 after 5"),
        ("II,V5\n1,2\n3,4\n5,6,7\n", {"fs": 1}, r"row 3 \(line 4\) has 3 columns, '5,6,7', and most have 2"),
        ("# by hand\nms,II\n0,1\n4,ERR\n8,3\n", {}, r"column 'II', row 2 \(line 4\): 'ERR' is no number"),
        ("ms,II_mV,V5\n0,1,1\n4,\u22120.5,1\n8,3,1\n", {}, "column 'II_mV', row 2 .*'\u22120.5' is no number"),
        ("II,V5\n1,2\n3,4\n", {"fs": 1, "signals": {"I": {}}}, r"mapping: signals: no column 'I'; there are II, V5"),
        ("a,b\nx,y\nz,w\n", {"fs": 1}, r"no column of samples|fewer than|a heading, and no rows"),
        ("1,2\n", {"fs": 1}, r"fewer than two rows"),
        ("II,V5\n1,inf\n3,4\n", {"fs": 1, "signals": {"V5": {}}}, r"an infinite value"),
        ("II,V5\n" + "1,2\n" * 30000 + "1,x\n", {"fs": 1}, r"column 'V5', row 30001: 'x' is no number"),
        ("1,2\n3,4\n", {"fs": 1, "encoding": "klingon"}, r"mapping: encoding: 'klingon'"),
        ("1,2\n3,4\n", {"fs": 1, "start_time": "noon"}, r"mapping: start_time: 'noon'"),
        ("ms,II\n" + "".join(f"{t},1\n" for t in range(0, 400, 2)), {"fs": 250}, "column 'ms', row .*a rate of 250 Hz was told"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_file_column_and_remedy(
    tmp_path, text, said, reason
):
    told = registry.FORMATS["csv"].told_of(said) if said else None
    with pytest.raises(ImportFailed, match=f"table.csv: .*({reason})"):
        list(read(tmp_path, text, told).chunks())


def test_a_unit_behind_a_name_is_taken_off_as_in_parquet(tmp_path):
    names = ["II_mV", "V5 uV", "V1 (mV)", "aVF", "III_microvolt", "lead_V", "uV"]
    rows = "".join(f"{k * 4},{','.join('1234567')}\n" for k in range(9))
    recording = read(tmp_path, f"time_ms,{','.join(names)}\n{rows}")
    assert [(one.name, one.unit) for one in recording.signals] == [
        ("II", "mV"), ("V5", "uV"), ("V1", "mV"), ("aVF", None), ("III", "microvolt"),
        ("lead_V", None), ("uV", "uV"),
    ]  # fmt: skip


def test_a_column_of_words_with_few_numbers_is_left_out_and_told(tmp_path):
    recording = read(tmp_path, "ms,II,rhythm\n0,1,N\n4,2,1\n8,3,N\n12,4,N\n")
    assert [one.name for one in recording.signals] == ["II"]
    assert recording.remarks == ("column 'rhythm' is left out: it holds no numbers",)
    labels = read(tmp_path, "ms,II,label\n0,1,0\n4,2,0\n8,3,AF\n12,4,0\n")
    assert [one.name for one in labels.signals] == ["II"]


def test_a_mapping_that_cannot_be_is_refused_with_its_key():
    for said, reason in (
        ({"fs": 0}, "fs: 0.0 is no rate"),
        ({"fs": "fast"}, "fs: 'fast' is no rate"),
        ({"rate": 5}, "unknown field `rate`"),
        ({"signals": {"II": {"gain": 0}}}, "gain: is 0"),
        ({"time": {"unit": "h", "column": "t"}}, "h"),
    ):
        with pytest.raises(ValueError, match=reason):
            registry.FORMATS["csv"].told_of(said)


def test_a_line_without_an_end_is_refused_before_it_is_all_read(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_lines, "LONGEST_LINE", 100_000)
    monkeypatch.setattr(csv_lines, "READ", 10_000)
    text = "1,2\n3,4\n" + "5," * 100_000
    with pytest.raises(ImportFailed, match="a line of more than 100000 bytes"):
        read(tmp_path, text, fs=1)


def test_a_table_is_known_by_its_rows(tmp_path):
    for text in (
        "1,2\n3,4\n5,6\n7,8\n9,10\n",
        "'0:00.000',-0.145,-0.065\n'0:00.003',-0.145,-0.065\n" * 3,
        "2020-05-04T10:44:00.004Z,1,2\n" * 6,
    ):
        path = tmp_path / "what"
        path.write_text(text)
        assert registry.recognise(path).name == "csv"
    path.write_text("a letter,\nwith lines,\nand commas,\nand nothing else,\n")
    assert registry.recognise(path) is None


def dated(path, times):
    rows = [f"{time},{k % 7}" for k, time in enumerate(times)]
    path.write_text("\n".join(["time,II_mV", *rows, ""]), encoding="utf-8")
    return open_file(path)


def test_dates_that_say_how_far_they_are_from_utc_keep_their_zone_over_a_change_of_it(tmp_path):
    # At two o'clock clocks go to three: nothing is missing between.
    night = [f"2024-03-31T01:59:59.{k:03d}+01:00" for k in range(0, 1000, 4)]
    night += [f"2024-03-31T03:00:00.{k:03d}+02:00" for k in range(0, 1000, 4)]
    recording = dated(tmp_path / "a.csv", night)
    assert (recording.start_time, recording.zone) == (1711850399.0, "+01:00")
    (signal,) = recording.signals
    assert (signal.fs, signal.length) == (250, 500)
    back = [one.replace("+01:00", "Z").replace("03:00:00", "02:00:00") for one in night]
    recording = dated(tmp_path / "b.csv", [one.replace("+02:00", "Z") for one in back])
    assert (recording.start_time, recording.zone) == (1711850399.0, "UTC")
    plain = [one[:23] for one in night[:250]]
    assert dated(tmp_path / "c.csv", plain).zone is None


def test_dates_of_which_some_say_no_zone_are_refused(tmp_path):
    night = [f"2024-03-31T01:59:59.{k:03d}+01:00" for k in range(0, 1000, 4)]
    with pytest.raises(ImportFailed, match="some of its times say how far they are from UTC"):
        dated(tmp_path / "a.csv", [*night[:-1], night[-1][:23]])
