"""What stands before a table of text, a thing a line: `Sample Rate,512 hertz`, `Name,...`. Pure.

Watches and recorders write so. English keys alone are known; what others say is asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from ecgstream.formats.recording import Identity
from ecgstream.model.timebase import rate_of

LONGEST: Final = 200
"""Letters of a key, and of what is taken of its value."""

_RATE: Final = re.compile(r"(sampl\w*[ _-]*(rate|freq\w*)|fs|sps)(\s*[(\[]hz[)\]])?", re.IGNORECASE)
_HERTZ: Final = re.compile(r"\s*(hertz|hz|samples?\s*(per|/)\s*s(ec\w*)?)\.?$", re.IGNORECASE)
_UNIT: Final = re.compile(r"units?|(signal|voltage|amplitude) units?", re.IGNORECASE)
_LEAD: Final = re.compile(r"leads?|channel|signal name", re.IGNORECASE)
_START: Final = re.compile(
    r"record\w* (date|time)|start(ed)?( (date|time|at))?|date|date ?time|acqui\w+ (date|time)",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(patient'?s? ?)?(full ?)?name|patient", re.IGNORECASE)
_ID: Final = re.compile(r"(patient|subject|participant)[ _-]?(id|code|number)|mrn", re.IGNORECASE)
_BORN: Final = re.compile(r"date of birth|birth ?date|dob|born", re.IGNORECASE)
_OTHERS: Final = re.compile(
    r"\w*(physician|doctor|clinician|technician|operator|hospital ?number)\w*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Preamble:
    """What the lines say; None: they do not. `start` as it is written. `rate_key` said the rate."""

    fs: Fraction | None = None
    rate_key: str = ""
    unit: str | None = None
    lead: str | None = None
    start: str | None = None
    identity: Identity = field(default_factory=Identity)


def preamble_of(rows: Sequence[Sequence[str]]) -> Preamble:
    """Return what `rows` say, each a key and its value; a value may have been cut at a comma."""
    said = [_pair(row) for row in rows if len(row[0]) <= LONGEST]
    rates = [
        (key, rate)
        for key, value in said
        if _RATE.fullmatch(key) and (rate := rate_of(_HERTZ.sub("", value))) is not None
    ]

    def first(pattern: re.Pattern[str]) -> str | None:
        return next((value for key, value in said if value and pattern.fullmatch(key)), None)

    return Preamble(
        fs=rates[0][1] if rates else None,
        rate_key=rates[0][0] if rates else "",
        unit=first(_UNIT),
        lead=first(_LEAD),
        start=first(_START),
        identity=Identity(
            patient=first(_ID),
            name=first(_NAME),
            birth_date=first(_BORN),
            others=tuple(value for key, value in said if value and _OTHERS.fullmatch(key)),
        ),
    )


def _pair(row: Sequence[str]) -> tuple[str, str]:
    """Return a key and its value, which may stand in one cell: `Patient: John Clark`."""
    key, _, value = row[0].strip(" #;%").partition(":")
    return key.rstrip(), ", ".join([value, *row[1:]]).strip(" ,\"'")[:LONGEST]
