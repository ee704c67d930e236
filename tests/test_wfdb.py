"""Records written here, by hand or by the wfdb package, and read through the package again."""

import contextlib
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import wfdb_signals
from ecgstream.formats.recording import unique
from ecgstream.formats.wfdb import needed_files, open_record

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import wfdb


# The wfdb package's own warnings about what pandas will change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def whole(recording):
    """All samples of each signal: {name: list with None where missing}."""
    parts = [list(chunk) for chunk in recording.chunks()]
    out = {}
    for i, signal in enumerate(recording.signals):
        values = np.concatenate([p[i].values for p in parts])
        gone = np.concatenate(
            [
                np.zeros(len(p[i].values), bool) if p[i].missing is None else p[i].missing
                for p in parts
            ]
        )
        out[signal.name] = [None if g else v for v, g in zip(values.tolist(), gone, strict=True)]
    return out


def hand(folder, lines, payloads, *, record="r", frames=None, fs="250", extra=""):
    """Write a header by hand, and its signal files as given."""
    length = "" if frames is None else f" {frames}"
    head = folder / f"{record}.hea"
    head.write_text("\n".join([f"{record} {len(lines)} {fs}{length}{extra}", *lines, ""]))
    for name, raw in payloads.items():
        (folder / name).write_bytes(raw)
    return head


def ints(values, dtype="<i2"):
    return np.array(values, dtype).tobytes()


RANGES = {
    "80": 127,
    "212": 2047,
    "16": 32767,
    "24": 2**23 - 1,
    "32": 2**31 - 1,
}


@pytest.mark.parametrize("fmt", RANGES)
@pytest.mark.parametrize("length", [1, 2, 3, 1000])
def test_formats_that_the_package_writes_come_back_to_the_bit(tmp_path, fmt, length, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 7)  # many stretches, at odd places
    top = RANGES[fmt]
    rng = np.random.default_rng(5)
    signal = rng.integers(-top, top, (length, 3), endpoint=True, dtype=np.int64)
    signal[0] = top, -top, 0
    wfdb.wrsamp(
        "r",
        250,
        ["mV"] * 3,
        ["I", "II", "V1"],
        d_signal=signal,
        fmt=[fmt] * 3,
        adc_gain=[200.0] * 3,
        baseline=[0] * 3,
        write_dir=str(tmp_path),
    )
    recording = open_record(tmp_path / "r.hea")
    assert whole(recording) == {n: signal[:, i].tolist() for i, n in enumerate(["I", "II", "V1"])}
    assert {s.type for s in recording.signals} == {"int32" if fmt in {"24", "32"} else "int16"}


def packed(fmt, values):
    """Three samples of 10 bits in four bytes, as signal(5) describes them."""
    out = bytearray()
    for first, second, third in (np.array(values) & 0x3FF).reshape(-1, 3).tolist():
        if fmt == "310":
            low = (first << 1 & 0xFF) | (first >> 7) << 8 | (third & 0x1F) << 11
            high = (second << 1 & 0xFF) | (second >> 7) << 8 | (third >> 5) << 11
            out += low.to_bytes(2, "little") + high.to_bytes(2, "little")
        else:
            out += (first | second << 10 | third << 20).to_bytes(4, "little")
    return bytes(out)


@pytest.mark.parametrize("fmt", ["310", "311"])
def test_three_samples_in_four_bytes_come_back_and_the_lowest_is_missing(
    tmp_path, fmt, monkeypatch
):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 8)
    values = np.random.default_rng(8).integers(-511, 511, 300, endpoint=True)
    values[[4, 297]] = -512
    head = hand(
        tmp_path,
        [f"r.dat {fmt} 200/mV 10 0 0 0 0 L{i}" for i in range(2)],
        {"r.dat": packed(fmt, values)},
        frames=150,
    )
    expected = [None if v == -512 else v for v in values.tolist()]
    assert whole(open_record(head)) == {"L0": expected[::2], "L1": expected[1::2]}


