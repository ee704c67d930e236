"""Names out of texts, dates by a secret number of days."""

import stat

import pytest

from ecgstream.archive.deidentifying import SPAN_DAYS, Scrubber, days_back, mark_of, whose
from ecgstream.archive.key_file import secret_key
from ecgstream.errors import ConfigError
from ecgstream.formats.recording import AnnotationSet, Identity
from ecgstream.model.annotation import Annotation

CLARK = Identity(
    patient="SBJ-123",
    name="Clark^Anne Marie",
    birth_date="1953-05-08",
    others=("Dr. Hugo Meier", "Heart Center Hospital, Rhythm Unit"),
)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Confirmed by MEIER", "Confirmed by [removed]"),
        ("clark, anne: sinus rhythm", "[removed], [removed]: sinus rhythm"),
        ("SBJ-123 at rest", "[removed] at rest"),
        ("file CLARK_2.xml", "file [removed]_2.xml"),
        ("born 08.05.1953 or 05/08/1953 or 19530508", "born [removed] or [removed] or [removed]"),
        ("born 08-MAY-1953", "born [removed]"),
        ("Normal sinus rhythm, heart rate 60", "Normal sinus rhythm, heart rate 60"),
        ("Clarkson is another word", "Clarkson is another word"),
        ("2011-12-13 stays", "2011-12-13 stays"),
    ],
)
def test_what_the_header_names_is_taken_out_of_a_text_and_nothing_else(said, left):
    assert Scrubber.of(CLARK).text(said) == left


def test_a_patient_called_normal_is_not_spared():
    assert Scrubber.of(Identity(name="Normal, Joe")).text("Normal ECG") == "[removed] ECG"


@pytest.mark.parametrize(
    "day", ["2011-12-13", "13.12.2011", "12/13/11", "13-DEC-2011", "Dec 13, 2011", "20111213"]
)
def test_dates_in_texts_go_where_dates_are_shifted(day):
    assert Scrubber.of(Identity(), dates=True).text(f"seen {day}, HR 120") == "seen [date], HR 120"
    assert Scrubber.of(Identity()).text(day) == day


def test_measurements_are_no_dates():
    said = "QT/QTc 412/430 ms, axis 12.5 -3.25, 10.2.1 sec, 1200 ms, v3.10"
    assert Scrubber.of(Identity(), dates=True).text(said).startswith("QT/QTc 412/430 ms, axis 12.5")


def test_an_identity_of_nothing_or_of_placeholders_changes_no_text():
    for nobody in (Identity(), Identity("X", "X X X", "X", ("", "XXX"))):
        assert Scrubber.of(nobody).text("lead X, XXX, X X X") == "lead X, XXX, X X X"


def test_the_notes_of_annotations_are_scrubbed_and_their_places_kept():
    given = AnnotationSet("a", 500.0, (Annotation(3, '"', aux_note="Clark"), Annotation(9, "N")))
    out = Scrubber.of(CLARK).annotations(given)
    assert out.annotations == (Annotation(3, '"', aux_note="[removed]"), Annotation(9, "N"))


def test_dates_of_one_patient_move_by_one_number_of_days_and_another_key_gives_another():
    key = b"k" * 32
    assert days_back(key, "a") == days_back(key, "a")
    found = {days_back(key, f"p{number}") for number in range(300)}
    assert len(found) > 250
    assert all(1 <= days <= SPAN_DAYS for days in found)
    assert [days_back(b"j" * 32, f"p{n}") for n in range(9)] != [
        days_back(key, f"p{n}") for n in range(9)
    ]
    assert mark_of(None) is None
    assert mark_of(key) != mark_of(b"j" * 32)


def test_the_patient_is_who_the_header_says_before_anything_else():
    assert whose(CLARK, "r") == ("id SBJ-123", True)
    assert whose(Identity(name="A", birth_date="1950"), "r") == ("name A 1950", True)
    assert whose(Identity(), "r") == ("record r", False)


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"
    key = secret_key(path, tmp_path / "out")
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_key(path, tmp_path / "out") == key


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("hello\n"), "is no key"),
        (lambda path: path.write_bytes(b"\xff" * 64), "is no key"),
        (lambda path: path.write_text("ab" * 31), "is no key"),
        (lambda path: (path.write_text("ab" * 32), path.chmod(0o644)), "chmod 600"),
        (lambda path: path.mkdir(), "cannot be read"),
    ],
)
def test_a_key_that_will_not_do_says_why(tmp_path, make, words):
    path = tmp_path / "key"
    make(path)
    if path.is_file() and "chmod" not in words:
        path.chmod(0o600)
    if path.is_dir():
        path.chmod(0o700)
    with pytest.raises(ConfigError, match=words):
        secret_key(path, tmp_path / "out")


def test_a_key_does_not_lie_in_the_archive_that_it_protects(tmp_path):
    with pytest.raises(ConfigError, match="lies in the archive"):
        secret_key(tmp_path / "out" / "deep" / "key", tmp_path / "out")
