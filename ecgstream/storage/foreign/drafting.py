"""A mapping drafted from what is seen: what was found as comments, and what nobody says left open.

As it is drafted it changes nothing that is understood already; so it is a place to begin, and to
see how each file was taken.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import pyarrow as pa

from ecgstream.errors import SourceError
from ecgstream.storage.catalog import scan
from ecgstream.storage.files import OpenFiles
from ecgstream.storage.foreign.finding import used_columns
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, Table, matches, quoted
from ecgstream.storage.foreign.mapping import Mapping as Tables
from ecgstream.storage.foreign.plan import Plan, SignalColumn
from ecgstream.storage.foreign.proposing import blocks, proposed
from ecgstream.storage.index.addresses import Root
from ecgstream.storage.index.listing import Listed, listing
from ecgstream.storage.index.opening import open_found
from ecgstream.storage.places import DECODING, opened

THREADS: Final = 8
MOST_QUESTIONS: Final = 6
MOST_COLUMNS: Final = 40
MOST_FILES: Final = 50
"""Files of one kind that are named one by one, where no pattern has them and no others."""


@dataclass(frozen=True, slots=True, eq=False)
class Drafted:
    """A file of another's making: its columns and its plan, or why it has none.

    `problem` is why it is left out, None where it is not; `asked` are the keys that would mend it,
    with what is not known left open. The plan is then what it would be if they were said.
    """

    path: str
    columns: tuple[tuple[str, str], ...]
    plan: Plan | None
    problem: str | None = None
    asked: tuple[str, ...] = ()

    @property
    def alike(self) -> tuple[object, ...]:
        """What is the same of files that one table is for."""
        why = self.problem and self.problem.partition("; say in ")[0].replace(self.path, "")
        plan = self.plan
        if plan is None:
            return self.columns, self.asked, why
        fs = plan.fs and plan.fs.value
        # Of what is wrong inside each file says its own: where what would mend it is the same.
        left_out = why is not None and (self.asked or why)
        signals = plan.signals
        if plan.lead is not None:
            # Which lead it is, its path says: files of others are no others for that.
            signals = tuple(replace(one, name=None) for one in signals)
        return self.columns, left_out, plan.shape, signals, plan.time, fs, plan.lead_column


def draft(
    roots: Iterable[Root],
    reading: Reading = AS_IT_IS,
    problems: Iterable[SourceError] | None = None,
) -> str:
    """Return a mapping of the files under `roots` that are not ours, in TOML. Blocks.

    `problems` are those of a scan by the same `reading`; None: they are looked for.
    """
    roots = list(roots)
    if problems is None:
        problems = scan(roots, reading=reading).problems
    inside = {one.path: one.told for one in problems if one.path is not None}
    unlisted: list[SourceError] = []
    listed: list[Listed] = []
    for index, root in enumerate(roots):
        try:
            listed.extend(listing(index, root, unlisted))
        except SourceError as error:
            unlisted.append(error)
    files = OpenFiles()
    with ThreadPoolExecutor(THREADS, "ecgstream-draft") as pool:
        found = list(pool.map(lambda one: _drafted(one, files, reading, inside), listed))
    return written([one for one in found if one is not None])


def _drafted(
    one: Listed, files: OpenFiles, reading: Reading, inside: Mapping[str, str]
) -> Drafted | None:
    """Return a file as it is seen, None for ours, the plain layout's, and what is no Parquet."""
    outcome = open_found(one, files, reading)
    path = one.place.path.removeprefix(one.root.path.rstrip("/")).lstrip("/")
    said = None if reading.mapping is None else reading.mapping.table(path)
    reasons: list[str] = []
    asked: dict[str, str] = {}
    # One answer may lead to the next question: all are asked at once.
    while isinstance(outcome, SourceError) and len(reasons) < MOST_QUESTIONS:
        reasons.append(outcome.told)
        keys = _by_key(proposed(outcome.detail))
        asked |= keys
        answered = _answered(said or Table(files=path), asked) if keys else None
        if answered is None:
            break
        outcome = open_found(one, files, Reading(Tables("", (answered,)), reading.fs))
    if isinstance(outcome, SourceError):
        try:
            schema = opened(one.place).metadata.schema.to_arrow_schema()
        except (SourceError, *DECODING):
            return None
        return Drafted(path, _columns(schema), None, reasons[0], tuple(asked.values()))
    plain = outcome.plan is not None and _plain(outcome.plan)
    if outcome.footer is not None or plain:
        return None
    problem = reasons[0] if reasons else inside.get(outcome.shown)
    if not reasons and problem is not None:
        asked = _by_key(proposed(problem))
    columns = _columns(outcome.schema)
    return Drafted(path, columns, outcome.plan, problem, tuple(asked.values()))