@pytest.mark.parametrize("fmt", ["508", "516", "524"])
def test_compressed_formats_come_back_to_the_bit(tmp_path, fmt, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 100)
    top = {"508": 127, "516": 32767, "524": 2**23 - 1}[fmt]
    signal = np.random.default_rng(6).integers(-top, top, (1000, 2), endpoint=True, dtype=np.int64)
    wfdb.wrsamp(
        "r",
        250,
        ["mV"] * 2,
        ["I", "II"],
        d_signal=signal,
        fmt=[fmt] * 2,
        adc_gain=[200.0] * 2,
        baseline=[0] * 2,
        write_dir=str(tmp_path),
    )
    assert whole(open_record(tmp_path / "r.hea")) == {
        "I": signal[:, 0].tolist(),
        "II": signal[:, 1].tolist(),
    }


@pytest.mark.parametrize(
    ("fmt", "dtype", "shift"),
    [("16", "<i2", 0), ("61", ">i2", 0), ("160", "<u2", 32768), ("80", "u1", 128)],
)
def test_formats_written_by_hand_come_back_and_the_lowest_value_is_missing(
    tmp_path, fmt, dtype, shift
):
    low = -128 if fmt == "80" else -32768
    values = [low, -5, 0, 5, low, -low - 1]
    head = hand(
        tmp_path,
        [f"r.dat {fmt} 200 8 0 0 0 0 I"],
        {"r.dat": ints([v + shift for v in values], dtype)},
        frames=6,
    )
    assert whole(open_record(head))["I"] == [None, -5, 0, 5, None, -low - 1]


def test_format_8_adds_up_its_differences_over_all_stretches(tmp_path, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 10)
    steps = np.random.default_rng(7).integers(-128, 128, (500, 2))
    steps[:300, 0] = 127  # beyond 16 bits
    values = steps.cumsum(axis=0) + np.array([40, -7])
    total = values.sum(axis=0) % 65536
    head = hand(
        tmp_path,
        [f"r.dat 8 200 16 0 40 {total[0]} 0 I", f"r.dat 8 200 16 0 -7 {total[1]} 0 II"],
        {"r.dat": ints(steps, "i1")},
        frames=500,
    )
    recording = open_record(head)
    assert whole(recording) == {"I": values[:, 0].tolist(), "II": values[:, 1].tolist()}
    assert recording.signals[0].type == "int32"
    assert max(whole(recording)["I"]) > 32767


def test_skewed_signals_are_aligned_and_missing_past_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 8)
    frames = np.arange(40).reshape(20, 2)
    head = hand(
        tmp_path,
        ["r.dat 16 200 16 0 0 0 0 I", "r.dat 16:3 200 16 0 0 0 0 II"],
        {"r.dat": ints(frames)},
        frames=20,
    )
    read = whole(open_record(head))
    assert read["I"] == list(range(0, 40, 2))
    assert read["II"] == [*range(7, 40, 2), None, None, None]


def test_format_61_beside_another_with_several_samples_a_frame(tmp_path, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 9)
    frames = np.arange(30).reshape(10, 3)
    lines = [
        "a.dat 61x2+4 200 16 0 0 0 0 I",
        "a.dat 61+4 200 16 0 0 0 0 II",
        "b.dat 16 200 16 0 0 0 0 III",
    ]
    payloads = {"a.dat": b"head" + ints(frames, ">i2"), "b.dat": ints(range(10))}
    read = whole(open_record(hand(tmp_path, lines, payloads, frames=10)))
    assert read == {
        "I": frames[:, :2].ravel().tolist(),
        "II": frames[:, 2].tolist(),
        "III": list(range(10)),
    }


def test_signals_of_other_rates_keep_every_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 14)
    frames = np.arange(70).reshape(10, 7)
    lines = [
        "r.dat 16x4 200/mV 16 0 0 0 0 II",
        "r.dat 16 100/mmHg 16 0 0 0 0 ABP",
        "r.dat 16x2 1/NU 16 0 0 0 0 RESP",
    ]
    recording = open_record(hand(tmp_path, lines, {"r.dat": ints(frames)}, frames=10, fs="125"))
    assert whole(recording) == {
        "II": frames[:, :4].ravel().tolist(),
        "ABP": frames[:, 4].tolist(),
        "RESP": frames[:, 5:].ravel().tolist(),
    }
    assert [(s.fs, s.length, s.kind) for s in recording.signals] == [
        (500.0, 40, "ecg"),
        (125.0, 10, "abp"),
        (250.0, 20, "resp"),
    ]


