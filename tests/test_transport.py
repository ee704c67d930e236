"""What may follow what."""

import pytest

from ecgstream.errors import IllegalState
from ecgstream.playback.transport import TRANSITIONS, Event, State, after


def test_held_is_playing_and_paused_and_ended_are_not():
    assert [state for state in State if state.playing] == [State.PLAYING, State.HELD]


def test_nothing_plays_on_after_the_end():
    for event in (Event.PLAY, Event.HOLD, Event.RELEASE):
        with pytest.raises(IllegalState, match=f"{event.value}: not possible while ended"):
            after(State.ENDED, event)


def test_a_seek_keeps_playing_and_leaves_the_end_paused():
    assert after(State.PLAYING, Event.SEEK) is State.PLAYING
    assert after(State.HELD, Event.SEEK) is State.PLAYING
    assert after(State.PAUSED, Event.SEEK) is State.PAUSED
    assert after(State.ENDED, Event.SEEK) is State.PAUSED


def test_whatever_a_viewer_asks_is_possible_but_to_play_on_after_the_end():
    asked = (Event.PLAY, Event.PAUSE, Event.SEEK)
    missing = {(s, e) for s in State for e in asked} - set(TRANSITIONS)
    assert missing == {(State.ENDED, Event.PLAY)}


def test_the_clock_is_only_held_while_it_runs():
    assert after(State.PLAYING, Event.HOLD) is State.HELD
    assert after(State.HELD, Event.RELEASE) is State.PLAYING
    for state in (State.PAUSED, State.ENDED):
        with pytest.raises(IllegalState):
            after(state, Event.HOLD)
