"""MFER files made by the standard here, read, and read by another reader."""

import warnings

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.mfer import MFERParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import frames, stretches
from ecgstream.formats.mfer import open_file
from ecgstream.formats.recording import CHUNK_VALUES
from ecgstream.formats.registry import recognise
from tests.made_mfer import TYPES, Channel, File, Frame, decimal, tag
from tests.recordings import listed, survives, whole


def made(path, file):
    path.write_bytes(file.encode())
    return open_file(path)


def noise(sequences, block=1, dtype="i2", seed=1):
    rng = np.random.default_rng(seed)
    if dtype[0] == "f":
        return rng.normal(size=(sequences, block)).astype(dtype)
    bounds = np.iinfo(dtype)
    return rng.integers(bounds.min, bounds.max, (sequences, block), dtype=dtype, endpoint=True)


def by_ecgdatakit(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MFERParser().parse(path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_samples_come_back_bit_for_bit(tmp_path, monkeypatch, data):
    monkeypatch.setattr(stretches, "CHUNK_VALUES", data.draw(st.integers(30, 400)))
    monkeypatch.setattr(frames, "FRAME_MOST", data.draw(st.sampled_from([1, 1 << 20])))
    sequences, block = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 40))
    types = data.draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=4))
    seed = data.draw(st.integers(0, 2**32))
    channels = [
        Channel(noise(sequences, block, dtype, seed + k), lead=k + 1, resolution=None)
        for k, dtype in enumerate(types)
    ]
    file = File(
        [Frame(channels)], little=data.draw(st.booleans()), undefined=data.draw(st.booleans())
    )
    recording = made(tmp_path / "a.mwf", file)
    read = listed(recording)
    assert list(read) == ["I", "II", "V1", "V2"][: len(types)]
    for one, dtype, values in zip(channels, types, read.values(), strict=True):
        shift = 2**31 if dtype == "u4" else 0
        assert [v + shift for v in values] == one.samples.reshape(-1).astype("f8").tolist()
    assert {s.type for s in recording.signals} <= {"int16", "int32", "float64"}
    assert {s.fs for s in recording.signals} == {500.0}


@pytest.mark.parametrize("little", [True, False])
def test_another_reader_finds_the_same_values_scales_and_start(tmp_path, little):
    path = tmp_path / "a.mwf"
    channels = [
        Channel(noise(3, 100), lead=1, resolution=(0, -6, 5)),
        Channel(noise(3, 100, seed=2), lead=61, resolution=(0, -9, 1250), offset=-300),
        Channel(noise(3, 100, "i4", 3), lead=143, resolution=(1, -2, 25)),
        Channel(noise(3, 100, "u2", 4), lead="Flow", resolution=(21, 0, 1)),
    ]
    time = bytes([*(2012).to_bytes(2, "little" if little else "big"), 2, 29, 23, 59, 58])
    recording = made(path, File([Frame(channels, sequences=3)], little=little, time=time))
    assert recognise(path).name == "mfer"
    assert recording.start_time == 1330559998.0
    theirs = by_ecgdatakit(path)
    assert theirs.recording.date.isoformat() == "2012-02-29T23:59:58"
    read = whole(recording)
    for lead, signal in zip(theirs.leads, recording.signals, strict=True):
        np.testing.assert_array_equal(lead.samples, read[signal.name][0])
        assert lead.sampling_rate == signal.fs
    assert [(s.name, s.unit, s.gain, s.baseline, s.kind) for s in recording.signals] == [
        ("I", "mV", 200.0, 0.0, "ecg"),
        ("III", "mV", 800.0, 300.0, "ecg"),
        ("BP", "mmHg", 4.0, 0.0, "bp"),
        ("Flow", "L/min", 1.0, 0.0, "numeric"),
    ]
    physical = (read["III"][0] - 300.0) / 800.0
    lead = theirs.leads[1]
    np.testing.assert_allclose(
        1000 * physical, lead.samples * lead.resolution + lead.offset, rtol=1e-9, atol=1e-9
    )


