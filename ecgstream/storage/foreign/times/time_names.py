"""What the name of a column of dates says: when samples were taken, or something else. Pure.

A date of birth, of an export, of a report is no time of a recording, of whatever type it is; and a
date of which nobody says that it is one is asked for.
"""

import re
from functools import lru_cache
from typing import Final

from ecgstream.storage.foreign.column_names import moment_of

_TIMES: Final = (
    "timestamps?|timestmp|datetimes?|dttm|times?|dates?|start(?:ed|s)?|begin(?:s|ning)?|began|onset"
    "|recorded|acquired|measured|captured|taken|when|epoch|unix|utc|clock|zeit(?:punkt|stempel)?"
    "|datum|uhrzeit|beginn"
)
_BESIDE: Final = (
    "local|zone|of|and|the|recordings?|record|acquisition|acq|study|exam(?:ination)?|ecg|ekg"
    "|electrocardiogram|measurement|session|capture|packet|window|segment|strip|block|chunk|frame"
    "|sampl(?:e|ing)|rows?|first|base|device|wall|absolute|abs|real|original|chart|holter|monitor"
    "|monitoring|trace|tracing|signal|wave|waveform|data|stamp|aufzeichnungs?|untersuchungs?|mess"
    "|messung|von|der|des"
)
_TIME: Final = re.compile(rf"(?:{_BESIDE})*(?:{_TIMES})(?:{_BESIDE}|{_TIMES})*")
_OTHER: Final = re.compile(rf"(?:{_BESIDE})+")
_SHORT_TIMES: Final = frozenset({"t", "ts", "dt"})
_SHORT: Final = frozenset({"at", "on", "in", "s", "ms", "us", "ns", "tz", "iso", "rec"})

_NEVER: Final = re.compile(
    r"birth|geburt|naissance|nacimiento|nascita|death|deceas|verstorb|gestorb|todes|sterbe"
    r"|export|modif|created|creation|updat|ingest|insert|upload|download|import|disch|entlass"
    r"|report|print|admission|admit|signed|signature|verified|verification|reviewed|confirmed"
    r"|approved|edited|changed|archived|extracted|processed|registered|registration|enrol|consent"
    r"|anonymi[sz]|publish|released"
)
_NEVER_ALONE: Final = frozenset(
    {
        "dob", "dod", "born", "died", "load", "loaded", "loading", "etl", "dwh", "end", "ended",
        "stop", "stopped", "finish", "finished", "ende", "sent", "saved", "written", "expired",
        "expires", "expiry", "scheduled", "ordered", "order", "request", "requested", "last",
        "next", "valid", "accessed", "mtime", "ctime", "atime",
    }
)  # fmt: skip


_COUNTERS: Final = frozenset(
    {
        "seq", "sequence", "counter", "packet", "packets", "paket", "pkt", "frame", "frames",
        "tick", "ticks", "sample", "samples", "row", "samplenr", "sampleno", "seqno", "seqnr",
    }
)  # fmt: skip
_NUMBERS: Final = frozenset(
    {"no", "nr", "num", "number", "idx", "index", "id", "count", "cnt", "counter", "nummer", "n"}
)
_LIKE_TIMES: Final = frozenset(
    {
        "t", "ts", "zeit", "zeitpunkt", "zeitstempel", "uhrzeit", "temps", "heure", "horodatage",
        "tiempo", "hora", "fecha", "tempo", "ora", "tijd", "tid", "czas", "when", "clock",
        "seconds", "secs", "sec", "minutes", "hours", "datenum", "unixms", "elapsed", "msec",
    }
)  # fmt: skip


def is_no_time(column: str) -> bool:
    """Return whether a column is called as dates are that are none of the recording's time."""
    words = _words(column)
    return _NEVER.search("".join(words)) is not None or not _NEVER_ALONE.isdisjoint(words)


@lru_cache(maxsize=8_192)
def is_start(column: str) -> bool:
    """Return whether a date in a column of this name is when samples of its row were taken.

    `recorded_at`, `StudyDate`, `ecg time`, `Aufzeichnungsbeginn`: every word of it has to be known.
    """
    if is_no_time(column):
        return False
    words = _words(column)
    times = [word for word in words if word in _SHORT_TIMES or _TIME.fullmatch(word)]
    known = (w in _SHORT or w in _SHORT_TIMES or _TIME.fullmatch(w) or _OTHER.fullmatch(w)
             for w in words)  # fmt: skip
    return moment_of(column) is not None or (bool(times) and all(known))


def counts_rows(column: str) -> bool:
    """Return whether a column is called as counters of samples or packets are, as `seq`."""
    words = _words(column)
    return not _COUNTERS.isdisjoint(words) and set(words) <= _COUNTERS | _NUMBERS


def like_time(column: str) -> bool:
    """Return whether a column is called as times are, in some language, in whatever unit."""
    return not is_no_time(column) and any(
        word in _LIKE_TIMES or _TIME.fullmatch(word) for word in _words(column)
    )


def _words(column: str) -> list[str]:
    """Return the words of a name, in lower case: `StudyDate_2` is study and date."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", column)
    return re.findall(r"[^\W\d_]+", apart.lower())
