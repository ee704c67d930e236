"""What a supervisor and its workers tell each other through their pipe."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leave:
    """To a worker: let nobody in any more, but serve who is here."""


@dataclass(frozen=True, slots=True)
class Drain:
    """To a worker: send everybody away and end; closing may take `grace_s`."""

    grace_s: float


@dataclass(frozen=True, slots=True)
class Ready:
    """From a worker: it serves."""


@dataclass(frozen=True, slots=True)
class Failed:
    """From a worker: it cannot serve, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Identify:
    """Have the screens of `wall`, or those named `screen`, show their names: asked by a worker of
    the others, and passed on to them. The answer has the same ticket.
    """

    ticket: int
    wall: str
    screen: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """How many screens were told: by one worker, or by all who were asked."""

    ticket: int
    screens: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Send the event `message`, framed, to all who watch `record`: passed on to all other workers.

    Nobody answers.
    """

    record: str
    message: bytes


Said = Identify | Told | Tell
"""What workers say to each other."""
Order = Leave | Drain | Said
Report = Ready | Failed | Said
"""Whoever finds the pipe closed is alone: a worker then drains by itself, so none is orphaned."""
