"""What kind of signal it is, decided by its name and unit.

Only marks signals for choosing and drawing; nothing is left out or changed because of it.
"""

import re
from typing import Final

from ecgstream.model.record import ECG

NUMERIC: Final = "numeric"
OTHER: Final = "other"

NUMERIC_UNITS: Final = frozenset(
    {"bpm", "pm", "/min", "1/min", "rpm", "brpm", "%", "degc", "degf", "lpm", "l/min"}
)
"""Units, in lower case, of values a monitor derives: rates, saturations, temperatures, flows."""

PRESSURES: Final = frozenset({"mmhg", "cmh2o", "kpa"})

# The first line that matches decides. Names are compared in lower case, blanks at the ends and a
# `#2` of ours removed. Those of PhysioNet's databases and of the standard 12 leads, Frank's
# (vx vy vz), modified (ML, MV, MCL, CM, CC, EASI) and right-sided and posterior chest leads.
KINDS: Final[tuple[tuple[str, str], ...]] = (
    (r"(i{1,3}|av[rlf]|-avr|d[1-3i]{1,3}|v[1-9]?|v[1-9]r)([ _-].*)?", ECG),
    (r"v[xyz]|[xyz]|(direct|abdomen)_\d", ECG),
    (r"mod\.? ?(v[1-9]|i{1,3}|l[1-3])|ml ?([1-7]|i{1,3})|mv ?[1-9]|mcl ?[1-9]?", ECG),
    (r"c[mcs] ?[1-7]|es|as|ai|e-s|a-s|a-i|atip|vtip|hva|cs ?[1-9].*", ECG),
    (r"([fm]|maternal|fetal)?[ _-]?(ecg|ekg)([ _-]?.*)?|lead[ _-].*|mlii.*", ECG),
    (r"(sp|sa|s)o2([ _%-].*)?|n?hr|fhr|pr|pulse|heart ?rate|pvc|c\.?o\.?|c\.?i\.?", NUMERIC),
    (r"(n?bp|nibp|abp|art|pap|ibp|p[1-4]|ua?p)[ _-]?(sys|dias?|mean|map|s|d|m)", NUMERIC),
    (r"abp[ _-]?.*|art[ _-]?.*|aobp|ao|bap|uap|fap|rap", "abp"),
    (r"pap[ _-]?.*|pawp", "pap"),
    (r"cvp[ _-]?.*", "cvp"),
    (r"icp[ _-]?.*", "icp"),
    (r"bp[ _-]?.*|n?i?bp|p[1-4]", "bp"),
    (r"ple?th.*|ppg.*", "pleth"),
    (r"p?co2.*|etco2.*", "co2"),
    (r"resp.*|imped.*|airflow|thor(ax|acic)?([ _-].*)?|abdo(men|minal)?([ _-].*)?|chest", "resp"),
    (r"eeg.*|(fp?|c|o|p|t|a)[0-9z]{1,2}-(fp?|c|o|p|t|a|m)[0-9z]{1,2}", "eeg"),
    (r"emg.*", "emg"),
    (r"eog.*", "eog"),
    (r"scg.*", "scg"),
    (r"pcg.*", "pcg"),
    (r"o2|fio2", "o2"),
    (r"temp.*|tblood", "temp"),
    (r"st[ _-]?.*", "st"),
    (r"stat(us)?|ann|event", "stat"),
)
"""Name patterns (whole name) and the kind each means."""

_PATTERNS: Final = tuple((re.compile(pattern), kind) for pattern, kind in KINDS)


def kind_of(name: str, unit: str | None, fs: float) -> str:
    """Return the kind of a signal: `ecg`, a class of signal, `numeric` or `other`.

    A signal in a unit of derived values, or sampled less than twice a second, is `numeric`. One in
    a unit of pressure is never an ECG, and an `x` is one only in volts: it may be an accelerometer.
    """
    measured = (unit or "").strip().lower()
    # Nothing that moves with the heart or the breath can be followed below 2 Hz.
    if measured in NUMERIC_UNITS or fs < 2:
        return NUMERIC
    plain = re.sub(r"#\d+$", "", name).strip().lower()
    for pattern, kind in _PATTERNS:
        if pattern.fullmatch(plain):
            if kind == ECG and (
                measured in PRESSURES or (plain in {"x", "y", "z"} and not measured.endswith("v"))
            ):
                continue
            return kind
    return OTHER
