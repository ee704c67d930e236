"""Real files of devices: each against another reader, and against the same ECG in another format."""

import hashlib
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from ecgstream.formats import aecg, muse, registry, scp, sierra
from tests.samples_of import values

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ecgdatakit.parsing.parsers.ge_muse_xml import GEMuseXMLParser
    from ecgdatakit.parsing.parsers.hl7_aecg import HL7aECGParser
    from ecgdatakit.parsing.parsers.scp_ecg import SCPECGParser
    from ecgdatakit.parsing.parsers.sierra_xml import SierraXMLParser

FILES = Path(__file__).parent / "data" / "formats"
AECG = FILES / "hl7_aecg_example.xml"
MUSE = FILES / "muse_like_A0001.xml"
SCP = FILES / "scp_example.scp"
SIERRA = FILES / "philips_sierra_1_03.xml"


def theirs(parser, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser().parse(path)


def digest(arrays):
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array, "<i8").tobytes())
    return total.hexdigest()


@pytest.mark.parametrize(
    ("path", "name"), [(AECG, "aecg"), (MUSE, "muse"), (SCP, "scp"), (SIERRA, "sierra")]
)
def test_a_file_is_known_by_its_content_whatever_it_is_called(tmp_path, path, name):
    other = tmp_path / "recording"
    other.write_bytes(path.read_bytes())
    assert registry.recognise(other).name == name
    opened = registry.FORMATS[name].open_file(other)
    assert opened.name == "recording"
    assert opened.files == (other,)


@pytest.mark.parametrize(
    ("module", "parser", "path", "resolution"),
    [
        (aecg, HL7aECGParser, AECG, 2.5),
        (muse, GEMuseXMLParser, MUSE, None),
        (scp, SCPECGParser, SCP, 2.5),
    ],
)
def test_samples_are_the_integers_that_another_reader_finds(module, parser, path, resolution):
    opened = module.open_file(path)
    other = theirs(parser, path)
    ours = values(opened)
    assert list(ours) == [lead.label for lead in other.leads]
    assert all(array.dtype.kind == "i" for array in ours.values())
    assert digest(ours.values()) == digest(lead.samples for lead in other.leads)
    for signal, lead in zip(opened.signals, other.leads, strict=True):
        assert signal.fs == lead.sampling_rate
        assert 1 / signal.gain == pytest.approx(lead.resolution, rel=1e-15)
        if resolution:
            assert 1 / signal.gain == resolution


def test_an_aecg_and_an_scp_of_one_ecg_hold_the_same_samples_at_the_same_time():
    one, other = aecg.open_file(AECG), scp.open_file(SCP)
    assert digest(values(one).values()) == digest(values(other).values())
    assert [(s.name, s.unit, s.gain, s.baseline, s.fs) for s in one.signals] == [
        (s.name, s.unit, s.gain, s.baseline, s.fs) for s in other.signals
    ]
    # 22 November 2002, 09:10:00.
    assert one.start_time == other.start_time == 1_037_956_200.0
    assert one.zone is other.zone is None


def test_the_muse_file_gives_back_the_values_it_was_made_from_baseline_and_all():
    opened = muse.open_file(MUSE)
    wfdb = pytest.importorskip("wfdb")
    source = wfdb.rdrecord(str(FILES.parent / "cpsc2018" / "A0001"))
    ours = values(opened)
    assert list(ours) == source.sig_name
    for number, signal in enumerate(opened.signals):
        physical = (ours[signal.name] - signal.baseline) / signal.gain
        # Half a unit of the export's own steps, and its rounded baseline.
        step = 1 / signal.gain
        assert np.abs(physical - source.p_signal[:, number]).max() <= 1.01 * step
        assert signal.unit == "mV"
    assert opened.remarks == ("FirstSampleBaseline is taken as the value of 0 volts",)
    assert opened.signals[0].baseline == 9080


def test_the_sierra_file_is_read_as_another_reader_does_but_for_halves_of_negative_sums():
    opened, other = sierra.open_file(SIERRA), theirs(SierraXMLParser, SIERRA)
    ours = values(opened)
    found = {lead.label: lead.samples for lead in other.leads}
    assert list(ours) == list(found)
    one, two, three = (ours[name].astype(int) for name in ("I", "II", "III"))
    sums = {"aVR": one + two, "aVL": one - three, "aVF": two + three}
    for name, array in ours.items():
        apart = array.astype(int) - found[name].astype(int)
        cut = {"aVR": -1}.get(name, 1)
        odd = (sums[name] % 2 != 0) & (sums[name] < 0) if name in sums else np.zeros(1, bool)
        assert np.array_equal(apart, np.where(odd, cut, 0) * np.ones_like(apart))
    assert {(s.unit, s.gain, s.baseline, s.fs, s.length) for s in opened.signals} == {
        ("uV", 0.2, 0.0, 500.0, 5500)
    }
    assert opened.seconds == 11.0


def test_halves_cut_towards_zero_leave_the_augmented_leads_beside_i_and_ii_by_rounding_alone():
    """The proof for `sierra_xli.limb_leads`."""
    ours = {name: array.astype(int) for name, array in values(sierra.open_file(SIERRA)).items()}
    one, two, three = ours["I"], ours["II"], ours["III"]
    for name, true in (
        ("aVR", -(one + two) / 2),
        ("aVL", (one - three) / 2),
        ("aVF", (two + three) / 2),
    ):
        over = ours[name] - true
        # Where the sum is odd. With halves cut downwards every third is off by more than 1.
        assert np.mean(np.abs(over[true % 1 != 0]) > 1) < 0.02


@pytest.mark.parametrize("path", [AECG, MUSE, SCP, SIERRA])
def test_who_it_is_stands_in_the_identity_and_nowhere_else(path):
    opened = registry.recognise(path).open_file(path)
    known = {AECG: ("SBJ-123", "Clark"), SCP: ("SBJ-123", "Clark")}
    identity = opened.identity
    if path in known:
        assert (identity.patient, identity.name) == known[path]
        assert re.sub(r"\D", "", identity.birth_date) == "19530508"
    elsewhere = repr((opened.name, opened.signals, opened.comments, opened.remarks))
    elsewhere += repr(opened.annotations())
    for named in (identity.patient, identity.name, identity.birth_date, *identity.others):
        assert not named or named not in elsewhere


def test_the_marks_of_a_device_and_of_a_reader_are_sets_of_their_own():
    sets = {one.annotator: one for one in aecg.open_file(AECG).annotations().sets}
    assert list(sets) == ["device", "reader"]
    device = sets["device"].annotations
    assert (device[0].sample, device[0].symbol, device[0].aux_note) == (0, "+", "(N")
    # The first P wave from 122 to 224 ms, the first QRS complex from 270 to 390, at 500 Hz.
    assert [(m.sample, m.symbol, m.num) for m in device[1:5]] == [
        (61, "(", 0),
        (112, ")", 0),
        (135, "(", 1),
        (195, ")", 1),
    ]
    reader = sets["reader"].annotations
    assert (reader[0].sample, reader[0].aux_note, reader[0].chan) == (166, "R wave, peak", 0)
    assert {mark.chan for mark in reader} == {0, 1}


def test_what_a_device_says_of_the_ecg_is_kept_as_statements():
    (said,) = sierra.open_file(SIERRA).annotations().sets
    assert said.annotator == "statements"
    assert said.annotations[0].aux_note == "Sinus bradycardia: rate< 50"
    assert {(mark.sample, mark.symbol) for mark in said.annotations} == {(0, '"')}
