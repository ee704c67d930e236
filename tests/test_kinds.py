import pytest

from ecgstream.model.kinds import kind_of


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            "ecg",
            "I II III aVR avl AVF V V1 v6 V3R V4R MLII MLIII ML5 MV2 MCL1 CM5 D3 DII mod.V1 ECG ECG1 ECG#2 vx VY vz i x",
        ),
        ("abp", "ABP ART UAP"),
        ("pleth", "PLETH Pleth"),
        ("resp", "RESP Resp"),
        ("eeg", "EEG C4-A1"),
        ("other", "foo ICG Sound NASAL"),
    ],
)
def test_names_of_the_databases_are_known(kind, names):
    assert {
        name: kind_of(name, "mV" if kind == "ecg" else "NU", 250) for name in names.split()
    } == dict.fromkeys(names.split(), kind)


def test_lead_names_of_several_words_are_known():
    assert kind_of("ECG lead II", "mV", 360) == "ecg"
    assert kind_of("Lead I (Einthoven)", "uV", 500) == "ecg"
    assert kind_of("EEG (C4-A1)", "mV", 250) == "eeg"
    assert kind_of("Resp (sum)", "l", 250) == "resp"


def test_derived_values_are_numerics_by_unit_name_or_rate():
    assert kind_of("RESP", "pm", 125) == "numeric"
    assert kind_of("SpO2", "%", 125) == "numeric"
    assert kind_of("HR", "bpm", 1) == "numeric"
    assert kind_of("NBPSys", "mmHg", 1 / 60) == "numeric"
    assert kind_of("ABPMean", "mmHg", 125) == "numeric"
    assert kind_of("II", "mV", 1) == "numeric"


def test_a_pressure_is_no_ecg_and_an_x_in_no_volts_is_none():
    assert kind_of("II", "mmHg", 250) == "other"
    assert kind_of("x", "g", 250) == "other"
    assert kind_of("ECG", None, 250) == "ecg"
