"""What to say in a mapping where a value far outside all others means that a sample is missing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ecgstream.analysis.facts import number
from ecgstream.analysis.farness import Far
from ecgstream.analysis.judgement import Judgement
from ecgstream.model.record import Record
from ecgstream.storage.foreign.proposing import IN_TABLE, that_would_do
from ecgstream.storage.foreign.whereabouts import placed_in
from ecgstream.storage.source import SignalSource

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def with_remedy(
    found: Sequence[Judgement],
    far: Mapping[str, Sequence[Far]],
    source: SignalSource,
    about: Record,
) -> Iterator[Judgement]:
    """Yield findings of `about`, those of values that stand far off (`far`, by lead) with a remedy.

    Files of our own layout are read by no mapping: theirs have none.
    """
    for one in found:
        keys = _keys(far, about) if one.kind == "sentinel" and about.found else ""
        if not keys:
            yield one
            continue
        said = f"{one.detail}; if it means missing"
        if any(how == "mapping" or how.startswith("mapping:") for _, how in about.found):
            yield replace(one, detail=f"{said}{IN_TABLE}: {keys}")
        else:
            told = said + that_would_do("**", keys)
            yield replace(one, detail=placed_in(source, about.record, told, one.leads))


def _keys(far: Mapping[str, Sequence[Far]], about: Record) -> str:
    """Return the key that says all of them, for one table counts for all leads of a file."""
    values = [number(one.value, lead) for lead in about.leads for one in far.get(lead.name, ())]
    # A list that is said takes the place of those that are known without.
    for what, how in about.found:
        if what.startswith("missing"):
            values += _NUMBER.findall(how.rpartition(": ")[2])
    return f"missing = [{', '.join(dict.fromkeys(values))}]"
