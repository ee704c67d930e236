"""Which leads a choice means."""

import pytest

from ecgstream.errors import BadField, LeadNotFound
from ecgstream.model.record import common_dtype
from tests.doubles import lead, record

PLETH = lead("PLETH", 500, fs=125.0, kind="ppg")
ALL = record("r", PLETH, lead("II", 100), lead("V5", 200), lead("II#2", 50, fs=500.0))


def names(leads):
    return [one.name for one in leads]


def test_nil_is_every_ecg_lead_at_the_rate_of_the_first():
    assert names(ALL.choose(None)) == ["II", "V5"]
    assert names(ALL.choose(None, 500.0)) == ["II#2"]


def test_a_record_without_ecg_gives_all_at_its_first_rate():
    assert names(record("r", PLETH, lead("II", kind="resp")).choose(None)) == ["PLETH"]


def test_leads_keep_the_order_asked_for():
    assert names(ALL.choose(["V5", "II"])) == ["V5", "II"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ([], BadField),
        (["II", "II"], BadField),
        (["II", "II#2"], BadField),
        (["II", "X"], LeadNotFound),
        (["ii"], LeadNotFound),
    ],
)
def test_a_choice_that_cannot_be_is_refused(asked, error):
    with pytest.raises(error):
        ALL.choose(asked)
    with pytest.raises(BadField):
        ALL.choose(["II"], 500.0)


def test_length_is_that_of_the_longest_lead_at_a_rate():
    assert (ALL.fs, ALL.length, ALL.length_at(500.0), ALL.length_at(1.0)) == (360.0, 200, 50, 0)


@pytest.mark.parametrize(
    ("dtypes", "common"),
    [
        ([("i2", "i4", "f4", "f8")], "i2"),
        ([("i2", "i4", "f4", "f8"), ("i4", "f4", "f8")], "i4"),
        ([("i2", "i4", "f4", "f8"), ("f4", "f8")], "f4"),
        ([("i4", "f8"), ("f4", "f8")], "f8"),
        ([("f8",), ("i2", "i4", "f4", "f8")], "f8"),
    ],
)
def test_the_first_type_that_carries_every_lead_is_taken(dtypes, common):
    assert common_dtype([lead(str(k), 1, one) for k, one in enumerate(dtypes)]) == common


def test_leads_that_no_one_type_carries_are_refused():
    with pytest.raises(BadField, match="subscribe to them apart"):
        common_dtype([lead("a", 1, ("i4",)), lead("b", 1, ("f4",))])