def test_several_signal_files_offsets_and_null_signals(tmp_path):
    lines = ["a.dat 16+6 200 16 0 0 0 0 I", "b.dat 212 200 12 0 0 0 0 II", "~ 0 200 0 0 0 0 0 III"]
    payloads = {"a.dat": b"header" + ints([1, 2, 3]), "b.dat": bytes([4, 0x00, 5, 6, 0x0F])}
    read = whole(open_record(hand(tmp_path, lines, payloads, frames=3)))
    assert read == {"I": [1, 2, 3], "II": [4, 5, -250], "III": [None] * 3}


def test_doubled_names_are_numbered_and_none_is_lost(tmp_path):
    lines = [f"r.dat 16 200 16 0 0 0 0 {name}" for name in ("ECG", "ECG", "ECG#2", "ECG")]
    read = whole(open_record(hand(tmp_path, lines, {"r.dat": ints(range(8))}, frames=2)))
    assert read == {"ECG": [0, 4], "ECG#3": [1, 5], "ECG#2": [2, 6], "ECG#4": [3, 7]}


@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "b"]), max_size=12))
def test_unique_names_are_unique_and_single_ones_stay(names):
    made = unique(names)
    assert len(set(made)) == len(names) == len(made)
    assert all(m == n for m, n in zip(made, names, strict=True) if names.count(n) == 1)


def test_a_signal_without_a_name_gets_its_number(tmp_path):
    read = whole(
        open_record(
            hand(tmp_path, ["r.dat 16 200", "r.dat 16 200"], {"r.dat": ints(range(4))}, frames=2)
        )
    )
    assert read == {"signal 0": [0, 2], "signal 1": [1, 3]}


def test_an_uncalibrated_signal_has_no_unit_and_says_so(tmp_path):
    recording = open_record(
        hand(tmp_path, ["r.dat 16 0/mV 16 0 0 0 0 I"], {"r.dat": ints([1, 2])}, frames=2)
    )
    assert (recording.signals[0].unit, recording.signals[0].gain) == (None, 200.0)
    assert recording.remarks == ("I: no gain in the header, its values are uncalibrated",)


def test_a_header_without_a_rate_or_length_says_what_was_taken(tmp_path):
    (tmp_path / "r.hea").write_text("r 1\nr.dat 212 200/mV 12 0 0 0 0 I\n")
    (tmp_path / "r.dat").write_bytes(bytes([4, 0x00, 5]))
    recording = open_record(tmp_path / "r.hea")
    assert whole(recording) == {"I": [4, 5]}
    assert recording.fs_source == "default of WFDB, not in header"
    assert recording.remarks == ("no sampling rate in the header: taken as WFDB's 250 Hz",)


def test_a_micro_sign_does_not_turn_microvolts_into_volts(tmp_path):
    recording = open_record(
        hand(tmp_path, ["r.dat 16 0.2/µV 16 0 0 0 0 I"], {"r.dat": ints([1, 2])}, frames=2)
    )
    assert recording.signals[0].unit == "µV"
    assert whole(recording) == {"I": [1, 2]}


def segment(folder, name, leads, values, gain="200/mV"):
    sums = np.asarray(values).reshape(-1, len(leads)).astype(int)
    lines = [
        f"{name}.dat 16 {gain} 16 0 {sums[0, i]} {sums[:, i].sum() % 65536} 0 {lead}"
        for i, lead in enumerate(leads)
    ]
    hand(folder, lines, {f"{name}.dat": ints(values)}, record=name, frames=len(sums))


