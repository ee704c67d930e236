"""The table that a finding proposes is for the files of its record: pasted, no other one changes."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.archive.checking import check
from ecgstream.archive.whole import Whole
from ecgstream.storage.catalog import scan
from ecgstream.storage.derived.verdicts import Verdicts
from ecgstream.storage.foreign.mapping import Reading, parsed
from ecgstream.storage.foreign.proposing import spelled

X = np.sin(np.arange(3_600) / 40)
COUNTS = (200 * X).astype(np.int32)


def save(folder, path, gain=None, **columns):
    metadata = {"fs": "360", "unit": "mV"} | ({} if gain is None else {"gain": str(gain)})
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, metadata=metadata), folder / path)


def details(folder, kind, kept=None, **reading):
    """Return what is said of each record by findings of `kind`."""
    told = check(Whole((str(folder),), reading=Reading(**reading)), kept=kept)
    records = [one for one in told if hasattr(one, "verdict")]
    return {
        one.record.record: spelled(found.detail)
        for one in records
        for found in one.verdict.findings
        if found.kind == kind
    }


def pasted(detail):
    return parsed(detail.partition("say in a mapping:\n")[2].encode(), "m")


def held(folder, mapping=None):
    source = scan([folder], reading=Reading(mapping=mapping))
    assert not source.problems
    return {
        one.record: {
            lead.name: [int(n) for n in np.diff(source.gaps(one.record, lead.name)).ravel()]
            for lead in one.leads
        }
        for one in source.records()
    }


@pytest.fixture
def broad(tmp_path):
    """9999 is missing in one file, and a voltage in another one of its name."""
    odd, high = COUNTS.copy(), (20_000 * X).astype(np.int32)
    odd[100:200], high[(high > 9_000) & (high < 11_000)] = 9_999, 9_999
    save(tmp_path, "r1/ecg.parquet", 200, II=odd)
    save(tmp_path, "r2/ecg.parquet", 20_000, II=high)
    return tmp_path


def test_what_means_missing_in_one_file_stays_a_voltage_in_others_of_its_name(broad):
    assert held(broad) == {"r1.ecg": {"II": []}, "r2.ecg": {"II": []}}
    (detail,) = details(broad, "sentinel").values()
    assert '\nfiles = "r1/ecg.parquet"\nmissing = [9999]' in detail
    assert held(broad, pasted(detail)) == {"r1.ecg": {"II": [100]}, "r2.ecg": {"II": []}}


def test_a_column_that_one_file_has_leaves_no_other_out(tmp_path):
    save(tmp_path, "r1/ecg.parquet", II_raw=X, V5=X / 2)
    save(tmp_path, "r2/ecg.parquet", II=X, I=X / 3, V5=X / 2)
    (detail,) = details(tmp_path, "not_shown").values()
    assert '\nfiles = "r1/ecg.parquet"\n' in detail
    assert {one: set(leads) for one, leads in held(tmp_path, pasted(detail)).items()} == {
        "r1.ecg": {"II_raw", "V5"},
        "r2.ecg": {"II", "I", "V5"},
    }


@pytest.mark.parametrize("beside", [False, True])
def test_parts_of_a_record_are_all_named_and_nothing_beside_them(tmp_path, beside):
    odd = COUNTS.copy()
    odd[50:60] = 9_999
    for part in range(2):
        time = np.arange(3_600) / 360 + 10 * part
        save(tmp_path, f"rec=5/part-{part}.parquet", 200, time_s=time, II=odd)
    if beside:
        # Another lead of the record, to which that is no such value.
        save(tmp_path, "rec=5/resp.parquet", RESP=9_999 * np.round(X))
    (detail,) = details(tmp_path, "sentinel").values()
    named = [line for line in detail.splitlines() if line.startswith("files = ")]
    both = [f'files = "rec=5/part-{part}.parquet"' for part in range(2)]
    assert named == (both if beside else ['files = "rec=5/*.parquet"'])
    served = held(tmp_path, pasted(detail))["5"]
    assert served.pop("II") == [10, 10]
    assert served == ({"RESP": []} if beside else {})


def test_a_single_file_as_the_data_root_is_named_too(broad):
    (detail,) = details(broad / "r1/ecg.parquet", "sentinel").values()
    assert '\nfiles = "ecg.parquet"\n' in detail
    assert held(broad / "r1/ecg.parquet", pasted(detail)) == {"ecg": {"II": [100]}}


def test_the_kept_verdict_of_a_copy_names_the_file_of_the_copy(broad, tmp_path):
    kept = Verdicts(None)
    assert 'files = "r1/ecg.parquet"' in details(broad, "sentinel", kept)["r1.ecg"]
    (broad / "r3").mkdir()
    (broad / "r3/ecg.parquet").write_bytes((broad / "r1/ecg.parquet").read_bytes())
    told = details(broad, "sentinel", kept)
    assert 'files = "r1/ecg.parquet"' in told["r1.ecg"]
    assert 'files = "r3/ecg.parquet"' in told["r3.ecg"]
