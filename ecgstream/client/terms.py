"""What a stream is asked for, and asked for again after its line was lost. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, SupportsIndex

from ecgstream.client.tiling import Tiling
from ecgstream.wire import commands

At = SupportsIndex | str | Mapping[str, float]
"""A sample, `"live"`, `"shared"`, `{"seconds": s}` or `{"time": t}`."""

SID: Final = 1
"""With equal `sid`s viewers share the very bytes of a frame."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a stream was asked for. `ahead` in seconds of wall time."""

    record: str
    leads: tuple[str, ...] | None = None
    at: At | None = None
    speed: float = 1.0
    paused: bool = False
    loop: bool = False
    ahead: float = 0.0
    beats: bool = False
    """Whether beats and numerics are wanted; the server says them to all."""

    @property
    def everybodys(self) -> bool:
        """Whether the place is everybody's, so that there is none of its own to come back to."""
        return self.at == "shared"

    def first(self, id_: int) -> commands.Subscribe:
        """Return the command that opens the stream."""
        leads = None if self.leads is None else list(self.leads)
        return self._command(id_, leads, self.at, self.speed, paused=self.paused)

    def again(self, id_: int, tiling: Tiling) -> commands.Subscribe:
        """Return the command that goes on where `tiling` stands."""
        about = tiling.about
        names = [lead.name for lead in about.leads]
        at = self.at if self.everybodys else tiling.next
        return self._command(id_, names, at, about.speed, paused=not about.playing)

    def _command(
        self, id_: int, leads: list[str] | None, at: At | None, speed: float, *, paused: bool
    ) -> commands.Subscribe:
        return commands.Subscribe(
            id=id_,
            sid=SID,
            record=self.record,
            leads=leads,
            at=None if at is None else place(at),
            # What is as usual is left out: beside "shared" it may not be said at all.
            speed=None if speed == 1.0 else speed,
            paused=paused or None,
            loop=self.loop or None,
            ahead=self.ahead or None,
        )


def place(at: At) -> dict[str, float | int | None] | str:
    """Return `at` as a command says it."""
    if isinstance(at, str):
        return at
    if isinstance(at, Mapping):
        return dict(at)
    return {"sample": at.__index__()}
