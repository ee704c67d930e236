"""What `check` says of a record, as it is kept and told."""

from collections.abc import Iterable
from typing import Final

import msgspec

from ecgstream.analysis.judgement import LEVEL_OF, LEVELS, Judgement

CHECKER: Final = "ecgstream-check-7"
"""Name and version: another one whenever a finding could change, so that none kept is mistaken."""

NOTICE: Final = "for research and education"

CLEAN: Final = "clean"
"""In place of a level where nothing was found."""

KINDS: Final[tuple[str, ...]] = tuple(LEVEL_OF)
"""All findings there are, the worst first."""

MOST_SPANS: Final = 500
"""Of a finding, told; of more the first, and how many are left out."""


class CheckFinding(msgspec.Struct, frozen=True):
    """A finding in `leads` (none: of the record), at `spans`: samples [start, stop) at `fs` Hz.

    `spans` is empty where it is said of no place in time; `left_out` counts those beyond 500.
    """

    kind: str
    level: str
    leads: tuple[str, ...]
    detail: str
    fs: float
    spans: tuple[tuple[int, int], ...] = ()
    left_out: int = 0

    @classmethod
    def of(cls, one: Judgement) -> "CheckFinding":
        """Return a judgement as it is told."""
        some = one.spans[:MOST_SPANS]
        return cls(
            one.kind, one.level, one.leads, one.detail, one.fs, some, len(one.spans) - len(some)
        )


class LeadVerdict(msgspec.Struct, frozen=True):
    """Figures of a lead of `samples` at `fs` Hz, which is from `fs_source`.

    Shares are of the record, from 0 to 1.

    `windows` of 10 s were looked at for the rest, medians over them, None = not measured:
    `size_mv` the extent of 2 s, `hum_mv` from trough to crest at `hum_hz`, `wander_mv` in 10 s.
    """

    unit: str | None
    kind: str
    fs: float
    fs_source: str
    samples: int
    missing: float = 0.0
    unreadable: float = 0.0
    infinite: float = 0.0
    flat: float = 0.0
    saturated: float = 0.0
    windows: int = 0
    size_mv: float | None = None
    hum_mv: float | None = None
    hum_hz: float | None = None
    wander_mv: float | None = None


class Verdict(msgspec.Struct, frozen=True):
    """All that `checker` says of a record; `windows` is the part of it that its windows are.

    `level`: of the worst finding, or `clean`.
    """

    record: str
    checker: str
    notice: str
    level: str
    fs: float
    fs_source: str
    seconds: float
    windows: float
    leads: dict[str, LeadVerdict]
    findings: tuple[CheckFinding, ...]

    def having(self, more: Iterable[CheckFinding]) -> "Verdict":
        """Return it with more findings, the worst first."""
        found = ordered([*self.findings, *more])
        return msgspec.structs.replace(self, findings=tuple(found), level=level_of(found))


def ordered(found: Iterable[CheckFinding]) -> list[CheckFinding]:
    """Return findings in the order of `KINDS`, which has the worst first."""
    return sorted(found, key=lambda one: KINDS.index(one.kind))


def level_of(found: Iterable[CheckFinding]) -> str:
    """Return the worst level, `clean` where there is none."""
    levels = {one.level for one in found}
    return next((level for level in LEVELS if level in levels), CLEAN)
