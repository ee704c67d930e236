"""What every format's module gives: signals, and their samples chunk by chunk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ecgstream.errors import ImportFailed
from ecgstream.model.annotation import Annotation

CHUNK_VALUES: Final = 1 << 20
"""Values of all signals in one chunk, about: what a reader holds decoded at a time."""

LONGEST_S: Final = 400 * 86_400
"""A header can announce any length in a few bytes; nobody records longer than 400 days."""


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


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose a recording is, as its source says; None = it does not.

    Kept apart from all else: nothing of it is written unless the operator asks for it. `patient`
    is the id in the header, `others` whatever else names a person (a physician, a visit's number).
    """

    patient: str | None = None
    name: str | None = None
    birth_date: str | None = None
    others: tuple[str, ...] = ()


class Recording(Protocol):
    """A recording as its source has it; made by `open_file` of the format's module."""

    @property
    def name(self) -> str:
        """What the record is called: its file's name without the suffix."""
        ...

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Its signals in the source's order; never empty, names unique, one length a rate."""
        ...

    @property
    def start_time(self) -> float | None:
        """Seconds since 1970-01-01T00:00 in `zone`; None where the source has no date."""
        ...

    @property
    def zone(self) -> str | None:
        """`UTC`, an offset (`+02:00`), an IANA name; None: the source does not say."""
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
    def identity(self) -> Identity:
        """Whose it is."""
        ...

    @property
    def comments(self) -> tuple[str, ...]:
        """The source's own free text, which may name a person."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was assumed, put right or left out and why, for a person; names nobody."""
        ...

    @property
    def files(self) -> tuple[Path, ...]:
        """All files it is made of, annotations included."""
        ...

    def chunks(self) -> Iterator[Sequence[Samples]]:
        """Yield the samples from first to last, a `Samples` a signal each time, in bounded memory.

        All pieces of one chunk span the same time. Raises ImportFailed, also after the last chunk
        where a checksum of the source does not hold.
        """
        ...

    def annotations(self) -> "Annotated":
        """Return all annotation sets, and what of them could not be read."""
        ...


@dataclass(frozen=True, slots=True)
class Annotated:
    """The annotation sets of a recording; `unreadable`: by file or set the reason it is missing."""

    sets: tuple[AnnotationSet, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A recording of one file, for every format that needs no class of its own.

    `pieces` is called for each pass over the samples: `in_memory` makes one from whole arrays, a
    reader of long recordings gives a function that yields chunk by chunk. Raises ImportFailed
    where its parts contradict each other.
    """

    name: str
    signals: tuple[Signal, ...]
    fs_source: str
    files: tuple[Path, ...]
    pieces: Callable[[], Iterator[Sequence[Samples]]]
    start_time: float | None = None
    zone: str | None = None
    identity: Identity = field(default_factory=Identity)
    comments: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    annotated: Annotated = field(default_factory=Annotated)

    def __post_init__(self) -> None:
        check(self.files[0].name, self.signals)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(one.length / one.fs for one in self.signals)

    def chunks(self) -> Iterator[Sequence[Samples]]:
        """Yield all samples in order; see `Recording.chunks`."""
        return self.pieces()

    def annotations(self) -> Annotated:
        """Return all annotation sets."""
        return self.annotated


def check(file: str, signals: Sequence[Signal]) -> None:
    """Raise ImportFailed for signals that cannot be: none, names twice, lengths, rates, scales."""
    if not signals:
        raise ImportFailed(f"{file}: there are no signals in it")
    names = [one.name for one in signals]
    if len(set(names)) != len(names) or not all(names):
        raise ImportFailed(f"{file}: signals without a name, or two of one: {', '.join(names)}")
    lengths: dict[float, int] = {}
    for one in signals:
        if not 0 < one.fs < 1e6:
            raise ImportFailed(f"{file}: {one.name!r} at {one.fs:g} Hz cannot be right")
        if not 0 < one.length <= LONGEST_S * one.fs:
            raise ImportFailed(
                f"{file}: {one.name!r} has {one.length} samples at {one.fs:g} Hz: cannot be right"
            )
        # `not`: NaN is neither.
        if not (0 < abs(one.gain) < 1e300 and abs(one.baseline) < 1e300):
            raise ImportFailed(
                f"{file}: {one.name!r} has gain {one.gain!r}, baseline {one.baseline!r}: "
                "no physical values come of that"
            )
        if lengths.setdefault(one.fs, one.length) != one.length:
            raise ImportFailed(
                f"{file}: the signals at {one.fs:g} Hz are of different lengths, "
                f"{lengths[one.fs]} and {one.length} samples"
            )


def in_memory(
    signals: Sequence[Signal],
    values: Sequence[NDArray[Any]],
    missing: Sequence[NDArray[np.bool_] | None] | None = None,
) -> Callable[[], Iterator[Sequence[Samples]]]:
    """Return the `pieces` of a recording whose samples are all decoded.

    `values[k]` is of shape (n,), n at most `signals[k].length`: what is not there is missing.
    """
    gone = list(missing or [None] * len(values))
    whole: list[Samples] = []
    for signal, array, mask in zip(signals, values, gone, strict=True):
        lacking = signal.length - len(array)
        if lacking:
            none = np.zeros(len(array), np.bool_) if mask is None else mask
            whole.append(
                Samples(
                    np.pad(array, (0, lacking)), np.pad(none, (0, lacking), constant_values=True)
                )
            )
        else:
            whole.append(Samples(array, mask))
    steps = max(1, -(-sum(one.length for one in signals) // CHUNK_VALUES))

    def pieces() -> Iterator[Sequence[Samples]]:
        for step in range(steps):
            yield [
                Samples(
                    one.values[low:high], None if one.missing is None else one.missing[low:high]
                )
                for one in whole
                for low, high in [
                    (len(one.values) * step // steps, len(one.values) * (step + 1) // steps)
                ]
            ]

    return pieces


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
