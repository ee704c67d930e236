"""What a viewer got, against what it was told would come. Pure.

Counted in samples of time, whatever the number of leads. `expected` comes from the tilings (where
each began, and how far it got or by its clock should have got), `delivered` and `declared` from
the frames and gaps themselves: so that nothing can be lost without the two differing.
"""

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Totals:
    """The account of one viewer or of many, in samples and in faults.

    delivered - doubled + declared + lost = expected.
    """

    expected: int = 0
    delivered: int = 0
    declared: int = 0
    """In gaps that the server said."""
    doubled: int = 0
    holes: int = 0
    """How often something did not begin where the thing before it stopped, but later."""
    doubles: int = 0
    """Frames or gaps of which a part had come before."""
    disorder: int = 0
    """Frames that came after their successors, `next` elsewhere than the rules say, frames that
    belong to no subscription or are outside of the record."""
    overdue: int = 0
    """Tilings that ended though more of them had been due for long."""
    malformed: int = 0
    """Messages that are none of the protocol's."""
    wrong_digest: int = 0
    """Frames whose samples are not those of the window, and gaps where the window has some."""

    @property
    def lost(self) -> int:
        """Samples that neither came nor were declared a gap."""
        return self.expected - self.declared - (self.delivered - self.doubled)

    @property
    def faults(self) -> int:
        """How often the account was broken; 0 is what is asked for."""
        return (
            self.holes
            + self.doubles
            + self.disorder
            + self.overdue
            + self.malformed
            + self.wrong_digest
        )

    def add(self, other: "Totals") -> None:
        """Add another account to this one."""
        for field in fields(Totals):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Account:
    """The account of one viewer's one subscription, over all its visits.

    A client that is in a hurry takes the frame that is right by itself: where
    `start == account.next` it sets `next` and adds to `totals.delivered` through `delivered`.
    """

    __slots__ = ("_first", "_holes", "_totals", "delivered", "next", "standing")

    def __init__(self) -> None:
        self.next = 0
        self.standing = False
        """Whether a tiling stands: between `subscribed` and the end of it."""
        self.delivered = 0
        self._first = 0
        self._holes: list[tuple[int, int]] = []
        self._totals = Totals()

    def totals(self) -> Totals:
        """Return the account so far, the tiling that stands included."""
        totals = Totals()
        totals.add(self._totals)
        totals.delivered = self.delivered
        if self.standing:
            totals.expected += self.next - self._first
        return totals

    def begin(self, at: int, asked: int | None = None) -> None:
        """A new tiling begins at sample `at`; `asked` is where it was asked to, if that is known.

        One that stands is taken to be over; `end` it first if more may have been due.
        """
        self.end()
        if asked is not None and at != asked:
            self._totals.disorder += 1
        self.next = self._first = at
        self.standing = True
        self._holes.clear()

    def end(self, due: int | None = None) -> None:
        """The tiling is over; by then what lies before sample `due` had to be here."""
        if not self.standing:
            return
        furthest = self.next
        if due is not None and due > furthest:
            self._totals.overdue += 1
            furthest = due
        self._totals.expected += furthest - self._first
        self.standing = False

    def end_at(self, length: int) -> None:
        """The tiling is over because the record is: it has to reach `length`, and no further."""
        if self.standing and self.next > length:
            self._totals.disorder += 1
        self.end(length)

    def frame(self, start: int, count: int) -> None:
        """Samples [start, start + count) came."""
        self.delivered += count
        if not self._tile(start, start + count):
            # It belongs nowhere: taken out of the identity again.
            self._totals.doubled += count

    def gap(self, start: int, stop: int) -> None:
        """[start, stop) was declared a gap."""
        self._totals.declared += stop - start
        if not self._tile(start, stop):
            self._totals.doubled += stop - start

    def go_on(self, at: int) -> None:
        """The tiling is said to go on at sample `at`, which should be where it stands."""
        if not self.standing or at == self.next:
            return
        if at > self.next:
            self._hole(at)
        else:
            self._totals.disorder += 1
            self.begin(at)

    def malformed(self) -> None:
        """A message came that is none."""
        self._totals.malformed += 1

    def _tile(self, start: int, stop: int) -> bool:
        """Place [start, stop); say whether it belongs to the tiling."""
        if not self.standing or start < 0 or stop <= start:
            self._totals.disorder += 1
            return False
        if start > self.next:
            self._hole(start)
        elif start < self.next:
            self._before(start, min(stop, self.next))
        self.next = max(self.next, stop)
        return True

    def _hole(self, stop: int) -> None:
        self._totals.holes += 1
        self._holes.append((self.next, stop))
        self.next = stop

    def _before(self, start: int, stop: int) -> None:
        """[start, stop) comes though what is behind it came already: too late, or once more."""
        late = 0
        rest: list[tuple[int, int]] = []
        for low, high in self._holes:
            first, last = max(low, start), min(high, stop)
            if first < last:
                late += last - first
                rest += [part for part in ((low, first), (last, high)) if part[0] < part[1]]
            else:
                rest.append((low, high))
        self._holes = rest
        again = stop - start - late
        self._totals.disorder += late > 0
        self._totals.doubles += again > 0
        self._totals.doubled += again
