"""Sample index to seconds and back: which rate timestamps were made at, and their sample numbers.

Timestamps come rounded (360 Hz in whole milliseconds is 0, 3, 6, 8, ...), with gaps, and with
jitter. Of the samples of one unbroken run, number i was taken at `phase + i / fs`; its timestamp
lies within the rounding of that. So a rate fits a run if what is left over, `t - i / fs`, spreads
no wider than one rounding step. Times here are float64 milliseconds, rates are exact fractions.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.figures import plain
from ecgstream.model.lattice import USUAL, on_lattice, rates_on_lattice, usual_within

WINDOW: Final = 32
"""Samples over which the spacing is first measured: enough to average the rounding out, few
enough that most windows of a recording with many gaps have none."""

SOME: Final = 100_000
"""Windows and steps looked at, evenly spread, where an average or the commonest is wanted."""

PASSES: Final = 200
"""Rates tried for one timestamp column; each pass halves what is left, about."""

MOST_GAPS: Final = 0.2
"""Of the steps between timestamps. Where more are gaps, it is another rate that is there."""

OFTEN: Final = 0.1
"""Of samples that are lost one by one: what steps over them may add to the spacing."""

SLOWEST_S: Final = 10**9
FASTEST_HZ: Final = 10**9
"""Seconds between two samples, and samples in a second, that no rate that is said goes beyond."""

HIGHEST: Final = 100_000.0
"""Hz. Above this the timestamps are seconds or microseconds, not milliseconds."""


class Unsteady(ValueError):
    """Timestamps that no one rate explains, from timestamp `index` on."""

    def __init__(self, message: str, index: int = 0) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """The timestamps of one lead: strictly increasing, rounded to `quantum` ms."""

    times: NDArray[np.float64]
    quantum: float

    @property
    def slack(self) -> float:
        """How far the timestamps of a steady run may spread about a line, in ms."""
        # Float arithmetic adds some units in the last place to the rounding that was meant.
        return self.quantum * (1 + 1e-9) + 4 * float(
            np.spacing(max(abs(self.times[0]), abs(self.times[-1])))
        )


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """Runs without a gap: run k begins at timestamp `first[k]`, which is sample `sample[k]`."""

    first: NDArray[np.int64]
    sample: NDArray[np.int64]

    def expand(self, count: int) -> NDArray[np.int64]:
        """Return the sample number of each of `count` timestamps."""
        lengths = np.diff(np.append(self.first, count))
        return np.repeat(self.sample - self.first, lengths) + np.arange(count)


def rate_of(value: Any) -> Fraction | None:
    """Return a rate in Hz out of a number or a text (`360`, `360 Hz`, `1000/3`), None for none."""
    text = re.sub(r"\s*hz$", "", str(value).strip(), flags=re.IGNORECASE)
    # Written out, `1e999999999` would take all memory there is.
    if isinstance(value, bool) or len(text) > 64 or re.search(r"e[-+]?\d{4}", text, re.IGNORECASE):
        return None
    try:
        # A float as it is written: 0.1 is a tenth.
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None
    # Nothing is sampled faster or slower, and a float has no room for what is far beyond.
    return rate if Fraction(1, SLOWEST_S) <= rate <= FASTEST_HZ else None


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the simplest fraction in [low, high] (Stern-Brocot), 0 < low <= high.

    Where there are integers in it, the one nearest to the middle.
    """
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(min(max(round((low + high) / 2), whole), math.floor(high)))
    return _simplest(low, high)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    # The lowest integer within, at every step down, gives the least denominator.
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    floor = whole - 1
    return floor + 1 / _simplest(1 / (high - floor), 1 / (low - floor))


