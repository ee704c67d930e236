"""What a file is, by its first bytes: every format we have, and bytes that mean harm."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats.registry import FORMATS, recognise, stem
from ecgstream.formats.sniffing import HEAD_BYTES, Head
from ecgstream.formats.wfdb_header import parse


def known(data, size=None, name="x"):
    head = Head(data[:HEAD_BYTES], len(data) if size is None else size, name)
    return next((one.name for one in FORMATS.values() if one.sniff(head)), None)


XML = "<?xml version='1.0' encoding='{0}'?>\n<!-- a > b <x> -->\n<!DOCTYPE a [<!ENTITY b 'c'>]>\n<{1}>"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"0       X X X X".ljust(168) + b"10.05.2314.43.32256     EDF+C", "edf"),
        (b"\xffBIOSEMI".ljust(256), "bdf"),
        (b"\0" * 128 + b"DICM\x02\0\0\0UL\x04\0", "dicom"),
        (b"\x08\0\x05\0CS\x0a\0ISO_IR 100".ljust(200, b"\0"), "dicom"),
        (b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100".ljust(200, b"\0"), "dicom"),
        (b"ISHNE1.0".ljust(600, b"\0"), "ishne"),
        (b"\x6b\x06\x60\x85\0\0\xda\x55\0\0\x88\0\0\0\x14\x14SCPECG", "scp"),
        (XML.format("UTF-8", "AnnotatedECG").encode(), "aecg"),
        (XML.format("UTF-8", "hl7:AnnotatedECG xmlns:hl7='x'").encode(), "aecg"),
        (XML.format("UTF-8", "RestingECG").encode("utf-8-sig"), "muse"),
        (XML.format("UTF-8", "CardiologyXML").encode(), "cardiosoft"),
        (XML.format("UTF-16", "restingecgdata").encode("utf-16"), "sierra"),
        (XML.format("UTF-16", "restingecgdata").encode("utf-16-be"), "sierra"),
        (b"@\x20MFR ".ljust(60), "mfer"),
        (b"MATLAB 5.0 MAT-file".ljust(128), "matlab"),
        (b"\0\0\0\0\x0c\0\0\0\x10\x27\0\0\0\0\0\0\x04\0\0\0val\0", "matlab"),
        (b"time,II\n" + b"0.004,0.12\n" * 20, "csv"),
        (b"'10:00:00.000'\t-0.145\t-\n" * 20, "csv"),
        (b"2020-05-04 10:44:00.004;0,12;0,3\n" * 20, "csv"),
        (b"1 2 3\n" * 20, "csv"),
        (b"about these files, and more\n" * 20, None),
        (b"100\n101\n102\n103\n" * 3, None),
        (b"a,b,c\n" * 20, None),
        (b",,,\n" * 20, None),
        (XML.format("UTF-8", "html").encode(), None),
        (b"0       0       0\n" * 20, "csv"),
        (b"", None),
        (b"\0" * 600, None),
    ],
)
def test_a_format_is_known_by_its_first_bytes(data, name):
    assert known(data) == name


BAD = [
    b"1" + b" " * 4000 + b"x\n",
    b"1 ," * 40 + b"x\n",
    b"1" * 4000 + b"x\n",
    b"," * 4000 + b"x\n",
    b"<!DOCTYPE a [" + b"]   " * 4000,
    b"<!--" + b"--" * 8000,
    b"<?" * 8000,
    b"<" + b" " * 16000,
]


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_no_bytes_take_long_to_be_recognised(data):
    began = time.process_time()
    assert known(data * (HEAD_BYTES // len(data) + 1)) is None
    assert time.process_time() - began < 2.0, "it would be hours, were it not linear"


@given(st.binary(max_size=400), st.sampled_from([*FORMATS]))
def test_any_bytes_are_of_a_format_or_of_none(data, name):
    assert FORMATS[name].sniff(Head(data, len(data), "x")) in {True, False}


@pytest.mark.parametrize(
    "line", ["r 1 " + "1" * 2_000_000 + "x", "r 1 250 " + "9" * 5_000, "r/" + "9" * 5_000 + " 1"]
)
def test_a_header_with_an_endless_number_is_refused_at_once(line):
    with pytest.raises(ImportFailed, match="letters is none of a header"):
        parse(f"{line}\n".encode())


def test_what_is_no_file_is_not_opened(tmp_path):
    with pytest.raises(ImportFailed, match="not there, or not a file"):
        recognise(tmp_path)


def test_a_record_is_called_as_its_file_but_for_what_tells_the_format():
    assert stem(Path("a/100.EDF")) == "100"
    assert stem(Path("ecg_2020.05.04")) == "ecg_2020.05.04"
    assert stem(Path("I0001")) == "I0001"
