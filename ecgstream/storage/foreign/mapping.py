"""A mapping: what a person says of files that do not say it themselves. TOML or YAML.

A list of `table`s, each of the files whose path below the data root matches its `files`; the first
that matches counts. What a table does not say is recognised as without one. `docs/archives.md`
tells every key. Pure but for `load`.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from ecgstream.errors import ConfigError
from ecgstream.model.timebase import rate_of
from ecgstream.storage.foreign.plan import Counts, Shape, Stride, Unit
from ecgstream.storage.foreign.times.local_time import zone_of

RULES: Final = 12
"""The number of the rules by which files are recognised: one more wherever they would be taken for
something else, so that nothing that is kept of them outlives the rules it was made by."""

LARGEST: Final = 1 << 20
"""Bytes of a mapping file: thousands of tables."""

Known = msgspec.Struct


class TimeSaid(Known, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which column says when a row was; and how it counts."""

    column: str
    counts: Counts = "time"
    unit: Unit | None = None
    dated: bool | None = None


class StrideSaid(Known, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """From one window's start to the next: one of the three."""

    samples: int | None = None
    seconds: float | str | None = None
    column: str | None = None


class SignalSaid(Known, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is said of one column of samples."""

    name: str | None = None
    unit: str | None = None
    gain: float | None = None
    baseline: float | None = None
    missing: tuple[float, ...] | None = None
    kind: str | None = None
    fs: float | str | None = None


class Table(Known, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is said of the files that `files` matches. None: not said."""

    files: str
    path: str | None = None
    shape: Shape | None = None
    record: str | None = None
    patient: str | None = None
    lead: str | None = None
    record_column: str | None = None
    patient_column: str | None = None
    lead_column: str | None = None
    fs: float | str | None = None
    fs_column: str | None = None
    unit: str | None = None
    unit_column: str | None = None
    gain: float | None = None
    gain_column: str | None = None
    baseline: float | None = None
    baseline_column: str | None = None
    missing: tuple[float, ...] | None = None
    time: TimeSaid | Literal["none"] | None = None
    order: Literal["file name"] | None = None
    signals: dict[str, SignalSaid] | None = None
    stride: StrideSaid | Literal["none"] | None = None
    labels: tuple[str, ...] | None = None
    start_time: str | None = None
    zone: str | None = None
    source: str | None = None
    licence: str | None = None
    dates_shifted: bool | None = None

    def rate(self) -> Fraction | None:
        """Return the rate that is said of the whole file."""
        return None if self.fs is None else rate_of(self.fs)

    @property
    def windows(self) -> StrideSaid | None:
        """What is said of windows that are parts of one recording."""
        return None if self.stride == "none" else self.stride

    def pitch(self) -> Stride | None:
        """Return the stride that is said."""
        said = self.windows
        if said is None:
            return None
        seconds = None if said.seconds is None else rate_of(said.seconds)
        return Stride(said.samples, seconds, said.column)

    def named(self, path: str) -> dict[str, str] | None:
        """Return what the pattern of `path` finds in a path; None where it does not match it."""
        if self.path is None:
            return {}
        found = re.fullmatch(self.path, path)
        return None if found is None else {k: v for k, v in found.groupdict().items() if v}


class _File(Known, forbid_unknown_fields=True, frozen=True, kw_only=True):
    table: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """The tables of a mapping file. `shown` is that file's name, `digest` changes with it."""

    shown: str
    tables: tuple[Table, ...]
    digest: str = ""

    def table(self, path: str) -> Table | None:
        """Return what is said of the file at `path` below its data root; None for nothing."""
        return next((one for one in self.tables if matches(one.files, path)), None)


@dataclass(frozen=True, slots=True)
class Unused:
    """A table of the mapping `shown` that matches no file of an archive: a slip of the pen."""

    shown: str
    number: int
    files: str

    def __str__(self) -> str:
        return (
            f"mapping {self.shown}: table {self.number} (files = {quoted(self.files)}): matches no "
            "file; expected a path below the data root, with * within a folder and ** over any "
            "number of them"
        )


def unused(mapping: Mapping, paths: Iterable[str]) -> list[Unused]:
    """Return the tables that match none of `paths`, those of an archive; of an empty one, none."""
    left = dict(enumerate(mapping.tables, 1))
    seen = False
    for path in paths:
        seen = True
        left = {number: one for number, one in left.items() if not matches(one.files, path)}
        if not left:
            break
    return [Unused(mapping.shown, number, one.files) for number, one in left.items() if seen]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person says beside the data: a mapping, and the rate of what does not say one."""

    mapping: Mapping | None = None
    fs: Fraction | None = None

    @property
    def digest(self) -> str:
        """Return what changes when the same files would be read otherwise."""
        said = self.mapping.digest if self.mapping else ""
        return f"{RULES} {said} {'' if self.fs is None else self.fs}"


AS_IT_IS: Final = Reading()
"""Nothing is said beside the data."""


def reading_of(mapping: Path | None, fs: float | str | None) -> Reading:
    """Return what `--mapping` and `--fs` say. Raises ConfigError. Blocks."""
    rate = None if fs is None else rate_of(fs)
    if fs is not None and rate is None:
        raise ConfigError(f"fs: {fs!r} is no rate; expected Hz above 0, such as 360")
    return Reading(None if mapping is None else load(mapping), rate)


def load(path: Path) -> Mapping:
    """Read a mapping file. Raises ConfigError that names the file and the key. Blocks."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"mapping {path}: is larger than {LARGEST} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"mapping {path}: {error.strerror or error}") from error
    return parsed(content, str(path), yaml=path.suffix.lower() in {".yaml", ".yml"})


def parsed(content: bytes, shown: str, *, yaml: bool = False) -> Mapping:
    """Return the mapping that `content` is, of the file `shown`. Raises ConfigError."""
    try:
        text = content.decode()
        raw = _from_yaml(text) if yaml else tomllib.loads(text)
        file = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise ConfigError(f"mapping {shown}: {_worded(str(error))}") from None
    except (ValueError, RecursionError) as error:
        kind = "YAML" if yaml else "TOML"
        left = re.search(rb"=\s*(RATE|SECONDS|SAMPLES)\b", content)
        why = f"{left[1].decode()} stands for a number: put that there" if left else error
        raise ConfigError(f"mapping {shown}: is not {kind}: {why}") from None
    for number, table in enumerate(file.table):
        wrong = _wrong(table)
        if wrong:
            raise ConfigError(f"mapping {shown}: table {number + 1} ({table.files}): {wrong}")
    return Mapping(shown, file.table, hashlib.blake2b(content, digest_size=12).hexdigest())


def _from_yaml(text: str) -> Any:
    import yaml  # noqa: PLC0415 - a mapping is seldom one

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _worded(message: str) -> str:
    """Return what msgspec says with the place as a person counts: `table 1, signals`."""
    said, _, place = message.partition(" - at `")
    path = place.rstrip("`").removeprefix("$.")
    if not path or path == "$":
        return f"{said}; expected a list of [[table]]"
    if "unknown field `table`" in said:
        said += " (a line `table = [...]` is a whole mapping: make a [[table]] of its keys)"
    path = re.sub(r"table\[(\d+)\]", lambda m: f"table {int(m[1]) + 1}", path)
    known = f"; known are {', '.join(Table.__struct_fields__)}" if "unknown field" in said else ""
    if known and "time" in path:
        known = f"; known are {', '.join(TimeSaid.__struct_fields__)}"
    elif known and "signals" in path:
        known = f"; known are {', '.join(SignalSaid.__struct_fields__)}"
    elif known and "stride" in path:
        known = f"; known are {', '.join(StrideSaid.__struct_fields__)}"
    return f"{path}: {said}{known}"


OPEN: Final = frozenset({"UNIT", "LEAD", "COLUMN"})
"""What remedies and drafts have in place of what a person has to say."""
NAMED: Final = frozenset({"record", "patient", "lead"})


def _wrong(table: Table) -> str | None:
    """Return what cannot be in a table that is well formed, with the key; None for nothing."""
    return next(
        (wrong for check in _CHECKS if (wrong := check(table)) is not None),
        None,
    )


def _wrong_rate(table: Table) -> str | None:
    rates = {"fs": table.fs, "stride.seconds": table.windows and table.windows.seconds}
    rates |= {f"signals.{column}.fs": one.fs for column, one in (table.signals or {}).items()}
    for key, value in rates.items():
        if value is not None and rate_of(value) is None:
            return f"{key}: is {value!r}; expected a number above 0, such as 360 or '1000/3'"
    return None


def _wrong_gain(table: Table) -> str | None:
    gains = {"gain": table.gain}
    gains |= {f"signals.{column}.gain": one.gain for column, one in (table.signals or {}).items()}
    wrong = next((key for key, gain in gains.items() if gain == 0), None)
    return wrong and f"{wrong}: is 0; expected stored units in one unit"


def _wrong_stride(table: Table) -> str | None:
    said = table.windows
    if said is None:
        return None
    if sum(one is not None for one in (said.samples, said.seconds, said.column)) != 1:
        return "stride: expected one of samples, seconds, column"
    if said.samples is not None and said.samples < 1:
        return f"stride.samples: is {said.samples}; expected 1 or more"
    return None


def _left_open(table: Table) -> str | None:
    said = {"unit": table.unit, "lead": table.lead, "record_column": table.record_column}
    if isinstance(table.time, TimeSaid):
        said["time.column"] = table.time.column
    if table.windows is not None:
        said["stride.column"] = table.windows.column
    for column, one in (table.signals or {}).items():
        said |= {f"signals.{column}.unit": one.unit, f"signals.{column}.name": one.name}
        said |= {f"signals.{column}": column}
    key = next((key for key, value in said.items() if value in OPEN), None)
    return key and f"{key}: {said[key]} stands for what nobody has said yet: put that there"


def _wrong_rest(table: Table) -> str | None:
    if table.signals == {}:
        return "signals: is empty; name at least one column, or leave it out"
    if table.start_time is not None and moment(table.start_time) is None:
        return f"start_time: is {table.start_time!r}; expected such as 2020-05-04T10:44:00"
    if table.zone is not None and zone_of(table.zone) is None:
        return f"zone: {table.zone!r} is not known here; expected such as Europe/Berlin or +02:00"
    return None


def _wrong_pattern(table: Table) -> str | None:
    if table.path is None:
        return None
    try:
        names = set(re.compile(table.path).groupindex)
    except re.error as error:
        return f"path: is no regular expression: {error}"
    if not names or names - NAMED:
        listed = ", ".join(sorted(names)) or "none"
        return f"path: names {listed}; expected groups (?P<record>...), patient, lead"
    return None


_CHECKS: Final = (_left_open, _wrong_rate, _wrong_gain, _wrong_stride, _wrong_rest, _wrong_pattern)


def quoted(text: str) -> str:
    """Return a text as TOML has it, on one line."""
    # A JSON string is a basic string of TOML, whatever is in it.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def moment(text: str) -> datetime | None:
    """Return a date and time as ISO 8601 has it, None where it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def matches(pattern: str, path: str) -> bool:
    """Return whether a path below a root matches: `*` within a folder, `**` over any number."""
    return pattern == path or _compiled(pattern).fullmatch(path) is not None


_known_patterns: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    found = _known_patterns.get(pattern)
    if found is None:
        parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^]]+\])", pattern)
        words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        made = "".join(
            words.get(part)
            or (part.replace("[!", "[^") if part[:1] == "[" and part[-1:] == "]" else "")
            or re.escape(part)
            for part in parts
        )
        found = _known_patterns[pattern] = re.compile(made)
    return found
