"""EDF, EDF+ and BDF: made by the specification here, read, and read by two other readers."""

import warnings
from pathlib import Path

import edfio
import numpy as np
import pyedflib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import frames, stretches
from ecgstream.formats import recording as contract
from ecgstream.formats.edf import open_file
from ecgstream.formats.registry import recognise
from tests.excerpts import exported, source_of
from tests.made_edf import File, Made
from tests.recordings import listed, survives, whole

REAL = Path(__file__).parent / "data" / "formats" / "edf_A0001.edf"


def made(path, file):
    path.write_bytes(file.encode())
    return open_file(path)


def ramp(records, count, first=0):
    return np.arange(first, first + records * count).reshape(records, count)


def by_edfio(path, kind="edf"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (edfio.read_edf if kind == "edf" else edfio.read_bdf)(path)


def test_a_real_file_is_the_same_to_the_bit_for_two_other_readers():
    recording = open_file(REAL)
    assert recognise(REAL).name == "edf"
    assert [s.name for s in recording.signals][:4] == ["I", "II", "III", "aVR"]
    assert {(s.unit, s.fs, s.length, s.type) for s in recording.signals} == {
        ("mV", 500.0, 7500, "int16")
    }
    read = whole(recording)
    with pyedflib.EdfReader(str(REAL)) as theirs:
        for k, signal in enumerate(recording.signals):
            values, missing = read[signal.name]
            assert not missing.any()
            np.testing.assert_array_equal(values, theirs.readSignal(k, digital=True))
            physical = (values - signal.baseline) / signal.gain
            np.testing.assert_allclose(physical, theirs.readSignal(k), rtol=0, atol=1e-12)
    for theirs, (values, _) in zip(by_edfio(REAL).signals, read.values(), strict=True):
        np.testing.assert_array_equal(values, theirs.digital)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), kind=st.sampled_from(["EDF", "BDF"]), plus=st.sampled_from(["", "C", "D"]))
def test_any_signals_come_back_bit_for_bit_with_their_breaks(
    tmp_path, monkeypatch, data, kind, plus
):
    monkeypatch.setattr(stretches, "CHUNK_VALUES", data.draw(st.integers(20, 400)))
    # Data records that are too large to be read whole.
    monkeypatch.setattr(frames, "FRAME_MOST", data.draw(st.sampled_from([1, 1 << 20])))
    records = data.draw(st.integers(1, 12))
    counts = data.draw(st.lists(st.integers(1, 25), min_size=1, max_size=4))
    top = 2**15 if kind == "EDF" else 2**23
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    signals = [
        Made(rng.integers(-top, top, (records, n)), label=f"L{k}", digital=(-top, top - 1))
        for k, n in enumerate(counts)
    ]
    breaks = data.draw(st.lists(st.integers(0, 3), min_size=records, max_size=records))
    at = [k + sum(breaks[1 : k + 1]) * (plus == "D") for k in range(records)]
    file = File(signals, plus=plus, kind=kind, onsets=[f"+{k}" for k in at] if plus else None)
    recording = made(tmp_path / "a.edf", file)
    expected = {}
    for k, n in enumerate(counts):
        flat = [None] * (at[-1] + 1) * n
        for number, second in enumerate(at):
            flat[second * n : second * n + n] = signals[k].samples[number].tolist()
        expected[f"L{k}"] = flat
    assert listed(recording) == expected
    assert recording.seconds == at[-1] + 1
    theirs = by_edfio(tmp_path / "a.edf", kind.lower())
    for one, signal in zip(theirs.signals, signals, strict=True):
        np.testing.assert_array_equal(one.digital, signal.samples.reshape(-1))


def test_another_reader_finds_the_same_in_what_is_made_here(tmp_path):
    values = np.random.default_rng(3).integers(-(2**23), 2**23, (4, 250))
    digital = (-(2**23), 2**23 - 1)
    for kind, samples, bounds in (
        ("BDF", values, digital),
        ("EDF", values >> 8, (-(2**15), 2**15 - 1)),
    ):
        path = tmp_path / f"a.{kind.lower()}"
        tal = b"+1.5\x150.25\x14V\xc3\xa9ntricule\x14\0"
        onsets = ["+0", "+1", "+2", "+3"]
        signal = Made(samples, digital=bounds, physical=("-3276.8", "3276.7"), unit="uV")
        file = File([signal], kind=kind, plus="C", onsets=onsets, tals={1: tal})
        recording = made(path, file)
        assert recognise(path).name == kind.lower()
        with pyedflib.EdfReader(str(path)) as theirs:
            np.testing.assert_array_equal(
                whole(recording)["ECG"][0], theirs.readSignal(0, digital=True)
            )
            assert theirs.getStartdatetime().isoformat() == "2002-03-02T16:17:18"
            onset, _, text = theirs.readAnnotations()
        assert (onset.tolist(), text.tolist()) == ([1.5], ["Véntricule"])
        marks = recording.annotations().sets[0]
        assert [(a.sample / marks.fs, a.stop, a.symbol, a.aux_note) for a in marks.annotations] == [
            (1.5, 438, '"', "Véntricule")
        ]


