"""What columns are called that name people and recordings, in any case and four languages."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.whose.identity_words import looks_like_a_person, looks_like_one

N = 400
PERSONS = [
    "Patientennummer",
    "ssn",
    "pseudonym",
    "pseudo_id",
    "chart_no",
    "user_id",
    "PatNr",
    "Patienten-ID",
    "Versichertennummer",
    "Akten-Nr",
    "KVNR",
    "NuméroPatient",
    "n°_patient",
    "Nom",
    "Prénom",
    "num_dossier",
    "IPP",
    "NHC",
    "id_paciente",
    "numero_de_paciente",
    "Apellidos",
    "historia_clinica",
    "mrn_hash",
]
OTHERS = [
    "Fallnummer",
    "Fall-ID",
    "csn",
    "accession_number",
    "AccessionNumber",
    "study_instance_uid",
    "StudyInstanceUID",
    "order_id",
    "device_id",
    "DeviceSerialNumber",
    "serial_no",
    "bed",
    "BedNo",
    "room",
    "station",
    "run",
    "trial",
    "key",
    "Bett",
    "Bettnummer",
    "Zimmer",
    "Gerät",
    "Geräte-ID",
    "Seriennummer",
    "Schlüssel",
    "Auftragsnummer",
    "num_sejour",
    "chambre",
    "numero_lit",
    "cama",
    "habitación",
    "caso_id",
]
NOBODY = [
    "fall",
    "vt_run",
    "af_episode",
    "sort_order",
    "order",
    "n",
    "age",
    "sex",
    "hr",
    "label",
    "rhythm",
    "beat",
    "quality",
    "lead",
    "segment_id",
    "window",
    "second",
    "epoch",
    "noise",
    "class",
    "II",
    "V5",
    "ABP",
    "time_ms",
    "unit",
    "gain",
    "fs",
    "status",
    "event",
    "stage",
    "activity",
    "posture",
    "battery",
    "runtime",
    "keyframe",
    "stationary",
    "monitoring",
    "pause",
    "path_length",
    "nir",
    "device_temp",
    "befund",
]


@pytest.mark.parametrize("name", [*PERSONS, *OTHERS])
def test_names_of_people_and_recordings_are_known_in_any_case_and_language(name):
    assert looks_like_one(name)
    assert looks_like_one(name.upper())
    assert looks_like_one(name.lower())
    assert looks_like_a_person(name) == (name in PERSONS)


@pytest.mark.parametrize("name", NOBODY)
def test_labels_measures_and_counters_are_no_names(name):
    assert not looks_like_one(name)


@pytest.mark.parametrize("name", ["Patientennummer", "device_id", "AccessionNumber", "run", "cama"])
def test_rows_of_two_by_such_a_column_are_left_out(tmp_path, name):
    held = {name: pa.array(np.repeat(["A1", "B2"], N)), "II": np.sin(np.arange(2 * N))}
    pq.write_table(pa.table(held, metadata={"fs": "250"}), tmp_path / "r.parquet")
    source = scan([tmp_path])
    (problem,) = source.problems
    assert not source.records()
    assert f"row {N} has another one than the rows before it" in str(problem)
    assert f'record_column = "{name}"' in str(problem)


def test_parts_of_a_record_with_another_pseudonym_are_not_one_record(tmp_path):
    (tmp_path / "session=1").mkdir()
    for part, name in enumerate("AB"):
        held = {"pseudonym": [name] * N, "time_s": np.arange(N) / 250 + 4 * part}
        table = pa.table({**held, "II": np.sin(np.arange(N))})
        pq.write_table(table, tmp_path / f"session=1/part-{part}.parquet")
    source = scan([tmp_path])
    assert [one.length_at(one.fs) for one in source.records()] == [N]
    assert "record '1' is left out here" in str(source.problems[0])
