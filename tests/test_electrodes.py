"""The hint of swapped arm electrodes: on real twelve-lead records, as they are and swapped."""

import numpy as np
import pytest

from ecgstream.analysis.electrodes import Arms
from ecgstream.storage.catalog import scan
from tests.limb_leads import arms_swapped, limb_leads
from tests.serving import DATA

FS = 250.0
TWELVE = ("A0001-pq", "E07500-pq", "HR06001-pq", "s0010_re-pq", "00001_lr-pq")


def gathered(leads, fs=FS):
    arms = Arms(fs)
    for low in range(0, len(leads["I"]), round(10 * fs)):
        part = slice(low, low + round(10 * fs))
        arms.add(leads["I"][part], leads["aVR"][part], leads["II"][part])
    return arms


def real(record):
    source = scan([DATA])
    about = source.record(record)
    names = {"I": "I", "II": "II", "III": "III", "AVR": "aVR", "AVL": "aVL", "AVF": "aVF"}
    found = {}
    for lead in about.leads[:6]:
        (column,) = source.read(record, [lead.name], 0, lead.length)
        found[names[lead.name.upper()]] = (column.samples - lead.baseline) / lead.gain
    return found, about.fs


def test_a_made_heart_is_no_hint_and_the_same_one_swapped_is():
    leads = limb_leads()
    assert gathered(leads).beats > 20
    assert not gathered(leads).suspicious()
    assert gathered(arms_swapped(leads)).suspicious()


@pytest.mark.parametrize("record", TWELVE)
def test_no_real_record_as_it_is_gives_the_hint(record):
    leads, fs = real(record)
    assert gathered(leads, fs).beats >= 5
    assert not gathered(leads, fs).suspicious()


@pytest.mark.parametrize("record", ["E07500-pq", "HR06001-pq", "00001_lr-pq"])
def test_real_records_with_upright_waves_in_i_give_it_when_swapped(record):
    leads, fs = real(record)
    assert gathered(arms_swapped(leads), fs).suspicious()


def test_without_p_waves_there_is_no_hint():
    leads = arms_swapped(limb_leads())
    fs, before = FS, round(0.24 * FS)
    arms = Arms(fs)
    arms.add(leads["I"], leads["aVR"], leads["II"])
    assert arms.suspicious()
    # The QRS complex alone points down in many hearts.
    peaks = np.flatnonzero((leads["I"] < -0.5) & (leads["I"] <= np.roll(leads["I"], 1)))
    for name in ("I", "aVR"):
        for peak in peaks.tolist():
            if peak > before:
                leads[name][peak - before : peak - 12] = leads[name][peak - 13]
    arms = Arms(fs)
    arms.add(leads["I"], leads["aVR"], leads["II"])
    assert not arms.suspicious()


def test_few_beats_are_no_ground_for_a_hint():
    leads = arms_swapped(limb_leads(seconds=4.0))
    assert not gathered(leads).suspicious()
