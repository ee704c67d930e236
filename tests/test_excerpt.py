"""An excerpt knows its samples, what is missing and why, and its digest."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from ecgstream.archive.exporting import annotations_of
from ecgstream.archive.ordering import Order
from ecgstream.errors import BadField
from ecgstream.model.annotation import Annotation
from ecgstream.model.excerpt import Excerpt, Gap
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource

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


def test_stored_annotations_are_read_at_the_rate_of_the_leads():
    source = MemorySource()
    lead = Lead("II", "mV", 1.0, 0.0, "ecg", 200.0, 2_000, ("i2",))
    record = Record("r", "p", (lead,), None, None, None, None)
    source.add(record, {"II": np.zeros(2_000, np.int16)})
    marked = [Annotation(10, "N"), Annotation(500, "V", aux_note="x"), Annotation(7, "N")]
    source.annotate("r", "my set", marked, fs=100.0)
    order = Order("csv", 15, 2_000, ("II",), annotations=("my set",))
    found = annotations_of(source, "r", order, 200.0)
    assert found == {"my set": [Annotation(20, "N"), Annotation(1_000, "V", aux_note="x")]}
    with pytest.raises(BadField, match="it has my set"):
        annotations_of(source, "r", replace(order, annotations=("atr",)), 200.0)
