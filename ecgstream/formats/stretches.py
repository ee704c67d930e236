"""Signals that a file holds in stretches: placed in time, read frame by frame, in bounded memory.

What EDF, DICOM, ISHNE and MFER have in common: frames of so many samples a channel, one after the
other, in one piece or in several with nothing between. A sample that no stretch holds is missing.
"""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ecgstream.errors import ImportFailed
from ecgstream.formats.recording import CHUNK_VALUES, LONGEST_S, Samples, Signal
from ecgstream.model.annotation import POINT


@dataclass(frozen=True, slots=True)
class Stretch:
    """`frames` frames, the first of them `at` seconds after the start of the recording.

    A frame holds `per_frame[c]` samples of channel c, which is signal number `signals[c]`.
    `read(start, stop)` returns those of frames [start, stop), a `Samples` a channel; it raises
    ImportFailed.
    """

    at: Fraction
    frames: int
    signals: tuple[int, ...]
    per_frame: tuple[int, ...]
    read: Callable[[int, int], Sequence[Samples]]


def place(at: Fraction, fs: Fraction) -> int:
    """Return the sample number nearest to `at` seconds, halves upwards."""
    return math.floor(at * fs + Fraction(1, 2))


def end_of(sample: int, at: Fraction, fs: Fraction) -> int:
    """Return the sample after the last of a stretch from `sample` until `at` seconds; POINT where
    that is no later. What is said to go on for ever ends where a recording may.
    """
    stop = min(place(at, fs), int(LONGEST_S * fs))
    return stop if stop > sample else POINT


def lengths(rates: Sequence[Fraction], stretches: Sequence[Stretch]) -> list[int]:
    """Return the samples of each signal, up to the end of the last stretch; one rate, one length.

    Raises ImportFailed where two stretches hold the same sample of a signal, or none holds any.
    """
    ends = [0] * len(rates)
    for stretch in sorted(stretches, key=lambda one: one.at):
        for i, n in zip(stretch.signals, stretch.per_frame, strict=True):
            start = place(stretch.at, rates[i])
            if start < ends[i]:
                raise ImportFailed(
                    f"samples of signal {i + 1} are there twice: what begins at "
                    f"{float(stretch.at):.10g} s begins before the piece before it has ended"
                )
            ends[i] = start + stretch.frames * n
    longest = {
        rate: max(end for end, r in zip(ends, rates, strict=True) if r == rate)
        for rate in set(rates)
    }
    seconds = max((end / rate for rate, end in longest.items()), default=Fraction(0))
    if not 0 < seconds <= LONGEST_S:
        raise ImportFailed(f"a length of {float(seconds):g} s cannot be right")
    return [longest[rate] for rate in rates]


def chunks(
    signals: Sequence[Signal], rates: Sequence[Fraction], stretches: Sequence[Stretch]
) -> Iterator[list[Samples]]:
    """Yield all samples in order, as `Recording.chunks` does; `rates` are exact. ImportFailed."""
    waiting = sorted(stretches, key=lambda one: one.at, reverse=True)
    running: list[Stretch] = []
    done = [0] * len(signals)
    step = _step(rates)
    number = 0
    while any(at < signal.length for at, signal in zip(done, signals, strict=True)):
        number += 1
        until = [
            min(signal.length, place(number * step, rate))
            for signal, rate in zip(signals, rates, strict=True)
        ]
        while waiting and _begins(waiting[-1], rates, until):
            running.append(waiting.pop())
        running = [one for one in running if not _ended(one, rates, done)]
        if until != done:
            yield _chunk(signals, rates, running, done, until)
        done = until


def _step(rates: Sequence[Fraction]) -> Fraction:
    """Return the seconds of a chunk: whole samples of every rate, where that is not too long."""
    total = sum(rates, Fraction(0))
    denominator = math.lcm(*(rate.denominator for rate in rates))
    together = Fraction(denominator, math.gcd(*(int(rate * denominator) for rate in rates)))
    if together * total > 8 * CHUNK_VALUES:
        return CHUNK_VALUES / total
    return max(1, math.floor(CHUNK_VALUES / (together * total))) * together


def _begins(stretch: Stretch, rates: Sequence[Fraction], until: Sequence[int]) -> bool:
    return any(place(stretch.at, rates[i]) < until[i] for i in stretch.signals)


def _ended(stretch: Stretch, rates: Sequence[Fraction], done: Sequence[int]) -> bool:
    return all(
        place(stretch.at, rates[i]) + stretch.frames * n <= done[i]
        for i, n in zip(stretch.signals, stretch.per_frame, strict=True)
    )


def _chunk(
    signals: Sequence[Signal],
    rates: Sequence[Fraction],
    running: Sequence[Stretch],
    done: Sequence[int],
    until: Sequence[int],
) -> list[Samples]:
    """Return samples [done, until) of every signal."""
    values = [np.zeros(b - a, s.type) for a, b, s in zip(done, until, signals, strict=True)]
    missing = [np.ones(b - a, np.bool_) for a, b in zip(done, until, strict=True)]
    for stretch in running:
        wanted = []
        for i, n in zip(stretch.signals, stretch.per_frame, strict=True):
            start = place(stretch.at, rates[i])
            low = max(done[i] - start, 0)
            high = min(until[i] - start, stretch.frames * n)
            wanted.append((i, n, start, low, max(low, high)))
        asked = [(low // n, -(-high // n)) for _, n, _, low, high in wanted if high > low]
        if not asked:
            continue
        first, last = min(low for low, _ in asked), max(high for _, high in asked)
        read = stretch.read(first, last)
        for piece, (i, n, start, low, high) in zip(read, wanted, strict=True):
            inside = slice(low - first * n, high - first * n)
            into = slice(start + low - done[i], start + high - done[i])
            values[i][into] = piece.values[inside]
            missing[i][into] = False if piece.missing is None else piece.missing[inside]
    return [Samples(v, m if m.any() else None) for v, m in zip(values, missing, strict=True)]


def joined(
    keys: Sequence[Sequence[Hashable]], spans: Sequence[tuple[Fraction, Fraction]]
) -> list[tuple[tuple[int, int], ...]]:
    """Return the signals that pieces make up, each as its (piece, channel), in order of time.

    `keys[p][c]` is all that makes channel c of piece p what it is, `spans[p]` its start and end in
    seconds: channels of one key that do not overlap are one signal, which goes on.
    """
    signals: list[list[tuple[int, int]]] = []
    ends: list[Fraction] = []
    known: dict[Hashable, list[int]] = {}
    for piece in sorted(range(len(keys)), key=lambda one: spans[one][0]):
        start, end = spans[piece]
        for channel, key in enumerate(keys[piece]):
            same = known.setdefault(key, [])
            found = next((k for k in same if ends[k] <= start), None)
            if found is None:
                found = len(signals)
                same.append(found)
                signals.append([])
                ends.append(end)
            signals[found].append((piece, channel))
            ends[found] = end
    return [tuple(parts) for parts in signals]
