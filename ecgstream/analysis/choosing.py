"""Which of the waves that stand out are beats: decided one after the other, each within a second.

Adaptive thresholds after Pan and Tompkins (1985) by way of SleepECG (BSD-3-Clause), with what was
learnt since: the lesser of beats that alternate sets the threshold, it falls as a beat becomes due,
and looking back for a beat that was missed is looking ahead by a fixed time instead.
"""

import math
from collections import deque
from typing import Final

from ecgstream.analysis.qrs import Waves

LEARN_S: Final = 4.0
"""Two beats at 30 a minute: before the first decision it is looked how large waves are."""

REFRACTORY_S: Final = 0.2
"""The ventricles cannot be excited again sooner."""

T_WAVE_S: Final = 0.4
"""Until then a wave may be the T wave of the beat before: the QT interval at 75 a minute."""

T_WAVE_OF: Final = (0.8, 0.3)
"""Of the beat before what a wave must reach not to be its end or its T wave: at the end of the
refractory time (an S wave, a wide complex's second half), and at the end of the T wave, whose
slopes are a third of a QRS's or less."""

TALLEST: Final = 1.5
"""Of the beats' level, to what the size of the last one counts there: an artifact has no T wave."""

EARLY_AT, DUE_AT = 0.35, 0.85
"""Of the usual interval: before the first no beat is expected, from the second on one is due."""

EARLY, DUE = 0.4, 0.3
"""Of the way from the noise to the beats where the threshold lies then: a premature ventricular
beat has half the slope of the others, a T or P wave seldom a quarter."""

BEATS: Final = 8
"""Beats that are remembered, as for the rate: bedside monitors average over as many."""

LESSER: Final = 2
"""Of the remembered sizes in order the one that the level follows: of trigeminy the small beats."""

GREATER: Final = 6
GUARD: Final = 0.5
"""The level is at least so much of the larger beats, lest T waves once taken pull it down."""

NOISE_RATE: Final = 0.2
"""Of the noise level's way to a wave that was refused: it follows within five, a second or two."""

NOISE_FIRST: Final = 0.125
"""Of the beats' level what is held for noise at first: that of a quiet recording with P waves."""

NOISE_MOST: Final = 0.7
"""Of the beats' level, what is held for noise at most: else nothing would ever be taken again."""

LONG_S: Final = 3.0
"""An interval that is seldom reached (20 a minute): from here on the threshold falls."""

FALLS_TO: Final = 0.75
"""By how much: P waves without a QRS, a sixth of one in this band, are to stay below, and a pause
is to stay a pause. What is smaller is found when the level is learnt again."""

AGAIN_S: Final = 6.0
"""The longest pauses that end by themselves: after it the level is learnt again..."""

AGAIN_OF: Final = 0.25
ANYHOW_S: Final = 12.0
"""...where waves of such a part of the level come: P waves that are not conducted have less. In the
end from what there is: the gain may have changed."""

HOLE: Final = 1.6
"""Of the usual interval: longer without a beat, and the largest of the weak waves is one."""

WEAK: Final = 0.45
"""Of the way from the noise to the threshold what it must have (Pan and Tompkins: a half)."""

HOLE_FROM, HOLE_BEFORE_S = 0.45, 0.3
"""It stands so far (of the usual interval) after the beat before, and so long before the next."""

CONDUCTED_S: Final = 0.28
CONDUCTED_BY: Final = 1.9
"""What is followed so soon by a wave so much larger is the P wave of it: PR intervals end there."""

WIDE_TALL: Final = 0.9
WIDE_OF: Final = 0.6
"""Of the usual height, and of the threshold, what a ventricular beat has that is too wide to be
steep: a T wave as tall as the QRS has a sixth of its slopes and does not reach it."""

WIDE_FROM_S: Final = 0.4
WIDE_NOISE: Final = 0.15
"""It comes after the T wave, and where the noise is less than such a part of the beats' level: a
cable that is moved makes tall waves too."""

NOISY: Final = 0.2
"""Of the beats' level: with more noise, waves between two beats in rhythm are looked at twice. With
less they are beats: a rate that doubles at once has each second one just there."""

BETWEEN: Final = 0.75
"""Of the usual interval: what comes later is the beat that was due."""

STEADY: Final = 0.2
IN_RHYTHM: Final = 0.15
"""Of the usual interval: how far intervals of a steady rhythm lie apart, and one from the usual."""

