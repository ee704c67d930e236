import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import ImportFailed
from ecgstream.formats.wfdb_header import parse


def header(signal="a.dat 16 200(10)/mV 12 5 7 9 0 II", record="a 1 250 100"):
    return parse(f"{record}\n{signal}\n".encode())


def line(text):
    return header(text).signals[0]


def test_every_field_of_a_signal_line_is_read():
    read = line("a.dat 212x4:3+24 200.5(-10)/uV 12 5 -7 9 0 chest lead V5")
    assert (read.file, read.fmt, read.samples_per_frame, read.skew, read.offset) == (
        "a.dat",
        "212",
        4,
        3,
        24,
    )
    assert (read.gain, read.baseline, read.unit) == (200.5, -10, "uV")
    assert (read.initial, read.checksum, read.name) == (-7, 9, "chest lead V5")


def test_carriage_returns_blank_lines_and_comments_are_no_fields():
    read = parse(
        b"100 1 360 650000\r\n\r\n100.dat 212 200 11 1024 995 -22131 0 MLII\r\n# 69 M\r\n#x\r\n"
    )
    assert read.signals[0].name == "MLII"
    assert read.signals[0].baseline == 1024
    assert read.comments == ("69 M", "x")


def test_a_unit_that_is_not_ascii_is_kept():
    assert line("a.dat 16 1000/µV 16 0 0 0 0 Ableitung Ä").unit == "µV"
    assert line("a.dat 16 1000/µV 16 0 0 0 0 Ableitung Ä").name == "Ableitung Ä"
    assert parse("a 1 250 1\na.dat 16 1/µV".encode("latin-1")).signals[0].unit == "µV"


def test_a_unit_in_lower_case_stays_so():
    assert line("a.dat 16 1000/mv 16 0 0 0 0 I").unit == "mv"


@pytest.mark.parametrize("gain", ["0", "0/mV", "0(5)/mV", ""])
def test_a_gain_of_nothing_is_uncalibrated_and_has_no_unit(gain):
    read = line(f"a.dat 16 {gain}")
    assert (read.gain, read.unit) == (200.0, None)


def test_a_gain_without_a_unit_is_in_millivolts_as_wfdb_has_it():
    assert line("a.dat 16 200").unit == "mV"


def test_without_a_baseline_it_is_the_adc_zero_and_without_that_0():
    assert line("a.dat 16 200 11 1024").baseline == 1024
    assert line("a.dat 16 200").baseline == 0
    assert line("a.dat 16 200(7) 11 1024").baseline == 7


def test_two_zeros_stand_for_no_checksum():
    assert line("a.dat 16 200 11 0 0 0 0 I").checksum is None
    assert line("a.dat 16 200 11 0 5 0 0 I").checksum == 0
    assert line("a.dat 16 200").checksum is None


def test_the_rate_is_taken_to_the_letter():
    assert header(record="a 1 0.0166666666667/125 72").fs == 0.0166666666667
    assert header(record="a 1 360.000000001 72").fs == 360.000000001
    read = header(record="a 1")
    assert (read.fs, read.fs_given, read.frames) == (250.0, False, None)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("10:44:18.529 04/05/2704", 23173469058.529),
        ("00:00:00 01/01/1970", 0.0),
        ("23:59:59.5 31/12/1969", -0.5),
        ("10:44:18", None),
        ("", None),
    ],
)
def test_a_start_is_in_seconds_since_1970_and_needs_a_date(words, seconds):
    assert header(record=f"a 1 250 100 {words}").start_time == seconds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no record line"),
        ("# only a comment", "no record line"),
        ("a", "number of signals is missing"),
        ("a x 250", "no number of signals"),
        ("a 1 0 100\na.dat 16", "0 Hz cannot be"),
        ("a 1 3e2 100\na.dat 16", "no sampling rate"),
        ("a 1 250 10.5\na.dat 16", "no number of samples"),
        ("a 2 250 100\na.dat 16", "announces 2 signals, 1 lines follow"),
        ("a 1 250 100\na.dat", "expected a file name and a format"),
        ("a 1 250 100\na.dat sixteen", "no format"),
        ("a 1 250 100\na.dat 16x0", "0 samples per frame"),
        ("a 1 250 100\na.dat 16 mV", "no gain"),
        ("a 1 250 100\na.dat 16 1e999/mV", "cannot be"),
        ("a 1 250 100\na.dat 16 200 x", "no ADC resolution"),
        ("a 1 250 100\n../a.dat 16 200", "without a folder"),
        ("a 1 250 100 25:61 01/02/03\na.dat 16", "no date"),
        ("a 1 250 100 10:00:00 30/02/2020\na.dat 16", "is no date"),
        ("a/2 1 250 100\nb 50", "announces 2 segments, 1 lines follow"),
        ("a/1 1 250 100\nb", "expected a name and a number"),
        ("a/1 1 250 100\n../b 100", "without a folder"),
        ("a/0 1 250 100", "announces 0 segments"),
        (f"a 1 250 {'9' * 5000}\na.dat 16", "letters is none of a header"),
    ],
)
def test_a_bad_header_says_what_was_expected(text, words):
    with pytest.raises(ImportFailed, match=words) as caught:
        parse(text.encode())
    assert len(str(caught.value)) < 400


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_else(raw):
    try:
        read = parse(b"a 1 250 100 " + raw)
    except ImportFailed:
        return
    assert read.fs == 250


@given(
    st.lists(
        st.sampled_from(
            [
                "a/2",
                "~",
                "a.dat",
                "16x2:1+4",
                "200(1)/mV",
                "1",
                "-5",
                "\n",
                "\r\n",
                "#",
                "/",
                "(",
                "µ",
            ]
        ),
        max_size=30,
    )
)
def test_no_header_of_its_own_words_raises_anything_else(words):
    with contextlib.suppress(ImportFailed):
        parse(" ".join(words).encode())
