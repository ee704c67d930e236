"""A mapping drafted from what is seen: what was found as comments, and what nobody says left open.

As it is drafted it changes nothing that is understood already; so it is a place to begin, and to
see how each file was taken.
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from ecgstream.errors import SourceError
from ecgstream.storage.files import DECODING, OpenFiles, opened
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, matches, quoted
from ecgstream.storage.foreign.plan import Plan, SignalColumn
from ecgstream.storage.index.addresses import Root
from ecgstream.storage.index.listing import Listed, listing
from ecgstream.storage.index.opening import open_found
from ecgstream.storage.survey import Found

THREADS: Final = 8
MOST_COLUMNS: Final = 40
MOST_FILES: Final = 50
"""Files of one kind that are named one by one, where no pattern has them and no others."""


@dataclass(frozen=True, slots=True, eq=False)
class Drafted:
    """A file of another's making: its columns, and its plan, or why it has none."""

    path: str
    columns: tuple[tuple[str, str], ...]
    plan: Plan | None
    problem: str | None

    @property
    def alike(self) -> tuple[object, ...]:
        """What is the same of files that one table is for."""
        if self.plan is None:
            return self.columns, self.problem and self.problem.replace(self.path, "")
        plan = self.plan
        fs = plan.fs and plan.fs.value
        return self.columns, plan.shape, plan.signals, plan.time, fs, plan.lead_column


def draft(roots: Iterable[Root], reading: Reading = AS_IT_IS) -> str:
    """Return a mapping of the files under `roots` that are not ours, in TOML. Blocks."""
    problems: list[SourceError] = []
    listed: list[Listed] = []
    for index, root in enumerate(roots):
        try:
            listed.extend(listing(index, root, problems))
        except SourceError as error:
            problems.append(error)
    files = OpenFiles()
    with ThreadPoolExecutor(THREADS, "ecgstream-draft") as pool:
        found = list(pool.map(lambda one: _drafted(one, files, reading), listed))
    return written([one for one in found if one is not None])


def _drafted(one: Listed, files: OpenFiles, reading: Reading) -> Drafted | None:
    """Return a file as it is seen, None for ours, the plain layout's, and what is no Parquet."""
    outcome = open_found(one, files, reading)
    if isinstance(outcome, Found):
        plain = outcome.plan is not None and _plain(outcome.plan)
        if outcome.footer is not None or plain:
            return None
        return Drafted(outcome.path, _columns(outcome.schema), outcome.plan, None)
    try:
        schema = opened(one.place).metadata.schema.to_arrow_schema()
    except (SourceError, *DECODING):
        return None
    path = one.place.path.removeprefix(one.root.path.rstrip("/")).lstrip("/")
    return Drafted(path, _columns(schema), None, outcome.detail)


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
        others = [one.path for one in seen if one not in alike]
        for pattern in _patterns([one.path for one in alike], others):
            lines += ["", *_table(pattern, alike)]
    return "\n".join(lines) + "\n"


def _patterns(paths: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return patterns that match all of `paths` and none of `others`, mostly one."""
    if len(paths) == 1:
        return list(paths)
    folder = os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120 - Arrow's
    above = f"{folder}/" if folder else ""
    names = [path.rpartition("/")[2] for path in paths]
    begin, end = _begin(names), _begin([name[::-1] for name in names])[::-1]
    for tail in ("*.parquet", f"*{end}", f"{begin}*"):
        for inside in (above, f"{above}**/"):
            pattern = inside + tail
            held = all(matches(pattern, path) for path in paths)
            if held and not any(matches(pattern, path) for path in others):
                return [pattern]
    return list(paths[:MOST_FILES])


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
        f"# {len(alike)} files, such as {_comment(first.path)}",
        f"# columns: {_comment(', '.join(columns))}{f' and {more} more' if more else ''}",
    ]
    if first.plan is None:
        lines.append(f"# left out: {_comment(first.problem or '')}")
        names = [name for name, _ in first.columns] or ["COLUMN"]
        lines += [
            '# ?? time = { column = "COLUMN", unit = "UNIT" }  or  time = "none"',
            "# ?? fs = RATE",
            f"# ?? [table.signals.{quoted(names[-1])}]",
            '# ?? name = "LEAD"',
            '# ?? unit = "UNIT"',
        ]
        return lines
    return [*lines, *_known(first.plan)]


def _comment(text: str) -> str:
    return " ".join(text.split())


def _known(plan: Plan) -> list[str]:
    lines = [f"# a row is one of: {plan.shape}"]
    for what, said, column in (
        ("record", plan.record, plan.record_column),
        ("patient", plan.patient, plan.patient_column),
        ("lead", plan.lead, plan.lead_column),
    ):
        if column is not None:
            lines.append(f"{what}_column = {quoted(column)}")
        elif said is not None:
            lines.append(f"# {what}: by {said.how}")
    if plan.time is None:
        lines.append("# no time column: rows are counted")
    else:
        unit = plan.time.unit or "a unit that its steps tell"
        what = "sample numbers" if plan.time.counts == "sample" else unit
        lines.append(f"# time: {_comment(plan.time.how)}, {what}")
    if plan.fs is not None:
        value = plan.fs.value
        rate = str(value) if value.denominator == 1 else quoted(str(value))
        lines.append(f"fs = {rate}  # {_comment(plan.fs.how)}")
    for signal in plan.signals:
        lines += _signal(signal, plan)
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
