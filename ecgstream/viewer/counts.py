"""What is counted thousands of times a second: plain numbers, read when somebody asks."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """Of all viewers of this process, since its start."""

    frames: int = 0
    late_frames: int = 0
    """Frames sent more than `subscription.LATE_S` after they were due."""
    sent_bytes: int = 0
    held: Counter[str] = field(default_factory=Counter)
    """Clocks held, by why."""
    gaps: Counter[str] = field(default_factory=Counter)
    """Gaps said, by reason."""
    errors: Counter[str] = field(default_factory=Counter)
    """`error` events, by code."""
    closes: Counter[str] = field(default_factory=Counter)
    """Sockets closed by the server, by close code."""
    refused: Counter[str] = field(default_factory=Counter)
    """Viewers not let in, by reason."""
