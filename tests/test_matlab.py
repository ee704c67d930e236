"""MATLAB files of every version, written by other people's writers."""

import struct
import subprocess
import sys
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import matlab_files, registry
from ecgstream.formats.matlab import open_file
from tests.samples_of import whole

RNG = np.random.default_rng(5)
COUNTS = RNG.integers(-2000, 2000, (3, 600)).astype(np.int16)
NAMES = ["I", "II", "V1"]


def told(**said):
    return registry.FORMATS["matlab"].told_of(said)


def save_73(path, variables):
    """As MATLAB writes 7.3: its header, then HDF5 with columns first and classes in attributes."""
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group, name, value):
            if isinstance(value, dict):
                inner = group.create_group(name)
                inner.attrs["MATLAB_class"] = np.bytes_("struct")
                for part, one in value.items():
                    put(inner, part, one)
            elif isinstance(value, str):
                made = group.create_dataset(name, data=np.array([[ord(c)] for c in value], "u2"))
                made.attrs["MATLAB_class"] = np.bytes_("char")
            elif isinstance(value, list):
                refs = file.require_group("#refs#")
                cells = []
                for text in value:
                    put(refs, f"{name}{len(cells)}", text)
                    cells.append([refs[f"{name}{len(cells)}"].ref])
                made = group.create_dataset(name, data=np.array(cells, h5py.ref_dtype))
                made.attrs["MATLAB_class"] = np.bytes_("cell")
            else:
                array = np.atleast_2d(value).T
                made = group.create_dataset(
                    name, data=array, compression="gzip" if array.size > 9 else None
                )
                made.attrs["MATLAB_class"] = np.bytes_(str(array.dtype))

        for name, value in variables.items():
            put(file, name, value)
    mark_73(path)


def mark_73(path):
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


def save_4(path, variables):
    scipy.io.savemat(
        path, {k: v for k, v in variables.items() if not isinstance(v, list)}, format="4"
    )


def save_5(path, variables):
    cells = {k: np.array(v, object) if isinstance(v, list) else v for k, v in variables.items()}
    scipy.io.savemat(path, cells, do_compression=True)


WRITERS = {"4": save_4, "5": save_5, "7.3": save_73}


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("tall", [False, True])
def test_a_matrix_of_whole_numbers_is_read_as_it_is_from_every_version(tmp_path, version, tall):
    path = tmp_path / "made.mat"
    WRITERS[version](path, {"val": COUNTS.T if tall else COUNTS, "fs": 250.0})
    assert registry.recognise(path).name == "matlab"
    opened = open_file(path, told(leads=NAMES, gain=200, baseline=1024, unit="mV"))
    held = whole(opened)
    for name, counts in zip(NAMES, COUNTS, strict=True):
        assert held[name][0].dtype == "int16"
        assert held[name][0].tolist() == counts.tolist()
        assert not held[name][1].any()
    assert {(s.fs, s.unit, s.gain, s.baseline, s.kind) for s in opened.signals} == {
        (250.0, "mV", 200, 1024, "ecg")
    }
    assert opened.fs_source == "variable fs"


@pytest.mark.parametrize("version", ["5", "7.3"])
def test_a_struct_says_its_rate_its_leads_and_its_unit(tmp_path, version):
    path = tmp_path / "made.mat"
    physical = COUNTS / 1000
    physical[1, 5:9] = np.nan
    variables = {"data": physical, "Fs": 500.0, "unit": "mV", "note": "x"}
    WRITERS[version](path, {"ECG": variables, "leads": NAMES})
    opened = open_file(path)
    held = whole(opened)
    assert [(s.name, s.unit, s.fs, s.gain, s.type) for s in opened.signals] == [
        (name, "mV", 500.0, 1000.0, "int16") for name in NAMES
    ]
    assert np.flatnonzero(held["II"][1]).tolist() == [5, 6, 7, 8]
    assert np.array_equal((held["V1"][0] / 1000), physical[2])
    assert opened.fs_source == "variable ECG.Fs"


@pytest.mark.parametrize("version", WRITERS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(["<f8", "<f4", "<i4", "<i2", "<u2", "|u1"]),
    made=st.tuples(st.integers(1, 4), st.integers(0, 10**6), st.integers(0, 6)),
)
def test_every_type_comes_back_to_the_last_bit(tmp_path, version, kind, made):
    many, seed, decimals = made
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 250, (many, 120)).astype(kind)
    if values.dtype.kind == "f":
        values = (rng.normal(0, 1, (many, 120)) if decimals > 4 else values / 10**decimals).astype(
            kind
        )
    path = tmp_path / "made.mat"
    WRITERS[version](path, {"x": values})
    opened = open_file(path, told(fs=100))
    if version != "7.3":
        assert np.array_equal(scipy.io.loadmat(path)["x"], values)
    for signal, (stored, missing), row in zip(
        opened.signals, whole(opened).values(), values, strict=True
    ):
        assert not missing.any()
        assert np.array_equal((stored - signal.baseline) / signal.gain, row.astype(float))
        assert signal.type == "int16" or values.dtype.kind == "f"


def test_a_long_file_of_version_7_3_is_read_in_pieces(tmp_path, monkeypatch):
    from ecgstream.formats import matlab

    monkeypatch.setattr(matlab, "CHUNK_VALUES", 300)
    path = tmp_path / "made.mat"
    save_73(path, {"x": COUNTS})
    opened = open_file(path, told(fs=100))
    assert [len(piece[0].values) for piece in opened.chunks()] == [100] * 6
    assert whole(opened)["channel 2"][0].tolist() == COUNTS[1].tolist()