def test_a_record_of_fixed_segments_is_joined(tmp_path, monkeypatch):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", 4)
    segment(tmp_path, "m_1", ["I", "II"], range(10))
    segment(tmp_path, "m_2", ["I", "II"], range(10, 16))
    (tmp_path / "m.hea").write_text("m/3 2 250 10\nm_1 5\n~ 2\nm_2 3\n")
    recording = open_record(tmp_path / "m.hea")
    assert whole(recording) == {
        "I": [0, 2, 4, 6, 8, None, None, 10, 12, 14],
        "II": [1, 3, 5, 7, 9, None, None, 11, 13, 15],
    }
    assert recording.signals[0].length == 10
    assert needed_files(tmp_path / "m.hea") == {"m_1.hea", "m_2.hea"}


def layout(folder, leads):
    lines = [f"~ 0 200/mV 16 0 0 0 0 {lead}" for lead in leads]
    (folder / "m_layout.hea").write_text("\n".join([f"m_layout {len(leads)} 250 0", *lines, ""]))


def test_a_record_of_variable_layout_has_holes_where_a_lead_is_absent(tmp_path):
    layout(tmp_path, ["II", "V", "ABP"])
    segment(tmp_path, "m_1", ["V", "II"], [1, 2, 3, 4])
    segment(tmp_path, "m_2", ["II"], [5, 6])
    (tmp_path / "m.hea").write_text(
        "m/4 3 250 5 10:00:00 04/05/2704\nm_layout 0\nm_1 2\n~ 1\nm_2 2\n"
    )
    recording = open_record(tmp_path / "m.hea")
    assert whole(recording) == {
        "II": [2, 4, None, 5, 6],
        "V": [1, 3, None, None, None],
        "ABP": [None] * 5,
    }
    assert recording.start_time == 23173466400.0
    assert {s.type for s in recording.signals} == {"int16"}


def test_a_gain_that_changes_between_segments_makes_physical_values_as_the_package_does(tmp_path):
    layout(tmp_path, ["II", "V"])
    segment(tmp_path, "m_1", ["II", "V"], [[7, 1], [-32768, 1]], "86/mV")
    segment(tmp_path, "m_2", ["II"], [[7], [13]], "81(3)/mV")
    (tmp_path / "m.hea").write_text("m/3 2 250 4\nm_layout 0\nm_1 2\nm_2 2\n")
    recording = open_record(tmp_path / "m.hea")
    theirs = wfdb.rdrecord(str(tmp_path / "m")).p_signal
    read = whole(recording)
    assert read["II"] == [7 / 86, None, 4 / 81, 10 / 81]
    assert read["II"] == [None if np.isnan(v) else v for v in theirs[:, 0].tolist()]
    assert read["V"] == [1, 1, None, None]
    two, five = recording.signals
    assert (two.type, two.gain, two.baseline, two.unit) == ("float64", 1.0, 0.0, "mV")
    assert (five.type, five.gain) == ("int16", 86.0)
    assert recording.remarks == ("II: its gain changes between segments, kept as mV",)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("m/2 2 250 4\nm_1 2\nm_3 2\n", "m_3.hea: not there"),
        ("m/2 2 250 9\nm_1 2\nm_2 2\n", "hold 4 samples, the record says 9"),
        ("m/2 2 250 5\nm_1 3\nm_2 2\n", "m_1 has 2 samples, the record says 3"),
        ("m/2 2 500 4\nm_1 2\nm_2 2\n", "m_1 is at 250 Hz, the record at 500"),
        ("m/2 2 250 4\nm_1 2\nm_4 2\n", "m_4 has 1 signals, the first had 2"),
        ("m/3 2 250 4\nm_layout 0\nm_1 2\nm_2 2\n", "signal 'I' that is not in the layout"),
        ("m/2 2 250 4\nm_1 2\nm 2\n", "itself made of segments"),
        ("m/1 2 250 2\n~ 2\n", "the record has no signals"),
    ],
)
def test_segments_that_do_not_fit_are_refused_with_the_reason(tmp_path, lines, words):
    layout(tmp_path, ["II", "V"])
    segment(tmp_path, "m_1", ["I", "II"], range(4))
    segment(tmp_path, "m_2", ["I", "II"], range(4))
    segment(tmp_path, "m_4", ["I"], range(2))
    (tmp_path / "m.hea").write_text(lines)
    with pytest.raises(ImportFailed, match=words):
        open_record(tmp_path / "m.hea")


