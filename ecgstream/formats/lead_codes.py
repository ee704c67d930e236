"""Names of leads by the numbers of SCP-ECG, which DICOM, MFER and IEEE 11073 took over."""

from typing import Final

LEADS: Final = {
    **dict(enumerate(("I", "II", "V1", "V2", "V3", "V4", "V5", "V6", "V7"), 1)),
    **dict(enumerate(("V2R", "V3R", "V4R", "V5R", "V6R", "V7R", "X", "Y", "Z"), 10)),
    **dict(enumerate(("CC5", "CM5"), 19)),
    **dict(enumerate(("III", "aVR", "aVL", "aVF", "-aVR", "V8", "V9", "V8R", "V9R"), 61)),
    **dict(enumerate(("D", "A", "J"), 70)),
}
"""EN 1064, the table of lead identifications: those on which all four agree."""
