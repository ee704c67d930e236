"""Wall clocks to instants: an hour that is there twice, one that never was."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.times.local_time import Untold, instants, zone_of
from tests.archives.kit import ecg, save

BERLIN = zone_of("Europe/Berlin")
AUTUMN = 1_603_587_600  # 2020-10-25T01:00Z: 03:00 becomes 02:00
SPRING = 1_585_443_600  # 2020-03-29T01:00Z: 02:00 becomes 03:00


def shown(utc, zone):
    """What a clock in the zone shows at these seconds, as seconds."""
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    offsets = [(zero + timedelta(seconds=int(s))).astimezone(zone).utcoffset() for s in utc]
    return utc + np.array([int(one.total_seconds()) for one in offsets])


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.integers(0, 2_000_000_000),
    st.integers(1, 40),
    st.integers(1, 900),
)
def test_a_run_of_rows_comes_back_to_its_instants(name, start, count, step):
    utc = start + np.arange(count) * step
    zone = zone_of(name)
    found = instants(shown(utc, zone), 1, zone)
    # All of it within an hour shown twice: that may be the first or the second time.
    assert (found == utc).all() or len(set((found - utc).tolist())) == 1


@pytest.mark.parametrize("change", [AUTUMN, SPRING])
@pytest.mark.parametrize("per_s", [1, 1_000, 1_000_000_000])
def test_a_change_within_a_run_is_found(change, per_s):
    utc = change - 7_200 + np.arange(14_400)
    assert (instants(shown(utc, BERLIN) * per_s, per_s, BERLIN) == utc * per_s).all()


def test_rows_that_go_on_after_the_second_hour_are_of_it():
    utc = AUTUMN + 1_800 + np.arange(3_600)
    assert (instants(shown(utc, BERLIN), 1, BERLIN) == utc).all()


def test_a_time_that_was_skipped_and_an_hour_in_disorder_are_not_understood():
    with pytest.raises(Untold, match="skipped") as skipped:
        instants(np.array([SPRING, SPRING + 3_600 + 1_800]), 1, BERLIN)
    assert skipped.value.index == 1
    mixed = AUTUMN + 3_600 + np.array([5, 3, 9, 2])
    with pytest.raises(Untold, match="twice"):
        instants(mixed, 1, BERLIN)


def test_offsets_and_names_are_zones_and_the_rest_is_none():
    assert zone_of("UTC") == timedelta(0)
    assert zone_of("-03:30") == -timedelta(hours=3, minutes=30)
    assert zone_of("Europe/Nowhere") is None
    assert zone_of("../etc/passwd") is None


def test_a_naive_record_over_a_change_names_the_row_that_never_was(tmp_path):
    wall = np.array([SPRING + 3_600 + k for k in range(100)])
    path = save(tmp_path / "r.parquet", {"time": (wall * 1_000).astype("M8[ms]"), "II": ecg(100)})
    mapping = parsed(b'table = [{ files = "**", zone = "Europe/Berlin" }]', "m")
    (problem,) = scan([tmp_path], reading=Reading(mapping)).problems
    assert (problem.path, problem.column) == (str(path), "time")
    assert "row 0 is a time that clocks there skipped (Europe/Berlin, mapping)" in str(problem)