def spacing(stamps: Stamps) -> float:
    """Return the milliseconds between two samples, about; gaps and rounding averaged out."""
    times = stamps.times
    reach = min(WINDOW, len(times) - 1)
    some = slice(None, None, len(times) // SOME + 1)
    return float(np.median(times[reach:][some] - times[:-reach][some])) / reach


def breaks(stamps: Stamps, limit: float) -> NDArray[np.int64]:
    """Return where runs begin, 0 first: the timestamps more than `limit` ms after the last."""
    return np.concatenate([[0], np.flatnonzero(np.diff(stamps.times) > limit) + 1])


@dataclass(frozen=True, slots=True)
class Reading:
    """A rate that explains timestamps to within their rounding; `lost` samples are not there."""

    rate: Fraction
    lost: int

    @property
    def told_by(self) -> float:
        """How much is assumed for it: each loss counts one, and a rate that is not usual more.

        Two losses may by chance lie where another rate has its longer steps; five hardly do.
        """
        return self.lost + (0 if self.rate in USUAL else 4 if self.rate.denominator == 1 else 5)


def readings(stamps: Stamps) -> list[Reading]:
    """Return what explains `stamps` (two or more) to within their rounding, the likeliest first.

    Most often one or none. Several where a step and one with a sample lost may be rounded alike.
    """
    step, slack, usual = spacing(stamps), stamps.slack, _usual_step(stamps)
    lost: dict[Fraction, int] = {}
    first = breaks(stamps, _strict_limit(stamps, step))
    # Losing single samples is no jitter: the strict reading may split there, but only there.
    skipped = np.diff(stamps.times)[first[1:] - 1]
    if (skipped > 1.5 * step).all() and _few(first, stamps):
        rate = fitted(stamps.times, first, slack, prefer=usual)
        if rate is not None:
            lost[rate] = len(first) - 1
    if usual is not None:
        lost[usual] = int((np.diff(stamps.times) > 1.5 * float(1000 / usual)).sum())
    if _may_hide(stamps, step):
        off = 2 * stamps.quantum / min(WINDOW, len(stamps.times) - 1)
        if off < step:
            low, high = 1000 / (step + off), 1000 / (step - off)
            # Where one in twenty is lost, most windows have one, and are the longer for it.
            lost |= dict(rates_on_lattice(stamps.times, slack, low, high * (1 + OFTEN)))
    return sorted((Reading(*one) for one in lost.items()), key=lambda one: one.told_by)


def doubt(stamps: Stamps, rate: Fraction) -> str:
    """Return what else `stamps` may be than `rate`, in words; empty where there is no doubt."""
    found = readings(stamps) if len(stamps.times) > 1 else []
    if not found or found[0].rate != rate or len(found) < 2:
        return ""
    one, other = found[:2]
    # Far likelier is told only where it is a clock that goes wrong.
    if other.told_by > one.told_by + 3 and (one.rate.denominator == 1 or one.lost > 3):
        return ""
    return f"; {_with(other)} would make the same, and {_with(one)} is the likelier"


def _with(one: Reading) -> str:
    losses = f"{one.lost or 'no'} sample{'' if one.lost == 1 else 's'} lost"
    return f"{float(one.rate):.6g} Hz with {losses}"


def _may_hide(stamps: Stamps, step: float) -> bool:
    """Return whether a step over a lost sample may be no longer than one over none."""
    return bool(2 * step - stamps.quantum < (1 + OFTEN) * _strict_limit(stamps, step))


def infer(stamps: Stamps) -> Fraction:
    """Return the likeliest rate, in Hz, that explains `stamps` (two or more of them).

    That is the one with the fewest losses and, of those, a usual or else the simplest one. Raises
    Unsteady where there is none.
    """
    if len(stamps.times) < 2:
        raise Unsteady("one timestamp alone has no rate")
    strict = readings(stamps)
    found = strict[0].rate if strict else _with_jitter(stamps)
    if found is None:
        raise Unsteady(*_worst(stamps))
    if not 0 < found <= HIGHEST:
        raise Unsteady(f"they make {float(found):g} Hz; expected milliseconds")
    return found


def _strict_limit(stamps: Stamps, step: float) -> float:
    # Two samples `step` apart are never further apart than that and the rounding; `step` itself
    # is known to two roundings in WINDOW samples.
    return step + stamps.slack + 2 * stamps.quantum / WINDOW + step * 1e-9


def _loose_limit(stamps: Stamps, step: float) -> float:
    return 1.5 * step + stamps.slack


def _with_jitter(stamps: Stamps) -> Fraction | None:
    """Return the simplest rate that `stamps` leave by a few samples at most, None for none."""
    step = spacing(stamps)
    loose = breaks(stamps, _loose_limit(stamps, step))
    if not _few(loose, stamps):
        return None
    tried = (
        fitted(stamps.times, loose, stamps.slack * 2 + extra * step) for extra in (0.25, 1.0, 3.0)
    )
    return next((rate for rate in tried if rate is not None), None)


def _few(first: NDArray[np.int64], stamps: Stamps) -> bool:
    return len(first) - 1 <= max(1, MOST_GAPS * len(stamps.times))


def _usual_step(stamps: Stamps) -> Fraction | None:
    """Return the rate of the commonest step, if every step is a whole multiple of it.

    1000 Hz in whole milliseconds with samples lost here and there: all timestamps lie on the grid.
    """
    steps = np.diff(stamps.times)
    # The commonest of some is the commonest of all, where it makes up nine in ten.
    some = np.rint(steps[:: len(steps) // SOME + 1] / stamps.quantum)
    values, counts = np.unique(some, return_counts=True)
    usual = values[counts.argmax()]
    if usual < 1 or counts.max() < 0.8 * counts.sum():
        return None
    steps = np.rint(steps / stamps.quantum)
    if (steps == usual).mean() < 0.9 or (steps % usual).any():
        return None
    return 1000 / (Fraction(int(usual)) * Fraction(repr(stamps.quantum)))


def fitted(
    times: NDArray[np.float64],
    first: NDArray[np.int64],
    slack: float,
    prefer: Fraction | None = None,
    number: NDArray[np.int64] | None = None,
) -> Fraction | None:
    """Return the simplest rate about which no run spreads wider than `slack`, else None.

    `number` are the samples from the start of its run to each timestamp; None = one from each to
    the next.

    Cutting planes: two timestamps n samples apart bound the rate to n / (their distance -+ slack).
    The ends of each run give a first bound; then the simplest rate within is tried, and the pair
    that it leaves furthest apart gives the next bound.
    """
    last = np.append(first[1:], len(times)) - 1
    if number is None:
        number = _places(first, len(times))
    count = number[last] - number[first]
    if not (count > 0).any():
        return None
    low, high = _bounds(count, times[last] - times[first], slack)
    for _ in range(PASSES):
        if low > high:
            return None
        bounds = Fraction(low), Fraction(high)
        rate = prefer if prefer and bounds[0] <= prefer <= bounds[1] else None
        rate = rate or usual_within(*bounds) or simplest(*bounds)
        left = times - number * float(1000 / rate)
        spread = np.maximum.reduceat(left, first) - np.minimum.reduceat(left, first)
        worst = int(spread.argmax())
        if spread[worst] <= slack * (1 + 1e-9):
            return rate
        run = left[first[worst] : last[worst] + 1]
        one, other = sorted((int(run.argmin()), int(run.argmax())))
        ends = first[worst] + np.array([one, other])
        tighter = _bounds(np.diff(number[ends]), np.diff(times[ends]), slack)
        if tighter[0] <= low and tighter[1] >= high:
            return None
        low, high = max(low, tighter[0]), min(high, tighter[1])
    return None


def _places(first: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the place of each of `count` timestamps in its run."""
    if len(first) == 1:
        return np.arange(count)
    return np.arange(count) - np.repeat(first, np.diff(np.append(first, count)))


def _bounds(
    count: NDArray[np.int64], distance: NDArray[np.float64], slack: float
) -> tuple[float, float]:
    """Return the rates, in Hz, that `count` steps within `distance` +- `slack` ms allow."""
    some = count > 0
    low = 1000 * count[some] / (distance[some] + slack)
    with np.errstate(divide="ignore"):
        high = 1000 * count[some] / np.maximum(distance[some] - slack, 0)
    return float(low.max()), min(float(high.min()), 1e12)


def _worst(stamps: Stamps) -> tuple[str, int]:
    """Return the message, and the timestamp that no line through its run comes near."""
    step = spacing(stamps)
    first = breaks(stamps, _loose_limit(stamps, step))
    left, middle = _residuals(stamps, first, step)
    index = int(np.abs(left - np.repeat(middle, np.diff(np.append(first, len(left))))).argmax())
    rate = f"{1000 / step:.6g} Hz" if step else "any rate"
    return f"no one rate fits them within 1.5 samples; furthest from {rate}", index


def _residuals(
    stamps: Stamps, first: NDArray[np.int64], step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return t - i * step, shape (timestamps,), and the middle of it in each run."""
    left = stamps.times - _places(first, len(stamps.times)) * step
    return left, (np.maximum.reduceat(left, first) + np.minimum.reduceat(left, first)) / 2


def origin(stamps: Stamps, rate: Fraction) -> float:
    """Return when sample 0 was taken, in ms, the first timestamp being one of it."""
    _, phases = _runs(stamps, rate)
    return float(phases[0])


def _runs(stamps: Stamps, rate: Fraction) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where runs begin, and when their first sample was taken, the rounding averaged out.

    Raises Unsteady where the timestamps of a run are further than 1.5 samples and the rounding
    from `rate`.
    """
    step = float(1000 / rate)
    if len(stamps.times) > 1 and _usual_step(stamps) == rate:
        first = breaks(stamps, 1.5 * step)
    else:
        first = breaks(stamps, _strict_limit(stamps, step))
        left, middle = _residuals(stamps, first, step)
        lengths = np.diff(np.append(first, len(left)))
        skipped = np.diff(stamps.times)[first[1:] - 1]
        away = np.abs(left - np.repeat(middle, lengths)).max()
        skips = (skipped <= 1.5 * step).any()
        if _may_hide(stamps, step) and (skips or away > stamps.slack / 2 * (1 + 1e-9)):
            placed = _placed(stamps, rate, step)
            if placed is not None:
                return placed
        if skips or away > stamps.slack * 1.01:
            first = breaks(stamps, _loose_limit(stamps, step))
    if not _few(first, stamps):
        raise Unsteady(
            f"of {len(stamps.times) - 1} steps {len(first) - 1} are longer than a sample at "
            f"{float(rate):g} Hz",
            int(first[1]),
        )
    left, middle = _residuals(stamps, first, step)
    away = np.abs(left - np.repeat(middle, np.diff(np.append(first, len(left)))))
    index = int(away.argmax())
    allowed = 1.5 * step + stamps.slack
    if away[index] > allowed:
        furthest = plain(float(away[index]))
        raise Unsteady(
            f"they leave {float(rate):g} Hz by more than 1.5 samples ({furthest} ms)", index
        )
    return first, middle


def _placed(
    stamps: Stamps, rate: Fraction, step: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """Return the runs of stamps on one lattice, as `_runs` does."""
    number = on_lattice(stamps.times, rate, stamps.slack)
    if number is None:
        return None
    left = stamps.times - number * step
    phase = float(left.max() + left.min()) / 2
    first = np.concatenate([[0], np.flatnonzero(np.diff(number) > 1) + 1])
    return first, phase + number[first] * step


def fits(stamps: Stamps, rate: Fraction) -> bool:
    """Return whether `stamps` may come from `rate`: nothing but rounding speaks against it."""
    step = float(1000 / rate)
    if len(stamps.times) < 2:
        return True
    if _usual_step(stamps) == rate:
        return True
    first = breaks(stamps, _strict_limit(stamps, step))
    left, middle = _residuals(stamps, first, step)
    away = np.abs(left - np.repeat(middle, np.diff(np.append(first, len(left)))))
    skipped = np.diff(stamps.times)[first[1:] - 1]
    if away.max() <= stamps.slack and (skipped > 1.5 * step).all():
        return _few(first, stamps)
    return _may_hide(stamps, step) and _placed(stamps, rate, step) is not None


def number(stamps: Stamps, rate: Fraction, zero: float) -> Numbered:
    """Return the sample numbers of `stamps` at `rate`, sample 0 having been taken at `zero` ms.

    Inside a run they count on; after a gap they are what the time says. Raises Unsteady.
    """
    first, phases = _runs(stamps, rate)
    return in_runs(first, (phases - zero) * float(rate / 1000), len(stamps.times))


def in_runs(first: NDArray[np.int64], phases: NDArray[np.float64], count: int) -> Numbered:
    """Return the numbers of `count` timestamps in runs: run k begins at timestamp `first[k]`, and
    by the time at sample `phases[k]`.
    """
    sample = np.rint(phases).astype(np.int64)
    lengths = np.diff(np.append(first, count))
    # What the time says may be one sample short of the run before where there is jitter:
    # numbers never go back.
    offsets = np.concatenate([[0], np.cumsum(lengths[:-1])])
    sample = np.maximum.accumulate(np.maximum(sample, 0) - offsets) + offsets
    # A step of one sample after all is no gap.
    starts = np.concatenate([[True], np.diff(sample) > lengths[:-1]])
    return Numbered(first[starts], sample[starts])
