"""A drafted mapping is one, and changes nothing of what is understood."""

import numpy as np
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.drafting import draft
from ecgstream.storage.foreign.mapping import Reading, parsed
from tests.archives import wide  # noqa: F401 - registers
from tests.archives.kit import LAYOUTS, ecg, save
from tests.contracts.source import physical, same
from tests.stored import timestamps, write_plain


@pytest.mark.parametrize("name", [n for n, one in LAYOUTS.items() if one.mapping is None])
def test_what_is_understood_is_understood_alike_with_the_draft(tmp_path, name):
    layout = LAYOUTS[name]
    expected = layout.write(tmp_path)
    said = Reading(
        fs=layout.fs and parsed(b'table = [{files = "", fs = 250}]', "m").tables[0].rate()
    )
    text = draft([tmp_path], said)
    source = scan([tmp_path], reading=Reading(parsed(text.encode(), "drafted.toml"), said.fs))
    assert [str(one) for one in source.problems] == []
    assert {one.record for one in source.records()} == set(expected)
    for record in source.records():
        assert record.start_time == expected[record.record].start_time
        for lead in record.leads:
            of = expected[record.record].leads[lead.name]
            told = (lead.fs, lead.unit, lead.gain, lead.baseline, lead.kind)
            assert told == (float(of.fs), of.unit, of.gain, of.baseline, of.kind)
            (column,) = source.read(record.record, [lead.name], 0, lead.length)
            assert same(physical(column), of.values)


def test_what_is_left_out_is_drafted_with_the_reason_and_what_to_fill_in(tmp_path):
    for number in range(3):
        save(tmp_path / f"odd/{number}.parquet", {"when": np.arange(9) * 1.0, "chan": ecg(9)})
    save(tmp_path / "odd/good.parquet", {"time_ms": np.arange(99) * 4, "II": ecg(99)})
    write_plain(tmp_path / "patient_id=P/lead=II", timestamps(np.arange(9), 360), ecg(9))
    text = draft([tmp_path])
    assert text.count("[[table]]") == 4
    assert "# left out: has the columns when, chan; expected leads by their names" in text
    assert '# ?? [table.signals."chan"]' in text
    filled = text.replace("# ?? ", "").replace('  or  time = "none"', "").replace("COLUMN", "when")
    filled = filled.replace('{ column = "when", unit = "UNIT" }', '{ column = "when", unit = "s" }')
    filled = filled.replace("RATE", "1").replace("UNIT", "mV").replace("LEAD", "II")
    source = scan([tmp_path], reading=Reading(parsed(filled.encode(), "filled.toml")))
    assert source.problems == ()
    records = {one.record: one.fs for one in source.records()}
    assert records == {"P": 360, "odd.good": 250, "odd.0": 1, "odd.1": 1, "odd.2": 1}


def test_an_archive_that_needs_no_mapping_is_told_so(tmp_path):
    write_plain(tmp_path / "patient_id=P/lead=II", timestamps(np.arange(9), 360), ecg(9))
    assert "There is no file that needs one" in draft([tmp_path])


def test_files_alike_in_folders_have_one_table_with_a_pattern(tmp_path):
    for patient in ("100", "119"):
        for lead in ("MLII", "V1"):
            folder = tmp_path / f"patient_id={patient}/lead={lead}"
            save(folder / "9f0c-0.parquet", {"time_ms": np.arange(99) * 4, "value": ecg(99)})
    save(tmp_path / "other/x.parquet", {"time_ms": np.arange(99) * 4, "II": ecg(99)})
    text = draft([tmp_path])
    assert text.count("[[table]]") == 2
    assert "# 4 files, such as patient_id=100/lead=" in text
    assert "# 1 file: other/x.parquet" in text
    source = scan([tmp_path], reading=Reading(parsed(text.encode(), "drafted.toml")))
    assert {one.record: len(one.leads) for one in source.records()} == {
        one.record: len(one.leads) for one in scan([tmp_path]).records()
    }
