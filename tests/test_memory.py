"""Records in memory."""

import numpy as np
import pytest

from ecgstream.model.record import ECG, Lead, Record
from ecgstream.storage.memory import MemorySource
from tests.contracts.source import SourceContract, contents


def lead(name, length, dtypes):
    return Lead(name, "mV", 1.0, 0.0, ECG, 100.0, length, dtypes)


def record(name, *leads):
    return Record(name, name, leads, None, None, None, None)


class TestMemorySource(SourceContract):
    @pytest.fixture(scope="class")
    @classmethod
    def source(cls):
        made = MemorySource(piece=1_000)
        by_record = {}
        for (name, lead_name), values in contents().items():
            by_record.setdefault(name, {})[lead_name] = values
        for name, leads in by_record.items():
            described, samples = [], {}
            for lead_name, values in leads.items():
                whole = lead_name != "II"
                dtypes = ("i2", "i4", "f4", "f8") if whole else ("f8",)
                described.append(lead(lead_name, len(values), dtypes))
                samples[lead_name] = np.nan_to_num(values, nan=-32768) if whole else values
            made.add(record(name, *described), samples)
        return made


def test_samples_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"lead 'I': expected \(5,\), got \(4,\)"):
        MemorySource().add(record("r", lead("I", 5, ("f8",))), {"I": np.zeros(4)})
    with pytest.raises(ValueError, match="got None"):
        MemorySource().add(record("r", lead("I", 5, ("f8",))), {})


def test_a_lead_of_no_samples_has_one_edge():
    source = MemorySource()
    source.add(record("r", lead("I", 0, ("f8",))), {"I": np.zeros(0)})
    assert source.edges("r", "I").tolist() == [0]
    assert source.gaps("r", "I").shape == (0, 2)
