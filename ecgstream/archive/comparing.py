"""The agreement of two annotators on many records: of each, of all beats, of all records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ecgstream.analysis.agreement import (
    BEAT_CLASSES,
    CLASSES,
    WINDOW_S,
    Agreement,
    Score,
    average,
    compare,
    gross,
    of_class,
    qrs,
)
from ecgstream.analysis.tracks import Ints
from ecgstream.archive.annotated import Place, Table
from ecgstream.errors import ImportFailed
from ecgstream.storage.written.overlay_files import About

NOTICE: Final = "for research and education"


@dataclass(frozen=True, slots=True)
class Terms:
    """How to compare: from `start_s` of each record on, in a window of `window_s` seconds.

    `fs` is the rate of records of which nobody says it; of marks with a score, those of at least
    `threshold` count.
    """

    window_s: float = WINDOW_S
    start_s: float = 0.0
    fs: float | None = None
    threshold: float | None = None

    @property
    def bxb(self) -> str:
        """The options with which bxb gives the same numbers."""
        said = f"bxb -S - -f {self.start_s:g}"
        return said if self.window_s == WINDOW_S else f"{said} -w {self.window_s:g}"


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Agreements by record; `left_out` are records that only one side has marks of."""

    reference: str
    test: str
    terms: Terms
    records: dict[str, Agreement]
    left_out: dict[str, str]

    @property
    def counts(self) -> Ints:
        """The counts of all records together."""
        return gross(one.counts for one in self.records.values())


def compared(reference: Place, test: Place, terms: Terms) -> Comparison:
    """Compare what two places say of every record that both have.

    Raises ImportFailed, SourceError.
    """
    sides = (reference, test)
    for side, other in (sides, sides[::-1]):
        if isinstance(side, Table):
            _read(side, other, terms)
    ours, theirs = (side.records() or [] for side in sides)
    found: dict[str, Agreement] = {}
    left_out = dict.fromkeys(ours, f"only in {reference.shown}")
    left_out |= dict.fromkeys(theirs, f"only in {test.shown}")
    for name in sorted(set(ours) & set(theirs)):
        about = _about(name, sides, terms)
        if about is None:
            raise ImportFailed(
                f"record {name}: its rate is not known, for neither side says it; give --fs HZ, or "
                "put its header beside its file"
            )
        one, two = (side.annotations(name, about) for side in sides)
        if one is None or two is None:
            continue
        del left_out[name]
        found[name] = compare(
            one.take(one.kept(terms.threshold)),
            two.take(two.kept(terms.threshold)),
            about.fs,
            length=about.length,
            start=round(terms.start_s * about.fs),
            window_s=terms.window_s,
        )
    if not found:
        raise ImportFailed(_nothing(reference, test))
    return Comparison(reference.shown, test.shown, terms, found, left_out)


def _read(table: Table, other: Place, terms: Terms) -> None:
    """Read a table, with the other side to say what it does not."""
    known = other.records() or []
    only = known[0] if len(known) == 1 else None
    unknown = table.read(lambda name: _about(name, (other,), terms), only)
    if unknown and not isinstance(other, Table):
        return
    if unknown:
        raise ImportFailed(
            f"{table.shown}: the rate of record {next(iter(unknown))!r} is not known: neither file "
            "says it; give --fs HZ"
        )


def _about(record: str, sides: Sequence[Place], terms: Terms) -> About | None:
    for side in sides:
        if (said := side.measures(record)) is not None:
            return said
    return None if terms.fs is None else About(terms.fs, None, None)


def _nothing(*sides: Place) -> str:
    known = []
    for side in sides:
        names = side.records() or []
        if isinstance(side, Table) and side.held is not None:
            names = [*names, *side.held.unknown]
        known.append(f"{side.shown} has {', '.join(names[:3]) or 'no records'}")
    both = "; expected records of the same ids on both sides"
    return f"nothing to compare: {known[0]}, {known[1]}{both}"


