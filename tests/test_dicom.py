"""DICOM waveforms: a real one, and ones made here, read and read by pydicom's own decoder."""

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.waveforms.numpy_handler import multiplex_array

from ecgstream.errors import ImportFailed
from ecgstream.formats import dicom_layout, stretches
from ecgstream.formats.dicom import open_file
from ecgstream.formats.recording import CHUNK_VALUES
from ecgstream.formats.registry import recognise
from ecgstream.model.annotation import POINT
from tests.made_dicom import AMBULATORY, BIG, DEFLATED, EXPLICIT, IMPLICIT, File, Group, mark
from tests.recordings import listed, survives, whole

# pydicom warns of what a hurt file holds.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SYNTAXES = [IMPLICIT, EXPLICIT, DEFLATED, BIG]


def made(path, file):
    path.write_bytes(file.encode())
    return open_file(path)


def noise(samples, channels=3, dtype="i2", seed=1):
    bounds = np.iinfo(dtype)
    rng = np.random.default_rng(seed)
    return rng.integers(bounds.min, bounds.max, (samples, channels), dtype=dtype, endpoint=True)


def test_a_real_recording_is_the_same_to_the_bit_for_pydicom():
    path = Path(get_testdata_file("waveform_ecg.dcm"))
    recording = open_file(path)
    assert recognise(path).name == "dicom"
    names = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
    assert [s.name for s in recording.signals] == names
    assert {(s.unit, s.gain, s.baseline, s.fs, s.kind) for s in recording.signals} == {
        ("uV", 0.8, 0.0, 1000.0, "ecg")
    }
    theirs = pydicom.dcmread(path)
    read = whole(recording)
    ours = np.stack([read[name][0] for name in names], axis=1)
    np.testing.assert_array_equal(ours, multiplex_array(theirs, 0, as_raw=True))
    np.testing.assert_array_equal(ours / 0.8, theirs.waveform_array(0))
    assert recording.start_time == 1359111559.0  # 2013-01-25T10:59:19
    assert any("MEDIAN BEAT" in one and "left out" in one for one in recording.remarks)
    # Its marks of the median beat refer to the rhythm.
    assert recording.remarks[1].startswith("the marks of annotation group 2 may be of multiplex")
    assert recording.remarks[1].endswith("their fiducial point is at its trigger, sample 501")
    sets = {one.annotator: one.annotations for one in recording.annotations().sets}
    assert [a.aux_note for a in sets["statements"]][:3] == [
        "RITMO SINUSALE",
        "ECG NORMALE",
        "RR Interval: 982 ms",
    ]
    assert len(sets["statements"]) + len(sets["waves"]) == 77
    assert [a.sample for a in sets["waves"] if a.aux_note == "Fiducial Point"][:3] == [
        500,
        526,
        1525,
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), syntax=st.sampled_from(SYNTAXES))
def test_any_samples_come_back_bit_for_bit_in_any_transfer_syntax(
    tmp_path, monkeypatch, data, syntax
):
    monkeypatch.setattr(stretches, "CHUNK_VALUES", data.draw(st.integers(20, 500)))
    count, seed = data.draw(st.integers(1, 90)), data.draw(st.integers(0, 2**32))
    dtype = data.draw(st.sampled_from(["i1", "u1", "i2", "u2", "u4"]))
    samples = noise(count, 3, dtype, seed)
    file = File([Group(samples)], syntax=syntax, undefined=data.draw(st.booleans()))
    recording = made(tmp_path / "a.dcm", file)
    shift = 2**31 if dtype == "u4" else 0
    assert {name: [v + shift for v in values] for name, values in listed(recording).items()} == {
        name: samples[:, k].tolist() for k, name in enumerate(("I", "II", "V1"))
    }
    assert {s.baseline for s in recording.signals} == {-shift}
    assert {s.type for s in recording.signals} == {"int32" if dtype in {"u2", "u4"} else "int16"}


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT])
def test_pydicom_finds_the_same_physical_values_in_what_is_made_here(tmp_path, syntax):
    groups = [
        Group(noise(200), sensitivity="0.00125", correction="1.01", baseline="-0.75", unit="mV"),
        Group(noise(100, seed=2), leads=("V5", "aVR", "Resp"), fs="250", sensitivity=None),
    ]
    recording = made(tmp_path / "a.dcm", File(groups, syntax=syntax))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pydicom.dcmread(tmp_path / "a.dcm")
    read = whole(recording)
    for k, signal in enumerate(recording.signals):
        values = (read[signal.name][0] - signal.baseline) / signal.gain
        expected = theirs.waveform_array(k // 3)[:, k % 3]
        np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12)
    assert [(s.name, s.unit, s.fs) for s in recording.signals[2:4]] == [
        ("V1", "mV", 500.0),
        ("V5", None, 250.0),
    ]
    assert recording.signals[5].kind == "resp"


