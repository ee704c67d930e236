"""What is to be done: plain values that go to every process of a load test."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final, Literal

from ecgstream.loadtest.clocks import Offset

Profile = Literal["wall", "review", "churn", "herd"]
Place = Literal["start", "random", "shared"]
PROFILES: Final[tuple[Profile, ...]] = ("wall", "review", "churn", "herd")
PLACES: Final[tuple[Place, ...]] = ("start", "random", "shared")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is. `address` is what the name was resolved to; `prefix` has no `/` last."""

    host: str
    port: int
    family: int
    address: tuple[Any, ...]
    prefix: str = ""

    @property
    def loopback(self) -> bool:
        """Whether it is an IPv4 loopback address, where source addresses are free to choose."""
        return str(self.address[0]).startswith("127.")

    @property
    def authority(self) -> str:
        """What stands in `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A record to be watched. `leads` None asks for every ECG lead at the rate of the first."""

    record: str
    length: int
    leads: tuple[str, ...] | None
    names: tuple[str, ...]
    """The ECG leads at the rate of the first, from which a reviewer picks."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A load test. Rates are of the whole test, a second; `share` makes one process's part."""

    target: Target
    choices: tuple[Choice, ...]
    profile: Profile = "wall"
    viewers: int = 1
    ramp: float = 250.0
    """Connections begun a second; 0 begins all at once."""
    churn: float = 10.0
    """Viewers that leave a second, and come back."""
    at: Place = "random"
    speed: float = 1.0
    token: str | None = field(default=None, repr=False)
    verify: bool = False
    seed: int = 0
    first: int = 0
    """The number of the first viewer: they are numbered through over all processes."""
    offsets: dict[str, Offset] = field(default_factory=dict)

    def share(self, number: int, processes: int) -> "Plan":
        """Return the part of process `number` (0 to `processes` - 1)."""
        first = self.viewers * number // processes
        count = self.viewers * (number + 1) // processes - first
        part = count / self.viewers
        return replace(
            self,
            first=self.first + first,
            viewers=count,
            ramp=self.ramp * part,
            churn=self.churn * part,
        )

    def choice(self, viewer: int) -> Choice:
        """Return what that viewer watches: the records in turn."""
        return self.choices[viewer % len(self.choices)]

    def random(self, viewer: int) -> Random:
        """Return that viewer's own random numbers: the same for the same seed."""
        return Random(f"{self.seed}/{viewer}")  # noqa: S311 - spread, not secrecy

    def place(self, viewer: int) -> dict[str, int] | str:
        """Return where that viewer begins, as the field `at` of `subscribe`."""
        if self.at == "shared":
            return "shared"
        if self.at == "start":
            return {"sample": 0}
        return {"sample": self.random(viewer).randrange(max(1, self.choice(viewer).length))}
