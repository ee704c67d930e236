"""Make digests.json: `python tests/vectors/make_digests.py FOLDER_OF_ORIGINALS`.

Digests of the samples of every lead in `data/`, taken from the ORIGINAL files as the `wfdb` package
itself reads them. Nothing of ecgstream is imported here: what the importer, the archive, the server
and the wire make of a record can be held against these. FOLDER_OF_ORIGINALS is as for
`data/make.py`.

For each lead (names are the originals', none is doubled):

- `fs`, `length`, `unit`: of the original's header; `missing` samples, in `gaps` runs.
- `digital`: SHA-256 over `length` little-endian int64, ADC units as `rdrecord(physical=False)` gives
  them, a missing sample being INT64_MIN (-9223372036854775808). Null where the gain changes within
  the record: there is no one digital scale then, and the package itself refuses.
- `physical`: SHA-256 over `length` little-endian float64, as `rdrecord()` gives them, that is
  (digital - baseline) / gain in float64, a missing sample being the quiet NaN 0x7ff8000000000000.

A sample is missing where the package gives NaN. `plain` is the lead in the plain layout: the first
300 s of MLII of record 100, its `voltage` digested as `physical`.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import wfdb

MISSING_DIGITAL = np.iinfo(np.int64).min

RECORDS = {
    "mitdb": [f"mitdb/{n}" for n in (100, 102, 105, 119, 203, 207)],
    "cpsc2021": ["afib_cpsc2021/data_92_4", "afib_cpsc2021/data_101_6"],
    "ptbdb": ["twelve_lead/s0010_re"],
    "ptbxl": ["twelve_lead/00001_lr", "twelve_lead/HR06001"],
    "georgia": ["twelve_lead/E07500"],
    "cpsc2018": ["twelve_lead/A0001"],
    "mimic2": [
        "icu/s25047/s25047-2704-05-04-10-44",
        "icu/s25047/s25047-2704-05-04-10-44n",
    ],
    "challenge2015": ["icu/a103l"],
}
"""Folder in `data/`: its originals."""


def digest_digital(values, missing):
    held = np.array(values, dtype="<i8")
    held[missing] = MISSING_DIGITAL
    return hashlib.sha256(held.tobytes()).hexdigest()


def digest_physical(values):
    held = np.array(values, dtype="<f8")
    held[np.isnan(held)] = np.nan
    return hashlib.sha256(held.tobytes()).hexdigest()


def digests(path):
    physical = wfdb.rdrecord(path)
    try:
        digital = wfdb.rdrecord(path, physical=False).d_signal
    except Exception as error:
        # The only thing it may refuse: a gain that changes between segments.
        if "cannot be converted to single segment" not in str(error):
            raise
        digital = None
    units = getattr(physical, "units", None)
    leads = {}
    for number, name in enumerate(physical.sig_name):
        values = physical.p_signal[:, number]
        missing = np.isnan(values)
        leads[name] = {
            "fs": physical.fs,
            "length": len(values),
            "unit": units[number] if units else None,
            "missing": int(missing.sum()),
            "gaps": int((np.diff(missing.astype(int), prepend=0) == 1).sum()),
            "digital": None if digital is None else digest_digital(digital[:, number], missing),
            "physical": digest_physical(values),
        }
    return leads


def main():
    originals = Path(sys.argv[1])
    records = {
        f"{Path(name).name}-pq": {
            "folder": folder,
            "original": name,
            "leads": digests(str(originals / name)),
        }
        for folder, names in RECORDS.items()
        for name in names
    }
    out = Path(__file__).with_name("digests.json")
    plain = wfdb.rdrecord(str(originals / "mitdb" / "100"), channels=[0], sampto=300 * 360)
    said = {
        "records": records,
        "plain": {
            "file": "plain/patient_id=mitdb-100/lead=MLII/part-0.parquet",
            "fs": plain.fs,
            "length": plain.sig_len,
            "physical": digest_physical(plain.p_signal[:, 0]),
        },
    }
    out.write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