def _by_key(lines: Iterable[str]) -> dict[str, str]:
    return {line.partition(" = ")[0]: line for line in lines}


def _answered(said: Table, asked: Mapping[str, str]) -> Table | None:
    """Return `said` with any answer to what is asked; None where there is no such answer."""
    text = re.sub(r"\b(RATE|SECONDS|SAMPLES)\b", "1", "\n".join(asked.values()))
    text = re.sub(r'^(time = .*)"UNIT"', r'\1"s"', text, flags=re.MULTILINE)
    try:
        keys = msgspec.convert({"files": said.files, **tomllib.loads(text)}, Table)
    except (ValueError, msgspec.ValidationError):
        return None
    return msgspec.structs.replace(said, **{key: getattr(keys, key) for key in asked})


def _plain(plan: Plan) -> bool:
    return plan.time is not None and plan.time.how == "convention"


def _columns(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, str(field.type)) for field in schema)


def written(seen: Sequence[Drafted]) -> str:
    """Return the mapping of files, a table for all that are alike."""
    groups: dict[tuple[object, ...], list[Drafted]] = {}
    for one in seen:
        groups.setdefault(one.alike, []).append(one)
    lines = [
        "# A mapping for ecgstream, drafted from what is there: docs/archives.md tells every key.",
        "# Lines with ?? want a person: say what the words in capitals stand for, take # ?? away.",
    ]
    if not groups:
        lines.append("# There is no file that needs one.")
    for alike in groups.values():
        those = set(alike)
        others = [one.path for one in seen if one not in those]
        for pattern in _patterns([one.path for one in alike], others):
            # A file that is named alone is told of alone.
            of = [one for one in alike if one.path == pattern] or alike
            lines += ["", *_table(pattern, of)]
    return "\n".join(lines) + "\n"