def test_the_scale_is_what_the_header_says_and_nothing_where_it_says_none(tmp_path):
    signals = [
        Made(ramp(1, 4), "ECG I", "uV", ("-3200", "3200"), (-3200, 3200)),
        Made(ramp(1, 4), "ECG I", "mV", ("0", "5"), (0, 1000)),
        Made(ramp(1, 4), "", "\xb5V", ("1", "1"), (-2048, 2047)),
        Made(ramp(1, 4), "Resp", "", ("10", "-10"), (-100, 100)),
    ]
    recording = made(tmp_path / "a.edf", File(signals))
    assert [(s.name, s.unit, s.gain, s.baseline) for s in recording.signals] == [
        ("I", "uV", 1.0, 0.0),
        ("I#2", "mV", 200.0, 0.0),
        ("signal 3", None, 1.0, 0.0),
        ("Resp", None, -10.0, 0.0),
    ]
    assert [s.kind for s in recording.signals[:2]] == ["ecg", "ecg"]
    assert any(one.startswith("ECG before the names") for one in recording.remarks)
    assert any("signal 3" in one and "not calibrated" in one for one in recording.remarks)


def test_rates_are_fractions_and_a_fast_and_a_slow_signal_keep_their_own(tmp_path):
    signals = [Made(ramp(3, 300)), Made(ramp(3, 1), "SpO2", "%"), Made(ramp(3, 0), "nothing")]
    recording = made(tmp_path / "a.edf", File(signals, duration="0.833333"))
    assert [s.fs for s in recording.signals] == [300 / 0.833333, 1 / 0.833333]
    assert [s.length for s in recording.signals] == [900, 3]
    assert recording.signals[1].kind == "numeric"


def test_a_record_begins_when_its_first_list_says_and_so_do_the_annotations(tmp_path):
    tals = {0: b"+0.25\x14at the start\x14\0", 1: b"+1.3\x14A\x14B\x14\0+1.25\x14\x14\0"}
    file = File([Made(ramp(2, 100))], plus="C", onsets=["+0.25", "+1.25"], tals=tals)
    recording = made(tmp_path / "a.edf", file)
    assert recording.start_time == 1015085838.25  # 2002-03-02T16:17:18.25
    (marks,) = recording.annotations().sets
    assert marks.annotator == "annotations"
    assert [(a.sample, a.aux_note) for a in marks.annotations] == [
        (0, "at the start"),
        (105, "A"),
        (105, "B"),
    ]


@pytest.mark.parametrize(
    ("date", "recording", "expected"),
    [
        ("01.01.85", "anything", None),
        ("16.09.85", "anything", 495735438.0),
        ("16.09.84", "anything", 3619959438.0),
        ("30.02.01", "anything", None),
        ("01.01.85", "Startdate X X X X", None),
        ("02.03.yy", "Startdate 02-MAR-2112 X X X", 4486378638.0),
    ],
)
def test_a_date_is_a_date_and_an_unknown_one_is_none(tmp_path, date, recording, expected):
    plus = "C" if recording.startswith("Startdate") else ""
    onsets = ["+0"] if plus else None
    file = File([Made(ramp(1, 10))], plus=plus, onsets=onsets, date=date, recording=recording)
    read = made(tmp_path / "a.edf", file)
    assert read.start_time == expected
    assert (expected is None) == any("no date" in one for one in read.remarks)


def test_who_is_named_stands_in_the_identity_and_nowhere_else(tmp_path):
    file = File(
        [Made(ramp(1, 10))],
        plus="C",
        onsets=["+0"],
        patient="MCH-0234567 F 02-MAY-1951 Haagse_Harry",
        recording="Startdate 02-MAR-2002 EMG561 BK/JOP Sony. MNC R Median Nerve.",
    )
    read = made(tmp_path / "somebody.edf", file)
    who = read.identity
    assert (who.patient, who.name, who.birth_date) == ("MCH-0234567", "Haagse Harry", "02-MAY-1951")
    assert who.others == ("EMG561", "BK/JOP")
    assert read.name == "somebody"
    for said in (*read.remarks, *read.comments, read.name, read.fs_source):
        assert "Harry" not in said
        assert "EMG561" not in said


def test_an_open_file_is_read_as_far_as_it_goes_and_a_cut_one_is_refused(tmp_path):
    whole_file = File([Made(ramp(3, 100))], records=-1).encode()
    (tmp_path / "a.edf").write_bytes(whole_file[:-10])
    recording = open_file(tmp_path / "a.edf")
    assert recording.signals[0].length == 200
    assert any("-1" in one for one in recording.remarks)
    (tmp_path / "b.edf").write_bytes(File([Made(ramp(3, 100))]).encode()[:-10])
    with pytest.raises(
        ImportFailed, match=r"b\.edf: cut short: 3 data records of 200 bytes .* 2 are"
    ):
        open_file(tmp_path / "b.edf")


