"""WFDB's bxb once more, as slow and literal as its manual: two readers that take mark after mark.

It shares no line with `ecgstream.analysis`; what the quick one gives has to be what this one gives.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecgstream.model.annotation import Annotation

LATE = 10**15
AAMI = {
    **dict.fromkeys("NLRB", "N"),
    **dict.fromkeys("aAJSejn", "S"),
    **dict.fromkeys("VrE", "V"),
    "F": "F",
    **dict.fromkeys("/fQ?", "Q"),
}


@dataclass
class Span:
    on: int
    off: int | None

    def holds(self, sample: int) -> bool:
        return self.on <= sample and (self.off is None or sample <= self.off)


class Reader:
    """One annotator: the current beat, the next one, and the last two periods of each kind."""

    def __init__(self, marks: Sequence[Annotation], window: int) -> None:
        self.window = window
        self.marks = deque(sorted(marks, key=lambda mark: mark.sample))
        self.flutter: deque[Span] = deque(maxlen=2)
        self.shutdown: deque[Span] = deque(maxlen=2)
        self.flutter_end: int | None = None
        self.shutdown_end: int | None = None
        # What a static variable of C has before anything was read.
        self.time, self.name = 0, ""
        self.next_time, self.next_name = 0, ""

    def step(self) -> None:
        self.time, self.name = self.next_time, self.next_name
        self.next_time, self.next_name = self.beat()

    def beat(self) -> tuple[int, str]:
        while self.marks:
            mark = self.marks.popleft()
            if mark.symbol in AAMI:
                return mark.sample, AAMI[mark.symbol]
            if mark.symbol == "[":
                between = self.up_to_the_end_of_flutter()
                if between is None:
                    self.flutter.append(Span(mark.sample, self.flutter_end))
                    break
                self.flutter_end = between
                self.flutter.append(Span(mark.sample, between))
            elif mark.symbol == "~" and dark(mark):
                if not self.marks:
                    self.shutdown.append(Span(mark.sample, self.at_the_very_end()))
                    break
                self.shutdown.append(self.until_it_can_be_read_again(mark))
                self.shutdown_end = self.shutdown[-1].off
        return LATE, "*"

    def up_to_the_end_of_flutter(self) -> int | None:
        while self.marks:
            mark = self.marks.popleft()
            if mark.symbol == "]":
                return mark.sample
        return None

    def until_it_can_be_read_again(self, mark: Annotation) -> Span:
        after = self.marks[0]
        if after.symbol == "~" and not dark(after):
            self.marks.popleft()
            return Span(mark.sample, after.sample)
        since = self.time
        if self.flutter_end is not None and self.flutter_end > self.time:
            since = self.flutter_end
        off = after.sample - self.window
        return Span(min(since + self.window, off), off)

    def at_the_very_end(self) -> int | None:
        return LATE


class TestReader(Reader):
    """Of the annotator under test: its last shutdown keeps the end of the one before."""

    __test__ = False

    def at_the_very_end(self) -> int | None:
        return self.shutdown_end


def dark(mark: Annotation) -> bool:
    return mark.subtype & 16 != 0 and mark.subtype & 32 != 0


def bxb(
    reference: Sequence[Annotation],
    test: Sequence[Annotation],
    *,
    window: int,
    length: int,
    start: int = 0,
) -> Counter[tuple[str, str]]:
    """Return how often each pair of classes came, as `bxb -S -f start`."""
    ref, tst = Reader(reference, window), TestReader(test, window)
    ref.step()
    while ref.time < start:
        ref.step()
    tst.step()
    while tst.next_time < start:
        tst.step()
    counts = Counter(pairs(ref, tst, window, length, start))
    return Counter({pair: n for pair, n in counts.items() if "*" not in pair and "" not in pair})


def pairs(
    ref: Reader, tst: Reader, window: int, length: int, start: int
) -> Iterator[tuple[str, str]]:
    if ref.time - tst.time < abs(ref.time - tst.next_time) and ref.time - tst.time <= window:
        yield ref.name, tst.name
        ref.step()
        tst.step()
    else:
        tst.step()
        if tst.time - start <= window and abs(ref.time - tst.next_time) < abs(ref.time - tst.time):
            tst.step()
    while ref.time <= length or tst.time <= length:
        nexts = abs(ref.next_time - tst.next_time)
        if tst.time < ref.time:
            rival = abs(ref.time - tst.next_time)
            if ref.time - tst.time <= window and (ref.time - tst.time < rival or nexts < rival):
                yield ref.name, tst.name
                ref.step()
            elif any(span.holds(tst.time) for span in ref.flutter):
                yield "*", tst.name
            elif any(span.holds(tst.time) for span in ref.shutdown):
                yield "X", tst.name
            else:
                yield "O", tst.name
            tst.step()
        else:
            rival = abs(tst.time - ref.next_time)
            if tst.time - ref.time <= window and (tst.time - ref.time < rival or nexts < rival):
                yield ref.name, tst.name
                tst.step()
            elif any(span.holds(ref.time) for span in tst.shutdown):
                yield ref.name, "X"
            else:
                yield ref.name, "O"
            ref.step()
