"""ISHNE Holter files made by the standard here, read, and read by another reader."""

import warnings

import numpy as np
import pytest
from ecgdatakit.parsing.parsers.ishne_holter import ISHNEHolterParser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import stretches
from ecgstream.formats.ishne import FAULT, LEADS, open_file
from ecgstream.formats.recording import CHUNK_VALUES
from ecgstream.formats.registry import recognise
from tests.made_ishne import File
from tests.recordings import listed, survives, whole


def made(path, file):
    path.write_bytes(file.encode())
    return open_file(path)


def noise(frames, leads, seed=1):
    return np.random.default_rng(seed).integers(-(2**15), 2**15, (frames, leads))


def by_ecgdatakit(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ISHNEHolterParser().parse(path)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.tuples(st.integers(1, 300), st.integers(20, 500)),
    codes=st.lists(st.sampled_from(sorted(LEADS)), min_size=1, max_size=12, unique=True),
    seed=st.integers(0, 2**32),
)
def test_any_samples_come_back_bit_for_bit(tmp_path, monkeypatch, sizes, codes, seed):
    frames, chunk = sizes
    monkeypatch.setattr(stretches, "CHUNK_VALUES", chunk)
    samples = noise(frames, len(codes), seed)
    file = File(samples, codes=tuple(codes), resolutions=(1250,) * len(codes))
    recording = made(tmp_path / "a.ecg", file)
    assert listed(recording) == {
        LEADS[code]: [None if v == FAULT else v for v in column]
        for code, column in zip(codes, samples.T.tolist(), strict=True)
    }


def test_another_reader_finds_the_same_values_scale_and_start(tmp_path):
    path = tmp_path / "holter.ecg"
    recording = made(path, File(noise(2000, 3), resolutions=(2500, 1000, 333)))
    assert recognise(path).name == "ishne"
    theirs = by_ecgdatakit(path)
    assert [one.label for one in theirs.leads] == [s.name for s in recording.signals]
    assert theirs.recording.date.isoformat() == "2012-02-29T23:59:58"
    assert recording.start_time == 1330559998.0
    for lead, signal in zip(theirs.leads, recording.signals, strict=True):
        values = whole(recording)[signal.name][0]
        np.testing.assert_array_equal(lead.samples, values)
        assert (lead.sampling_rate, lead.resolution_unit) == (signal.fs, "uV")
        np.testing.assert_allclose(
            1000 * (values - signal.baseline) / signal.gain, lead.samples * lead.resolution
        )
    assert [(s.gain, s.unit, s.type, s.kind) for s in recording.signals[:2]] == [
        (400.0, "mV", "int16", "ecg"),
        (1000.0, "mV", "int16", "ecg"),
    ]


def test_a_lead_fault_is_missing_and_a_lead_without_a_name_or_a_scale_says_so(tmp_path):
    samples = noise(100, 3)
    samples[10:20, 1] = FAULT
    file = File(samples, codes=(0, 1, 17), resolutions=(2500, 2500, 0))
    recording = made(tmp_path / "a.ecg", file)
    assert [(s.name, s.unit, s.kind) for s in recording.signals] == [
        ("ECG", "mV", "ecg"),
        ("ECG#2", "mV", "ecg"),
        ("ES", None, "ecg"),
    ]
    assert np.flatnonzero(whole(recording)["ECG#2"][1]).tolist() == list(range(10, 20))
    assert sum("not named" in one for one in recording.remarks) == 2
    assert any(one.startswith("ES: no amplitude resolution") for one in recording.remarks)


def test_who_is_named_stands_in_the_identity_and_nowhere_else(tmp_path):
    recording = made(tmp_path / "a.ecg", File(noise(10, 1)))
    who = recording.identity
    assert (who.patient, who.name, who.birth_date) == ("P-77", "Erika Mustermann", "1964-08-12")
    said = (*recording.remarks, *recording.comments, recording.name)
    assert not [one for one in said if "Mustermann" in one or "P-77" in one]
    assert "notes: a note" in recording.comments


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("first", [0xFFFF, 0])
def test_a_checksum_in_either_order_holds_and_another_is_refused(tmp_path, order, first):
    file = File(noise(10, 2), checksum=order, first=first)
    assert not made(tmp_path / "a.ecg", file).remarks
    raw = bytearray(file.encode())
    raw[206] ^= 1  # the resolution of the first lead: everything would be too high
    (tmp_path / "a.ecg").write_bytes(raw)
    with pytest.raises(ImportFailed, match=r"a\.ecg: the header does not add up to its checksum"):
        open_file(tmp_path / "a.ecg")
    raw[8:10] = b"\0\0"
    (tmp_path / "a.ecg").write_bytes(raw)
    assert "its header has no checksum" in open_file(tmp_path / "a.ecg").remarks


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"announced": 101}, "cut short: 101 samples a lead are announced, 100 are there"),
        ({"fs": 0}, "sampling rate: expected more than 0 Hz, found 0"),
        ({"codes": (5, -9, 6)}, "lead 2 of 3 is said to be absent"),
    ],
)
def test_a_header_that_cannot_be_is_refused_with_its_field(tmp_path, change, said):
    with pytest.raises(ImportFailed, match=r"a\.ecg: " + said):
        made(tmp_path / "a.ecg", File(noise(100, 3), **change))


def test_a_size_of_all_leads_together_is_taken_and_told(tmp_path):
    recording = made(tmp_path / "a.ecg", File(noise(100, 3), announced=300))
    assert recording.signals[0].length == 100
    assert recording.remarks == ("its size of 300 samples is taken as that of all leads together",)


def test_a_file_cut_at_any_byte_is_refused_or_says_how_its_size_was_taken(tmp_path):
    raw = File(noise(30, 3)).encode()
    path = tmp_path / "a.ecg"
    assert survives(raw, path, open_file)
    for k in range(len(raw)):
        if survives(raw[:k], path, open_file):
            # A third of the samples of three leads: the header's number fits all of them together.
            assert "as that of all leads together" in " ".join(open_file(path).remarks)
            assert open_file(path).signals[0].length == 10


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(bits=st.lists(st.integers(0, 8 * 600 - 1), min_size=1, max_size=4), checked=st.booleans())
def test_flipped_bits_are_read_or_refused_and_never_more(tmp_path, bits, checked):
    raw = bytearray(File(noise(30, 3), checksum="big" if checked else 0).encode())
    for bit in bits:
        raw[bit // 8] ^= 1 << bit % 8
    survives(bytes(raw), tmp_path / "a.ecg", open_file)


def test_a_day_is_never_whole_in_memory(tmp_path):
    recording = made(tmp_path / "a.ecg", File(np.zeros((900_000, 3), np.int16)))
    sizes = [sum(len(one.values) for one in chunk) for chunk in recording.chunks()]
    assert max(sizes) <= CHUNK_VALUES
    assert sum(sizes) == 2_700_000
