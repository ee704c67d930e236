"""How many W12 viewers one core serves on time, and how many a plain server does.

Stairs: some viewers, a window in which nothing is missed (p99 lateness below 50 ms, nobody refused
or lost, no hole, no clock held), some more, and so on until a step fails; the last step that held
is the figure. A client on the other core sees it: where that one is full, its figure is a lower
bound, and it says so. The floor climbs the same stairs to show what the machine and the client
could at most.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.figures import at_least
from bench.sides import SHORT, Server, Sink, floor, in_words, naive, product, say_how, whole
from bench.workload import Workload, make

LATE_MS = 50.0
STUCK_S = 60.0
"""A step in which not all stream after so long has failed."""
MOST = 24_000
TARGET, TARGET_RATIO = 14_000, 3.0
Stairs = tuple[str, Callable[[Workload], Server], int, int]
# name, server, first step, height of a step
STAIRS: list[Stairs] = [
    ("naive", naive, 1_000, 500),
    ("product", product, 8_000, 1_000),
    ("floor", floor, 12_000, 1_000),
]


def climb(server: Server, messages: Path, name: str, first: int, step: int) -> int:
    """Return the viewers of the last step that held."""
    reached, since = 0, 0.0
    # Slowly, so that those who come do not make late those who are there.
    options = {"rate": 300, "first": first, "step": step, "warmup": 3, "seconds": 6, "every": 5}
    if SHORT:
        options |= {"rate": 1000, "warmup": 1, "seconds": 2}
    with server, Sink(server, messages, viewers=MOST, limit=900, **options) as sink:
        for seen in sink.events():
            if seen["event"] in {"level", "end"}:
                since = seen["at"]
                held = whole(seen, seen["streaming"]) and seen["late_ms"]["p99"] < LATE_MS
                print(in_words(name, seen) + ("" if held else ": not held"), flush=True)
                if not held:
                    break
                reached = seen["streaming"]
            elif seen["event"] == "so_far":
                since = since or seen["at"]
                if seen["at"] - since > STUCK_S + first / options["rate"] or seen["lost"]:
                    print(
                        f"  {name}: {seen['streaming']:,} stream, the rest does not come: not held"
                    )
                    break
    return reached


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    say_how()
    with tempfile.TemporaryDirectory() as folder:
        load = make(Path(folder))
        messages = load.messages()
        reached = {
            name: climb(server(load), messages, name, first, step)
            for name, server, first, step in STAIRS
        }
    print(f"  the floor, for comparison: {reached['floor']:,}")
    met = at_least("W12 viewers on one core, p99 < 50 ms", reached["product"], TARGET, "viewers")
    ratio = reached["product"] / max(1, reached["naive"])
    return at_least("against a task per viewer", ratio, TARGET_RATIO, "x") and met
