"""Files of devices through the whole import: what is served is what another reader reads."""

import hashlib
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from ecgstream.archive.import_mapping import load
from ecgstream.archive.importing import import_archive
from ecgstream.storage.catalog import scan
from tests import xml_made

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from ecgdatakit.parsing.parsers.ge_muse_xml import GEMuseXMLParser
    from ecgdatakit.parsing.parsers.hl7_aecg import HL7aECGParser
    from ecgdatakit.parsing.parsers.scp_ecg import SCPECGParser

FILES = Path(__file__).parent / "data" / "formats"
RNG = np.random.default_rng(8)
MATRIX = RNG.integers(-3000, 3000, (3, 2500)).astype("i2")
STRIP = {name: RNG.integers(-900, 900, 5000).tolist() for name in ("I", "II", "V1")}
ROWS = RNG.integers(-2000, 2000, (1500, 2))

MAPPING = """
[[import]]
files = "challenge.mat"
format = "matlab"
fs = 500
unit = "mV"
gain = 1000
leads = ["I", "II", "III"]

[[import]]
files = "adc.txt"
format = "csv"
fs = 360
gain = 200
baseline = 1024
unit = "mV"
signals = { 1 = { name = "MLII" }, 2 = { name = "V5" } }
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    source = folder / "source"
    source.mkdir()
    for name in ("hl7_aecg_example.xml", "muse_like_A0001.xml", "scp_example.scp"):
        shutil.copy(FILES / name, source)
    shutil.copy(FILES / "philips_sierra_1_03.xml", source / "sierra")
    (source / "rest.xml").write_bytes(xml_made.cardiosoft(xml_made.strip(STRIP)))
    scipy.io.savemat(source / "challenge.mat", {"val": MATRIX})
    (source / "adc.txt").write_text("\n".join(f"{a} {b}" for a, b in ROWS.tolist()))
    # A watch's table, with a name and a date of birth before it.
    (source / "watch.csv").write_text(
        'Name,Jane Roe\nDate of Birth,"Feb 3, 1977"\nSample Rate,512 hertz\nUnit,uV\n\n'
        + "\n".join(f"{value / 8}" for value in ROWS[:, 0].tolist())
    )
    (folder / "mapping.toml").write_text(MAPPING)
    report = import_archive([source], folder / "archive", mapping=load(folder / "mapping.toml"))
    assert not report.failed, [one.reason for one in report.failed]
    return source, folder / "archive", scan([str(folder / "archive")])


def digest(arrays):
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array, "<f8").tobytes())
    return total.hexdigest()


def served(imported, record):
    """The physical values that a viewer is given, and the leads."""
    source = imported[2]
    leads = source.record(record).leads
    length = leads[0].length
    columns = source.read(record, [lead.name for lead in leads], 0, length)
    assert all(column.complete for column in columns)
    return [
        (column.cut(0, length, lead.dtypes[0]).astype(float) - lead.baseline) / lead.gain
        for column, lead in zip(columns, leads, strict=True)
    ], leads


@pytest.mark.parametrize(
    ("record", "file", "parser"),
    [
        ("hl7_aecg_example-pq", "hl7_aecg_example.xml", HL7aECGParser),
        ("scp_example-pq", "scp_example.scp", SCPECGParser),
        ("muse_like_A0001-pq", "muse_like_A0001.xml", GEMuseXMLParser),
    ],
)
def test_the_values_that_are_served_are_those_of_another_reader(imported, record, file, parser):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = parser().parse(imported[0] / file)
    ours, leads = served(imported, record)
    assert [lead.name for lead in leads] == [lead.label for lead in other.leads]
    # Their samples are counts, and they leave the baseline of a MUSE file to whoever reads them.
    theirs = [
        (found.samples - lead.baseline) / lead.gain
        for found, lead in zip(other.leads, leads, strict=True)
    ]
    assert digest(ours) == digest(theirs)
    for found, lead in zip(other.leads, leads, strict=True):
        assert 1 / lead.gain == pytest.approx(found.resolution, rel=1e-15)
        assert found.resolution_unit == lead.unit
        assert found.sampling_rate == lead.fs


def test_what_was_written_by_hand_is_served_as_it_was_written(imported):
    ours, leads = served(imported, "rest-pq")
    assert digest(ours) == digest(np.array(STRIP[lead.name]) / 0.2 for lead in leads)
    ours, leads = served(imported, "challenge-pq")
    assert digest(ours) == digest(MATRIX / 1000)
    assert {(lead.unit, lead.fs, lead.fs_source) for lead in leads} == {("mV", 500.0, "mapping")}
    ours, leads = served(imported, "adc-pq")
    assert digest(ours) == digest((ROWS.T - 1024) / 200)
    assert [lead.name for lead in leads] == ["MLII", "V5"]
    ours, (lead,) = served(imported, "watch-pq")
    assert digest(ours) == digest([ROWS[:, 0] / 8])
    assert (lead.fs, lead.unit, lead.gain) == (512.0, "uV", 1000.0)
    ours, leads = served(imported, "adc-pq")
    assert all(lead.kind == "ecg" for lead in leads)


def test_marks_and_statements_come_along(imported):
    source = imported[2]
    named = {
        one.record: [head.name for head in source.annotation_sets(one.record)]
        for one in source.records()
    }
    assert named["hl7_aecg_example-pq"] == ["device", "reader"]
    assert named["sierra-pq"] == ["statements"]
    assert named["rest-pq"] == ["statements"]
    assert named["adc-pq"] == []


def test_no_byte_of_the_archive_names_anybody(imported):
    written = b"".join(path.read_bytes() for path in imported[1].rglob("*") if path.is_file())
    for name in (
        "Clark",
        "SBJ-123",
        "19530508",
        "John Brown",
        "1112010721168bdc",
        "M\u00fcller",
        "Jane",
        "1977",
    ):
        assert name.encode() not in written
        assert name.encode("latin-1") not in written