def test_a_file_of_our_own_comes_back_with_its_gaps(tmp_path):
    values = np.random.default_rng(7).integers(-2000, 2000, 1000)
    gone = np.zeros(1000, bool)
    gone[100:130] = gone[700:1000] = True
    values = np.where(gone, -(2**15), values)
    source = source_of({"II": values.tolist(), "a lead with a long name": values[::-1].tolist()})
    recording = open_file(exported(source, tmp_path / "a.edf", "edf"))
    read = whole(recording)
    first, second = read.values()
    np.testing.assert_array_equal(first[1][:1000], gone)
    np.testing.assert_array_equal(second[1][:1000], gone[::-1])
    assert first[1][1000:].all()
    signal = recording.signals[0]
    lead = source.records()[0].leads[0]
    ours = (first[0][:1000] - signal.baseline) / signal.gain
    stored = (values - lead.baseline) / lead.gain
    np.testing.assert_allclose(ours[~gone], stored[~gone], rtol=0, atol=1e-9)


def test_the_same_words_of_somebody_else_are_no_gap(tmp_path):
    tal = b"+0\x150.5\x14gap in ECG (null): lowest digital value, no signal\x14\0"
    values = np.full((1, 10), -(2**15))
    values[0, 2] = 5  # whatever the annotation says, that is a sample
    file = File([Made(values)], plus="C", onsets=["+0"], tals={0: tal})
    assert not whole(made(tmp_path / "a.edf", file))["ECG"][1].any()
    file.recording = "Startdate 02-MAR-2002 X X ecgstream-1.0"
    assert whole(made(tmp_path / "a.edf", file))["ECG"][1].nonzero()[0].tolist() == [0, 1, 3, 4]


def test_times_that_contradict_each_other_are_told_or_refused(tmp_path):
    signal = [Made(ramp(3, 100))]
    overlap = File(signal, plus="D", onsets=["+0", "+0.5", "+2"])
    with pytest.raises(ImportFailed, match=r"a\.edf: data record 2 begins at 0.5 s, before"):
        made(tmp_path / "a.edf", overlap)
    overlap.plus = "C"
    recording = made(tmp_path / "a.edf", overlap)
    assert recording.signals[0].length == 300
    assert any("data record 2 begins at 0.5 s" in one for one in recording.remarks)
    later = made(tmp_path / "a.edf", File(signal, plus="C", onsets=["+0", "+1", "+5"]))
    assert whole(later)["ECG"][1].sum() == 300
    assert any("1 breaks by the times" in one for one in later.remarks)
    none = File(signal, plus="D", onsets=["+0", "later", "+2"])
    with pytest.raises(ImportFailed, match="data record 2 does not say when it begins"):
        made(tmp_path / "a.edf", none)


def test_a_time_rounded_to_its_last_place_is_no_break(tmp_path):
    onsets = [f"+{k / 3:.3f}" for k in range(30)]
    file = File([Made(ramp(30, 1000))], plus="D", onsets=onsets, duration="0.333333")
    recording = made(tmp_path / "a.edf", file)
    assert recording.signals[0].length == 30_000
    assert not whole(recording)["ECG"][1].any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((252, b"0   "), "number of signals"),
        ((252, b"9999"), "cut short"),
        ((184, b"12      "), "bytes in the header"),
        ((236, b"x       "), "number of data records: expected a whole number, found 'x'"),
        ((244, b"1e99999 "), "duration of a data record: expected a number"),
        ((244, b"0       "), "no rate"),
        ((244, b"1E-99   "), "cannot be right"),
        ((236, b"99999999"), "cut short"),
    ],
)
def test_a_header_that_cannot_be_is_refused_with_its_field(tmp_path, change, said):
    place, new = change
    raw = bytearray(File([Made(ramp(2, 100))]).encode())
    raw[place : place + len(new)] = new
    (tmp_path / "a.edf").write_bytes(raw)
    with pytest.raises(ImportFailed, match=r"a\.edf: .*" + said):
        open_file(tmp_path / "a.edf")


def hurt_file():
    tals = {1: b"+1.5\x150.25\x14text\x14\0"}
    signals = [Made(ramp(3, 20)), Made(ramp(3, 2), "SpO2", "%")]
    return File(signals, plus="D", onsets=["+0", "+1", "+3"], tals=tals).encode()


def test_a_file_cut_at_any_byte_is_refused(tmp_path):
    raw = hurt_file()
    assert survives(raw, tmp_path / "a.edf", open_file)
    assert not [k for k in range(len(raw)) if survives(raw[:k], tmp_path / "a.edf", open_file)]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(bits=st.lists(st.integers(0, 8 * len(hurt_file()) - 1), min_size=1, max_size=4))
def test_flipped_bits_are_read_or_refused_and_never_more(tmp_path, bits):
    raw = bytearray(hurt_file())
    for bit in bits:
        raw[bit // 8] ^= 1 << bit % 8
    survives(bytes(raw), tmp_path / "a.edf", open_file)


def test_a_day_is_never_whole_in_memory(tmp_path):
    signal = Made(np.zeros((60, 50_000), np.int64))
    recording = made(tmp_path / "a.edf", File([signal] * 2))
    sizes = [sum(len(one.values) for one in chunk) for chunk in recording.chunks()]
    assert max(sizes) <= contract.CHUNK_VALUES + 2
    assert sum(sizes) == 6_000_000