DOUBT_FROM, DOUBT_TO = 2 / 3, 5 / 4
"""Of the threshold: what is refused above the first, or taken below the second, might as well not
have been. With breathing and in a little noise a QRS is larger or smaller by a quarter; early beats
are smaller by more, so that it reaches further down. Wider on either side, more of the rates that
remain are right, and fewer remain."""

USUAL_S: Final = 0.8
"""What is held for it at first: 75 a minute."""

FEW: Final = 3
"""Intervals with which there is a usual one; with more of them it may be called steady."""

SHORTEST_S, LONGEST_S = 0.3, 1.5
"""What is held for the usual interval: 200 to 40 a minute."""


class Chooser:
    """Takes waves in order and says which are beats. Times in seconds, sizes in microvolts.

    `look` is how many seconds ahead of a wave it knows the others when it decides on it.
    """

    def __init__(self, rate: float, look: float) -> None:
        self._rate = rate
        self._look = look
        self._times: list[float] = []
        self._sizes: list[float] = []
        self._peaks: list[int] = []
        self._extents: list[int] = []
        self._tallness: deque[int] = deque(maxlen=BEATS)
        self._tall = math.inf
        self._blind: list[bool] = []
        self._next = 0
        self._learnt = False
        self._level = 0.0
        self._noise = 0.0
        self._remembered: deque[float] = deque(maxlen=BEATS)
        self._intervals: deque[float] = deque(maxlen=BEATS)
        self._usual = USUAL_S
        self._spread = 1.0
        self._last = float("-inf")
        self._last_size = 0.0
        self.doubts: list[int] = []
        """Peaks of waves, taken or refused, of which it was a near thing; cleared by the reader."""

    def add(self, waves: Waves) -> None:
        """Take the next waves: all within `look` of those that are decided on next."""
        self._times += (waves.block / self._rate).tolist()
        self._sizes += waves.size.tolist()
        self._peaks += waves.peak.tolist()
        self._extents += waves.extent.tolist()

    def beats(self, blind: list[bool], known: float, *, ended: bool = False) -> list[int]:
        """Return the R peaks of those waves that are beats.

        Of the next waves, all before `known` (s), `blind` says whether they lie where nothing is
        to be found. `ended`: there are no more of them.
        """
        self._blind += blind
        if not self._learnt and not self._learn(known, ended=ended):
            return []
        first, self._next = self._next, len(self._blind)
        return [
            self._peaks[at]
            for at in range(first, self._next)
            if not self._blind[at] and self._is_beat(at)
        ]

    @property
    def waits_from(self) -> float:
        """The time of the first wave that waits until it is learnt how large waves are, or inf."""
        if self._learnt:
            return float("inf")
        waiting = (t for t, blind in zip(self._times, self._blind, strict=False) if not blind)
        return next(waiting, float("inf"))

    def _learn(self, known: float, *, ended: bool) -> bool:
        seen = [
            (time, size)
            for time, size, blind in zip(self._times, self._sizes, self._blind, strict=False)
            if not blind
        ]
        if not seen or not (ended or known >= seen[0][0] + LEARN_S):
            return False
        tallest = [0.0] * int(LEARN_S)
        for time, size in seen:
            second = int(time - seen[0][0])
            if second < len(tallest):
                tallest[second] = max(tallest[second], size)
        # The second largest: one artifact is no measure, and at 30 a minute two seconds have beats.
        self._level = sorted(tallest)[-2] or max(tallest)
        self._noise = NOISE_FIRST * self._level
        self._remembered.extend([self._level] * BEATS)
        self._last = seen[0][0] - USUAL_S
        self._learnt = True
        return True

    def _is_beat(self, at: int) -> bool:
        time, size = self._times[at], self._sizes[at]
        since = time - self._last
        if since < REFRACTORY_S or self._is_shoulder(at):
            return False
        noise = min(self._noise, NOISE_MOST * self._level)
        early = since / self._usual
        threshold = self._threshold(since, early, noise)
        taken = self._takes(at, since, noise, threshold)
        if taken:
            self._accept(time, size, since, self._extents[at])
        elif taken is not None:
            self._refuse(at, since)
        if size < DOUBT_TO * threshold if taken else size > DOUBT_FROM * threshold:
            self.doubts.append(self._peaks[at])
        return bool(taken)

    def _takes(self, at: int, since: float, noise: float, threshold: float) -> bool | None:
        """Return whether a wave is a beat; None: refused for its place alone.

        That tells nothing of the noise.
        """
        early = since / self._usual
        if self._sizes[at] >= threshold or self._is_wide(at, since, noise, threshold):
            if self._is_between(at, early, noise, threshold):
                return None
            return not self._is_p_wave(at)
        return self._fills_hole(at, early, noise, threshold)

    def _threshold(self, since: float, early: float, noise: float) -> float:
        if early <= EARLY_AT:
            share = EARLY
        elif early < DUE_AT:
            share = EARLY + (DUE - EARLY) * (early - EARLY_AT) / (DUE_AT - EARLY_AT)
        else:
            share = DUE
        if since > LONG_S:
            share *= max(FALLS_TO, LONG_S / since)
        threshold = noise + share * (self._level - noise)
        if since < T_WAVE_S:
            first, last = T_WAVE_OF
            of = first + (last - first) * (since - REFRACTORY_S) / (T_WAVE_S - REFRACTORY_S)
            threshold = max(threshold, of * min(self._last_size, TALLEST * self._level))
        return threshold

    def _is_shoulder(self, at: int) -> bool:
        """Return whether a larger wave follows within the refractory time: that one is the beat."""
        times, sizes = self._times, self._sizes
        size, until = sizes[at], times[at] + REFRACTORY_S
        for ahead in range(at + 1, len(times)):
            if times[ahead] >= until:
                return False
            if sizes[ahead] > size:
                return True
        return False

    def _is_p_wave(self, at: int) -> bool:
        times, sizes = self._times, self._sizes
        tall, until = CONDUCTED_BY * sizes[at], times[at] + CONDUCTED_S
        for ahead in range(at + 1, len(times)):
            if times[ahead] > until:
                return False
            if sizes[ahead] > tall:
                return True
        return False

    def _is_wide(self, at: int, since: float, noise: float, threshold: float) -> bool:
        """Return whether a wave is as tall as the beats and steep enough for a wide one."""
        return (
            since >= WIDE_FROM_S
            and noise <= WIDE_NOISE * self._level
            and self._sizes[at] >= WIDE_OF * threshold
            and self._extents[at] >= self._tall
        )

    def _is_between(self, at: int, early: float, noise: float, threshold: float) -> bool:
        """Return whether, in noise, a beat in a steady rhythm is due just after this wave."""
        if noise <= NOISY * self._level or early >= BETWEEN or self._spread >= STEADY:
            return False
        times, sizes = self._times, self._sizes
        size, until = sizes[at], times[at] + self._look
        for ahead in range(at + 1, len(times)):
            if times[ahead] > until:
                return False
            off = abs(times[ahead] - self._last - self._usual)
            if (
                off < IN_RHYTHM * self._usual
                and sizes[ahead] >= threshold
                and size < max(sizes[ahead], self._level)
            ):
                return True
        return False

    def _fills_hole(self, at: int, early: float, noise: float, threshold: float) -> bool:
        times, sizes = self._times, self._sizes
        time, size = times[at], sizes[at]
        if early < HOLE_FROM or time - self._last < T_WAVE_S:
            return False
        if size < noise + WEAK * (threshold - noise):
            return False
        strong = noise + DUE * (self._level - noise)
        until = time + self._look
        following = until
        for ahead in range(at + 1, len(times)):
            if times[ahead] > until:
                break
            if sizes[ahead] >= strong:
                following = times[ahead]
                break
            if sizes[ahead] > size:
                return False
        return following - self._last > HOLE * self._usual and following - time > HOLE_BEFORE_S

    def _accept(self, time: float, size: float, since: float, extent: int) -> None:
        if since < 2 * LONGEST_S:
            self._intervals.append(since)
            ordered = sorted(self._intervals)
            count = len(ordered)
            if count >= FEW:
                self._usual = min(max(ordered[count // 2], SHORTEST_S), LONGEST_S)
                self._spread = (ordered[-2] - ordered[1]) / self._usual if count > FEW else 1.0
        self._remembered.append(size)
        sizes = sorted(self._remembered)
        self._level = max(sizes[LESSER], GUARD * sizes[GREATER])
        self._tallness.append(extent)
        if len(self._tallness) > 1:
            self._tall = WIDE_TALL * sorted(self._tallness)[len(self._tallness) // 2]
        self._last, self._last_size = time, size

    def _refuse(self, at: int, since: float) -> None:
        self._noise += NOISE_RATE * (min(self._sizes[at], self._level) - self._noise)
        if since > AGAIN_S:
            since_then = self._times[at] - AGAIN_S / 2
            behind = at
            while behind and self._times[behind - 1] > since_then:
                behind -= 1
            tallest = max(self._sizes[behind : at + 1])
            least = AGAIN_OF * self._level if since < ANYHOW_S else 0.0
            if least <= tallest < self._level:
                self._level = tallest
                self._remembered.extend([tallest] * BEATS)
