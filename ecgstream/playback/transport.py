"""What a subscription is doing, and what may come next."""

from enum import Enum
from typing import Final

from ecgstream.errors import IllegalState


class State(Enum):
    """HELD is playing too: only the clock waits, for a slow viewer or a slow disk."""

    PLAYING = "playing"
    HELD = "held"
    PAUSED = "paused"
    ENDED = "ended"

    @property
    def playing(self) -> bool:
        """What `playing` says on the wire."""
        return self in {State.PLAYING, State.HELD}


class Event(Enum):
    """What happens to it: what a viewer asks, and what the server finds."""

    PLAY = "play"
    PAUSE = "pause"
    SEEK = "seek"
    HOLD = "hold"
    RELEASE = "release"
    END = "end"


TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.PLAYING, Event.PLAY): State.PLAYING,
    (State.PLAYING, Event.PAUSE): State.PAUSED,
    (State.PLAYING, Event.SEEK): State.PLAYING,
    (State.PLAYING, Event.HOLD): State.HELD,
    (State.PLAYING, Event.END): State.ENDED,
    (State.HELD, Event.PLAY): State.HELD,
    (State.HELD, Event.PAUSE): State.PAUSED,
    (State.HELD, Event.SEEK): State.PLAYING,
    (State.HELD, Event.HOLD): State.HELD,
    (State.HELD, Event.RELEASE): State.PLAYING,
    (State.HELD, Event.END): State.ENDED,
    (State.PAUSED, Event.PLAY): State.PLAYING,
    (State.PAUSED, Event.PAUSE): State.PAUSED,
    (State.PAUSED, Event.SEEK): State.PAUSED,
    (State.PAUSED, Event.END): State.ENDED,
    # The end stands paused there: only a seek leads away from it, and it stays paused.
    (State.ENDED, Event.PAUSE): State.ENDED,
    (State.ENDED, Event.SEEK): State.PAUSED,
    (State.ENDED, Event.END): State.ENDED,
}


def after(state: State, event: Event) -> State:
    """Return the state that follows. Raises IllegalState for a pair that makes no sense."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalState(f"{event.value}: not possible while {state.value}") from None
