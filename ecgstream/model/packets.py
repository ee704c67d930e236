"""Packets of samples, each with the time of its first one: their rate and their sample numbers.

As in `timebase`, of an unbroken run of packets each begins when the samples before it are over,
but for the rounding of its time. Times are float64 milliseconds, rates exact fractions.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.timebase import HIGHEST, Unsteady, fitted

EXACT: Final = 0.01
"""Of a rounding step: where half of the packets stray by less, nothing was rounded."""

FOLLOWING: Final = 0.5
"""The share of packets that have to follow the one before, for a rate to be inferred of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """Packet k has `counts[k]` samples, the first at `times[k]` ms: strictly increasing, rounded
    to `quantum` ms.
    """

    times: NDArray[np.float64]
    counts: NDArray[np.int64]
    quantum: float

    @property
    def slack(self) -> float:
        """How far the times of a steady run may spread about a line, in ms."""
        return self.quantum * (1 + 1e-9) + 4 * float(
            np.spacing(max(abs(self.times[0]), abs(self.times[-1])))
        )


def infer(packets: Packets) -> Fraction:
    """Return the simplest rate, in Hz, at which packets follow each other.

    Raises Unsteady where there is none.
    """
    times, counts = packets.times, packets.counts
    if len(times) < 2:
        raise Unsteady("one packet alone has no rate")
    told = counts[:-1] > 0
    if not told.any():
        raise Unsteady("its packets are empty")
    step = float(np.median(np.diff(times)[told] / counts[:-1][told]))
    first = _runs(packets, step)
    number = _places(first, counts)
    if len(first) - 1 > (1 - FOLLOWING) * len(times):
        message = f"of {len(times)} packets {len(first) - 1} do not follow the one before"
        raise Unsteady(message)
    for slack in (packets.slack, 2 * packets.slack + step):
        rate = fitted(times, first, slack, number=number)
        if rate is not None and 0 < rate <= HIGHEST:
            return rate
    message = f"no one rate fits the times of its packets; nearest is {1000 / step:.6g} Hz"
    raise Unsteady(message)


def follow(packets: Packets, rate: Fraction) -> bool:
    """Return whether packets of another length than most show that each begins where one ends.

    Of one length at an even distance they would do so at one rate, overlap at a lower one and have
    pauses between them at a higher one. One sample a packet is no stretch that could do either.
    """
    counts, step = packets.counts[:-1], float(1000 / rate)
    usual = float(np.median(counts))
    if usual <= 1:
        return True
    # A length that rounding may hide shows nothing.
    other = np.abs(counts - usual) * step > step / 2 + packets.slack
    broken = np.zeros(len(counts), np.bool_)
    broken[_runs(packets, step)[1:] - 1] = True
    return bool(other.any()) and 2 * int((other & ~broken).sum()) >= int(other.sum())


def _runs(packets: Packets, step: float) -> NDArray[np.int64]:
    """Return where runs begin, 0 first: packets that do not follow the one before."""
    excess = np.diff(packets.times) - packets.counts[:-1] * step
    if not len(excess):
        return np.zeros(1, np.int64)
    # Whole seconds may be no rounding at all: what most packets keep to shows it.
    usual = float(np.median(np.abs(excess)))
    eps = 4 * float(np.spacing(np.abs(packets.times).max()))
    slack = usual + eps if usual < EXACT * packets.quantum else packets.slack
    limit = 0.5 * step + slack
    return np.concatenate([[0], np.flatnonzero(np.abs(excess) > limit) + 1])


def _places(first: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many samples of its run are before each packet."""
    before = np.cumsum(counts) - counts
    return before - np.repeat(before[first], np.diff(np.append(first, len(counts))))


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """The sample number of each packet's first sample, and when sample 0 of the first was taken.

    `breaks` is how many packets do not follow the one before; `gaps`, how many of these begin
    later than it ends, with samples missing between.
    """

    sample: NDArray[np.int64]
    zero: float
    breaks: int
    gaps: int


def number(packets: Packets, rate: Fraction, zero: float | None = None) -> Starts:
    """Return the sample numbers of packets at `rate`; sample 0 was taken at `zero` ms.

    Without one it is the first sample of the first packet. Within a run numbers count on; else
    they are what the time says. Raises Unsteady for a run that strays from `rate`.
    """
    times, counts = packets.times, packets.counts
    step = float(1000 / rate)
    first = _runs(packets, step)
    places = _places(first, counts)
    left = times - places * step
    low, high = np.minimum.reduceat(left, first), np.maximum.reduceat(left, first)
    middle = (low + high) / 2
    lengths = np.diff(np.append(first, len(times)))
    away = np.abs(left - np.repeat(middle, lengths))
    index = int(away.argmax())
    if away[index] > 1.5 * step + packets.slack:
        raise Unsteady(
            f"they leave {float(rate):g} Hz by more than 1.5 samples ({away[index]:.3g} ms)", index
        )
    at_zero = float(middle[0]) if zero is None else zero
    run = np.rint((middle - at_zero) * float(rate / 1000)).astype(np.int64)
    # A gap is no step back, whatever its rounding says.
    held = np.add.reduceat(counts, first)
    ahead = np.append(True, np.diff(times)[first[1:] - 1] > counts[first[1:] - 1] * step)
    gaps = 0
    for k in range(1, len(run)):
        if ahead[k]:
            run[k] = max(run[k], run[k - 1] + held[k - 1])
            gaps += int(run[k] > run[k - 1] + held[k - 1])
    sample = np.maximum(np.repeat(run, lengths) + places, 0)
    return Starts(sample, at_zero, len(first) - 1, gaps)