def test_groups_stand_where_they_were_recorded_and_what_is_between_is_missing(tmp_path):
    groups = [
        Group(noise(1250, seed=k), leads=leads, at_ms=str(2500 * k))
        for k, leads in enumerate([("I", "II", "III"), ("aVR", "V1", "V5")])
    ]
    groups.append(Group(noise(2500, 1, seed=9), leads=("II",), label="RHYTHM STRIP"))
    recording = made(tmp_path / "a.dcm", File(groups))
    assert [s.name for s in recording.signals] == ["I", "II", "III", "II#2", "aVR", "V1", "V5"]
    read = whole(recording)
    assert {s.length for s in recording.signals} == {2500}
    assert np.flatnonzero(read["V1"][1]).tolist() == list(range(1250))
    assert np.flatnonzero(read["I"][1]).tolist() == list(range(1250, 2500))
    np.testing.assert_array_equal(read["V1"][0][1250:], groups[1].samples[:, 1])
    np.testing.assert_array_equal(read["II#2"][0], groups[2].samples[:, 0])


def test_a_lead_that_goes_on_in_a_later_group_of_its_scale_is_one_signal(tmp_path):
    groups = [Group(noise(100, seed=1)), Group(noise(100, seed=2), at_ms="1000")]
    recording = made(tmp_path / "a.dcm", File(groups, sop=AMBULATORY))
    assert [(s.name, s.length) for s in recording.signals] == [("I", 600), ("II", 600), ("V1", 600)]
    read = whole(recording)["I"]
    assert np.flatnonzero(read[1]).tolist() == list(range(100, 500))
    groups[1].sensitivity = "5"
    recording = made(tmp_path / "a.dcm", File(groups, sop=AMBULATORY))
    assert [s.name for s in recording.signals] == ["I", "II", "V1", "I#2", "II#2", "V1#2"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_padding_value_stands_for_nothing(tmp_path, syntax):
    samples = noise(50)
    samples[10:20, 1] = -32768
    samples[0, 0] = 0
    recording = made(tmp_path / "a.dcm", File([Group(samples, padding=-32768)], syntax=syntax))
    missing = {name: mask for name, (_, mask) in whole(recording).items()}
    np.testing.assert_array_equal(missing["II"], samples[:, 1] == -32768)
    assert not missing["I"][0]


def test_a_derived_group_alone_is_the_recording(tmp_path):
    recording = made(tmp_path / "a.dcm", File([Group(noise(60), originality="DERIVED")]))
    assert recording.signals[0].length == 60
    assert not recording.remarks


@pytest.mark.parametrize(
    ("scheme", "leads", "names"),
    [
        ("MDC", ("I", "aVR", "V5"), ["I", "aVR", "V5"]),
        ("99LOCAL", ("I", "aVR", "V5"), ["I", "aVR", "V5"]),
        ("99LOCAL", ("Lead MLII", "ECG", "ECG"), ["MLII", "ECG", "ECG#2"]),
    ],
)
def test_leads_have_the_short_name_of_their_code_or_that_of_the_file(
    tmp_path, scheme, leads, names
):
    recording = made(tmp_path / "a.dcm", File([Group(noise(5), leads=leads, scheme=scheme)]))
    assert [s.name for s in recording.signals] == names


def test_marks_stand_at_their_sample_and_statements_at_the_first(tmp_path):
    annotations = [
        mark("sinus rhythm"),
        mark("QRS duration", value="98"),
        mark("P onset", positions=[1]),
        mark("noise", positions=[101, 201], kind="SEGMENT", channel=(1, 2)),
        mark("half of it", positions=[301], kind="SEGMENT"),
        mark("event", seconds=["0.5"], channel=(2, 1)),
        mark("of the median", positions=[50], channel=(3, 0)),
    ]
    groups = [
        Group(noise(600)),
        Group(noise(100, 1), leads=("V5",), fs="250", at_ms="200"),
        Group(noise(100), originality="DERIVED"),
    ]
    recording = made(tmp_path / "a.dcm", File(groups, annotations=annotations))
    sets = {one.annotator: one for one in recording.annotations().sets}
    assert [(a.sample, a.aux_note) for a in sets["statements"].annotations] == [
        (0, "sinus rhythm"),
        (0, "QRS duration: 98 ms"),
    ]
    assert sets["waves"].fs == 500.0
    # From the first sample of a segment to its last: what comes after that is out of it.
    assert [(a.sample, a.stop, a.aux_note, a.chan, a.lead) for a in sets["waves"].annotations] == [
        (0, POINT, "P onset", 0, None),
        (100, 201, "noise", 1, "II"),
        (300, POINT, "half of it begins", 0, None),
        (350, POINT, "event", 3, "V5"),
    ]
    assert any(one.startswith("1 annotations of what is left out") for one in recording.remarks)


def test_the_start_is_that_of_the_acquisition_with_its_zone(tmp_path):
    recording = made(tmp_path / "a.dcm", File([Group(noise(5), at_ms="500")]))
    assert (recording.start_time, recording.zone) == (981173106.75, "+01:00")
    unknown = made(tmp_path / "a.dcm", File([Group(noise(5))], begun="20011399"))
    assert (unknown.start_time, unknown.zone) == (None, None)
    assert any("no time of acquisition" in one for one in unknown.remarks)


def test_who_is_named_stands_in_the_identity_and_nowhere_else(tmp_path):
    recording = made(tmp_path / "a.dcm", File([Group(noise(5))]))
    who = recording.identity
    assert (who.patient, who.name, who.birth_date) == ("P-77", "Müstermann Erika", "19640812")
    assert who.others == ("Doktor Wer",)
    assert recording.comments == ("StudyDescription: for Müstermann",)
    assert recording.name == "a"
    assert not [one for one in recording.remarks if "Müstermann" in one]


def test_a_file_without_its_preamble_is_read(tmp_path):
    for syntax in (IMPLICIT, EXPLICIT):
        recording = made(tmp_path / "a", File([Group(noise(5))], syntax=syntax, preamble=False))
        assert recognise(tmp_path / "a").name == "dicom"
        assert recording.signals[0].length == 5


def tampered(path, change):
    dataset = pydicom.dcmread(path)
    change(dataset, dataset.WaveformSequence[0])
    dataset.save_as(path)


@pytest.mark.parametrize(
    ("keyword", "value", "said"),
    [
        ("SamplingFrequency", "0", "no sampling frequency"),
        ("NumberOfWaveformSamples", 51, "51 samples of 3 channels take 306 bytes, 300 are there"),
        ("NumberOfWaveformChannels", 4, "4 channels, 3 of them are described"),
        ("WaveformSampleInterpretation", "MB", "samples of 16 bits, interpretation 'MB'"),
        ("MultiplexGroupTimeOffset", "1e200", "cannot be right"),
    ],
)
def test_a_group_that_cannot_be_is_refused_with_what_is_wrong(tmp_path, keyword, value, said):
    path = tmp_path / "a.dcm"
    path.write_bytes(File([Group(noise(50)), Group(noise(50))]).encode())
    tampered(path, lambda _, group: setattr(group, keyword, value))
    with pytest.raises(ImportFailed, match=r"a\.dcm: .*" + said):
        open_file(path)


def test_a_picture_is_no_waveform(tmp_path):
    with pytest.raises(ImportFailed, match="there are no waveforms in it"):
        open_file(Path(get_testdata_file("CT_small.dcm")))


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dicom_layout, "INFLATED_MOST", 4096)
    file = File([Group(np.zeros((5000, 3), "i2"))], syntax=DEFLATED)
    with pytest.raises(ImportFailed, match="inflates to more than"):
        made(tmp_path / "a.dcm", file)


