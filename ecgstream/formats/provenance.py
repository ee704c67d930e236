"""What every exported file says of where it comes from, in one order and one wording."""

from dataclasses import dataclass
from typing import Final

from ecgstream.model.excerpt import Excerpt
from ecgstream.model.moment import told

NOT_FOR_DIAGNOSIS: Final = "Not for diagnosis. Not a medical device."
AS_STORED: Final = "none: the samples as stored"


@dataclass(frozen=True, slots=True)
class Making:
    """Who made a file, and when. `time` None: not said, so that the bytes come out the same."""

    version: str
    time: str | None = None

    @property
    def software(self) -> str:
        """The name of the program, with its version."""
        return f"ecgstream {self.version}"


def facts(excerpt: Excerpt, making: Making) -> dict[str, str]:
    """Return the provenance of stored samples: names to words, in order."""
    record = excerpt.record
    first, last = excerpt.start / excerpt.fs, excerpt.stop / excerpt.fs
    found = {
        "made_by": making.software,
        "notice": NOT_FOR_DIAGNOSIS,
        "record": record.record,
        "patient": record.patient,
        "source": record.source or "not said",
        "licence": record.licence or "not said",
        "interval": f"samples {excerpt.start} to {excerpt.stop} (excluded) of "
        f"{record.length_at(excerpt.fs)}, {first:.6g} s to {last:.6g} s",
        "start_time": told(record, excerpt.start, excerpt.fs),
        "fs": f"{excerpt.fs!r} Hz ({excerpt.leads[0].fs_source})",
        "leads": ", ".join(lead.name for lead in excerpt.leads),
        "filter": AS_STORED,
        "sha256_of_samples": excerpt.digest(),
    }
    if making.time is not None:
        found["exported"] = making.time
    for lead, runs in excerpt.corrupt.items():
        if runs:
            spans = ", ".join(f"{low} to {high}" for low, high in runs)
            found[f"unreadable {lead}"] = f"samples {spans}: there, but could not be read"
    return found
