"""Beats that were found, as annotation sets that nobody writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from ecgstream.analysis.beats import DETECTOR, NOTICE
from ecgstream.errors import AnnotationsNotFound
from ecgstream.model.annotation import AnnotationHead, Annotations
from ecgstream.model.record import Record
from ecgstream.storage.derived.beat_book import Key
from ecgstream.storage.derived.beat_pieces import candidates
from ecgstream.storage.derived.beat_set import Stretch
from ecgstream.web.analysing import Analysing
from ecgstream.wire.beats import BEAT

SOURCE: Final = f"found by {DETECTOR}, {NOTICE}"


def set_name(lead: str | None) -> str:
    """Return the name of a set of beats: who found them, and in which lead, if not the best."""
    return f"beats {DETECTOR}" + ("" if lead is None else f" {lead}")


@dataclass(frozen=True, slots=True)
class KnownBeats:
    """The beats of records that are known whole. None is looked for because of this."""

    analysing: Analysing

    async def heads(self, record: Record) -> Sequence[AnnotationHead]:
        """Return what is known of the sets of a record, sorted by name."""
        heads = []
        for key in _keys(record):
            await self.analysing.load(key)
            whole = self.analysing.book.whole(key)
            if whole is not None:
                fs, _, _ = self.analysing.book.about(key)
                heads.append(AnnotationHead(set_name(key[1]), fs, len(whole.sample), SOURCE))
        return sorted(heads, key=lambda head: head.name)

    async def reader(self, record: Record, name: str) -> Callable[[], Annotations]:
        """Return what makes one. Raises AnnotationsNotFound."""
        for key in _keys(record):
            whole = self.analysing.book.whole(key) if set_name(key[1]) == name else None
            if whole is not None:
                return partial(_annotations, record, whole)
        raise AnnotationsNotFound(record.record, name, ())


def _keys(record: Record) -> list[Key]:
    names = [lead.name for lead in candidates(record, None)]
    return [(record.record, lead) for lead in [None, *names]] if names else []


def _annotations(record: Record, of: Stretch) -> Annotations:
    """Return beats as marks, each of the signal in which it was found."""
    count = len(of.sample)
    number = {lead.name: place for place, lead in enumerate(record.leads)}
    starts = np.array([start for start, _, _ in of.leads], np.int64)
    signals = np.array([number.get(name or "", 0) for _, _, name in of.leads], np.int64)
    zeros = np.zeros(count, np.int64)
    return Annotations(
        sample=of.sample,
        symbol=zeros,
        subtype=zeros,
        chan=signals[starts.searchsorted(of.sample, "right") - 1] if count else zeros,
        num=zeros,
        aux_note=zeros,
        symbols=[BEAT],
        aux_notes=[""],
    )
