"""Whether a wall says what is so: what stands on its tiles, against what was done to its server."""

import math
from collections import Counter
from typing import Any, Final

LEFT_S: Final = 2.0
NUMBERS_S: Final = 3.0
NO_DATA_S: Final = 5.0
BACK_S: Final = 5.0
"""Seconds of docs/wall.md: what a tile may still say so long after a line was lost, or is back."""
SHOWN: Final = 5
"""Of each kind so many are printed as they are seen."""
LATE_S: Final = 0.5
"""A page tells every 250 ms how it stands, and that message takes its way on a busy core."""
CLOCK_S: Final = 2.0
"""After a connection to another server so long until the pings that find its clock are back."""
HEARD_S: Final = 0.5
"""How long after a tile was told of a page may hear it: the two threads share one busy core."""


class Truth:
    """Judges what a page told. All times are UTC seconds of one machine."""

    def __init__(self, fs: float) -> None:
        self.fs = fs
        self.wrong: Counter[str] = Counter()
        self.tiles = 0
        """How many tiles were judged."""
        self.loads = 0
        self.longest_s = 0.0
        """Longest time between two looks: what was said in it, nobody saw."""
        self._looked: float | None = None
        self._down: float | None = None
        self._up = 0.0
        self._anew = -math.inf
        self._version = ""
        self._since = 0.0
        self._origin: float | None = None
        self._places: list[float] = []

    def down(self, at: float) -> None:
        """From now on nothing can come."""
        if self._down is None:
            self._down = at

    def unsure(self) -> None:
        """From now on something may come: a server that starts is there before it says so."""
        self._down = None
        self._up = math.inf

    def up(self, at: float, *, anew: bool = False) -> None:
        """From now on everything can; call it too when a connection was only cut.

        `anew`: from another server, or one that was started again.
        """
        self._down = None
        self._up = at
        if anew:
            self._anew = at

    def judge(self, told: dict[str, Any]) -> None:
        """Judge what the page told at `told["at"]`."""
        at, root, tiles = told["at"], told["root"], told["tiles"]
        self.longest_s = max(self.longest_s, at - (self._looked or at))
        self._looked = at
        if told["origin"] != self._origin:
            self.loads += 1
            self._origin = told["origin"]
            self._since = at
        if told["heard"] is None:
            # Just loaded: it has said nothing yet.
            return
        if root.get("version", "") != self._version or len(tiles) != len(self._places):
            # Other beds: they may load, and stand elsewhere.
            self._version = root.get("version", "")
            self._since = at
            self._places = [0.0] * len(tiles)
        if "fault" in root:
            self.note("the page failed", at, root["fault"])
        if at - told["heard"] > LEFT_S + LATE_S and not told["still"]:
            self.note("a picture that stands still, which is not said", at, "")
        for number, tile in enumerate(tiles):
            self._tile(at, told["heard"], number, tile)
            self._places[number] = float(tile["position"])

    def _tile(self, at: float, heard: float, number: int, tile: dict[str, str]) -> None:
        self.tiles += 1
        state, age, position = tile["state"], float(tile["age"]), float(tile["position"])
        words = f"tile {number + 1}: {state}, age {age:.2f} s, HR {tile['rate']}"
        fresh = state in {"REPLAY", "LIVE"}
        behind = heard - position / self.fs
        if fresh and not -HEARD_S <= behind <= LEFT_S + HEARD_S:
            self.note("an old picture called fresh", at, f"{words}, {behind:.2f} s behind")
        # Of other beds the page knows a moment before their tiles are there.
        if position < self._places[number] and at - self._since > BACK_S:
            self.note("a picture went back", at, words)
        # What time it is at another server is known to a second at first, the way being unknown.
        doubt = LEFT_S if at - self._anew < BACK_S + CLOCK_S else HEARD_S
        if state != "LOADING" and age < behind - doubt:
            self.note("an age less than the picture's", at, f"{words}, {behind:.2f} s behind")
        if self._down is not None:
            gone = at - self._down - LATE_S
            if gone > LEFT_S and fresh:
                self.note("fresh without a line", at, words)
            if gone > NUMBERS_S and tile["rate"] != "---":
                self.note("a number without a line", at, words)
            if gone > NO_DATA_S and state not in {"NO DATA", "LOADING"}:
                self.note("not NO DATA without a line", at, words)
        elif at - max(self._up, self._since) > BACK_S + LATE_S and not fresh:
            self.note("not back in time", at, words)

    def note(self, what: str, at: float, words: str) -> None:
        """Count something that is not as it should be."""
        self.wrong[what] += 1
        if self.wrong[what] <= SHOWN:
            print(f"    {what} at {at:.2f}: {words}", flush=True)