def test_a_unit_that_changes_between_segments_is_refused(tmp_path):
    segment(tmp_path, "m_1", ["II"], range(2))
    segment(tmp_path, "m_2", ["II"], range(2), "200/uV")
    (tmp_path / "m.hea").write_text("m/2 1 250 4\nm_1 2\nm_2 2\n")
    with pytest.raises(ImportFailed, match="unit of 'II' changes: mV, uV"):
        open_record(tmp_path / "m.hea")


def test_a_checksum_that_does_not_hold_is_told_after_the_last_chunk(tmp_path):
    head = hand(tmp_path, ["r.dat 16 200 16 0 1 7 0 I"], {"r.dat": ints([1, 2, 3])}, frames=3)
    recording = open_record(head)
    chunks = recording.chunks()
    assert len(next(chunks)) == 1
    with pytest.raises(
        ImportFailed, match=r"'I' in r\.dat do not add up to the header's checksum 7"
    ):
        next(chunks)


@pytest.mark.parametrize(
    ("line", "payload", "words"),
    [
        ("r.dat 16 200 16 0 0 0 0 I", None, "r.dat is not there"),
        ("r.dat 16 200 16 0 0 0 0 I", b"123", "cut short: 3 bytes, the header needs 6"),
        ("r.dat 212 200 16 0 0 0 0 I", b"123", "cut short: 3 bytes, the header needs 5"),
        ("r.dat 310 200 16 0 0 0 0 I", b"123", "cut short: 3 bytes, the header needs 4"),
        ("r.dat 16+8 200 16 0 0 0 0 I", b"123456", "cut short: 6 bytes, the header needs 14"),
        ("r.dat 99 200 16 0 0 0 0 I", b"123456", "format 99 is not one"),
        ("~ 0 200 16 0 0 0 0 I", None, "no samples are stored"),
        ("r.hea 16 200 16 0 0 0 0 I", None, None),
        ("r.dat 516 200 16 0 0 0 0 I", b"not flac", "could not be read: .*FLAC"),
    ],
)
def test_signal_files_that_cannot_be_are_refused_with_the_reason(tmp_path, line, payload, words):
    head = hand(tmp_path, [line], {} if payload is None else {"r.dat": payload}, frames=3)
    if words is None:
        assert len(whole(open_record(head))["I"]) == 3  # nonsense, but what the header asks for
        return
    with pytest.raises(ImportFailed, match=words):
        whole(open_record(head))


def test_a_length_of_centuries_is_not_believed(tmp_path):
    (tmp_path / "m.hea").write_text("m/2 1 250 900000000000000002\nm_1 2\n~ 900000000000000000\n")
    segment(tmp_path, "m_1", ["II"], range(2))
    with pytest.raises(ImportFailed, match="cannot be right"):
        open_record(tmp_path / "m.hea")


def test_a_pipe_a_folder_and_nothing_are_no_headers(tmp_path):
    os.mkfifo(tmp_path / "pipe.hea")
    (tmp_path / "folder.hea").mkdir()
    for name in ("pipe", "folder", "nothing"):
        with pytest.raises(ImportFailed, match="not there, or not a file"):
            open_record(tmp_path / f"{name}.hea")


def test_a_pipe_in_place_of_a_signal_file_does_not_hang(tmp_path):
    head = hand(tmp_path, ["r.dat 16 200 16 0 0 0 0 I"], {}, frames=3)
    os.mkfifo(tmp_path / "r.dat")
    with pytest.raises(ImportFailed, match="not there"):
        open_record(head)


def test_a_header_that_the_package_reads_otherwise_is_refused(tmp_path):
    # To the package, `a b` and what follows is another file name.
    head = hand(tmp_path, ["rä.dat 16 200 16 0 0 0 0 I"], {"rä.dat": ints([1, 2])}, frames=2)
    with pytest.raises(ImportFailed):
        whole(open_record(head))


