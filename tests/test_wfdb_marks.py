"""WFDB annotation files to the bit, held against the package that everybody has."""

import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.errors import ExportFailed, ImportFailed
from ecgstream.formats.wfdb_annotations import read_annotations
from ecgstream.formats.wfdb_marks import CODES, decoded, encoded
from ecgstream.model.annotation import SYMBOLS, Annotation
from tests.serving import ROOT

FILES = sorted((ROOT / "tests" / "data").rglob("*.atr"))

MARKS = st.lists(
    st.builds(
        Annotation,
        sample=st.one_of(st.integers(0, 3_000), st.integers(0, 2**40)),
        symbol=st.sampled_from([*SYMBOLS, "own", "ø2", "[15]", "[42]"]),
        subtype=st.integers(-128, 127),
        chan=st.integers(0, 255),
        num=st.integers(-128, 127),
        aux_note=st.text(max_size=60).map(lambda text: text.rstrip("\0")),
    ),
    max_size=20,
)


def ordered(marks):
    return sorted(marks, key=lambda one: one.sample)


def test_every_symbol_has_a_code_of_its_own():
    assert set(CODES) == set(SYMBOLS)
    assert len(set(CODES.values())) == len(CODES)


@given(MARKS, st.sampled_from([250.0, 360.0, 999.5, 128.00123]))
def test_what_is_written_is_read_again(marks, fs):
    assert decoded(encoded(marks, fs), "x") == (fs, ordered(marks))


@given(
    st.lists(
        st.builds(
            Annotation,
            # The package takes a comment at sample 0 for a word on the file, and drops it.
            sample=st.integers(1, 2**31 - 1),
            symbol=st.sampled_from(sorted(SYMBOLS)),
            subtype=st.integers(-128, 127),
            chan=st.integers(0, 255),
            num=st.integers(-128, 127),
            aux_note=st.text(string.ascii_letters + string.digits + " (+", max_size=255),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_package_reads_the_same(tmp_path_factory, marks):
    file = tmp_path_factory.mktemp("wfdb") / "r.atr"
    file.write_bytes(encoded(marks, 360.0))
    found = read_annotations(file, 1.0)
    assert found.fs == 360.0
    assert list(found.annotations) == ordered(marks)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_of_others_is_read_as_the_package_reads_it(file):
    fs, marks = decoded(file.read_bytes(), file.name)
    theirs = read_annotations(file, 360.0)
    assert marks == list(theirs.annotations)
    assert fs in {None, theirs.fs}


def test_a_comment_at_the_beginning_is_kept_and_a_word_on_the_file_is_none():
    marks = [Annotation(0, '"', aux_note="## my note"), Annotation(0, '"', aux_note="first")]
    assert decoded(encoded(marks, 100.0), "x") == (100.0, marks)
    late = [Annotation(0, "N"), Annotation(0, '"', aux_note="## time resolution: 5")]
    assert decoded(encoded(late, 100.0), "x") == (100.0, late)


def test_a_note_of_before_utf8_is_latin_1():
    data = encoded([Annotation(5, '"', aux_note="aXb")], 100.0).replace(b"aXb", b"a\xe9b")
    assert decoded(data, "x")[1][0].aux_note == "aéb"


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([Annotation(1, f"own{k}") for k in range(9)], "may define 8 symbols of its own"),
        ([Annotation(1, "two words")], "has a blank in it"),
        ([Annotation(7, "N", chan=256)], "sample 7: subtype 0, chan 256"),
        ([Annotation(7, "N", aux_note="é" * 128)], "sample 7: aux_note has 256 bytes"),
    ],
)
def test_what_has_no_place_in_a_file_is_named(marks, said):
    with pytest.raises(ExportFailed, match=said):
        encoded(marks, 100.0)


@given(st.binary(max_size=200))
def test_what_is_no_annotation_file_is_refused_or_read_but_nothing_else(data):
    with suppress(ImportFailed):
        assert all(one.sample >= 0 for one in decoded(data, "x")[1])


def test_a_file_that_was_cut_off_says_so():
    data = encoded([Annotation(5, "N"), Annotation(5_000, "V", aux_note="a note")], 100.0)
    for end in (*range(0, len(data) - 2, 2), 1, 3):
        with pytest.raises(ImportFailed, match="x: "):
            decoded(data[:end], "x")
