"""What of a header must not go into an archive, and by how many days the dates of a patient move.

Names are taken out of the texts of a recording as far as its own header tells them; a name that
stands in a remark and nowhere else cannot be known.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ecgstream.formats.recording import AnnotationSet, Identity

REMOVED: Final = "[removed]"
DATE: Final = "[date]"

DAY_S: Final = 86_400
SPAN_DAYS: Final = 3_650
"""Dates move back by 1 to so many days: whole ones, for hearts keep the hours of the day."""

_ORDINARY: Final = frozenset(
    {"and", "arrhythmia", "atrial", "beat", "block", "cardiology", "center", "centre", "clinic"}
    | {"clinical", "department", "doctor", "dr", "ecg", "ekg", "heart", "hospital", "lead", "left"}
    | {"male", "female", "med", "medical", "normal", "prof", "rate", "rhythm", "right", "sinus"}
    | {"the", "unit", "unknown", "von", "wave", "with"}
)
"""Words that stand in the name of a hospital and in every finding. A patient's are not spared."""

_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_DATES: Final = re.compile(
    r"(?<![\d.])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    r"|\d{1,2}[-/. ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-/. ,]+\d{2,4}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2},? \d{4}"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?![\d])",
    re.IGNORECASE,
)
_WHOLE_DAY: Final = re.compile(r"(\d{4})\D?(\d{2})\D?(\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Takes the words of an identity, and dates where these are shifted, out of texts."""

    pattern: re.Pattern[str] | None
    dates: bool = False

    @classmethod
    def of(
        cls, identity: Identity | None, *, dates: bool = False, also: Sequence[str] = ()
    ) -> "Scrubber":
        """Return the one for what `identity` names, None: names stay; and for the words `also`."""
        words = {*_words(identity or Identity()), *also}
        # The longest first: what is found is taken out whole. `_` parts words here.
        either = "|".join(re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)))
        whole = rf"(?<![^\W_])(?:{either})(?![^\W_])"
        pattern = re.compile(whole, re.IGNORECASE) if words else None
        return cls(pattern, dates)

    def text(self, said: str) -> str:
        """Return a text without them."""
        plain = self.pattern.sub(REMOVED, said) if self.pattern else said
        return _DATES.sub(DATE, plain) if self.dates else plain

    def annotations(self, one: AnnotationSet) -> AnnotationSet:
        """Return a set whose notes are without them."""
        return replace(
            one,
            annotations=tuple(
                replace(mark, aux_note=self.text(mark.aux_note)) if mark.aux_note else mark
                for mark in one.annotations
            ),
        )


def days_back(key: bytes, patient: str) -> int:
    """Return by how many whole days the dates of `patient` move back: 1 to `SPAN_DAYS`.

    The same for all records of one patient; without the key it is anybody's guess.
    """
    said = hmac.digest(key, b"ecgstream dates\0" + patient.encode("utf-8", "replace"), "sha256")
    return 1 + int.from_bytes(said[:8], "big") % SPAN_DAYS


def whose(identity: Identity, record: str) -> tuple[str, bool]:
    """Return under what name the dates of a recording move, and whether it names the patient.

    The id of the header, else its name with the date of birth, else the record's own name: then
    the dates of two records of one patient move by different numbers of days.
    """
    if identity.patient:
        return f"id {identity.patient}", True
    if identity.name:
        return f"name {identity.name} {identity.birth_date or ''}", True
    return f"record {record}", False


def hidden_name(key: bytes, name: str) -> str:
    """Return what a record is called instead of `name`: the same for the same key, else anything.

    For files that are called after their patient, or the day.
    """
    said = b"ecgstream name\0" + name.encode("utf-8", "replace")
    return hmac.digest(key, said, "sha256").hex()[:16]


def tells(scrubber: "Scrubber", name: str) -> bool:
    """Return whether the name of a file has in it what `scrubber` takes out of texts."""
    plain = re.sub(r"[\W_]+", " ", name)
    return any(scrubber.text(one) != one for one in (name, plain))


def mark_of(key: bytes | None) -> str | None:
    """Return by what a key is known again, and from which nothing of it follows."""
    return hashlib.sha256(b"ecgstream key\0" + key).hexdigest()[:16] if key else None


def _words(identity: Identity) -> Iterator[str]:
    """Yield what is not to stand in any text."""
    for said in (identity.patient, identity.name):
        yield from _parts(said, frozenset())
    for said in identity.others:
        yield from _parts(said, _ORDINARY)
    yield from _days(identity.birth_date or "")


def _parts(said: str | None, spared: frozenset[str]) -> Iterator[str]:
    plain = " ".join((said or "").split())
    if len(plain) >= 3 and not _is_x(plain):
        yield plain
    for word in re.split(r"[\s,^;=_/.()\"']+", plain):
        # Initials are too short to be told from a lead's name or a unit.
        if len(word) >= 3 and word.lower() not in spared and not _is_x(word):
            yield word


def _is_x(word: str) -> bool:
    """EDF+ writes X for what is not said, and some write more of them."""
    return set(word.lower()) <= {"x", " "}


def _days(said: str) -> Iterator[str]:
    """Yield a date of birth in the ways that people write it."""
    if len(said) >= 4:
        yield said
    found = _WHOLE_DAY.match(said)
    if not found:
        return
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        return
    year, month, of_month = f"{day.year:04d}", f"{day.month:02d}", f"{day.day:02d}"
    parts: Sequence[tuple[str, str, str]] = (
        (year, month, of_month),
        (of_month, month, year),
        (month, of_month, year),
    )
    for three in parts:
        for between in ("-", "/", ".", ""):
            yield between.join(three)
    for between in ("-", " "):
        yield between.join((of_month, _MONTHS[day.month - 1], year))