def figures(comparison: Comparison) -> dict[str, Any]:
    """Return all of it as JSON has it."""
    counts = comparison.counts
    each = {name: one.counts for name, one in comparison.records.items()}
    scores = {name: _scores(table) for name, table in each.items()}
    return {
        "notice": NOTICE,
        "reference": comparison.reference,
        "test": comparison.test,
        "as": comparison.terms.bxb,
        "window_ms": comparison.terms.window_s * 1000,
        "start_s": comparison.terms.start_s,
        "threshold": comparison.terms.threshold,
        "classes": list(CLASSES),
        "records": {
            name: {
                "counts": table.tolist(),
                "excused": comparison.records[name].excused,
                **{part: said(score) for part, score in scores[name].items()},
            }
            for name, table in each.items()
        },
        "gross": {
            "counts": counts.tolist(),
            **{part: said(score) for part, score in _scores(counts).items()},
        },
        "average": {
            part: {
                name: average([getattr(one[part], name) for one in scores.values()])
                for name in ("sensitivity", "predictivity", "f1")
            }
            for part in ("QRS", *BEAT_CLASSES)
        },
        "left_out": comparison.left_out,
    }


def said(score: Score) -> dict[str, float | int | None]:
    """Return a score as JSON has it."""
    return {
        "found": score.found,
        "missed": score.missed,
        "extra": score.extra,
        "sensitivity": score.sensitivity,
        "predictivity": score.predictivity,
        "f1": score.f1,
    }


def _scores(counts: Ints) -> dict[str, Score]:
    return {"QRS": qrs(counts)} | {name: of_class(counts, name) for name in BEAT_CLASSES}


def lines(comparison: Comparison) -> Iterator[str]:
    """Yield a table for a person."""
    terms = comparison.terms
    yield f"reference {comparison.reference}, test {comparison.test}; {NOTICE}"
    sure = "" if terms.threshold is None else f", scores from {terms.threshold:g} on"
    yield f"window {terms.window_s * 1000:g} ms, as {terms.bxb}{sure}"
    yield ""
    width = max(7, *(len(name) for name in comparison.records))
    yield (
        f"{'record':<{width}}    beats  missed   extra   QRS Se   QRS +P       F1     V Se     V +P"
        "     S Se     S +P"
    )
    each = {name: _scores(one.counts) for name, one in comparison.records.items()}
    for name, scores in each.items():
        yield _line(f"{name:<{width}}", scores)
    if len(each) > 1:
        yield _line(f"{'gross':<{width}}", _scores(comparison.counts))
        yield f"{'average':<{width}}{'':24}" + "".join(
            _percent(average([getattr(one[part], ratio) for one in each.values()]))
            for part, ratio in _RATIOS
        )
    yield ""
    yield "reference in rows, test in columns; o: no beat there, x: none, in a shutdown"
    yield "    " + "".join(f"{name.lower():>8}" for name in CLASSES) + "       Se       +P       F1"
    for row, name in zip(comparison.counts.tolist(), CLASSES, strict=True):
        table = "".join(f"{count:>8}" for count in row)
        score = of_class(comparison.counts, name) if name in BEAT_CLASSES else None
        yield f"  {name} {table}" + (_ratios(score) if score else "")
    if excused := sum(one.excused for one in comparison.records.values()):
        yield f"{excused} beats of the test in ventricular flutter of the reference do not count"
    for name, why in comparison.left_out.items():
        yield f"left out: {name}, {why}"


_RATIOS: Final = (
    ("QRS", "sensitivity"),
    ("QRS", "predictivity"),
    ("QRS", "f1"),
    ("V", "sensitivity"),
    ("V", "predictivity"),
    ("S", "sensitivity"),
    ("S", "predictivity"),
)


def _line(head: str, scores: dict[str, Score]) -> str:
    beats = scores["QRS"]
    numbers = f"{beats.found + beats.missed:>9}{beats.missed:>8}{beats.extra:>8}"
    return (
        head + numbers + "".join(_percent(getattr(scores[part], ratio)) for part, ratio in _RATIOS)
    )


def _ratios(score: Score) -> str:
    return "".join(map(_percent, (score.sensitivity, score.predictivity, score.f1)))


def _percent(ratio: float | None) -> str:
    return f"{'-':>9}" if ratio is None else f"{100 * ratio:>9.2f}"
