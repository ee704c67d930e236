"""What every format's module gives: signals, and their samples chunk by chunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ecgstream.model.annotation import Annotation


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of a recording.

    `physical = (value - baseline) / gain` in `unit`; `unit` None = the source does not say.
    `fs` in Hz, `length` in samples. `type` holds every value exactly; `float64` (gain 1, baseline
    0) only where the source has no one integer scale for the whole signal.
    """

    name: str
    unit: str | None
    gain: float
    baseline: float
    kind: str
    fs: float
    length: int
    type: Literal["int16", "int32", "float64"]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A piece of one signal: `values`, shape (n,); `missing`, True where there is none, or None."""

    values: NDArray[Any]
    missing: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True)
class AnnotationSet:
    """The annotations of one annotator, in file order; `sample` counts at `fs` Hz."""

    annotator: str
    fs: float
    annotations: tuple[Annotation, ...]


class Recording(Protocol):
    """A recording as its source has it; made by the format's `open_record`."""

    @property
    def name(self) -> str:
        """The source's own name for it."""
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Its signals in the source's order; never empty, names unique."""
        ...

    @property
    def start_time(self) -> float | None:
        """Seconds since 1970-01-01T00:00 with no zone; None where the source has no date."""
        ...

    @property
    def fs_source(self) -> str:
        """Where the rate comes from, in words."""
        ...

    @property
    def seconds(self) -> float:
        """How long it is."""
        ...

    @property
    def comments(self) -> tuple[str, ...]:
        """The source's own remarks."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was assumed and why, for a person."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """All files it is made of, annotations included."""
        ...

    @property
    def annotation_files(self) -> tuple[Path, ...]:
        """Those of them that hold annotations."""
        ...

    def chunks(self) -> Iterator[Sequence[Samples]]:
        """Yield the samples from first to last, a `Samples` a signal each time, in bounded memory.

        All pieces of one chunk span the same time. Raises ImportFailed, also after the last chunk
        where a checksum of the source does not hold.
        """
        ...

    def annotation_set(self, file: Path) -> AnnotationSet:
        """Return the annotations in one of `annotation_files`. Raises ImportFailed."""
        ...


def unique(names: Sequence[str]) -> list[str]:
    """Return `names` with every doubled one numbered: `ECG`, `ECG#2`, `ECG#3`."""
    taken = set(names)
    seen: set[str] = set()
    out = []
    for name in names:
        chosen, number = name, 2
        while chosen in seen or (chosen != name and chosen in taken):
            chosen, number = f"{name}#{number}", number + 1
        seen.add(chosen)
        out.append(chosen)
    return out
