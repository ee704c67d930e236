"""What a file's own metadata says: the footer's entries and those of its columns, by word. Pure.

Writers put such things there by hand, as JSON, or leave it to pandas (`DataFrame.attrs`), so an
entry that is a JSON object is as good as entries of its keys.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ecgstream.storage.foreign.column_names import plain_word
from ecgstream.storage.foreign.plan import Said

LARGEST: Final = 1 << 16
"""Bytes of an entry that is looked into: those of schemas are longer, and say nothing here."""
NOT_LOOKED_INTO: Final = frozenset({"ARROW:schema", "ecgstream", "geo"})


@dataclass(frozen=True, slots=True)
class Told:
    """Entries by their plain words: each a text, number, list or mapping, and how it was found."""

    entries: Mapping[str, Said[Any]]

    def first(self, words: Iterable[str]) -> Said[Any] | None:
        """Return the entry of the first of `words` that there is."""
        return next((self.entries[word] for word in words if word in self.entries), None)

    def all(self, words: Iterable[str]) -> list[Said[Any]]:
        """Return the entries of all of `words` that there are."""
        return [self.entries[word] for word in words if word in self.entries]

    def text(self, words: Iterable[str]) -> Said[str] | None:
        """Return the first that there is as a text; None where it is a list, or nothing."""
        said = self.first(words)
        if said is None or not isinstance(said.value, str | int | float):
            return None
        return Said(str(said.value).strip(), said.how) if str(said.value).strip() else None


def told_by_footer(metadata: Mapping[bytes, bytes] | None) -> Told:
    """Return what a file's metadata says; how is `footer metadata KEY`."""
    return _told(metadata or {}, "footer metadata")


def told_by_field(metadata: Mapping[bytes, bytes] | None) -> Told:
    """Return what a column's metadata says; how is `field metadata KEY`."""
    return _told(metadata or {}, "field metadata")


def _told(metadata: Mapping[bytes, bytes], where: str) -> Told:
    entries: dict[str, Said[Any]] = {}
    for raw, content in metadata.items():
        key = raw.decode("utf-8", "replace")
        if key in NOT_LOOKED_INTO or len(content) > LARGEST:
            continue
        value = _value(content.decode("utf-8", "replace"))
        if isinstance(value, dict) and key != "pandas":
            for inner, one in value.items():
                entries.setdefault(plain_word(inner), Said(one, f"{where} {key}.{inner}"))
        # What an object says of itself wins over what it says of its keys.
        entries[plain_word(key)] = Said(value, f"{where} {key}")
    return Told(entries)


def _value(text: str) -> Any:
    """Return a text, or what it is in JSON where that is a list or an object."""
    if text[:1] in {"{", "["}:
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)
    return text


@dataclass(frozen=True, slots=True)
class Calibration:
    """A gain in stored units per unit, with a baseline and a unit where the text has them."""

    gain: float
    baseline: float | None
    unit: str | None


_GAIN: Final = re.compile(
    r"(?P<gain>[-+0-9.eE]+)(?:\((?P<baseline>[-+0-9.]+)\))?(?:\s*(?:adu|count)?s?/(?P<unit>\S+))?"
)


def gain_of(value: Any) -> Calibration | None:
    """Return a gain out of a number or WFDB's text, `200(1024)/mV`; None where it is none."""
    found = _GAIN.fullmatch(str(value).strip())
    if found is None or isinstance(value, bool):
        return None
    baseline = found["baseline"]
    with contextlib.suppress(ValueError):
        gain = float(found["gain"])
        zero = None if baseline is None else float(baseline)
        if gain and abs(gain) < float("inf"):
            return Calibration(gain, zero, found["unit"])
    return None
