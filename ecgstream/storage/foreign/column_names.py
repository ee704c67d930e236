"""What the name of a column says: a lead, its unit, a time, a sample number, whose it is. Pure.

Only what a name says beyond doubt. A lone `i` may count rows, `x` may be an accelerometer, `v` a
speed: those are leads in the company of others only, or where a mapping says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ecgstream.model.kinds import OTHER, kind_of
from ecgstream.model.record import ECG
from ecgstream.storage.foreign.plan import Counts, Unit

LEAD_COLUMNS: Final = ("lead", "lead_name", "channel", "channel_name", "signal_name", "sig_name")
RECORD_COLUMNS: Final = (
    "record", "record_id", "record_name", "recording", "recording_id", "ecg_id", "study_id",
    "stay_id", "session_id", "exam_id", "case_id",
)  # fmt: skip
PATIENT_COLUMNS: Final = ("patient", "patient_id", "subject", "subject_id")
RECORD_NAMERS: Final = (
    *RECORD_COLUMNS, "recordid", "recordname", "recordingid", "ecgid", "studyid", "filename",
    "file_name",
)  # fmt: skip
PATIENT_NAMERS: Final = (
    *PATIENT_COLUMNS, "patientid", "patient_no", "patient_nr", "patient_number", "pat_id", "patid",
    "subjectid", "subject_no", "subject_nr", "subject_number", "pid", "mrn",
    "medical_record_number", "person_id", "participant", "participant_id",
)  # fmt: skip
"""Columns that say a record, or a patient. In a footer and in a path fewer words say that."""

RATE_WORDS: Final = (
    "fs", "sampling_rate", "sample_rate", "samplerate", "samplingrate", "sampling_frequency",
    "sample_frequency", "sfreq", "sampling_rate_hz", "sample_rate_hz", "fs_hz",
)  # fmt: skip
UNIT_WORDS: Final = ("unit", "units", "uom")
GAIN_WORDS: Final = ("gain", "adc_gain")
SCALE_WORDS: Final = (
    "scale_factor", "lsb", "units_per_count", "units_per_bit", "units_per_lsb", "units_per_adu",
)  # fmt: skip
BASELINE_WORDS: Final = ("baseline", "adc_baseline")
LEADS_WORDS: Final = (
    "n_leads", "num_leads", "number_of_leads", "n_sig", "n_signals", "n_channels", "num_channels",
    "sig_name", "lead_names", "leads", "channels",
)  # fmt: skip
"""How many leads there are, or which."""
ORDER_WORDS: Final = (
    "sig_name", "sig_names", "lead_names", "leads", "lead_order", "channels", "channel_names",
    "channel_order", "signal_names", "signals", "names", "columns", "column_names",
)  # fmt: skip
"""In a footer: which leads there are, in the order of its lists."""
SHAPE_WORDS: Final = ("shape", "signal_shape", "ecg_shape", "array_shape")
"""How an array lay that is a flat list now."""
VALUE_COLUMNS: Final = (
    "voltage", "value", "values", "amplitude", "signal", "signals", "ecg", "ekg", "samples",
    "waveform", "mv", "uv", "adc", "digital", "raw", "data",
)  # fmt: skip
"""Columns that hold samples where something else says of which lead they are."""

LABEL_COLUMNS: Final = (
    "label", "labels", "class", "rhythm", "diagnosis", "annotation", "beat", "symbol", "target",
)  # fmt: skip

_UNITS_OF_TIME: Final[dict[str, Unit]] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "usec", "usecs", "micros", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("\N{MICRO SIGN}s", "\N{GREEK SMALL LETTER MU}s"), "us"),
    **dict.fromkeys(("ns", "nsec", "nsecs", "nanos", "nanosecond", "nanoseconds"), "ns"),
}
_LONG_UNITS: Final[dict[str, Unit]] = {
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
}
"""Only behind a word for time: a `min` alone is the lowest of something, an `hour` one of a day."""
_TIMES: Final = frozenset(
    {
        "timestamp", "timestamps", "time", "times", "t", "ts", "datetime", "date_time",
        "time_stamp", "utc", "utc_time", "time_utc", "local_time", "elapsed",
        "elapsed_time", "rel_time", "relative_time", "epoch", "epoch_time", "unix",
        "unix_time", "unixtime", "start", "start_time", "packet_time", "packet_start",
    }
)  # fmt: skip
_DATED: Final = frozenset(
    {
        "epoch", "epoch_time", "unix", "unix_time", "unixtime", "utc", "utc_time", "time_utc",
    }
)  # fmt: skip
_SAMPLES: Final = frozenset(
    {
        "sample", "sample_number", "sample_no", "sample_num", "sample_index", "sample_idx",
        "sampnum", "index", "idx", "start_sample", "sample_start", "first_sample",
    }
)  # fmt: skip

_VOLTS: Final = (
    r"(?:(?:m|u|n|\N{MICRO SIGN}|\N{GREEK SMALL LETTER MU})[vV]|(?i:(?:milli|micro|nano)?volts?))"
)
_IN_BRACKETS: Final = re.compile(r"(?P<name>.*?)[ _.-]*[\[(](?P<unit>[^\])]{1,16})[\])]")
_SUFFIX: Final = re.compile(rf"(?P<name>.+)[ _.-](?P<unit>{_VOLTS})")

_PREFIX: Final = re.compile(
    r"(?:mdc[ _]?ecg[ _]?lead|(?:ecg|ekg)[ _.-]?lead|lead|ecg|ekg|signal)[ _.-]?", re.IGNORECASE
)
_LEAD: Final = re.compile(
    r"i{1,3}|-?av[rlf]|d(?:i{1,3}|[123])|v[1-9]?|v[3-9]r|v[xyz]|ml ?(?:i{1,3}|[1-7])|mv ?[1-9]"
    r"|mcl ?[1-9]|c[mcs] ?[1-7]|mod\.? ?(?:v[1-9]|i{1,3}|l[1-3])|e-?s|a-?s|a-?i",
    re.IGNORECASE,
)
"""A lead's name behind a prefix that says that it is one."""
_ALONE: Final = re.compile(
    r"I|(?i:iii?|-?av[rlf]|v[1-9]|v[3-9]r|di{1,3}|ml ?(?:i{1,3}|[1-7])|mcl ?[1-9]|c[mc] ?[1-7]"
    r"|mod\.? ?(?:v[1-9]|i{1,3}|l[1-3]))"
)
"""A lead's name that is nothing else, whatever stands beside it."""
_COMPANY: Final = re.compile(r"V|(?i:i|d[123]|mv ?[1-9]|v[xyz]|cs ?[1-7])|ES|AS|AI|E-S|A-S|A-I")
"""Names that are leads where another lead stands beside them."""
_PLAIN_ECG: Final = re.compile(
    r"(?:[fm]|maternal |fetal )?(?:ecg|ekg)(?:[ _.-]?(?:\d{1,2}|[a-d]|ch(?:annel)?[ _.-]?\d{1,2}"
    r"|raw|clean|cleaned|filtered|filt|signal|wave|waveform))?|lead[ _.-]?\d{1,2}",
    re.IGNORECASE,
)
# Of the classes of signal, those whose patterns take in ordinary words (`start`, `status`).
_NOT_BY_NAME: Final = frozenset({ECG, OTHER, "st", "stat"})
_NOT_SIGNALS: Final = frozenset(
    {
        "pr", "pvc", "chest", "ao", "o2", "ci", "co", "c.o.", "c.i.",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signal:
    """What a column's name says of a signal: `unit` None where it does not say one."""

    name: str
    kind: str
    unit: str | None


@lru_cache(maxsize=8_192)
def plain_word(name: str) -> str:
    """Return a name in lower case with single underscores: `Sample Rate` is `sample_rate`."""
    return re.sub(r"[^0-9a-z\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]+", "_", name.lower()).strip(
        "_"
    )


def signals_among(columns: Sequence[str]) -> Mapping[str, Signal]:
    """Return what each of `columns` that is a signal by its name is, in their order."""
    return _signals_among(tuple(columns))


# Archives have thousands of files of the same columns.
@lru_cache(maxsize=1_024)
def _signals_among(columns: tuple[str, ...]) -> Mapping[str, Signal]:
    sure: dict[str, Signal] = {}
    for column in columns:
        name, unit = unit_apart(column)
        short, first = without_prefix(name), re.sub(r"#\d+$", "", name)
        if short != name or _ALONE.fullmatch(first) or _PLAIN_ECG.fullmatch(first):
            sure[column] = Signal(short, ECG, unit)
            continue
        kind = kind_of(name, unit, 250)
        if kind not in _NOT_BY_NAME and plain_word(name) not in _NOT_SIGNALS:
            sure[column] = Signal(name, kind, unit)
    others = any(one.kind == ECG for one in sure.values())
    found: dict[str, Signal] = {}
    for column in columns:
        name, unit = unit_apart(column)
        if column in sure:
            found[column] = sure[column]
        elif _COMPANY.fullmatch(name) and others:
            found[column] = Signal(name, ECG, unit)
    return found


def is_plain_ecg(column: str) -> bool:
    """Return whether a column is called `ecg`, `ecg_2`, `lead_1`, and by no lead's name."""
    return _PLAIN_ECG.fullmatch(unit_apart(column)[0]) is not None


def unit_apart(column: str) -> tuple[str, str | None]:
    """Return the name of a column without the unit at its end, and that unit: `II_mV`, `II (uV)`.

    A unit that is no voltage is taken in brackets only, and `lead_V` is a lead.
    """
    for pattern in (_IN_BRACKETS, _SUFFIX):
        found = pattern.fullmatch(column)
        if found and found["name"].strip():
            unit = found["unit"].strip()
            if pattern is _IN_BRACKETS and not _is_unit(unit):
                continue
            return found["name"].strip(), unit
    return column, None


def _is_unit(text: str) -> bool:
    # `Lead I (Einthoven)` is a name.
    return bool(re.fullmatch(rf"{_VOLTS}|V|v|%|mmHg|bpm|cmH2O|kPa|g|degC", text))


def without_prefix(name: str) -> str:
    """Return a lead's name without a `lead_` or `ECG_` before it; what is none stays as it is."""
    found = _PREFIX.match(name)
    rest = name[found.end() :] if found else ""
    # `Lead I (Einthoven)`, and the second of a name as it is told: `lead_II#2`.
    bare = re.sub(r"(?: ?\([^()]*\))?(?:#\d+)?$", "", rest)
    return rest if _LEAD.fullmatch(bare) else name


@dataclass(frozen=True, slots=True)
class Moment:
    """What a column's name says of time: None where it does not."""

    counts: Counts
    unit: Unit | None = None
    dated: bool | None = None


def moment_of(column: str) -> Moment | None:
    """Return how a column of this name counts time; None where it does not say that it does."""
    word = plain_word(column)
    if word in _TIMES:
        return Moment("time", None, True if word in _DATED else None)
    stem, _, last = word.rpartition("_")
    unit = _UNITS_OF_TIME.get(last)
    if unit and not stem:
        return Moment("time", unit)
    unit = unit or _LONG_UNITS.get(last)
    if unit and stem in _TIMES:
        return Moment("time", unit, True if stem in _DATED else None)
    if word in _SAMPLES:
        return Moment("sample")
    return None


def time_unit(text: str) -> Unit | None:
    """Return the unit of time that `text` spells, None for none."""
    word = text.strip().lower()
    return _UNITS_OF_TIME.get(word) or _LONG_UNITS.get(word)
