"""Every reader of devices' files, fed with what is left of a file: it says so, and soon."""

import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import aecg, cardiosoft, csv_reading, muse, scp, sierra
from tests import scp_made, xml_made
from tests.samples_of import whole

REAL = Path(__file__).parent / "data" / "formats"
RNG = np.random.default_rng(3)
ONE, TWO = RNG.integers(-90, 90, (2, 24))

SMALL = {
    "aecg": (
        aecg,
        xml_made.aecg(
            [(xml_made.relative(0), {"MDC_ECG_LEAD_I": ("0", "1", "uV", " ".join(map(str, ONE)))})]
        ),
    ),
    "muse": (muse, xml_made.muse([xml_made.muse_lead("I", ONE)])),
    "cardiosoft": (cardiosoft, xml_made.cardiosoft(xml_made.strip({"I": ONE, "II": TWO}))),
    "sierra": (sierra, xml_made.sierra({"I": ONE, "II": TWO}).encode()),
    "scp": (
        scp,
        scp_made.made(
            {
                1: scp_made.person((2, b"P\0"), (25, struct.pack("<HBB", 2020, 1, 1))),
                2: struct.pack("<H", 19999),
                3: scp_made.definition([(1, 24, 1), (1, 24, 2)], flags=5),
                4: scp_made.complexes(16, 3, [(0, 5, 8, 12)], [(5, 12)]),
                5: scp_made.signals(1000, 2000, [ONE[:8], TWO[:8]], 1),
                6: scp_made.signals(1000, 2000, [ONE, TWO], 2),
                8: bytes(8) + b"\x01\x01\x03\x00ab\0",
            },
            # The checksums would find most of what is tried here.
            crc=False,
        ),
    ),
    "csv": (
        csv_reading,
        b"# by hand\ntime [s],II [mV],when\n"
        + b"".join(b"%.3f,%d.25,2020-01-01 00:00:%02d\n" % (n / 250, ONE[n], n) for n in range(10)),
    ),
}
CUT = sorted(set(SMALL) - {"csv"})
"""A table of text that is cut may still be one."""


def tried(module, path, raw):
    """Read it to its end: either it is a recording, or ImportFailed says why with its name."""
    path.write_bytes(raw)
    try:
        held = whole(module.open_file(path))
    except ImportFailed as error:
        assert str(error).startswith(f"{path.name}: ")  # noqa: PT017
        return None
    return held


@pytest.mark.parametrize("name", CUT)
def test_a_file_cut_at_any_byte_is_refused_and_a_whole_one_is_not(tmp_path, name):
    module, raw = SMALL[name]
    path = tmp_path / "cut"
    assert tried(module, path, raw)
    for stop in range(len(raw.rstrip())):
        assert tried(module, path, raw[:stop]) is None, stop


@pytest.mark.parametrize("name", SMALL)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_flipped_bytes_are_refused_or_read_as_what_they_are_now(tmp_path, name, data):
    module, raw = SMALL[name]
    damaged = bytearray(raw)
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))
    tried(module, tmp_path / "flipped", bytes(damaged))


def test_a_table_cut_at_any_byte_is_refused_or_read_up_to_there(tmp_path):
    module, raw = SMALL["csv"]
    whole_ = tried(module, tmp_path / "cut", raw)
    for stop in range(len(raw)):
        part = tried(module, tmp_path / "cut", raw[:stop])
        if part and "II" in part and len(part["II"][0]) > 2:
            assert part["II"][0][:-1].tolist() == whole_["II"][0][: len(part["II"][0]) - 1].tolist()


@pytest.mark.parametrize(
    ("module", "file"),
    [
        (aecg, "hl7_aecg_example.xml"),
        (muse, "muse_like_A0001.xml"),
        (scp, "scp_example.scp"),
        (sierra, "philips_sierra_1_03.xml"),
    ],
)
def test_real_files_in_pieces_are_refused_soon(tmp_path, module, file):
    raw = (REAL / file).read_bytes()
    rng = np.random.default_rng(11)
    for stop in rng.integers(0, len(raw) - 2, 6):
        began = time.process_time()
        assert tried(module, tmp_path / "cut", raw[:stop]) is None
        assert time.process_time() - began < 5
    for at in rng.integers(0, len(raw), 6):
        damaged = bytearray(raw)
        damaged[at] ^= 0x55
        tried(module, tmp_path / "flipped", bytes(damaged))
