"""What a mapping file says of files that do not say it themselves: CSV, text, MATLAB.

```toml
[[import]]
files = "holter/*.csv"   # below the folder that is imported; the first entry that fits counts
format = "csv"
fs = 250                 # and what else that format takes
```
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from ecgstream.errors import ConfigError
from ecgstream.formats.registry import FORMATS
from ecgstream.storage.foreign.mapping import LARGEST, matches


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of the files whose path fits `files`; `told` is for the format's module."""

    files: str
    format: str
    told: dict[str, object]


@dataclass(frozen=True, slots=True)
class MappingFile:
    """All entries, in their order."""

    entries: tuple[Entry, ...] = field(default=())

    def entry(self, relative: str) -> Entry | None:
        """Return the first entry that fits a path below the folder that is imported.

        A pattern without a folder in it fits the name of a file in any.
        """
        name = relative.rpartition("/")[2]
        return next(
            (
                one
                for one in self.entries
                if matches(one.files, relative if "/" in one.files else name)
            ),
            None,
        )


def load(path: Path) -> MappingFile:
    """Return what the mapping file `path` says. Raises ConfigError, naming file, entry and key."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"mapping: {path}: is larger than {LARGEST} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"mapping: {path}: cannot be read: {error}") from error
    try:
        if path.suffix.lower() in {".yaml", ".yml"}:
            said = yaml.safe_load(text)
        else:
            said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"mapping: {path}: {error}") from error
    listed = said.get("import") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ConfigError(
            f'mapping: {path}: expected entries, each as [[import]] with files = "*.csv" and '
            'format = "csv"'
        )
    return MappingFile(tuple(_entry(path, number, one) for number, one in enumerate(listed, 1)))


def _entry(path: Path, number: int, said: Any) -> Entry:
    where = f"mapping: {path}: entry {number}"
    if not isinstance(said, dict) or not isinstance(said.get("files"), str):
        raise ConfigError(f'{where}: expected files = "a glob", which files it is for')
    files, name = said["files"], said.get("format")
    kind = FORMATS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ConfigError(f"{where} ({files}): format {name!r} is none of {', '.join(FORMATS)}")
    told = {key: _plain(value) for key, value in said.items() if key not in {"files", "format"}}
    if told and not kind.told:
        raise ConfigError(
            f"{where} ({files}): {kind.words} says all itself; take out {', '.join(told)}"
        )
    if kind.told:
        try:
            kind.told_of(told)
        except ValueError as error:
            known = ""
            if "unknown field" in str(error):
                known = f"; known are files, format, {', '.join(kind.known())}"
            raise ConfigError(f"{where} ({files}): {error}{known}") from error
    return Entry(files, kind.name, told)


def _plain(value: Any) -> Any:
    """Return a value as JSON could have it: YAML takes `2:` for a number, both know dates."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