def test_blocks_of_several_rates_keep_their_own(tmp_path):
    channels = [
        Channel(noise(4, 500)),
        Channel(noise(4, 1, "u1"), lead=175, resolution=(7, 0, 1), interval=(1, 0, 1)),
    ]
    recording = made(tmp_path / "a.mwf", File([Frame(channels)]))
    assert [(s.name, s.fs, s.length, s.kind) for s in recording.signals] == [
        ("I", 500.0, 2000, "ecg"),
        ("SpO2", 1.0, 4, "numeric"),
    ]
    np.testing.assert_array_equal(whole(recording)["SpO2"][0], channels[1].samples[:, 0])


def test_a_frame_stands_where_its_pointer_or_its_time_says(tmp_path):
    parts = [noise(10, 50, seed=k) for k in range(3)]
    later = tag(0x85, bytes([*(2012).to_bytes(2, "little"), 3, 1, 0, 0, 3, 0xF4, 1, 0, 0]))
    file = File(
        [
            Frame([Channel(parts[0])]),
            Frame([Channel(parts[1])], pointer=750),
            Frame([Channel(parts[2])], before=later),
        ]
    )
    recording = made(tmp_path / "a.mwf", file)
    assert recording.start_time == 1330559998.5
    values, missing = whole(recording)["I"]
    there = [*range(500), *range(750, 1250), *range(2500, 3000)]
    assert np.flatnonzero(~missing).tolist() == there
    np.testing.assert_array_equal(values[there], np.concatenate(parts).reshape(-1))
    # Two frames of one lead at one time are two signals: neither is lost.
    file.frames[1].pointer = 400
    assert [s.name for s in made(tmp_path / "a.mwf", file).signals] == ["I", "I#2"]


def test_a_null_value_is_missing_and_a_float_that_is_none_too(tmp_path):
    samples = noise(20, 5)
    samples[3] = -32768
    floats = noise(20, 5, "f4")
    floats[4] = np.nan
    channels = [Channel(samples, null=-32768), Channel(floats, lead=2, resolution=(0, -3, 2))]
    recording = made(tmp_path / "a.mwf", File([Frame(channels)], little=False))
    read = whole(recording)
    assert np.flatnonzero(read["I"][1]).tolist() == [15, 16, 17, 18, 19]
    assert np.flatnonzero(read["II"][1]).tolist() == [20, 21, 22, 23, 24]
    np.testing.assert_allclose(read["II"][0][:20], floats[:4].reshape(-1).astype("f8") * 2)
    assert (recording.signals[1].type, recording.signals[1].unit) == ("float64", "mV")


def test_what_is_not_said_is_told(tmp_path):
    recording = made(tmp_path / "a.mwf", File([Frame([Channel(noise(9), 0, None)])], interval=None))
    (signal,) = recording.signals
    assert (signal.name, signal.unit, signal.fs) == ("channel 1", None, 1000.0)
    assert recording.fs_source == "default of MFER, not in header"
    assert {one.split(": ")[1] for one in recording.remarks} == {
        "no sampling interval (MWF_IVL)",
        "no resolution with a unit in the file",
    }


def test_a_lead_that_is_named_for_all_channels_is_that_of_the_first(tmp_path):
    channels = [Channel(noise(9), None), Channel(noise(9), None)]
    recording = made(tmp_path / "a.mwf", File([Frame(channels)], head=tag(0x09, b"\x02\x00")))
    assert [one.name for one in recording.signals] == ["II", "channel 2"]


def test_averaged_beats_are_left_out_and_told(tmp_path):
    beat = Frame([Channel(noise(1, 60))], before=tag(0x08, b"\x09\x00"))
    rhythm = Frame([Channel(noise(1, 700))], before=tag(0x08, b"\x01\x00"))
    recording = made(tmp_path / "a.mwf", File([beat, rhythm]))
    assert recording.signals[0].length == 700
    assert any("averaged beats" in one for one in recording.remarks)
    assert made(tmp_path / "a.mwf", File([beat])).signals[0].length == 60