def test_annotations_of_any_suffix_are_found_and_other_files_left_alone(tmp_path):
    head = hand(tmp_path, ["r.dat 16 200 16 0 0 0 0 I"], {"r.dat": ints(range(100))}, frames=100)
    wfdb.wrann(
        "r",
        "mine",
        np.array([3, 50]),
        symbol=["N", "V"],
        aux_note=["", "(AFIB"],
        write_dir=str(tmp_path),
    )
    (tmp_path / "r.atr").write_bytes((tmp_path / "r.mine").read_bytes())
    for name, raw in {
        "r.txt": b"\0\0",
        "r.notes": b"hello wo",
        "r.log": b"",
        "r.pack": bytes(100),
    }.items():
        (tmp_path / name).write_bytes(raw)
    recording = open_record(head)
    assert [f.name for f in recording.annotation_files] == ["r.atr", "r.mine"]
    found = recording.annotation_set(recording.annotation_files[1])
    assert (found.annotator, found.fs) == ("mine", 250.0)
    assert [(a.sample, a.symbol, a.aux_note) for a in found.annotations] == [
        (3, "N", ""),
        (50, "V", "(AFIB"),
    ]


def test_annotations_at_a_rate_of_their_own_keep_it(tmp_path):
    head = hand(tmp_path, ["r.dat 16 200 16 0 0 0 0 I"], {"r.dat": ints(range(100))}, frames=100)
    wfdb.wrann("r", "atr", np.array([3, 5000]), symbol=["N", "V"], fs=1000, write_dir=str(tmp_path))
    recording = open_record(head)
    found = recording.annotation_set(recording.annotation_files[0])
    assert found.fs == 1000.0
    assert [a.sample for a in found.annotations] == [3, 5000]


def test_the_folder_may_be_called_what_a_pattern_is(tmp_path):
    folder = tmp_path / "a[1]*?"
    folder.mkdir()
    head = hand(folder, ["r.dat 16 200 16 0 0 0 0 I"], {"r.dat": ints([1, 2])}, frames=2)
    assert whole(open_record(head)) == {"I": [1, 2]}


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(header=st.binary(max_size=120), signal=st.binary(max_size=60))
def test_no_bytes_whatever_raise_anything_but_import_failed(tmp_path, header, signal):
    (tmp_path / "r.hea").write_bytes(b"r 1 250 " + header)
    (tmp_path / "r.dat").write_bytes(signal)
    with contextlib.suppress(ImportFailed):
        whole(open_record(tmp_path / "r.hea"))


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    fmt=st.sampled_from(["8", "16", "24", "32", "61", "80", "160", "212", "310", "311"]),
    channels=st.integers(1, 4),
    frames=st.integers(1, 60),
    step=st.integers(1, 40),
    raw=st.binary(min_size=960, max_size=960),
)
def test_whatever_lies_in_a_file_we_read_what_the_package_reads_in_one_go(  # noqa: PLR0917
    tmp_path, monkeypatch, fmt, channels, frames, step, raw
):
    monkeypatch.setattr(wfdb_signals, "CHUNK_VALUES", step)
    head = hand(
        tmp_path,
        [f"r.dat {fmt} 200 16 0 0 0 0 L{i}" for i in range(channels)],
        {"r.dat": raw},
        frames=frames,
    )
    read = whole(open_record(head))
    if fmt == "61":  # which the package reads as physical values only
        theirs = np.rint(
            np.nan_to_num(wfdb.rdrecord(str(tmp_path / "r")).p_signal * 200, nan=-32768)
        ).astype(int)
    else:
        theirs = wfdb.rdrecord(str(tmp_path / "r"), physical=False).d_signal
    lowest = wfdb_signals.INVALID[fmt]
    assert read == {
        f"L{i}": [None if v == lowest else v for v in theirs[:, i].tolist()]
        for i in range(channels)
    }


def test_the_record_itself_does_not_move(tmp_path):
    head = hand(tmp_path, ["r.dat 16 200 16 0 0 0 0 I"], {"r.dat": ints([1, 2])}, frames=2)
    before = {f: f.read_bytes() for f in tmp_path.iterdir()}
    whole(open_record(Path(head)))
    assert {f: f.read_bytes() for f in tmp_path.iterdir()} == before
