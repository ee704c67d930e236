"""An excerpt knows its samples, what is missing and why, and its digest."""

import hashlib

import numpy as np
import pytest

from ecgstream.errors import BadField, SourceCorrupt
from ecgstream.model.annotation import Annotation
from ecgstream.model.excerpt import Excerpt, Gap
from ecgstream.model.record import Lead, Record
from ecgstream.storage import marks
from ecgstream.storage.catalog import scan
from ecgstream.storage.hive import write_annotations
from tests.serving import DATA
from tests.stored import footer

GONE = -(2**15)


def excerpt(*samples, corrupt=None, dtype="i2", start=100):
    leads = tuple(
        Lead(f"L{k}", "mV", 10.0, 5.0, "ecg", 250.0, 10_000, (dtype,)) for k in range(len(samples))
    )
    parts = tuple(np.array(one, f"<{dtype}") for one in samples)
    record = Record("r", "p", leads, None, None, None, None)
    return Excerpt(record, leads, start, start + len(parts[0]), parts, corrupt or {})


def test_physical_values_are_those_of_the_formula_and_nan_where_missing():
    found = excerpt([5, 15, GONE]).physical(0)
    assert found[:2].tolist() == [0.0, 1.0]
    assert np.isnan(found[2])


def test_gaps_are_in_samples_of_the_record_with_their_reasons():
    found = excerpt([1, GONE, GONE, GONE, 2, GONE], corrupt={"L0": [(102, 104)]})
    assert found.gaps(0) == [
        Gap(101, 102, "missing"),
        Gap(102, 104, "corrupt"),
        Gap(105, 106, "missing"),
    ]


def test_infinity_is_a_gap_for_what_is_drawn():
    found = excerpt([1.0, np.inf, np.nan, 2.0], dtype="f8")
    assert found.gaps(0) == [Gap(101, 102, "infinite"), Gap(102, 103, "missing")]


def test_the_digest_is_of_the_stored_bytes_lead_after_lead():
    one = excerpt([1, GONE], [3, 4])
    raw = np.array([1, GONE, 3, 4], "<i2").tobytes()
    assert one.digest() == hashlib.sha256(raw).hexdigest()
    assert one.digest() != excerpt([3, 4], [1, GONE]).digest()


def test_a_cut_takes_along_what_lies_in_it():
    one = excerpt(list(range(10)), corrupt={"L0": [(100, 102), (104, 109)]})
    whole = Excerpt(
        one.record, one.leads, one.start, one.stop, one.samples, one.corrupt,
        {"atr": [Annotation(103, "N"), Annotation(108, "V")]},
    )  # fmt: skip
    part = whole.cut(103, 106)
    assert part.samples[0].tolist() == [3, 4, 5]
    assert part.corrupt == {"L0": [(104, 106)]}
    assert part.annotations == {"atr": [Annotation(103, "N")]}


def test_stored_annotations_are_read_at_the_rate_of_the_leads(tmp_path):
    said = footer(content="annotations", annotator="my set", fs=100.0, length=1_000)
    file = write_annotations(
        tmp_path, said, [Annotation(10, "N"), Annotation(500, "V", aux_note="x")]
    )
    found = marks.read([str(file)], ["my set"], 200.0, 15, 2_000)
    assert found == {"my set": [Annotation(20, "N"), Annotation(1_000, "V", aux_note="x")]}


def test_the_sets_of_a_record_go_by_their_annotators():
    source = scan([str(DATA / "mitdb")])
    assert list(marks.names(source.annotations("100-pq"))) == ["atr"]
    assert marks.names([]) == {}


def test_a_set_that_is_not_there_or_not_readable_is_an_error_of_ours(tmp_path):
    with pytest.raises(BadField, match="it has none"):
        marks.read([], ["atr"], 1.0, 0, 1)
    bad = tmp_path / "annotations-atr.parquet"
    bad.write_bytes(b"PAR1 no")
    with pytest.raises(SourceCorrupt):
        marks.read([str(bad)], ["atr"], 1.0, 0, 1)
