"""Annotations that last: from a source's duration to what a viewer is told, and out again."""

from concurrent.futures import ThreadPoolExecutor

import edfio
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream.archive.exporting import export
from ecgstream.archive.importing import import_archive
from ecgstream.archive.ordering import Order
from ecgstream.formats.csv_reading import open_file
from ecgstream.model.annotation import COMMENT, POINT, Annotation, Annotations, in_words
from ecgstream.storage.catalog import scan
from ecgstream.web import faults, records
from tests.made_edf import File, Made

FS = 100


@pytest.fixture
def source(tmp_path):
    """A recording of 6 s, whose first sample is 1 s after the start in its header."""
    ramp = np.arange(6 * FS).reshape(6, FS)
    tals = {
        0: b"+0.5\x151\x14before it\x14\0",
        1: b"+2.5\x150.75\x14noise\x14\0+3\x14a point\x14\0",
        2: b"+0.2\x150.3\x14long gone\x14\0+5\x15999999999999\x14for ever\x14\0",
    }
    file = File(
        [Made(ramp, "ECG II"), Made(ramp, "ECG V5")],
        plus="C",
        onsets=[f"+{k}" for k in range(1, 7)],
        tals=tals,
    )
    (tmp_path / "a.edf").write_bytes(file.encode())
    report = import_archive([tmp_path / "a.edf"], tmp_path / "archive")
    assert not report.failed
    return scan([str(tmp_path / "archive")])


def marks(source, record):
    (head,) = source.annotation_sets(record)
    return [
        (one.sample / head.fs, None if one.stop == POINT else one.stop / head.fs, one.aux_note)
        for one in source.annotations(record, head.name).listed()
    ]


def test_a_duration_is_a_stretch_of_samples_and_begins_with_the_recording_at_the_earliest(source):
    (record,) = source.records()
    assert marks(source, record.record) == [
        (0.0, 0.5, "before it"),
        (1.5, 2.25, "noise"),
        (2.0, None, "a point"),
        (4.0, 400 * 86_400, "for ever"),
    ]


def test_a_viewer_is_told_where_a_stretch_stops_and_of_no_lead(source):
    (record,) = source.records()
    with ThreadPoolExecutor(1) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            answer = client.get(f"/api/v1/records/{record.record}/annotations")
    (one,) = answer.json()["sets"]
    told = {mark["aux_note"]: mark for mark in one["annotations"]}
    assert (told["noise"]["sample"], told["noise"]["stop"]) == (150, 225)
    # EDF's annotations are of the recording, and of no signal.
    assert not {"stop", "lead"} & set(told["a point"])


def test_what_lasts_comes_out_of_edf_and_csv_as_long_as_it_went_in(source, tmp_path):
    (record,) = source.records()
    for kind in ("edf", "csv"):
        order = Order(kind, 0, record.length, ("II",), annotations=("annotations",))
        export(source, record, order, tmp_path / f"out.{kind}", version="1")
    found = edfio.read_edf(tmp_path / "out.edf").annotations
    noise = next(one for one in found if "noise" in one.text)
    assert (noise.onset, noise.duration) == (1.5, 0.75)
    (again,) = open_file(tmp_path / "out.csv").annotations().sets
    assert [(a.sample, a.stop, a.aux_note) for a in again.annotations][1:3] == [
        (150, 225, "noise"),
        (200, POINT, "a point"),
    ]


def test_at_another_rate_a_stretch_stops_where_its_time_does():
    found = Annotations.of(
        [Annotation(5, COMMENT, aux_note="x", stop=11, lead="II"), Annotation(2, "N")]
    ).at(500.0, 250.0)
    assert [(a.sample, a.stop, a.lead) for a in found.listed()] == [
        (1, POINT, None),
        (3, 6, "II"),
    ]
    assert in_words(found.listed()[1], 250.0) == "x (0.012 s)"
    assert Annotations.of([Annotation(2, "N")]).extras is None
