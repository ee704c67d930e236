# ruff: noqa: INP001 - a script beside the data it makes, not a package
"""Make the demo archive anew: `python data/make.py FOLDER_OF_ORIGINALS [OUT]`.

FOLDER_OF_ORIGINALS holds the WFDB files as their databases publish them, in the folders that
`SOURCES` names (`mitdb/100.hea` ...). OUT is `data/` where it is left out. Each source goes into a
folder of its own through the same importer as `ecgstream import`; run again, it changes nothing.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import wfdb

from ecgstream.archive.importing import Options, import_archive

HERE = Path(__file__).parent
PHYSIONET = "Goldberger A, et al. Circulation 101(23):e215-e220 (2000)"


@dataclass(frozen=True, slots=True)
class Source:
    """One database: where its originals lie, and what is to be said of them."""

    folder: str
    originals: tuple[str, ...]
    patient: str
    source: str
    licence: str


SOURCES = (
    Source(
        "mitdb",
        ("mitdb",),
        "mitdb-{name}",
        "made from record {name} of the MIT-BIH Arrhythmia Database 1.0.0 (PhysioNet): Moody GB, "
        "Mark RG. IEEE Eng in Med and Biol 20(3):45-50 (2001), doi:10.13026/C2F305",
        "ODC-By 1.0",
    ),
    Source(
        "cpsc2021",
        ("afib_cpsc2021/data_92_4",),
        "cpsc2021-92",
        "made from record {name} of Paroxysmal Atrial Fibrillation Events Detection (CPSC 2021) "
        "1.0.0 (PhysioNet): Wang X, et al. (2021), doi:10.13026/ksya-qw89",
        "open access with attribution (PhysioNet)",
    ),
    Source(
        "cpsc2021",
        ("afib_cpsc2021/data_101_6",),
        "cpsc2021-101",
        "made from record {name} of Paroxysmal Atrial Fibrillation Events Detection (CPSC 2021) "
        "1.0.0 (PhysioNet): Wang X, et al. (2021), doi:10.13026/ksya-qw89",
        "open access with attribution (PhysioNet)",
    ),
    Source(
        "ptbdb",
        ("twelve_lead/s0010_re",),
        "ptbdb-patient001",
        "made from record {name} of the PTB Diagnostic ECG Database 1.0.0 (PhysioNet): Bousseljot "
        "R, Kreiseler D, Schnabel A. Biomed Tech 40(1):317 (1995), doi:10.13026/C28C71",
        "ODC-By 1.0",
    ),
    Source(
        "ptbxl",
        ("twelve_lead/00001_lr", "twelve_lead/HR06001"),
        "ptbxl-{name}",
        "made from record {name} of PTB-XL (PhysioNet; HR: as in Challenge 2021): Wagner P, et al. "
        "Sci Data 7:154 (2020), doi:10.13026/x4td-x982",
        "CC BY 4.0",
    ),
    Source(
        "georgia",
        ("twelve_lead/E07500",),
        "georgia-{name}",
        "made from record {name} of the Georgia 12-Lead ECG Challenge Database (PhysioNet/CinC "
        "Challenge 2020): Perez Alday EA, et al. Physiol Meas 41:124003 (2020)",
        "CC BY 4.0",
    ),
    Source(
        "cpsc2018",
        ("twelve_lead/A0001",),
        "cpsc2018-{name}",
        "made from record {name} of CPSC 2018 (as in PhysioNet/CinC Challenge 2020): Liu F, et al. "
        "J Med Imaging Health Inform 8(7):1368 (2018)",
        "CC BY 4.0",
    ),
    Source(
        "mimic2",
        ("icu/s25047",),
        "mimic2-{folder}",
        "made from record {name} of the MIMIC II Waveform Database, matched subset (PhysioNet): "
        "Saeed M, et al. Crit Care Med 39(5):952-960 (2011)",
        "ODbL 1.0, unconfirmed",
    ),
    Source(
        "challenge2015",
        ("icu/a103l",),
        "challenge2015-{name}",
        "made from record {name} of the PhysioNet/CinC Challenge 2015: Clifford GD, et al. CinC "
        "2015:273-276",
        "open access (PhysioNet)",
    ),
)

PLAIN_SECONDS = 300
"""How much of record 100 lies in the plain layout once more: enough to show it, and small."""


def plain(originals: Path, out: Path) -> None:
    """Write five minutes of lead MLII of record 100 in the plain layout that many archives have.

    `timestamp` in whole milliseconds, which cannot hold 360 Hz: 2, 3, 3 ms and so on, as there.
    """
    record = wfdb.rdrecord(
        str(originals / "mitdb" / "100"), channels=[0], sampto=PLAIN_SECONDS * 360
    )
    voltage = record.p_signal[:, 0]
    timestamp = np.rint(np.arange(len(voltage)) * 1000 / record.fs).astype(np.int64)
    target = out / "plain" / "patient_id=mitdb-100" / "lead=MLII" / "part-0.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table({"timestamp": timestamp, "voltage": voltage}),
        target,
        compression="none",
        use_dictionary=["voltage"],
        column_encoding={"timestamp": "DELTA_BINARY_PACKED"},
        store_schema=False,
    )


def main() -> int:
    """Make it all; 1 where something failed."""
    originals = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE
    worst = 0
    for one in SOURCES:
        report = import_archive(
            [originals / name for name in one.originals],
            out / one.folder,
            options=Options(
                patient=one.patient,
                source=f"{one.source}; {PHYSIONET}",
                licence=one.licence,
                # Of people who are nobody any more: ages and findings may stand in the archive.
                keep_identity=True,
            ),
        )
        sys.stdout.write("\n".join((f"{one.folder}:", *report.lines(), "")))
        worst = max(worst, report.exit_code)
    plain(originals, out)
    return worst


if __name__ == "__main__":
    sys.exit(main())