def test_events_stand_at_their_time_and_people_in_the_identity_alone(tmp_path):
    born = bytes([48, 0, 0, *(1964).to_bytes(2, "little"), 8, 12])
    event = b"\x07\x00" + (750).to_bytes(4, "little") + (250).to_bytes(4, "little")
    head = tag(0x03, b"UTF-8") + tag(0x81, "Müstermann^^Erika".encode()) + tag(0x82, b"P-77")
    head += tag(0x83, born) + tag(0x16, b"a note") + tag(0x17, b"Maker^Model^1^2")
    extra = [
        tag(0x41, event + "Schmerz é".encode()),
        tag(0x41, event),
        tag(0x42, event[:6] + b"72^bpm"),
    ]
    recording = made(
        tmp_path / "a.mwf",
        File([Frame([Channel(noise(4, 500))], pointer=500)], head=head, extra=extra),
    )
    who = recording.identity
    assert (who.patient, who.name, who.birth_date) == ("P-77", "Müstermann Erika", "1964-08-12")
    assert recording.comments == ("note: a note", "machine: Maker Model 1 2")
    assert recording.start_time == 1330559999.5
    sets = {one.annotator: one for one in recording.annotations().sets}
    assert [(a.sample, a.stop, a.aux_note) for a in sets["events"].annotations] == [
        (250, 500, "Schmerz é"),
        (250, 500, "event 7"),
    ]
    assert [a.aux_note for a in sets["statements"].annotations] == ["value 7: 72 bpm"]
    assert not [one for one in recording.remarks if "stermann" in one]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (File([]), "there are no samples in it"),
        (File([Frame([Channel(noise(4, 5))], sequences=5)]), "cut short: 5 sequences of 10 bytes"),
        (File([Frame([Channel(noise(4))])], interval=(2, 0, 1)), "unit 2: no rate"),
        (File([Frame([Channel(noise(4))])], interval=(1, 0, 0)), "no rate"),
        (File([Frame([Channel(noise(4))])], interval=(1, 120, 1)), "cannot be right"),
        (File([Frame([Channel(noise(4), 1, (0, 0, 0))])]), "a resolution of 0"),
        (File([Frame([Channel(noise(4))])], head=tag(0x0E, b"\1\0")), "compressed"),
        (File([Frame([Channel(noise(4, 5)), Channel(noise(4, 6))])]), "of different lengths"),
        (File([Frame([Channel(noise(4))])], head=tag(0x05, b"\0")), "number of channels"),
        (File([Frame([Channel(noise(4))])], head=tag(0x01, b"\5")), "byte order"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_expected(tmp_path, file, said):
    with pytest.raises(ImportFailed, match=r"a\.mwf: .*" + said):
        made(tmp_path / "a.mwf", file)


def hurt_file(little, undefined):
    channels = [Channel(noise(4, 5), null=-5), Channel(noise(4, 5, "i1"), lead=61)]
    event = b"\x07\x00" + (7).to_bytes(4, "little") + (2).to_bytes(4, "little") + b"words"
    return File(
        [Frame(channels, sequences=4), Frame(channels, pointer=30)],
        little=little,
        undefined=undefined,
        head=tag(0x0B, decimal(1, -3, 2, "little" if little else "big")) + tag(0x41, event),
    ).encode()


@pytest.mark.parametrize("undefined", [True, False])
def test_a_file_cut_at_any_byte_is_refused_or_lacks_a_whole_frame(tmp_path, undefined):
    raw, path = hurt_file(True, undefined), tmp_path / "a.mwf"
    path.write_bytes(raw)
    expected = listed(open_file(path))
    for k in range(len(raw)):
        if survives(raw[:k], path, open_file):
            # Frames come one after the other, and no number says how many: the end may be missing.
            read = listed(open_file(path))
            assert all(one == expected[name][: len(one)] for name, one in read.items())
            assert {len(one) for one in read.values()} <= {20, 50}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    little=st.booleans(),
    undefined=st.booleans(),
    bits=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4),
)
def test_flipped_bits_are_read_or_refused_and_never_more(tmp_path, little, undefined, bits):
    raw = bytearray(hurt_file(little, undefined))
    for share in bits:
        bit = int(share * 8 * len(raw))
        raw[bit // 8] ^= 1 << bit % 8
    survives(bytes(raw), tmp_path / "a.mwf", open_file)


def test_a_day_is_never_whole_in_memory_even_in_one_block(tmp_path):
    samples = np.zeros((1, 6_000_000), "i2")
    recording = made(tmp_path / "a.mwf", File([Frame([Channel(samples), Channel(samples, 2)])]))
    sizes = [sum(len(one.values) for one in chunk) for chunk in recording.chunks()]
    assert max(sizes) <= CHUNK_VALUES
    assert sum(sizes) == 12_000_000