def test_vectors_are_a_signal_each_and_a_gain_is_not_applied_unasked(tmp_path):
    path = tmp_path / "made.mat"
    save_5(path, {"MLII": COUNTS[0], "V5": COUNTS[1].reshape(-1, 1), "sfreq": 360.0, "gain": 200.0})
    opened = open_file(path)
    assert [(s.name, s.unit, s.gain) for s in opened.signals] == [
        ("MLII", None, 1),
        ("V5", None, 1),
    ]
    assert whole(opened)["V5"][0].tolist() == COUNTS[1].tolist()
    assert "variable 'gain' is not applied" in opened.remarks[0]


@pytest.mark.parametrize(
    ("variables", "said", "reason"),
    [
        ({"x": COUNTS}, {}, r"its sampling rate is not said; say in a mapping: .*files = .made.mat"),
        ({"x": COUNTS, "fs": 100.0, "Fs": 200.0}, {}, "several rates are said"),
        ({"x": COUNTS, "y": COUNTS}, {"fs": 1}, r"several variables .* \(x \(3 by 600\), y"),
        ({"x": COUNTS[:, :50]}, {"fs": 1}, "no variable holds signals"),
        ({"x": COUNTS}, {"fs": 1, "variable": "z"}, r"mapping: variable: no matrix 'z'; there are x"),
        ({"x": COUNTS}, {"fs": 1, "leads": ["I"]}, "mapping: leads: 1 names for 3 signals"),
        ({"x": COUNTS}, {"fs": 1, "along": "column"}, "more signals than samples"),
        ({"x": COUNTS[:, :120].reshape(6, 60).repeat(20, 0)}, {"fs": 1}, "which are the samples"),
        ({"x": np.full((1, 200), np.inf)}, {"fs": 1}, "an infinite value"),
        ({"x": COUNTS}, {"fs": 1, "start_time": "noon"}, "mapping: start_time: 'noon'"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_asked_for_by_its_key(tmp_path, variables, said, reason):
    path = tmp_path / "made.mat"
    save_5(path, variables)
    with pytest.raises(ImportFailed, match=f"made.mat: .*({reason})"):
        open_file(path, told(**said) if said else None)


def test_files_that_announce_more_than_they_have_are_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "made.mat"
    path.write_bytes(struct.pack("<5i", 0, 2**30, 2**30, 0, 2) + b"x\0" + bytes(64))
    with pytest.raises(ImportFailed, match="the file is shorter"):
        open_file(path, told(fs=1))
    monkeypatch.setattr(matlab_files, "MOST_BYTES", 10_000_000)
    path.write_bytes(struct.pack("<5i", 30, 1, 20_000_000, 0, 2) + b"x\0" + bytes(40_000_000))
    with pytest.raises(ImportFailed, match="more than 10 MB"):
        open_file(path, told(fs=1))
    bomb = zlib.compress(bytes(200_000_000), 9)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
    path.write_bytes(head + struct.pack("<2I", 15, len(bomb)) + bomb)
    with pytest.raises(ImportFailed, match="it unpacks to more than 10 MB"):
        open_file(path, told(fs=1))


def test_a_file_of_version_7_3_that_points_elsewhere_is_not_followed(tmp_path):
    secret = tmp_path / "secret.bin"
    secret.write_bytes(COUNTS.tobytes())
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = COUNTS.T
    path = tmp_path / "made.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["a"] = h5py.ExternalLink("other.h5", "/x")
        file.create_dataset(
            "b", COUNTS.T.shape, "i2", external=[(str(secret), 0, h5py.h5f.UNLIMITED)]
        )
        layout = h5py.VirtualLayout(COUNTS.T.shape, "i2")
        layout[:] = h5py.VirtualSource(str(other), "x", COUNTS.T.shape)
        file.create_virtual_dataset("c", layout)
        file["d"] = h5py.SoftLink("/nowhere")
    mark_73(path)
    with pytest.raises(ImportFailed, match="no variable holds signals"):
        open_file(path, told(fs=1))


DAMAGE = """
import sys, numpy as np
from pathlib import Path
from ecgstream.errors import ImportFailed
from ecgstream.formats import registry
from ecgstream.formats.matlab import open_file
path = Path(sys.argv[1]); raw = path.read_bytes(); rng = np.random.default_rng(9)
told = registry.FORMATS["matlab"].told_of({"fs": 100})
for turn in range(400):
    damaged = bytearray(raw)
    if turn % 2:
        damaged = damaged[: rng.integers(0, len(raw))]
    else:
        for at in rng.integers(0, len(raw), 3):
            damaged[at] = rng.integers(0, 256)
    path.write_bytes(damaged)
    try:
        for _ in open_file(path, told).chunks(): pass
    except ImportFailed as error:
        assert str(error).startswith(path.name + ": "), error
print("through")
"""


@pytest.mark.parametrize("version", WRITERS)
def test_damaged_files_are_refused_or_read_as_what_they_are_now(tmp_path, version):
    path = tmp_path / "made.mat"
    WRITERS[version](path, {"x": COUNTS[:, :150], "fs": 100.0})
    # In a process of its own, as the import does it: these are other people's readers in C.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DAMAGE, str(path)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout == "through\n", done.stderr[-2000:]
