"""What a stream says of beats and heart rate: bytes that go with the frames, the same for all."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.analysis.beats import DETECTOR, piece_of
from ecgstream.analysis.rate import METHOD, PAUSE_S, REASONS
from ecgstream.storage.derived.beat_book import BeatBook, Key
from ecgstream.storage.derived.beat_pieces import NO_LEAD
from ecgstream.storage.derived.beat_set import Stretch
from ecgstream.wire.beats import BEAT, UNIT
from ecgstream.wire.events import Beats, Numeric

PAUSE_EVERY_S: Final = 1.0
"""How often the length of a pause is said while it lasts."""

ANALYSING: Final = "analysing"
"""Why there is no rate where nobody has looked yet."""


@dataclass(slots=True)
class _Said:
    """What follows one frame: its beats and their leads, and the last that is said of the rate."""

    beats: list[tuple[int, str | None]] = field(default_factory=list)
    rate: Numeric | None = None
    pause: Numeric | None = None

    def encoded(self, sid: int) -> bytes:
        """Return it as framed messages."""
        out = []
        for lead, some in groupby(self.beats, lambda one: one[1]):
            samples = [sample for sample, _ in some]
            symbols = [BEAT] * len(samples)
            out.append(Beats(sid=sid, samples=samples, symbols=symbols, source=_source(lead)))
        said = [one.encode() for one in out]
        if self.rate is not None:
            said.append(self.rate.encode())
        # One that is over by the end of the frame lasts no more.
        if self.pause and not (self.rate and self.rate.sample > self.pause.sample):
            said.append(self.pause.encode())
        return b"".join(said)


class _Frames:
    """What is said within a span of frames, at the rate of a stream: `ratio` times the record's."""

    def __init__(self, sid: int, span: tuple[int, int], frame: int, ratio: float) -> None:
        self.said: dict[int, _Said] = {}
        self._sid = sid
        self._first, self._stop = span
        self._frame = frame
        self._ratio = ratio

    def source_span(self) -> tuple[int, int]:
        """Return the samples of the record in which all of it lies."""
        if self._ratio == 1:
            return self._first, self._stop
        low = math.floor(self._first / self._ratio) - 1
        return max(0, low), math.ceil(self._stop / self._ratio) + 1

    def add(self, part: Stretch, low: int, high: int, fs: float) -> None:
        """Take what is said in [low, high) of the record."""
        for sample in _between(part.sample, low, high):
            one, at = self._at(sample)
            if one is not None:
                one.beats.append((at, part.lead_at(sample)))
        rate = part.rate
        for place in range(*rate.sample.searchsorted([low, high]).tolist()):
            sample = int(rate.sample[place])
            one, at = self._at(sample)
            if one is not None:
                bpm, reason = float(rate.bpm[place]), REASONS[rate.reason[place]]
                one.rate = _rate(self._sid, at, bpm, reason, part.lead_at(sample))
        for sample, seconds in _pausing(part, low, high, fs):
            one, at = self._at(sample)
            if one is not None:
                one.pause = _pause(self._sid, at, seconds, part.lead_at(sample))

    def _at(self, sample: int) -> tuple[_Said | None, int]:
        """Return what follows the frame of a sample, None outside, and its number in the stream."""
        at = sample if self._ratio == 1 else math.floor(sample * self._ratio + 0.5)
        if not self._first <= at < self._stop:
            return None, at
        begin = max(at // self._frame * self._frame, self._first)
        return self.said.setdefault(begin, _Said()), at


class Pulse:
    """Says of the records of `book` what is known; `wish` is told which pieces are not yet.

    Nothing here waits: a frame leaves when it is due, with what is known by then.
    """

    def __init__(self, book: BeatBook, wish: Callable[[Key, int], None]) -> None:
        self._book = book
        self._wish = wish

    def in_frames(
        self, record: str, fs: float, sid: int, span: tuple[int, int], frame: int
    ) -> dict[int, bytes]:
        """Return what follows each frame that begins in [start, stop) = `span`, at `fs` Hz.

        By the first sample of the frame, as framed messages. Frames of which nothing is said are
        left out. They are cut at multiples of `frame`, but for the first and the last.
        """
        key = (record, None)
        if not self._book.possible(key):
            return {}
        own, _, _ = self._book.about(key)
        frames = _Frames(sid, span, frame, fs / own)
        low, high = frames.source_span()
        if self._book.whole(key) is None:
            self._want(key, low, high, own)
        for part in self._book.over(key, low, high):
            frames.add(part, max(low, part.start), min(high, part.stop), own)
        return {at: one.encoded(sid) for at, one in frames.said.items()}

    def in_gap(self, sid: int, start: int) -> bytes:
        """Return what follows a gap that begins at `start`: of what is not there is no rate."""
        return _rate(sid, start, math.nan, "gap", None).encode()

    def now(self, record: str, fs: float, sid: int, at: int) -> bytes:
        """Return the rate at sample `at` (at `fs` Hz), for one who comes there, as framed messages.

        And the length of a pause, where there is one; nothing at the end of the record.
        """
        key = (record, None)
        own, length, _ = self._book.about(key)
        sample = at if fs == own else math.floor(at * own / fs)
        if not 0 <= sample < length:
            return b""
        if not self._book.possible(key):
            return _rate(sid, at, math.nan, NO_LEAD, None).encode()
        part = self._book.part(key, sample)
        if part is None:
            self._want(key, sample, sample + 1, own)
            return _rate(sid, at, math.nan, ANALYSING, None).encode()
        bpm, reason = part.rate.at(sample)
        lead = part.lead_at(sample)
        said = _rate(sid, at, math.nan if bpm is None else bpm, reason, lead).encode()
        for begin, _ in part.rate.cut(sample, sample + 1).pauses.tolist():
            seconds = (sample - begin) / own
            if seconds >= PAUSE_S:
                said += _pause(sid, at, seconds, lead).encode()
        return said

    def _want(self, key: Key, low: int, high: int, fs: float) -> None:
        """Have looked at what is not known, and the piece after it: the last wish goes first."""
        for k in range(piece_of(max(low, high - 1), fs) + 1, piece_of(low, fs) - 1, -1):
            if self._book.missing(key, k) is not None:
                self._wish(key, k)


def _between(samples: NDArray[np.int64], low: int, high: int) -> list[int]:
    first, last = samples.searchsorted([low, high])
    listed: list[int] = samples[first:last].tolist()
    return listed


def _pausing(part: Stretch, low: int, high: int, fs: float) -> list[tuple[int, float]]:
    """Return where in [low, high) the length of a pause is said, and that length (s)."""
    pauses = part.rate.pauses
    if not len(pauses):
        return []
    first, last = pauses[:, 1].searchsorted(low, "right"), pauses[:, 0].searchsorted(high)
    out = []
    for begin, end in pauses[first:last].tolist():
        number = max(0, math.ceil((low - begin) / fs / PAUSE_EVERY_S - PAUSE_S / PAUSE_EVERY_S) - 1)
        while True:
            seconds = PAUSE_S + number * PAUSE_EVERY_S
            sample = begin + round(seconds * fs)
            if sample >= min(end, high):
                break
            if sample >= low:
                out.append((sample, seconds))
            number += 1
    return out


def _source(lead: str | None) -> str:
    return DETECTOR if lead is None else f"{DETECTOR} {lead}"


def _method(lead: str | None, how: str) -> str:
    return f"{how}; {DETECTOR}" + ("" if lead is None else f", lead {lead}")


def _rate(sid: int, sample: int, bpm: float, reason: str, lead: str | None) -> Numeric:
    return Numeric(
        sid=sid,
        name="hr",
        sample=sample,
        value=None if math.isnan(bpm) else round(bpm, 1),
        unit=UNIT,
        method=_method(lead, METHOD),
        reason=reason or None,
    )


def _pause(sid: int, sample: int, seconds: float, lead: str | None) -> Numeric:
    return Numeric(
        sid=sid,
        name="pause",
        sample=sample,
        value=round(seconds, 2),
        unit="s",
        method=_method(lead, "since the last beat"),
    )