def _patterns(paths: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return patterns that match all of `paths` and none of `others`, mostly one."""
    if len(paths) == 1:
        return list(paths)
    folder = os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120 - Arrow's
    above = f"{folder}/" if folder else ""
    names = [path.rpartition("/")[2] for path in paths]
    begin, end = _begin(names), _begin([name[::-1] for name in names])[::-1]
    tails = ("*.parquet", f"*{end}", f"{begin}*")
    tried = [inside + tail for tail in tails for inside in (above, f"{above}**/")]
    for pattern in [*tried, *_by_folder(paths)]:
        held = all(matches(pattern, path) for path in paths)
        if held and not any(matches(pattern, path) for path in others):
            return [pattern]
    return list(paths[:MOST_FILES])


def _by_folder(paths: Sequence[str]) -> Iterator[str]:
    """Yield a pattern of paths of as many folders each: `*` where these differ."""
    split = [path.split("/") for path in paths]
    if len({len(parts) for parts in split}) == 1:
        yield "/".join(_alike(names) for names in zip(*split, strict=True))


def _alike(names: Sequence[str]) -> str:
    begin = _begin(names)
    if all(name == begin for name in names):
        return begin
    rest = [name[len(begin) :] for name in names]
    return f"{begin}*{_begin([one[::-1] for one in rest])[::-1]}"


def _begin(names: Sequence[str]) -> str:
    """Return what all names begin with."""
    low, high = min(names), max(names)
    same = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), None)
    return low if same is None else low[:same]


def _table(pattern: str, alike: Sequence[Drafted]) -> list[str]:
    first = alike[0]
    columns = [f"{name} {kind}" for name, kind in first.columns[:MOST_COLUMNS]]
    more = len(first.columns) - len(columns)
    lines = [
        "[[table]]",
        f"files = {quoted(pattern)}",
        f"# {len(alike)} file{'s, such as' if len(alike) > 1 else ':'} {_comment(first.path)}",
        f"# columns: {_comment(', '.join(columns))}{f' and {more} more' if more else ''}",
    ]
    if first.problem is not None:
        lines.append(f"# left out: {_comment(first.problem.partition('; say in ')[0])}")
    # A table as it is pasted: its signals stand below its other keys.
    asked = blocks(first.asked)[1:]
    keys = [line for line in first.asked if not line.startswith("signals = ")]
    lines += [f"# ?? {line}" for line in keys]
    done = frozenset(_by_key(first.asked))
    if first.plan is not None:
        lines += _known(first.plan, done)
        if "signals" not in done:
            for signal in first.plan.signals:
                lines += _signal(signal, first.plan)
    return [*lines, *(f"# ?? {line}" for line in asked[len(keys) :]), *_not_shown(first)]


def _not_shown(one: Drafted) -> list[str]:
    """Return a comment with the columns that may be signals, and are none."""
    if one.plan is None or "signals" in _by_key(one.asked):
        return []
    used = used_columns(one.plan)
    left = [name for name, kind in one.columns if name not in used and _numeric(kind)]
    told = _comment(", ".join(left[:MOST_COLUMNS]))
    return [f"# not shown: {told} (a [table.signals] of its own shows one)"] if left else []


def _numeric(kind: str) -> bool:
    return re.search(r"int|float|double|decimal", kind) is not None


def _comment(text: str) -> str:
    return " ".join(text.split())


def _known(plan: Plan, asked: frozenset[str]) -> list[str]:
    """Return the lines of what is known of a file, but for the keys that are `asked`."""
    lines = [f"# a row is one of: {plan.shape}"]
    for what, said, column in (
        ("record", plan.record, plan.record_column),
        ("patient", plan.patient, plan.patient_column),
        ("lead", plan.lead, plan.lead_column),
    ):
        if f"{what}_column" in asked or what in asked:
            continue
        if column is not None:
            lines += [] if said is None else [f"{what} = {quoted(said.value)}"]
            lines.append(f"{what}_column = {quoted(column)}")
        elif said is not None:
            lines.append(f"# {what}: by {said.how}")
    if {"time", "stride"} & asked:
        pass
    elif plan.time is None:
        lines.append("# no time column: rows are counted")
    else:
        unit = plan.time.unit or "a unit that its steps tell"
        what = "sample numbers" if plan.time.counts == "sample" else unit
        what = what if plan.time.zoned is None else "texts"
        lines.append(f"# time: {_comment(plan.time.how)}, {what}")
    if plan.fs is not None and "fs" not in asked:
        value = plan.fs.value
        rate = str(value) if value.denominator == 1 else quoted(str(value))
        lines.append(f"fs = {rate}  # {_comment(plan.fs.how)}")
    return lines


def _signal(signal: SignalColumn, plan: Plan) -> list[str]:
    by_row = plan.lead_column is not None or plan.lead is not None
    lines = [f"[table.signals.{quoted(signal.column)}]"]
    if signal.name is not None and not by_row:
        lines.append(f"name = {quoted(signal.name.value)}")
    lines.append(f"kind = {quoted(signal.kind)}")
    if signal.unit is not None and signal.unit.value is not None:
        lines.append(f"unit = {quoted(signal.unit.value)}  # {_comment(signal.unit.how)}")
    elif plan.unit_column is None:
        lines.append('# ?? unit = "UNIT"  # (nobody says it: not calibrated until you do)')
    for key, said in (("gain", signal.gain), ("baseline", signal.baseline)):
        if said.how != "convention":
            lines.append(f"{key} = {float(said.value)!r}  # {_comment(said.how)}")
    if signal.missing:
        listed = ", ".join(repr(float(value)) for value in signal.missing)
        lines.append(f"missing = [{listed}]  # {_comment(signal.missing_how)}")
    return lines
