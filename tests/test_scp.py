"""SCP-ECG files made here, in every way the standard has to pack samples."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats import scp, scp_codes
from tests.samples_of import values, whole
from tests.scp_made import complexes, definition, huffman, made, person, section, signals

HUFFMAN = struct.pack("<H", 19999)


def opened(tmp_path, bodies, **how):
    path = tmp_path / "made.scp"
    path.write_bytes(made(bodies, **how))
    return scp.open_file(path)


def leads(*arrays, start=1):
    return definition([(start, start + len(a) - 1, code + 1) for code, a in enumerate(arrays)])


SAMPLES = st.lists(st.integers(-3000, 3000), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(one=SAMPLES, seed=st.integers(0, 9), order=st.sampled_from([0, 1, 2]), packed=st.booleans())
def test_samples_come_back_however_they_were_packed(tmp_path_factory, one, seed, order, packed):
    rng = np.random.default_rng(seed)
    other = rng.integers(-40, 40, len(one)).tolist()
    bodies = {3: leads(one, other), 6: signals(2500, 2000, [one, other], order, packed=packed)}
    if packed:
        bodies[2] = HUFFMAN
    recording = opened(tmp_path_factory.mktemp("scp"), bodies)
    assert {name: v.tolist() for name, v in values(recording).items()} == {"I": one, "II": other}
    assert recording.signals[0].unit == "uV"
    assert 1 / recording.signals[0].gain == 2.5
    assert recording.signals[0].fs == 500


def test_the_whole_range_of_16_bits_wraps_as_devices_count(tmp_path):
    one = [-32768, 32767, -32768, 0, 32767]
    bodies = {2: HUFFMAN, 3: leads(one), 6: signals(1000, 1000, [one], 2)}
    assert values(opened(tmp_path, bodies))["I"].tolist() == one


def test_a_table_of_the_file_is_used_and_may_switch_to_another(tmp_path):
    # Two tables: `0` is 5, `10` goes on with the second; there `0` is 7, `1` is 4 bits of a value.
    def code(prefix, total, mode, value, base):
        return struct.pack("<BBBhI", prefix, total, mode, value, base)

    first = [code(1, 1, 1, 5, 0), code(2, 2, 0, 2, 0b01)]
    second = [code(1, 1, 1, 7, 0), code(1, 5, 1, 0, 1)]
    tables = struct.pack("<HH", 2, 2) + b"".join(first) + struct.pack("<H", 2) + b"".join(second)
    stream = bytes([0b0_10_0_1_101, 0b1_0000000])
    body = struct.pack("<HHBBH", 1000, 2000, 0, 0, 2) + stream
    recording = opened(tmp_path, {2: tables, 3: leads([0] * 3), 6: body})
    assert values(recording)["I"].tolist() == [5, 7, -5]


def test_reference_beats_are_added_where_they_were_taken_away(tmp_path):
    beat = np.array([0, 10, 40, 90, 20, -10, 0, 0, 0, 0])
    rest = np.arange(50) % 7
    # Units of 2,000 nV in the beat and 1,250 in the rest: the sum is kept in 250.
    true = rest * 5
    for start, middle, end in ((8, 11, 15), (30, 33, 41)):
        for sample in range(start, end + 1):
            at = sample - middle + 4 - 1
            if 0 <= at < len(beat):
                true[sample - 1] += beat[at] * 8
    bodies = {
        2: HUFFMAN,
        3: definition([(1, 50, 1)], flags=5),
        4: complexes(20, 4, [(0, 8, 11, 15), (1, 20, 22, 25), (0, 30, 33, 41)]),
        5: signals(2000, 2000, [beat], 1),
        6: signals(1250, 2000, [rest], 2),
    }
    recording = opened(tmp_path, bodies)
    assert values(recording)["I"].tolist() == true.tolist()
    assert 1 / recording.signals[0].gain == pytest.approx(0.25)


def test_decimated_stretches_come_back_as_straight_lines_and_are_told(tmp_path):
    """Samples 1 to 8 and 13 to 20 each in two of four; 9 to 12, the zone, as they are."""
    stored = [4, 12, 100, 200, 300, 400, 8, 0]
    bodies = {
        2: HUFFMAN,
        3: definition([(1, 20, 1)], flags=5),
        4: complexes(8, 1, [(0, 100, 100, 100)], [(9, 12)]),
        5: signals(1000, 2000, [[0, 0, 0, 0]]),
        6: signals(1000, 8000, [stored], 2, bimodal=True),
    }
    recording = opened(tmp_path, bodies)
    signal = recording.signals[0]
    assert signal.fs == 500
    physical = values(recording)["I"] / signal.gain
    assert physical.tolist() == [
        *(4, 4, 4, 6, 8, 10, 12, 12),
        *(100, 200, 300, 400),
        *(8, 8, 8, 6, 4, 2, 0, 0),
    ]
    assert "every 4th sample" in recording.remarks[0]
    # A flag that from protocol 3 on is reserved means nothing there.
    bodies[5] = signals(1000, 8000, [[0]])
    plain = opened(
        tmp_path,
        {3: leads([1, 2]), 6: signals(1000, 2000, [[1, 2]], packed=False, bimodal=True)},
        protocol=30,
    )
    assert values(plain)["I"].tolist() == [1, 2]


@settings(max_examples=100, deadline=None)
@given(
    length=st.integers(1, 60),
    cuts=st.lists(st.integers(1, 70), max_size=6, unique=True),
    factor=st.integers(2, 5),
)
def test_stretches_cover_a_lead_and_expand_to_its_length(length, cuts, factor):
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    zones = list(zip(cuts[::2], cuts[1::2], strict=True))
    parts = scp_codes.stretches(3, 2 + length, zones)
    assert sum(count for count, _ in parts) == length
    count = scp_codes.stored(parts, factor)
    whole_ = scp_codes.expanded(np.arange(count), parts, factor)
    assert len(whole_) == length
    assert whole_.min() >= 0
    assert whole_.max() <= factor * max(count - 1, 0)


def test_leads_that_begin_and_end_at_their_own_times_are_missing_elsewhere(tmp_path):
    one, other = [1, 2, 3, 4], [5, 6, 7]
    path = {
        1: person((25, struct.pack("<HBB", 2024, 2, 29)), (26, bytes([23, 59, 59]))),
        3: definition([(2, 5, 1), (4, 6, 131)], flags=0),
        6: signals(1000, 2000, [one, other], packed=False),
    }
    recording = opened(tmp_path, path)
    held = whole(recording)
    assert [None if gone else v for v, gone in zip(*held["I"], strict=True)] == [1, 2, 3, 4, None]
    name = "lead 131"
    assert [None if gone else v for v, gone in zip(*held[name], strict=True)] == [
        None, None, 5, 6, 7,
    ]  # fmt: skip
    # 29 February 2024, a second before midnight; the first sample of all is not in the file.
    assert recording.start_time == 1_709_251_199 + 1 / 500


def test_section_1_says_whose_it_is_when_and_in_which_letters(tmp_path):
    machine = bytes(16) + bytes([0x13]) + bytes(20)
    body = person(
        (0, "Иванов".encode("iso8859_5") + b"\0"),
        (1, b"Ann\0"),
        (2, b"P-1\0"),
        (5, struct.pack("<HBB", 1950, 1, 2)),
        (14, machine),
        (20, b"Dr Who\0"),
        (25, struct.pack("<HBB", 1970, 1, 1)),
        (26, bytes([1, 0, 0])),
        (30, b"free words\0"),
        (34, struct.pack("<hH", -90, 0)),
    )
    recording = opened(tmp_path, {1: body, 3: leads([1]), 6: signals(1, 999, [[1]], packed=False)})
    identity = recording.identity
    assert (identity.patient, identity.name) == ("P-1", "Ann Иванов")
    assert identity.birth_date == "1950-01-02"
    assert identity.others == ("Dr Who",)
    assert recording.comments == ("free words",)
    assert (recording.start_time, recording.zone) == (3600.0, "-01:30")


def test_statements_are_read_in_words_or_as_codes(tmp_path):
    head = struct.pack("<BHBBBBBB", 0, 2020, 1, 1, 0, 0, 0, 2)
    words = head + b"".join(
        struct.pack("<BH", n, len(t)) + t for n, t in ((1, b"Sinus rhythm\0"), (2, b"Normal\0"))
    )
    codes = head + b"".join(
        struct.pack("<BH", n, len(t)) + t for n, t in ((1, b"\x01SR\0"), (2, b"\x01NLECG\0PR\0"))
    )
    bodies = {3: leads([1]), 6: signals(1, 1000, [[1]], packed=False)}
    for number, body, said in (
        (8, words, ["Sinus rhythm", "Normal"]),
        (11, codes, ["SR", "NLECG PR"]),
    ):
        (one,) = opened(tmp_path, bodies | {number: body}).annotations().sets
        assert [mark.aux_note for mark in one.annotations] == said


def test_what_cannot_be_read_is_refused_by_name_and_reason(tmp_path):
    good = {2: HUFFMAN, 3: leads([1, 2]), 6: signals(1000, 2000, [[1, 2]])}
    for change, reason in (
        ({6: None}, "no rhythm data"),
        ({3: None}, "no section 3"),
        ({3: definition([(5, 4, 1)])}, "from sample 5 to 4"),
        ({3: leads([1] * 900)}, "900 samples in"),
        ({2: struct.pack("<H", 900)}, "900 Huffman tables"),
        ({6: signals(1000, 0, [[1, 2]])}, "a sample interval of 0"),
        ({6: signals(1000, 2000, [[1, 2]])[:8]}, "announced"),
        ({3: definition([(1, 2, 1)], flags=5)}, "reference beats were taken away"),
        ({2: None, 3: leads([1] * 9)}, "9 samples announced"),
        ({3: definition([(1, 2**31, 1)])}, "more than 6000000 samples"),
    ):
        bodies = {n: b for n, b in (good | change).items() if b is not None}
        with pytest.raises(ImportFailed, match=f"made.scp: .*{reason}"):
            opened(tmp_path, bodies)


def test_a_flipped_bit_in_the_signals_is_found_by_the_checksum_and_one_elsewhere_told(tmp_path):
    bodies = {1: person((2, b"P\0")), 3: leads([1, 2]), 6: signals(1, 1000, [[1, 2]], packed=False)}
    raw = bytearray(made(bodies))
    path = tmp_path / "made.scp"
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ImportFailed, match="section 6: its checksum does not hold"):
        scp.open_file(path)
    raw[-1] ^= 1
    at = raw.index(section(1, bodies[1])) + 16 + 3
    raw[at] ^= 1
    path.write_bytes(raw)
    assert scp.open_file(path).remarks == (
        "the checksum of the whole file does not hold",
        "the checksum of section 1 does not hold",
    )
    assert not opened(tmp_path, bodies, crc=False).remarks


def test_the_writer_of_these_tests_packs_as_the_standards_example_says():
    # EN 1064, table of annex C: 0 is `0`, 1 `100`, -1 `101`, 2 `1100`, 9 `1111111110` and 8 bits.
    assert huffman([0, 1, -1, 2]) == bytes([0b01001011, 0b10000000])
    assert huffman([9]) == bytes([0b11111111, 0b10000010, 0b01000000])
