"""What leads are said to be and cannot be, or not be known to be: rate, unit and kind. Pure.

Said of every record, however short, and before any sample is looked at.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ecgstream.analysis.judgement import Judgement
from ecgstream.model.kinds import OTHER, kind_of
from ecgstream.model.record import ECG, Lead
from ecgstream.model.unit import millivolts, no_voltage

SLOWEST_HZ: Final = 20.0
"""A QRS complex lasts for 0.1 s: of less than two samples nobody can tell that it is one."""
FASTEST_HZ: Final = 100_000.0
"""Three times what recorders of late potentials, and of pacemakers' pulses, take."""
USUAL_HZ: Final = (50.0, 10_000.0)
"""What ECGs are sampled at."""


def claims(leads: Sequence[Lead], fs: float) -> Iterator[Judgement]:
    """Yield what is to be said of `leads`, all of rate `fs`, for what they are said to be."""
    ecg = [lead for lead in leads if lead.kind == ECG and lead.length]
    if ecg and not SLOWEST_HZ <= fs <= FASTEST_HZ:
        names = tuple(lead.name for lead in ecg)
        yield Judgement("rate", names, _no_rate(fs), fs)
    yield from unknown_units(ecg, fs)
    for lead in leads:
        if lead.kind == OTHER and lead.length and kind_of(lead.name, None, fs) == ECG:
            yield Judgement(
                "no_unit", (lead.name,),
                f"it is called as a lead of an ECG is, and the unit is {lead.unit!r}, which "
                f"{no_voltage(lead.unit or '')}: one of the two is wrong, and it is not taken for "
                "an ECG",
                fs,
            )  # fmt: skip
        elif lead.kind == OTHER and lead.length and millivolts(lead.name) is not None:
            yield Judgement(
                "no_unit", (lead.name,),
                "it is called as a unit is, and of which lead it is nobody says: it is not taken "
                "for an ECG; give it a name",
                fs,
            )  # fmt: skip


def unknown_units(leads: Sequence[Lead], fs: float) -> Iterator[Judgement]:
    """Yield that ECG leads are in no voltage, one for each unit."""
    unknown = [lead for lead in leads if millivolts(lead.unit) is None]
    for unit in dict.fromkeys(lead.unit for lead in unknown):
        what = f"{unit!r}, which {no_voltage(unit)}" if unit else "not known"
        yield Judgement(
            "no_unit", tuple(lead.name for lead in unknown if lead.unit == unit),
            f"the unit is {what}: it plays in units and is not calibrated; say unit and gain "
            "in a mapping",
            fs,
        )  # fmt: skip


def _no_rate(fs: float) -> str:
    """Return what is to be said of a rate that is none of an ECG, and what it may have been."""
    readings = (
        (fs * 1000, "in kHz"),
        (1000 / fs, "an interval in ms"),
        (1 / fs, "an interval in s"),
        (fs / 1000, "in mHz"),
        (1e6 / fs, "an interval in \N{MICRO SIGN}s"),
        (1e9 / fs, "an interval in ns"),
    )
    low, high = USUAL_HZ
    may = [f"{hz:.6g} Hz if it is {how}" for hz, how in readings if low <= hz <= high]
    meant = f" (the number would mean {', '.join(may)})" if may else ""
    return (
        f"{fs:.6g} Hz is the rate of no ECG: expected {SLOWEST_HZ:g} Hz to "
        f"{FASTEST_HZ / 1000:g} kHz{meant}; every time and rate of beats in it is wrong by as "
        "much; say fs in a mapping, or at the import"
    )