def hurt_file(syntax, undefined):
    marks = [mark("beat", positions=[3]), mark("QRS duration", value="98")]
    return File(
        [Group(noise(20), padding=-1), Group(noise(10), at_ms="50", label="MORE")],
        annotations=marks,
        syntax=syntax,
        undefined=undefined,
    ).encode()


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, DEFLATED])
def test_a_file_cut_at_any_byte_is_refused_or_has_all_its_samples(tmp_path, syntax):
    path = tmp_path / "a.dcm"
    raw = hurt_file(syntax, syntax == EXPLICIT)
    expected = listed(made(path, type("Raw", (), {"encode": lambda _: raw})()))
    for k in range(0, len(raw), 3):
        if survives(raw[:k], path, open_file):
            # Whole elements after the samples may be lost: no length says what should be there.
            assert listed(open_file(path)) == expected
    assert not survives(raw[: len(raw) // 2], path, open_file)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    syntax=st.sampled_from(SYNTAXES),
    undefined=st.booleans(),
    bits=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4),
)
def test_flipped_bits_are_read_or_refused_and_never_more(tmp_path, syntax, undefined, bits):
    raw = bytearray(hurt_file(syntax, undefined))
    for share in bits:
        bit = int(share * 8 * len(raw))
        raw[bit // 8] ^= 1 << bit % 8
    survives(bytes(raw), tmp_path / "a.dcm", open_file)


def test_a_day_is_never_whole_in_memory(tmp_path):
    recording = made(tmp_path / "a.dcm", File([Group(np.zeros((900_000, 3), "i2"))]))
    sizes = [sum(len(one.values) for one in chunk) for chunk in recording.chunks()]
    assert max(sizes) <= CHUNK_VALUES
    assert sum(sizes) == 2_700_000
