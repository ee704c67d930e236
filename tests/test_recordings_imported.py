"""Files of recorders through the whole import: what stands in the archive is what others read."""

import hashlib
import shutil
import warnings
from pathlib import Path

import edfio
import numpy as np
import pydicom
import pyedflib
import pytest
from ecgdatakit.parsing.parsers.ishne_holter import ISHNEHolterParser
from ecgdatakit.parsing.parsers.mfer import MFERParser
from pydicom.data import get_testdata_file
from pydicom.waveforms.numpy_handler import multiplex_array

from ecgstream.archive.importing import import_archive
from ecgstream.storage.catalog import scan
from tests import made_edf, made_ishne, made_mfer

REAL = Path(__file__).parent / "data" / "formats" / "edf_A0001.edf"

# pydicom's decoder of waveforms.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def noise(rows, columns, seed, top=2**15):
    return np.random.default_rng(seed).integers(-top + 1, top, (rows, columns), np.int32)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The sources, and the archive made of them."""
    folder = tmp_path_factory.mktemp("imported")
    source = folder / "source"
    source.mkdir()
    shutil.copy(REAL, source)
    shutil.copy(get_testdata_file("waveform_ecg.dcm"), source)
    plus = made_edf.File(
        [made_edf.Made(noise(5, 250, 1), "ECG II"), made_edf.Made(noise(5, 1, 2), "SpO2", "%")],
        plus="D",
        onsets=["+0.5", "+1.5", "+2.5", "+7.5", "+8.5"],
        tals={3: b"+8.5\x14Harry moves\x14\0"},
        patient="MCH-0234567 F 02-MAY-1951 Haagse_Harry",
    )
    bdf = made_edf.File(
        [made_edf.Made(noise(5, 250, 3, 2**23), "A1", digital=(-(2**23), 2**23 - 1))], kind="BDF"
    )
    mfer = made_mfer.File(
        [
            made_mfer.Frame(
                [
                    made_mfer.Channel(noise(4, 300, k).astype("i2"), lead)
                    for k, lead in enumerate((1, 61))
                ]
            )
        ]
    )
    for name, file in {
        "breaks.edf": plus,
        "wide.bdf": bdf,
        # By content, and not by extension.
        "holter.bin": made_ishne.File(noise(4000, 3, 4)),
        "monitor": mfer,
    }.items():
        (source / name).write_bytes(file.encode())
    report = import_archive([source], folder / "archive")
    assert not report.failed, [one.reason for one in report.failed]
    return source, scan([str(folder / "archive")])


def digest(columns):
    return hashlib.sha256(b"".join(np.asarray(one, "<i8").tobytes() for one in columns)).hexdigest()


def stored(archive, record, fs=None):
    leads = [one for one in archive.record(record).leads if fs is None or one.fs == fs]
    length = leads[0].length
    columns = archive.read(record, [one.name for one in leads], 0, length)
    return [
        column.cut(0, length, lead.dtypes[0]) for column, lead in zip(columns, leads, strict=True)
    ]


def by_pyedflib(path):
    with pyedflib.EdfReader(str(path)) as reader:
        return [reader.readSignal(k, digital=True) for k in range(reader.signals_in_file)]


def by_ecgdatakit(path, parser):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [one.samples for one in parser().parse(path).leads]


@pytest.mark.parametrize(
    ("name", "record", "reader"),
    [
        ("edf_A0001.edf", "edf_A0001-pq", by_pyedflib),
        ("wide.bdf", "wide-pq", by_pyedflib),
        ("holter.bin", "holter.bin-pq", lambda p: by_ecgdatakit(p, ISHNEHolterParser)),
        ("monitor", "monitor-pq", lambda p: by_ecgdatakit(p, MFERParser)),
        (
            "waveform_ecg.dcm",
            "waveform_ecg-pq",
            lambda p: multiplex_array(pydicom.dcmread(p), 0, as_raw=True).T,
        ),
    ],
)
def test_what_stands_in_the_archive_has_the_digest_of_another_reader(
    imported, name, record, reader
):
    source, archive = imported
    theirs = reader(source / name)
    ours = stored(archive, record)
    assert len(ours) == len(theirs)
    assert digest(ours) == digest(theirs)


def test_breaks_rates_dates_and_people_of_edf_plus_come_as_they_are(imported):
    source, archive = imported
    record = archive.record("breaks-pq")
    assert [(one.name, one.fs, one.length) for one in record.leads] == [
        ("II", 250.0, 2250),
        ("SpO2", 1.0, 9),
    ]
    assert record.start_time == 1015085838.5
    (values,) = stored(archive, "breaks-pq", 250.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = edfio.read_edf(source / "breaks.edf").signals[0].digital
    np.testing.assert_array_equal(np.concatenate([values[:750], values[1750:]]), theirs)
    assert set(values[750:1750].tolist()) == {-(2**15)}
    marks = archive.annotations("breaks-pq", "annotations").listed()
    assert [(one.sample, one.aux_note) for one in marks] == [(2000, "[removed] moves")]
    everything = b"".join(path.read_bytes() for path in source.parent.rglob("*.parquet"))
    for who in (b"Harry", b"MCH-0234567", b"1951"):
        assert who not in everything
